import type { RacePolicy } from "../chain/fees.ts";
import type { ChainRegistry } from "../chain/registry.ts";
import type { Address } from "../chain/types.ts";
import { fromDecimal } from "../chain/units.ts";
import type { OutcomeEvent } from "../engine/events.ts";
import { parseQuantity, type Rpc } from "../execution/chainAnswers.ts";
import type { ExecutionOptions, Live, Stage } from "../execution/context.ts";
import { createExecution, type Execution } from "../execution/execution.ts";
import { POLYGON_GAS } from "../execution/gas.ts";
import type { IntentJournal } from "../execution/journal.ts";
import { createLocalSigner } from "../execution/localSigner.ts";
import { loadPrimitives, type Primitives } from "../execution/primitives.ts";
import { rehearse } from "../execution/rehearsal.ts";
import { guardSigner, type SyncSigner } from "../execution/signer.ts";
import { createSimulator, readOperator, readTreasury } from "../execution/simulate.ts";
import { RpcError } from "../feed/rpcError.ts";
import type { Clock } from "../lib/clock.ts";
import { EXIT, PlainError, RetryableError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { resolveSecret } from "../lib/secretReference.ts";
import type { Config } from "./config.ts";
import { feePolicyOf } from "./engineOptions.ts";

export interface ExecutionRoomParts {
  readonly rpc: Rpc;
  readonly journal: IntentJournal;
  readonly clock: Clock;
  readonly log: Log;
  readonly feePpmOf: (pool: Address) => number;
  readonly stopped: () => string | null;
  readonly onOutcome: (event: OutcomeEvent) => void;
  readonly onTiming: (stage: Stage, micros: number, intentId: string) => void;
}

const NATIVE_DECIMALS = 18;
const GWEI_DECIMALS = 9;
const PPM_DECIMALS = 6;
const TIMEOUTS = { rpcTimeoutMs: 1000, signTimeoutMs: 500, sendTimeoutMs: 1000, stopMs: 1000 } as const;

/**
 * Pre-flight and execution for `dry-run` and `live`; null in `observe`. Throws `PlainError` (78) when something must
 * be put right first: no executor there, another treasury or operator, no gas. Only `live` ever reads the key.
 */
export async function buildExecution(
  config: Config,
  registry: ChainRegistry,
  parts: ExecutionRoomParts,
): Promise<Execution | null> {
  const { executor } = config;
  if (config.mode === "observe" || executor === undefined) return null;
  const operator = await askExecutor(executor.address, readOperator, parts.rpc);
  if (executor.treasury !== undefined) await checkTreasury(executor.address, executor.treasury, parts.rpc);
  const options = optionsOf(config, registry, executor.address);
  const checks = { ...parts, operator, options };
  const live = config.mode === "live" ? await goLive(config, registry, checks) : null;
  const from = { executor: executor.address, from: operator, timeoutMs: TIMEOUTS.rpcTimeoutMs };
  const simulator = await createSimulator(from, parts.rpc);
  return createExecution(options, { ...parts, simulator, live });
}

function optionsOf(config: Config, registry: ChainRegistry, executor: Address): ExecutionOptions {
  const seconds = registry.chain.blockTimeMs / 1000;
  const fees = feePolicyOf(config, registry);
  return {
    ...TIMEOUTS,
    chainId: config.chain,
    executor,
    fees: { ...fees, blocksAhead: fees.blocksAhead + config.landing.grace_blocks },
    gas: {
      ...POLYGON_GAS,
      coldSlotSurcharge: BigInt(registry.chain.coldSloadExtraGas),
      txGasCap: BigInt(registry.chain.txGasCap),
    },
    graceBlocks: config.landing.grace_blocks,
    leastProfitPpm: fromDecimal(config.landing.least_profit_share, PPM_DECIMALS),
    minNet: fromDecimal(config.profit.min_net_native, NATIVE_DECIMALS),
    backrun: config.backrun,
    race: racePolicyOf(config),
    racePercentile: config.race.percentile,
    blockSeconds: [...new Set([Math.floor(seconds), Math.ceil(seconds)])],
    relaySimulation: false,
    confirmations: config.landing.confirmations,
    cancelAfterBlocks: 2,
  };
}

function racePolicyOf({ race }: Config): RacePolicy | null {
  if (!race.enabled) return null;
  return {
    sharePpm: fromDecimal(race.share, PPM_DECIMALS),
    decayPpm: fromDecimal(race.decay, PPM_DECIMALS),
    maxTip: fromDecimal(race.max_tip_gwei, GWEI_DECIMALS),
  };
}

async function askExecutor(executor: Address, read: typeof readOperator, rpc: Rpc): Promise<Address> {
  try {
    return await read(rpc, executor, TIMEOUTS.rpcTimeoutMs);
  } catch (cause) {
    // A node that is away, or refuses to answer, says nothing about the address: it is asked again.
    if (cause instanceof RetryableError) throw cause;
    if (cause instanceof RpcError && !/revert/i.test(cause.message)) throw cause;
    throw new PlainError(
      EXIT.config,
      `executor.address: no ArbExecutor answers at ${executor}; deploy it, or correct the address`,
      cause,
    );
  }
}

async function checkTreasury(executor: Address, named: Address, rpc: Rpc): Promise<void> {
  const treasury = await askExecutor(executor, readTreasury, rpc);
  if (treasury === named) return;
  throw new PlainError(
    EXIT.config,
    `executor.treasury: the configuration says ${named}, the executor pays ${treasury}`,
  );
}

interface LiveChecks {
  readonly operator: Address;
  readonly options: ExecutionOptions;
  readonly rpc: Rpc;
  readonly log: Log;
}

async function goLive(config: Config, registry: ChainRegistry, checks: LiveChecks): Promise<Live> {
  const primitives = await loadPrimitives(checks.log);
  const signer = openSigner(config, registry, primitives);
  if (signer.address !== checks.operator) {
    throw new PlainError(
      EXIT.config,
      `signer.key: its address is ${signer.address}, the executor's operator is ${checks.operator}`,
    );
  }
  const balance = parseQuantity(
    await checks.rpc.request("eth_getBalance", [signer.address, "latest"], {
      timeoutMs: TIMEOUTS.rpcTimeoutMs,
    }),
  );
  if (balance === 0n) {
    throw new PlainError(
      EXIT.config,
      `the operator ${signer.address} has no ${registry.native.symbol} for gas`,
    );
  }
  // With TLS and the breakers below it: 44 to 81 ms and 10 to 12 MB, for a live daemon alone.
  const { openChannels } = await import("./channelParts.ts");
  const channels = await openChannels(config, { ...checks, primitives });
  const plans = await rehearse(checks.options, primitives);
  checks.log.debug({ plans }, "execution rehearsed");
  return { signer, keccak256: primitives.keccak256, channels };
}

/** The key goes straight into the guarded signer and nowhere else. */
function openSigner(config: Config, registry: ChainRegistry, primitives: Primitives): SyncSigner {
  const { signer, executor } = config;
  if (signer === undefined || executor === undefined) {
    throw new PlainError(EXIT.config, 'mode "live" needs signer.key and executor.address');
  }
  return guardSigner(createLocalSigner(resolveSecret(signer.key), primitives), {
    chainId: config.chain,
    executor: executor.address,
    txGasCap: BigInt(registry.chain.txGasCap),
    txFeeCap: feePolicyOf(config, registry).txFeeCap,
  });
}
