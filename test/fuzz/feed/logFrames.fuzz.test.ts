import * as fc from "fast-check";
import { expect, test } from "vitest";
import { damaged } from "../../support/logFrameDamage.ts";
import { agrees, openFrames } from "../../support/logFrameOracle.ts";
import { frameOf, LAYOUTS, logJson, SUBSCRIPTION } from "../../support/logFrameTexts.ts";

const RUNS = 15_000;

test.for(LAYOUTS)(`%s: ${RUNS} damaged frames are refused, or read as the general decoder does`, (layout) => {
  const { frames } = openFrames();
  const frame = logJson.chain((log) => {
    const whole = frameOf(log, layout);
    return fc.tuple(fc.constant(whole), damaged(whole));
  });
  let runs = 0;
  let read = 0;
  fc.assert(
    fc.property(frame, ([whole, broken]) => {
      if (++runs % 100 === 0) frames.follow(SUBSCRIPTION);
      agrees(frames, Buffer.from(whole));
      if (agrees(frames, broken)) read++;
    }),
    { numRuns: RUNS },
  );
  // A decoder that refuses everything would pass for nothing.
  expect(read).toBeGreaterThan(RUNS / 50);
});
