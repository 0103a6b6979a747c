// Search by name, class or shape.

import uFuzzy from "@leeoniya/ufuzzy";
import { Model } from "./data.js";
import { el } from "./dom.js";
import { VirtualList } from "./list.js";

const RANKED = 2000; // hits up to which they are put in order of how well they fit

const plain = (text: string): string => text.replace(/(?<=[\d?])×(?=[\d?])/g, "x").toLowerCase();

export class Search {
  readonly list: VirtualList;
  hits: number[] = [];
  private haystack: string[] | undefined;
  private readonly fuzzy = new uFuzzy({ interSplit: "[\\s,;]+", interChars: ".", intraChars: "[a-z\\d'_]" });

  constructor(private readonly model: Model, choose: (node: number) => void) {
    this.list = new VirtualList({
      role: "listbox",
      label: "Search results",
      count: () => this.hits.length,
      row: (index) => this.row(this.hits[index]!, index),
      choose: (index) => choose(this.hits[index]!),
    });
  }

  /** Find the nodes in whose name, class or shape all words occur; the number of them. */
  seek(words: string): number {
    const [found, info, order] = this.fuzzy.search(this.prepare(), plain(words), 1, RANKED);
    this.hits = order && info ? order.map((at) => info.idx[at]!) : [...(found ?? [])];
    this.list.active = 0;
    this.list.refresh();
    return this.hits.length;
  }

  /** The words of every node, made once: better when the field is entered than at its first letter. */
  prepare(): string[] {
    return (this.haystack ??= Array.from({ length: this.model.count }, (_, node) => this.text(node)));
  }

  private text(node: number): string {
    const form = this.model.form(node);
    return plain([this.model.title(node), form.letter, form.name, form.variant, ...form.out].filter(Boolean).join(" "));
  }

  private row(node: number, index: number): HTMLElement {
    const form = this.model.form(node);
    return el(
      "div",
      { class: "row", role: "option", "aria-selected": index === this.list.active ? "true" : "false",
        "aria-setsize": this.hits.length, "aria-posinset": index + 1 },
      form.letter && el("span", { class: "badge" }, form.letter),
      el("span", { class: "name" }, this.model.title(node)),
      el("span", { class: "shape" }, `${this.model.isCall(node) ? `${form.name} ` : ""}${form.out[0] ?? ""}`),
    );
  }
}
