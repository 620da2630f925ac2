import type { BlockHeader, Hash } from "../chain/types.ts";
import type { Clock } from "../lib/clock.ts";
import type { Heads } from "./heads.ts";
import { createLatch } from "./latch.ts";
import { parseHeader } from "./parse.ts";

/** Where to go next: one head and never a queue of them, since the way there passes all blocks between. */
export interface HeadTarget {
  /** A head as the node announced it; what cannot be read still says that there is something new. */
  announce(head: unknown): void;
  /** Something may have changed: ask the node for its newest block. */
  check(): void;
  /** Nothing newer was announced than what was taken last. */
  readonly reached: boolean;
  /** Resolves when there is something to take, or when the signal aborts. */
  wait(signal: AbortSignal): Promise<void>;
  take(): BlockHeader | "latest" | null;
  /** Announced lately, with the time of receipt. */
  known(hash: Hash): { readonly header: BlockHeader; readonly time: number } | undefined;
  readonly stats: Readonly<HeadTargetStats>;
}

interface HeadTargetStats {
  heads: number;
  unreadable: number;
  duplicates: number;
  /** Monotonic time of the last announcement. */
  lastHeadAt: number;
}

const REMEMBERED = 512;

export function createHeadTarget(parts: { readonly clock: Clock; readonly heads: Heads }): HeadTarget {
  const { clock, heads } = parts;
  const latch = createLatch();
  const announced = new Map<Hash, { readonly header: BlockHeader; readonly time: number }>();
  const stats: HeadTargetStats = { heads: 0, unreadable: 0, duplicates: 0, lastHeadAt: clock.monotonic() };
  let target: BlockHeader | "latest" | null = null;

  const remember = (header: BlockHeader): void => {
    if (!announced.has(header.hash)) announced.set(header.hash, { header, time: clock.now() });
    const oldest = announced.size > REMEMBERED ? announced.keys().next() : undefined;
    if (oldest?.done === false) announced.delete(oldest.value);
  };

  const judge = (head: BlockHeader | null): BlockHeader | "latest" | null => {
    if (head === null || target === "latest") return "latest";
    const step = heads.classify(head);
    if (step === "duplicate" || step === "behind") return target;
    // A competing block may be an old one that comes late: only the node can say which branch is its own.
    if (step === "fork" || (target !== null && head.number <= target.number)) return "latest";
    return head;
  };

  return {
    announce: (value) => {
      stats.heads++;
      stats.lastHeadAt = clock.monotonic();
      const head = parseHeader(value);
      if (head === null) stats.unreadable++;
      else if (announced.has(head.hash) || heads.holds(head.hash)) stats.duplicates++;
      if (head !== null) remember(head);
      target = judge(head);
      if (target !== null) latch.wake();
    },
    check: () => {
      target = "latest";
      latch.wake();
    },
    get reached() {
      return target === null;
    },
    wait: async (signal) => await latch.wait(signal),
    take: () => {
      const taken = target;
      target = null;
      return taken;
    },
    known: (hash) => announced.get(hash),
    stats,
  };
}
