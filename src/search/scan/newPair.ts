import type { Layout } from "./layout.ts";
import type { RecordStore } from "./recordStore.ts";
import type { TokenWeb } from "./tokenWeb.ts";

export interface NewPairParts {
  readonly layout: Layout;
  readonly web: TokenWeb;
  readonly store: RecordStore;
  /** Tokens below it are bases. */
  readonly bases: number;
}

/** Tokens of a way base -> x -> b; as a triangle it is closed by b -> base. */
type Way = readonly [base: number, x: number, b: number];

/**
 * Writes down every cycle that a new pair makes possible, the pair being in the web already; false where there is no
 * room. Ways that were left out because they could be in no cycle come in when they can.
 */
export function addCycles(parts: NewPairParts, pair: number): boolean {
  const { layout, web } = parts;
  const [low = 0, high = 0] = layout.laneTokens.subarray(2 * pair, 2 * pair + 2);
  if (layout.maxHops < 3) return true;
  const group = web.group(low, high);
  if (group >= 0) layout.closingLane[group] = 2 * pair + 1;
  const { ways, triangles } = newWays(parts, low, high);
  return (
    (layout.maxHops < 4 || ways.every((way) => addWay(parts, way))) &&
    triangles.every((way) => addTriangle(parts, way))
  );
}

/** The ways that use the new pair, and one way of each new triangle. */
function newWays({ layout, web, bases }: NewPairParts, low: number, high: number) {
  const ways: Way[] = [];
  const triangles: Way[] = [];
  for (let base = 0; base < Math.min(bases, low); base++) {
    const [toLow, toHigh] = [web.lane(base, low) >= 0, web.lane(base, high) >= 0];
    if (toLow) ways.push([base, low, high]);
    if (toHigh) ways.push([base, high, low]);
    if (toLow && toHigh) triangles.push([base, low, high]);
  }
  if (low >= bases) return { ways, triangles };
  for (const lane of web.lanesFrom(high)) {
    const token = layout.laneTokens[lane ^ 1] ?? 0;
    if (token <= low) continue;
    ways.push([low, high, token]);
    if (web.lane(low, token) >= 0) triangles.push([low, token, high]);
  }
  return { ways, triangles };
}

function addWay(parts: NewPairParts, [base, x, b]: Way): boolean {
  const { web } = parts;
  const group = web.group(base, b);
  if (group >= 0) return addOnce(parts, group, [base, x, b]) >= 0;
  const between = tokensBetween(parts, base, b);
  if (between.length < 2) return true;
  const added = addGroup(parts, base, b);
  return added >= 0 && between.every((token) => addOnce(parts, added, [base, token, b]) >= 0);
}

/** Tokens x of all ways base -> x -> b. */
function tokensBetween({ layout, web }: NewPairParts, base: number, b: number): number[] {
  return web
    .lanesFrom(b)
    .map((lane) => layout.laneTokens[lane ^ 1] ?? 0)
    .filter((x) => x > base && web.lane(base, x) >= 0);
}

function addTriangle(parts: NewPairParts, [base, x, b]: Way): boolean {
  const { web, store } = parts;
  const [there, other] = [web.group(base, b), web.group(base, x)];
  let record = there >= 0 ? findRecord(parts, there, [base, x, b]) : -1;
  if (record < 0 && other >= 0) record = findRecord(parts, other, [base, b, x]);
  if (record < 0) {
    const group = there >= 0 ? there : addGroup(parts, base, b);
    record = group < 0 ? -1 : addOnce(parts, group, [base, x, b]);
  }
  return record >= 0 && store.listTriangle(record);
}

function addGroup({ web, store }: NewPairParts, base: number, b: number): number {
  const group = store.addGroup(web.lane(b, base));
  if (group >= 0) web.addGroup(base, b, group);
  return group;
}

/** The way's record, added if need be. */
function addOnce(parts: NewPairParts, group: number, way: Way): number {
  const [base, x, b] = way;
  const record = findRecord(parts, group, way);
  return record >= 0 ? record : parts.store.addRecord(group, parts.web.lane(base, x), parts.web.lane(x, b));
}

function findRecord({ layout, web }: NewPairParts, group: number, [base, x]: Way): number {
  const { firstRecord, endRecord, firstLane } = layout;
  const first = web.lane(base, x);
  for (let record = firstRecord[group] ?? 0; record < (endRecord[group] ?? 0); record++)
    if (firstLane[record] === first) return record;
  return -1;
}
