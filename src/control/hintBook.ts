import type { Decision, HintCode, HintDecision, SubmitDecision } from "../engine/decisions.ts";
import type { EngineEvent, HintedRoute, OutcomeEvent } from "../engine/events.ts";
import type { Clock } from "../lib/clock.ts";
import { safeText } from "../lib/safeText.ts";
import { createHintIntents, type HintIntents } from "./hintIntents.ts";
import { faultOf } from "./jsonRpc.ts";
import { plainHint } from "./plainHint.ts";
import type { ControlPorts } from "./ports.ts";
import {
  ERRORS,
  hintSchema,
  type Hint,
  type HintResult,
  type HintVerdict,
  type LiveHint,
} from "./protocol.ts";
import { RpcError } from "./rpcError.ts";
import { resolveRoute } from "./seed/resolve.ts";

/**
 * The hints that live: each gets one verdict when it is pushed, then results until its time is over, and those of the
 * intents that it was part of even after that.
 */
export interface HintBook {
  readonly size: number;
  /** A verdict each, in their order. Throws `RpcError` where more would live than may: then none is taken. */
  push(hints: readonly unknown[], source: string): readonly HintVerdict[];
  /** How many of them lived. */
  cancel(ids: readonly string[]): number;
  /** The best scored ones. */
  list(limit: number): readonly LiveHint[];
  /** Ends those whose time is over; to be called often. */
  sweep(): void;
  onStep(event: EngineEvent, decisions: readonly Decision[]): void;
}

export interface HintBookParts {
  readonly ports: Pick<ControlPorts, "market" | "tokens" | "dexes" | "take">;
  readonly clock: Clock;
  /** Hints that may live at a time. */
  readonly most: number;
  onResult(result: HintResult): void;
}

/** One life of a hint; a second one of its name is another. */
export interface Entry {
  readonly id: string;
  readonly source: string;
  readonly scoreFloat: number;
  /** Monotonic milliseconds. */
  readonly expiresAt: number;
  /** What was told last. */
  state: HintResult["state"];
  /** What was told last of its pricing. */
  pricedAs: HintDecision["state"] | null;
  code: HintCode | null;
  /** Wei of the native token after gas, the best that was seen. */
  net: bigint | null;
}

interface Book {
  readonly parts: HintBookParts;
  readonly live: Map<string, Entry>;
  readonly intents: HintIntents<Entry>;
  /** While the engine takes a push: what it says of its hints, to be told behind their verdicts. */
  taking: Taking | null;
  /** Hints without a name get one that stays apart over restarts too: it is in the ledger. */
  readonly run: string;
  unnamed: number;
}

interface Taking {
  readonly results: HintResult[];
  /** Hints that the engine does not take, with its code. */
  readonly refused: Map<string, HintCode>;
}

export function createHintBook(parts: HintBookParts): HintBook {
  const book: Book = {
    parts,
    live: new Map(),
    intents: createHintIntents(),
    taking: null,
    run: parts.clock.now().toString(36),
    unnamed: 0,
  };
  return {
    get size() {
      return book.live.size;
    },
    push: (hints, source) => push(book, hints, source),
    cancel: (ids) => end(book, ids, "cancelled"),
    list: (limit) => list(book, limit),
    sweep: () => {
      const now = parts.clock.monotonic();
      const over = [...book.live.values()].filter(({ expiresAt }) => expiresAt <= now);
      if (over.length > 0) end(book, over.map(idOf), "expired");
    },
    onStep: (event, decisions) => {
      for (const decision of decisions) {
        if (decision.type === "hint" && decision.use === "keep") priced(book, decision);
        if (decision.type === "submit") submitted(book, decision);
      }
      if (event.type === "outcome") ended(book, event);
    },
  };
}

const idOf = ({ id }: Entry): string => id;

type NamedHint = Hint & { readonly id: string };
type Draft = { readonly hint: NamedHint } | { readonly verdict: HintVerdict };

function push(book: Book, hints: readonly unknown[], source: string): readonly HintVerdict[] {
  const { live, parts } = book;
  const drafts = hints.map((raw) => draftOf(book, raw));
  const names = new Set(drafts.flatMap((draft) => ("hint" in draft ? draft.hint.id : [])));
  const fresh = [...names].filter((id) => !live.has(id)).length;
  if (live.size + fresh > parts.most)
    throw new RpcError(ERRORS.rateLimited, `no more than ${parts.most} hints live at a time`);
  const routes = new Map<string, HintedRoute>();
  const admitted = drafts.map((draft) =>
    "hint" in draft ? admit(book, draft.hint, { source, routes }) : draft.verdict,
  );
  const { results, refused } = give(book, routes);
  const verdicts = admitted.map((verdict) => {
    const code = verdict.verdict === "accepted" ? refused.get(verdict.id) : undefined;
    return code === undefined ? verdict : refusal(verdict.id, code, "the engine does not take this cycle");
  });
  const time = parts.clock.now();
  for (const { id, verdict, code } of verdicts)
    parts.onResult({ id, source, state: verdict, time, ...(code !== undefined && { code }) });
  for (const result of results) parts.onResult(result);
  return verdicts;
}

