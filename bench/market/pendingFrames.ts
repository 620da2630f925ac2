import { encodeFunctionData, parseAbi } from "viem";
import type { Address, Hex, PendingTransaction } from "../../src/chain/types.ts";
import { createRandom, type Random } from "./random.ts";

const GWEI = 1_000_000_000n;

const quantity = (value: bigint | number): Hex => `0x${value.toString(16)}`;

/** The body as Bor's `newPendingTransactions` with `true` writes it: geth's keys in geth's order. */
export function pendingBody(transaction: PendingTransaction): string {
  const { hash, from, to, nonce, value, gas, input, type, signed } = transaction;
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = transaction;
  const fees =
    maxFeePerGas === null
      ? { gasPrice: quantity(gasPrice ?? 0n) }
      : {
          gasPrice: quantity(maxFeePerGas),
          maxFeePerGas: quantity(maxFeePerGas),
          maxPriorityFeePerGas: quantity(maxPriorityFeePerGas ?? 0n),
        };
  const parity = signed?.yParity ?? 0;
  const signature =
    type === 0
      ? { chainId: quantity(137), v: quantity(137 * 2 + 35 + parity) }
      : { accessList: [], chainId: quantity(137), v: quantity(parity) };
  return JSON.stringify({
    blockHash: null,
    blockNumber: null,
    from,
    gas: quantity(gas),
    ...fees,
    hash,
    input,
    nonce: quantity(nonce),
    to,
    transactionIndex: null,
    value: quantity(value),
    type: quantity(type),
    ...signature,
    r: quantity(signed?.r ?? 0n),
    s: quantity(signed?.s ?? 0n),
    ...(type === 0 ? {} : { yParity: quantity(parity) }),
  });
}

/** A notification of a subscription, its `result` as text. */
export const notification = (subscription: string, result: string): string =>
  `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${subscription}","result":${result}}}`;

/** All of a transaction but what it calls. Hash and signature are made up. */
export function envelope(
  random: Random,
  from: Address,
  nonce: number,
): Omit<PendingTransaction, "to" | "value" | "input"> {
  return {
    hash: `0x${random.hex(32)}`,
    from,
    nonce,
    // Enough for four hops over many ticks: with less, effects are estimates, and nothing is behind them.
    gas: BigInt(3_000_000 + random.below(200_000)),
    type: 2,
    gasPrice: null,
    maxFeePerGas: 500n * GWEI,
    maxPriorityFeePerGas: BigInt(30 + random.below(40)) * GWEI,
    signed: {
      chainId: 137,
      accessList: [],
      authorizationList: [],
      yParity: random.next() < 0.5 ? 0 : 1,
      r: BigInt(`0x${random.hex(32)}`),
      s: BigInt(`0x${random.hex(31)}`),
    },
  };
}

const ERC20 = parseAbi(["function transfer(address,uint256)", "function approve(address,uint256)"]);

/** What nobody trades on: coins, ERC-20 transfers and approvals, and calls of contracts that we do not know. */
export function createPendingNoise(seed: number, tokens: readonly Address[]): () => PendingTransaction {
  const random = createRandom(seed, "pending noise");
  const contracts = Array.from({ length: 400 }, (): Address => `0x${random.hex(20)}`);
  let nonce = 0;
  return () => {
    const from: Address = `0x${random.hex(20)}`;
    const body = { ...envelope(random, from, nonce++), ...noise(random, tokens, contracts) };
    const legacy = random.next() < 0.2;
    if (!legacy) return body;
    const gasPrice = BigInt(40 + random.below(60)) * GWEI;
    return { ...body, type: 0, gasPrice, maxFeePerGas: null, maxPriorityFeePerGas: null };
  };
}

/** Shares and sizes of calldata by the look of Polygon's blocks: many small calls, a few of kilobytes. */
function noise(
  random: Random,
  tokens: readonly Address[],
  contracts: readonly Address[],
): Pick<PendingTransaction, "to" | "value" | "input"> {
  const kind = random.next();
  const who: Address = `0x${random.hex(20)}`;
  const amount = BigInt(`0x${random.hex(8)}`);
  if (kind < 0.12) return { to: who, value: amount, input: "0x" };
  if (kind < 0.45) {
    const functionName = random.next() < 0.8 ? "transfer" : "approve";
    const input = encodeFunctionData({ abi: ERC20, functionName, args: [who, amount] });
    return { to: tokens[random.below(tokens.length)] ?? who, value: 0n, input };
  }
  const words =
    kind < 0.9 ? 1 + random.below(16) : kind < 0.98 ? 16 + random.below(64) : 80 + random.below(240);
  const to = contracts[Math.floor(random.next() ** 2 * contracts.length)] ?? who;
  const data = Array.from({ length: words }, () => (random.next() < 0.5 ? "0".repeat(64) : random.hex(32)));
  return { to, value: 0n, input: `0x${random.hex(4)}${data.join("")}` };
}
