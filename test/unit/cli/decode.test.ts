import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keccak256 } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, describe, expect, test } from "vitest";
import { decode, type DecodeOptions } from "../../../src/cli/decode.ts";
import { ROUTER, swapInput, swapLine, txHash } from "../../support/cliTransactions.ts";
import { A, B, document, v2, V2 } from "../../support/snapshotDocuments.ts";

const folder = mkdtempSync(join(tmpdir(), "decode-"));
afterAll(() => rmSync(folder, { recursive: true }));
const written = (name: string, content: unknown): string => {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
};
const C = "0x3000000000000000000000000000000000000003";
const AC = "0xa000000000000000000000000000000000000003";
const tokens = Object.fromEntries([A, B, C].map((token) => [token, { symbol: token, decimals: 18 }]));
const pools = [v2(), v2({ address: AC, token1: C })];
const snapshot = written("plain.json", document(pools, { tokens }));
const BLOCK_TIME = 1_700_000_000n;

async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The answers to the lines, fed in pieces of `size` bytes. */
const ask = async (text: string, options: DecodeOptions = {}, size = 1 << 16): Promise<unknown[]> => {
  let out = "";
  const output = {
    write: async (answers: string) => {
      out += answers;
    },
  };
  await decode(options, pieces(text, size), output);
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));
};

const swap = { path: [A, B], amountIn: 100n } as const;
const FINE = {
  hash: txHash(1),
  router: ROUTER,
  function: "swapExactTokensForTokens",
  swaps: [
    {
      exact: "in",
      amount: "100",
      limit: "0",
      path: [A, B],
      dex: "quickswap_v2",
      recipient: `0x${"42".repeat(20)}`,
      deadline: "9999999999",
      feeOnTransfer: false,
    },
  ],
};
// 2000 * 100 * 997000 / (1000 * 1000000 + 100 * 997000) = 181.3
const EFFECT = {
  pool: V2,
  tokenIn: A,
  tokenOut: B,
  amountIn: "100",
  amountOut: "181",
  after: { reserve0: "1100", reserve1: "1819" },
};

/** Whether a swap with this deadline is said to revert. */
const isLate = async (deadline: bigint, file: string): Promise<boolean> => {
  const [answer] = await ask(swapLine({ ...swap, deadline }), { snapshot: file });
  return Object(answer)["reverts"] !== undefined;
};

describe("answers", () => {
  test("what a transaction asks for, and with a snapshot what it does", async () => {
    expect(await ask(swapLine(swap))).toEqual([FINE]);
    expect(await ask(swapLine(swap), { snapshot })).toEqual([{ ...FINE, effects: [EFFECT] }]);
  });

  test("each is judged alone", async () => {
    const answers = await ask(`${swapLine(swap)}\n${swapLine(swap)}`, { snapshot });
    expect(answers).toEqual([
      { ...FINE, effects: [EFFECT] },
      { ...FINE, effects: [EFFECT] },
    ]);
  });

  test("what reverts has its reason and no effects", async () => {
    const [answer] = await ask(swapLine({ ...swap, least: 182n }), { snapshot });
    expect(answer).toMatchObject({ effects: [], reverts: expect.stringMatching(/./) });
  });

  test("effects end before a pool that the snapshot lacks", async () => {
    const [answer] = await ask(swapLine({ ...swap, path: [A, B, C] }), { snapshot });
    expect(answer).toMatchObject({ effects: [EFFECT] });
    expect(answer).not.toHaveProperty("reverts");
  });

  test("what a taxed token does is an estimate", async () => {
    const taxed = written(
      "taxed.json",
      document(pools, { tokens: { ...tokens, [B]: { symbol: "B", decimals: 6, taxed: true } } }),
    );
    expect(await ask(swapLine(swap), { snapshot: taxed })).toMatchObject([{ effects: [{ estimate: true }] }]);
  });

  test("deadlines are judged by the block behind the snapshot, and not without its time", async () => {
    const undated = written("undated.json", document(pools, { tokens, blockTime: null }));
    expect(await isLate(BLOCK_TIME, snapshot)).toBe(true);
    expect(await isLate(BLOCK_TIME + 1n, snapshot)).toBe(false);
    expect(await isLate(1n, undated)).toBe(false);
  });

  test("signed bytes read like their fields, with their hash; another chain's are told", async () => {
    const account = privateKeyToAccount(`0x${"11".repeat(32)}`);
    const raw = await account.signTransaction({
      type: "eip1559",
      chainId: 137,
      nonce: 1,
      gas: 21_000n,
      maxFeePerGas: 3n,
      maxPriorityFeePerGas: 2n,
      to: ROUTER,
      data: swapInput(swap),
    });
    const hash = keccak256(raw);
    expect(await ask(JSON.stringify({ raw }))).toEqual([{ ...FINE, hash }]);
    expect(await ask(JSON.stringify({ raw, hash }))).toEqual([{ ...FINE, hash }]);
    expect(await ask(JSON.stringify({ raw }), { chain: 1 })).toEqual([
      { hash, unsupported: "signed for chain 137, not 1" },
    ]);
  });

  test("addresses are taken in any case", async () => {
    const line = swapLine(swap, {
      to: ROUTER.toUpperCase().replace("0X", "0x"),
      from: `0x${"AB".repeat(20)}`,
    });
    expect(await ask(line)).toEqual([FINE]);
  });

  test.for<[string, string]>([
    ["a contract that nobody knows", swapLine(swap, { to: A })],
    ["a creation", swapLine(swap, { to: null })],
    ["a transfer", swapLine(swap, { input: "0x" })],
    ["an unknown function", swapLine(swap, { input: "0x12345678" })],
  ])("%s is unsupported", async ([, line]) => {
    expect(await ask(line)).toEqual([{ hash: txHash(1), unsupported: expect.stringMatching(/./) }]);
  });

  test("in order, however the stream is cut, blank lines left out", async () => {
    const text = [swapLine(swap), "", "nonsense", ` ${swapLine(swap)}\r`].join("\n");
    const whole = await ask(text);
    expect(whole).toMatchObject([FINE, { hash: null, error: {} }, FINE]);
    for (const size of [1, 7, 64]) expect(await ask(text, {}, size)).toEqual(whole);
  });
});

