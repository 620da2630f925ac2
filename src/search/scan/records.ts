import type { TokenPairs } from "./tokenPairs.ts";

/** The records of one base, by group; lanes, records and groups as in `layout.ts`, numbered from 0. */
export interface BaseRecords {
  readonly groups: number;
  readonly firstRecord: Int32Array;
  readonly closingLane: Int32Array;
  readonly firstLane: Int32Array;
  readonly secondLane: Int32Array;
  readonly triangles: Uint8Array;
}

/**
 * The two-hop ways from a base, without those that can be in no cycle: a group needs two records, or one whose
 * triangle it lists. A triangle s, x, b is listed in the larger of the groups (s, b) and (s, x): that one stays anyway.
 */
export function listRecords(graph: TokenPairs, base: number, maxHops: number): BaseRecords {
  const walk: Walk = {
    graph,
    base,
    home: new Int32Array(graph.tokens.length).fill(-1),
    sizes: new Int32Array(graph.tokens.length),
  };
  eachNeighbour(graph, base, (token, lane) => (walk.home[token] = lane ^ 1));
  if (maxHops >= 3) eachWay(walk, (_, b) => (walk.sizes[b] = (walk.sizes[b] ?? 0) + 1));

  const kept = new Int32Array(graph.tokens.length);
  const isKept = (x: number, b: number) =>
    (maxHops >= 4 && (walk.sizes[b] ?? 0) >= 2) || listsTriangle(walk, x, b);
  if (maxHops >= 3)
    eachWay(walk, (x, b) => {
      if (isKept(x, b)) kept[b] = (kept[b] ?? 0) + 1;
    });

  const { next, ...shape } = shapeGroups(kept, walk.home);
  const firstLane = new Int32Array(shape.firstRecord[shape.groups] ?? 0);
  const secondLane = new Int32Array(firstLane.length);
  const triangles = new Uint8Array(firstLane.length);
  if (firstLane.length > 0)
    eachWay(walk, (x, b, lane) => {
      if (!isKept(x, b)) return;
      const record = next[b] ?? 0;
      next[b] = record + 1;
      firstLane[record] = (walk.home[x] ?? 0) ^ 1;
      secondLane[record] = lane;
      triangles[record] = listsTriangle(walk, x, b) ? 1 : 0;
    });
  return { ...shape, firstLane, secondLane, triangles };
}

interface Walk {
  readonly graph: TokenPairs;
  readonly base: number;
  /** By token: the lane to the base, or -1. */
  readonly home: Int32Array;
  /** By token b: ways base -> x -> b. */
  readonly sizes: Int32Array;
}

function eachNeighbour(graph: TokenPairs, token: number, visit: (token: number, lane: number) => void): void {
  const { firstNeighbour, neighbours } = graph;
  for (let at = firstNeighbour[token] ?? 0; at < (firstNeighbour[token + 1] ?? 0); at++)
    visit(neighbours[2 * at] ?? 0, neighbours[2 * at + 1] ?? 0);
}

/** Every base -> x -> b with the lane x -> b; neither may be an earlier base. */
function eachWay({ graph, base }: Walk, visit: (x: number, b: number, lane: number) => void): void {
  eachNeighbour(graph, base, (x) => {
    if (x < base) return;
    eachNeighbour(graph, x, (b, lane) => {
      if (b > base) visit(x, b, lane);
    });
  });
}

function listsTriangle({ home, sizes }: Walk, x: number, b: number): boolean {
  if ((home[b] ?? -1) < 0) return false;
  const [mine, other] = [sizes[b] ?? 0, sizes[x] ?? 0];
  return mine > other || (mine === other && b > x);
}

function shapeGroups(kept: Int32Array, home: Int32Array) {
  let groups = 0;
  for (const count of kept) if (count > 0) groups++;
  const firstRecord = new Int32Array(groups + 1);
  const closingLane = new Int32Array(groups);
  /** By token b: place of its group's next record. */
  const next = new Int32Array(kept.length);
  let group = 0;
  let records = 0;
  for (const [b, count] of kept.entries()) {
    if (count === 0) continue;
    next[b] = records;
    firstRecord[group] = records;
    closingLane[group] = home[b] ?? -1;
    records += count;
    group++;
  }
  firstRecord[groups] = records;
  return { groups, firstRecord, closingLane, next };
}
