import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import type { DevBlock } from "../../../devnet/block.ts";
import { startDevnet } from "../../../devnet/devnet.ts";
import type { Devnet, DevnetOptions } from "../../../devnet/devnet.ts";

let running: Devnet[] = [];
afterEach(async () => {
  for (const devnet of running) await devnet.stop();
  running = [];
});

async function start(options: DevnetOptions): Promise<Devnet> {
  const devnet = await startDevnet(options);
  running.push(devnet);
  return devnet;
}

async function blocksOf(devnet: Devnet, count: number): Promise<readonly DevBlock[]> {
  const blocks: DevBlock[] = [];
  for (let i = 0; i < count; i++) blocks.push(await devnet.build());
  return blocks;
}

const rows = (blocks: readonly DevBlock[]): readonly (readonly string[])[] =>
  blocks.map(({ transactions }) => transactions.map(({ hash }) => hash));

test("two runs of one seed have the same transactions in the same blocks, another seed has others", async () => {
  const seeds = [11, 11, 12];
  const chains: (readonly (readonly string[])[])[] = [];
  for (const seed of seeds) {
    const devnet = await start({ traders: true, seed });
    chains.push(rows(await blocksOf(devnet, 10)));
    expect(devnet.stats.lateBatches).toBe(0);
    await devnet.stop();
  }
  const [first, again, other] = chains;
  expect(again).toEqual(first);
  expect(first?.flat().length).toBeGreaterThan(20);
  expect(first?.flat().filter((hash) => other?.flat().includes(hash))).toEqual([]);
});

test("with the clock the activity is that of the hand", async () => {
  const byHand = await start({ traders: true, seed: 21 });
  const still = rows(await blocksOf(byHand, 6));
  await byHand.stop();
  const byClock = await start({ traders: true, seed: 21, blockTimeMs: 400 });
  const last = byHand.head().number;
  while (byClock.head().number < last) await byClock.nextBlock();
  await byClock.stopMining();
  const timed: string[][] = [];
  for (let number = last - 5; number <= last; number++) {
    const block = await byClock.rpc("eth_getBlockByNumber", [`0x${number.toString(16)}`, false]);
    timed.push(z.object({ transactions: z.array(z.string()) }).parse(block).transactions);
  }
  expect(timed).toEqual(still);
});

test("arbitrage appears in most blocks, and prices come back: a simple rival lives on it", async () => {
  const devnet = await start({ traders: true, competitor: true, seed: 7 });
  const blocks = await blocksOf(devnet, 60);
  const rival = devnet.accounts.rival.address;
  const won = blocks.filter(({ transactions }) =>
    transactions.some(({ from, ok }) => from === rival && ok),
  ).length;
  const noise = blocks.flatMap(({ transactions }) => transactions.filter(({ from }) => from !== rival));
  const failed = noise.filter(({ ok }) => !ok).length;
  // Even one searcher that knows only pairs of V2 pools finds something in most blocks.
  expect(won).toBeGreaterThan(30);
  expect(noise.length).toBeGreaterThan(240);
  expect(failed / noise.length).toBeLessThan(0.1);
});

test("npm run devnet prints its URLs as JSON, serves, and ends by SIGTERM with nothing left", async () => {
  const child = spawn(
    process.execPath,
    [
      "--import",
      "tsx",
      "scripts/devnet.ts",
      "--json",
      "--port",
      "0",
      "--relay-port",
      "0",
      "--block-time",
      "500",
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const line: unknown = (await once(createInterface({ input: child.stdout }), "line"))[0];
  const facts = z
    .object({
      httpUrl: z.string(),
      relayUrl: z.string(),
      pools: z.array(z.unknown()),
      chainId: z.literal(137),
    })
    .parse(JSON.parse(z.string().parse(line)));
  expect(facts.pools.length).toBeGreaterThan(30);
  const response = await fetch(facts.httpUrl, {
    method: "POST",
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }),
  });
  expect(await response.json()).toMatchObject({ result: "0x89" });
  child.kill("SIGTERM");
  expect((await once(child, "exit"))[0]).toBe(0);
  await expect(fetch(facts.httpUrl)).rejects.toThrow(/fetch failed/);
});

test("without anvil it says what to do, and ends with 1", async () => {
  const child = spawn(process.execPath, ["--import", "tsx", "scripts/devnet.ts", "--port", "0"], {
    env: { ...process.env, ANVIL_BIN: "/nowhere/anvil" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  expect((await once(child, "exit"))[0]).toBe(1);
  expect(said).toBe("devnet: ANVIL_BIN names /nowhere/anvil, which does not exist\n");
});

test("a killed devnet leaves no anvil behind", async () => {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "scripts/devnet.ts", "--json", "--port", "0", "--relay-port", "0", "--no-traders"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const line: unknown = (await once(createInterface({ input: child.stdout }), "line"))[0];
  const { anvilPid } = z.object({ anvilPid: z.number() }).parse(JSON.parse(z.string().parse(line)));
  expect(() => process.kill(anvilPid, 0)).not.toThrow();
  child.kill("SIGKILL");
  await once(child, "exit");
  const isGone = (): boolean => {
    try {
      return !process.kill(anvilPid, 0);
    } catch {
      return true;
    }
  };
  await expect.poll(isGone, { timeout: 10_000 }).toBe(true);
});
