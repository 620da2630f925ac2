import { writeTouch } from "./fillLayout.ts";
import { raiseBounds, refreshRecord } from "./laneRates.ts";
import { HEAD_LEVELS, TOUCH_WORDS } from "./layout.ts";
import type { Layout } from "./layout.ts";
import { createRuns } from "./runs.ts";
import type { Runs } from "./runs.ts";

/** Adds groups and records to a layout; -1 where there is no room. Other records may get new ids by it. */
export interface RecordStore {
  /** A group without records; `closing` is its lane back to the base, or -1. */
  addGroup(closing: number): number;
  /** A record in a group, with its touches; its triangle is not listed yet. */
  addRecord(group: number, first: number, second: number): number;
  /** Lists the triangle of a record; false where there is no room. */
  listTriangle(record: number): boolean;
  /** The pair has no records yet. */
  addPair(pair: number): void;
}

export interface StoreCounts {
  readonly pairs: number;
  readonly groups: number;
}

/** The layout, and where its lists have room. */
interface Work extends Layout {
  readonly touchRuns: Runs;
  readonly closingRuns: Runs;
  readonly recordRuns: Runs;
}

export function createRecordStore(layout: Layout, counts: StoreCounts): RecordStore {
  const work: Work = { ...layout, ...startRuns(layout, counts) };
  let groups = counts.groups;
  return {
    addGroup: (closing) => {
      if (groups === layout.groups) return -1;
      work.recordRuns.start(groups);
      layout.closingLane[groups] = closing;
      return groups++;
    },
    addRecord: (group, first, second) => addRecord(work, group, first, second),
    listTriangle: (record) => listTriangle(work, record),
    addPair: (pair) => {
      work.touchRuns.start(pair);
      work.closingRuns.start(pair);
    },
  };
}

function startRuns(
  layout: Layout,
  counts: StoreCounts,
): Pick<Work, "touchRuns" | "closingRuns" | "recordRuns"> {
  const { firstTouch, endTouch, touching, firstClosed, endClosed, closedGroups } = layout;
  return {
    touchRuns: createRuns({
      firsts: firstTouch,
      ends: endTouch,
      count: counts.pairs,
      places: touching.length / TOUCH_WORDS,
      move: (from, to) => touching.copyWithin(TOUCH_WORDS * to, TOUCH_WORDS * from, TOUCH_WORDS * (from + 1)),
    }),
    closingRuns: createRuns({
      firsts: firstClosed,
      ends: endClosed,
      count: counts.pairs,
      places: closedGroups.length,
      move: (from, to) => (closedGroups[to] = closedGroups[from] ?? 0),
    }),
    recordRuns: createRuns({
      firsts: layout.firstRecord,
      ends: layout.endRecord,
      count: counts.groups,
      places: layout.records,
      move: (from, to) => moveRecord(layout, from, to),
    }),
  };
}

function addRecord(work: Work, group: number, first: number, second: number): number {
  const record = work.recordRuns.append(group);
  if (record < 0) return -1;
  work.firstLane[record] = first;
  work.secondLane[record] = second;
  work.groupOfRecord[record] = group;
  work.triangles[record] = 0;
  if (!addTouch(work, record, first, second) || !addTouch(work, record, second, first)) return -1;
  refreshRecord(work, record);
  return record;
}

function addTouch(work: Work, record: number, own: number, other: number): boolean {
  const place = work.touchRuns.append(own >> 1);
  if (place >= 0) writeTouch(work, { place, record, own, other });
  return place >= 0;
}

function listTriangle(work: Work, record: number): boolean {
  const { groupOfRecord, closingLane, triangles, touching, closedGroups, firstClosed, endClosed } = work;
  const group = groupOfRecord[record] ?? 0;
  const closing = closingLane[group] ?? -1;
  triangles[record] = 1;
  for (const lane of lanesOf(work, record))
    touching[TOUCH_WORDS * findTouch(work, lane >> 1, record) + 3] = closing;
  const pair = closing >> 1;
  if (closedGroups.subarray(firstClosed[pair], endClosed[pair]).includes(group)) return true;
  const place = work.closingRuns.append(pair);
  if (place >= 0) closedGroups[place] = group;
  return place >= 0;
}

const lanesOf = ({ firstLane, secondLane }: Layout, record: number): readonly [number, number] => [
  firstLane[record] ?? 0,
  secondLane[record] ?? 0,
];

/** Place of a record among the touches of one of its pairs. */
function findTouch({ firstTouch, endTouch, touching }: Layout, pair: number, record: number): number {
  for (let place = firstTouch[pair] ?? 0; place < (endTouch[pair] ?? 0); place++)
    if ((touching[TOUCH_WORDS * place] ?? 0) >> 1 === record) return place;
  throw new RangeError(`record ${record} does not touch pair ${pair}`);
}

function moveRecord(layout: Layout, from: number, to: number): void {
  const { touching, recordHeads } = layout;
  for (const lane of lanesOf(layout, from)) {
    const at = TOUCH_WORDS * findTouch(layout, lane >> 1, from);
    touching[at] = 2 * to + (lane & 1);
  }
  layout.firstLane[to] = layout.firstLane[from] ?? 0;
  layout.secondLane[to] = layout.secondLane[from] ?? 0;
  layout.groupOfRecord[to] = layout.groupOfRecord[from] ?? 0;
  layout.triangles[to] = layout.triangles[from] ?? 0;
  recordHeads.copyWithin(2 * HEAD_LEVELS * to, 2 * HEAD_LEVELS * from, 2 * HEAD_LEVELS * (from + 1));
  for (let way = 0; way < 2; way++)
    raiseBounds(layout, 2 * to + way, 2 * (layout.groupOfRecord[to] ?? 0) + way);
}
