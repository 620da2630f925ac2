import * as fc from "fast-check";
import { expect, test } from "vitest";
import { POOL_TOPICS } from "../../../../src/amm/poolLog.ts";
import { createLogAnswers, type LogAnswers } from "../../../../src/feed/frames/logAnswers.ts";
import { damaged } from "../../../support/logFrameDamage.ts";
import { generalAnswer, openFrames } from "../../../support/logFrameOracle.ts";
import {
  ANSWER_AT,
  answerOf,
  BLOCK_HASH,
  LAYOUTS,
  logJson,
  OUR_POOLS,
  syncJson,
  type LogJson,
} from "../../../support/logFrameTexts.ts";

const open = (): LogAnswers =>
  createLogAnswers({ topics: Object.values(POOL_TOPICS), pools: openFrames().pools });

const readIn = (answers: LogAnswers, text: string | Buffer) =>
  answers.read(Buffer.from(text), ANSWER_AT, BLOCK_HASH);

const STRANGER = `0x${"e".repeat(40)}` as const;

const sync = (pool: number, logIndex: number): LogJson => ({
  ...syncJson(OUR_POOLS[pool] ?? STRANGER, BigInt(logIndex), 1n),
  blockHash: BLOCK_HASH,
  logIndex: `0x${logIndex.toString(16)}`,
});

test.for(LAYOUTS)("%s: a block's logs, as the general decoder reads them", (layout) => {
  const answers = open();
  const logs = Array.from({ length: 300 }, (_, i) => sync(i % 11, i));
  const text = answerOf(logs, layout);
  const read = readIn(answers, text);
  expect(read).toEqual(generalAnswer(Buffer.from(text), BLOCK_HASH));
  expect(read?.length).toBeGreaterThan(200);
  expect(readIn(answers, answerOf([], layout))).toEqual([]);
});

test.for(LAYOUTS)(
  "%s: whatever happens to an answer, it is refused or read as the general decoder does",
  (layout) => {
    let answers = open();
    let runs = 0;
    let read = 0;
    const broken = fc.array(logJson, { minLength: 1, maxLength: 4 }).chain((logs) => {
      const text = answerOf(logs, layout);
      return fc.tuple(fc.constant(text), fc.oneof(fc.constant(Buffer.from(text)), damaged(text)));
    });
    fc.assert(
      fc.property(broken, ([whole, frame]) => {
        if (++runs % 50 === 0) answers = open();
        readIn(answers, whole);
        // What stands in front of the list is the connection's to check.
        if (!frame.subarray(0, ANSWER_AT).equals(Buffer.from(whole.slice(0, ANSWER_AT)))) return;
        const logs = answers.read(frame, ANSWER_AT, BLOCK_HASH);
        if (logs === null) return;
        read++;
        expect(logs).toEqual(generalAnswer(frame, BLOCK_HASH));
      }),
      { numRuns: 250 },
    );
    expect(read).toBeGreaterThan(20);
  },
);

test.for([
  ["another block", { ...sync(0, 1), blockHash: `0x${"9".repeat(64)}` }],
  ["a log that is taken back", { ...sync(0, 1), removed: true }],
  ["a reserve out of range", { ...sync(0, 1), data: `0x${"f".repeat(128)}` }],
  ["an unknown key", { ...sync(0, 1), type: "mined" }],
] as const)("%s is left to the general decoder, with all that stands beside it", ([, log]) => {
  const answers = open();
  const text = JSON.stringify({ jsonrpc: "2.0", id: 7, result: [sync(1, 0), log, sync(2, 2)] });
  expect(readIn(answers, text)).toBeNull();
});

test("what stands behind the list is looked at too", () => {
  const answers = open();
  const text = answerOf([sync(0, 1)], "anvil");
  expect(readIn(answers, text)).toHaveLength(1);
  for (const tail of [" ", "}", "\n\n", ',"error":{}}', "x"]) expect(readIn(answers, text + tail)).toBeNull();
  for (const other of ["]", "]]}", ',"id":8}', "]}]"])
    expect(readIn(answers, text.replace(/\]\}$/, other))).toBeNull();
  for (let length = ANSWER_AT; length < text.length; length++)
    expect(readIn(answers, text.slice(0, length))).toBeNull();
});
