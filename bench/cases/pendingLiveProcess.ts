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

/** `pendingLiveProcess.ts PRESET SEED ROUNDS WARM_UP LATE_MS [busy]`; its figures as JSON on stdout. */
const [presetName = "", seed = "7", count = "250", warm = "50", late = "10", loop = ""] =
  process.argv.slice(2);
const [rounds, warmUp, lateMs] = [Number(count), Number(warm), Number(late)];

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
  /** How many were handed over later than they should be. */
  readonly late: number;
  /** Medians of what each step adds. */
  readonly steps: Readonly<Record<string, number>>;
  /** What each step added where it took longest. */
  readonly slowest: Readonly<Record<string, number>>;
  readonly machine: Pace;
}

/** How fast the machine is: a signature in a loop, microseconds; a page onto its disk beside each round, milliseconds. */
interface Pace {
  readonly signatureMicros: number;
  readonly page: Pick<Summary, "p50" | "p99" | "max">;
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

/** What each step added, in the order of steps. */
function stepsOf(times: PlanTimes): Record<string, number> {
  const steps: Record<string, number> = { decided: times.decidedAt - times.receivedAt };
  let before = 0;
  for (const stage of STAGES) {
    const at = (times.stages.get(stage) ?? Number.NaN) / 1000;
    steps[stage] = at - before;
    before = at;
  }
  steps["handed"] = handedAt(times) - times.decidedAt - before;
  return steps;
}

function figuresOf(
  daemon: BenchDaemon,
  made: Rounds,
  played: NodeFigures,
): Omit<LiveFigures, "market" | "machine"> {
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
  const all = counted.map(({ times }) => stepsOf(times));
  const steps = Object.fromEntries(
    ["decided", ...STAGES, "handed"].map((step) => [
      step,
      median(all.map((each) => each[step] ?? Number.NaN)),
    ]),
  );
  steps["heard"] = median(counted.map(({ times, heard }) => heard - offset - handedAt(times)));
  steps["simulated, beside"] = median(
    counted.map(({ times }) => (times.stages.get("simulated") ?? Number.NaN) / 1000),
  );
  const [slowest] = counted.toSorted((a, b) => took(b) - took(a));
  const exact = daemon.verdicts.get("exact") ?? 0;
  const verdicts = [...daemon.verdicts.values()].reduce((sum, each) => sum + each, 0);
  return {
    rounds: made.rounds.length,
    drawn: made.drawn,
    whole,
    exact,
    otherVerdicts: verdicts - exact,
    fates: Object.fromEntries(daemon.fates),
    received: summarise(counted.map(({ times, heard }) => heard - offset - times.receivedAt)),
    handed: summarise(counted.map(took)),
    outside: summarise(counted.map(({ sent, heard }) => heard - sent)),
    late: counted.filter((each) => took(each) > lateMs).length,
    steps,
    slowest: slowest === undefined ? {} : stepsOf(slowest.times),
  };
}

const handedAt = (times: PlanTimes): number => times.handedAt ?? Number.NaN;
const took = ({ times }: { readonly times: PlanTimes }): number => handedAt(times) - times.receivedAt;
const asHex = (text: string): Hex => `0x${text.slice(2)}`;

process.env[BENCH_KEY_NAME] = BENCH_KEY;
lowerHelpers();
const market = restingMarket(generatePreset(readPreset(presetName), Number(seed)));
const primitives = await loadPrimitives(silentLog);
const made = makeRounds(market, primitives, { seed: Number(seed), wanted: rounds });
const folder = mkdtempSync(join(tmpdir(), "turbo-mev-bench-"));
const pageFile = join(folder, "page");
const node = await startNode({ type: "rounds", first: made.first, rounds: made.rounds, warmUp, pageFile });
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
    machine: { signatureMicros: signatureMicros(primitives), page: summarise(played.pageMs) },
  };
  stop.abort();
  await running;
  await ledger.close(Date.now(), AbortSignal.timeout(5000));
  console.log(JSON.stringify(figures));
} finally {
  node.stop();
  rmSync(folder, { recursive: true, force: true });
}
