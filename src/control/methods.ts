import type { Figures } from "./figures.ts";
import type { HintBook } from "./hintBook.ts";
import type { Caller, Handlers } from "./jsonRpc.ts";
import type { ControlPorts } from "./ports.ts";
import { ERRORS, METHODS, PROTOCOL, TOPICS, type MethodName } from "./protocol.ts";
import { RpcError } from "./rpcError.ts";
import type { SeedDesk } from "./seed/seedDesk.ts";
import type { TokenBucket } from "../lib/tokenBucket.ts";
import { tooMany } from "./tooMany.ts";
import type { Subscriber, Topics } from "./topics.ts";

/** A caller with what it may still ask for; `subscriber` is null where nothing can be told later. */
export interface Session extends Caller {
  readonly subscriber: Subscriber | null;
  readonly hints: TokenBucket;
  readonly routes: TokenBucket;
}

export interface MethodParts {
  readonly version: string;
  readonly ports: ControlPorts;
  readonly book: HintBook;
  readonly desk: SeedDesk;
  readonly topics: Topics;
  readonly figures: Figures;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

const DONE = { done: true } as const;
/** What reads or sorts a lot is as dear as so many routes. */
const DEAR = 100;

export function createHandlers(parts: MethodParts): Handlers<Session> {
  return {
    ...readHandlers(parts),
    ...hintHandlers(parts),
    ...seedHandlers(parts),
    ...ownerHandlers(parts),
  };
}

type Some<M extends MethodName> = Pick<Handlers<Session>, M>;

const readHandlers = ({
  version,
  ports,
  book,
  topics,
  figures,
}: MethodParts): Some<"version" | "status" | "metrics" | "why" | "subscribe"> => ({
  version: (_, { access }) => ({
    name: "turbo-mev",
    version,
    protocol: PROTOCOL,
    access,
    methods: Object.entries(METHODS)
      .filter(([, method]) => access === "owner" || method.access === "open")
      .map(([name]) => name),
    topics: [...TOPICS],
  }),
  status: () => ({ ...ports.status(), hints: book.size }),
  metrics: async (_, { routes }) => {
    spend(routes, DEAR, "readings");
    return figures.read(await ports.metrics());
  },
  why: ({ id }, { routes }) => {
    spend(routes, DEAR, "questions");
    return ports.why(id);
  },
  subscribe: ({ topics: wanted }, { subscriber }) => {
    const listener = listening(subscriber);
    topics.subscribe(listener, wanted);
    return { topics: [...topics.of(listener)] };
  },
});

function listening(subscriber: Subscriber | null): Subscriber {
  if (subscriber !== null) return subscriber;
  throw new RpcError(ERRORS.notAllowed, "subscriptions are for sockets");
}

const hintHandlers = ({
  book,
  topics,
}: MethodParts): Some<"hint.push" | "hint.cancel" | "hint.list" | "hint.results"> => ({
  "hint.push": ({ hints, source }, session) => {
    spend(session.hints, hints.length, "hints");
    return { verdicts: [...book.push(hints, source)] };
  },
  "hint.cancel": ({ ids }) => ({ cancelled: book.cancel(ids) }),
  "hint.list": ({ limit }, { routes }) => {
    spend(routes, DEAR, "readings");
    return { hints: [...book.list(limit)] };
  },
  "hint.results": (_, { subscriber }) => {
    topics.subscribeResults(listening(subscriber));
    return DONE;
  },
});

function spend(bucket: TokenBucket, count: number, what: string): void {
  const retryMs = bucket.take(count);
  if (retryMs > 0) throw tooMany(what, retryMs);
}

const seedHandlers = ({
  desk,
  figures,
  now,
}: MethodParts): Some<"injectPairs" | "getPaths" | "processRoute" | "findArbitrage"> => ({
  injectPairs: (params, { routes }) => {
    spend(routes, Array.isArray(params) ? params.length : params.pairs.length, "pairs");
    return desk.injectPairs(params);
  },
  getPaths: (params, { routes }) => {
    spend(routes, DEAR, "searches");
    return desk.getPaths(params);
  },
  processRoute: (params, { routes }) => {
    spend(routes, 1, "routes");
    const started = now();
    const result = desk.processRoute(params);
    figures.routes(1, (now() - started) * 1000);
    return result;
  },
  findArbitrage: (params, { routes }) => {
    const count = Array.isArray(params)
      ? params.length
      : (params.routes?.length ?? 0) + (params.pairs?.length ?? 0);
    spend(routes, count, "routes");
    const started = now();
    const result = desk.findArbitrage(params);
    figures.routes(count, (now() - started) * 1000);
    return result;
  },
});

const ownerHandlers = ({
  ports: { owner },
  desk,
}: MethodParts): Some<"pause" | "resume" | "halt" | "reload" | "limits.lower" | "queued" | "approve"> => ({
  queued: () => ({
    pairs: desk.queued().map(({ token0, token1, dexes, reason }) => {
      return { token0: token0.address, token1: token1.address, dexes: [...dexes], reason };
    }),
  }),
  pause: ({ reason }) => {
    owner.pause(reason);
    return DONE;
  },
  resume: ({ reason }) => {
    owner.resume(reason);
    return DONE;
  },
  halt: ({ reason }) => {
    owner.halt(reason);
    return DONE;
  },
  reload: async () => {
    const { taken, needsRestart } = await owner.reload();
    return { taken: [...taken], needs_restart: [...needsRestart] };
  },
  "limits.lower": (limits) => {
    owner.lower(limits);
    return DONE;
  },
  approve: ({ pool }) => {
    owner.approve(pool);
    return DONE;
  },
});
