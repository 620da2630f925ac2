/** Tokens by rank, the highest first: a binary heap in which each token stands once. */
export interface TokenHeap {
  /** Puts a token in, or moves it up; a lower rank than it has is ignored. */
  raise(token: number, rank: number): void;
  /** Takes the token of the highest rank out; -1 when empty. */
  take(): number;
}

export function createTokenHeap(tokens: number): TokenHeap {
  const heap = new Int32Array(tokens);
  const ranks = new Float64Array(tokens);
  /** Place in the heap plus one; 0: not in it. */
  const places = new Int32Array(tokens);
  let size = 0;

  const put = (token: number, at: number): void => {
    heap[at] = token;
    places[token] = at + 1;
  };
  const rankAt = (at: number): number => ranks[heap[at] ?? 0] ?? 0;
  const rise = (token: number, from: number): void => {
    const rank = ranks[token] ?? 0;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (rankAt(above) >= rank) break;
      put(heap[above] ?? 0, at);
      at = above;
    }
    put(token, at);
  };
  const sink = (token: number): void => {
    const rank = ranks[token] ?? 0;
    let at = 0;
    for (let below = 1; below < size; below = 2 * at + 1) {
      if (below + 1 < size && rankAt(below + 1) > rankAt(below)) below++;
      if (rankAt(below) <= rank) break;
      put(heap[below] ?? 0, at);
      at = below;
    }
    put(token, at);
  };
  return {
    raise: (token, rank) => {
      const place = places[token] ?? 0;
      if (place > 0 && (ranks[token] ?? 0) >= rank) return;
      ranks[token] = rank;
      rise(token, place > 0 ? place - 1 : size++);
    },
    take: () => {
      if (size === 0) return -1;
      const top = heap[0] ?? -1;
      places[top] = 0;
      size--;
      if (size > 0) sink(heap[size] ?? 0);
      return top;
    },
  };
}
