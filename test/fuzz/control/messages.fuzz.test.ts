import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { METHODS } from "../../../src/control/protocol.ts";
import type { Decision } from "../../../src/engine/decisions.ts";
import { BACKWARDS, controlStage, CYCLE, lineClient, type ControlStage } from "../../support/controlStage.ts";
import { address } from "../../support/marketFixture.ts";
import { integer, pick, seeded } from "../../support/searchMarkets.ts";

const MESSAGES = 100_000;
const SEED = Number(process.env["FUZZ_SEED"] ?? 20_261_125);

type Random = () => number;

const METHOD_NAMES: readonly [string, ...string[]] = [
  "nothing",
  ...Object.keys(METHODS),
  "__proto__",
  "constructor",
  "toString",
  "",
  "hint.push\0",
];
const STRANGE: readonly [string, ...string[]] = [
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "",
  "\0",
  "\ud800",
  "\udfff\ud800",
  "\u202e",
  "\ufeff",
  "٣",
  "0x10",
  "😀".repeat(30),
  "9".repeat(79),
  "-0",
  "x".repeat(5000),
  "'; drop table hints; --",
  "../../etc/passwd",
  `0x${"f".repeat(40)}`,
  `0x${"0".repeat(40)}`,
  "WPOL",
  "usdc",
  "dex1",
];
/** As they stand in a text: some are no JSON, some are refused by our own rules. */
const RAW: readonly [string, ...string[]] = [
  "9".repeat(79),
  "9".repeat(20_000),
  "1e999",
  "-0",
  "0x1f",
  "٣",
  "NaN",
  "01",
  "[".repeat(40),
  `${"[".repeat(16)}${"]".repeat(16)}`,
  `${'{"a":'.repeat(17)}1${"}".repeat(17)}`,
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"a":1,"a":2}',
  '"\\ud800"',
  '"\\u0000"',
  "[]",
  "null",
  "true",
];
const FIELDS = [
  "id",
  "path",
  "dexes",
  "pools",
  "start",
  "score",
  "ttl_ms",
  "budget",
  "gas",
  "recipient",
  "min_profit",
  "__proto__",
  "hints",
  "source",
  "ids",
  "limit",
  "topics",
  "reason",
  "pairs",
  "routes",
  "token0",
  "token1",
  "dex",
  "token_in",
  "token_out",
  "amount",
  "pool",
  "start",
  "end",
  "max_hops",
] as const;
const pool = (random: Random): string => address(integer(random, 0, 8));

function value(random: Random, depth = 0): unknown {
  switch (integer(random, 0, depth > 3 ? 4 : 7)) {
    case 0:
      return pick(random, STRANGE);
    case 1:
      return integer(random, -5, 100_000);
    case 2:
      return pick(random, [0.5, 1e300, -1e-300, 2 ** 53, Number.MIN_VALUE, true, false, null]);
    case 3:
      return pick(random, ["WPOL", "USDC", "WETH", "dex1", "dex2", "dex3", "a", "b"]);
    case 4:
      return pool(random);
    case 5:
      return Array.from({ length: integer(random, 0, 5) }, () => value(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: integer(random, 0, 4) }, () => [pick(random, FIELDS), value(random, depth + 1)]),
      );
  }
}

/** A hint that may be right, with one field of it spoilt now and then. */
function hint(random: Random): unknown {
  const pools = Array.from({ length: integer(random, 2, 4) }, () => pool(random));
  const route = pick<object>(random, [
    CYCLE,
    BACKWARDS,
    { pools },
    { ...CYCLE, dexes: ["dex1"] },
    { path: ["WPOL", "USDC"], dexes: ["dex4"] },
  ]);
  const whole = { ...route, id: pick(random, ["a", "b", "c", `${integer(random, 0, 500)}`]), ttl_ms: 100 };
  return random() < 0.3 ? { ...whole, [pick(random, FIELDS)]: value(random) } : whole;
}

function params(method: string, random: Random): unknown {
  if (random() < 0.3) return value(random);
  switch (method) {
    case "hint.push":
      return { hints: Array.from({ length: integer(random, 1, 9) }, () => hint(random)) };
    case "hint.cancel":
      return { ids: ["a", "b", `${integer(random, 0, 500)}`] };
    case "processRoute":
      return { token_in: "WPOL", token_out: "WPOL", amount: "5", ...CYCLE };
    case "findArbitrage":
      return [hint(random), value(random)];
    case "injectPairs":
      return [{ token0: "WPOL", token1: "USDC", dex: "dex1", liquidity_usd: 5 }, value(random)];
    case "getPaths":
      return { start: "WPOL", end: "USDC", max_hops: integer(random, 0, 7) };
    case "subscribe":
      return { topics: [pick(random, ["heads", "fates", "nothing"])] };
    case "why":
      return { id: pick(random, STRANGE) };
    default:
      return { reason: pick(random, STRANGE), limit: integer(random, 0, 2000) };
  }
}

