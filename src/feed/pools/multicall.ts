import { setTimeout as sleep } from "node:timers/promises";
import type { Address, Hash, Hex } from "../../chain/types.ts";
import { RetryableError } from "../../lib/errors.ts";
import { RpcError } from "../rpcError.ts";
import { decodeAggregate3, encodeAggregate3 } from "./aggregate3.ts";
import type { Rpc } from "./rpcPort.ts";

/** One read-only call; `answerBytes` is how large its answer may be (padded words), used to size the chunks. */
export interface ReadCall {
  readonly target: Address;
  readonly data: Hex;
  readonly answerBytes: number;
}

/** Answers in the order of the calls; null where the call reverted or the target has no code. */
export type ReadCalls = (calls: readonly ReadCall[], blockHash: Hash) => Promise<readonly (Hex | null)[]>;

export interface MulticallOptions {
  readonly multicall3: Address;
  /** Bor's default `rpc.returndatalimit` is 100 kB: stay below it. */
  readonly maxAnswerBytes: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** First wait after a refusal or a time-out; it doubles. Default 200. */
  readonly retryMs?: number;
}

/** A large market takes a thousand requests: one that is refused for its haste must not cost all the others. */
const TRIES = 4;

/** ABI overhead of one result: two offsets, the flag, the length. */
const OVERHEAD_BYTES = 160;
const HEX = /^0x(?:[0-9a-fA-F]{2})*$/;

/**
 * Batches reads through Multicall3 at one pinned block (EIP-1898), in chunks that the node will answer. Rejects with
 * `RetryableError` or `RpcError` when a chunk stays without an answer.
 */
export function createMulticall(options: MulticallOptions, rpc: Rpc): ReadCalls {
  const readChunk = async (calls: readonly ReadCall[], blockHash: Hash): Promise<readonly (Hex | null)[]> => {
    const request = [{ to: options.multicall3, data: encodeAggregate3(calls) }, { blockHash }];
    const answer = await rpc.request("eth_call", request, { timeoutMs: options.timeoutMs });
    if (typeof answer !== "string" || !HEX.test(answer) || answer === "0x") {
      throw new RetryableError("multicall", `no multicall contract answers at ${options.multicall3}`);
    }
    const results = decodeAggregate3(answer);
    if (results?.length !== calls.length) {
      throw new RetryableError(
        "multicall",
        `${results?.length ?? "unreadable"} answers to ${calls.length} calls`,
      );
    }
    return results;
  };

  const patiently: typeof readChunk = async (calls, blockHash) => {
    for (let tries = 1; ; tries++) {
      try {
        return await readChunk(calls, blockHash);
      } catch (error) {
        if (tries === TRIES || !mayPass(error)) throw error;
        await sleep((options.retryMs ?? 200) * 2 ** (tries - 1));
      }
    }
  };

  return async (calls, blockHash) => {
    const chunks = chunkByBytes(calls, options.maxAnswerBytes);
    const answers: (readonly (Hex | null)[])[] = [];
    let next = 0;
    const lane = async (): Promise<void> => {
      try {
        for (let mine = next++; mine < chunks.length; mine = next++) {
          answers[mine] = await patiently(chunks[mine] ?? [], blockHash);
        }
      } catch (error) {
        // The other lanes would read on for nobody.
        next = chunks.length;
        throw error;
      }
    };
    await Promise.all(Array.from({ length: options.concurrency }, lane));
    return answers.flat();
  };
}

const mayPass = (error: unknown): boolean =>
  error instanceof RpcError || (error instanceof RetryableError && error.code === "timeout");

/** Splits calls so that each chunk's answer stays below `maxBytes`; a single larger call stands alone. */
export function chunkByBytes(calls: readonly ReadCall[], maxBytes: number): readonly (readonly ReadCall[])[] {
  const chunks: ReadCall[][] = [];
  let open: ReadCall[] = [];
  let bytes = 0;
  for (const call of calls) {
    const size = call.answerBytes + OVERHEAD_BYTES;
    if (open.length > 0 && bytes + size > maxBytes) {
      chunks.push(open);
      open = [];
      bytes = 0;
    }
    open.push(call);
    bytes += size;
  }
  if (open.length > 0) chunks.push(open);
  return chunks;
}
