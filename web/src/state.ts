// What is shown, as the part of an address behind `#`: `#block=A&copy=3`, `#layer=conv1`, `#part=2&paths=all`.

import { Model, ROOT } from "./data.js";
import type { Reach } from "./paths.js";

export interface State { node: number; paths: Reach; query: string }

export function written(model: Model, state: State): string {
  const out = new URLSearchParams(place(model, state.node));
  if (state.paths !== "off") out.set("paths", state.paths);
  if (state.query) out.set("search", state.query);
  return out.toString();
}

/** The state that an address asks for; what it names and the model lacks is left out. */
export function read(model: Model, hash: string): State {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const paths = given.get("paths");
  return {
    node: nodeOf(model, given) ?? ROOT,
    paths: paths === "next" || paths === "all" ? paths : "off",
    query: given.get("search") ?? "",
  };
}

function place(model: Model, node: number): Record<string, string> {
  if (node === ROOT) return {};
  const own = model.copy(node);
  if (own) return { block: own[0].letter, copy: String(own[1] + 1) };
  if (model.isCall(node)) return { layer: model.title(node) };
  const parent = model.parent[node]!;
  const item = String(model.position[node]! + 1);
  const home = model.copy(parent);
  if (home) return { block: home[0].letter, copy: String(home[1] + 1), item };
  return parent === ROOT ? { part: item } : { node: String(node) };
}

function nodeOf(model: Model, given: URLSearchParams): number | undefined {
  const number = (key: string, otherwise = NaN): number => Number(given.get(key) ?? otherwise);
  const layer = given.get("layer");
  if (layer !== null) {
    const leaf = model.data.names.indexOf(layer);
    return leaf < 0 ? undefined : model.nodeOfLeaf[leaf];
  }
  if (given.has("part")) return model.children(ROOT)[number("part") - 1];
  if (given.has("node")) {
    const node = number("node");
    return Number.isInteger(node) && node >= 0 && node < model.count ? node : undefined;
  }
  const copy = model.block(given.get("block") ?? "")?.copies[number("copy", 1) - 1];
  return copy !== undefined && given.has("item") ? model.children(copy)[number("item") - 1] ?? copy : copy;
}