/** Refused by its form, or a hint with a name. */
function draftOf(book: Book, raw: unknown): Draft {
  const plain = plainHint(raw);
  if (plain !== null) return { hint: plain };
  const read = hintSchema.safeParse(raw);
  const name = (): string => `hint-${book.run}-${++book.unnamed}`;
  if (read.success) return { hint: { ...read.data, id: read.data.id ?? name() } };
  const given = hintSchema.shape.id.safeParse(fieldOf(raw, "id"));
  const { path, message } = faultOf(read.error.issues, []);
  return { verdict: refusal(given.data ?? name(), "invalid", path === "" ? message : `${path}: ${message}`) };
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? new Map(Object.entries(value)).get(name) : undefined;

const refusal = (id: string, code: string, reason: string): HintVerdict => ({
  id,
  verdict: "refused",
  code,
  reason: safeText(reason, 200),
});

interface Push {
  readonly source: string;
  /** What is handed to the engine. */
  readonly routes: Map<string, HintedRoute>;
}

function admit(book: Book, hint: NamedHint, { source, routes }: Push): HintVerdict {
  const { live, parts } = book;
  const { id } = hint;
  const former = live.get(id);
  if (routes.has(id)) return refusal(id, "repeated", "another hint of this push has this id");
  if (former !== undefined && former.source !== source)
    return refusal(id, "id_taken", "a live hint of another source has this id");
  const resolved = resolveRoute(hint, parts.ports);
  if (!resolved.ok) return refusal(id, resolved.code, resolved.reason);
  if (former !== undefined) tell(book, former, { state: "cancelled", code: "replaced" });
  const expiresAt = parts.clock.monotonic() + hint.ttl_ms;
  const told = { state: "accepted", pricedAs: null, code: null, net: null } as const;
  live.set(id, { id, source, scoreFloat: hint.score, expiresAt, ...told });
  routes.set(id, { id, source, hops: resolved.hops, scoreFloat: hint.score, budgetFloat: hint.budget });
  return { id, verdict: "accepted" };
}

/** Hands the routes to the engine, in one event, and forgets those that it does not take. */
function give(book: Book, routes: ReadonlyMap<string, HintedRoute>): Taking {
  const { live, parts } = book;
  const taking: Taking = { results: [], refused: new Map() };
  if (routes.size === 0) return taking;
  book.taking = taking;
  const time = parts.clock.now();
  try {
    parts.ports.take({ type: "hint", time, use: "keep", routes: [...routes.values()] });
    for (const id of taking.refused.keys()) live.delete(id);
  } catch (error) {
    for (const id of routes.keys()) live.delete(id);
    throw error;
  } finally {
    book.taking = null;
  }
  if (taking.refused.size > 0) parts.ports.take({ type: "unhint", time, ids: [...taking.refused.keys()] });
  return taking;
}

/** Codes of a cycle that there is none of, in the engine's own view. */
const NOT_TAKEN: ReadonlySet<HintCode> = new Set<HintCode>(["not_a_cycle", "unknown_pool"]);

/** What is told: once a change, not once a block. */
function priced(book: Book, { id, state, code, net, block, opportunityId }: HintDecision): void {
  const entry = book.live.get(id);
  if (entry === undefined) return;
  if (book.taking !== null && entry.state === "accepted" && NOT_TAKEN.has(code)) {
    book.taking.refused.set(id, code);
    return;
  }
  if (net !== null && (entry.net === null || net > entry.net)) entry.net = net;
  if (entry.pricedAs === state && entry.code === code) return;
  entry.pricedAs = state;
  entry.code = code;
  tell(book, entry, {
    state,
    code,
    ...(block !== null && { block: block.number }),
    ...(net !== null && { net: net.toString() }),
    ...(opportunityId !== null && { opportunity: opportunityId }),
  });
}

function submitted(book: Book, { intentId, hintIds, net, parent }: SubmitDecision): void {
  const entries = (hintIds ?? []).flatMap((id) => book.live.get(id) ?? []);
  for (const entry of entries)
    tell(book, entry, { state: "submitted", intent: intentId, net: net.toString(), block: parent.number });
  const early = book.intents.open(intentId, entries);
  if (early !== null) ended(book, early);
}

function ended(book: Book, event: OutcomeEvent): void {
  const { intentId, fate, block } = event;
  // Nothing final: the chain has not said yet.
  if (fate === "unknown") return;
  for (const entry of book.intents.close(event))
    tell(book, entry, {
      state: fate === "included" ? "landed" : "missed",
      code: fate,
      intent: intentId,
      ...(block !== null && { block }),
    });
}

/** How many of them lived. */
function end(book: Book, ids: readonly string[], state: "expired" | "cancelled"): number {
  const { live, parts } = book;
  const entries = [...new Set(ids)].flatMap((id) => live.get(id) ?? []);
  if (entries.length === 0) return 0;
  for (const { id } of entries) live.delete(id);
  parts.ports.take({ type: "unhint", time: parts.clock.now(), ids: entries.map(idOf) });
  for (const entry of entries)
    tell(book, entry, {
      state,
      ...(entry.code !== null && { code: entry.code }),
      ...(entry.net !== null && { net: entry.net.toString() }),
    });
  return entries.length;
}

function tell(
  { parts, taking }: Book,
  entry: Entry,
  facts: Omit<HintResult, "id" | "source" | "time">,
): void {
  entry.state = facts.state;
  const result = { id: entry.id, source: entry.source, time: parts.clock.now(), ...facts };
  if (taking === null) parts.onResult(result);
  else taking.results.push(result);
}

function list({ live, parts }: Book, limit: number): readonly LiveHint[] {
  const now = parts.clock.monotonic();
  return [...live.values()]
    .toSorted((one, other) => other.scoreFloat - one.scoreFloat)
    .slice(0, limit)
    .map(({ id, source, scoreFloat, expiresAt, state, code, net }) => ({
      id,
      source,
      score: scoreFloat,
      expires_in_ms: Math.max(0, Math.ceil(expiresAt - now)),
      state,
      code,
      net: net?.toString() ?? null,
    }));
}
