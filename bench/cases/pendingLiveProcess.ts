import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keccak256 } from "viem";
import { pollBusily } from "../../src/app/busyPoll.ts";
import { lowerHelpers } from "../../src/app/helperThreads.ts";
import type { Hex } from "../../src/chain/types.ts";
import { loadPrimitives, type Primitives } from "../../src/execution/primitives.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { silentLog } from "../../src/lib/log.ts";
import { generatePreset } from "../market/generate.ts";
import { summarise, type Summary } from "../harness/stats.ts";
import { createBenchDaemon, type BenchDaemon, type PlanTimes, type Stage } from "./pendingDaemon.ts";
import { BENCH_KEY_NAME } from "./pendingEngine.ts";
import { restingMarket } from "./pendingMarket.ts";
import { machineMs, startNode, type NodeFigures } from "./pendingNode.ts";
import { makeRounds, type Rounds } from "./pendingTriggers.ts";
import { BENCH_KEY } from "./plans.ts";
import { readPreset } from "./presetArgument.ts";

/** `pendingLiveProcess.ts PRESET SEED ROUNDS WARM_UP [busy]`; its figures as JSON on stdout. */
const [presetName = "", seed = "7", count = "250", warm = "50", loop = ""] = process.argv.slice(2);
const [rounds, warmUp] = [Number(count), Number(warm)];

/** Milliseconds. */
export interface LiveFigures {
  readonly market: string;
  readonly rounds: number;
  readonly drawn: number;
  /** Bundles that came and held the trigger's own bytes, and plans of ours behind them. */
  readonly whole: number;
  readonly exact: number;
  readonly otherVerdicts: number;
  readonly fates: Readonly<Record<string, number>>;
  readonly received: Pick<Summary, "min" | "p50" | "p90" | "p99" | "max" | "count">;
  /** From the trigger's frame to the moment when the bundle was written into the relay's socket. */
  readonly handed: Pick<Summary, "min" | "p50" | "p90" | "p99" | "max" | "count">;
  readonly outside: Pick<Summary, "p50" | "p99">;
  /** Medians of what each step adds. */
  readonly steps: Readonly<Record<string, number>>;
  /** One signature in a loop, microseconds: how fast the machine is just now. */
  readonly signatureMicros: number;
}

const STAGES: readonly Stage[] = ["journaled", "signed", "sent"];
const median = (values: readonly number[]): number => summarise(values).p50;

const SIGNATURES = 2000;

function signatureMicros({ ecdsa }: Primitives): number {
  const [hash, key, signature] = [32, 32, 64].map((bytes) => new Uint8Array(bytes).fill(7));
  if (hash === undefined || key === undefined || signature === undefined) throw new Error("no bytes");
  const micros = Array.from({ length: SIGNATURES }, () => {
    const started = performance.now();
    ecdsa.sign(hash, key, signature);
    return 1000 * (performance.now() - started);
  });
  return median(micros);
}

function figuresOf(
  daemon: BenchDaemon,
  made: Rounds,
  played: NodeFigures,
): Omit<LiveFigures, "market" | "signatureMicros"> {
  const offset = machineMs() - performance.now();
  // A second plan behind the same trigger is not what is waited for.
  const byTrigger = new Map([...daemon.plans.values()].toReversed().map((plan) => [plan.trigger, plan]));
  const counted: { readonly times: PlanTimes; readonly sent: number; readonly heard: number }[] = [];
  let whole = 0;
  for (const [i, { trigger }] of made.rounds.entries()) {
    const times = byTrigger.get(trigger.hash);
    const [heard = Number.NaN, sent = Number.NaN] = [played.heardAt[i], played.sentAt[i]];
    const [first, ...others] = played.bundles[i] ?? [];
    if (first !== undefined && others.length === 1 && keccak256(asHex(first)) === trigger.hash) whole++;
    if (i >= warmUp && times !== undefined && !Number.isNaN(heard)) counted.push({ times, sent, heard });
  }
  const steps: Record<string, number> = {
    decided: median(counted.map(({ times }) => times.decidedAt - times.receivedAt)),
  };
  for (const [i, stage] of STAGES.entries()) {
    const former = STAGES[i - 1];
    steps[stage] = median(
      counted.map(({ times: { stages } }) => {
        const since = former === undefined ? 0 : (stages.get(former) ?? Number.NaN);
        return ((stages.get(stage) ?? Number.NaN) - since) / 1000;
      }),
    );
  }
  steps["handed"] = median(
    counted.map(
      ({ times }) => handedAt(times) - times.decidedAt - (times.stages.get("sent") ?? Number.NaN) / 1000,
    ),
  );
  steps["heard"] = median(counted.map(({ times, heard }) => heard - offset - handedAt(times)));
  steps["simulated, beside"] = median(
    counted.map(({ times }) => (times.stages.get("simulated") ?? Number.NaN) / 1000),
  );
  const exact = daemon.verdicts.get("exact") ?? 0;
  const all = [...daemon.verdicts.values()].reduce((sum, each) => sum + each, 0);
  return {
    rounds: made.rounds.length,
    drawn: made.drawn,
    whole,
    exact,
    otherVerdicts: all - exact,
    fates: Object.fromEntries(daemon.fates),
    received: summarise(counted.map(({ times, heard }) => heard - offset - times.receivedAt)),
    handed: summarise(counted.map(({ times }) => handedAt(times) - times.receivedAt)),
    outside: summarise(counted.map(({ sent, heard }) => heard - sent)),
    steps,
  };
}

const handedAt = (times: PlanTimes): number => times.handedAt ?? Number.NaN;
const asHex = (text: string): Hex => `0x${text.slice(2)}`;

process.env[BENCH_KEY_NAME] = BENCH_KEY;
lowerHelpers();
const market = restingMarket(generatePreset(readPreset(presetName), Number(seed)));
const primitives = await loadPrimitives(silentLog);
const made = makeRounds(market, primitives, { seed: Number(seed), wanted: rounds });
const node = await startNode({ type: "rounds", first: made.first, rounds: made.rounds, warmUp });
const folder = mkdtempSync(join(tmpdir(), "turbo-mev-bench-"));
const ledger = openLedger({
  path: join(folder, "ledger.sqlite"),
  run: { mode: "live", chainId: 137, nativeSymbol: "POL", version: "bench", time: Date.now() },
  onHalt: (reason) => console.error(`ledger halted: ${reason}`),
  onResume: () => undefined,
});
try {
  const stop = new AbortController();
  const synced = new EventEmitter();
  const loaded = once(synced, "synced");
  const daemon = createBenchDaemon({
    market,
    node,
    ledger,
    onEvent: ({ type }) => {
      if (type === "synced") synced.emit("synced");
    },
  });
  const running = daemon.run(stop.signal);
  await Promise.race([loaded, running]);
  const rest = loop === "busy" ? pollBusily() : null;
  const played = await node.play();
  rest?.();
  const figures: LiveFigures = {
    market: market.name,
    ...figuresOf(daemon, made, played),
    signatureMicros: signatureMicros(primitives),
  };
  stop.abort();
  await running;
  await ledger.close(Date.now(), AbortSignal.timeout(5000));
  console.log(JSON.stringify(figures));
} finally {
  node.stop();
  rmSync(folder, { recursive: true, force: true });
}
