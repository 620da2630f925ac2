import { performance } from "node:perf_hooks";
import type { Flush } from "./caches.ts";
import { summarise, type Summary } from "./stats.ts";

/** One way to follow a series of steps, such as blocks: each step is timed, and steps come in order. */
export interface Stepper {
  readonly name: string;
  readonly step: (index: number) => void | Promise<void>;
}

export interface StepOptions {
  readonly steps: number;
  readonly budgetMs: number;
  /** So many first steps are walked but not counted; default 0. */
  readonly warmUp?: number;
  /** Steps of one stepper before the next has its turn; default 20. */
  readonly chunk?: number;
  /** Called before each step. */
  readonly flush?: Flush;
}

export interface StepTiming {
  readonly name: string;
  /** Counted steps; fewer than the others' where time ran out. */
  readonly done: number;
  /** Microseconds a step. */
  readonly micros: Summary;
  /** Of the first so many counted steps alone. */
  first(count: number): Summary;
}

const CHUNK = 20;
/** A turn ends early after so long, so that turns stay interleaved. */
const MOST_TURN_MS = 500;

interface Track {
  readonly stepper: Stepper;
  readonly micros: Float64Array;
  next: number;
  spentMs: number;
}

async function takeTurn(track: Track, last: number, flush: Flush | undefined): Promise<void> {
  const { stepper, micros } = track;
  const began = performance.now();
  while (track.next < last && performance.now() - began < MOST_TURN_MS) {
    flush?.();
    const start = performance.now();
    const done = stepper.step(track.next);
    if (done !== undefined) await done;
    micros[track.next++] = (performance.now() - start) * 1000;
  }
  track.spentMs += performance.now() - began;
}

/**
 * Measures steppers against each other: turns of some steps each, one after the other. When the budget is used up,
 * those that are behind stop where they are; compare them over the steps that both have done (`speedUp`).
 */
export async function measureSteps(
  steppers: readonly Stepper[],
  options: StepOptions,
): Promise<readonly StepTiming[]> {
  const { steps, budgetMs, warmUp = 0, chunk = CHUNK, flush } = options;
  const total = warmUp + steps;
  const tracks = steppers.map((stepper): Track => ({
    stepper,
    micros: new Float64Array(total),
    next: 0,
    spentMs: 0,
  }));
  const shareMs = budgetMs / steppers.length;
  const end = performance.now() + budgetMs;
  const mayGoOn = ({ next, spentMs }: Track): boolean =>
    next < total && (next <= warmUp || spentMs < shareMs || performance.now() < end);
  for (let active = tracks; active.length > 0; active = active.filter(mayGoOn))
    for (const track of active) await takeTurn(track, Math.min(track.next + chunk, total), flush);
  return tracks.map(({ stepper, micros, next }) => {
    const counted = micros.subarray(Math.min(warmUp, next), next);
    return {
      name: stepper.name,
      done: counted.length,
      micros: summarise(counted),
      first: (count) => summarise(counted.subarray(0, count)),
    };
  });
}

/** Both medians over the steps that both have done. */
export function compareMedians(
  one: StepTiming,
  other: StepTiming,
): { readonly steps: number; readonly value: number; readonly referenceValue: number } {
  const steps = Math.min(one.done, other.done);
  return { steps, value: one.first(steps).p50, referenceValue: other.first(steps).p50 };
}
