import type { Writable } from "node:stream";

/** Text to a stream, waiting where the reader is slower than we are. */
export interface Output {
  write(text: string): Promise<void>;
}

const drained = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
  });

export function createOutput(stream: Writable): Output {
  return {
    write: async (text) => {
      if (text !== "" && !stream.write(text) && !stream.destroyed) await drained(stream);
    },
  };
}
