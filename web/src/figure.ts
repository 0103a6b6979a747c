// The figure: the drawing of the page as it is, with boxes that can be pointed at, opened, and followed.

import { select } from "d3-selection";
import "d3-transition";
import { zoom, zoomIdentity, zoomTransform, type ZoomTransform } from "d3-zoom";
import { Model, ROOT } from "./data.js";
import { found, svgEl } from "./dom.js";
import type { Paths } from "./paths.js";

interface Box { node: number; group: string; place: Rect; element: SVGGElement }
interface Rect { x: number; y: number; width: number; height: number }

const AROUND = 0.92; // of the window that a panel fills
const TOP = 24; // pixels at most above what is shown
const CLOSEST = 40; // times its size on paper
const STEP = 1.5;
const PAINT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "marker-end"];
const MARK = 3; // pixels of a line around a box, at any zoom

export class Figure {
  readonly svg: SVGSVGElement;
  private readonly marks = svgEl("g", { class: "marks", "aria-hidden": "true" });
  private readonly boxes: Box[];
  private readonly arrows: (SVGGElement | null)[];
  private readonly frames = new Map<string, Rect>();
  private readonly zoom = zoom<HTMLElement, unknown>();
  private at: Rect;
  private focused = 0;
  private chosen = ROOT;

  constructor(
    private readonly host: HTMLElement, private readonly model: Model, private readonly open: (node: number) => void,
  ) {
    const { width, height, boxes, arrows, frames } = model.data.figure;
    this.svg = found<SVGSVGElement>("svg", host);
    this.at = { x: 0, y: 0, width, height };
    this.svg.append(head("feeds"), head("fed"), this.marks);
    for (const [letter, x, y, w, h] of frames) this.frames.set(letter, { x, y, width: w, height: h });
    this.boxes = boxes.map(([id, node, x, y, w, h, group]) => ({
      node, group, place: { x, y, width: w, height: h }, element: found<SVGGElement>(`#box-${id}`, this.svg),
    }));
    this.arrows = arrows.map(([, , headed], index) => {
      const arrow = this.svg.querySelector<SVGGElement>(`#e${index}`);
      if (headed && !arrow?.querySelector("polygon")) arrow?.classList.add("headed"); // its head is drawn elsewhere
      return arrow;
    });
    this.prepare();
    this.listen();
  }

  /** Show the whole drawing. */
  fit(): void {
    const { width, height } = this.model.data.figure;
    this.zoomTo({ x: 0, y: 0, width, height });
  }

  closer(factor = STEP): void {
    this.zoom.scaleBy(this.moving(), factor);
  }

  farther(): void {
    this.closer(1 / STEP);
  }

  /** Mark a node, and show the panel that explains it; or, where paths are followed, the drawing that it stands in. */
  choose(node: number, isFollowed: boolean): void {
    this.chosen = node;
    this.marks.replaceChildren();
    this.boxes.forEach((box) => box.element.removeAttribute("aria-current"));
    for (const box of this.boxesOf(node)) {
      this.ring(box.place, "ring");
      box.element.setAttribute("aria-current", "true");
    }
    const panel = isFollowed && node !== ROOT
      ? this.panelOf(this.model.parent[node]!) ?? this.frames.get("") : this.panelOf(node);
    const box = this.boxesOf(node)[0];
    if (panel) this.zoomTo(panel);
    else if (node === ROOT) this.fit();
    else if (box) this.bring(box.place);
  }

  /** Colour what feeds the chosen node and what it feeds; `null`: nothing. */
  follow(node: number, paths: Paths | null): void {
    const kinds = this.boxes.map((box) => (paths ? this.kindOf(box, node, paths) : "plain"));
    this.boxes.forEach(({ element }, index) => classed(element, kinds[index]!));
    this.model.data.figure.arrows.forEach(([source, target], index) => {
      const arrow = this.arrows[index];
      if (arrow) classed(arrow, kindOfArrow(kinds[source], kinds[target], paths));
    });
  }

  /** What is in sight as a drawing of its own, with all colours in it. */
  seen(): SVGSVGElement {
    const copy = this.svg.cloneNode(true) as SVGSVGElement;
    const { width, height } = this;
    const { x, y, k } = zoomTransform(this.host);
    const place = { x: -x / k, y: -y / k, width: width / k, height: height / k };
    copy.querySelector(".focus")?.remove();
    const originals = [this.svg, ...this.svg.querySelectorAll("*")];
    [copy, ...copy.querySelectorAll("*")].forEach((element, index) => {
      const style = getComputedStyle(originals[index]!);
      const painted = /^(path|polygon|polyline|ellipse|text|rect)$/.test(element.localName);
      if (painted) for (const key of PAINT) element.setAttribute(key, style.getPropertyValue(key));
      if (style.opacity !== "1") element.setAttribute("opacity", style.opacity);
      for (const { name } of [...element.attributes])
        if (/^(class|role|tabindex|style|aria-.*)$/.test(name)) element.removeAttribute(name);
    });
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.setAttribute("role", "img");
    copy.setAttribute("width", String(width));
    copy.setAttribute("height", String(height));
    copy.setAttribute("viewBox", [place.x, place.y, place.width, place.height].join(" "));
    const ground = svgEl("rect", { ...place, fill: getComputedStyle(this.host).backgroundColor });
    copy.insertBefore(ground, copy.querySelector("g"));
    return copy;
  }

