/** Tells directed cycles apart, for as long as the list of pools stays. */
export type CycleKey = number | string;

/** Three edges below it are one exact integer, which is made and found in a third of a text's time. */
const MOST_EDGES = 2 ** 17;
const MOST_NUMBERED = 3;

/** The same cycle from its hop at `place` on. */
export const startingAt = (edges: readonly number[], place: number): readonly number[] =>
  place === 0 ? edges : [...edges.slice(place), ...edges.slice(0, place)];

/** The same for the same cycle, wherever it starts; edges are integers from 0 on, each once. */
export function cycleKey(edges: readonly number[]): CycleKey {
  const { length } = edges;
  let first = 0;
  let [least, most] = [Infinity, 0];
  for (let place = 0; place < length; place++) {
    const edge = edges[place] ?? 0;
    if (edge < least) [first, least] = [place, edge];
    if (edge > most) most = edge;
  }
  if (length > MOST_NUMBERED || most >= MOST_EDGES - 1) return startingAt(edges, first).join();
  let key = 0;
  // One more than the edge, so that two are never three of which the first is 0.
  for (let hop = 0; hop < length; hop++) key = key * MOST_EDGES + (edges[(first + hop) % length] ?? 0) + 1;
  return key;
}
