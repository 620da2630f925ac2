import { performance } from "node:perf_hooks";
import type { Flush } from "./caches.ts";
import { summarise, type Summary } from "./stats.ts";

/** One way to do the work, for short works that are measured many at a time. */
export interface Contender {
  readonly name: string;
  /** Does it so many times; the answer must depend on every result, or the compiler leaves it out. */
  readonly run: (times: number) => number | Promise<number>;
}

export interface RoundOptions {
  readonly budgetMs: number;
  /** At most so many rounds; default 41. */
  readonly rounds?: number;
  /** Called before each batch, which is then a single call. */
  readonly flush?: Flush;
}

export interface Timing {
  readonly name: string;
  /** Microseconds a call, by round. */
  readonly micros: Summary;
  /** Calls in a batch. */
  readonly times: number;
  readonly rounds: number;
}

const ROUNDS = 41;
/** What a contender too slow for all rounds gets at least, unless one batch alone takes more than its share. */
const LEAST_ROUNDS = 3;
const MOST_BATCH_MS = 20;
const LEAST_BATCH_MS = 0.1;
const WARM_UP_SHARE = 0.15;

let sink = 0;

/** Keeps a result alive. */
export const keep = (value: number): void => {
  sink = (sink + value) % 1e9;
};

async function timed({ run }: Contender, times: number): Promise<number> {
  const start = performance.now();
  const result = run(times);
  const value = typeof result === "number" ? result : await result;
  const taken = performance.now() - start;
  keep(value);
  return taken;
}

interface Entry {
  readonly contender: Contender;
  readonly times: number;
  /** Takes part in every so many rounds. */
  readonly every: number;
  readonly micros: number[];
}

/** Lets the compiler see the work, and finds how often it fits into a batch. */
async function prepare(
  contender: Contender,
  shareMs: number,
  options: Required<RoundOptions>,
): Promise<Entry> {
  const { rounds, flush } = options;
  const batchMs = Math.min(Math.max((0.8 * shareMs) / rounds, LEAST_BATCH_MS), MOST_BATCH_MS);
  const end = performance.now() + WARM_UP_SHARE * shareMs;
  let times = 1;
  let taken = await timed(contender, times);
  while (performance.now() < end) {
    if (taken < batchMs / 2) times *= 2;
    taken = await timed(contender, times);
  }
  if (flush !== NO_FLUSH) {
    flush();
    times = 1;
    taken = await timed(contender, 1);
  }
  const left = shareMs * (1 - WARM_UP_SHARE);
  const affordable = taken > left ? 1 : Math.max(LEAST_ROUNDS, Math.floor(left / taken));
  return { contender, times, every: Math.max(1, Math.ceil(rounds / affordable)), micros: [] };
}

const NO_FLUSH: Flush = () => undefined;

/**
 * Measures contenders against each other: in each round each runs one batch, the order turning, so that a slow
 * moment of the machine meets all of them. One too slow for every round takes part in some.
 */
export async function measureRounds(
  contenders: readonly Contender[],
  options: RoundOptions,
): Promise<readonly Timing[]> {
  const all = { rounds: ROUNDS, flush: NO_FLUSH, ...options };
  const end = performance.now() + all.budgetMs;
  const entries: Entry[] = [];
  for (const contender of contenders)
    entries.push(await prepare(contender, all.budgetMs / contenders.length, all));
  for (let round = 0; round < all.rounds; round++) {
    if (round >= LEAST_ROUNDS && performance.now() > end && entries.every(({ micros }) => micros.length > 0))
      break;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[(i + round) % entries.length];
      if (entry === undefined || round % entry.every !== 0) continue;
      all.flush();
      entry.micros.push(((await timed(entry.contender, entry.times)) * 1000) / entry.times);
    }
  }
  return entries.map(({ contender, times, micros }) => ({
    name: contender.name,
    micros: summarise(micros),
    times,
    rounds: micros.length,
  }));
}
