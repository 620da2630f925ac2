import type { Pool } from "../../chain/types.ts";
import { LEVELS } from "./ladder.ts";
import type { Ladder } from "./ladder.ts";
import { HEAD_LEVELS, TOUCH_WORDS } from "./layout.ts";
import type { Layout } from "./layout.ts";
import { createLayout } from "./memory.ts";
import type { BaseRecords } from "./records.ts";
import type { TokenPairs } from "./tokenPairs.ts";

/** Products of four float32 rates err by less than half of it. */
const FLOAT32_SLACK = 1 - 1e-6;

export interface LayoutParts {
  readonly pools: readonly Pool[];
  readonly graph: TokenPairs;
  /** By base. */
  readonly records: readonly BaseRecords[];
  readonly ladder: Ladder;
  readonly maxHops: number;
}

/** Writes pairs, records and groups into a new memory, with room for a quarter more. Rates and bounds are zero. */
export function fillLayout({ pools, graph, records, ladder, maxHops }: LayoutParts): Layout {
  const recordCount = sumOf(records, ({ firstLane }) => firstLane.length);
  const groupCount = sumOf(records, ({ groups }) => groups);
  const layout = createLayout(
    {
      pools: withSpare(pools.length),
      pairs: withSpare(graph.pairs),
      records: withSpare(recordCount),
      groups: withSpare(groupCount),
      poolPlaces: 2 * withSpare(pools.length),
      touches: 3 * withSpare(recordCount),
      closings: 2 * withSpare(groupCount),
    },
    maxHops,
  );
  layout.sizes.set(ladder.sizes);
  layout.thresholds.fill(NaN).set(ladder.thresholds);
  for (let level = 0; level < HEAD_LEVELS; level++) {
    const from = level === HEAD_LEVELS - 1 ? LEVELS - 1 : level;
    layout.headThresholds[level] = (ladder.thresholds[from] ?? 0) * FLOAT32_SLACK;
  }
  fillPools(layout, graph);
  fillRecords(layout, records);
  if (maxHops >= 3) {
    fillTouches(layout, recordCount, graph.pairs);
    fillClosings(layout, groupCount, graph.pairs);
  }
  return layout;
}

const withSpare = (count: number): number => count + Math.ceil(count / 4) + 64;

const sumOf = <T>(items: readonly T[], by: (item: T) => number): number =>
  items.reduce((sum, item) => sum + by(item), 0);

function fillPools(layout: Layout, graph: TokenPairs): void {
  const { pairOfPool, edgesOfPair, firstPool, endPool } = layout;
  pairOfPool.fill(-1).set(graph.pairOfPool);
  layout.laneTokens.set(graph.laneTokens);
  for (let pair = 0; pair < graph.pairs; pair++)
    layout.basePairs[pair] = (graph.laneTokens[2 * pair] ?? 0) < graph.bases ? 1 : 0;

  for (const pair of graph.pairOfPool) if (pair >= 0) endPool[pair] = (endPool[pair] ?? 0) + 1;
  startRuns(firstPool, endPool, graph.pairs);
  for (const [pool, pair] of graph.pairOfPool.entries())
    if (pair >= 0) edgesOfPair[appendTo(endPool, pair)] = 2 * pool + (graph.poolFlips[pool] ?? 0);
}

function fillRecords(layout: Layout, records: readonly BaseRecords[]): void {
  let group = 0;
  let record = 0;
  for (const of of records) {
    layout.firstLane.set(of.firstLane, record);
    layout.secondLane.set(of.secondLane, record);
    layout.triangles.set(of.triangles, record);
    layout.closingLane.set(of.closingLane, group);
    for (let at = 0; at < of.groups; at++, group++) {
      layout.firstRecord[group] = record + (of.firstRecord[at] ?? 0);
      layout.endRecord[group] = record + (of.firstRecord[at + 1] ?? 0);
      layout.groupOfRecord.fill(group, layout.firstRecord[group], layout.endRecord[group]);
    }
    record += of.firstLane.length;
  }
}

function fillTouches(layout: Layout, recordCount: number, pairCount: number): void {
  const { firstLane, secondLane, firstTouch, endTouch } = layout;
  for (let record = 0; record < recordCount; record++) {
    appendTo(endTouch, (firstLane[record] ?? 0) >> 1);
    appendTo(endTouch, (secondLane[record] ?? 0) >> 1);
  }
  startRuns(firstTouch, endTouch, pairCount);
  const write = (record: number, own: number, other: number) =>
    writeTouch(layout, { place: appendTo(endTouch, own >> 1), record, own, other });
  // One direction after the other: what rises in one falls in the other, and the processor can guess which.
  for (let direction = 0; direction < 2; direction++)
    for (let record = 0; record < recordCount; record++) {
      const [first, second] = [firstLane[record] ?? 0, secondLane[record] ?? 0];
      if ((first & 1) === direction) write(record, first, second);
      if ((second & 1) === direction) write(record, second, first);
    }
}

export interface Touch {
  readonly place: number;
  readonly record: number;
  readonly own: number;
  readonly other: number;
}

export function writeTouch(layout: Layout, { place, record, own, other }: Touch): void {
  const { touching, groupOfRecord, triangles, closingLane } = layout;
  const group = groupOfRecord[record] ?? 0;
  const at = TOUCH_WORDS * place;
  touching[at] = 2 * record + (own & 1);
  touching[at + 1] = other;
  touching[at + 2] = group;
  touching[at + 3] = triangles[record] === 1 ? (closingLane[group] ?? -1) : -1;
}

function fillClosings(layout: Layout, groupCount: number, pairCount: number): void {
  const { closingLane, firstClosed, endClosed, closedGroups } = layout;
  for (let group = 0; group < groupCount; group++)
    if (hasTriangle(layout, group)) appendTo(endClosed, (closingLane[group] ?? 0) >> 1);
  startRuns(firstClosed, endClosed, pairCount);
  for (let group = 0; group < groupCount; group++)
    if (hasTriangle(layout, group)) closedGroups[appendTo(endClosed, (closingLane[group] ?? 0) >> 1)] = group;
}

function hasTriangle({ firstRecord, endRecord, triangles }: Layout, group: number): boolean {
  for (let record = firstRecord[group] ?? 0; record < (endRecord[group] ?? 0); record++)
    if (triangles[record] === 1) return true;
  return false;
}

/** Turns the lengths in `ends` into empty runs one after another: `firsts` and `ends` are where each starts. */
function startRuns(firsts: Int32Array, ends: Int32Array, count: number): void {
  let start = 0;
  for (let run = 0; run < count; run++) {
    const length = ends[run] ?? 0;
    firsts[run] = start;
    ends[run] = start;
    start += length;
  }
}

/** The place at the end of a run, which grows by it. */
function appendTo(ends: Int32Array, run: number): number {
  const place = ends[run] ?? 0;
  ends[run] = place + 1;
  return place;
}
