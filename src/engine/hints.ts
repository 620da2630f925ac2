import type { Address, Hash, Pool } from "../chain/types.ts";
import type { Market } from "../market/market.ts";
import type { StateView } from "../market/stateView.ts";
import type { CycleKey } from "../search/cycleKey.ts";
import type { NamedAnswer, NamedCycles } from "../search/hinted.ts";
import {
  createNamedTable,
  type NamedCycle,
  type NamedOutcome,
  type NamedTable,
} from "../search/namedTable.ts";
import type { Opportunity } from "../search/opportunity.ts";
import type { Valuer } from "../search/prices.ts";
import type { HintCode } from "./decisions.ts";
import type { HintedRoute } from "./events.ts";
import type { HintOffer } from "./hintOffer.ts";

export interface HintOptions {
  /** Share of the blocks, from 0 to 1, that ignore kept hints: beside them the worth of hints shows. */
  readonly hintControlShareFloat: number;
}

export interface HintParts {
  readonly market: Pick<Market, "stateOf" | "isTainted" | "tainted">;
  readonly named: NamedCycles;
  /** What the search knows to pay. */
  readonly open: () => readonly Opportunity[];
}

/** When hinted cycles are priced, and from what worth on. */
export interface HintMoment {
  readonly prices: Pick<Valuer, "rateFloat">;
  /** Wei of native before gas; null: whatever pays. */
  readonly leastFloat: number | null;
  /** Cycles that are offered at most, the best. */
  readonly limit: number;
  readonly expired?: (() => boolean) | undefined;
}

/** A hint and the outcome that was told of it last. */
export interface KeptHint {
  readonly route: HintedRoute;
  /** Why it is not priced, or null. */
  refusal: HintCode | null;
  told: HintCode | null;
}

/** The hints that are kept, and their cycles priced. */
export interface Hints {
  /** The pools from now on: routes that name others wait for the next time. */
  load(pools: readonly Pool[]): void;
  /** A hint of the same id is replaced; beyond the bound the oldest is let go. */
  keep(route: HintedRoute): KeptHint;
  drop(id: string): void;
  /** These pools have, or may have, another state. */
  moved(pools: readonly Address[]): void;
  get(id: string): KeptHint | undefined;
  readonly size: number;
  /** Whether the block is one of those that ignore hints: a matter of its hash alone. */
  ignoredBy(block: Hash): boolean;
  /** Prices those that the search does not cover, or all, on the settled state. */
  offer(moment: HintMoment): HintOffer;
  /** Of the same, prices those that cross pools of another view that moved. */
  offerBehind(view: StateView, moved: readonly Address[], moment: HintMoment): HintOffer;
  /** Prices those that the search covers, behind the block's decision: where they pay it has found them by then. */
  review(moment: Omit<HintMoment, "limit">): void;
  /** The hints of the last offer, or review, whose outcome is another one than was told, at most so many; not those that pay. */
  changed(of: "offer" | "review", most: number): readonly (readonly [KeptHint, HintCode])[];
}

/** Cycles that a review looks at. */
const MOST_REVIEWED = 2048;

/** Live hints at most. */
const MOST_KEPT = 10_000;

/** Hints of one cycle that are told of it: whoever pushes the same route a thousand times hears of it less often. */
const MOST_NAMES = 64;

interface Kept extends KeptHint {
  /** Null where it is refused. */
  group: Group | null;
}

/** Cycles that are priced together. */
interface Shelf {
  readonly table: NamedTable;
  /** Pools that may have moved since; a doubt moves a pool too, when it comes and when it goes. */
  readonly moved: Set<Address>;
}

const createShelf = (): Shelf => ({ table: createNamedTable(), moved: new Set() });

/** All hints that name one cycle; its score is that of the best that it has had. */
interface Group {
  readonly cycle: NamedCycle;
  readonly hints: Kept[];
  /** The outcome that all of them were told. */
  told: NamedOutcome | null;
}

interface Memory extends HintParts {
  readonly kept: Map<string, Kept>;
  /** By the key of their cycle. */
  readonly groups: Map<CycleKey, Group>;
  /** What is offered with a block, and what waits for its review. */
  readonly offered: Shelf;
  readonly covered: Shelf;
  /** Cycles that the search knows to pay, their ids by their keys; null: to be asked for, since pools may have moved. */
  standing: ReadonlyMap<CycleKey, string> | null;
  /** Of these the ids of those that a hint has named since they were told. */
  news: Set<string>;
}

