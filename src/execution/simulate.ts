import { decodeErrorResult, encodeFunctionData } from "viem";
import { executorAbi } from "../chain/executorAbi.ts";
import { isMissingMethod } from "../chain/missingMethod.ts";
import { blockOverrides, toQuantity } from "../chain/quantity.ts";
import { RetryableError } from "../lib/errors.ts";
import type { Address, BlockRef, Hash, Hex, PendingTransaction } from "../chain/types.ts";
import { decodeRealised, type Realised } from "./calldata.ts";
import { parseAddressWord, parseQuantity, parseSimulation, revertDataOf, type Rpc } from "./chainAnswers.ts";
import { decodeExecutorError } from "./executorError.ts";

/** What one plan would do in one block. */
export type Simulation =
  | { readonly type: "ok"; readonly gasUsed: bigint; readonly realised: readonly Realised[] }
  | { readonly type: "revert"; readonly reason: string }
  /** One of those before it reverts; which. */
  | { readonly type: "triggerReverts"; readonly hash: Hash }
  | { readonly type: "unavailable"; readonly reason: string };

export interface SimulationRequest {
  /** The state to stand on. */
  readonly parent: BlockRef;
  readonly block: number;
  /** Seconds; the fee of an Algebra pool hangs on it. */
  readonly timestamp: number;
  readonly gas: bigint;
  readonly bases: readonly Address[];
  readonly minProfits: readonly bigint[];
  /** Pending transactions that are executed before it, in order. */
  readonly behind: readonly PendingTransaction[];
  /** The call with these least profits; `anyParent` leaves the parent guard out. */
  encode(minProfits: readonly bigint[], guard: "parent" | "anyParent"): Hex;
}

export interface SimulatorOptions {
  readonly executor: Address;
  /** Who calls the executor: its operator. */
  readonly from: Address;
  readonly timeoutMs: number;
}

export interface Simulator {
  readonly method: "eth_simulateV1" | "eth_call";
  simulate(request: SimulationRequest): Promise<Simulation>;
}

/** More than any profit: with it the executor reverts, and its error says what the cycle would have brought. */
const ASK_FOR_TOO_MUCH = 2n ** 128n - 1n;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message.slice(0, 200) : "error");

/** A failed request as a simulation: revert data means that the call reverts, everything else says nothing. */
function failed(error: unknown): Simulation {
  const data = revertDataOf(error);
  if (data !== null) return { type: "revert", reason: decodeExecutorError(data) };
  return { type: "unavailable", reason: reasonOf(error) };
}

const callOf = ({ from, to, input, value, gas }: PendingTransaction): Record<string, Hex> => ({
  from,
  ...(to === null ? {} : { to }),
  input,
  value: toQuantity(value),
  gas: toQuantity(gas),
});

/** One block of all calls on top of the parent; fees and nonces are not checked in it. */
async function simulateV1(
  rpc: Rpc,
  options: SimulatorOptions,
  request: SimulationRequest,
): Promise<Simulation> {
  const call = {
    from: options.from,
    to: options.executor,
    input: request.encode(request.minProfits, "parent"),
    gas: toQuantity(request.gas),
  };
  const { behind } = request;
  const calls = [...behind.map(callOf), call];
  const overrides = blockOverrides(request.block, request.timestamp);
  const payload = { blockStateCalls: [{ blockOverrides: overrides, calls }], validation: false };
  try {
    const answer = await rpc.request(
      "eth_simulateV1",
      [payload, { blockHash: request.parent.hash }],
      options,
    );
    const { before, last } = parseSimulation(answer, options.executor, calls.length);
    const failing = before.findIndex((status) => status !== 1);
    if (failing !== -1) return { type: "triggerReverts", hash: behind[failing]?.hash ?? "0x" };
    const { status, gasUsed, returnData, logs } = last;
    if (status !== 1) return { type: "revert", reason: decodeExecutorError(returnData) };
    return { type: "ok", gasUsed, realised: decodeRealised(logs, options.executor) };
  } catch (error) {
    return failed(error);
  }
}

