import type { WriteStream } from "node:tty";

/** What a command tells a person beside its data. */
export interface Messages {
  /** A line that stays. */
  note(text: string): void;
  /** What is going on: one line that the next one replaces, on a terminal only; empty to clear it. */
  progress(text: string): void;
}

const CLEAR_LINE = "\r\u001b[K";

/** Messages on stderr, or any stream like it. */
export function createMessages(stream: Pick<WriteStream, "write"> & { readonly isTTY?: boolean }): Messages {
  const clear = stream.isTTY === true ? CLEAR_LINE : "";
  return {
    note: (text) => stream.write(`${clear}turbo-mev: ${text}\n`),
    progress: (text) => {
      if (clear !== "") stream.write(`${clear}${text}`);
    },
  };
}
