import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { POOL_TOPICS } from "../../../../src/amm/poolLog.ts";
import { LOG_KIND, LOG_KINDS, unsignedOf } from "../../../../src/feed/frames/logRecord.ts";
import { damaged } from "../../../support/logFrameDamage.ts";
import { agrees, generalDecode, openFrames, valuesOf } from "../../../support/logFrameOracle.ts";
import {
  eventJson,
  frameOf,
  LAYOUTS,
  logJson,
  OUR_POOLS,
  SUBSCRIPTION,
  syncJson,
} from "../../../support/logFrameTexts.ts";

const buffer = (text: string): Buffer => Buffer.from(text);

const syncOf = (reserve0: bigint): Buffer =>
  buffer(frameOf(syncJson(OUR_POOLS[0] ?? "0x", reserve0, 1n), "geth"));

describe("whole frames", () => {
  test.for(LAYOUTS)("%s: all that is in range is read, and as the general decoder reads it", (layout) => {
    const { frames } = openFrames();
    let lessons = 0;
    fc.assert(
      fc.property(logJson, (log) => {
        if (++lessons % 100 === 0) frames.follow(SUBSCRIPTION);
        const frame = buffer(frameOf(log, layout));
        const noted = generalDecode(frame);
        const stranger = noted !== null && !OUR_POOLS.includes(noted.log.address);
        const readable = noted !== null && (stranger || valuesOf(noted) !== null);
        expect(agrees(frames, frame)).toBe(readable);
      }),
      { numRuns: 250 },
    );
  });

  test("a Sync: the pool, its exact reserves, the block", () => {
    const { frames } = openFrames();
    const reserve0 = (1n << 112n) - 1n;
    const frame = buffer(frameOf(syncJson(OUR_POOLS[3] ?? "0x", reserve0, 1_000_000n), "bor"));
    expect(frames.read(frame)).toBe(true);
    const { record } = frames;
    expect(record).toMatchObject({
      pool: 3,
      kind: LOG_KIND.sync,
      removed: false,
      blockNumber: 80_000_000,
      logIndex: 241,
    });
    expect([unsignedOf(record, 0), unsignedOf(record, 1)]).toEqual([reserve0, 1_000_000n]);
    expect([...record.floats]).toEqual([2 ** 112, 1e6]);
  });

  test("one bit more than a reserve has is left to the general decoder", () => {
    const { frames } = openFrames();
    expect(frames.read(syncOf((1n << 112n) - 1n))).toBe(true);
    expect(frames.read(syncOf(1n << 112n))).toBe(false);
    expect(frames.read(syncOf(1n << 255n))).toBe(false);
  });

  test.for(LOG_KINDS)("kind $kind: any digit out of place is out of range, or read", (kind) => {
    const { frames } = openFrames();
    const plain = "0".repeat(63);
    for (let digit = 0; digit < 64 * (kind.indexed + kind.plain); digit++) {
      for (const [filling, other] of [
        [`${plain}1`, "1"],
        [`${plain}1`, "f"],
        ["f".repeat(64), "0"],
        ["f".repeat(64), "7"],
      ] as const) {
        const words = Array.from({ length: kind.indexed + kind.plain }, () => filling).join("");
        const text = words.slice(0, digit) + other + words.slice(digit + 1);
        const frame = buffer(frameOf(eventJson(OUR_POOLS[1] ?? "0x", kind, text), "bor"));
        const noted = generalDecode(frame);
        expect(agrees(frames, frame)).toBe(noted !== null && valuesOf(noted) !== null);
      }
    }
  });

  test("logs of one block share the string of its hash", () => {
    const { frames } = openFrames();
    const [one, two] = [syncOf(1n), syncOf(2n)];
    frames.read(one);
    const first = frames.chainLog(one);
    frames.read(two);
    expect(frames.chainLog(two).blockHash).toBe(first.blockHash);
  });
});