/** What cycle `index` brings: asked for more than it can, the executor reverts and names its profit. */
async function measureProfit(
  call: (data: Hex) => Promise<unknown>,
  request: SimulationRequest,
  index: number,
): Promise<bigint | null> {
  const asked = request.minProfits.map((least, i) => (i === index ? ASK_FOR_TOO_MUCH : least));
  try {
    await call(request.encode(asked, "parent"));
    return null;
  } catch (error) {
    const data = revertDataOf(error);
    if (data === null) throw error;
    const decoded = decodeErrorResult({ abi: executorAbi, data });
    if (decoded.errorName !== "ProfitBelowMinimum" || decoded.args[0] !== BigInt(index)) return null;
    return decoded.args[1];
  }
}

/**
 * The same answer from `eth_call` and `eth_estimateGas`, for nodes without `eth_simulateV1`; not behind pending
 * transactions: each of these methods runs one call on a block's own state, they cannot be stacked.
 */
async function simulateByCalls(
  rpc: Rpc,
  options: SimulatorOptions,
  request: SimulationRequest,
): Promise<Simulation> {
  if (request.behind.length > 0) return { type: "unavailable", reason: "eth_call cannot stack transactions" };
  const { executor: to, from } = options;
  const gas = toQuantity(request.gas);
  const block = { blockHash: request.parent.hash };
  const overrides = blockOverrides(request.block, request.timestamp);
  const call = (input: Hex): Promise<unknown> =>
    rpc.request("eth_call", [{ from, to, input, gas }, block, {}, overrides], options);
  try {
    await call(request.encode(request.minProfits, "parent"));
    const profits = await Promise.all(request.minProfits.map((_, i) => measureProfit(call, request, i)));
    const realised = request.bases.map((base, i) => ({ base, profit: profits[i] ?? -1n }));
    // Its block is the parent itself, where the parent guard would not hold.
    const input = request.encode(request.minProfits, "anyParent");
    const estimate = await rpc.request(
      "eth_estimateGas",
      [{ from, to, input }, toQuantity(request.parent.number)],
      options,
    );
    return { type: "ok", gasUsed: parseQuantity(estimate), realised };
  } catch (error) {
    return failed(error);
  }
}

/**
 * Whether the node knows `eth_simulateV1`: it says so by another complaint than "method not found". A node that does
 * not answer has said nothing: that is thrown.
 */
async function knowsSimulateV1(rpc: Rpc, timeoutMs: number): Promise<boolean> {
  try {
    await rpc.request("eth_simulateV1", [], { timeoutMs });
    return true;
  } catch (error) {
    if (error instanceof RetryableError) throw error;
    return !isMissingMethod(error);
  }
}

/** Probes the node once and takes the best way it offers. Rejects with `RetryableError` when it does not answer. */
export async function createSimulator(options: SimulatorOptions, rpc: Rpc): Promise<Simulator> {
  const method = (await knowsSimulateV1(rpc, options.timeoutMs)) ? "eth_simulateV1" : "eth_call";
  const run = method === "eth_simulateV1" ? simulateV1 : simulateByCalls;
  return { method, simulate: (request) => run(rpc, options, request) };
}

async function readAddress(
  rpc: Rpc,
  executor: Address,
  functionName: "operator" | "treasury",
  timeoutMs: number,
): Promise<Address> {
  const data = encodeFunctionData({ abi: executorAbi, functionName });
  return parseAddressWord(
    await rpc.request("eth_call", [{ to: executor, input: data }, "latest"], { timeoutMs }),
  );
}

/** The address that may call the executor. Throws when there is no executor at the address. */
export const readOperator = (rpc: Rpc, executor: Address, timeoutMs: number): Promise<Address> =>
  readAddress(rpc, executor, "operator", timeoutMs);

/** The address that every profit goes to, for good. Throws as `readOperator`. */
export const readTreasury = (rpc: Rpc, executor: Address, timeoutMs: number): Promise<Address> =>
  readAddress(rpc, executor, "treasury", timeoutMs);
