import { METHODS, type LiveHint, type MetricsAnswer, type StatusAnswer } from "../control/protocol.ts";
import type { ControlClient } from "./controlClient.ts";

/** What the daemon says of itself at one moment. */
export interface TopSample {
  /** When it was taken, in monotonic milliseconds. */
  readonly at: number;
  readonly status: StatusAnswer;
  readonly metrics: MetricsAnswer;
  readonly hints: readonly LiveHint[];
}

/** Live hints that are looked at. */
const MOST_HINTS = 1_000;

export async function takeSample(client: ControlClient, now: () => number): Promise<TopSample> {
  const [status, metrics, { hints }] = await Promise.all([
    client.call("status", {}, METHODS.status.result),
    client.call("metrics", {}, METHODS.metrics.result),
    client.call("hint.list", { limit: MOST_HINTS }, METHODS["hint.list"].result),
  ]);
  return { at: now(), status, metrics, hints };
}

/** One line of Prometheus' text form; the label is the metric's only or first one, "" where it has none. */
interface Reading {
  readonly label: string;
  readonly value: number;
}

const PREFIX = "turbo_mev_";
const LINE = /^(\w+)(?:\{\w+="((?:[^"\\]|\\.)*)".*\})? (\S+)$/;

/** The daemon's metrics by their names without the prefix. */
export function readMetrics(text: string): ReadonlyMap<string, readonly Reading[]> {
  const metrics = new Map<string, Reading[]>();
  for (const line of text.split("\n")) {
    const [, name, label = "", value] = LINE.exec(line) ?? [];
    if (name?.startsWith(PREFIX) !== true) continue;
    const readings = metrics.get(name.slice(PREFIX.length)) ?? [];
    readings.push({ label, value: Number(value) });
    metrics.set(name.slice(PREFIX.length), readings);
  }
  return metrics;
}
