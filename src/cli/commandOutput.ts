import type { Address } from "../chain/types.ts";
import type { Messages } from "./messages.ts";
import type { Output } from "./output.ts";

/** Where a command speaks: data to stdout, everything else to stderr. */
export interface CommandOutput {
  readonly output: Output;
  readonly messages: Messages;
}

export const noteAbsent = (bases: readonly Address[], messages: Messages): void => {
  for (const base of bases) messages.note(`--base ${base}: no pool of the file trades this token`);
};