/** `apart`: what the search covers waits for its review; else all is offered. */
export function createHints(
  { hintControlShareFloat, apart }: HintOptions & { readonly apart: boolean },
  parts: HintParts,
): Hints {
  const offered = createShelf();
  const covered = apart ? createShelf() : offered;
  const memory: Memory = {
    ...parts,
    kept: new Map(),
    groups: new Map(),
    offered,
    covered,
    standing: null,
    news: new Set(),
  };
  return {
    load: (pools) => {
      const { named, kept, groups } = memory;
      named.load(pools);
      groups.clear();
      memory.standing = null;
      memory.news = new Set();
      for (const { table, moved } of [offered, covered]) {
        table.clear();
        moved.clear();
      }
      for (const hint of kept.values()) enter(memory, hint);
    },
    keep: (route) => keep(memory, route),
    drop: (id) => drop(memory, id),
    moved: (pools) => {
      memory.standing = null;
      for (const pool of pools) for (const { moved } of [offered, covered]) moved.add(pool);
    },
    get: (id) => memory.kept.get(id),
    get size() {
      return memory.kept.size;
    },
    ignoredBy: (block) => shareOfHash(block) < hintControlShareFloat,
    offer: (moment) => offer(memory, moment),
    offerBehind: (view, moved, moment) =>
      offerOf(memory, memory.named.price(offered.table, { ...moment, view, through: moved }), moment),
    review: (moment) => review(memory, moment),
    changed: (of, most) => changed(memory, of === "offer" ? offered : covered, most),
  };
}

/** Evenly spread over [0, 1): the last 32 bits. */
const shareOfHash = (hash: Hash): number => Number.parseInt(hash.slice(-8), 16) / 2 ** 32;

function keep(memory: Memory, route: HintedRoute): KeptHint {
  const { kept } = memory;
  const former = kept.get(route.id);
  const hint: Kept = { route, refusal: null, told: null, group: null };
  // A brain repeats itself: then its cycle stays where it is, with all that is known of it.
  const group = former !== undefined && haveSameHops(former.route, route) ? former.group : null;
  if (former !== undefined && group !== null) {
    kept.delete(route.id);
    takeOut(group, former);
    join(memory, hint, group);
  } else {
    drop(memory, route.id);
    enter(memory, hint);
  }
  kept.set(route.id, hint);
  // It will never be a cycle: what tokens a pool has does not change.
  if (hint.refusal === "not_a_cycle") kept.delete(route.id);
  const oldest = kept.size > MOST_KEPT ? kept.keys().next() : null;
  if (oldest?.done === false) drop(memory, oldest.value);
  return hint;
}

const haveSameHops = ({ hops: before }: HintedRoute, { hops: now }: HintedRoute): boolean =>
  before.length === now.length &&
  now.every(({ pool, zeroForOne }, i) => {
    const hop = before[i];
    return hop?.pool === pool && hop.zeroForOne === zeroForOne;
  });

/** Puts a hint under its cycle, if it names one. */
function enter(memory: Memory, hint: Kept): void {
  const { named, groups } = memory;
  const its = named.named(hint.route.hops);
  hint.refusal = typeof its === "string" ? its : null;
  hint.group = null;
  if (typeof its === "string") return;
  let group = groups.get(its.key);
  if (group === undefined) {
    group = { cycle: its, hints: [], told: null };
    groups.set(its.key, group);
    shelfOf(memory, its).table.add(its);
  }
  join(memory, hint, group);
}

const shelfOf = ({ offered, covered }: Memory, cycle: NamedCycle): Shelf =>
  cycle.covered ? covered : offered;

function join(memory: Memory, hint: Kept, group: Group): void {
  const { cycle } = group;
  hint.group = group;
  group.hints.push(hint);
  group.told = null;
  cycle.scoreFloat = Math.max(cycle.scoreFloat, hint.route.scoreFloat);
  // What is known of it already is told to this one too.
  if (cycle.outcome !== null) shelfOf(memory, cycle).table.noted.add(cycle);
  // Where all is offered, all is told.
  const standing = memory.covered === memory.offered ? undefined : standingOf(memory).get(cycle.key);
  if (standing !== undefined) memory.news.add(standing);
}

function standingOf(memory: Memory): ReadonlyMap<CycleKey, string> {
  const { named, open } = memory;
  memory.standing ??= new Map(open().map(({ cycle }) => [named.keyOf(cycle.hops) ?? "", cycle.id]));
  return memory.standing;
}

const takeOut = ({ hints }: Group, hint: Kept): void => void hints.splice(hints.indexOf(hint), 1);

function drop(memory: Memory, id: string): void {
  const { kept, groups } = memory;
  const hint = kept.get(id);
  if (hint === undefined) return;
  kept.delete(id);
  const { group } = hint;
  if (group === null) return;
  takeOut(group, hint);
  if (group.hints.length > 0) return;
  groups.delete(group.cycle.key);
  shelfOf(memory, group.cycle).table.remove(group.cycle);
}