describe("damaged frames", () => {
  test.for(LAYOUTS)("%s: refused, or read as the general decoder reads them", (layout) => {
    const { frames } = openFrames();
    let lessons = 0;
    let read = 0;
    fc.assert(
      fc.property(
        logJson.chain((log) => {
          const text = frameOf(log, layout);
          return fc.tuple(fc.constant(text), damaged(text));
        }),
        ([whole, frame]) => {
          if (++lessons % 50 === 0) frames.follow(SUBSCRIPTION);
          // So that its shape is known, and the damage meets the fast path.
          frames.read(buffer(whole));
          if (agrees(frames, frame)) read++;
        },
      ),
      { numRuns: 400 },
    );
    expect(read).toBeGreaterThan(20);
  });

  test("every byte of a frame, replaced by each that could pass for something", () => {
    const { frames } = openFrames();
    const text = frameOf(syncJson(OUR_POOLS[0] ?? "0x", 123n, 456n), "bor");
    expect(frames.read(buffer(text))).toBe(true);
    for (let at = 0; at < text.length; at++) {
      if (at % 20 === 0) frames.follow(SUBSCRIPTION);
      frames.read(buffer(text));
      for (const other of ['"', "\\", " ", "g", "@", "`", "/", ":", "\u0000", "0", "F"]) {
        const frame = buffer(text);
        frame.write(other, at, "latin1");
        agrees(frames, frame);
      }
    }
  });

  test("every length of a cut frame is refused", () => {
    const { frames } = openFrames();
    const frame = buffer(frameOf(syncJson(OUR_POOLS[0] ?? "0x", 123n, 456n), "geth"));
    expect(frames.read(frame)).toBe(true);
    // Without its newline it is whole.
    for (let length = 0; length < frame.length - 1; length++)
      expect(frames.read(frame.subarray(0, length))).toBe(false);
  });
});

describe("what is not for the fast path", () => {
  const sync = frameOf(syncJson(OUR_POOLS[0] ?? "0x", 1n, 2n), "geth");

  test.for([
    ["white space", sync.replace(',"topics"', ', "topics"')],
    ["an escape", sync.replace('"logIndex"', '"log\\u0049ndex"')],
    ["a key twice", sync.replace('"removed":false', '"removed":false,"removed":true')],
    ["an unknown key", sync.replace('"removed":false', '"removed":false,"type":"mined"')],
    ["a missing key", sync.replace('"logIndex":"0xf1",', "")],
    ["a pending log", sync.replace(/"blockHash":"0x\w+"/, '"blockHash":null')],
    ["another subscription", sync.replace(SUBSCRIPTION, `${SUBSCRIPTION.slice(0, -1)}e`)],
    ["another method", sync.replace("eth_subscription", "bor_subscription")],
    ["an answer", '{"jsonrpc":"2.0","id":1,"result":[]}'],
    ["an unknown event", sync.replace(POOL_TOPICS.sync, `0x${"12".repeat(32)}`)],
    ["a Sync of three words", sync.replace(/"data":"0x/, `"data":"0x${"0".repeat(64)}`)],
    ["a number that no number holds", sync.replace('"0x4c4b400"', '"0x20000000000000"')],
    ["a frame longer than any", sync.replace('"2.0"', `"${"2".repeat(4096)}"`)],
    ["nothing", ""],
  ] as const)("%s", ([, text]) => {
    const { frames } = openFrames();
    expect(frames.read(buffer(text))).toBe(false);
    expect(frames.read(buffer(sync))).toBe(true);
    expect(frames.read(buffer(text))).toBe(false);
  });

  test("an event that was not asked for", () => {
    const { frames } = openFrames([POOL_TOPICS.swap]);
    expect(frames.read(buffer(sync))).toBe(false);
  });

  test("a node that never writes as JSON.stringify does is given up on, until it is followed anew", () => {
    const { frames } = openFrames();
    for (let i = 0; i < 512; i++) frames.read(buffer(sync.replace('"0x1f"', ` "0x${i.toString(16)}"`)));
    expect(frames.read(buffer(sync))).toBe(false);
    frames.follow(SUBSCRIPTION);
    expect(frames.read(buffer(sync))).toBe(true);
  });

  test("frames of others, however many, use up nothing", () => {
    const { frames } = openFrames();
    for (let i = 0; i < 1000; i++) frames.read(buffer(sync.replace(SUBSCRIPTION, `0x${i}`)));
    expect(frames.read(buffer(sync))).toBe(true);
  });

  test("with no subscription named, frames of any are read", () => {
    const { frames } = openFrames();
    frames.follow(null);
    expect(frames.read(buffer(sync))).toBe(true);
    expect(frames.read(buffer(sync.replace(SUBSCRIPTION, "0x1")))).toBe(true);
  });
});

test("a pool that joins is ours from the next frame on", () => {
  const { frames, pools } = openFrames();
  const stranger = `0x${"c".repeat(40)}` as const;
  const frame = buffer(frameOf(syncJson(stranger, 5n, 6n), "anvil"));
  expect([frames.read(frame), frames.record.pool]).toEqual([true, -1]);
  pools.set(stranger, 77);
  expect([frames.read(frame), frames.record.pool]).toEqual([true, 77]);
  pools.delete(stranger);
  expect([frames.read(frame), frames.record.pool]).toEqual([true, -1]);
});
