import { setTimeout } from "node:timers/promises";
import { EventEmitter, once } from "node:events";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { openLedger, type Ledger } from "../../../src/ledger/ledger.ts";
import { ledgerPath } from "../../support/ledgerFile.ts";
import {
  address,
  fate,
  hash,
  intent,
  judged,
  registry,
  run,
  signed,
  TIME,
} from "../../support/ledgerRecords.ts";

interface Opened {
  readonly path: string;
  readonly ledger: Ledger;
  readonly halts: string[];
  /** Resolves when the ledger halts, or goes on. */
  readonly halted: Promise<string>;
  readonly resumed: Promise<void>;
}

function open(capacity?: number): Opened {
  const path = ledgerPath();
  const halts: string[] = [];
  const told = new EventEmitter();
  const halted = once(told, "halt").then(() => halts[0] ?? "");
  const resumed = once(told, "resume").then(() => undefined);
  const ledger = openLedger({
    path,
    run,
    ...(capacity === undefined ? {} : { capacity }),
    onHalt: (reason) => {
      halts.push(reason);
      told.emit("halt");
    },
    onResume: () => void told.emit("resume"),
  });
  return { path, ledger, halts, halted, resumed };
}

function inspect(path: string): Database.Database {
  const db = new Database(path);
  onTestFinished(() => void db.close());
  return db;
}

const block = (n: number) => ({
  type: "block" as const,
  block: {
    number: n,
    hash: hash(n),
    parentHash: hash(n - 1),
    timestamp: 1_767_323_000 + 2 * n,
    baseFeePerGas: 30n * 10n ** 9n,
    gasLimit: 45_000_000n,
    gasUsed: 20_000_000n,
  },
  logs: 7,
  taintedPools: 0,
  decisionMicros: 311.4,
  time: TIME + n,
});

const backrun = (intentId: string) => ({
  type: "backrun" as const,
  time: TIME,
  intentId,
  triggerHash: hash(9),
  micros: 2900,
});

test("a record that names an intent finds it, however that was written", async () => {
  const { path, ledger } = open();
  ledger.journal.signed(signed("i1", 1), intent("i1"));
  expect(ledger.record(backrun("i1"))).toBe(true);
  await ledger.flush();
  expect(inspect(path).prepare("SELECT intent_id FROM backruns").pluck().all()).toEqual(["i1"]);
  await ledger.close(TIME);
});

test("where an intent cannot be filed its records are refused and counted, and nothing of it is lost", async () => {
  const { path, ledger, halted, resumed } = open();
  ledger.journal.signed(signed("i1", 1), intent("i1"));
  const other = inspect(path);
  other.exec("BEGIN IMMEDIATE");
  expect(ledger.record(backrun("i1"))).toBe(false);
  expect(await halted).toContain("another process holds the ledger");
  other.exec("COMMIT");
  expect(ledger.record(backrun("i1"))).toBe(true);
  await resumed;
  await ledger.flush();
  expect(other.prepare("SELECT intent_id FROM backruns").pluck().all()).toEqual(["i1"]);
  expect(other.prepare("SELECT kind FROM events").pluck().all()).toEqual(["records_refused"]);
  await ledger.close(TIME);
});

