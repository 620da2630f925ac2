import { EventEmitter, once } from "node:events";
import { expect, test } from "vitest";
import { createPendings, pendingsDefaults } from "../../../src/feed/pendings.ts";
import { hash } from "../../support/marketFixture.ts";

const BODY = {
  hash: hash(1),
  from: `0x${"1".repeat(40)}`,
  to: `0x${"2".repeat(40)}`,
  nonce: "0x1",
  value: "0x0",
  gas: "0x5208",
  input: "0x",
  type: "0x2",
  maxFeePerGas: "0x2",
  maxPriorityFeePerGas: "0x1",
};

test("a transaction counts from its frame, not from when it was read", async () => {
  const heard: (number | null)[] = [];
  const told = new EventEmitter();
  const came = once(told, "pending");
  const pendings = createPendings(
    { ...pendingsDefaults, source: "full" },
    {
      clock: { now: () => 1000, monotonic: () => 9 },
      onPending: (transaction) => {
        heard.push(pendings.deliveringSince);
        told.emit("pending", transaction.hash);
      },
    },
  );
  const node = { request: () => Promise.reject(new Error("nothing is asked")) };
  pendings.accept(BODY, node, 5);
  expect(await came).toEqual([BODY.hash]);
  expect(heard).toEqual([5]);
  expect(pendings.deliveringSince).toBeNull();
});
