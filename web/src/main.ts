// The page: the figure in the middle, the tree of layers on one side, what is known of the chosen one on the other.

import { Model, ROOT, type Data } from "./data.js";
import { Details } from "./details.js";
import { button, el, found } from "./dom.js";
import { Figure } from "./figure.js";
import { Wiring, type Reach } from "./paths.js";
import { saveAs } from "./save.js";
import { Search } from "./search.js";
import { read, written, type State } from "./state.js";
import { Tree } from "./tree.js";

const PATHS: Record<Reach, string> = { off: "no paths", next: "neighbours", all: "whole paths" };
const THEMES: Record<string, string> = { "": "as the system", light: "light", dark: "dark" };

class Page {
  private state: State = { node: ROOT, paths: "off", query: "" };
  private readonly wiring: Wiring;
  private readonly details: Details;
  private readonly tree: Tree;
  private readonly search: Search;
  private readonly figure: Figure;
  private readonly status = el("p", { class: "hidden", role: "status" });
  private readonly found = el("p", { class: "muted", id: "bv-found", role: "status" });
  private readonly folding = el(
    "div", { class: "bar" },
    button("Unfold all", () => this.tree.unfoldAll()), button("Fold all", () => this.tree.foldAll()),
  );
  private readonly query = el("input", {
    type: "search", id: "bv-query", placeholder: "conv, Dense, 14x14x256", autocomplete: "off", spellcheck: "false",
    "aria-describedby": "bv-found",
  });
  private readonly key = el(
    "p", { class: "key", hidden: true },
    el("span", { class: "feeds" }, "feeds the chosen one"), el("span", { class: "fed" }, "is fed by it"),
  );
  private readonly paths = choice(PATHS, (value) => this.follow(value as Reach));

  constructor(private readonly model: Model, drawing: HTMLElement) {
    const open = (node: number): void => this.go(node);
    this.wiring = new Wiring(model);
    const pane = el("aside", { class: "details", "aria-label": "Details", tabindex: 0 });
    this.details = new Details(pane, model, this.wiring, open);
    const fromList = (node: number): void => {
      this.go(node);
      found(".details h2").scrollIntoView({ block: "nearest" }); // in a narrow window it is above the list
    };
    this.tree = new Tree(model, fromList);
    this.search = new Search(model, fromList);
    document.body.append(this.head(), el("main", {}, this.layers(), this.middle(drawing), pane), this.status);
    this.figure = new Figure(drawing, model, open);
    this.listen();
    this.restore();
  }

  private head(): HTMLElement {
    const { name, layers, params, macs } = this.model.data.model;
    const theme = choice(THEMES, (value) => {
      if (value) document.documentElement.dataset["theme"] = value;
      else delete document.documentElement.dataset["theme"];
    });
    theme.value = document.documentElement.dataset["theme"] ?? "";
    return el(
      "header", {},
      el("h1", {}, name),
      el("p", { class: "muted" }, `${layers} layers · ${params} parameters · ${macs} MACs`),
      el("label", {}, "Paths ", this.paths),
      el("label", {}, "Colours ", theme),
    );
  }

  private layers(): HTMLElement {
    return el(
      "section", { class: "layers", "aria-label": "Layers" },
      el("label", { for: "bv-query" }, "Search by name, class or shape"), this.query, this.found,
      this.folding, this.tree.list.element, this.search.list.element,
    );
  }

  private middle(drawing: HTMLElement): HTMLElement {
    const save = (form: "svg" | "png"): void => void saveAs(this.figure.seen(), this.model.data.model.name, form);
    const tools = el(
      "div", { class: "bar", role: "group", "aria-label": "Figure" },
      button("−", () => this.figure.farther(), { "aria-label": "Zoom out" }),
      button("+", () => this.figure.closer(), { "aria-label": "Zoom in" }),
      button("Whole figure", () => this.go(ROOT)),
      button("Up one level", () => this.up(), { title: "To what is around the chosen one (Escape)" }),
      button("Save SVG", () => save("svg")),
      button("Save PNG", () => save("png")),
    );
    return el("section", { class: "figure", "aria-label": "Figure" }, tools, this.key, drawing);
  }

  private listen(): void {
    this.query.addEventListener("focus", () => setTimeout(() => this.search.prepare()));
    this.query.addEventListener("input", () => this.seek(this.query.value));
    this.query.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "Enter") this.search.list.element.focus();
      else if (event.key === "Escape") this.seek((this.query.value = ""));
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.up();
      else if (event.key === "/" && !(event.target instanceof HTMLInputElement)) this.query.focus();
      else return;
      event.preventDefault();
    });
    window.addEventListener("hashchange", () => this.restore());
  }

  /** Show the state that the address names. */
  private restore(): void {
    if (location.hash.slice(1) === written(this.model, this.state) && location.hash) return;
    const state = read(this.model, location.hash);
    this.paths.value = this.state.paths = state.paths;
    this.query.value = state.query;
    this.seek(state.query);
    this.show(state.node);
  }

  private go(node: number): void {
    this.show(node);
    this.remember();
  }

  private up(): void {
    if (this.state.node !== ROOT) this.go(this.model.parent[this.state.node]!);
  }

  private show(node: number): void {
    this.state.node = node;
    this.tree.reveal(node);
    this.details.show(node);
    this.colour();
    this.status.textContent = this.model.title(node);
  }

  private follow(reach: Reach): void {
    this.state.paths = reach;
    this.colour();
    this.remember();
  }

  private colour(): void {
    const { node, paths } = this.state;
    this.figure.choose(node, paths !== "off");
    this.key.hidden = node === ROOT || paths === "off";
    this.figure.follow(node, node === ROOT || paths === "off" ? null : this.wiring.paths(node, paths));
  }

  private seek(words: string): void {
    this.state.query = words.trim();
    const seeking = this.state.query !== "";
    const count = seeking ? this.search.seek(this.state.query) : 0;
    this.found.textContent = seeking ? `${count.toLocaleString("en")} found` : "";
    this.folding.hidden = this.tree.list.element.hidden = seeking;
    this.search.list.element.hidden = !seeking;
    if (seeking) this.search.list.refresh();
    else this.tree.list.refresh();
  }

  /** Put the state into the address, where the page has one of its own. */
  private remember(): void {
    const hash = written(this.model, this.state);
    if (location.hash.slice(1) === hash) return;
    try {
      history.pushState(null, "", `#${hash}`);
    } catch {
      // a frame without an address, as in a notebook
    }
  }
}

function choice(options: Record<string, string>, onchange: (value: string) => void): HTMLSelectElement {
  const box = el("select", {}, ...Object.entries(options).map(([value, text]) => el("option", { value }, text)));
  box.addEventListener("change", () => onchange(box.value));
  return box;
}

const data = JSON.parse(found("#bv-data").textContent ?? "") as Data;
new Page(new Model(data), found<HTMLElement>("#bv-figure"));
