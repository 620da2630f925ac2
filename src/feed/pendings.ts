import type { Address, PendingTransaction } from "../chain/types.ts";
import type { Clock } from "../lib/clock.ts";
import type { Asking } from "./headers.ts";
import { createHydration } from "./hydration.ts";
import { isFields, parseHash, parsePendingTransaction } from "./parse.ts";
import { createRateWatch, type RateVerdict } from "./rateWatch.ts";
import { createSeenHashes } from "./seenHashes.ts";
import { createTurns } from "./turns.ts";

/**
 * The form in which a provider tells pending transactions: whole bodies (Bor, Erigon), hashes that are then asked
 * for one by one, Alchemy's own subscription with its filter of receivers, or none.
 */
export type PendingSource = "full" | "hash" | "alchemy" | "off";

export interface PendingsOptions {
  readonly source: PendingSource;
  /** Receivers to ask Alchemy for (it takes up to 1,000); empty: all. The other sources tell everything. */
  readonly receivers: readonly Address[];
  /** Transactions that wait for their turn; the oldest are shed first. */
  readonly queueLength: number;
  /** Hashes asked for at the same time. */
  readonly hydrateAtOnce: number;
}

export const pendingsDefaults = { receivers: [], queueLength: 4096, hydrateAtOnce: 16 } as const;

interface PendingsParts {
  readonly clock: Clock;
  readonly onPending: (transaction: PendingTransaction, time: number) => void;
}

export interface PendingsStats {
  told: number;
  duplicates: number;
  /** Of types that we do not price, not readable, or gone before they could be asked for. */
  unusable: number;
  delivered: number;
}

interface Ready {
  readonly transaction: PendingTransaction;
  readonly time: number;
  /** On the monotonic clock. */
  readonly since: number;
}

/** Pending transactions, each once, in the order of receipt; blocks go before them when both wait. */
export interface Pendings {
  /** Null: nothing to subscribe to. */
  readonly subscription: readonly unknown[] | null;
  /** `heardAt`: when its frame came in, on the monotonic clock. */
  accept(told: unknown, node: Asking, heardAt: number): void;
  /** Drops what waits. */
  clear(): void;
  /** To be asked about once a second. */
  checkRate(): RateVerdict;
  /** When the frame of the transaction that is being told came in, on the monotonic clock; null between two. */
  readonly deliveringSince: number | null;
  readonly stats: Readonly<PendingsStats>;
  readonly shed: number;
}

const REMEMBERED = 65_536;
export function createPendings(options: PendingsOptions, parts: PendingsParts): Pendings {
  const { clock, onPending } = parts;
  const seen = createSeenHashes(REMEMBERED);
  const rate = createRateWatch();
  const stats: PendingsStats = { told: 0, duplicates: 0, unusable: 0, delivered: 0 };
  let deliveringSince: number | null = null;

  const ready = createTurns<Ready>(options.queueLength, clock, ({ transaction, time, since }) => {
    stats.delivered++;
    deliveringSince = since;
    onPending(transaction, time);
    deliveringSince = null;
  });
  const enqueue = (body: unknown, time: number, since = clock.monotonic()): void => {
    const transaction = parsePendingTransaction(body);
    if (transaction === null) {
      stats.unusable++;
      return;
    }
    ready.push({ transaction, time, since });
  };
  const hydration = createHydration(
    { queueLength: options.queueLength, atOnce: options.hydrateAtOnce },
    enqueue,
  );

  return {
    subscription: SUBSCRIPTIONS[options.source](options.receivers),
    accept: (told, node, heardAt) => {
      stats.told++;
      rate.note(heardAt);
      const hash = parseHash(isFields(told) ? told["hash"] : told);
      if (hash === null) stats.unusable++;
      else if (!seen.add(hash)) stats.duplicates++;
      else if (isFields(told)) enqueue(told, clock.now(), heardAt);
      else hydration.add({ hash, time: clock.now(), node });
    },
    clear: () => {
      ready.clear();
      hydration.clear();
    },
    get deliveringSince() {
      return deliveringSince;
    },
    checkRate: () => rate.check(clock.monotonic()),
    stats,
    get shed() {
      return ready.shed + hydration.shed;
    },
  };
}

const SUBSCRIPTIONS: Readonly<Record<PendingSource, (receivers: readonly Address[]) => unknown[] | null>> = {
  full: () => ["newPendingTransactions", true],
  hash: () => ["newPendingTransactions"],
  alchemy: (receivers) => [
    "alchemy_pendingTransactions",
    { ...(receivers.length > 0 && { toAddress: receivers }), hashesOnly: false },
  ],
  off: () => null,
};
