import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import type { PoolState } from "../../../src/amm/poolState.ts";
import type { Address } from "../../../src/chain/types.ts";
import { createHttpDoor, type HttpDoor } from "../../../src/control/http.ts";
import { METHODS } from "../../../src/control/protocol.ts";
import { createSeedDesk } from "../../../src/control/seed/seedDesk.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { silentLog } from "../../../src/lib/log.ts";
import { address, UNIT } from "../../support/marketFixture.ts";
import { seedStage, tokenOf, type StageEntry } from "../../support/seedMarket.ts";

// The seed's own client; its test is passed over where ../shared is absent.
const BRAIN = new URL("../../../../shared/seed/", import.meta.url);
const HAS_PYTHON = spawnSync("python3", ["--version"]).status === 0;

const WPOL = address(0x10);
const USDC = address(0x20);
const WETH = address(0x30);

const open: HttpDoor[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(async (door) => await door.stop()));
});

function entry(
  n: number,
  [token0, token1]: readonly [Address, Address],
  dex: string,
  skew = 100n,
): StageEntry {
  const reserve0 = 100_000n * UNIT;
  const state: PoolState = { kind: "v2", feePpm: 3000, reserve0, reserve1: (reserve0 * skew) / 100n };
  return { pool: { address: address(n), kind: "v2", dex, token0, token1 }, state };
}

/** The seed's methods on a market where WPOL, USDC, WETH, WPOL earns some ten percent. */
function brainsDesk() {
  const tokens = [
    tokenOf(WPOL ?? "0x", "WPOL"),
    tokenOf(USDC ?? "0x", "USDC"),
    tokenOf(WETH ?? "0x", "WETH"),
  ];
  const { ports } = seedStage({
    tokens,
    dexes: ["quickswap_v2", "sushiswap_v2", "uniswap_v3"],
    bases: tokens.slice(0, 2).map((token) => token.address),
    usd: tokens.slice(1, 2).map((token) => token.address),
    entries: [
      entry(1, [WPOL, USDC], "quickswap_v2"),
      entry(2, [USDC, WETH], "uniswap_v3"),
      entry(3, [WPOL, WETH], "sushiswap_v2", 90n),
    ],
  });
  return createSeedDesk(ports, { clock: systemClock });
}

async function openDoor(): Promise<string> {
  const desk = brainsDesk();
  const door = createHttpDoor(
    { host: "127.0.0.1", port: 0, auth: "none" },
    (method, params) => {
      if (method === "processRoute") return desk.processRoute(METHODS.processRoute.params.parse(params));
      if (method === "findArbitrage") return desk.findArbitrage(METHODS.findArbitrage.params.parse(params));
      return { text: "" };
    },
    { log: silentLog },
  );
  open.push(door);
  return `http://127.0.0.1:${await door.start()}`;
}

const ROUTE = {
  token_in: "WPOL",
  token_out: "WPOL",
  amount: "100.5",
  path: ["WPOL", "USDC", "WETH", "WPOL"],
  dexes: ["quickswap", "uniswap", "sushiswap"],
};

async function post(url: string, body: unknown): Promise<unknown> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5000),
  });
  expect(answer.status).toBe(200);
  return await answer.json();
}

test("the seed's calls over HTTP: health, a route, and pairs or routes", async () => {
  const server = await openDoor();
  expect(await (await fetch(`${server}/health`)).text()).toBe("OK");
  const result = await post(`${server}/process_route`, ROUTE);
  expect(result).toMatchObject({ profitable: true, execution_time_us: expect.any(Number) });
  expect(METHODS.processRoute.result.parse(result).net_profit).toMatch(/^\d+\.\d{6}$/);
  const pair = { token0: "WPOL", token1: "USDC", dex: "quickswap", liquidity_usd: 1e6, fee_bps: 30 };
  expect(await post(`${server}/find_arbitrage`, [pair])).toEqual(expect.any(Array));
  expect(await post(`${server}/find_arbitrage`, { routes: [ROUTE] })).toMatchObject({
    asked: 1,
    profitable: 1,
  });
});

/** Runs the brain's option B: what it says on the one line of its output. */
async function brain(server: string): Promise<unknown> {
  const program = `
import json, sys
sys.path.insert(0, sys.argv[1])
from brain import OmniBrainB
b = OmniBrainB(sys.argv[2])
o = json.loads(sys.argv[3])
runs = [b._process_with_rust_mev(o) for _ in range(50)]
# A busy machine may break the client's limit of 0.1 s now and then: then it falls back.
print(json.dumps({"enabled": b.rust_mev_enabled, "answer": next((r for r in runs if r is not None), None)}))
`;
  const child = spawn("python3", ["-B", "-c", program, BRAIN.pathname, server, JSON.stringify(ROUTE)]);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(code).toBe(0);
  return JSON.parse(output);
}

test.skipIf(!HAS_PYTHON || !existsSync(BRAIN))("the seed's brain, option B, as it stands", async () => {
  const server = await openDoor();
  expect(await brain(server)).toMatchObject({
    enabled: true,
    answer: { profitable: true, execution_time_us: expect.any(Number) },
  });
  await open.pop()?.stop();
  expect(await brain(server)).toEqual({ enabled: false, answer: null });
});