test("records of every kind stand in the database after a flush, exact to the unit", async () => {
  const { path, ledger, halts } = open();
  ledger.record(registry);
  ledger.record(block(100));
  ledger.record(block(101));
  ledger.record({ type: "reverted", block: { number: 101, hash: hash(101) }, time: TIME + 5 });
  ledger.record(judged("o1"));
  ledger.record(judged("o2", { code: "below_min_profit", detail: "need 0.10" }));
  ledger.record({
    type: "quarantine",
    cycleId: "cycle-1",
    reason: "open for three blocks",
    block: { number: 100, hash: hash(100) },
    time: TIME,
  });
  ledger.record({ type: "event", kind: "resync", facts: { depth: 2n ** 70n }, time: TIME });
  await ledger.flush();
  expect(ledger.backlog()).toBe(0);

  const db = inspect(path);
  const count = (table: string): unknown => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  expect(["runs", "tokens", "pools", "opportunity_hops", "quarantines"].map(count)).toEqual([1, 2, 2, 4, 1]);
  expect(db.prepare("SELECT number, decision_micros, reverted_at FROM blocks ORDER BY number").all()).toEqual(
    [
      { number: 100, decision_micros: 311, reverted_at: null },
      { number: 101, decision_micros: 311, reverted_at: TIME + 5 },
    ],
  );
  expect(
    db.prepare("SELECT id, code, detail, net, amount_out FROM opportunities ORDER BY seq").all(),
  ).toEqual([
    { id: "o1", code: "submitted", detail: "", net: "2988000000000000000", amount_out: "101500000" },
    {
      id: "o2",
      code: "below_min_profit",
      detail: "need 0.10",
      net: "2988000000000000000",
      amount_out: "101500000",
    },
  ]);
  expect(db.prepare("SELECT kind, detail FROM events").all()).toEqual([
    { kind: "resync", detail: '{"depth":"1180591620717411303424"}' },
  ]);
  await ledger.close(TIME + 10);
  expect(db.prepare("SELECT ended_at FROM runs").pluck().all()).toEqual([TIME + 10]);
  expect(halts).toEqual([]);
});

test("a block and an opportunity that come back after a reorganisation are written once", async () => {
  const { path, ledger } = open();
  ledger.record(block(100));
  ledger.record(judged("o1"));
  ledger.record({ type: "reverted", block: { number: 100, hash: hash(100) }, time: TIME });
  ledger.record(block(100));
  ledger.record(judged("o1", { code: "in_flight" }));
  await ledger.close(TIME);
  const db = inspect(path);
  expect(db.prepare("SELECT number, reverted_at FROM blocks").all()).toEqual([
    { number: 100, reverted_at: null },
  ]);
  expect(db.prepare("SELECT code FROM opportunities").pluck().all()).toEqual(["submitted"]);
});

test("close writes what waits", async () => {
  const { path, ledger } = open();
  for (let n = 0; n < 1_000; n++) ledger.record(judged(`o${n}`));
  await ledger.close(TIME);
  expect(inspect(path).prepare("SELECT count(*) FROM opportunities").pluck().get()).toBe(1_000);
});

test("a writer that cannot write halts the ledger, drops nothing silently, and goes on by itself", async () => {
  const { path, ledger, halts, halted, resumed } = open(100);
  const lock = inspect(path);
  lock.exec("BEGIN IMMEDIATE");
  const taken = Array.from({ length: 130 }, (_, n) => ledger.record(judged(`o${n}`)));
  expect(taken).toEqual(Array.from({ length: 130 }, (_, n) => n < 100));
  expect(await halted).toBe("100 records wait to be written");
  expect(ledger.backlog()).toBe(100);
  expect(ledger.halted()).toBe("100 records wait to be written");
  lock.exec("COMMIT");
  await resumed;
  expect(ledger.halted()).toBeNull();
  await ledger.flush();
  await ledger.close(TIME);
  expect(halts).toHaveLength(1);
  expect(lock.prepare("SELECT count(*) FROM opportunities").pluck().get()).toBe(100);
  expect(lock.prepare("SELECT kind, detail FROM events").all()).toEqual([
    { kind: "records_refused", detail: '{"refused":30}' },
  ]);
});

test("a write that fails for a while halts the ledger and is tried again", async () => {
  const { path, ledger, halted, resumed } = open();
  const lock = inspect(path);
  lock.exec("BEGIN IMMEDIATE");
  ledger.record(judged("o1"));
  expect(await halted).toBe("ledger: another process holds the ledger");
  lock.exec("COMMIT");
  await resumed;
  await ledger.close(TIME);
  expect(lock.prepare("SELECT id FROM opportunities").pluck().all()).toEqual(["o1"]);
});

