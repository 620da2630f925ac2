import { array, assert, boolean, property, record, tuple, uint8Array } from "fast-check";
import { bytesToHex, encodeAbiParameters, encodeFunctionData, parseAbi, parseAbiParameters } from "viem";
import { expect, test } from "vitest";
import type { Address } from "../../../src/chain/types.ts";
import { decodeAggregate3, encodeAggregate3 } from "../../../src/feed/pools/aggregate3.ts";
import { chunkByBytes } from "../../../src/feed/pools/multicall.ts";
import { ticksOfWord } from "../../../src/feed/pools/readStates.ts";

const ABI = parseAbi(["function aggregate3((address target, bool allowFailure, bytes callData)[] calls)"]);
const RESULT = parseAbiParameters("(bool success, bytes returnData)[]");

const bytes = uint8Array({ maxLength: 100 }).map((value) => bytesToHex(value));
const address = uint8Array({ minLength: 20, maxLength: 20 }).map((value): Address => bytesToHex(value));

const word = (value: number): string => value.toString(16).padStart(64, "0");

test("calldata is viem's", () => {
  assert(
    property(array(record({ target: address, data: bytes }), { maxLength: 8 }), (calls) => {
      const args = [
        calls.map(({ target, data: callData }) => ({ target, allowFailure: true, callData })),
      ] as const;
      expect(encodeAggregate3(calls)).toBe(
        encodeFunctionData({ abi: ABI, functionName: "aggregate3", args }),
      );
    }),
  );
});

test("answers are read as viem wrote them; failed and empty ones are null", () => {
  assert(
    property(array(tuple(boolean(), bytes), { maxLength: 8 }), (results) => {
      const answer = encodeAbiParameters(RESULT, [
        results.map(([success, returnData]) => ({ success, returnData })),
      ]);
      const expected = results.map(([success, data]) => (success && data !== "0x" ? data : null));
      expect(decodeAggregate3(answer)).toEqual(expected);
    }),
  );
});

test("garbage is told from an answer", () => {
  expect(decodeAggregate3("0x")).toBeNull();
  expect(decodeAggregate3(`0x${"f".repeat(640)}`)).toBeNull();
  expect(decodeAggregate3(`0x${word(32)}${word(1)}${word(32)}${word(1)}${word(64)}${word(9999)}`)).toBeNull();
});

test("chunks stay below the node's limit and lose no call", () => {
  const calls = Array.from({ length: 1000 }, (_, i) => ({
    target: `0x${i.toString(16).padStart(40, "0")}` as const,
    data: "0x" as const,
    answerBytes: 32 + (i % 7) * 32,
  }));
  const chunks = chunkByBytes(calls, 10_000);
  expect(chunks.flat()).toEqual(calls);
  for (const chunk of chunks) {
    expect(chunk.reduce((sum, { answerBytes }) => sum + answerBytes + 160, 0)).toBeLessThanOrEqual(10_000);
  }
});

test("a bitmap word names its ticks, below zero too", () => {
  expect(ticksOfWord(0b101n, 0, 60)).toEqual([0, 120]);
  expect(ticksOfWord(1n << 255n, -1, 10)).toEqual([-10]);
  expect(ticksOfWord(0n, 5, 1)).toEqual([]);
});
