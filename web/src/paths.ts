// What feeds a node and what it feeds, along the tensors between calls.

import { Model } from "./data.js";

export type Reach = "off" | "next" | "all";
export interface Paths { reach: Reach; feeds: Uint8Array; fed: Uint8Array }

export class Wiring {
  private starts?: Int32Array;
  private readers?: Int32Array;

  constructor(private readonly model: Model) {}

  /** Calls outside a node that feed it and that it feeds: those one step away, or all. */
  paths(node: number, reach: Reach): Paths {
    const [from, to] = this.model.leaves(node);
    const seek = (next: (leaf: number) => Iterable<number>): Uint8Array => {
      const met = new Uint8Array(this.model.data.names.length);
      const open = Array.from({ length: to - from }, (_, at) => from + at);
      for (let leaf = open.pop(); leaf !== undefined; leaf = open.pop())
        for (const other of next(leaf))
          if (!met[other] && (other < from || other >= to)) {
            met[other] = 1;
            if (reach === "all") open.push(other);
          }
      return met;
    };
    return { reach, feeds: seek((leaf) => this.model.sources(leaf)), fed: seek((leaf) => this.readersOf(leaf)) };
  }

  /** The calls that read a call. */
  readersOf(leaf: number): Int32Array {
    if (!this.readers || !this.starts) this.turnAround();
    return this.readers!.subarray(this.starts![leaf]!, this.starts![leaf + 1]!);
  }

  private turnAround(): void {
    const count = this.model.data.names.length;
    const starts = new Int32Array(count + 1);
    for (let leaf = 0; leaf < count; leaf++)
      for (const source of this.model.sources(leaf)) starts[source + 1]!++;
    for (let leaf = 0; leaf < count; leaf++) starts[leaf + 1]! += starts[leaf]!;
    const free = starts.slice();
    const readers = new Int32Array(starts[count]!);
    for (let leaf = 0; leaf < count; leaf++)
      for (const source of this.model.sources(leaf)) readers[free[source]!++] = leaf;
    this.starts = starts;
    this.readers = readers;
  }
}
