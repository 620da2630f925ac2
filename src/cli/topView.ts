import { safeText } from "../lib/safeText.ts";
import { groupThousands } from "./amountText.ts";
import { readMetrics, type TopSample } from "./topSample.ts";

/** What `turbo-mev top` shows; with `--json` as it stands here. Times in milliseconds, money in US dollars. */
export interface TopView {
  readonly version: string;
  readonly mode: string;
  readonly chain: number;
  readonly phase: string;
  readonly paused: string | null;
  readonly halted: string | null;
  readonly block: number | null;
  readonly blockAgeMs: number | null;
  readonly pools: number;
  readonly taintedPools: number;
  /** Null: not measured yet, since that takes two looks. */
  readonly pendingPerSecond: number | null;
  readonly opportunities: Counts;
  readonly openOpportunities: number;
  readonly inFlight: number;
  readonly fates: Counts;
  readonly liveHints: number;
  /** Live ones. */
  readonly hintsBySource: Counts;
  readonly hintResults: Counts;
  /** The figures of the seed, since the daemon's start. */
  readonly processingTimeUs: number | null;
  readonly opportunitiesFound: number;
  readonly bundlesDispatched: number;
  readonly keptUsdFloat: number;
  readonly speedUpFloat: number | null;
  /** Newest first, since `top` looks. */
  readonly lastFates: readonly TopFate[];
}

export type Counts = Readonly<Record<string, number>>;

export interface TopFate {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly fate: string;
  readonly intent: string;
  readonly block: number | null;
  readonly reason: string;
}

/** `before`: the look before this one, null at the first. */
export function topView(sample: TopSample, before: TopSample | null, lastFates: readonly TopFate[]): TopView {
  const { status, metrics, hints } = sample;
  const readings = readMetrics(metrics.text);
  const counts = (name: string): Counts => countsOf(readings.get(name) ?? []);
  return {
    version: status.version,
    mode: status.mode,
    chain: status.chain,
    phase: status.phase,
    paused: status.paused,
    halted: status.halted,
    block: status.block,
    blockAgeMs: status.block_age_ms,
    pools: status.pools,
    taintedPools: readings.get("tainted_pools")?.[0]?.value ?? 0,
    pendingPerSecond: before === null ? null : pendingRate(sample, before),
    opportunities: counts("opportunities_total"),
    openOpportunities: status.open_opportunities,
    inFlight: status.in_flight,
    fates: counts("fates_total"),
    liveHints: status.hints,
    hintsBySource: countsOf(hints.map(({ source }) => ({ label: source, value: 1 }))),
    hintResults: counts("hints_total"),
    processingTimeUs: metrics.processing_time_us,
    opportunitiesFound: metrics.opportunities_found,
    bundlesDispatched: metrics.bundles_dispatched,
    keptUsdFloat: metrics.mev_protection_saves_usd,
    speedUpFloat: metrics.speedup_ratio,
    lastFates,
  };
}

/** The largest first. Labels are foreign: none may be the name of something that objects inherit. */
function countsOf(readings: readonly { readonly label: string; readonly value: number }[]): Counts {
  const sums = new Map<string, number>();
  for (const { label, value } of readings) sums.set(label, (sums.get(label) ?? 0) + value);
  return Object.fromEntries([...sums].toSorted(([, one], [, other]) => other - one));
}

/** Null where the daemon has started anew in between. */
function pendingRate(sample: TopSample, before: TopSample): number | null {
  const [now, then] = [sample, before].map(
    ({ metrics }) => readMetrics(metrics.text).get("pending_transactions_total")?.[0]?.value ?? 0,
  );
  const seconds = (sample.at - before.at) / 1_000;
  const told = (now ?? 0) - (then ?? 0);
  return told < 0 || seconds <= 0 ? null : told / seconds;
}

const MOST_COUNTS = 8;

function countsText(counts: Counts): string {
  const all = Object.entries(counts);
  const shown = all
    .slice(0, MOST_COUNTS)
    .map(([name, count]) => `${safeText(name)} ${groupThousands(count)}`);
  return all.length === 0 ? "none" : [...shown, ...(all.length > MOST_COUNTS ? ["…"] : [])].join("   ");
}

const ageText = (ms: number | null): string => (ms === null ? "-" : `${(ms / 1_000).toFixed(1)} s old`);
const numberText = (value: number | null): string =>
  value === null ? "-" : groupThousands(Math.round(value));

const stateText = ({ phase, halted, paused }: TopView): string => {
  if (halted !== null) return `HALTED: ${safeText(halted, 120)}`;
  return paused === null ? safeText(phase) : `PAUSED: ${safeText(paused, 120)}`;
};

const fateText = ({ time, fate, block, intent, reason }: TopFate): string =>
  [
    new Date(time).toISOString().slice(11, 19),
    safeText(fate),
    ...(block === null ? [] : [`block ${groupThousands(block)}`]),
    safeText(intent, 80),
    ...(reason === "" ? [] : [safeText(reason, 80)]),
  ].join("   ");

/** The whole screen, line by line. */
export function topLines(view: TopView): readonly string[] {
  const speedUp = view.speedUpFloat === null ? "not measured" : `${view.speedUpFloat.toFixed(1)}x`;
  const micros = view.processingTimeUs === null ? "-" : `${groupThousands(view.processingTimeUs)} us`;
  const rows: readonly (readonly [string, string])[] = [
    ["", `turbo-mev ${safeText(view.version)}   ${view.mode}   chain ${view.chain}   ${stateText(view)}`],
    ["block", `${numberText(view.block)}   ${ageText(view.blockAgeMs)}`],
    ["pools", `${groupThousands(view.pools)}   ${groupThousands(view.taintedPools)} in doubt`],
    ["pending", `${numberText(view.pendingPerSecond)} a second`],
    ["found", countsText(view.opportunities)],
    ["open", `${numberText(view.openOpportunities)} opportunities   ${numberText(view.inFlight)} in flight`],
    ["fates", countsText(view.fates)],
    ["hints", `${numberText(view.liveHints)} live: ${countsText(view.hintsBySource)}`],
    ["", countsText(view.hintResults)],
    ["brain", `processing time ${micros}   speed-up against the Python path ${speedUp}`],
    [
      "",
      `opportunities found ${numberText(view.opportunitiesFound)}   bundles dispatched ${numberText(view.bundlesDispatched)}   kept by private submission $${view.keptUsdFloat.toFixed(2)}`,
    ],
    ...view.lastFates.map((fate, i): [string, string] => [i === 0 ? "last" : "", fateText(fate)]),
  ];
  return rows.map(([label, text]) => ` ${label.padEnd(9)}${text}`.trimEnd());
}

/** The same in one line, for a log. */
export const topLine = (view: TopView, now: number): string =>
  [
    new Date(now).toISOString().slice(11, 19),
    view.mode,
    stateText(view),
    `block ${numberText(view.block)} ${ageText(view.blockAgeMs)}`,
    `pending ${numberText(view.pendingPerSecond)}/s`,
    `found ${numberText(view.opportunitiesFound)}`,
    `bundles ${numberText(view.bundlesDispatched)}`,
    `in flight ${numberText(view.inFlight)}`,
    `hints ${numberText(view.liveHints)}`,
  ].join("   ");
