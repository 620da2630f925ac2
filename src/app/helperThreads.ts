import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { constants, setPriority } from "node:os";

const THREADS = "/proc/self/task";
const PROGRAM_MS = 1000;

/**
 * Lets the threads that V8 and libuv have started by now (collector, compiler) give way to this one. Linux often wakes a
 * thread on a processor where another still runs, though the next is idle, and lets that one end its slice: of the plans
 * of a daemon at rest one in thirty waited so for two to four milliseconds, or twice that, behind a helper of its own,
 * however low its priority. Only one of the idle class makes room at once (sched(7)): then it was one in ninety. Node
 * cannot ask for that class, `chrt` of util-linux can; without it they get the lowest priority. Returns how many threads
 * that were; where there is no such thing, or no right to it, all stay equal.
 */
export const lowerHelpers = (): number =>
  threads().filter((thread) => thread !== process.pid && (toIdleClass(thread) || toLowestPriority(thread)))
    .length;

function threads(): readonly number[] {
  try {
    return readdirSync(THREADS).map(Number);
  } catch {
    return [];
  }
}

/** False where there is no such program, or it is not allowed. */
function toIdleClass(thread: number): boolean {
  try {
    execFileSync("chrt", ["-i", "-p", "0", String(thread)], { stdio: "ignore", timeout: PROGRAM_MS });
    return true;
  } catch {
    return false;
  }
}

/** False where it is not allowed, or the thread has ended. */
function toLowestPriority(thread: number): boolean {
  try {
    setPriority(thread, constants.priority.PRIORITY_LOW);
    return true;
  } catch {
    return false;
  }
}