  private prepare(): void {
    this.svg.setAttribute("role", "group");
    this.svg.setAttribute("aria-roledescription", "diagram");
    this.svg.setAttribute("aria-labelledby", "title"); // the description is long: it is there for who asks
    this.svg.setAttribute("aria-describedby", "desc");
    for (const side of ["width", "height"] as const) this.svg.setAttribute(side, String(this.model.data.figure[side]));
    this.boxes.forEach(({ node, element }, index) => {
      const title = element.querySelector("title");
      const tip = title?.textContent ?? this.model.title(node);
      const pieces = [...element.querySelectorAll("text")].map((text) => text.textContent);
      const shown = pieces.join("").replace(/\s+/g, " ").trim();
      const { letter } = this.model.form(node);
      const words = [letter && `block ${letter}`, shown, shown !== tip && tip];
      // Without white space in between, so that `1×1` and `, 64` are one line to a screen reader.
      element.replaceChildren(...[...element.children].filter((child) => child !== title));
      element.setAttribute("role", "button");
      element.setAttribute("tabindex", index ? "-1" : "0");
      element.setAttribute("aria-label", words.filter(Boolean).join(", "));
      element.classList.add("opens");
      element.addEventListener("pointerenter", () => (this.host.title = tip));
      element.addEventListener("pointerleave", () => this.host.removeAttribute("title"));
    });
  }

  private listen(): void {
    const framed = window.parent !== window; // in a notebook the wheel scrolls the notebook
    this.zoom
      .scaleExtent([0.05, CLOSEST])
      .filter((event: Event) => {
        const wheel = event instanceof WheelEvent;
        return wheel ? !framed || event.ctrlKey || event.metaKey : !(event instanceof MouseEvent && event.button);
      })
      .on("start", () => (this.svg.style.willChange = "transform")) // moved as a picture, drawn anew when it rests
      .on("zoom", ({ transform: { x, y, k } }: { transform: ZoomTransform }) => {
        this.svg.style.transform = `translate(${x}px, ${y}px) scale(${k})`;
      })
      .on("end", () => this.rest());
    select(this.host).call(this.zoom).on("dblclick.zoom", null);
    this.svg.addEventListener("click", (event) => this.openAt(this.indexOf(event.target)));
    this.svg.addEventListener("focusin", (event) => this.focus(this.indexOf(event.target)));
    this.svg.addEventListener("focusout", () => this.marks.querySelector(".focus")?.remove());
    this.svg.addEventListener("keydown", (event) => this.onKey(event));
    new ResizeObserver(() => this.resized()).observe(this.host);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pans: Record<string, [number, number]> = {
      ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60],
    };
    const steps: Record<string, number> = {
      ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity,
    };
    const pan = pans[event.key];
    const step = steps[event.key];
    if (event.shiftKey && pan) {
      const { k } = zoomTransform(this.host);
      this.zoom.translateBy(this.moving(), pan[0] / k, pan[1] / k);
    } else if (step !== undefined) {
      const next = Math.max(0, Math.min(this.boxes.length - 1, this.focused + step));
      this.boxes[next]?.element.focus({ preventScroll: true });
    } else if (event.key === "Enter" || event.key === " ") this.openAt(this.focused);
    else if (event.key === "+" || event.key === "=") this.closer();
    else if (event.key === "-") this.farther();
    else if (event.key === "0") this.fit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private indexOf(target: EventTarget | null): number {
    const element = target instanceof Element ? target.closest("g.opens") : null;
    return this.boxes.findIndex((box) => box.element === element);
  }

  /** Open what a box stands for: in a panel, its place in the copy that is chosen, where that has one. */
  private openAt(index: number): void {
    const box = this.boxes[index];
    if (!box) return;
    const copies = this.model.path(this.chosen).map((at) => this.model.copy(at));
    const [, copy] = copies.findLast((one) => box.group && one?.[0].letter === letterOf(box)) ?? [];
    this.open((copy === undefined ? undefined : this.model.counterpart(box.node, copy)) ?? box.node);
  }

  /** One box at a time is a stop of the Tab key; the one with the focus is framed, and brought into sight. */
  private focus(index: number): void {
    const box = this.boxes[index];
    if (!box) return;
    this.boxes[this.focused]?.element.setAttribute("tabindex", "-1");
    this.focused = index;
    box.element.setAttribute("tabindex", "0");
    this.marks.querySelector(".focus")?.remove();
    if (!box.element.matches(":focus-visible")) return;
    this.ring(box.place, "focus");
    this.bring(box.place);
  }

