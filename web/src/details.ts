// All that is known of the chosen node: what it is, what it costs, its settings, its copies, what it reads.

import { Model, ROOT, type Block, type Form } from "./data.js";
import { button, el } from "./dom.js";
import { VirtualList } from "./list.js";
import type { Wiring } from "./paths.js";

// What has the focus is replaced with all of the pane: its successor gets it, or else the heading.
const ANY = "*";
const FOCUSED = [".list", ".copy input", ANY];
const MOST = 12; // links of one kind that are shown at once

export class Details {
  constructor(
    private readonly host: HTMLElement,
    private readonly model: Model,
    private readonly wiring: Wiring,
    private readonly open: (node: number) => void,
  ) {}

  show(node: number): void {
    const focused = FOCUSED.find((selector) => this.host.querySelector(selector)?.matches(":focus-within"));
    this.host.replaceChildren(...(node === ROOT ? this.whole() : this.one(node)));
    this.host.scrollTop = 0;
    if (focused) this.host.querySelector<HTMLElement>(focused === ANY ? "h2" : focused)?.focus();
  }

  private whole(): Node[] {
    const { model, blocks, advice, version } = this.model.data;
    const facts: [string, string][] = [
      ["Layers", model.layers], ["Parameters", model.params], ["of these trainable", model.trainable],
      ["Multiply-adds", model.macs], ["Input", model.in.join(", ")], ["Output", model.out.join(", ")],
      ["Weights", model.weights], ...Object.entries(model.facts),
    ];
    const rows = blocks.map((block) =>
      el("li", {}, link(`${block.letter} ${block.name}`, () => this.open(block.copies[0]!)), ` ${block.times}`));
    const notes = advice.map((text) => el("li", {}, text));
    return [
      el("h2", { tabindex: -1 }, "Whole model"), list(facts),
      ...(rows.length ? [el("h3", {}, "Blocks"), el("ul", { class: "plain" }, ...rows)] : []),
      ...(notes.length ? [el("h3", {}, "Notes on the figure"), el("ul", {}, ...notes)] : []),
      el("details", {}, el("summary", {}, "Keys"), list(KEYS)),
      el("p", { class: "muted" }, `Drawn by ${`blockviz ${version}`.trim()}. Nothing here is loaded from elsewhere.`),
    ];
  }

  private one(node: number): Node[] {
    const form = this.model.form(node);
    const [, copy] = this.model.copy(node) ?? [];
    const block = this.model.block(form.letter ?? "");
    return [
      this.trail(node),
      el("h2", { tabindex: -1 }, form.letter && el("span", { class: "badge" }, form.letter), this.model.title(node)),
      list(this.facts(node, form)),
      ...(block ? this.type(block) : []),
      ...(block && copy !== undefined ? this.copies(block, copy, (at) => block.copies[at]) : this.siblings(node)),
      ...(this.model.isCall(node) ? this.settings(form) : this.inside(node)),
      ...this.links("Reads", this.neighbours(node, true)),
      ...this.links("Read by", this.neighbours(node, false)),
    ];
  }

  /** From the whole model down to the node: each step a way back. */
  private trail(node: number): HTMLElement {
    const steps = [ROOT, ...this.model.path(node)].map((at) =>
      el("li", {}, at === node ? el("span", { "aria-current": "page" }, this.model.title(at))
        : link(this.model.title(at), () => this.open(at))));
    return el("nav", { "aria-label": "Where this is" }, el("ol", { class: "trail" }, ...steps));
  }

  private facts(node: number, form: Form): [string, string][] {
    const isCall = this.model.isCall(node);
    const leaf = this.model.firstLeaf[node]!;
    const same = isCall ? this.model.data.same.find((calls) => calls.includes(leaf)) : undefined;
    return [
      [isCall ? "Class" : "Kind", isCall ? form.name : words(form)],
      ["From", form.module ?? ""], ["Inside", (form.within ?? []).join(" / ")],
      ["Variant", form.variant ?? ""], ["Stage", form.stage ?? ""],
      ["Input", (form.in ?? []).join(", ")], ["Output", form.out.join(", ")],
      ["Parameters", form.params],
      ["of these trainable", form.params === "0" ? "" : form.frozen ? `${form.trainable} (frozen)` : form.trainable],
      ["Multiply-adds", form.macs],
      ["Layers", isCall ? "" : new Set(this.model.names(node)).size.toLocaleString("en")],
      ["Calls of this layer", same ? same.map((call) => this.model.data.names[call]).join(", ") : ""],
    ];
  }

  private type(block: Block): Node[] {
    const facts: [string, string][] = [
      ["Name from", `${block.source}: ${block.reason}`], ["Occurs", block.times || "once"],
      ...Object.entries(block.parameters).map(([symbol, values]): [string, string] => [symbol, values.join(", ")]),
      ...block.variants.map(([name, count]): [string, string] => [`${count}×`, name]),
    ];
    return [el("h3", {}, `Block ${block.letter}`), list(facts)];
  }

  /** The same place in every copy of the block around the node. */
  private siblings(node: number): Node[] {
    const [block, copy] = this.model.copy(this.model.around(node)) ?? [];
    return block && copy !== undefined ? this.copies(block, copy, (at) => this.model.counterpart(node, at)) : [];
  }

