// The model as a tree that unfolds: boxes of the overview, copies, their parts, single layers.

import { Model, ROOT } from "./data.js";
import { el } from "./dom.js";
import { VirtualList } from "./list.js";

export class Tree {
  readonly list: VirtualList;
  private readonly open = new Set<number>();
  private rows: number[];
  private chosen = ROOT;

  constructor(private readonly model: Model, private readonly choose: (node: number) => void) {
    this.rows = model.children(ROOT);
    this.list = new VirtualList({
      role: "tree",
      label: "Layers by block",
      count: () => this.rows.length,
      row: (index) => this.row(this.rows[index]!),
      choose: (index) => this.press(this.rows[index]!),
      key: (event, index) => this.key(event.key, index),
    });
  }

  /** Unfold the way to a node and mark it. */
  reveal(node: number): void {
    this.chosen = node;
    const around = this.model.path(node).slice(0, -1);
    if (around.some((at) => !this.open.has(at))) {
      around.forEach((at) => this.open.add(at));
      this.unfold();
    }
    this.list.refresh();
    if (node !== ROOT) this.list.show(this.rows.indexOf(node));
  }

  foldAll(): void {
    this.open.clear();
    this.unfold();
  }

  unfoldAll(): void {
    for (let node = 0; node < this.model.count; node++) if (!this.model.isCall(node)) this.open.add(node);
    this.unfold();
  }

  private unfold(): void {
    const active = this.rows[this.list.active];
    this.rows = [];
    for (let node = 0; node < this.model.count; node = this.open.has(node) ? node + 1 : this.model.last(node) + 1)
      this.rows.push(node);
    if (active !== undefined) this.list.active = Math.max(0, this.rows.indexOf(active));
    this.list.refresh();
  }

  private toggle(node: number, unfolded: boolean): void {
    if (unfolded) this.open.add(node);
    else this.open.delete(node);
    this.unfold();
  }

  /** A click opens a folded node, and folds the one that is chosen already. */
  private press(node: number): void {
    if (!this.model.isCall(node)) {
      const folds = this.open.has(node) && this.chosen === node;
      this.toggle(node, !folds);
    }
    this.choose(node);
  }

  private key(key: string, index: number): boolean {
    const node = this.rows[index]!;
    const parent = this.model.parent[node]!;
    const isOpen = this.open.has(node);
    if (key === "ArrowRight" && !this.model.isCall(node)) {
      if (isOpen) this.list.show(index + 1);
      else this.toggle(node, true);
    } else if (key === "ArrowLeft" && isOpen) this.toggle(node, false);
    else if (key === "ArrowLeft" && parent !== ROOT) this.list.show(this.rows.indexOf(parent));
    else return key === "ArrowRight" || key === "ArrowLeft";
    return true;
  }

  /** Copies below the run that they are of go by number. */
  private label(node: number): string {
    const [, copy] = this.model.copy(node) ?? [];
    const around = this.model.parent[node]!;
    if (copy === undefined || around === ROOT || this.model.form(around).kind !== "run") return this.model.title(node);
    const { variant } = this.model.form(node);
    return `copy ${copy + 1}${variant ? ` (${variant})` : ""}`;
  }

  private row(node: number): HTMLElement {
    const form = this.model.form(node);
    const parent = this.model.parent[node]!;
    const folds = !this.model.isCall(node);
    const level = this.model.path(node).length;
    const row = el(
      "div",
      {
        class: "row", role: "treeitem", "aria-level": level, "aria-setsize": this.model.width(parent),
        "aria-posinset": this.model.position[node]! + 1, "aria-selected": node === this.chosen ? "true" : "false",
        "aria-expanded": folds ? String(this.open.has(node)) : undefined,
      },
      el("span", { class: "fold", "aria-hidden": "true" }, folds ? (this.open.has(node) ? "▾" : "▸") : ""),
      form.letter && el("span", { class: "badge" }, form.letter),
      el("span", { class: "name" }, this.label(node)),
      el("span", { class: "shape" }, folds ? form.out[0] ?? "" : `${form.name} ${form.out[0] ?? ""}`),
    );
    row.style.paddingInlineStart = `${level * 14 - 8}px`;
    return row;
  }
}
