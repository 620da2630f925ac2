import { estimateGas } from "../chain/gasModel.ts";
import type { Address, BlockHeader, BlockRef, Hex } from "../chain/types.ts";
import type { SubmitDecision } from "../engine/decisions.ts";
import { maxBigint } from "../lib/bigint.ts";
import { checkFirstNonce, NONCE_NOT_ANSWERED, proveBehind } from "./behind.ts";
import type { TriggerTransaction } from "./bundle.ts";
import { encodePlan, type PlanEncoding } from "./calldata.ts";
import { chargedGas } from "./gas.ts";
import type { Keccak256 } from "./keccak256.ts";
import { price, type Price, type PriceOptions } from "./price.ts";
import { equalProfits, promisedProfits } from "./profits.ts";
import { refusal, type Refusal } from "./refusal.ts";
import type { Simulation, SimulationRequest, Simulator } from "./simulate.ts";
import type { Way } from "./way.ts";

export interface PrepareOptions extends PriceOptions {
  /**
   * Share of its promised profit, in parts per million, below which a cycle reverts on chain; at least 1 unit. All of
   * it where a channel leaves reverting transactions out. Where they land, gas is spent either way and every profit
   * beats a revert: less.
   */
  readonly leastProfitPpm: bigint;
  /** Seconds after the parent at which the next block may be stamped; Algebra's fee hangs on it. */
  readonly blockSeconds: readonly number[];
}

export interface PrepareParts {
  readonly simulator: Simulator;
  readonly way: Way;
  readonly keccak256: Keccak256;
  /** What others paid lately, wei per gas; null: not known. */
  readonly recentTip: bigint | null;
  /** Swap fee of a V2 pool in parts per million. */
  feePpmOf(pool: Address): number;
  /** Transaction count of an account at that block. */
  nonceOf(account: Address, block: BlockRef): Promise<number>;
  /** Hears what would be sent, once the simulations that are waited for are under way: meanwhile there is time. */
  onAsked(calldata: Hex): void;
}

/** A priced plan, ready to be signed; simulated, unless its way has that done beside the sending. */
export interface Prepared extends Price {
  readonly calldata: Hex;
  /** What must stand before it, proven by its hash. */
  readonly behind: readonly TriggerTransaction[];
  /** False: the node cannot, and a channel has to before anything is sent. */
  readonly simulated: boolean;
  /** What the node has yet to be asked, when all is on its way: what it has against the plan, if anything. Never rejects. */
  readonly check: (() => Promise<Refusal | null>) | null;
}

export type Preparation =
  | { readonly ok: true; readonly prepared: Prepared }
  | { readonly ok: false; readonly refusal: Refusal };

const PPM = 1_000_000n;

const no = (refused: Refusal): Preparation => ({ ok: false, refusal: refused });

/**
 * Calldata of the decision's plan; each cycle must bring at least the given profit. The last one is kept: mostly the
 * very bytes that were simulated are sent.
 */
function encoder(decision: SubmitDecision, parts: PrepareParts): SimulationRequest["encode"] {
  const { graceBlocks } = parts.way;
  const guarded = graceBlocks === 0;
  const maxBlock = BigInt(decision.targetBlock + graceBlocks);
  const feePpmOf = (pool: Address): number => parts.feePpmOf(pool);
  let last: (Pick<PlanEncoding, "minProfits" | "parentHash"> & { readonly calldata: Hex }) | null = null;
  return (minProfits, guard) => {
    const parentHash = guarded && guard === "parent" ? decision.parent.hash : null;
    if (last?.minProfits === minProfits && last.parentHash === parentHash) return last.calldata;
    const calldata = encodePlan(decision.plan, { minProfits, maxBlock, parentHash, feePpmOf });
    last = { minProfits, parentHash, calldata };
    return calldata;
  };
}

const usesAlgebra = ({ plan }: SubmitDecision): boolean =>
  plan.opportunities.some(({ hops }) => hops.some(({ kind }) => kind === "algebra"));

/** The timestamps that the target block may have, as far as they matter to this plan. */
function candidateTimestamps(
  decision: SubmitDecision,
  head: Pick<BlockHeader, "hash" | "timestamp"> | null,
  blockSeconds: readonly number[],
): readonly number[] {
  const { targetTimestamp, parent } = decision;
  if (!usesAlgebra(decision)) return [targetTimestamp];
  const parentTime = head?.hash === parent.hash ? head.timestamp : null;
  const around = parentTime === null ? [targetTimestamp - 1] : blockSeconds.map((s) => parentTime + s);
  return [...new Set([...around, targetTimestamp])];
}

