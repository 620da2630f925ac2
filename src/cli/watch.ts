import { METHODS, TOPICS } from "../control/protocol.ts";
import { EXIT, PlainError } from "../lib/errors.ts";
import { safeText } from "../lib/safeText.ts";
import { connectControl } from "./controlClient.ts";
import type { SocketPlaces } from "./controlClientSocket.ts";
import type { Output } from "./output.ts";

export type Topic = (typeof TOPICS)[number];

export interface WatchOptions {
  readonly topics: readonly Topic[];
  readonly json: boolean;
}

/** Reads `--topics`: names apart by commas. Throws `PlainError` (64). */
export function parseTopics(text: string): readonly Topic[] {
  return text.split(",").map((name) => {
    const topic = TOPICS.find((one) => one === name.trim());
    if (topic !== undefined) return topic;
    throw new PlainError(EXIT.usage, `--topics ${safeText(name)}: is not one of ${TOPICS.join(", ")}`);
  });
}

/** `turbo-mev watch`: what the daemon tells, one line each, until the connection ends (69). */
export async function watchCommand(
  options: WatchOptions,
  places: SocketPlaces & { readonly output: Output },
): Promise<void> {
  const client = await connectControl({ ...places, door: "hints" });
  try {
    await client.call("subscribe", { topics: options.topics }, METHODS.subscribe.result);
    for await (const { method, params } of client.notifications())
      if (method === "event")
        await places.output.write(`${options.json ? JSON.stringify(params) : eventText(params)}\n`);
  } finally {
    client.close();
  }
}

const LONGEST = 80;

/** Time of day, topic, and every other field with its name: whatever a later daemon tells is shown as well. */
export function eventText(params: unknown): string {
  const facts = new Map(Object.entries(typeof params === "object" && params !== null ? params : {}));
  const [time, topic] = [facts.get("time"), facts.get("topic")];
  facts.delete("time");
  facts.delete("topic");
  const fields = [...facts].flatMap(([name, value]) => {
    const text = valueText(value);
    return text === "" ? [] : [`${safeText(name)} ${text}`];
  });
  return [clockText(time), safeText(typeof topic === "string" ? topic : "").padEnd(13), ...fields].join("  ");
}

const clockText = (time: unknown): string =>
  typeof time === "number" && Math.abs(time) < 8.64e15 ? new Date(time).toISOString().slice(11, 23) : "-";

function valueText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.slice(0, 16).map(valueText).join(">");
  return safeText(typeof value === "string" ? value : JSON.stringify(value), LONGEST);
}
