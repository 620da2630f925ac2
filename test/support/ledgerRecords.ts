import type {
  FateRecord,
  IntentRecord,
  SignedRecord,
  SubmissionRecord,
} from "../../src/execution/journal.ts";
import type { Address, Hash } from "../../src/chain/types.ts";
import type { GateNumbers } from "../../src/engine/decisions.ts";
import type { JudgedRecord, RegistryRecord, RunRecord } from "../../src/ledger/records.ts";

/** Records as the daemon writes them, with round numbers; a test changes what it is about. */

export const address = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;
export const hash = (n: number): Hash => `0x${n.toString(16).padStart(64, "0")}`;

export const USDC = address(1);
export const WETH = address(2);
export const POL = 10n ** 18n;
/** 2026-01-02 03:04:05 UTC */
export const TIME = Date.UTC(2026, 0, 2, 3, 4, 5);

export const run: RunRecord = {
  mode: "live",
  chainId: 137,
  nativeSymbol: "POL",
  version: "0.1.0",
  time: TIME,
};

export const registry: RegistryRecord = {
  type: "registry",
  tokens: [
    { address: USDC, symbol: "USDC", decimals: 6 },
    { address: WETH, symbol: "WETH", decimals: 18 },
  ],
  pools: [
    { address: address(11), kind: "v2", dex: "quickswap_v2", token0: USDC, token1: WETH },
    { address: address(12), kind: "v3", dex: "uniswap_v3", token0: USDC, token1: WETH },
  ],
};

export const numbers: GateNumbers = {
  profit: 1_500_000n,
  profitNative: 3n * POL,
  gas: 300_000n,
  gasPrice: 40n * 10n ** 9n,
  gasCost: 12n * 10n ** 15n,
  net: 3n * POL - 12n * 10n ** 15n,
  minNet: 10n ** 16n,
};

/** 100 USDC → WETH → USDC that earns 1.5 USDC, worth 3 POL. */
export function judged(id: string, changes: Partial<JudgedRecord["judged"]> = {}): JudgedRecord {
  const hops = [
    {
      pool: address(11),
      kind: "v2" as const,
      tokenIn: USDC,
      tokenOut: WETH,
      zeroForOne: true,
      amountIn: 100_000_000n,
      amountOut: 25n * 10n ** 15n,
    },
    {
      pool: address(12),
      kind: "v3" as const,
      tokenIn: WETH,
      tokenOut: USDC,
      zeroForOne: false,
      amountIn: 25n * 10n ** 15n,
      amountOut: 101_500_000n,
    },
  ];
  return {
    type: "judged",
    trigger: { type: "block", number: 100, hash: hash(100) },
    block: { number: 100, hash: hash(100) },
    time: TIME,
    judged: {
      id,
      code: "submitted",
      detail: "",
      numbers,
      opportunity: {
        cycle: { id: "cycle-1", base: USDC, hops },
        hops,
        amountIn: 100_000_000n,
        amountOut: 101_500_000n,
        profit: 1_500_000n,
        profitNativeFloat: 3e18,
        marginal: 1.0325,
        verdict: "ok",
      },
      ...changes,
    },
  };
}

export const intent = (id: string, changes: Partial<IntentRecord> = {}): IntentRecord => ({
  id,
  trigger: { type: "block", number: 100, hash: hash(100) },
  parent: { number: 100, hash: hash(100) },
  targetBlock: 101,
  opportunityIds: ["opportunity-1"],
  predicted: [{ base: USDC, profit: 1_500_000n }],
  net: numbers.net ?? 0n,
  executor: address(99),
  calldata: "0xabcdef",
  time: TIME,
  ...changes,
});

export const signed = (
  intentId: string,
  nonce: number,
  changes: Partial<SignedRecord> = {},
): SignedRecord => ({
  intentId,
  transactionHash: hash(1_000_000 + nonce),
  rawTransaction: "0x02f8",
  nonce,
  gasLimit: 330_000n,
  maxFeePerGas: 2n ** 96n,
  maxPriorityFeePerGas: 30n * 10n ** 9n,
  bundleId: hash(7),
  merkleRoot: hash(8),
  merkleProof: [hash(9), hash(10)],
  lastBlock: 101,
  atomicOnly: false,
  time: TIME + 1,
  ...changes,
});

export const submission = (intentId: string, changes: Partial<SubmissionRecord> = {}): SubmissionRecord => ({
  intentId,
  channel: "private",
  result: "accepted",
  detail: "",
  micros: 38_000,
  time: TIME + 2,
  ...changes,
});

export const fate = (intentId: string, changes: Partial<FateRecord> = {}): FateRecord => ({
  intentId,
  fate: "included",
  reason: "",
  block: { number: 101, hash: hash(101) },
  transactionHash: hash(1_000_001),
  transactionIndex: 3,
  gasUsed: 250_000n,
  effectiveGasPrice: 40n * 10n ** 9n,
  profits: [{ base: USDC, predicted: 1_500_000n, realised: 1_500_000n }],
  time: TIME + 2_000,
  ...changes,
});
