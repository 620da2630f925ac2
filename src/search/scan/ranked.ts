/** The best cycles found so far, best first, at most `limit` of them; each once. Nothing is allocated after creation. */
export interface Ranked {
  /** Forgets all; only cycles worth at least `least` (wei of native, an estimate) are taken. */
  start(limit: number, least: number): void;
  /** Worth that a cycle must reach to be taken now. */
  readonly cutoffFloat: number;
  readonly count: number;
  /** Offers the cycle `edges[0 .. hops)`; a cycle that is listed already stays as it is. */
  offer(edges: Int32Array, hops: number, worthFloat: number): void;
  worthFloat(place: number): number;
  hops(place: number): number;
  edge(place: number, hop: number): number;
}

const STRIDE = 4;

/** `capacity` is the longest list that may be asked for. */
export function createRanked(capacity: number): Ranked {
  const worth = new Float64Array(capacity + 1);
  const lengths = new Uint8Array(capacity + 1);
  const cycles = new Int32Array((capacity + 1) * STRIDE);
  let limit = capacity;
  let count = 0;
  let least = 0;

  const has = (edges: Int32Array, hops: number): boolean => {
    for (let place = 0; place < count; place++) {
      if (lengths[place] !== hops) continue;
      let same = true;
      for (let hop = 0; hop < hops; hop++)
        if (cycles[place * STRIDE + hop] !== edges[hop]) {
          same = false;
          break;
        }
      if (same) return true;
    }
    return false;
  };
  const move = (from: number, to: number): void => {
    worth[to] = worth[from] ?? 0;
    lengths[to] = lengths[from] ?? 0;
    cycles.copyWithin(to * STRIDE, from * STRIDE, from * STRIDE + STRIDE);
  };
  const cutoff = (): number => (count < limit ? least : Math.max(least, worth[limit - 1] ?? 0));

  return {
    start: (most, from) => {
      if (most > capacity) throw new RangeError(`at most ${capacity} cycles can be ranked, not ${most}`);
      limit = most;
      least = from;
      count = 0;
    },
    get cutoffFloat() {
      return cutoff();
    },
    get count() {
      return count;
    },
    offer: (edges, hops, worthFloat) => {
      // Written so that NaN is refused.
      if (!(worthFloat >= cutoff()) || has(edges, hops)) return;
      if (count === limit && !(worthFloat > (worth[count - 1] ?? 0))) return;
      let place = count < limit ? count++ : count - 1;
      while (place > 0 && (worth[place - 1] ?? 0) < worthFloat) {
        move(place - 1, place);
        place--;
      }
      worth[place] = worthFloat;
      lengths[place] = hops;
      for (let hop = 0; hop < hops; hop++) cycles[place * STRIDE + hop] = edges[hop] ?? -1;
    },
    worthFloat: (place) => worth[place] ?? 0,
    hops: (place) => lengths[place] ?? 0,
    edge: (place, hop) => cycles[place * STRIDE + hop] ?? -1,
  };
}
