import { readdirSync } from "node:fs";
import { setPriority } from "node:os";

const THREADS = "/proc/self/task";
/** A tenth of the deciding thread's weight where both want one processor. */
const NICE = 10;

/**
 * Lets the threads that V8 and libuv have started by now (collector, compiler) give way to this one. Linux often wakes a
 * thread on a processor where another still runs, though the next is idle: of the plans of a daemon at rest one in ten
 * waited so for two to four milliseconds behind a helper of its own. Returns how many threads that were; elsewhere, or
 * where it is not allowed, all stay equal.
 */
export function lowerHelpers(): number {
  let lowered = 0;
  try {
    for (const thread of readdirSync(THREADS).map(Number)) {
      if (thread === process.pid) continue;
      setPriority(thread, NICE);
      lowered++;
    }
  } catch {
    // No such files, no right to it, or a thread that has ended meanwhile.
  }
  return lowered;
}
