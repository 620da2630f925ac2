import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { createTurns, createTurnstile } from "../../../src/ledger/turnstile.ts";

test("nobody waits for a side that is not there", () => {
  const turnstile = createTurnstile(createTurns(), "journal");
  expect(turnstile.pass(0, () => "done")).toBe("done");
  expect(turnstile.pass(0, () => "again")).toBe("again");
});

test("an act that throws gives the turn back", () => {
  const turns = createTurns();
  const journal = createTurnstile(turns, "journal");
  expect(() =>
    journal.pass(0, () => {
      throw new Error("disk full");
    }),
  ).toThrow("disk full");
  expect(new Int32Array(turns)).toEqual(new Int32Array(3));
});

test("who has waited too long goes on, and leaves the other's turn alone", () => {
  const turns = createTurns();
  const [journal, writer] = [createTurnstile(turns, "journal"), createTurnstile(turns, "writer")];
  const order: string[] = [];
  writer.pass(0, () => {
    journal.pass(5, () => order.push("journal, unasked"));
    order.push("writer");
    expect(new Int32Array(turns)[0]).toBe(2);
  });
  journal.pass(0, () => order.push("journal"));
  expect(order).toEqual(["journal, unasked", "writer", "journal"]);
  expect(new Int32Array(turns)).toEqual(new Int32Array(3));
});

test("a turn goes to the side that waits, and it is woken at once", async () => {
  const turns = createTurns();
  const cells = new Int32Array(turns);
  // The other side in a thread of its own, by the protocol's bare words: wait for the turn, take it, give it back.
  const other = new Worker(
    `const cells = new Int32Array(require("node:worker_threads").workerData);
     Atomics.store(cells, 2, 1);
     require("node:worker_threads").parentPort.postMessage("waiting");
     while (Atomics.load(cells, 0) !== 2) Atomics.wait(cells, 0, 1);
     Atomics.store(cells, 2, 0);
     Atomics.store(cells, 0, 0);
     Atomics.notify(cells, 0);`,
    { eval: true, workerData: turns },
  );
  const waiting = new Promise((resolve) => other.once("message", resolve));
  const exited = new Promise((resolve) => other.once("exit", resolve));
  Atomics.store(cells, 0, 1);
  await waiting;
  Atomics.store(cells, 0, 0);
  const journal = createTurnstile(turns, "journal");
  journal.pass(0, () => undefined);
  // Leaving handed the turn over; the next pass has to wait for its return.
  journal.pass(10_000, () => undefined);
  expect(await exited).toBe(0);
  expect(new Int32Array(turns)).toEqual(new Int32Array(3));
});
