import { expect, test } from "vitest";
import type { Hex } from "../../../src/chain/types.ts";
import { createMulticall } from "../../../src/feed/pools/multicall.ts";
import { RpcError } from "../../../src/feed/rpcError.ts";
import { RetryableError } from "../../../src/lib/errors.ts";
import { addressOf, genesis } from "../../support/marketBlocks.ts";

const word = (value: number): string => value.toString(16).padStart(64, "0");
/** What aggregate3 answers to one call that gives the word 7. */
const ANSWER: Hex = `0x${[32, 1, 32, 1, 64, 32, 7].map(word).join("")}`;
const SEVEN: Hex = `0x${word(7)}`;

/** Reads 100 calls, one a request, three at once, from a node whose request number n is answered by `answer(n)`. */
async function read100(answer: (n: number) => unknown) {
  let requests = 0;
  const rpc = { request: async () => answer(++requests) };
  const options = {
    multicall3: addressOf(1),
    maxAnswerBytes: 1,
    concurrency: 3,
    timeoutMs: 1000,
    retryMs: 1,
  };
  const calls = Array.from(
    { length: 100 },
    (_, n) => ({ target: addressOf(n), data: "0x00", answerBytes: 32 }) as const,
  );
  const reading = createMulticall(options, rpc)(calls, genesis.hash);
  const results = await reading.catch((error: unknown) => error);
  return { results, requests: () => requests };
}

const limited = (): never => {
  throw new RpcError("eth_call", -32005, "rate limit exceeded", undefined);
};

test("a node that is asked too fast is asked again", async () => {
  const { results } = await read100((n) => (n % 3 === 0 ? limited() : ANSWER));
  expect(results).toEqual(Array.from({ length: 100 }, () => SEVEN));
});

test("one that goes on refusing ends the reading, and nothing more is asked", async () => {
  const { results, requests } = await read100(limited);
  expect(results).toBeInstanceOf(RpcError);
  expect(requests()).toBeLessThanOrEqual(12);
});

test("a lost connection ends it at once", async () => {
  const { results, requests } = await read100(() => {
    throw new RetryableError("disconnected", "gone");
  });
  expect(results).toMatchObject({ code: "disconnected" });
  expect(requests()).toBeLessThanOrEqual(3);
});
