import { z } from "zod";
import { emittedLog } from "../chain/hexAnswers.ts";
import type { EmittedLog } from "../chain/types.ts";

/** The logs in answers of simulating nodes. Both throw `TypeError` on what cannot be read. */

/** A transaction emits a dozen logs; this leaves room for any that is worth looking at. */
const MOST_LOGS = 4096;

const simulation = z.tuple([
  z.object({
    calls: z.tuple([z.object({ status: z.enum(["0x0", "0x1"]), logs: z.array(emittedLog).max(MOST_LOGS) })]),
  }),
]);

const read = <T>(schema: z.ZodType<T>, answer: unknown): T => {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new TypeError("a simulation's answer cannot be read");
  return parsed.data;
};

/** `eth_simulateV1` of one block with one call; null: it reverts. */
export function parseSimulatedLogs(answer: unknown): readonly EmittedLog[] | null {
  const [{ calls }] = read(simulation, answer);
  const [{ status, logs }] = calls;
  return status === "0x1" ? logs : null;
}

interface Frame {
  readonly error?: string | undefined;
  readonly logs?: readonly (EmittedLog & { readonly index: number })[] | undefined;
  readonly calls?: readonly Frame[] | undefined;
}

const index = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,8}$/)
  .transform(Number);

const frame: z.ZodType<Frame> = z.lazy(() =>
  z.object({
    error: z.string().optional(),
    logs: z.array(emittedLog.extend({ index })).max(MOST_LOGS).optional(),
    calls: z.array(frame).optional(),
  }),
);

/** `debug_traceCall` by geth's `callTracer` with logs, which stand in the frames that emitted them. */
export function parseTracedLogs(answer: unknown): readonly EmittedLog[] | null {
  const top = read(frame, answer);
  if (top.error !== undefined) return null;
  const found = logsOf(top).toSorted((a, b) => a.index - b.index);
  return found.map(({ address, topics, data }) => ({ address, topics, data }));
}

/** A frame that failed took its logs with it. */
function logsOf({ error, logs = [], calls = [] }: Frame): NonNullable<Frame["logs"]> {
  return error === undefined ? [...logs, ...calls.flatMap(logsOf)] : [];
}
