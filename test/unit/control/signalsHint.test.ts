import { describe, expect, test } from "vitest";
import { loadRegistry } from "../../../src/chain/registry.ts";
import { readSignal } from "../../../src/control/signalsHint.ts";
import {
  NOW,
  QUICKSWAP,
  ROUTER02,
  rules,
  signal,
  UNISWAP_V3,
  USDC,
  WETH,
  WPOL,
} from "../../support/signals.ts";

const read = (content: unknown, writtenAt = NOW - 1_000, stem = `signal_${writtenAt}_USDC`) =>
  readSignal(content, { stem, writtenAt, now: NOW }, rules);

describe("a signal as the brain writes it", () => {
  test("becomes a hint: steps' outputs as path, routers as exchanges, claimed profit as score", () => {
    expect(read(signal())).toEqual({
      hint: {
        id: `signal_${NOW - 1_000}_USDC`,
        path: [USDC, WETH, USDC],
        dexes: ["uniswap_v3", "quickswap_v2"],
        score: 0.5,
        ttl_ms: 5_000,
        budget: 1,
      },
    });
  });

  test.each([
    ["the token in front of its path", { path: [USDC, WETH, USDC] }],
    ["addresses in capitals", { token: USDC.toUpperCase().replace("0X", "0x") }],
    ["no type", { type: undefined }],
    ["fields of its own", { extras: ["0x", "0x"], ai_params: { slippage: 50 }, intermediary: WETH }],
    ["exchanges by name", { protocols: ["uniswap_v3", "quickswap_v2"], routers: undefined }],
    ["a local time, which says too little", { timestamp: "2001-01-01T00:00:00.123456" }],
    ["a fresh time in seconds", { timestamp: NOW / 1_000 }],
  ])("also with %s", (_name, change) => {
    const reading = read(signal(change));
    expect(reading).toMatchObject({ hint: { dexes: ["uniswap_v3", "quickswap_v2"] } });
    expect("hint" in reading && reading.hint.path?.map((token) => token.toLowerCase())).toEqual([
      USDC,
      WETH,
      USDC,
    ]);
  });

  test("a router of both versions is read by its protocol", () => {
    const three = signal({
      path: [WETH, WPOL, USDC],
      protocols: [0, 1, 0],
      routers: [ROUTER02, ROUTER02, QUICKSWAP],
    });
    expect(read(three)).toMatchObject({
      hint: { path: [USDC, WETH, WPOL, USDC], dexes: ["uniswap_v2", "uniswap_v3", "quickswap_v2"] },
    });
  });

  test.each([
    [{ profit_usd: -3 }, 0],
    [{ profit_usd: 90 }, 0.9],
    [{}, 0.5],
  ])("metrics %j score %d", (metrics, score) => {
    expect(read(signal({ metrics }))).toMatchObject({ hint: { score } });
  });

  test("every router of the registry that trades somewhere gives an exchange of the registry", () => {
    const { routers, dexes } = loadRegistry(137);
    const readings = routers.flatMap(({ address, family }) =>
      [0, 1].map((protocol) => ({
        family,
        reading: read(signal({ protocols: [protocol, 0], routers: [address, QUICKSWAP] })),
      })),
    );
    const given = readings.flatMap(({ reading }) => ("hint" in reading ? [reading.hint.dexes?.[0]] : []));
    const refused = readings.flatMap(({ reading }) => ("refused" in reading ? [reading.refused] : []));
    expect(given.length).toBeGreaterThan(10);
    expect(dexes.map(({ name }) => name)).toEqual(expect.arrayContaining(given));
    expect(refused.filter((why) => !/^routers\.0: \S+ trades with no v[23] exchange/.test(why))).toEqual([]);
    expect(readings.filter(({ family, reading }) => family === "opaque" && "hint" in reading)).toEqual([]);
  });
});

describe("a signal is refused", () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ["of another chain", { chainId: 1 }, /^chainId: 1, and the daemon runs on 137$/],
    ["over two chains", { type: "CROSS_CHAIN" }, /^type: CROSS_CHAIN is a trade over two chains$/],
    ["without its chain", { chainId: undefined }, /^chainId: /],
    ["with a chain in words", { chainId: "137" }, /^chainId: /],
    ["with a token by symbol", { token: "USDC" }, /^token: must be an address$/],
    ["without a path", { path: undefined }, /^path: /],
    ["that does not come back", { path: [WETH, WPOL] }, /^path: does not lead back to token$/],
    ["with more tokens than steps", { path: [WETH, WPOL, USDC] }, /^path: 3 tokens do not fit 2 protocols$/],
    ["through Curve", { protocols: [1, 2] }, /^protocols\.1: 2 is neither 0 \(V2\) nor 1 \(V3\)$/],
    ["with a router missing", { routers: [UNISWAP_V3] }, /^routers\.1: is missing$/],
    [
      "by an unknown router",
      { routers: [UNISWAP_V3, WETH] },
      /^routers\.1: 0x\S+ is no router of the registry$/,
    ],
    [
      "by a V3 router as V2",
      { protocols: [0, 0] },
      /^routers\.0: uniswap_v3_router trades with no v2 exchange/,
    ],
    ["with more than six steps", sixSteps(7), /^path: .*dexes: /],
    ["with profit in words", { metrics: { profit_usd: "5" } }, /^metrics\.profit_usd: /],
    ["by its own time", { timestamp: "2001-01-01T00:00:00Z" }, /^stale: \d+ ms old, and 60000 are the most$/],
  ])("%s", (_name, change, why) => {
    expect(read(signal(change))).toEqual({ refused: expect.stringMatching(why) });
  });

  test("that is old, or from the future, by its name", () => {
    expect(read(signal(), NOW - 60_000)).toHaveProperty("hint");
    expect(read(signal(), NOW - 60_001)).toEqual({ refused: "stale: 60001 ms old, and 60000 are the most" });
    expect(read(signal(), NOW + 5_001)).toEqual({
      refused: "timestamp: 5001 ms ahead of the daemon's clock",
    });
  });

  test.each([[null], [7], ["x"], [[]], [[signal()]], [{}]])("that is %j", (content) => {
    expect(read(content)).toHaveProperty("refused");
  });
});

function sixSteps(steps: number): Record<string, unknown> {
  return {
    path: [...Array.from({ length: steps - 1 }, () => WETH), USDC],
    protocols: Array.from({ length: steps }, () => 0),
    routers: Array.from({ length: steps }, () => QUICKSWAP),
  };
}

test("names with what a terminal would obey are made safe", () => {
  const reading = read(signal(), NOW, `signal_${NOW}_\u001b[31m${"x".repeat(90)}`);
  expect(reading).toMatchObject({ hint: { id: `signal_${NOW}_[31m${"x".repeat(38)}…` } });
});
