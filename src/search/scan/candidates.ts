import { SCAN_HOPS } from "./layout.ts";

/**
 * Cycles of tokens with an upper bound of what any choice of pools along them can earn, taken out greatest bound
 * first: a binary heap in typed arrays, which grow and are never given back.
 */
export interface Candidates {
  clear(): void;
  /**
   * [0]: bound of what is added next. Numbers go in and out by arrays: those that are passed or returned make garbage.
   */
  readonly addedFloat: Float64Array;
  /** A cycle along `lanes[0 .. hops)`; of `lanes` four entries are kept, whatever they mean. */
  add(lanes: Int32Array, hops: number): void;
  /** [0]: greatest bound; -1 when there is none. */
  readonly boundFloat: Float64Array;
  /** Takes the next one out into `lanes`; returns its hops. */
  take(lanes: Int32Array): number;
}

const FIRST_CAPACITY = 4096;

interface Heap {
  readonly addedFloat: Float64Array;
  readonly boundFloat: Float64Array;
  bounds: Float64Array;
  hops: Uint8Array;
  lanes: Int32Array;
  /** Numbers of the candidates that are still in. */
  order: Int32Array;
  size: number;
  added: number;
  /** Whether `order` is yet to be made a heap: what is added before the first is taken out only needs the greatest bound. */
  loose: boolean;
}

export function createCandidates(): Candidates {
  const heap: Heap = {
    addedFloat: new Float64Array(1),
    boundFloat: new Float64Array(1).fill(-1),
    ...arraysFor(FIRST_CAPACITY),
    size: 0,
    added: 0,
    loose: true,
  };
  return {
    clear: () => {
      heap.size = 0;
      heap.added = 0;
      heap.loose = true;
      heap.boundFloat[0] = -1;
    },
    addedFloat: heap.addedFloat,
    add: (lanes, hops) => add(heap, lanes, hops),
    boundFloat: heap.boundFloat,
    take: (lanes) => take(heap, lanes),
  };
}

const arraysFor = (capacity: number) => ({
  bounds: new Float64Array(capacity),
  hops: new Uint8Array(capacity),
  lanes: new Int32Array(capacity * SCAN_HOPS),
  order: new Int32Array(capacity),
});

const boundAt = ({ bounds, order }: Heap, at: number): number => bounds[order[at] ?? 0] ?? -1;

function add(heap: Heap, lanes: Int32Array, hops: number): void {
  if (heap.added === heap.bounds.length) grow(heap);
  const candidate = heap.added++;
  const bound = heap.addedFloat[0] ?? 0;
  heap.bounds[candidate] = bound;
  heap.hops[candidate] = hops;
  for (let hop = 0; hop < SCAN_HOPS; hop++) heap.lanes[candidate * SCAN_HOPS + hop] = lanes[hop] ?? 0;
  if (heap.loose) heap.order[heap.size++] = candidate;
  else rise(heap, heap.size++, candidate);
  if (bound > (heap.boundFloat[0] ?? -1)) heap.boundFloat[0] = bound;
}

function take(heap: Heap, lanes: Int32Array): number {
  if (heap.loose) {
    for (let at = (heap.size >> 1) - 1; at >= 0; at--) sink(heap, at, heap.order[at] ?? 0);
    heap.loose = false;
  }
  const candidate = heap.order[0] ?? 0;
  const hops = heap.hops[candidate] ?? 0;
  for (let hop = 0; hop < SCAN_HOPS; hop++) lanes[hop] = heap.lanes[candidate * SCAN_HOPS + hop] ?? 0;
  heap.size--;
  if (heap.size > 0) sink(heap, 0, heap.order[heap.size] ?? 0);
  heap.boundFloat[0] = heap.size > 0 ? boundAt(heap, 0) : -1;
  return hops;
}

function rise(heap: Heap, from: number, candidate: number): void {
  const { order, bounds } = heap;
  const bound = bounds[candidate] ?? -1;
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (boundAt(heap, parent) >= bound) break;
    order[at] = order[parent] ?? 0;
    at = parent;
  }
  order[at] = candidate;
}

/** Puts a candidate in a place, or below it. */
function sink(heap: Heap, from: number, candidate: number): void {
  const { order, bounds, size } = heap;
  const bound = bounds[candidate] ?? -1;
  let at = from;
  for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size && boundAt(heap, child + 1) > boundAt(heap, child)) child++;
    if (boundAt(heap, child) <= bound) break;
    order[at] = order[child] ?? 0;
    at = child;
  }
  order[at] = candidate;
}

function grow(heap: Heap): void {
  const wider = arraysFor(heap.bounds.length * 2);
  wider.bounds.set(heap.bounds);
  wider.hops.set(heap.hops);
  wider.lanes.set(heap.lanes);
  wider.order.set(heap.order);
  Object.assign(heap, wider);
}
