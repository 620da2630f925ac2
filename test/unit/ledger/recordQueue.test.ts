import { expect, test } from "vitest";
import { createRecordQueue, type RecordQueue } from "../../../src/ledger/recordQueue.ts";
import type { LedgerRecord } from "../../../src/ledger/records.ts";
import { TIME } from "../../support/ledgerRecords.ts";

interface Scene {
  readonly queue: RecordQueue;
  readonly sent: (readonly LedgerRecord[])[];
  readonly told: string[];
}

function scene(capacity: number): Scene {
  const sent: (readonly LedgerRecord[])[] = [];
  const told: string[] = [];
  const queue = createRecordQueue(
    {
      capacity,
      onHalt: (reason) => void told.push(`halt: ${reason}`),
      onResume: (refused) => void told.push(`resume: ${refused} refused`),
    },
    { send: (batch) => void sent.push(batch) },
  );
  return { queue, sent, told };
}

const record = (n: number): LedgerRecord => ({ type: "event", kind: `k${n}`, facts: {}, time: TIME });
const push = (queue: RecordQueue, count: number): boolean[] =>
  Array.from({ length: count }, (_, n) => queue.push(record(n)));

test("one batch is under way at a time, and the order is kept", () => {
  const { queue, sent } = scene(1_000);
  push(queue, 200);
  expect(sent.map(({ length }) => length)).toEqual([1]);
  for (let n = 0; n < 7; n++) queue.written();
  expect(sent.map(({ length }) => length)).toEqual([1, 32, 32, 32, 32, 32, 32, 7]);
  expect(sent.flat()).toEqual(Array.from({ length: 200 }, (_, n) => record(n)));
  expect(queue.backlog()).toBe(7);
  queue.written();
  expect(queue.backlog()).toBe(0);
});

test("a full queue refuses, halts once, and resumes at half with the count of what it refused", () => {
  const { queue, sent, told } = scene(130);
  expect(push(queue, 135).filter((taken) => !taken)).toHaveLength(5);
  expect(queue.halted()).toBe("130 records wait to be written");
  queue.written();
  expect(told).toEqual(["halt: 130 records wait to be written"]);
  expect(queue.push(record(1))).toBe(true);
  queue.written();
  queue.written();
  expect(queue.backlog()).toBe(66);
  expect(queue.halted()).not.toBeNull();
  queue.written();
  expect(told).toEqual(["halt: 130 records wait to be written", "resume: 5 refused"]);
  expect(queue.halted()).toBeNull();
  queue.written();
  expect(sent.flat()).toHaveLength(131);
});

test("a failed batch halts until it is written", () => {
  const { queue, told } = scene(10);
  push(queue, 1);
  queue.failed("disk full");
  queue.failed("disk full");
  expect(told).toEqual(["halt: disk full"]);
  queue.written();
  expect(told).toEqual(["halt: disk full", "resume: 0 refused"]);
});

test("flush waits for what was pushed before it, not after", async () => {
  const { queue } = scene(100);
  await queue.flush();
  push(queue, 2);
  const flushed = queue.flush();
  queue.written();
  push(queue, 1);
  queue.written();
  await flushed;
  expect(queue.backlog()).toBe(1);
});

test("flush ends by its signal, and the others go on waiting", async () => {
  const { queue } = scene(100);
  push(queue, 1);
  const controller = new AbortController();
  const given = queue.flush(controller.signal);
  const patient = queue.flush();
  controller.abort();
  await expect(given).rejects.toMatchObject({ code: "ledger_flush" });
  queue.written();
  await patient;
});

test("a broken queue refuses for good and fails everyone who waits", async () => {
  const { queue, told } = scene(100);
  push(queue, 2);
  const flushed = queue.flush();
  queue.broke("a rule of the schema");
  queue.broke("the thread exited");
  await expect(flushed).rejects.toThrow("the ledger's writer ended: a rule of the schema");
  await expect(queue.flush()).rejects.toThrow("a rule of the schema");
  expect(queue.push(record(3))).toBe(false);
  expect(told).toEqual(["halt: the ledger's writer ended: a rule of the schema"]);
});
