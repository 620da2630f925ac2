import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { METHODS, type HintResult, type HintVerdict } from "../control/protocol.ts";
import { EXIT, PlainError } from "../lib/errors.ts";
import { safeText } from "../lib/safeText.ts";
import { amountText, groupThousands } from "./amountText.ts";
import { connectControl, RefusedCall, type ControlClient } from "./controlClient.ts";
import type { SocketPlaces } from "./controlClientSocket.ts";
import { hintBatches, type HintLine } from "./hintLines.ts";
import { createHintResults, type HintResults } from "./hintResults.ts";
import type { Output } from "./output.ts";

export interface HintOptions {
  readonly path?: readonly string[];
  readonly dexes?: readonly string[];
  readonly pools?: readonly string[];
  readonly start?: string;
  readonly id?: string;
  readonly score?: number;
  /** Milliseconds. */
  readonly ttl?: number;
  readonly source: string;
  readonly wait: boolean;
  readonly json: boolean;
}

export interface HintPlaces extends SocketPlaces {
  /** Where hints come from when the options name none. */
  readonly stdin: Readable;
  readonly output: Output;
}

interface Session {
  readonly client: ControlClient;
  readonly options: HintOptions;
  readonly output: Output;
  readonly results: HintResults;
  /** In front of the numbers of hints without a name. */
  readonly prefix: string;
  readonly counts: { pushed: number; refused: number; unnamed: number };
}

/**
 * `turbo-mev hint`: a verdict for each hint, and with `wait` what becomes of them until all have ended. Throws
 * `PlainError`: 1 where any is refused, 64 for wrong use, 69 without a daemon.
 */
export async function hintCommand(options: HintOptions, places: HintPlaces): Promise<void> {
  const batches = batchesOf(options, places.stdin);
  const client = await connectControl({ ...places, door: "hints" });
  const session: Session = {
    client,
    options,
    output: places.output,
    results: createHintResults(options.source),
    prefix: `hint-${randomBytes(4).toString("hex")}`,
    counts: { pushed: 0, refused: 0, unnamed: 0 },
  };
  try {
    if (options.wait) await pushAndFollow(session, batches);
    else await pushAll(session, batches);
  } finally {
    client.close();
    places.stdin.destroy();
  }
  const { pushed, refused } = session.counts;
  if (refused > 0) throw new PlainError(EXIT.fellShort, `${refused} of ${pushed} hints refused`);
}

type Batches = AsyncIterable<readonly HintLine[]>;

function batchesOf(options: HintOptions, stdin: Readable): Batches {
  const { path, dexes, pools, start, id, score, ttl } = options;
  if (path === undefined && pools === undefined) {
    const idle = Object.entries({ dexes, start, id, score, ttl }).find(([, value]) => value !== undefined);
    if (idle !== undefined)
      throw usage(`--${idle[0]} needs --path or --pools; hints on stdin carry their own`);
    return hintBatches(stdin);
  }
  if (path !== undefined && pools !== undefined) throw usage("name either --path or --pools");
  const hint = { path, dexes, pools, start, id, score, ttl_ms: ttl };
  return Readable.from([[{ line: 0, hint, bytes: 0 }]]);
}

const usage = (message: string): PlainError => new PlainError(EXIT.usage, message);

async function pushAll(session: Session, batches: Batches): Promise<void> {
  for await (const batch of batches) await push(session, batch);
}

async function pushAndFollow(session: Session, batches: Batches): Promise<void> {
  const { client, results } = session;
  await client.call("hint.results", {}, METHODS["hint.results"].result);
  let isPushing = true;
  const follow = async (): Promise<void> => {
    for await (const notification of client.notifications()) {
      const result = results.take(notification);
      // The verdict has told these.
      if (result !== null && result.state !== "accepted" && result.state !== "refused")
        await session.output.write(session.options.json ? `${JSON.stringify(result)}\n` : resultText(result));
      if (!isPushing && results.open === 0) client.close();
    }
  };
  const following = follow();
  const pushing = pushAll(session, batches).then(() => {
    isPushing = false;
    if (results.open === 0) client.close();
  });
  await Promise.all([pushing, following]);
}

async function push(session: Session, batch: readonly HintLine[]): Promise<void> {
  const { counts, results, options } = session;
  const named = batch.flatMap((one) => ("hint" in one ? [withId(session, one.hint)] : []));
  const awaited = new Set(named.flatMap(({ id }) => (id !== null && results.expect(id) ? [id] : [])));
  const verdicts =
    named.length === 0
      ? []
      : await ask(
          session,
          named.map(({ hint }) => hint),
        );
  let next = 0;
  let text = "";
  for (const one of batch) {
    const verdict = "hint" in one ? verdicts[next++] : unread(one);
    if (verdict === undefined) continue;
    counts.pushed++;
    if (verdict.verdict === "refused") counts.refused++;
    else awaited.delete(verdict.id);
    text += options.json ? `${JSON.stringify(verdict)}\n` : verdictText(verdict);
  }
  for (const id of awaited) results.forget(id);
  await session.output.write(text);
}

function withId(session: Session, hint: unknown): { readonly id: string | null; readonly hint: unknown } {
  if (typeof hint !== "object" || hint === null || Array.isArray(hint)) return { id: null, hint };
  if ("id" in hint && hint.id !== undefined)
    return { id: typeof hint.id === "string" ? hint.id : null, hint };
  const id = `${session.prefix}-${++session.counts.unnamed}`;
  return { id, hint: { ...hint, id } };
}

/** Waits where the daemon wants it slower. */
async function ask({ client, options }: Session, hints: readonly unknown[]): Promise<readonly HintVerdict[]> {
  for (;;) {
    try {
      const params = { hints, source: options.source };
      return (await client.call("hint.push", params, METHODS["hint.push"].result)).verdicts;
    } catch (error) {
      if (!(error instanceof RefusedCall) || error.retryMs === null) throw error;
      await pause(error.retryMs);
    }
  }
}

const unread = ({ line, fault }: { readonly line: number; readonly fault: string }): HintVerdict => ({
  id: `line ${line}`,
  verdict: "refused",
  code: "invalid",
  reason: fault,
});

const row = (state: string, id: string, parts: readonly string[]): string =>
  `${[state.padEnd(10), safeText(id, 64), ...parts].join("  ").trimEnd()}\n`;

function verdictText({ verdict, id, code, reason }: HintVerdict): string {
  const why = [code, reason].filter((part) => part !== undefined).map((part) => safeText(part, 200));
  return row(verdict, id, why.length === 0 ? [] : [why.join(": ")]);
}

function resultText({ state, id, code, net, block, intent }: HintResult): string {
  return row(state, id, [
    ...(code === undefined ? [] : [safeText(code)]),
    ...(net === undefined || !/^-?\d{1,78}$/.test(net) ? [] : [`net ${amountText(BigInt(net), 18, 6)}`]),
    ...(block === undefined ? [] : [`block ${groupThousands(block)}`]),
    ...(intent === undefined ? [] : [`intent ${safeText(intent, 80)}`]),
  ]);
}