describe("errors, and the stream goes on", () => {
  test.for<[string, string, string | null, string, RegExp]>([
    ["no JSON", "no json", null, "bad_json", /line 1, column 1/],
    ["cut off behind the hash", `{"hash":"${txHash(1)}"`, txHash(1), "bad_json", /cut off/],
    ["an array", "[]", null, "bad_transaction", /expected an object/],
    ["null", "null", null, "bad_transaction", /expected an object/],
    ["an empty object", "{}", null, "bad_transaction", /to: is missing/],
    ["a hash that is a number", swapLine(swap, { hash: 1 }), null, "bad_transaction", /^hash: /],
    ["a short hash", swapLine(swap, { hash: "0x12" }), null, "bad_transaction", /^hash: expected 32 bytes/],
    ["no receiver", swapLine(swap, { to: undefined }), txHash(1), "bad_transaction", /to: is missing/],
    ["a receiver in words", swapLine(swap, { to: "nobody" }), txHash(1), "bad_transaction", /to: expected/],
    ["a sender in words", swapLine(swap, { from: "x" }), txHash(1), "bad_transaction", /from: expected/],
    ["no value", swapLine(swap, { value: undefined }), txHash(1), "bad_transaction", /value: is missing/],
    ["a negative value", swapLine(swap, { value: "-1" }), txHash(1), "bad_transaction", /value: -1 is out/],
    ["a value in hex", swapLine(swap, { value: "0x1" }), txHash(1), "bad_transaction", /value: expected/],
    [
      "a value of 257 bits",
      swapLine(swap, { value: String(2n ** 256n) }),
      txHash(1),
      "bad_transaction",
      /range/,
    ],
    ["no input", swapLine(swap, { input: undefined }), txHash(1), "bad_transaction", /input: is missing/],
    ["an input that is a number", swapLine(swap, { input: 5 }), txHash(1), "bad_transaction", /input: /],
    ["half a byte", swapLine(swap, { input: "0x123" }), txHash(1), "bad_transaction", /even number/],
    [
      "an input of 2 MB",
      swapLine(swap, { input: `0x${"00".repeat(1e6)}` }),
      txHash(1),
      "bad_transaction",
      /input: longer/,
    ],
    ["an input that is a list", swapLine(swap, { input: [] }), txHash(1), "bad_transaction", /input: /],
    ["bytes beside fields", swapLine(swap, { raw: "0x02" }), txHash(1), "bad_transaction", /beside raw/],
    ["malformed bytes", '{"raw":"0x02"}', null, "bad_transaction", /^raw: /],
    ["no bytes", '{"raw":"0x"}', null, "bad_transaction", /^raw: /],
    ["bytes in words", '{"raw":"zz"}', null, "bad_transaction", /^raw: /],
    ["bytes of 2 MB", `{"raw":"0x${"c1".repeat(1e6)}"}`, null, "bad_transaction", /raw: longer/],
    ["brackets", "[".repeat(100_000), null, "bad_json", /deeper than 64/],
    ["five megabytes of x", "x".repeat(5_000_000), null, "bad_json", /1024/],
  ])("%s", async ([, line, hash, code, message]) => {
    const [answer, next, ...rest] = await ask(`${line}\n${swapLine(swap)}\n`);
    expect(answer).toEqual({ hash, error: { code, message: expect.stringMatching(message) } });
    expect([next, ...rest]).toEqual([FINE]);
  });

  test("a hash that is not that of the bytes", async () => {
    const account = privateKeyToAccount(`0x${"11".repeat(32)}`);
    const raw = await account.signTransaction({
      type: "legacy",
      gasPrice: 1n,
      gas: 1n,
      nonce: 0,
      chainId: 137,
    });
    const [answer] = await ask(JSON.stringify({ raw, hash: txHash(1) }));
    expect(answer).toMatchObject({ error: { message: `hash: raw has ${keccak256(raw)}` } });
  });
});

describe("which chain", () => {
  test("the snapshot's, Polygon without one, and never two", async () => {
    const mainnet = written("mainnet.json", document(pools, { tokens, chainId: 1 }));
    // Polygon's router is nobody on Ethereum.
    expect(await ask(swapLine(swap), { snapshot: mainnet })).toMatchObject([
      { unsupported: expect.any(String) },
    ]);
    await expect(ask("", { snapshot: mainnet, chain: 137 })).rejects.toMatchObject({
      exitCode: 65,
      message: expect.stringMatching(/mainnet\.json: chainId: is 1, but --chain says 137/),
    });
    await expect(ask("", { chain: 5 })).rejects.toMatchObject({ exitCode: 64 });
  });
});