  /** Move a place into sight, if it is not there. */
  private bring(place: Rect): void {
    const { x, y, k } = zoomTransform(this.host);
    const [left, top] = [place.x * k + x, place.y * k + y];
    if (left >= 0 && top >= 0 && left + place.width * k <= this.width && top + place.height * k <= this.height) return;
    this.zoom.translateTo(this.moving(), place.x + place.width / 2, place.y + place.height / 2);
  }

  private ring({ x, y, width, height }: Rect, kind: string): void {
    this.marks.append(svgEl("rect", { class: kind, x: x - 2, y: y - 2, width: width + 4, height: height + 4, rx: 3 }));
  }

  /** The boxes that stand for a node: in the overview, and at its place in the panel of its block. */
  private boxesOf(node: number): Box[] {
    const path = this.model.path(node);
    const home = this.model.around(node);
    const [block, copy] = this.model.copy(home) ?? [];
    const inside = path.slice(this.model.path(home).length);
    return this.boxes.filter((box) => {
      if (box.group === "") return path.includes(box.node);
      return block && copy !== undefined && letterOf(box) === block.letter && this.standsFor(box.node, copy, inside);
    });
  }

  private standsFor(boxed: number, copy: number, path: number[]): boolean {
    const same = this.model.counterpart(boxed, copy);
    return same !== undefined && path.includes(same);
  }

  /** The panel of the block that a node is, or in which it is. */
  private panelOf(node: number): Rect | undefined {
    const of = (at: number): Rect | undefined => {
      const letter = at === ROOT ? undefined : this.model.form(at).letter;
      return letter ? this.frames.get(letter) : undefined;
    };
    for (let at = node; at !== ROOT; at = this.model.parent[at]!) {
      const panel = of(at);
      if (panel) return panel;
    }
    return undefined;
  }

  private kindOf(box: Box, node: number, paths: Paths): string {
    const home = this.model.around(node);
    const [block, copy] = this.model.copy(home) ?? [];
    let at: number | undefined = box.node;
    if (box.group) {
      if (!block || letterOf(box) !== block.letter || copy === undefined) return "plain";
      at = this.model.counterpart(box.node, copy);
    }
    if (at === undefined) return "dim";
    const [from, to] = this.model.leaves(at);
    const own = this.model.leaves(node);
    if (from < own[1] && own[0] < to) return "self";
    for (let leaf = from; leaf < to; leaf++) {
      if (paths.feeds[leaf]) return "feeds";
      if (paths.fed[leaf]) return "fed";
    }
    return "dim";
  }

  private get width(): number {
    return this.host.clientWidth || 1;
  }

  private get height(): number {
    return this.host.clientHeight || 1;
  }

  private moving() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    return select(this.host).transition().duration(calm ? 0 : 400);
  }

  private resized(): void {
    select(this.host).call((host) => this.zoom.transform(host, this.showing(this.at)));
  }

  private rest(): void {
    this.svg.style.willChange = "";
    this.marks.style.strokeWidth = `${MARK / zoomTransform(this.host).k}px`;
  }

  private zoomTo(place: Rect): void {
    this.at = place;
    this.zoom.transform(this.moving(), this.showing(place));
  }

  private showing({ x, y, width, height }: Rect): ZoomTransform {
    const scale = AROUND * Math.min(this.width / width, this.height / height);
    const factor = Math.min(CLOSEST, scale);
    const top = Math.min(TOP, (this.height - height * factor) / 2);
    return zoomIdentity.translate(this.width / 2, top).scale(factor).translate(-(x + width / 2), -y);
  }
}

/** The letter of the panel in which a box stands: drawings of variants have groups like `A.1`. */
const letterOf = (box: Box): string => box.group.replace(/\.\d+$/, "");

/** The head of an arrow on a path, in units of the drawing. */
function head(kind: string): SVGMarkerElement {
  const marker = svgEl("marker", {
    id: `bv-${kind}`, class: kind, orient: "auto",
    markerUnits: "userSpaceOnUse", markerWidth: 30, markerHeight: 24, refY: 12,
  });
  marker.append(svgEl("path", { d: "M0 1 L29 12 L0 23 Z" }));
  return marker;
}

/** An arrow is on a path if it touches the chosen one, or lies between two that feed it or are fed by it. */
function kindOfArrow(source = "plain", target = "plain", paths: Paths | null): string {
  if (source === "plain" || target === "plain") return "plain";
  if (source === "self" || target === "self") return source === "self" ? target : source;
  return source === target && paths?.reach === "all" ? source : "dim";
}

function classed(element: Element, kind: string): void {
  element.classList.remove("self", "feeds", "fed", "dim");
  if (kind !== "plain") element.classList.add(kind);
}
