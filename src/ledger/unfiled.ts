import type { Database } from "better-sqlite3";
import { z } from "zod";
import type { IntentRecord, SignedRecord } from "../execution/journal.ts";
import type { Hex } from "../chain/types.ts";
import { toJson } from "../lib/bigint.ts";
import { unflushed } from "./logFlusher.ts";
import { amountColumn, hexColumn } from "./rows.ts";

/**
 * Version 4 of the ledger: an intent and its signature in one row, which a bundle waits for. Their own tables and the
 * indexes of those are fourteen pages of the write-ahead log, which are written when the bytes have left; here it is one.
 * What a crash leaves here is filed by the next start; readers see it from then on.
 */
export const UNFILED_V4 = `
CREATE TABLE unfiled_intents (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  document TEXT NOT NULL
) STRICT;
CREATE TRIGGER unfiled_intents_no_update BEFORE UPDATE ON unfiled_intents
BEGIN
  SELECT RAISE(ABORT, 'unfiled_intents is never changed');
END;
`;

const trigger = z.discriminatedUnion("type", [
  z.object({ type: z.literal("block"), number: z.number(), hash: hexColumn }),
  z.object({ type: z.literal("pending"), hash: hexColumn }),
]);

/** Where digits stand in the raw transaction. */
const placeDocument = z.object({ at: z.number(), digits: z.number() });
type Place = z.infer<typeof placeDocument>;

/** The calldata stands in the raw transaction too: by its place there, mostly all of the two fits into one page. */
type IntentDocument = Omit<IntentRecord, "calldata"> & { readonly calldata: Hex | Place };

const intentDocument: z.ZodType<IntentDocument> = z.object({
  id: z.string(),
  trigger,
  parent: z.object({ number: z.number(), hash: hexColumn }),
  targetBlock: z.number(),
  opportunityIds: z.array(z.string()),
  predicted: z.array(z.object({ base: hexColumn, profit: amountColumn })),
  net: amountColumn,
  executor: hexColumn,
  calldata: z.union([hexColumn, placeDocument]),
  time: z.number(),
});

const signedDocument: z.ZodType<SignedRecord> = z.object({
  intentId: z.string(),
  transactionHash: hexColumn,
  rawTransaction: hexColumn,
  nonce: z.number(),
  gasLimit: amountColumn,
  maxFeePerGas: amountColumn,
  maxPriorityFeePerGas: amountColumn,
  bundleId: hexColumn,
  merkleRoot: hexColumn,
  merkleProof: z.array(hexColumn),
  lastBlock: z.number(),
  atomicOnly: z.boolean(),
  time: z.number(),
});

interface Both {
  readonly intent: IntentRecord;
  readonly signed: SignedRecord;
}

const writeDocument = ({ intent, signed }: Both): string => {
  const { calldata } = intent;
  const at = signed.rawTransaction.indexOf(calldata.slice(2));
  const place: Hex | Place = at < 0 ? calldata : { at, digits: calldata.length - 2 };
  return toJson({ intent: { ...intent, calldata: place } satisfies IntentDocument, signed });
};

function readDocument(text: string): Both {
  const { intent, signed } = z
    .object({ intent: intentDocument, signed: signedDocument })
    .parse(JSON.parse(text));
  const { calldata: place } = intent;
  const calldata: Hex =
    typeof place === "string" ? place : `0x${signed.rawTransaction.slice(place.at, place.at + place.digits)}`;
  return { intent: { ...intent, calldata }, signed };
}

const document = z.string().transform(readDocument);

const unfiledRow = z.object({ id: z.number(), run_id: z.number(), document });

/** Where the two belong. */
export interface Tables {
  readonly open: (intent: IntentRecord, runId: number) => void;
  readonly sign: (record: SignedRecord) => void;
}

export interface Unfiled {
  /** Both in one row, when no other is left. Throws when one of the two stands in its table already. */
  write(signed: SignedRecord, intent: IntentRecord): void;
  /** Moves all rows into the tables: all of them, or it throws and none. */
  file(): void;
}

export function createUnfiled(db: Database, runId: number, tables: Tables): Unfiled {
  const insert = db.prepare(
    `INSERT INTO unfiled_intents (run_id, document) SELECT ?, ?
     WHERE NOT EXISTS (SELECT 1 FROM intents WHERE id = ?)
       AND NOT EXISTS (SELECT 1 FROM signed_transactions WHERE transaction_hash = ?)`,
  );
  const select = db.prepare("SELECT id, run_id, document FROM unfiled_intents ORDER BY id");
  const remove = db.prepare("DELETE FROM unfiled_intents WHERE id = ?");
  const move = db.transaction(() => {
    for (const row of select.all()) {
      const { id, run_id: of, document: both } = unfiledRow.parse(row);
      tables.open(both.intent, of);
      tables.sign(both.signed);
      remove.run(id);
    }
  });
  // A crash may have left some.
  let some = true;
  const file = (): void => {
    if (!some) return;
    // Nobody waits for a disk here: what the machine's power takes of this is filed again at the next start.
    unflushed(db, () => move.immediate());
    some = false;
  };
  return {
    write: (signed, intent) => {
      const { changes } = insert.run(
        runId,
        writeDocument({ intent, signed }),
        intent.id,
        signed.transactionHash,
      );
      if (changes === 0) throw new Error("the intent or the transaction stands in the ledger already");
      some = true;
    },
    file,
  };
}
