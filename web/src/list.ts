// A list of any length, of which only the rows in sight exist.

import { Virtualizer, elementScroll, observeElementOffset, observeElementRect } from "@tanstack/virtual-core";
import { el } from "./dom.js";

const ROW = 28; // pixels

/** How a list looks and speaks: the row at an index (without id and place), and what happens on keys and clicks. */
export interface Rows {
  role: "tree" | "listbox";
  label: string;
  count(): number;
  row(index: number): HTMLElement;
  choose(index: number): void;
  key?(event: KeyboardEvent, index: number): boolean;
}

let lists = 0;

export class VirtualList {
  readonly element: HTMLElement;
  active = 0;
  private readonly space = el("div", { class: "space", role: "presentation" });
  private drawn = new Map<number, HTMLElement>();
  private readonly virtual: Virtualizer<HTMLElement, HTMLElement>;
  private readonly name = `bv-list-${lists++}`;

  constructor(private readonly rows: Rows) {
    this.element = el(
      "div",
      {
        class: "list", role: rows.role, tabindex: 0, "aria-label": rows.label,
        onkeydown: (event: KeyboardEvent) => this.onKey(event),
      },
      this.space,
    );
    this.element.addEventListener("click", (event) => {
      const row = (event.target as Element).closest<HTMLElement>("[data-index]");
      if (row) this.choose(Number(row.dataset["index"]));
    });
    this.virtual = new Virtualizer<HTMLElement, HTMLElement>({ ...this.options(), count: 0 });
    this.virtual._didMount();
  }

  /** Read the rows anew: another number of them, or other contents. */
  refresh(): void {
    this.active = Math.max(0, Math.min(this.active, this.rows.count() - 1));
    this.virtual.setOptions(this.options());
    this.virtual._willUpdate();
    this.virtual.measure();
    this.drawn.clear();
    this.draw();
  }

  /** Make a row the active one and bring it into sight. */
  show(index: number): void {
    this.active = index;
    this.virtual.scrollToIndex(index, { align: "auto" });
    this.draw();
  }

  private options() {
    return {
      count: this.rows.count(),
      getScrollElement: () => this.element,
      estimateSize: () => ROW,
      overscan: 3,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      onChange: () => this.draw(),
    };
  }

  private choose(index: number): void {
    this.active = index;
    this.rows.choose(index);
    this.draw();
  }

  private draw(): void {
    this.space.style.height = `${this.virtual.getTotalSize()}px`;
    const before = this.drawn;
    const items = this.virtual.getVirtualItems();
    this.drawn = new Map(items.map(({ index, start }) => [index, before.get(index) ?? this.made(index, start)]));
    for (const [index, row] of this.drawn) {
      row.classList.toggle("active", index === this.active);
      if (before.get(index) !== row) this.space.append(row);
    }
    const kept = new Set<Element>(this.drawn.values());
    for (const row of [...this.space.children]) if (!kept.has(row)) row.remove();
    if (this.drawn.has(this.active)) this.element.setAttribute("aria-activedescendant", `${this.name}-${this.active}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  private made(index: number, start: number): HTMLElement {
    const row = this.rows.row(index);
    row.id = `${this.name}-${index}`;
    row.dataset["index"] = String(index);
    row.style.transform = `translateY(${start}px)`;
    return row;
  }

  private onKey(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW) - 1);
    const steps: Record<string, number> = {
      ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity,
    };
    const step = steps[event.key];
    if (this.rows.count() === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (step !== undefined) this.show(Math.max(0, Math.min(this.rows.count() - 1, this.active + step)));
    else if (event.key === "Enter" || event.key === " ") this.choose(this.active);
    else if (!this.rows.key?.(event, this.active)) return;
    event.preventDefault();
    event.stopPropagation();
  }
}
