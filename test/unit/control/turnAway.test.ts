import { expect, test } from "vitest";
import { turnAway } from "../../../src/control/turnAway.ts";
import { createTokenBucket } from "../../../src/lib/tokenBucket.ts";

const hint = { path: ["WPOL", "USDC"], dexes: ["quick"] };
const push = (count: number, id: unknown = 7): Buffer =>
  Buffer.from(
    JSON.stringify({
      jsonrpc: "2.0",
      id,
      method: "hint.push",
      params: { hints: Array.from({ length: count }, () => hint) },
    }),
  );
/** With ten left, and one more every second. */
const bucket = () => createTokenBucket(1, 10, () => 0);

test("a push that there is no room for is refused unread, with its id and when to come again", () => {
  expect(turnAway(push(10), bucket())).toBeNull();
  const spent = bucket();
  spent.take(4);
  expect(JSON.parse(turnAway(push(8), spent) ?? "")).toEqual({
    jsonrpc: "2.0",
    id: 7,
    error: { code: -32005, message: "too many hints at a time", data: { retry_ms: 2000 } },
  });
  expect(JSON.parse(turnAway(push(8, "mine-1"), spent) ?? "").id).toBe("mine-1");
  expect(JSON.parse(turnAway(push(11), spent) ?? "").error).not.toHaveProperty("data");
  // Nothing was taken.
  expect(spent.take(6)).toBe(0);
});

test("whatever does not look like a push is read", () => {
  const empty = bucket();
  empty.take(10);
  const one = push(1).toString();
  expect(turnAway(Buffer.from(one), empty)).not.toBeNull();
  const others = [
    one.replace("hint.push", "hint.list"),
    one.replace('"id":7,', ""),
    one.replace('"id":7', '"id":null'),
    one.replace('"id":7', '"id":7.5'),
    one.replace('"id":7', String.raw`"id":"a\"b"`),
    one.replace('"id":7', `"id":"${"x".repeat(65)}"`),
    ` ${one}`,
    one.replace("{", "[{"),
    "",
    "{",
  ];
  for (const line of others) expect(turnAway(Buffer.from(line), empty)).toBeNull();
});
