import type { Address, Pool } from "../../chain/types.ts";
import { refreshLanes, refreshRecords } from "./laneRates.ts";
import { ROW } from "./layout.ts";
import type { Layout } from "./layout.ts";
import { addCycles } from "./newPair.ts";
import { createRecordStore } from "./recordStore.ts";
import type { RecordStore, StoreCounts } from "./recordStore.ts";
import { createRuns } from "./runs.ts";
import type { Runs } from "./runs.ts";
import { createTokenWeb } from "./tokenWeb.ts";
import type { TokenWeb } from "./tokenWeb.ts";

/** What joins and leaves change: the maps and lists are the index's own. */
export interface GrowthParts {
  readonly layout: Layout;
  readonly poolIds: Map<Address, number>;
  readonly pools: (Pool | undefined)[];
  readonly tokenIds: Map<Address, number>;
  readonly tokens: Address[];
  /** Tokens below it are bases. */
  readonly bases: number;
  readonly counts: StoreCounts;
}

/** Pools that come and go after the index was made. */
export interface Growth {
  join(pool: Pool): number | null;
  leave(address: Address): boolean;
}

/** The parts, and what the first join builds. */
interface Work extends GrowthParts {
  readonly web: TokenWeb;
  readonly store: RecordStore;
  readonly places: Runs;
  pairs: number;
}

export function createGrowth(parts: GrowthParts): Growth {
  let work: Work | null = null;
  const freeIds: number[] = [];
  return {
    join: (pool) => {
      const known = parts.poolIds.get(pool.address);
      if (known !== undefined) return known;
      const id = freeIds.at(-1) ?? parts.pools.length;
      if (id >= parts.layout.pools) return null;
      work ??= startWork(parts);
      if (!join(work, id, pool)) return null;
      if (id === freeIds.at(-1)) freeIds.pop();
      parts.pools[id] = pool;
      parts.poolIds.set(pool.address, id);
      return id;
    },
    leave: (address) => {
      const id = parts.poolIds.get(address);
      if (id === undefined) return false;
      leave(parts, id);
      parts.pools[id] = undefined;
      parts.poolIds.delete(address);
      freeIds.push(id);
      return true;
    },
  };
}

function startWork(parts: GrowthParts): Work {
  const { layout, counts } = parts;
  const { firstPool, endPool, edgesOfPair } = layout;
  return {
    ...parts,
    web: createTokenWeb(layout, counts.pairs, counts.groups),
    store: createRecordStore(layout, counts),
    places: createRuns({
      firsts: firstPool,
      ends: endPool,
      count: counts.pairs,
      places: edgesOfPair.length,
      move: (from, to) => (edgesOfPair[to] = edgesOfPair[from] ?? 0),
    }),
    pairs: counts.pairs,
  };
}

function join(work: Work, id: number, { token0, token1 }: Pool): boolean {
  const { layout, web } = work;
  const [from, to] = [tokenId(work, token0), tokenId(work, token1)];
  layout.edgeRates.fill(0, 2 * id * ROW, 2 * (id + 1) * ROW);
  layout.pairOfPool[id] = -1;
  if (from === to) return true;
  const lane = web.lane(from, to);
  const pair = lane >= 0 ? lane >> 1 : addPair(work, Math.min(from, to), Math.max(from, to));
  const place = pair < 0 ? -1 : work.places.append(pair);
  if (place < 0) return false;
  layout.edgesOfPair[place] = 2 * id + (from < to ? 0 : 1);
  layout.pairOfPool[id] = pair;
  return true;
}

function tokenId({ tokens, tokenIds }: Work, token: Address): number {
  const known = tokenIds.get(token);
  if (known !== undefined) return known;
  tokenIds.set(token, tokens.length);
  return tokens.push(token) - 1;
}

function addPair(work: Work, low: number, high: number): number {
  const { layout, web, store, bases } = work;
  if (work.pairs === layout.pairs) return -1;
  const pair = work.pairs++;
  layout.laneTokens[2 * pair] = low;
  layout.laneTokens[2 * pair + 1] = high;
  layout.basePairs[pair] = low < bases ? 1 : 0;
  work.places.start(pair);
  store.addPair(pair);
  web.addPair(pair);
  return addCycles({ layout, web, store, bases }, pair) ? pair : -1;
}

/** The pair stays, with the pools that are left. */
function leave({ layout }: GrowthParts, id: number): void {
  const { pairOfPool, firstPool, endPool, edgesOfPair } = layout;
  const pair = pairOfPool[id] ?? -1;
  layout.edgeRates.fill(0, 2 * id * ROW, 2 * (id + 1) * ROW);
  pairOfPool[id] = -1;
  if (pair < 0) return;
  const last = (endPool[pair] ?? 0) - 1;
  let place = firstPool[pair] ?? 0;
  while ((edgesOfPair[place] ?? 0) >> 1 !== id) place++;
  edgesOfPair[place] = edgesOfPair[last] ?? 0;
  endPool[pair] = last;
  refreshRecords(layout, pair, refreshLanes(layout, pair, 0));
}
