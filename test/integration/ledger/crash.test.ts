import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openReader } from "../../../src/ledger/reader.ts";
import { buildFile, type Built } from "../../support/ledgerBuild.ts";
import { ledgerPath } from "../../support/ledgerFile.ts";

const ROUNDS = Number(process.env["LEDGER_CRASH_ROUNDS"] ?? 30);
const SEED = Number(process.env["LEDGER_CRASH_SEED"] ?? 7);

let built: Built;
beforeAll(() => {
  built = buildFile("test/support/ledgerCrashChild.ts");
});
afterAll(() => built.remove());

/** Park and Miller's generator: the same kills for the same seed. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** Runs the child until it has told `kills` calls, kills it, and returns every call it told. */
async function runUntilKilled(path: string, round: number, kills: number): Promise<string[]> {
  const child = spawn(
    process.execPath,
    [built.file("test/support/ledgerCrashChild.ts"), path, String(round)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    child.once("exit", (_code, signal) => resolve(signal));
  });
  const told: string[] = [];
  // A line cut short by the kill has no end and is no promise; readline would give it all the same.
  for await (const line of createInterface({ input: child.stdout })) {
    if (told.push(line) === kills) child.kill("SIGKILL");
  }
  expect(await ended).toBe("SIGKILL");
  return told.filter((line) => /^\w+ \d+-\d+$/.test(line));
}

/** Intents that the next start puts in their table. */
const UNFILED = "SELECT document ->> '$.intent.id' FROM unfiled_intents";

const TABLE_OF: Record<string, string> = {
  open: `SELECT id FROM intents UNION ALL ${UNFILED}`,
  signed: `SELECT intent_id FROM signed_transactions UNION ALL ${UNFILED}`,
  submitted: "SELECT intent_id FROM submissions",
  close: "SELECT intent_id FROM fates WHERE fate <> 'unknown'",
};

/** What is wrong with the ledger after a crash: nothing, if it keeps its word. */
function faults(path: string, told: readonly string[]): string[] {
  const db = new Database(path);
  try {
    const present = Object.fromEntries(
      Object.entries(TABLE_OF).map(([call, sql]) => [call, new Set(db.prepare(sql).pluck().all())]),
    );
    const lost = told.filter((line) => {
      const [call = "", id = ""] = line.split(" ");
      return present[call]?.has(id) !== true;
    });
    const count = (sql: string): unknown => db.prepare(`SELECT count(*) FROM (${sql})`).pluck().get();
    const wrong = {
      integrity_check: db.pragma("integrity_check", { simple: true }) === "ok" ? 0 : 1,
      foreign_key_check: count("SELECT * FROM pragma_foreign_key_check"),
      "two final fates": count(
        "SELECT 1 FROM fates WHERE fate <> 'unknown' GROUP BY intent_id HAVING count(*) > 1",
      ),
      "an intent without its prediction": count(
        "SELECT 1 FROM intents WHERE id NOT IN (SELECT intent_id FROM intent_profits)",
      ),
      "a landed trade without its profit": count(
        "SELECT 1 FROM fates WHERE fate = 'included' AND id NOT IN (SELECT fate_id FROM fate_profits)",
      ),
      "an intent filed twice": count(`${UNFILED} INTERSECT SELECT id FROM intents`),
      "an opportunity without its hops": count(
        `SELECT 1 FROM opportunities o
         WHERE (SELECT count(*) FROM opportunity_hops h WHERE h.opportunity = o.seq) <> 2`,
      ),
    };
    const found = Object.entries(wrong).filter(([, n]) => n !== 0);
    return [...lost.map((line) => `lost: ${line}`), ...found.map(([fault, n]) => `${fault}: ${String(n)}`)];
  } finally {
    db.close();
  }
}

test(
  `kill -9 at any moment loses nothing that was told (${ROUNDS} rounds, seed ${SEED})`,
  { timeout: 600_000 },
  async () => {
    console.log(`ledger crash test: ${ROUNDS} rounds, seed ${SEED}`);
    const random = createRandom(SEED);
    const path = ledgerPath();
    const told: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // oxlint-disable-next-line no-await-in-loop -- one ledger, one process at a time
      told.push(...(await runUntilKilled(path, round, 1 + random(400))));
      expect(faults(path, told)).toEqual([]);
    }
    const reader = openReader(path);
    const { opportunities, intents, fates } = reader.summary();
    console.log(`ledger crash test: ${told.length} calls told`, { opportunities, intents, fates });
    expect(intents).toBeGreaterThan(ROUNDS);
    expect(opportunities).toBeGreaterThan(0);
    reader.close();
  },
);
