import type { Layout } from "./layout.ts";

/** Number of directed cycles of 2 to `maxHops` hops through a base, without listing them: one pass over the records. */
export function countCycles(layout: Layout): number {
  const { firstPool, endPool, basePairs, maxHops } = layout;
  const poolsIn = (lane: number): number => (endPool[lane >> 1] ?? 0) - (firstPool[lane >> 1] ?? 0);
  let cycles = 0;
  for (let pair = 0; pair < layout.pairs; pair++)
    if (basePairs[pair] === 1) cycles += poolsIn(2 * pair) * (poolsIn(2 * pair) - 1);
  const groups = maxHops >= 3 ? layout.groups : 0;
  for (let group = 0; group < groups; group++) cycles += cyclesOfGroup(layout, group, poolsIn);
  return cycles;
}

/** A record stands for as many ways as it has choices of pools; two records meet in both directions. */
function cyclesOfGroup(layout: Layout, group: number, poolsIn: (lane: number) => number): number {
  const { firstRecord, endRecord, firstLane, secondLane, triangles, closingLane, maxHops } = layout;
  const closing = closingLane[group] ?? -1;
  let ways = 0;
  let squares = 0;
  let cycles = 0;
  for (let record = firstRecord[group] ?? 0; record < (endRecord[group] ?? 0); record++) {
    const here = poolsIn(firstLane[record] ?? 0) * poolsIn(secondLane[record] ?? 0);
    ways += here;
    squares += here ** 2;
    if (triangles[record] === 1 && closing >= 0) cycles += 2 * here * poolsIn(closing);
  }
  return maxHops >= 4 ? cycles + ways ** 2 - squares : cycles;
}
