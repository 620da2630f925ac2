import { POLYGON_FEES, type FeePolicy } from "../chain/fees.ts";
import { POLYGON_GAS_MODEL } from "../chain/gasModel.ts";
import type { ChainRegistry } from "../chain/registry.ts";
import { fromDecimal } from "../chain/units.ts";
import type { BackrunPolicy } from "../engine/behind.ts";
import type { EngineOptions } from "../engine/engine.ts";
import { maxBigint } from "../lib/bigint.ts";
import type { Config } from "./config.ts";
import type { ResolvedMarket } from "./resolveMarket.ts";

const NATIVE_DECIMALS = 18;
const GWEI_DECIMALS = 9;
const PPM_OF_PERCENT = 10_000;
/** Blocks that a reorg may undo before everything is loaded anew. */
export const JOURNAL_DEPTH = 256;
/** Wei of native before gas: no transaction of ours costs as little, so what earns less is not looked for. */
const LEAST_PROFIT = 10n ** 15n;
/** A cycle that stays profitable and untouched for so long is not real. */
const STANDING_BLOCKS = 3;

/** Fees as the chain's rules and the operator's limits have them, in wei. */
export function feePolicyOf({ fees }: Config, { chain }: ChainRegistry): FeePolicy {
  return {
    ...POLYGON_FEES,
    baseFeeStepPpm: BigInt(Math.round(chain.baseFeeMaxChangePct * PPM_OF_PERCENT)),
    tip: fromDecimal(fees.tip_gwei, GWEI_DECIMALS),
    tipFloor: fromDecimal(String(chain.minTipGwei), GWEI_DECIMALS),
    txFeeCap: fromDecimal(fees.max_tx_fee_native, NATIVE_DECIMALS),
  };
}

/** Bundles where a channel takes them, or where nothing is sent; else single transactions, if the operator lets them. */
function backrunPolicyOf({ backrun, channels }: Config): BackrunPolicy | null {
  if (!backrun.enabled) return null;
  const minConfidenceFloat = Number(backrun.min_confidence);
  const bundles = channels.length === 0 || channels.some(({ type }) => type === "flashbots");
  if (bundles) return { way: "bundle", minConfidenceFloat };
  return backrun.tail ? { way: "tail", minConfidenceFloat } : null;
}

export function engineOptionsOf(
  config: Config,
  registry: ChainRegistry,
  market: ResolvedMarket,
): EngineOptions {
  const fees = feePolicyOf(config, registry);
  const minNet = fromDecimal(config.profit.min_net_native, NATIVE_DECIMALS);
  return {
    search: {
      minProfit: maxBigint(minNet, LEAST_PROFIT),
      bases: market.bases,
      maxHops: config.market.max_hops,
      wrappedNative: registry.native.wrapped,
      isTaxed: (token) => registry.tokens.get(token)?.taxed ?? false,
    },
    fees,
    journalDepth: JOURNAL_DEPTH,
    standingBlocks: STANDING_BLOCKS,
    gates: {
      gas: POLYGON_GAS_MODEL,
      minNet,
      txFeeCap: fees.txFeeCap,
    },
    maxCyclesPerPlan: config.profit.max_cycles_per_plan,
    quarantineBlocks: config.profit.quarantine_blocks,
    triggers: {
      routers: registry.routers,
      ours: config.executor === undefined ? [] : [config.executor.address],
    },
    backruns: backrunPolicyOf(config),
    blockSeconds: Math.ceil(registry.chain.blockTimeMs / 1000),
    submits: config.mode !== "observe",
    hintControlShareFloat: Number(config.hints.control_share),
  };
}
