import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { statusCommand } from "../../../src/cli/status.ts";
import { openWritable } from "../../../src/ledger/database.ts";
import { openJournal } from "../../../src/ledger/journal.ts";
import { ledgerPath } from "../../support/ledgerFile.ts";
import { hash, run, TIME } from "../../support/ledgerRecords.ts";
import { writeScene } from "../../support/ledgerScene.ts";

const DAY = 86_400_000;
const NEXT_DAY = TIME + DAY + 60_000;

function textOf(db: string, json: boolean, now = NEXT_DAY): string {
  let text = "";
  expect(statusCommand({ db, json }, now, { write: (part) => void (text += part) })).toBe(0);
  return text;
}

test("a run with its open intent and the trades of the day", () => {
  expect(textOf(writeScene(), false)).toBe(
    ` run    1   live   chain 137   0.1.0   since 2026-01-02 03:04:05   no end written
 block  none yet
 halt   no
 open   1 intents   i5 for block 101, 1 d old
 today  2 trades   1 landed   1 reverted   1 differing   gas 0.020000 POL   net 7.980000 POL
 no prediction was checked yet
`,
  );
});

test("a halt, the last block that stands, and the calibration", () => {
  const db = writeScene();
  const journal = openJournal(db, { ...run, time: NEXT_DAY });
  journal.halt({ action: "halt", reason: "three reverts\nin a row", time: NEXT_DAY });
  journal.dispose();
  const sqlite = new Database(db);
  const insert = sqlite.prepare(
    `INSERT INTO blocks (run_id, hash, number, parent_hash, timestamp, base_fee, seen_at, logs, tainted_pools, reverted_at)
     VALUES (2, ?, ?, ?, 0, '1', ?, 0, 0, ?)`,
  );
  insert.run(hash(100), 1_000_100, hash(99), NEXT_DAY - 1_500, null);
  insert.run(hash(101), 1_000_101, hash(100), NEXT_DAY - 500, NEXT_DAY);
  const predicted = sqlite.prepare(
    `INSERT INTO predictions (run_id, transaction_hash, contract, function, verdict, detail, confidence_f,
       block_number, block_hash, checked_at) VALUES (2, ?, 'uniswap_v2', 'swap', ?, '', ?, 1, '', 0)`,
  );
  for (const [i, verdict] of ["exact", "exact", "off", "reverted", "failed"].entries())
    predicted.run(hash(i), verdict, 0.9 - i / 10);
  sqlite.close();
  const text = textOf(db, false);
  expect(text).toContain(` block  1,000,100 ${hash(100)}   seen 1.5 s ago\n`);
  expect(text).toContain(" halt   HALTED since 2026-01-03 03:05:05: three reverts");
  expect(text).toContain(`
contract    function  checked  exact  off  reverted  failed  confidence
uniswap_v2  swap      5        2      1    1         1       0.5000
`);
  expect(JSON.parse(textOf(db, true))).toMatchObject({
    run: { id: 2, endedAt: null },
    block: { number: 1_000_100, ageMillis: 1_500 },
    halt: { reason: "three reverts\nin a row", since: NEXT_DAY },
    openIntents: [{ id: "i5", targetBlock: 101 }],
    today: { trades: 2, landed: 1, reverted: 1, differing: 1 },
    calibration: [{ contract: "uniswap_v2", checked: 5, exact: 2, confidenceFloat: 0.5 }],
  });
});

test("an empty ledger, and none at all", () => {
  const empty = ledgerPath();
  openWritable(empty, "full").close();
  expect(JSON.parse(textOf(empty, true))).toMatchObject({ run: null, block: null, calibration: [] });
  expect(textOf(empty, false)).toContain(" run    none yet\n");
  expect(() => textOf(`${empty}.missing`, false)).toThrow(/no ledger there/);
});
