import { SCAN_HOPS } from "./layout.ts";

/** The best cycles found so far, best first, at most `limit` of them; each once. Nothing is allocated after creation. */
export interface Ranked {
  /** Forgets all; only cycles worth at least `least` (wei of native, an estimate) are taken. */
  start(limit: number, least: number): void;
  /** [0]: worth that a cycle must reach to be taken now. In an array, since a number that is returned makes garbage. */
  readonly cutoffFloat: Float64Array;
  readonly count: number;
  /** Offers the cycle `edges[0 .. hops)`; a cycle that is listed already stays as it is. */
  offer(edges: Int32Array, hops: number, worthFloat: number): void;
  worthFloat(place: number): number;
  hops(place: number): number;
  edge(place: number, hop: number): number;
}

interface List {
  readonly cutoffFloat: Float64Array;
  readonly worth: Float64Array;
  readonly hops: Uint8Array;
  readonly edges: Int32Array;
  limit: number;
  count: number;
  least: number;
}

/** `capacity` is the longest list that may be asked for. */
export function createRanked(capacity: number): Ranked {
  const list: List = {
    cutoffFloat: new Float64Array(1),
    worth: new Float64Array(capacity),
    hops: new Uint8Array(capacity),
    edges: new Int32Array(capacity * SCAN_HOPS),
    limit: capacity,
    count: 0,
    least: 0,
  };
  return {
    start: (limit, least) => {
      if (limit > capacity) throw new RangeError(`at most ${capacity} cycles can be ranked, not ${limit}`);
      list.limit = limit;
      list.least = least;
      list.count = 0;
      setCutoff(list);
    },
    cutoffFloat: list.cutoffFloat,
    get count() {
      return list.count;
    },
    offer: (edges, hops, worthFloat) => offer(list, edges, hops, worthFloat),
    worthFloat: (place) => list.worth[place] ?? 0,
    hops: (place) => list.hops[place] ?? 0,
    edge: (place, hop) => list.edges[place * SCAN_HOPS + hop] ?? -1,
  };
}

function setCutoff({ cutoffFloat, worth, limit, count, least }: List): void {
  cutoffFloat[0] = count < limit ? least : Math.max(least, worth[limit - 1] ?? 0);
}

function offer(list: List, edges: Int32Array, hops: number, worthFloat: number): void {
  const { worth, limit, count } = list;
  // Written so that NaN is refused.
  if (!(worthFloat >= (list.cutoffFloat[0] ?? 0)) || limit === 0) return;
  if (count === limit && worthFloat === worth[count - 1]) return;
  if (has(list, edges, hops)) return;
  let place = count < limit ? list.count++ : count - 1;
  for (; place > 0 && (worth[place - 1] ?? 0) < worthFloat; place--) move(list, place - 1, place);
  worth[place] = worthFloat;
  list.hops[place] = hops;
  for (let hop = 0; hop < hops; hop++) list.edges[place * SCAN_HOPS + hop] = edges[hop] ?? -1;
  setCutoff(list);
}

function has({ hops: lengths, edges: listed, count }: List, edges: Int32Array, hops: number): boolean {
  for (let place = 0; place < count; place++) {
    let same = lengths[place] === hops;
    for (let hop = 0; same && hop < hops; hop++) same = listed[place * SCAN_HOPS + hop] === edges[hop];
    if (same) return true;
  }
  return false;
}

function move({ worth, hops, edges }: List, from: number, to: number): void {
  worth[to] = worth[from] ?? 0;
  hops[to] = hops[from] ?? 0;
  for (let hop = 0; hop < SCAN_HOPS; hop++) edges[to * SCAN_HOPS + hop] = edges[from * SCAN_HOPS + hop] ?? -1;
}
