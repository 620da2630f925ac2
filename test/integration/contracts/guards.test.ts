import { encodeFunctionData, getAddress, parseAbi, toFunctionSelector } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { executorAbi } from "../../../src/chain/executorAbi.ts";
import type { Address, Hex } from "../../../src/chain/types.ts";
import { theftBy } from "../../support/contractsAttack.ts";
import { E18, TREASURY } from "../../support/contractsMarket.ts";
import { encode, startStage } from "../../support/contractsStage.ts";
import type { Stage } from "../../support/contractsStage.ts";

let stage: Stage;
let snapshot: unknown;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(async () => stage?.stop());
beforeEach(async () => {
  snapshot = await stage.snapshot();
});
afterEach(async () => stage.restore(snapshot));

/** 21,000 and the floor price of this calldata (EIP-7623); the guards themselves cost a few hundred. */
const GUARD_GAS = 35_000n;
const ZERO: Address = `0x${"00".repeat(20)}`;
const paying = async () => stage.price("a", ["v2High", "v2Low"]);
const sweep = (token: Address): Hex =>
  encodeFunctionData({ abi: executorAbi, functionName: "sweep", args: [token] });

describe("the last block", () => {
  test("is the last in which a plan runs", async () => {
    const { number } = await stage.head();
    const mined = await stage.execute([await paying()], { maxBlock: number + 1n });
    expect(mined.error).toBe("");
    expect(mined.blockNumber).toBe(number + 1n);
  });

  test("passed, the plan reverts before it costs much", async () => {
    const { number } = await stage.head();
    const mined = await stage.execute([await paying()], { maxBlock: number });
    expect(mined.error).toBe(`TooLate(${number + 1n}, ${number})`);
    expect(mined.gasUsed).toBeLessThan(GUARD_GAS);
  });
});

describe("the parent block", () => {
  test("is the one that the plan follows", async () => {
    const { hash } = await stage.head();
    expect((await stage.execute([await paying()], { parentHash: hash })).error).toBe("");
  });

  test("is another one: the plan reverts before it costs much", async () => {
    const old = await stage.head();
    await stage.rpc("evm_mine");
    const { hash } = await stage.head();
    const mined = await stage.execute([await paying()], { parentHash: old.hash });
    expect(mined.error).toBe(`ParentChanged(${hash}, ${old.hash})`);
    expect(mined.gasUsed).toBeLessThan(GUARD_GAS);
  });

  test("has the same height on another branch: the plan reverts", async () => {
    const { hash } = await stage.head();
    const otherBranch: Hex = `0x${(BigInt(hash) ^ 1n).toString(16).padStart(64, "0")}`;
    const mined = await stage.execute([await paying()], { parentHash: otherBranch });
    expect(mined.error).toBe(`ParentChanged(${hash}, ${otherBranch})`);
  });
});

const functionNames = (views: boolean): readonly string[] =>
  executorAbi
    .filter((item) => item.type === "function")
    .filter(({ stateMutability }) => (stateMutability === "view") === views)
    .map(({ name }) => name)
    .toSorted();

