/** Many readers or one writer: nobody sees the chain while a block is tried on it. */
export interface Lock {
  shared<T>(work: () => Promise<T>): Promise<T>;
  exclusive<T>(work: () => Promise<T>): Promise<T>;
}

export function createLock(): Lock {
  let lastWriter: Promise<unknown> = Promise.resolve();
  const readers = new Set<Promise<unknown>>();
  return {
    async shared(work) {
      for (let seen: unknown; seen !== lastWriter; await lastWriter) seen = lastWriter;
      const reading = work();
      const settled = reading.then(
        () => undefined,
        () => undefined,
      );
      readers.add(settled);
      void settled.then(() => readers.delete(settled));
      return reading;
    },
    exclusive(work) {
      const before = lastWriter;
      const writing = (async () => {
        await before;
        await Promise.all(readers);
        return work();
      })();
      lastWriter = writing.then(
        () => undefined,
        () => undefined,
      );
      return writing;
    },
  };
}
