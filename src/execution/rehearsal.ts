import { randomBytes } from "node:crypto";
import { encodeAbiParameters, encodeEventTopics } from "viem";
import { executorAbi } from "../chain/executorAbi.ts";
import { rebuildRaw } from "../chain/rawTransaction.ts";
import type { Address, PendingTransaction, PoolKind } from "../chain/types.ts";
import type { SubmitDecision } from "../engine/decisions.ts";
import { silentLog } from "../lib/log.ts";
import { secret } from "../lib/secret.ts";
import type { Opportunity, Plan, PricedHop } from "../search/opportunity.ts";
import { fromHex, toHex } from "./bytes.ts";
import type { Rpc } from "./chainAnswers.ts";
import { RELAY_PROMISES, type Channel } from "./channels/channel.ts";
import type { ExecutionOptions } from "./context.ts";
import { createExecution } from "./execution.ts";
import type { IntentJournal } from "./journal.ts";
import { createLocalSigner } from "./localSigner.ts";
import type { Primitives } from "./primitives.ts";
import { guardSigner } from "./signer.ts";
import { createSimulator } from "./simulate.ts";

/** Of each kind. Compiled, and mostly warm: 40 ms in all. */
const PLANS = 30;
const KINDS: readonly PoolKind[] = ["v2", "v3", "v2"];
const PROFIT = 10n ** 18n;
const PARENT = { number: 1, hash: `0x${"a5".repeat(32)}` } as const;

const addressOf = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;
const BASE = addressOf(0);
const nothing = (): void => undefined;

const HOPS = KINDS.map((kind, i): PricedHop => {
  const [tokenIn, tokenOut] = [addressOf(i), addressOf((i + 1) % KINDS.length)];
  return { pool: addressOf(16 + i), kind, tokenIn, tokenOut, zeroForOne: true, amountIn: 1n, amountOut: 1n };
});

const OPPORTUNITY: Opportunity = {
  cycle: { id: "rehearsal", base: BASE, hops: HOPS },
  hops: HOPS,
  amountIn: PROFIT,
  amountOut: 2n * PROFIT,
  profit: PROFIT,
  profitNativeFloat: 1,
  marginal: 1,
  verdict: "ok",
};

const SETTLED: SubmitDecision = {
  type: "submit",
  intentId: "rehearsal",
  plan: { trigger: { type: "block", ...PARENT }, opportunities: [OPPORTUNITY] },
  behind: [],
  age: 0,
  parent: PARENT,
  targetBlock: 2,
  targetTimestamp: 2,
  baseFeePerGas: 1n,
  opportunityIds: ["rehearsal"],
  // More than any gas and any least profit take of it.
  net: 10n ** 30n,
  gasCost: 0n,
};

/** A transaction of nobody. */
const UNHASHED: PendingTransaction = {
  hash: "0x",
  from: addressOf(32),
  to: addressOf(33),
  nonce: 0,
  value: 0n,
  gas: 200_000n,
  input: `0x${"5a".repeat(260)}`,
  type: 2,
  gasPrice: null,
  maxFeePerGas: 2n,
  maxPriorityFeePerGas: 1n,
  signed: { chainId: 137, accessList: [], authorizationList: [], yParity: 0, r: 2n ** 255n, s: 2n ** 254n },
};

/** The same plan behind that transaction. */
function backrun({ keccak256 }: Primitives): SubmitDecision {
  const hash = toHex(keccak256.hash(fromHex(rebuildRaw(UNHASHED) ?? "0x")));
  const { opportunities } = SETTLED.plan;
  const plan: Plan = { trigger: { type: "pending", hash }, opportunities };
  return { ...SETTLED, plan, behind: [{ ...UNHASHED, hash }] };
}

/** A node that answers from memory, and lets the plan bring what it promises. */
function madeUpNode(executor: Address): Rpc & { behind: number } {
  const topics = encodeEventTopics({
    abi: executorAbi,
    eventName: "CycleExecuted",
    args: { index: 0n, base: BASE },
  });
  const log = { address: executor, topics, data: encodeAbiParameters([{ type: "uint256" }], [PROFIT]) };
  const call = { status: "0x1", gasUsed: "0x30d40", returnData: "0x", logs: [log] };
  const answers: Readonly<Record<string, unknown>> = {
    eth_getTransactionCount: "0x0",
    eth_getBlockByNumber: { number: "0x1", hash: PARENT.hash, baseFeePerGas: "0x1" },
  };
  const simulation = (): unknown => [
    { calls: [...Array.from({ length: node.behind }, () => ({ status: "0x1" })), call] },
  ];
  const node = {
    /** Transactions before ours in the next simulation. */
    behind: 0,
    request: async (method: string) =>
      await Promise.resolve(method === "eth_simulateV1" ? simulation() : answers[method]),
  };
  return node;
}

const FORGETFUL: IntentJournal = {
  open: nothing,
  signed: nothing,
  submitted: nothing,
  close: nothing,
  openIntents: () => [],
  tailTriggers: () => [],
};

/** Takes nothing. */
const DEAD_END: Channel = {
  name: "rehearsal",
  promises: RELAY_PROMISES,
  send: () => Promise.resolve({ result: "refused", detail: "" }),
  counts: () => ({ accepted: 0, refused: 0, timeout: 0, error: 0 }),
};

/**
 * Made-up plans through an execution of their own, before the first real one: what runs for the first time has to be
 * compiled, and a process's first plan took 6 ms between its decision and the channels; now it takes 0.7. Nothing
 * leaves the process: key, node, journal and channel are all thrown away. `options` are those of the real one.
 * Resolves to the number of plans that came as far as the channel.
 */
export async function rehearse(options: ExecutionOptions, primitives: Primitives): Promise<number> {
  const { chainId, executor, gas, fees, rpcTimeoutMs: timeoutMs } = options;
  const signer = guardSigner(createLocalSigner(secret(randomBytes(32).toString("hex")), primitives), {
    chainId,
    executor,
    txGasCap: gas.txGasCap,
    txFeeCap: fees.txFeeCap,
  });
  const rpc = madeUpNode(executor);
  let arrived = 0;
  const execution = createExecution(options, {
    rpc,
    simulator: await createSimulator({ executor, from: signer.address, timeoutMs }, rpc),
    journal: FORGETFUL,
    clock: { now: () => 0, monotonic: () => 0 },
    log: silentLog,
    live: { signer, keccak256: primitives.keccak256, channels: [DEAD_END] },
    feePpmOf: () => 3000,
    stopped: () => null,
    onOutcome: nothing,
    onTiming: (stage) => {
      if (stage === "sent") arrived++;
    },
  });
  await execution.recover();
  const decisions = [SETTLED, backrun(primitives)];
  for (let i = 0; i < PLANS; i++) {
    for (const decision of decisions) {
      rpc.behind = decision.behind.length;
      await execution.submit(decision);
    }
  }
  return arrived;
}
