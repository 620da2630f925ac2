import type { Decision } from "../engine/decisions.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { ControlPorts } from "./ports.ts";
import type { HintResult, MetricsAnswer } from "./protocol.ts";

/** The figures that the seed promised, counted since the start, and what came of hints. */
export interface Figures {
  step(event: EngineEvent, decisions: readonly Decision[]): void;
  hint(result: HintResult): void;
  /** `count` routes were priced on demand, in so many microseconds together. */
  routes(count: number, micros: number): void;
  /** `text`: the daemon's metrics, to which those of hints are added. */
  read(text: string): MetricsAnswer;
}

export interface FiguresOptions {
  /** Microseconds that the Python path was measured to take for a route; null: not measured. */
  readonly pythonMicros: number | null;
  /** A plan may have been seen by all before it was mined: then nothing was kept. */
  readonly publicChannel: boolean;
}

const MOST_TIMES = 1000;
const MOST_OPEN = 1000;

export function createFigures(
  ports: Pick<ControlPorts, "valuer" | "usd" | "tokens">,
  options: FiguresOptions,
): Figures {
  const times: number[] = [];
  const results = new Map<string, number>();
  /** Net of the intents whose fate is not known. */
  const open = new Map<string, bigint>();
  let found = 0;
  let dispatched = 0;
  let keptFloat = 0;
  const fate = (event: EngineEvent): void => {
    if (event.type !== "outcome" || event.fate === "unknown") return;
    const net = open.get(event.intentId);
    open.delete(event.intentId);
    if (net === undefined || event.fate !== "included" || options.publicChannel) return;
    keptFloat += usdOfFloat(net, ports);
  };
  return {
    step: (event, decisions) => {
      for (const decision of decisions) {
        if (decision.type === "judged") found++;
        if (decision.type !== "submit") continue;
        dispatched++;
        open.set(decision.intentId, decision.net);
        const [oldest] = open.keys();
        if (open.size > MOST_OPEN && oldest !== undefined) open.delete(oldest);
      }
      fate(event);
    },
    hint: ({ state }) => void results.set(state, (results.get(state) ?? 0) + 1),
    routes: (count, micros) => {
      if (count === 0) return;
      times.push(micros / count);
      if (times.length > MOST_TIMES) times.shift();
    },
    read: (text) => {
      const median = times.toSorted((one, other) => one - other)[times.length >> 1] ?? null;
      return {
        text: text + hintLines(results),
        processing_time_us: median === null ? null : Math.max(1, Math.round(median)),
        opportunities_found: found,
        bundles_dispatched: dispatched,
        mev_protection_saves_usd: keptFloat,
        speedup_ratio:
          median === null || options.pythonMicros === null ? null : options.pythonMicros / median,
      };
    },
  };
}

/** An estimate at the graph's own prices; 0 where no dollar has a price. */
function usdOfFloat(
  wei: bigint,
  { valuer, usd, tokens }: Pick<ControlPorts, "valuer" | "usd" | "tokens">,
): number {
  const prices = valuer();
  for (const address of usd) {
    const weiPerUsd = prices.rateFloat(address) * 10 ** (tokens.get(address)?.decimals ?? 0);
    if (weiPerUsd > 0) return Number(wei) / weiPerUsd;
  }
  return 0;
}

function hintLines(results: ReadonlyMap<string, number>): string {
  const lines = [...results].map(([state, count]) => `turbo_mev_hints_total{state="${state}"} ${count}\n`);
  return `# HELP turbo_mev_hints_total Hints by what became of them\n# TYPE turbo_mev_hints_total counter\n${lines.join("")}`;
}
