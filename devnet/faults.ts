import { createRandom } from "./random.ts";

export type NoticeKind = "heads" | "logs" | "pending";

/** What happens to notifications of one kind: chances from 0 to 1, a delay in milliseconds. */
export interface NoticeFaults {
  readonly drop: number;
  readonly duplicate: number;
  /** The notification comes after the next one of its connection (or a second later). */
  readonly reorder: number;
  readonly delayMs: number;
}

/** How the relay misbehaves. `cut`: it accepts the bundle, then breaks the connection without an answer. */
export type RelayFault = "none" | "429" | "500" | "reset" | "slow" | "garbage" | "cut";

const NONE: NoticeFaults = { drop: 0, duplicate: 0, reorder: 0, delayMs: 0 };
const REORDER_FLUSH_MS = 1000;

/** The switches of the local node's and relay's faults; the dice are seeded. */
export interface Faults {
  /** Sets faults for notifications of that kind; what is not named is switched off. */
  notices(kind: NoticeKind, faults: Partial<NoticeFaults>): void;
  /** `deaf("logs")`: heads come, logs do not. */
  deaf(kind: NoticeKind): void;
  /** A node promises no order between the head and the logs of a block; default: the head first. */
  logsFirst(wanted: boolean): void;
  relay(fault: RelayFault): void;
  /** Everything works again. */
  clear(): void;
  /** How many notifications each fault took. */
  readonly counts: { dropped: number; duplicated: number; reordered: number; delayed: number };
}

/** A connection's outgoing notifications, through the faults. */
export interface Outbox {
  push(kind: NoticeKind, send: () => void): void;
  close(): void;
}

export interface FaultState extends Faults {
  readonly relayFault: () => RelayFault;
  readonly headFirst: () => boolean;
  createOutbox(): Outbox;
}

export function createFaults(seed: number): FaultState {
  const random = createRandom(seed);
  const set = new Map<NoticeKind, NoticeFaults>();
  const counts = { dropped: 0, duplicated: 0, reordered: 0, delayed: 0 };
  let relayFault: RelayFault = "none";
  let logsFirst = false;

  const createOutbox = (): Outbox => {
    const timers = new Set<NodeJS.Timeout>();
    let held: (() => void)[] = [];
    const later = (ms: number, work: () => void): void => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        work();
      }, ms);
      timers.add(timer);
    };
    const flush = (): void => {
      const due = held;
      held = [];
      for (const send of due) send();
    };
    return {
      push(kind, send) {
        const { drop, duplicate, reorder, delayMs } = set.get(kind) ?? NONE;
        if (random() < drop) {
          counts.dropped++;
          return;
        }
        const twice = random() < duplicate;
        if (twice) counts.duplicated++;
        const deliver = (): void => {
          send();
          if (twice) send();
        };
        if (delayMs > 0) {
          counts.delayed++;
          later(delayMs, deliver);
          return;
        }
        if (random() < reorder) {
          counts.reordered++;
          held.push(deliver);
          later(REORDER_FLUSH_MS, flush);
          return;
        }
        deliver();
        flush();
      },
      close() {
        for (const timer of timers) clearTimeout(timer);
        timers.clear();
        held = [];
      },
    };
  };

  return {
    counts,
    createOutbox,
    relayFault: () => relayFault,
    headFirst: () => !logsFirst,
    notices: (kind, faults) => void set.set(kind, { ...NONE, ...faults }),
    deaf: (kind) => void set.set(kind, { ...NONE, drop: 1 }),
    relay(fault) {
      relayFault = fault;
    },
    logsFirst(wanted) {
      logsFirst = wanted;
    },
    clear() {
      set.clear();
      logsFirst = false;
      relayFault = "none";
    },
  };
}
