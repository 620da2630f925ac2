import {
  BrokenCircuitError,
  CircuitState,
  circuitBreaker,
  handleWhenResult,
  type CircuitBreakerPolicy,
  type IBreaker,
} from "cockatiel";
import { createStop, withinMs, type StopSignal } from "../deadline.ts";
import type { ChannelCounts, SendResult } from "./channel.ts";

export interface GuardOptions {
  /** Failures within `windowMs` that open the breaker. */
  readonly failures: number;
  readonly windowMs: number;
  /** One probe may pass this long after the breaker opened. */
  readonly probeAfterMs: number;
}

export const CHANNEL_GUARD: GuardOptions = { failures: 5, windowMs: 10_000, probeAfterMs: 5_000 };

/** One call's answer, and whether the place works: a clear refusal is an answer of a healthy place. */
export interface Attempt {
  readonly answer: SendResult;
  readonly healthy: boolean;
}

/** Runs one call to a channel under time-out and breaker, and counts its answers. */
export interface Guard {
  run(deadlineMs: number, call: (signal: StopSignal) => Promise<Attempt>): Promise<SendResult>;
  counts(): ChannelCounts;
  state(): "closed" | "open";
}

/** Opens after so many failures within a window, however many calls went well between them. */
function failuresWithin(failures: number, windowMs: number): IBreaker {
  let times: number[] = [];
  return {
    state: null,
    success: () => undefined,
    failure: () => {
      const now = Date.now();
      times = [...times.filter((time) => now - time < windowMs), now];
      if (times.length < failures) return false;
      times = [];
      return true;
    },
  };
}

const isSick = (attempt: unknown): boolean =>
  typeof attempt === "object" && attempt !== null && "healthy" in attempt && attempt.healthy === false;

/** An answer that counts against the place. */
export const sick = (result: SendResult["result"], detail: string): Attempt => ({
  answer: { result, detail },
  healthy: false,
});

/** An answer of a place that works. */
export const sound = (result: SendResult["result"], detail: string): Attempt => ({
  answer: { result, detail },
  healthy: true,
});

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Its signal ends what a call that is late still does. */
async function within(deadlineMs: number, call: (signal: StopSignal) => Promise<Attempt>): Promise<Attempt> {
  const stop = createStop();
  try {
    const attempt = await withinMs(call(stop.signal), deadlineMs);
    if (attempt !== null) return attempt;
    stop.abort();
    return sick("timeout", `no answer in ${deadlineMs} ms`);
  } catch (error) {
    return sick("error", describe(error));
  }
}

async function underBreaker(
  breaker: CircuitBreakerPolicy,
  deadlineMs: number,
  call: (signal: StopSignal) => Promise<Attempt>,
): Promise<SendResult> {
  // While one probe is under way, further calls do not queue behind it: they would be late.
  if (breaker.state === CircuitState.HalfOpen) return BREAKER_OPEN;
  if (breaker.state !== CircuitState.Closed) return await probe(breaker, deadlineMs, call);
  // It hears of the attempt afterwards: its promises stand between a bundle and its socket for nothing.
  const attempt = await within(deadlineMs, call);
  if (breaker.state === CircuitState.Closed) await breaker.execute(() => attempt);
  return attempt.answer;
}

async function probe(
  breaker: CircuitBreakerPolicy,
  deadlineMs: number,
  call: (signal: StopSignal) => Promise<Attempt>,
): Promise<SendResult> {
  try {
    return (await breaker.execute(() => within(deadlineMs, call))).answer;
  } catch (error) {
    if (error instanceof BrokenCircuitError) return BREAKER_OPEN;
    throw error;
  }
}

const BREAKER_OPEN: SendResult = { result: "refused", detail: "breaker_open" };

export function createGuard(options: GuardOptions): Guard {
  const breaker = circuitBreaker(handleWhenResult(isSick), {
    halfOpenAfter: options.probeAfterMs,
    breaker: failuresWithin(options.failures, options.windowMs),
  });
  const counts = { accepted: 0, refused: 0, timeout: 0, error: 0 };
  return {
    run: async (deadlineMs, call) => {
      const answer = await underBreaker(breaker, deadlineMs, call);
      counts[answer.result]++;
      return answer;
    },
    counts: () => ({ ...counts }),
    state: () => (breaker.state === CircuitState.Closed ? "closed" : "open"),
  };
}