  private copies(block: Block, copy: number, nodeAt: (copy: number) => number | undefined): Node[] {
    if (block.copies.length < 2) return [];
    const go = (at: number): void => {
      const node = nodeAt(at);
      if (node !== undefined) this.open(node);
    };
    const rows = new VirtualList({
      role: "listbox",
      label: `Copies of block ${block.letter}`,
      count: () => block.copies.length,
      row: (at) => this.copyRow(block, at, nodeAt(at), at === copy),
      choose: go,
    });
    rows.element.style.height = `${Math.min(7, block.copies.length) * 28 + 2}px`;
    queueMicrotask(() => {
      rows.refresh();
      rows.show(copy);
    });
    const number = el("input", {
      type: "number", min: 1, max: block.copies.length, value: copy + 1,
      onchange: (event: Event) => {
        const wanted = Number((event.target as HTMLInputElement).value);
        go(Math.max(0, Math.min(block.copies.length - 1, Math.round(wanted || 1) - 1)));
      },
    });
    return [
      el("h3", {}, "In every copy"),
      el("label", { class: "copy" }, `Copy of ${block.letter} `, number, ` of ${block.copies.length}`),
      rows.element,
    ];
  }

  private copyRow(block: Block, at: number, node: number | undefined, chosen: boolean): HTMLElement {
    const names = node === undefined ? "not in this copy" : this.model.names(node).join(", ");
    return el(
      "div", { class: "row", role: "option", "aria-selected": String(chosen), title: names,
        "aria-setsize": block.copies.length, "aria-posinset": at + 1 },
      el("span", { class: "number" }, String(at + 1)),
      el("span", { class: "name" }, names),
      el("span", { class: "shape" }, node === undefined ? "" : this.model.form(node).out[0] ?? ""),
    );
  }

  private settings(form: Form): Node[] {
    const config = form.config === undefined ? {} : this.model.data.configs[form.config] ?? {};
    return [...table("Configuration", config), ...table("Arguments of the call", form.args ?? {})];
  }

  private inside(node: number): Node[] {
    const children = this.model.children(node);
    const leaves = children.every((child) => this.model.isCall(child)) && children.length <= MOST;
    const attributes = table("Attributes", this.model.form(node).attributes ?? {});
    if (!leaves) return [...attributes, ...this.links("Inside", children)];
    return [...attributes, ...children.flatMap((child) => {
      const form = this.model.form(child);
      const config = form.config === undefined ? {} : this.model.data.configs[form.config] ?? {};
      return [
        el("h3", {}, link(this.model.title(child), () => this.open(child)), ` ${form.name}`),
        list([["Output", form.out.join(", ")], ["Parameters", form.params], ["Multiply-adds", form.macs]]),
        ...table("", config),
      ];
    })];
  }

  private neighbours(node: number, sources: boolean): number[] {
    const [from, to] = this.model.leaves(node);
    const found = new Set<number>();
    for (let leaf = from; leaf < to; leaf++)
      for (const other of sources ? this.model.sources(leaf) : this.wiring.readersOf(leaf))
        if (other < from || other >= to) found.add(this.model.nodeOfLeaf[other]!);
    return [...found];
  }

  /** Ways to other nodes; of very many the first, and a button for the rest. */
  private links(title: string, nodes: number[]): Node[] {
    if (!nodes.length) return [];
    const item = (node: number): HTMLElement => {
      const [shape = ""] = this.model.form(node).out;
      return el("li", {}, link(this.model.title(node), () => this.open(node)), ` ${shape}`);
    };
    const items = el("ul", { class: "plain" }, ...nodes.slice(0, MOST).map(item));
    const more = button(`${nodes.length - MOST} more`, () => {
      items.append(...nodes.slice(MOST, 1000).map(item));
      more.remove();
    });
    return [el("h3", {}, title), items, ...(nodes.length > MOST ? [more] : [])];
  }
}

const KINDS: Record<string, string> = {
  unit: "layers that belong together", idiom: "operations with one name", run: "equal copies in a row",
  group: "occurs once", backbone: "known network", nested: "nested model", block: "copy of a block",
};

const KEYS: [string, string][] = [
  ["arrow keys", "from box to box, from row to row; right and left unfold and fold"],
  ["Enter", "opens the box or row"], ["Escape", "back to what is around it"], ["/", "search"],
  ["+  −  0", "zoom the figure; Shift with arrow keys moves it"],
];

const words = (form: Form): string => (form.parallel ? "equal copies side by side" : KINDS[form.kind] ?? form.kind);

const link = (text: string, go: () => void): HTMLElement => button(text, go, { class: "link" });

/** Facts as a description list; what is empty is left out. */
function list(facts: [string, string][]): HTMLElement {
  const known = facts.filter(([, value]) => value);
  return el("dl", {}, ...known.flatMap(([key, value]) => [el("dt", {}, key), el("dd", {}, value)]));
}

function table(title: string, settings: Record<string, unknown>): Node[] {
  const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
  const rows = Object.entries(settings).map(([key, value]) =>
    el("tr", {}, el("th", { scope: "row" }, key), el("td", {}, text(value))));
  if (!rows.length) return [];
  return [...(title ? [el("h3", {}, title)] : []), el("table", {}, el("tbody", {}, ...rows))];
}
