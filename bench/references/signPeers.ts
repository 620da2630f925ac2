import { encodeFunctionData } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { executorAbi } from "../../src/chain/executorAbi.ts";
import type { Address, Hash, Hex, PoolKind } from "../../src/chain/types.ts";
import { loadFlashbots } from "./flashbotsLibrary.ts";
import type { UnsignedTransaction } from "../../src/execution/signer.ts";

/** One cycle as the executor takes it; amounts in raw units of `base`. */
export interface ExecuteCall {
  readonly base: Address;
  readonly amountIn: bigint;
  readonly minProfit: bigint;
  readonly hops: readonly ExecuteHop[];
  readonly maxBlock: bigint;
  readonly parentHash: Hash;
}

export interface ExecuteHop {
  readonly kind: PoolKind;
  readonly pool: Address;
  readonly zeroForOne: boolean;
  /** Parts per million; 0 unless `kind` is `v2`. */
  readonly feePpm: number;
  readonly tokenOut: Address;
}

const KIND_CODE: Readonly<Record<PoolKind, number>> = { v2: 0, v3: 1, algebra: 2 };

const cyclesOf = ({ base, amountIn, minProfit, hops }: ExecuteCall) => [
  { base, amountIn, minProfit, hops: hops.map((hop) => ({ ...hop, kind: KIND_CODE[hop.kind] })) },
];

/** Calldata of the executor's `execute` by viem's `encodeFunctionData`. */
export const viemCalldata = (call: ExecuteCall): Hex =>
  encodeFunctionData({
    abi: executorAbi,
    functionName: "execute",
    args: [cyclesOf(call), call.maxBlock, call.parentHash],
  });

/** The same by ethers' `Interface.encodeFunctionData`. */
export function createEthersEncoder(): (call: ExecuteCall) => string {
  const { Interface } = loadFlashbots().ethers;
  const executor = new Interface(executorAbi);
  return (call) => executor.encodeFunctionData("execute", [cyclesOf(call), call.maxBlock, call.parentHash]);
}

export type TransactionSigner<Raw extends string = string> = (
  transaction: UnsignedTransaction,
) => Promise<Raw>;

/** EIP-1559 serialisation and signature by a viem account. */
export function createViemSigner(privateKey: Hex): TransactionSigner<Hex> {
  const account = privateKeyToAccount(privateKey);
  return (transaction) => account.signTransaction({ type: "eip1559", ...transaction });
}

/** The same by an ethers wallet. */
export function createEthersSigner(privateKey: Hex): TransactionSigner {
  const wallet = new (loadFlashbots().ethers.Wallet)(privateKey);
  return ({ gas, ...transaction }) => wallet.signTransaction({ type: 2, gasLimit: gas, ...transaction });
}
