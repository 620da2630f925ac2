import Database from "better-sqlite3";
import { openWritable } from "../../src/ledger/database.ts";
import { beginRun, createJournal } from "../../src/ledger/journal.ts";
import { createRecordWriter } from "../../src/ledger/recordWriter.ts";
import { ledgerPath } from "./ledgerFile.ts";
import {
  fate,
  hash,
  intent,
  judged,
  numbers,
  POL,
  registry,
  run,
  signed,
  submission,
  TIME,
  USDC,
  WETH,
} from "./ledgerRecords.ts";

const DAY = 86_400_000;

/**
 * A ledger after two days: i1 landed as predicted, i2 landed one unit short in one of two bases, i3 reverted,
 * i4 missed, i5 is still unknown; o6 to o8 were not sent.
 */
export function writeScene(): string {
  const path = ledgerPath();
  const db = openWritable(path, "full");
  const journal = createJournal(db, beginRun(db, run));
  const write = createRecordWriter(db, journal.runId);
  const weth = judged("o2b");
  const { opportunity } = weth.judged;
  write([
    registry,
    judged("o1"),
    judged("o2a"),
    {
      ...weth,
      judged: {
        ...weth.judged,
        numbers: { ...numbers, profit: 10n ** 15n, profitNative: 5n * POL },
        opportunity: { ...opportunity, profit: 10n ** 15n, cycle: { ...opportunity.cycle, base: WETH } },
      },
    },
    judged("o3"),
    judged("o4"),
    judged("o5"),
    judged("o6", { code: "below_min_profit", detail: "", numbers: { ...numbers, net: POL / 2n } }),
    judged("o7", { code: "below_min_profit", detail: "", numbers: { ...numbers, net: POL } }),
    judged("o8", { code: "gas_over_profit", detail: "", numbers: { ...numbers, net: -POL } }),
  ]);
  const ids = [["o1"], ["o2a", "o2b"], ["o3"], ["o4"], ["o5"]];
  for (const [index, opportunityIds] of ids.entries()) {
    const n = index + 1;
    const second = n === 2 ? [{ base: WETH, profit: 10n ** 15n }] : [];
    journal.open(
      intent(`i${n}`, { opportunityIds, predicted: [{ base: USDC, profit: 1_500_000n }, ...second] }),
    );
    journal.signed(signed(`i${n}`, n));
    journal.submitted(submission(`i${n}`));
  }
  const usdc = { base: USDC, predicted: 1_500_000n, realised: 1_500_000n };
  journal.close(fate("i1"));
  journal.close(
    fate("i2", {
      profits: [usdc, { base: WETH, predicted: 10n ** 15n, realised: 10n ** 15n - 1n }],
      transactionHash: hash(1_000_002),
      time: TIME + DAY,
    }),
  );
  journal.close(
    fate("i3", {
      fate: "reverted",
      reason: "ProfitTooLow",
      profits: [{ ...usdc, realised: 0n }],
      transactionHash: hash(1_000_003),
      time: TIME + DAY + 1_000,
    }),
  );
  const nowhere = {
    block: null,
    transactionIndex: null,
    gasUsed: null,
    effectiveGasPrice: null,
    profits: [],
  };
  journal.close(fate("i4", { ...nowhere, fate: "missed" }));
  journal.close(fate("i5", { ...nowhere, fate: "unknown", reason: "relay cut the connection" }));
  journal.dispose();
  return path;
}

/** The rows of a query, as plain `sqlite3` would give them. */
export function query(path: string, sql: string): unknown[] {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
}
