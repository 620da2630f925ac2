import type { Address, Hash, Pool } from "../chain/types.ts";
import type { Market } from "../market/market.ts";
import type { StateView } from "../market/stateView.ts";
import type { NamedAnswer, NamedCycle, NamedCycles, NamedOutcome } from "../search/hinted.ts";
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
}

/** When hinted cycles are priced, and from what worth on. */
export interface HintMoment {
  readonly prices: Pick<Valuer, "rateFloat">;
  /** Wei of native before gas; null: whatever pays. */
  readonly leastFloat: number | null;
  /** Cycles that are offered at most, the best. */
  readonly limit: number;
  readonly expired?: () => boolean;
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
  get(id: string): KeptHint | undefined;
  readonly size: number;
  /** Whether the block is one of those that ignore hints: a matter of its hash alone. */
  ignoredBy(block: Hash): boolean;
  /** Prices all on the settled state. */
  offer(moment: HintMoment): HintOffer;
  /** Prices those that cross pools of another view that moved. */
  offerBehind(view: StateView, moved: readonly Address[], moment: HintMoment): HintOffer;
  /** The hints whose outcome in the last offer is another one than was told, at most so many; not those that pay. */
  changed(most: number): readonly (readonly [KeptHint, HintCode])[];
}

/** Live hints at most. */
const MOST_KEPT = 10_000;

/** All hints that name one cycle. */
interface Group {
  readonly cycle: NamedCycle;
  readonly hints: Map<string, KeptHint>;
  /** The best of its hints. */
  scoreFloat: number;
}

interface Memory extends HintParts {
  readonly kept: Map<string, KeptHint>;
  readonly groups: Map<string, Group>;
  /** Best score first, then as they came; null: to be made anew. */
  order: readonly Group[] | null;
  /** The last offer's, by place in the order. */
  outcomes: readonly NamedOutcome[];
}

export function createHints({ hintControlShareFloat }: HintOptions, parts: HintParts): Hints {
  const memory: Memory = { ...parts, kept: new Map(), groups: new Map(), order: null, outcomes: [] };
  return {
    load: (pools) => {
      const { named, kept, groups } = memory;
      named.load(pools);
      groups.clear();
      memory.order = null;
      for (const hint of kept.values()) enter(memory, hint);
    },
    keep: (route) => keep(memory, route),
    drop: (id) => drop(memory, id),
    get: (id) => memory.kept.get(id),
    get size() {
      return memory.kept.size;
    },
    ignoredBy: (block) => shareOfHash(block) < hintControlShareFloat,
    offer: (moment) => offer(memory, moment),
    offerBehind: (view, moved, moment) => offerBehind(memory, { view, moved }, moment),
    changed: (most) => changed(memory, most),
  };
}

/** Evenly spread over [0, 1): the last 32 bits. */
const shareOfHash = (hash: Hash): number => Number.parseInt(hash.slice(-8), 16) / 2 ** 32;

function keep(memory: Memory, route: HintedRoute): KeptHint {
  const { kept } = memory;
  drop(memory, route.id);
  const hint: KeptHint = { route, refusal: null, told: null };
  kept.set(route.id, hint);
  enter(memory, hint);
  // It will never be a cycle: what tokens a pool has does not change.
  if (hint.refusal === "not_a_cycle") kept.delete(route.id);
  const oldest = kept.size > MOST_KEPT ? kept.keys().next() : null;
  if (oldest?.done === false) drop(memory, oldest.value);
  return hint;
}

/** Puts a hint under its cycle, if it names one. */
function enter(memory: Memory, hint: KeptHint): void {
  const { named, groups } = memory;
  const { id, hops, scoreFloat } = hint.route;
  const cycle = named.named(hops);
  hint.refusal = typeof cycle === "string" ? cycle : null;
  if (typeof cycle === "string") return;
  const group = groups.get(cycle.key);
  if (group === undefined) groups.set(cycle.key, { cycle, hints: new Map([[id, hint]]), scoreFloat });
  else {
    group.hints.set(id, hint);
    group.scoreFloat = Math.max(group.scoreFloat, scoreFloat);
  }
  memory.order = null;
}

function drop(memory: Memory, id: string): void {
  const { kept, groups, named } = memory;
  const hint = kept.get(id);
  if (hint === undefined) return;
  kept.delete(id);
  const key = hint.refusal === null ? named.keyOf(hint.route.hops) : null;
  const group = key === null ? undefined : groups.get(key);
  if (key === null || group === undefined) return;
  group.hints.delete(id);
  group.scoreFloat = Math.max(...[...group.hints.values()].map(({ route }) => route.scoreFloat));
  if (group.hints.size === 0) groups.delete(key);
  memory.order = null;
}

const ordered = (memory: Memory): readonly Group[] =>
  (memory.order ??= [...memory.groups.values()].toSorted((a, b) => b.scoreFloat - a.scoreFloat));

function offer(memory: Memory, moment: HintMoment): HintOffer {
  const { market, named } = memory;
  const order = ordered(memory);
  // A pool in doubt has no price here.
  const view: StateView =
    market.tainted.size === 0
      ? market
      : { stateOf: (pool) => (market.isTainted(pool) ? null : market.stateOf(pool)) };
  const answer = named.price(
    order.map(({ cycle }) => cycle),
    { ...moment, view, whatIf: false, atRest: true },
  );
  memory.outcomes = answer.outcomes;
  return offerOf(memory, answer, moment);
}

function offerBehind(
  memory: Memory,
  { view, moved }: { readonly view: StateView; readonly moved: readonly Address[] },
  moment: HintMoment,
): HintOffer {
  const cycles = memory.named.crossing(
    ordered(memory).map(({ cycle }) => cycle),
    moved,
  );
  const answer = memory.named.price(cycles, { ...moment, view, whatIf: true, atRest: false });
  return offerOf(memory, answer, moment);
}

function offerOf(memory: Memory, { opportunities, fresh }: NamedAnswer, moment: HintMoment): HintOffer {
  const { named, groups } = memory;
  const groupOf = ({ cycle }: Opportunity): Group | undefined => groups.get(named.keyOf(cycle.hops) ?? "");
  const isNew = (one: Opportunity): boolean =>
    fresh.includes(one) || [...(groupOf(one)?.hints.values() ?? [])].some(({ told }) => told === null);
  return {
    opportunities,
    news: new Set(opportunities.filter(isNew).map(({ cycle }) => cycle.id)),
    idsOf: (one) => [...(groupOf(one)?.hints.keys() ?? [])],
    budgetFloat: (one) =>
      Math.max(0, ...[...(groupOf(one)?.hints.values() ?? [])].map(({ route }) => route.budgetFloat)),
    again: (view, moved) => {
      const cycles = opportunities.flatMap((one) => groupOf(one)?.cycle ?? []);
      const imagined = { ...moment, view, whatIf: true, atRest: false };
      return named.price(named.crossing(cycles, moved), imagined).opportunities;
    },
  };
}

function changed(memory: Memory, most: number): readonly (readonly [KeptHint, HintCode])[] {
  const { outcomes, market } = memory;
  const found: [KeptHint, HintCode][] = [];
  for (const [place, { hints }] of ordered(memory).entries()) {
    const outcome = outcomes[place];
    if (outcome === undefined || outcome === "listed" || outcome === "unseen") continue;
    for (const hint of hints.values()) {
      if (found.length === most) return found;
      const code = codeOf(outcome, hint.route, market);
      if (hint.told !== code) found.push([hint, code]);
    }
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
