// The model as the page holds it. Calls and blocks are nodes, numbered in preorder, so that what is inside a node is a
// range of numbers, and the calls (leaves) inside it a range as well. `contents.py` writes the data in these words.

export interface Form {
  kind: "call" | "unit" | "idiom" | "block" | "run" | "group" | "backbone" | "nested";
  name: string;
  in?: string[];
  out: string[];
  params: string;
  trainable: string;
  macs: string;
  letter?: string;
  variant?: string;
  stage?: string;
  parallel?: boolean;
  frozen?: boolean;
  config?: number;
  args?: Record<string, unknown>;
  attributes?: Record<string, unknown>;
  module?: string;
  within?: string[];
}

export interface Block {
  letter: string;
  name: string;
  source: string;
  reason: string;
  times: string;
  parameters: Record<string, string[]>;
  variants: [string, number][];
  copies: number[];
  align: number[];
  alignments: number[][];
}

type Place = [x: number, y: number, width: number, height: number];

export interface Data {
  model: {
    name: string; layers: string; params: string; trainable: string; macs: string; in: string[]; out: string[];
    weights: string; facts: Record<string, string>;
  };
  configs: Record<string, unknown>[];
  forms: Form[];
  form: number[];
  size: number[];
  names: string[];
  reads: (number | number[])[];
  same: number[][];
  blocks: Block[];
  figure: {
    width: number;
    height: number;
    boxes: [id: number, node: number, ...place: Place, group: string][];
    arrows: [source: number, target: number, headed: 0 | 1][];
    frames: [letter: string, ...place: Place][];
  };
  advice: string[];
  version: string;
}

/** The whole model, where no node is chosen. */
export const ROOT = -1;

export class Model {
  readonly parent: Int32Array;
  /** Per node, the number of the first call that is in it or follows it. */
  readonly firstLeaf: Int32Array;
  readonly nodeOfLeaf: Int32Array;
  /** Per node, which child of its parent it is, from 0. */
  readonly position: Int32Array;
  private readonly counts: Int32Array;
  private readonly copyAt = new Map<number, [block: Block, copy: number]>();
  private readonly blockOf = new Map<string, Block>();

  constructor(readonly data: Data) {
    const count = data.form.length;
    this.parent = new Int32Array(count).fill(ROOT);
    this.firstLeaf = new Int32Array(count + 1);
    this.nodeOfLeaf = new Int32Array(data.names.length);
    this.position = new Int32Array(count);
    this.counts = new Int32Array(count + 1);
    const open: number[] = [];
    for (let node = 0, leaf = 0; node <= count; node++) {
      this.firstLeaf[node] = leaf;
      if (node === count) break;
      while (open.length && node > this.last(open.at(-1)!)) open.pop();
      const parent = open.at(-1) ?? ROOT;
      this.parent[node] = parent;
      this.position[node] = this.counts[parent + 1]!++;
      if (this.isCall(node)) this.nodeOfLeaf[leaf++] = node;
      else open.push(node);
    }
    for (const block of data.blocks) {
      this.blockOf.set(block.letter, block);
      block.copies.forEach((node, copy) => this.copyAt.set(node, [block, copy]));
    }
  }

  get count(): number {
    return this.data.form.length;
  }

  form(node: number): Form {
    return this.data.forms[this.data.form[node]!]!;
  }

  isCall(node: number): boolean {
    return this.form(node).kind === "call";
  }

  /** The last node inside a node; itself where nothing is. */
  last(node: number): number {
    return node === ROOT ? this.count - 1 : node + this.data.size[node]!;
  }

  children(node: number): number[] {
    const found: number[] = [];
    for (let child = node + 1; child <= this.last(node); child = this.last(child) + 1) found.push(child);
    return found;
  }

  /** How many children a node has. */
  width(node: number): number {
    return this.counts[node + 1]!;
  }

  /** From the outermost node around a node down to itself. */
  path(node: number): number[] {
    const found: number[] = [];
    for (let at = node; at !== ROOT; at = this.parent[at]!) found.unshift(at);
    return found;
  }

  /** The calls in a node, as the half-open range of their numbers. */
  leaves(node: number): [from: number, to: number] {
    return node === ROOT ? [0, this.data.names.length] : [this.firstLeaf[node]!, this.firstLeaf[this.last(node) + 1]!];
  }

  names(node: number): string[] {
    return this.data.names.slice(...this.leaves(node));
  }

  /** The calls that a call reads. */
  sources(leaf: number): number[] {
    const back = this.data.reads[leaf]!;
    return (typeof back === "number" ? [back] : back).map((step) => leaf - step);
  }

  block(letter: string): Block | undefined {
    return this.blockOf.get(letter);
  }

  /** The block type of which a node is a copy, and which of its copies it is, from 0. */
  copy(node: number): [block: Block, copy: number] | undefined {
    return this.copyAt.get(node);
  }

  /** The innermost copy around a node that is not the node itself. */
  around(node: number): number {
    for (let at = node === ROOT ? ROOT : this.parent[node]!; at !== ROOT; at = this.parent[at]!)
      if (this.copyAt.has(at)) return at;
    return ROOT;
  }

  /** What stands in another copy of the block around a node where the node stands in its own; none: undefined. */
  counterpart(node: number, copy: number): number | undefined {
    const home = this.around(node);
    const [block, own] = this.copy(home) ?? [];
    if (!block || own === undefined) return undefined;
    const [first, ...deeper] = this.path(node).slice(this.path(home).length).map((at) => this.position[at]!);
    const slot = block.alignments[block.align[own]!]!.indexOf(first!);
    const position = slot < 0 ? -1 : block.alignments[block.align[copy]!]![slot]!;
    if (copy === own) return node;
    let at = position < 0 ? undefined : this.children(block.copies[copy]!)[position];
    for (const step of deeper) at = at === undefined ? undefined : this.children(at)[step];
    return at;
  }

  /** What a node is called, in one line. */
  title(node: number): string {
    if (node === ROOT) return this.data.model.name;
    const form = this.form(node);
    const [block, copy] = this.copy(node) ?? [];
    if (form.kind === "call") return this.data.names[this.firstLeaf[node]!]!;
    if (form.kind === "run") return `${form.name} ×${this.width(node)}${form.parallel ? ", side by side" : ""}`;
    if (block && block.copies.length > 1) return `${form.name}, copy ${copy! + 1} of ${block.copies.length}`;
    return form.name;
  }
}
