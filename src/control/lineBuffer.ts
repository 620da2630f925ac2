/** Cuts a stream of bytes into lines and never holds more than one line that is not complete. */
export interface LineBuffer {
  push(chunk: Buffer): void;
  /** The next line without its end, null: none is complete; `too_long`: more than `most` bytes without an end. */
  next(): Buffer | null | "too_long";
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const NOTHING = Buffer.alloc(0);

/** `most` bytes a line, its end not counted. */
export function createLineBuffer(most: number): LineBuffer {
  /** The beginning of a line, in pieces without an end. */
  let held: Buffer[] = [];
  let heldBytes = 0;
  let rest: Buffer = NOTHING;
  const hold = (piece: Buffer): void => {
    if (piece.length === 0) return;
    held.push(piece);
    heldBytes += piece.length;
  };
  return {
    push: (chunk) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    },
    next: () => {
      const end = rest.indexOf(NEWLINE);
      hold(end < 0 ? rest : rest.subarray(0, end));
      rest = end < 0 ? NOTHING : rest.subarray(end + 1);
      if (heldBytes > most) return "too_long";
      if (end < 0) return null;
      const line = held.length === 1 ? (held[0] ?? NOTHING) : Buffer.concat(held);
      held = [];
      heldBytes = 0;
      return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
    },
  };
}