test("a record that breaks a rule ends the writer: halted for good, and flush and close say so", async () => {
  const { path, ledger, halted } = open();
  const unknown = address(4);
  ledger.record({
    type: "registry",
    tokens: [],
    pools: [{ address: unknown, kind: "v2", dex: "x", token0: unknown, token1: unknown }],
  });
  const flushed = ledger.flush();
  await expect(flushed).rejects.toThrow("the ledger's writer ended: ledger: FOREIGN KEY constraint failed");
  expect(await halted).toContain("FOREIGN KEY");
  expect(ledger.record(judged("o1"))).toBe(false);
  await expect(ledger.flush()).rejects.toThrow("writer ended");
  await expect(ledger.close(TIME)).rejects.toThrow("writer ended");
  expect(inspect(path).prepare("SELECT ended_at FROM runs").pluck().all()).toEqual([null]);
});

test("close gives up when its signal aborts, and rolls back what was under way", async () => {
  const { path, ledger } = open();
  const lock = inspect(path);
  lock.exec("BEGIN IMMEDIATE");
  ledger.record(judged("o1"));
  await expect(ledger.close(TIME, AbortSignal.abort())).rejects.toThrow("records are not yet written");
  lock.exec("COMMIT");
  expect(lock.prepare("SELECT count(*) FROM opportunities").pluck().get()).toBe(0);
  expect(lock.prepare("SELECT ended_at FROM runs").pluck().all()).toEqual([null]);
});

test("a writer that meets a lock over and over gives its batch up when it is to end, at any moment", async () => {
  for (let round = 0; round < 8; round++) {
    const { path, ledger } = open();
    ledger.record(judged("o1"));
    // oxlint-disable-next-line no-await-in-loop -- one after the other: the moments are to be different ones
    await ledger.flush();
    const lock = inspect(path);
    lock.exec("BEGIN IMMEDIATE");
    ledger.record(judged("o2"));
    // oxlint-disable-next-line no-await-in-loop -- into the writer's tries, which are a millisecond apart
    await setTimeout(round / 2);
    // oxlint-disable-next-line no-await-in-loop -- as above
    await expect(ledger.close(TIME, AbortSignal.abort())).rejects.toThrow("records are not yet written");
    lock.exec("COMMIT");
    expect(lock.prepare("SELECT id FROM opportunities").pluck().all()).toEqual(["o1"]);
  }
});

test("journal and writer get through side by side, at hundreds of times a block's load", async () => {
  const { path, ledger, halts } = open();
  for (let n = 0; n < 9_000; n++) ledger.record(judged(`o${n}`));
  const waits: number[] = [];
  for (let n = 0; ledger.backlog() > 0; n++) {
    const begin = performance.now();
    ledger.journal.open(intent(`i${n}`));
    ledger.journal.close(fate(`i${n}`));
    waits.push(performance.now() - begin);
    // oxlint-disable-next-line no-await-in-loop -- an intent every few milliseconds; a block brings one
    await setTimeout(1);
  }
  await ledger.close(TIME);
  const [p50 = 0, max = 0] = [0.5, 1].map(
    (q) => waits.toSorted((a, b) => a - b)[Math.ceil(q * waits.length) - 1],
  );
  console.log(
    `journal beside the writer: ${waits.length} x 2 writes, p50 ${p50.toFixed(2)} ms, max ${max.toFixed(2)} ms`,
  );
  expect(waits.length).toBeGreaterThan(50);
  // The bound leaves room for a loaded machine.
  expect(p50).toBeLessThan(100);
  expect(halts).toEqual([]);
  const db = inspect(path);
  expect(db.prepare("SELECT count(*) FROM opportunities").pluck().get()).toBe(9_000);
  expect(db.prepare("SELECT count(*) FROM fates").pluck().get()).toBe(waits.length);
});
