import assert from "node:assert/strict";
import { POOL_TOPICS } from "../../src/amm/poolLog.ts";
import { createAddressTable, type AddressTable } from "../../src/chain/addressTable.ts";
import type { ChainLog, Hash } from "../../src/chain/types.ts";
import { createLogFrames, type LogFrames } from "../../src/feed/frames/logFrames.ts";
import { LOG_KIND, LOG_KINDS, unsignedOf, type LogRecord } from "../../src/feed/frames/logRecord.ts";
import { isFields, parseAddress, parseLog, type NotedLog } from "../../src/feed/parse.ts";
import { parseRpcMessage } from "../../src/feed/rpcMessage.ts";
import { int24, unsigned, wordsOf } from "../../src/amm/logWords.ts";
import { OUR_POOLS, SUBSCRIPTION } from "./logFrameTexts.ts";

/** A decoder of our pools that follows the subscription of the made-up frames. */
export function openFrames(topics: readonly Hash[] = Object.values(POOL_TOPICS)): {
  readonly frames: LogFrames;
  readonly pools: AddressTable;
} {
  const pools = createAddressTable();
  for (const [id, pool] of OUR_POOLS.entries()) pools.set(pool, id);
  const frames = createLogFrames({ topics, pools });
  frames.follow(SUBSCRIPTION);
  return { frames, pools };
}

/** Whether the frame was read; throws unless what was read is what the general decoder reads. */
export function agrees(frames: LogFrames, frame: Buffer): boolean {
  if (!frames.read(frame)) return false;
  const noted = generalDecode(frame);
  const { record } = frames;
  assert(noted !== null, `refused by the general decoder: ${frame.toString("latin1")}`);
  assert.deepEqual(frames.chainLog(frame), noted.log);
  assert.equal(record.removed, noted.removed);
  assert.deepEqual([record.blockNumber, record.logIndex], [noted.log.blockNumber, noted.log.logIndex]);
  assert.equal(record.pool, OUR_POOLS.indexOf(noted.log.address));
  if (record.pool < 0) return true;
  const values = valuesOf(noted);
  assert(values !== null, `values out of range: ${frame.toString("latin1")}`);
  assert.deepEqual(recordValues(record, values), values);
  assert(values.unsigned.every((value, i) => isNear(record.floats[i] ?? 0, value)));
  return true;
}

/** What the general decoder makes of a frame on the followed subscription. */
export function generalDecode(frame: Buffer): NotedLog | null {
  const message = parseRpcMessage(frame.toString("utf8"));
  if (message?.type !== "notification" || message.subscription !== SUBSCRIPTION) return null;
  return parseLog(message.result);
}

/** The logs of our pools in an answer; null when it is no list, or one of them may not be there. */
export function generalAnswer(frame: Buffer, block: Hash): readonly ChainLog[] | null {
  const message = parseRpcMessage(frame.toString("utf8"));
  if (message?.type !== "answer" || !Array.isArray(message.result)) return null;
  const ours = message.result.filter((item: unknown) => {
    const address = isFields(item) ? parseAddress(item["address"]) : null;
    return address === null || OUR_POOLS.includes(address);
  });
  const noted = ours.map(parseLog).filter(isThere);
  const good = noted.every(({ log, removed }) => !removed && log.blockHash === block);
  return good && noted.length === ours.length ? noted.map(({ log }) => log) : null;
}

interface Values {
  readonly unsigned: readonly bigint[];
  readonly signed: readonly number[];
}

/** The values of a log by `amm/logWords.ts`, in the order of the record; null when one is out of range. */
export function valuesOf({ log }: NotedLog): Values | null {
  const kind = LOG_KINDS.find(({ topic }) => topic === log.topics[0]);
  const words = kind === undefined ? null : wordsOf(log, kind.indexed, kind.plain);
  if (kind === undefined || words === null) return null;
  const uint = (i: number, bits: number): bigint | null => unsigned(words[i], bits);
  const int = (i: number): number | null => int24(words[i]);
  switch (kind.kind) {
    case LOG_KIND.sync:
      return complete([uint(0, 112), uint(1, 112)], []);
    case LOG_KIND.swap:
      return complete([uint(4, 160), uint(5, 128)], [int(6)]);
    case LOG_KIND.mint:
      return complete([uint(4, 128)], [int(1), int(2)]);
    case LOG_KIND.burn:
      return complete([uint(3, 128)], [int(1), int(2)]);
    case LOG_KIND.initialize:
      return complete([uint(0, 160)], [int(1)]);
    case LOG_KIND.fee:
      return complete([uint(0, 16)], []);
    default:
      return complete([], [int(0)]);
  }
}

function complete(
  unsignedValues: readonly (bigint | null)[],
  signedValues: readonly (number | null)[],
): Values | null {
  const found = { unsigned: unsignedValues.filter(isThere), signed: signedValues.filter(isThere) };
  const whole =
    found.unsigned.length === unsignedValues.length && found.signed.length === signedValues.length;
  return whole ? found : null;
}

const isThere = <T>(value: T | null): value is T => value !== null;

/** The record's values, as many as `like` has. */
const recordValues = (record: LogRecord, like: Values): Values => ({
  unsigned: like.unsigned.map((_, i) => unsignedOf(record, i)),
  signed: [...record.signed.subarray(0, like.signed.length)],
});

/** Whether a float is within two units in the last place of the exact value. */
function isNear(float: number, exact: bigint): boolean {
  const error = BigInt(float) - exact;
  return (error < 0n ? -error : error) << 51n <= exact;
}
