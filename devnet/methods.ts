import { formatEther } from "viem";
import type { Chain } from "./chain.ts";
import { readConditions } from "./conditions.ts";
import { feeHistory } from "./feeHistory.ts";
import { AddressText, HashText, quantity } from "./hex.ts";
import { OPENLY, PRIVATELY } from "./mempool.ts";
import type { Entry, Pooled } from "./mempool.ts";
import { RpcError } from "./rpc.ts";
import { readTransaction } from "./transaction.ts";

const GWEI = 1_000_000_000n;

/** Bor's default `rpc.txfeecap`, in wei: no transaction may promise more than 1 POL for its gas. */
const FEE_CAP = 10n ** 18n;

type Params = readonly unknown[];
type Method = (params: Params) => unknown;

/** Writes to state that leave pool and blocks alone; what else changes the chain is the devnet's own business. */
const POKES = new Set([
  "anvil_setBalance",
  "anvil_setCode",
  "anvil_setStorageAt",
  "anvil_setNonce",
  "hardhat_setBalance",
  "hardhat_setCode",
  "hardhat_setStorageAt",
  "hardhat_setNonce",
]);

const READ_PREFIXES = ["eth_", "net_", "web3_", "debug_", "trace_", "ots_"];
/** These would go past our pool into anvil's. */
const NEVER = new Set([
  "eth_sendTransaction",
  "eth_sign",
  "eth_sendUnsignedTransaction",
  "eth_sendRawTransactionSync",
]);

const grouped = (pool: readonly Pooled[]): Record<string, Record<string, unknown>> => {
  const bySender: Record<string, Record<string, unknown>> = {};
  for (const { tx, isPrivate } of pool) {
    if (isPrivate) continue;
    (bySender[tx.from] ??= {})[String(tx.nonce)] = tx.body;
  }
  return bySender;
};

/** The node's own methods; all other reads go to anvil unchanged. */
export function createMethods(
  chain: Chain,
  clientVersion: string,
): (method: string, params: Params) => Promise<unknown> {
  const send = async (params: Params, entry: Entry): Promise<string> => {
    const tx = await readTransaction(params[0]);
    if (tx.gas * tx.maxFeePerGas > FEE_CAP) {
      const fee = formatEther(tx.gas * tx.maxFeePerGas);
      throw new RpcError(-32000, `tx fee (${fee} ether) exceeds the configured cap (1.00 ether)`);
    }
    await chain.submit(tx, entry);
    return tx.hash;
  };
  /** A pending transaction that clients may see. */
  const visible = (params: Params): Pooled | undefined => {
    const pooled = chain.pooled(HashText.parse(params[0]));
    return pooled?.isPrivate === false ? pooled : undefined;
  };
  const visiblePool = (): readonly Pooled[] => chain.allPooled().filter(({ isPrivate }) => !isPrivate);

  const methods: Readonly<Record<string, Method>> = {
    web3_clientVersion: () => clientVersion,
    eth_sendRawTransaction: (params) => send(params, OPENLY),
    eth_sendRawTransactionPrivate: (params) => send(params, PRIVATELY),
    // Not gossiped either: it serves only who sends it to a producer.
    bor_sendRawTransactionConditional: (params) =>
      send(params, { isPrivate: true, conditions: readConditions(params[1]) }),
    eth_getTransactionByHash: (params) =>
      visible(params)?.tx.body ?? chain.read("eth_getTransactionByHash", params),
    eth_getRawTransactionByHash: (params) =>
      visible(params)?.tx.raw ?? chain.read("eth_getRawTransactionByHash", params),
    eth_getTransactionCount: async (params) =>
      params[1] === "pending"
        ? quantity(await chain.pendingNonce(AddressText.parse(params[0])))
        : chain.read("eth_getTransactionCount", params),
    // Bor's floor is 25 gwei, its documentation asks for 30.
    eth_maxPriorityFeePerGas: () => quantity(30n * GWEI),
    eth_feeHistory: (params) => feeHistory(chain.blocks(), chain.nextBaseFee(), params),
    eth_gasPrice: () => quantity(30n * GWEI + chain.head().baseFeePerGas),
    txpool_status: () => ({ pending: quantity(visiblePool().length), queued: "0x0" }),
    txpool_contentFrom: ([sender]) => ({
      pending: grouped(visiblePool())[AddressText.parse(sender)] ?? {},
      queued: {},
    }),
    txpool_content: () => ({ pending: grouped(visiblePool()), queued: {} }),
  };

  return async (method, params) => {
    const own = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (own !== undefined) return own(params);
    if (POKES.has(method)) return chain.poke(method, params);
    const isRead = READ_PREFIXES.some((prefix) => method.startsWith(prefix)) && !NEVER.has(method);
    if (!isRead) throw new RpcError(-32601, `the method ${method} does not exist/is not available`);
    return chain.read(method, params);
  };
}