describe("every function of the contract", () => {
  const GATES = {
    algebraSwapCallback: "UnexpectedCallback",
    execute: "NotOperator",
    sweep: "NotOwner",
    uniswapV2Call: "UnexpectedCallback",
    uniswapV3SwapCallback: "UnexpectedCallback",
  };

  test("is a view of the three addresses or stands behind a gate", () => {
    expect(functionNames(true)).toEqual(["operator", "owner", "treasury"]);
    expect(functionNames(false)).toEqual(Object.keys(GATES));
  });

  test("refuses a stranger by name", async () => {
    const { a } = stage.tokens;
    const calls: Readonly<Record<keyof typeof GATES, Hex>> = {
      algebraSwapCallback: theftBy("algebraSwapCallback", a, stage.executor),
      execute: encode([await paying()]),
      sweep: sweep(a),
      uniswapV2Call: theftBy("uniswapV2Call", a, stage.executor),
      uniswapV3SwapCallback: theftBy("uniswapV3SwapCallback", a, stage.executor),
    };
    for (const [name, gate] of Object.entries(GATES)) {
      const data = Object.entries(calls).find(([call]) => call === name)?.[1] ?? "0x";
      const mined = await stage.send(stage.stranger, stage.executor, data);
      expect(mined.error).toBe(`${gate}(${stage.stranger})`);
    }
  });

  test("takes no coins", async () => {
    const value = "0x1";
    for (const data of ["0x", encode([await paying()]), sweep(stage.tokens.a)]) {
      const call = { from: stage.operator, to: stage.executor, data, value };
      await expect(stage.rpc("eth_call", [call, "latest"])).rejects.toThrow(/revert/);
    }
  });

  test("other lenders' callbacks do not exist", async () => {
    const foreign = parseAbi([
      "function pancakeCall(address, uint256, uint256, bytes)",
      "function pancakeV3SwapCallback(int256, int256, bytes)",
      "function uniswapV3FlashCallback(uint256, uint256, bytes)",
      "function algebraFlashCallback(uint256, uint256, bytes)",
      "function uniswapV3MintCallback(uint256, uint256, bytes)",
      "function executeOperation(address, uint256, uint256, address, bytes)",
      "function receiveFlashLoan(address[], uint256[], uint256[], bytes)",
      "function onMorphoFlashLoan(uint256, bytes)",
      "function onFlashLoan(address, address, uint256, uint256, bytes)",
      "function callFunction(address, (address, uint256), bytes)",
      "function unlockCallback(bytes)",
      "function DVMFlashLoanCall(address, uint256, uint256, bytes)",
    ]);
    const code = await stage.code(stage.executor);
    for (const item of foreign) {
      const selector = toFunctionSelector(item);
      const data: Hex = `${selector}${"00".repeat(320)}`;
      expect((await stage.send(stage.stranger, stage.executor, data)).error).toBe(
        "reverted without a reason",
      );
      expect(code).not.toContain(`63${selector.slice(2)}`);
    }
  });
});

describe("roles", () => {
  test("are what the constructor was told, and none is nobody", async () => {
    expect(await stage.read(stage.executor, executorAbi, "owner")).toBe(getAddress(stage.owner));
    expect(await stage.read(stage.executor, executorAbi, "operator")).toBe(getAddress(stage.operator));
    expect(await stage.read(stage.executor, executorAbi, "treasury")).toBe(getAddress(TREASURY));
    for (const nobody of [0, 1, 2]) {
      const args = [stage.owner, TREASURY, stage.operator].map((who, i) => (i === nobody ? ZERO : who));
      await expect(stage.deploy(stage.artifact("ArbExecutor"), args)).rejects.toThrow("reverted");
    }
  });

  test("the owner cannot run plans, the operator cannot sweep", async () => {
    const { a } = stage.tokens;
    expect((await stage.execute([await paying()], { from: stage.owner })).error).toBe(
      `NotOperator(${stage.owner})`,
    );
    expect((await stage.send(stage.operator, stage.executor, sweep(a))).error).toBe(
      `NotOwner(${stage.operator})`,
    );
  });

  test("the owner's sweep goes to the treasury, whole, and only there", async () => {
    const { a } = stage.tokens;
    const silent = await stage.makeToken("SilentToken");
    for (const token of [a, silent]) {
      await stage.mint(token, stage.executor, 3n * E18);
      expect((await stage.send(stage.owner, stage.executor, sweep(token))).error).toBe("");
      expect(await stage.balance(token, stage.executor)).toBe(0n);
      expect(await stage.balance(token, TREASURY)).toBe(3n * E18);
    }
  });
});

test("a cycle of less than two hops, or of an unknown family, is no cycle", async () => {
  const { a } = stage.tokens;
  const hop = { kind: 0, pool: stage.pools.v2Low.address, zeroForOne: true, feePpm: 3000, tokenOut: a };
  const run = async (hops: readonly (typeof hop)[]): Promise<string> => {
    const cycle = { base: a, amountIn: E18, minProfit: 0n, hops };
    const data = encodeFunctionData({
      abi: executorAbi,
      functionName: "execute",
      args: [[cycle], 1_000_000n, `0x${"00".repeat(32)}`],
    });
    return (await stage.send(stage.operator, stage.executor, data)).error;
  };
  expect(await run([])).toBe("CycleTooShort(0)");
  expect(await run([hop])).toBe("CycleTooShort(0)");
  expect(await run([{ ...hop, kind: 3 }, hop])).not.toBe("");
});