/** Reverts that speak of the moment, not of the plan: the executor's own guards on parent and block. */
const MOVED_ON = /^(ParentChanged|TooLate)\(/;

/** What a simulated revert says of the plan. */
function refuseRevert(unsettled: boolean, reason: string): Refusal {
  if (MOVED_ON.test(reason)) return refusal("stale", reason);
  return refusal(unsettled ? "algebra_fee_unsettled" : "simulation_reverted", reason);
}

/** One verdict from the simulations at all candidate timestamps: the gas of the dearest, or why not. */
function judgeSimulations(
  decision: SubmitDecision,
  simulations: readonly Simulation[],
): { readonly gasUsed: bigint } | Refusal {
  const promised = promisedProfits(decision.plan);
  const unsettled = usesAlgebra(decision) && simulations.length > 1;
  let gasUsed = 0n;
  let differs: string | null = null;
  for (const simulation of simulations) {
    if (simulation.type === "unavailable") return refusal("simulation_unavailable", simulation.reason);
    if (simulation.type === "triggerReverts") return refusal("trigger_reverts", simulation.hash);
    if (simulation.type === "revert") return refuseRevert(unsettled, simulation.reason);
    const { realised } = simulation;
    if (!equalProfits(realised, promised)) differs = realised.map(({ profit }) => profit).join(" ");
    if (simulation.gasUsed > gasUsed) gasUsed = simulation.gasUsed;
  }
  if (differs === null) return { gasUsed };
  const code = unsettled ? "algebra_fee_unsettled" : "simulation_differs";
  return refusal(code, `simulated ${differs}, promised ${promised.map(({ profit }) => profit).join(" ")}`);
}

/** Where the node cannot simulate behind a trigger, whether a channel can do it with what is signed. */
const channelSimulates = ({ simulator, way }: PrepareParts): boolean =>
  simulator.method === "eth_call" &&
  way.kind === "bundle" &&
  way.channels.some((channel) => channel.simulate !== undefined);

/** What each cycle must bring on chain; the same list where all of it must come. */
const leastProfits = (profits: readonly bigint[], ppm: bigint): readonly bigint[] =>
  ppm === PPM ? profits : profits.map((profit) => maxBigint(1n, (profit * ppm) / PPM));

/** Simulations of the request at every timestamp that matters. */
function simulateAll(
  decision: SubmitDecision,
  head: Pick<BlockHeader, "hash" | "timestamp"> | null,
  options: PrepareOptions,
  { simulator, request }: { simulator: Simulator; request: Pick<SimulationRequest, "minProfits" | "encode"> },
): readonly Promise<Simulation>[] {
  const { parent, targetBlock: block, behind, plan } = decision;
  const bases = promisedProfits(plan).map(({ base }) => base);
  const whole = { ...request, parent, block, behind, bases, gas: options.gas.txGasCap };
  const timestamps = candidateTimestamps(decision, head, options.blockSeconds);
  return timestamps.map((timestamp) => simulator.simulate({ ...whole, timestamp }));
}

/** What the node is asked about a plan, all at once. */
type Question = () => readonly [placing: Promise<Refusal | null>, simulating: readonly Promise<Simulation>[]];

/** What the simulations and the sender's nonce say of the plan: its gas, charged as the chain does, or why not. */
async function judge(
  decision: SubmitDecision,
  { gas }: PrepareOptions,
  [placing, simulating]: ReturnType<Question>,
): Promise<bigint | Refusal> {
  const [misplaced, simulations] = await Promise.all([placing, Promise.all(simulating)]);
  if (misplaced !== null) return misplaced;
  const verdict = judgeSimulations(decision, simulations);
  return "code" in verdict ? verdict : chargedGas(gas, verdict.gasUsed, decision.plan);
}

/** What that has against a plan that was priced by an estimate; a node that says nothing has nothing against it. */
async function objection(
  judging: Promise<bigint | Refusal>,
  { gas }: Price,
  priceOf: (gasUsed: bigint) => Price | Refusal,
): Promise<Refusal | null> {
  const judged = await judging;
  if (typeof judged !== "bigint")
    return judged === NONCE_NOT_ANSWERED || judged.code === "simulation_unavailable" ? null : judged;
  const priced = priceOf(judged);
  if ("code" in priced) return priced;
  return judged > gas.limit ? refusal("gas_limit", `${judged} gas needed, ${gas.limit} given`) : null;
}

/**
 * Decision → calldata → simulation at every timestamp that matters → gas and fees. The simulated profit of each
 * cycle must be exactly what the plan promises; on chain `leastProfitPpm` of it will do. What it stands behind is
 * simulated with it, and proven meanwhile. Where the way has the simulation beside the sending, it is left for then, and
 * gas is the model's upper estimate. `head` is the latest header.
 */
export async function prepare(
  decision: SubmitDecision,
  head: Pick<BlockHeader, "hash" | "timestamp"> | null,
  options: PrepareOptions,
  parts: PrepareParts,
): Promise<Preparation> {
  const { simulator, way } = parts;
  const encode = encoder(decision, parts);
  const minProfits = promisedProfits(decision.plan).map(({ profit }) => profit);
  const request = { minProfits, encode };
  const simulated = decision.behind.length === 0 || !channelSimulates(parts);
  const ask: Question = () => [
    checkFirstNonce(decision, (account, block) => parts.nonceOf(account, block)),
    simulated ? simulateAll(decision, head, options, { simulator, request }) : [],
  ];
  const asked = way.simulatedBeside ? null : ask();
  const calldata = encode(leastProfits(minProfits, options.leastProfitPpm), "parent");
  parts.onAsked(calldata);
  const behind = proveBehind(decision, parts.keccak256);
  if ("code" in behind) return no(behind);
  const priceOf = (gasUsed: bigint): Price | Refusal =>
    price(decision, options, { way, gasUsed, recentTip: parts.recentTip });
  const judged = asked && (await judge(decision, options, asked));
  if (judged !== null && typeof judged !== "bigint") return no(judged);
  const priced = priceOf(simulated && judged !== null ? judged : estimateGas(decision.plan));
  if ("code" in priced) return no(priced);
  const check = way.simulatedBeside
    ? () => objection(judge(decision, options, ask()), priced, priceOf)
    : null;
  const { gas, fees } = priced;
  return { ok: true, prepared: { calldata, behind, simulated, check, gas, fees } };
}
