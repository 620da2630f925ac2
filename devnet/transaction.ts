import { keccak256, parseTransaction, recoverTransactionAddress } from "viem";
import type { TransactionSerialized } from "viem";
import type { Address, Hash, Hex } from "../src/chain/types.ts";
import { HexText, lowerHex, quantity, toHash } from "./hex.ts";
import { RpcError } from "./rpc.ts";
import { CHAIN_ID } from "./signing.ts";

/** A signed transaction as the local node holds it; fees in wei. */
export interface SignedTransaction {
  readonly raw: Hex;
  readonly hash: Hash;
  readonly from: Address;
  readonly to: Address | null;
  readonly nonce: number;
  readonly gas: bigint;
  readonly value: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** As `eth_getTransactionByHash` shows it while it is pending. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What the producer earns a unit of gas; negative when the base fee is not covered. */
export const effectiveTip = (tx: SignedTransaction, baseFee: bigint): bigint => {
  const room = tx.maxFeePerGas - baseFee;
  return room < tx.maxPriorityFeePerGas ? room : tx.maxPriorityFeePerGas;
};

const TYPE_NUMBERS: Readonly<Record<string, Hex>> = { legacy: "0x0", eip2930: "0x1", eip1559: "0x2" };

const refuse = (reason: string): RpcError => new RpcError(-32000, reason);

type Parsed = ReturnType<typeof parseTransaction>;

const isSerialized = (raw: Hex): raw is TransactionSerialized => raw.length > 2;

function parse(raw: Hex): Parsed {
  if (!isSerialized(raw)) throw refuse("typed transaction too short");
  try {
    return parseTransaction(raw);
  } catch (error) {
    throw refuse(`rlp: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : "malformed"}`);
  }
}

interface Feeless {
  readonly raw: Hex;
  readonly hash: Hash;
  readonly from: Address;
  readonly type: Hex;
}

const shortQuantity = (value: Hex | undefined): Hex => quantity(BigInt(value ?? "0x0"));

function bodyOf(tx: Parsed, { hash, from, type }: Feeless, fees: Record<string, Hex>) {
  return {
    blockHash: null,
    blockNumber: null,
    transactionIndex: null,
    hash,
    from,
    type,
    chainId: quantity(CHAIN_ID),
    nonce: quantity(tx.nonce ?? 0),
    to: tx.to === undefined || tx.to === null ? null : lowerHex(tx.to),
    value: quantity(tx.value ?? 0n),
    gas: quantity(tx.gas ?? 0n),
    input: tx.data ?? "0x",
    ...fees,
    // A typed transaction's `v` is its parity, as geth has it; viem reads 27 or 28.
    ...(type === "0x0"
      ? { v: quantity(tx.v ?? 0n) }
      : {
          accessList: tx.accessList ?? [],
          yParity: quantity(tx.yParity ?? 0),
          v: quantity(tx.yParity ?? 0),
        }),
    r: shortQuantity(tx.r),
    s: shortQuantity(tx.s),
  };
}

/** Reads a raw transaction of type 0, 1 or 2 for this chain and recovers its sender; throws `RpcError` otherwise. */
export async function readTransaction(input: unknown): Promise<SignedTransaction> {
  const text = HexText.safeParse(input);
  if (!text.success) throw new RpcError(-32602, "invalid argument 0: a raw transaction is hex");
  const raw = text.data;
  const tx = parse(raw);
  const type = tx.type === undefined ? undefined : TYPE_NUMBERS[tx.type];
  if (type === undefined) throw refuse("transaction type not supported");
  if (tx.r === undefined || tx.s === undefined) throw refuse("invalid sender: transaction is not signed");
  if (tx.chainId !== CHAIN_ID) {
    throw refuse(`invalid sender: invalid chain id for signer: have ${tx.chainId ?? 0} want ${CHAIN_ID}`);
  }
  if (!isSerialized(raw)) throw refuse("typed transaction too short");
  const from = lowerHex(await recoverTransactionAddress({ serializedTransaction: raw }));
  const cap = tx.maxFeePerGas ?? tx.gasPrice ?? 0n;
  const tip = tx.maxPriorityFeePerGas ?? tx.gasPrice ?? 0n;
  if (tip > cap) throw refuse("max priority fee per gas higher than max fee per gas");
  const fees: Record<string, Hex> =
    tx.type === "eip1559"
      ? { gasPrice: quantity(cap), maxFeePerGas: quantity(cap), maxPriorityFeePerGas: quantity(tip) }
      : { gasPrice: quantity(cap) };
  const known = { raw, hash: toHash(keccak256(raw)), from, type };
  return {
    raw,
    hash: known.hash,
    from,
    to: tx.to === undefined || tx.to === null ? null : lowerHex(tx.to),
    nonce: tx.nonce ?? 0,
    gas: tx.gas ?? 0n,
    value: tx.value ?? 0n,
    maxFeePerGas: cap,
    maxPriorityFeePerGas: tip,
    body: bodyOf(tx, known, fees),
  };
}
