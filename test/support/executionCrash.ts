import type { Hex } from "../../src/chain/types.ts";
import type { Channel } from "../../src/execution/channels/channel.ts";
import type { IntentJournal } from "../../src/execution/journal.ts";
import type { SyncSigner, UnsignedTransaction } from "../../src/execution/signer.ts";

/** Where the process dies. Each point is right after the named act, and nothing that follows happens. */
export const CRASH_POINTS = ["opened", "asked to sign", "signed", "delivered", "submitted"] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

class Crashed extends Error {}

/**
 * The parts of an execution whose process dies at that point: from then on nothing is written, signed or sent any
 * more, however its code goes on.
 */
export function crashingParts(
  point: CrashPoint,
  parts: { journal: IntentJournal; signer: SyncSigner; channel: Channel },
) {
  let dead = false;
  const alive = (): void => {
    if (dead) throw new Crashed("the process is gone");
  };
  const die = (here: CrashPoint): void => {
    if (here !== point) return;
    dead = true;
    throw new Crashed(here);
  };
  const { journal, signer, channel } = parts;
  const signTransactionSync = (transaction: UnsignedTransaction): Hex => {
    alive();
    die("asked to sign");
    return signer.signTransactionSync(transaction);
  };
  return {
    died: () => dead,
    journal: {
      open: (record) => {
        alive();
        journal.open(record);
        die("opened");
      },
      signed: (record, intent) => {
        alive();
        journal.signed(record, intent);
        die("signed");
      },
      submitted: (record) => {
        alive();
        journal.submitted(record);
        die("submitted");
      },
      close: (record) => {
        alive();
        journal.close(record);
      },
      openIntents: () => journal.openIntents(),
      tailTriggers: (last) => journal.tailTriggers(last),
    } satisfies IntentJournal,
    signer: {
      address: signer.address,
      signTransactionSync,
      signTransaction: async (transaction) => signTransactionSync(transaction),
    } satisfies SyncSigner,
    channel: {
      ...channel,
      send: async (bundle, deadline) => {
        alive();
        const answer = await channel.send(bundle, deadline);
        die("delivered");
        return answer;
      },
    } satisfies Channel,
  };
}
