import { expect, test } from "vitest";
import { eventText, parseTopics } from "../../../src/cli/watch.ts";

test.each([
  [
    { topic: "heads", time: 1_000, block: 7, hash: "0xab", tainted: 0 },
    "00:00:01.000  heads          block 7  hash 0xab  tainted 0",
  ],
  [
    { topic: "opportunities", time: 0, pools: ["0x1", "0x2"], net: null, more: { deep: [1] } },
    '00:00:00.000  opportunities  pools 0x1>0x2  more {"deep":[1]}',
  ],
  [
    { topic: "fates", time: "x", reason: "a\n\u001b[31m\u202eb", ["k\u0000"]: true },
    "-  fates          reason a[31mb  k true",
  ],
  [null, "-               "],
  [{ time: 1e300, topic: 7 }, "-               "],
])("%j", (params, text) => {
  expect(eventText(params)).toBe(text);
});

test("topics are read by their names", () => {
  expect(parseTopics("fates, heads")).toEqual(["fates", "heads"]);
  expect(() => parseTopics("")).toThrow("--topics : is not one of");
});