function message(random: Random, number: number): Buffer {
  const method = random() < 0.3 ? "hint.push" : pick(random, METHOD_NAMES);
  const id = random() < 0.8 ? number : pick(random, [null, "x", 1.5, true, undefined, {}, "__proto__"]);
  const text = JSON.stringify({
    jsonrpc: random() < 0.97 ? "2.0" : "1.0",
    id,
    method,
    params: params(method, random),
  });
  const bytes = Buffer.from(spoilt(text, random));
  const flips = random() < 0.3 ? integer(random, 1, 4) : 0;
  for (let i = 0; i < flips && bytes.length > 0; i++)
    bytes[integer(random, 0, bytes.length - 1)] = integer(random, 0, 255);
  // One line is one message.
  for (const [i, byte] of bytes.entries()) if (byte === 0x0a) bytes[i] = 0x20;
  return bytes;
}

function spoilt(text: string, random: Random): string {
  const at = integer(random, 0, text.length);
  const choice = random();
  if (choice < 0.7) return text;
  if (choice < 0.8) return text.slice(0, at);
  if (choice < 0.9) return text.replace(/:[^,{}]*([,}])/, `:${pick(random, RAW)}$1`);
  return pick(random, [pick(random, RAW), `[${text}]`, `\ufeff${text}`, `${text}${text}`, text.slice(at)]);
}

/** What need not be answered: nothing at all, or what looks like a request without an id. */
function maySilent(bytes: Buffer): boolean {
  const text = bytes.toString().replace(/\r$/, "");
  if (text === "") return true;
  try {
    const request: unknown = JSON.parse(text);
    return typeof request === "object" && request !== null && !("id" in request) && "method" in request;
  } catch {
    return false;
  }
}

let stage: ControlStage | null = null;
afterEach(async () => {
  await stage?.stop();
});

test(`${MESSAGES} messages: one reply each, nothing uncaught, no strange pool, nothing polluted`, async () => {
  const prototype = Object.getOwnPropertyNames(Object.prototype).join();
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on("uncaughtException", note).on("unhandledRejection", note);
  const failures: object[] = [];
  const many = 10_000_000;
  const room = (stage = controlStage({
    options: { hints_per_second: many, hints_burst: many, routes_per_second: many, max_hints: 200 },
    log: { error: (facts) => void failures.push(facts), warn: () => {}, info: () => {}, debug: () => {} },
  }));
  await room.control.start();
  const client = await lineClient(join(room.dir, "hints.sock"));
  const random = seeded(SEED);
  let silent = 0;
  const strangers = (decisions: readonly Decision[]): string[] =>
    decisions
      .flatMap((decision) => (decision.type === "submit" ? decision.plan.opportunities : []))
      .flatMap(({ hops }) => hops.map((hop) => hop.pool))
      .filter((one) => !room.engine.market.pools.has(one));
  const found: string[] = [];
  for (let number = 0; number < MESSAGES; number += 100) {
    const batch = Array.from({ length: 100 }, (_, i) => message(random, number + i));
    // A question after each message separates the answers.
    for (const bytes of batch)
      client.send(
        Buffer.concat([bytes, Buffer.from('\n{"jsonrpc":"2.0","id":"mark","method":"version"}\n')]),
      );
    for (const bytes of batch) {
      let replies = 0;
      for (;;) {
        const reply = await client.next();
        if (isMark(reply)) break;
        if (isReply(reply)) replies++;
      }
      if (replies === 0 && maySilent(bytes)) silent++;
      else if (replies !== 1) found.push(`${replies} replies to ${bytes.toString("latin1").slice(0, 300)}`);
    }
    found.push(...strangers(room.block()));
  }
  client.socket.destroy();
  process.off("uncaughtException", note).off("unhandledRejection", note);
  expect(found).toEqual([]);
  expect(uncaught).toEqual([]);
  expect(failures).toEqual([]);
  expect(silent).toBeGreaterThan(0);
  const hinted = room.asked.flatMap((event) => (event.type === "hint" ? event.routes : []));
  expect(hinted.length).toBeGreaterThan(10_000);
  expect(hinted.flatMap(({ hops }) => hops).filter((hop) => !room.engine.market.pools.has(hop.pool))).toEqual(
    [],
  );
  expect(room.owner).toEqual([]);
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(prototype);
  expect("polluted" in {}).toBe(false);
});

const isMark = (line: unknown): boolean =>
  typeof line === "object" && line !== null && "id" in line && line.id === "mark";
/** Notifications have a method. */
const isReply = (line: unknown): boolean => typeof line === "object" && line !== null && !("method" in line);
