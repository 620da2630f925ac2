/** One of several jobs that live and die together. */
export type Task = (signal: AbortSignal) => Promise<void>;

/**
 * Runs the tasks side by side. The first that ends, well or badly, or the outer signal, stops the others; all
 * have ended when this does. Throws the first error.
 */
export async function together(tasks: readonly Task[], signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const failures: unknown[] = [];
  await Promise.all(
    tasks.map(async (task) => {
      try {
        await task(both);
      } catch (error) {
        // Told to stop, and says so: no failure of its own.
        if (error !== both.reason) failures.push(error);
      } finally {
        stop.abort();
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
}
