import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { z } from "zod";
import type { PushCounts } from "./brainClients.ts";

/*
 * The Node client of the case `brain`: a job as JSON on stdin, counts as JSON on stdout. Lines are ready beforehand: the
 * daemon is measured, not this.
 */

const jobSchema = z.object({
  socket: z.string(),
  connections: z.number(),
  /** The `hints` of one request each. */
  batches: z.array(z.array(z.unknown()).readonly()).readonly(),
  seconds: z.number(),
  /** Requests without an answer, a connection: the next one is sent with an answer. */
  depth: z.number().default(Infinity),
  /** Requests a second and connection, however many are not answered. */
  perSecond: z.number().default(Infinity),
});
export type PushJob = z.input<typeof jobSchema>;

type Counts = { -readonly [name in Exclude<keyof PushCounts, "seconds">]: number };

const countOf = (line: string, part: string): number => line.split(part).length - 1;

function read(line: string, counts: Counts): void {
  counts.answered++;
  if (line.includes('"error":')) {
    if (line.includes('"code":-32005')) counts.rateLimited++;
    else counts.otherErrors++;
    return;
  }
  counts.accepted += countOf(line, '"verdict":"accepted"');
  counts.refusedByHint += countOf(line, '"verdict":"refused"');
}

interface Push {
  readonly job: z.output<typeof jobSchema>;
  readonly lines: readonly string[];
  readonly counts: Counts;
  readonly until: number;
}

async function talk(place: number, { job, lines, counts, until }: Push): Promise<void> {
  const { depth, perSecond, connections } = job;
  const own = lines.filter((_, i) => i % connections === place);
  const socket: Socket = connect({ path: job.socket });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  let [sent, answered, rest, over] = [0, 0, "", false];
  const send = (): void => {
    socket.write(own[sent++ % own.length] ?? "");
    counts.sent++;
  };
  await new Promise<void>((resolve) => {
    const began = performance.now();
    const isDue = (): boolean =>
      !over &&
      sent - answered < depth &&
      sent < ((performance.now() - began) / 1000) * perSecond &&
      !socket.writableNeedDrain;
    const goOn = (): void => {
      over ||= performance.now() >= until;
      if (over && answered === sent) resolve();
      while (isDue()) send();
    };
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) read(part, counts);
      answered += parts.length;
      goOn();
    });
    socket.once("close", resolve);
    const clock = setInterval(goOn, 2);
    socket.once("close", () => clearInterval(clock));
    goOn();
  });
  socket.destroy();
}

const job = jobSchema.parse(JSON.parse(await text(process.stdin)));
const lines = job.batches.map(
  (hints, id) => `${JSON.stringify({ jsonrpc: "2.0", id, method: "hint.push", params: { hints } })}\n`,
);
const counts: Counts = {
  sent: 0,
  answered: 0,
  accepted: 0,
  refusedByHint: 0,
  rateLimited: 0,
  otherErrors: 0,
};
const began = performance.now();
const push: Push = { job, lines, counts, until: began + job.seconds * 1000 };
await Promise.all(Array.from({ length: job.connections }, (_, place) => talk(place, push)));
const figures: PushCounts = { ...counts, seconds: (performance.now() - began) / 1000 };
console.log(JSON.stringify(figures));
