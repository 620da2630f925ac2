import type { DevBlock } from "./block.ts";
import type { Chain } from "./chain.ts";

/** Whoever wants to have sent its transactions before a block is made (the traders). */
export interface BlockGuest {
  /** Resolves to false when the guest was late. */
  readonly ready: (blockNumber: number) => Promise<boolean>;
  /** Sends nothing more; resolves when nothing of it is under way. */
  readonly stop: () => Promise<void>;
}

/** The hand or the clock that makes blocks. */
export interface Miner {
  readonly build: () => Promise<DevBlock>;
  readonly start: (everyMs: number) => void;
  /** Resolves when the block in the making is done. */
  readonly stop: () => Promise<void>;
  readonly counts: { lateBatches: number };
  /** Never resolves; rejects when the clock could not make a block (anvil is gone, say). */
  readonly broken: Promise<never>;
}

const ignore = (): void => undefined;

export function createMiner(chain: Chain, guests: readonly BlockGuest[]): Miner {
  const counts = { lateBatches: 0 };
  let onBroken: (error: unknown) => void = ignore;
  const broken = new Promise<never>((_resolve, reject) => {
    onBroken = reject;
  });
  let running: { stopped: boolean; wake: () => void; readonly done: Promise<void> } | null = null;

  const build = async (): Promise<DevBlock> => {
    const number = chain.head().number + 1;
    for (const guest of guests) if (!(await guest.ready(number))) counts.lateBatches++;
    return chain.build();
  };

  const run = async (everyMs: number, state: { stopped: boolean; wake: () => void }): Promise<void> => {
    let due = performance.now() + everyMs;
    while (!state.stopped) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, due - performance.now()));
        state.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (state.stopped) return;
      await build();
      // A block that took too long moves the following ones; they are not made in a burst.
      due = Math.max(due + everyMs, performance.now());
    }
  };

  return {
    build,
    counts,
    broken,
    start(everyMs) {
      if (running !== null) throw new Error("blocks are being made by the clock already");
      const state = { stopped: false, wake: () => undefined };
      running = Object.assign(state, { done: run(everyMs, state).catch(onBroken) });
    },
    async stop() {
      if (running === null) return;
      const { done } = running;
      running.stopped = true;
      running.wake();
      running = null;
      await done;
    },
  };
}
