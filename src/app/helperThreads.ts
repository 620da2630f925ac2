import { readdirSync } from "node:fs";
import { setPriority } from "node:os";

const THREADS = "/proc/self/task";
/** A tenth of the deciding thread's weight where both want one processor. */
const NICE = 10;

/**
 * Lets the threads that V8 and libuv have started by now (collector, compiler) give way to this one. Linux often wakes a
 * thread on a processor where another still runs, though the next is idle: of the plans of a daemon at rest one in ten
 * waited so for two to four milliseconds behind a helper of its own. Returns how many threads that were; where there is
 * no such thing, or no right to it, all stay equal.
 */
export const lowerHelpers = (): number =>
  threads().filter((thread) => thread !== process.pid && lower(thread)).length;

function threads(): readonly number[] {
  try {
    return readdirSync(THREADS).map(Number);
  } catch {
    return [];
  }
}

/** False where it is not allowed, or the thread has ended. */
function lower(thread: number): boolean {
  try {
    setPriority(thread, NICE);
    return true;
  } catch {
    return false;
  }
}
