import { toQuantity } from "../chain/quantity.ts";
import type { BlockHeader, Hash } from "../chain/types.ts";
import { RetryableError } from "../lib/errors.ts";
import { parseHeader } from "./parse.ts";
import type { RpcRequest } from "./rpcConnection.ts";

/** Anything that can ask the node. */
export interface Asking {
  readonly request: RpcRequest;
}

export async function latestHeader(node: Asking, timeoutMs?: number): Promise<BlockHeader> {
  const options = timeoutMs === undefined ? {} : { timeoutMs };
  const header = parseHeader(await node.request("eth_getBlockByNumber", ["latest", false], options));
  if (header === null) throw unusable("latest");
  return header;
}

/** Null: the node does not know the block. */
export async function headerByHash(node: Asking, hash: Hash): Promise<BlockHeader | null> {
  const answer = await node.request("eth_getBlockByHash", [hash, false]);
  if (answer === null) return null;
  const header = parseHeader(answer);
  if (header === null || header.hash !== hash) throw unusable(hash);
  return header;
}

/** Null: the node's chain is not that high. */
export async function headerByNumber(node: Asking, number: number): Promise<BlockHeader | null> {
  const answer = await node.request("eth_getBlockByNumber", [toQuantity(number), false]);
  if (answer === null) return null;
  const header = parseHeader(answer);
  if (header === null || header.number !== number) throw unusable(String(number));
  return header;
}

const unusable = (block: string): RetryableError =>
  new RetryableError("bad_answer", `the node's header of block ${block} cannot be read`);