function offer(memory: Memory, moment: HintMoment): HintOffer {
  const { news } = memory;
  memory.news = new Set();
  const answer = offerOf(memory, priceSettled(memory, memory.offered, moment), moment);
  return { ...answer, news: new Set([...answer.news, ...news]) };
}

function review(memory: Memory, moment: Omit<HintMoment, "limit">): void {
  const { covered, groups, news } = memory;
  priceSettled(memory, covered, { ...moment, limit: 0, room: MOST_REVIEWED });
  for (const [key, id] of standingOf(memory)) {
    const group = groups.get(key);
    if (group?.cycle.covered !== true) continue;
    // It is judged with its block, and that is told.
    covered.table.note(group.cycle, "listed");
    if (namesOf(group).some(({ told }) => told === null)) news.add(id);
  }
}

function priceSettled(
  { market, named }: Memory,
  { table, moved }: Shelf,
  moment: HintMoment & { readonly room?: number },
): NamedAnswer {
  if (table.cycles.length === 0) {
    // Whatever comes next is read as a whole.
    moved.clear();
    return { opportunities: [], fresh: [] };
  }
  for (const pool of market.tainted.keys()) moved.add(pool);
  // A pool in doubt has no price here.
  const view: StateView =
    market.tainted.size === 0
      ? market
      : { stateOf: (pool) => (market.isTainted(pool) ? null : market.stateOf(pool)) };
  const answer = named.price(table, { ...moment, view, through: null, moved });
  moved.clear();
  for (const pool of market.tainted.keys()) moved.add(pool);
  return answer;
}

const groupOf = ({ named, groups }: Memory, { cycle }: Opportunity): Group | undefined =>
  groups.get(named.keyOf(cycle.hops) ?? "");

function offerOf(memory: Memory, { opportunities, fresh }: NamedAnswer, moment: HintMoment): HintOffer {
  const { named } = memory;
  const its = (one: Opportunity): Group | undefined => groupOf(memory, one);
  const isNew = (one: Opportunity): boolean =>
    fresh.includes(one) || namesOf(its(one)).some(({ told }) => told === null);
  return {
    opportunities,
    news: new Set(opportunities.filter(isNew).map(({ cycle }) => cycle.id)),
    idsOf: (one) => namesOf(its(one)).map(({ route }) => route.id),
    budgetFloat: (one) => Math.max(0, ...namesOf(its(one)).map(({ route }) => route.budgetFloat)),
    again: (view, moved) => {
      if (opportunities.length === 0) return [];
      const offered = createNamedTable();
      for (const one of opportunities) {
        const group = its(one);
        if (group !== undefined) offered.add(group.cycle);
      }
      return named.price(offered, { ...moment, view, through: moved }).opportunities;
    },
  };
}

const namesOf = (group: Group | undefined): readonly KeptHint[] => group?.hints.slice(0, MOST_NAMES) ?? [];

function changed(
  { groups, market }: Memory,
  { table }: Shelf,
  most: number,
): readonly (readonly [KeptHint, HintCode])[] {
  const found: [KeptHint, HintCode][] = [];
  for (const cycle of table.noted) {
    const { outcome } = cycle;
    const group = groups.get(cycle.key);
    // Those are told with the judgement of their cycle.
    if (outcome === "listed" && group !== undefined) group.told = null;
    if (
      group === undefined ||
      outcome === null ||
      outcome === "listed" ||
      outcome === "unseen" ||
      outcome === group.told
    ) {
      table.noted.delete(cycle);
      continue;
    }
    for (const hint of group.hints) {
      const code = codeOf(outcome, hint.route, market);
      if (hint.told === code) continue;
      if (found.length === most) return found;
      found.push([hint, code]);
    }
    // Whether it is a doubt or the price that is missing may change without the outcome: it is looked at again.
    if (outcome === "no_price") continue;
    group.told = outcome;
    table.noted.delete(cycle);
  }
  return found;
}

/** What an outcome that is not judged is called in the ledger. */
export function codeOf(
  outcome: Exclude<NamedOutcome, "listed">,
  { hops }: HintedRoute,
  { isTainted }: Pick<Market, "isTainted">,
): HintCode {
  switch (outcome) {
    case "unlisted":
      return "plan_full";
    case "little":
      return "below_min_profit";
    case "unseen":
      return "expired";
    case "no_price":
      return hops.some(({ pool }) => isTainted(pool)) ? "tainted" : "no_state";
    case "no_profit":
    case "no_native_price":
      return outcome;
  }
}
