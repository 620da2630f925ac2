import { decodeFunctionResult, encodeFunctionData, erc20Abi, keccak256 } from "viem";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { HexText } from "../../../devnet/hex.ts";
import { tokenBySymbol } from "../../../devnet/market.ts";
import type { Address } from "../../../src/chain/types.ts";
import type { DaemonProcess } from "../../support/appDaemon.ts";
import { fates, rows, type Row } from "../../support/appLedger.ts";
import { startRecordingProxy, type RecordingProxy } from "../../support/appProxy.ts";
import { startAppStage, type AppStage } from "../../support/appStage.ts";
import { swapCall } from "../../support/devnetSwaps.ts";

const GWEI = 10n ** 9n;
/** Before everything of ours in its block. */
const FIRST = { maxFeePerGas: 1000n * GWEI, maxPriorityFeePerGas: 500n * GWEI };
const MOST_BLOCKS = 10;

let stage: AppStage;
let proxy: RecordingProxy;
beforeAll(async () => {
  stage = await startAppStage();
  proxy = await startRecordingProxy(stage.devnet.httpUrl);
}, 120_000);
afterEach(async () => {
  await stage.endAll();
});
afterAll(async () => {
  await proxy.stop();
  await stage.stop();
});

interface Run {
  readonly daemon: DaemonProcess;
  readonly ledger: string;
}

/** A daemon with no way out but the one under conditions. */
async function startRun(): Promise<Run> {
  const channels = [{ type: "conditional", url: proxy.httpUrl }];
  const config = stage.config({ ...stage.live, node: { ws: proxy.wsUrl }, channels });
  const daemon = stage.startLive(config);
  await stage.untilReady(daemon);
  return { daemon, ledger: config.ledger };
}

/** The intent with its fate, once that is booked. */
async function booked({ daemon, ledger }: Run, intent: string): Promise<Row | undefined> {
  const found = (): Row | undefined => fates(ledger).find(({ id }) => id === intent);
  for (let i = 0; i < MOST_BLOCKS && found()?.["finals"] === 0; i++) {
    const { number } = await stage.devnet.build();
    await daemon.line("block", ({ block }) => block === number);
  }
  return found();
}

async function balanceOf(token: Address, holder: Address): Promise<bigint> {
  const data = encodeFunctionData({ abi: erc20Abi, functionName: "balanceOf", args: [holder] });
  const answer = HexText.parse(await stage.devnet.rpc("eth_call", [{ to: token, data }, "latest"]));
  return decodeFunctionResult({ abi: erc20Abi, functionName: "balanceOf", data: answer });
}

const askOperator = async (method: string): Promise<bigint> =>
  BigInt(HexText.parse(await stage.devnet.rpc(method, [stage.devnet.accounts.operator.address, "latest"])));

/** What a transaction of ours would change, whatever it does. */
const purse = async () => ({
  nonce: Number(await askOperator("eth_getTransactionCount")),
  coins: await askOperator("eth_getBalance"),
});

const sentSchema = z.tuple([HexText, z.object({ knownAccounts: z.record(z.string(), z.unknown()) }).loose()]);

const POOLS = `SELECT DISTINCT pool FROM opportunity_hops JOIN opportunities o ON o.seq = opportunity
  JOIN intent_opportunities i ON i.opportunity_id = o.id WHERE i.intent_id = ?`;

test("a plan lands under conditions: realised is predicted, and the treasury's gain, to the wei", async () => {
  const tokens = ["WPOL", "USDC.e"].map((symbol) => tokenBySymbol(stage.devnet.tokens, symbol).address);
  const treasury = () => Promise.all(tokens.map((token) => balanceOf(token, stage.treasury)));
  const run = await startRun();
  const before = await treasury();
  const intent = await stage.untilSent(run.daemon);
  const fate = await booked(run, intent);
  expect(fate).toMatchObject({ fate: "included", finals: 1 });
  const gains = (await treasury()).map((held, i) => held - (before[i] ?? 0n)).filter((gain) => gain !== 0n);
  expect((await run.daemon.stop()).code).toBe(0);
  const [gain] = gains.map(String);
  const trades = rows(run.ledger, "SELECT intent_id, predicted, realised FROM v_trade_profits");
  expect(trades).toEqual([{ intent_id: intent, predicted: gain, realised: gain }]);

  const sends = proxy.seen.filter(({ method }) => /send(Raw|Bundle|Transaction)/i.test(method));
  expect(new Set(sends.map(({ via, method }) => `${via} ${method}`))).toEqual(
    new Set(["http bor_sendRawTransactionConditional"]),
  );
  const sent = sends.find(({ params: [raw] }) => keccak256(HexText.parse(raw)) === fate?.["hash"]);
  const [, { knownAccounts, ...range }] = sentSchema.parse(sent?.params);
  const [{ parent } = {}] = rows(
    run.ledger,
    "SELECT parent_number AS parent FROM intents WHERE id = ?",
    intent,
  );
  expect(range).toEqual({ blockNumberMin: parent, blockNumberMax: Number(parent) + 1 });
  const pools = rows(run.ledger, POOLS, intent).map(({ pool }) => pool);
  expect(pools).toHaveLength(2);
  expect(new Set(Object.keys(knownAccounts))).toEqual(new Set(pools));
});

test("its pools move before its block is built: left out, it costs nothing, and the next has its nonce", async () => {
  const { devnet } = stage;
  const { alice } = devnet.accounts;
  const wpol = tokenBySymbol(devnet.tokens, "WPOL");
  const run = await startRun();
  const before = await purse();
  const held = await balanceOf(wpol.address, alice.address);
  const intent = await stage.untilSent(run.daemon);
  // What left the arbitrage behind is undone, and nothing else pays.
  const bought = (await balanceOf(wpol.address, alice.address)) - held;
  const usd = (Number(bought) * Number(wpol.priceMicroUsd)) / 1e24;
  await devnet.transact(alice, swapCall(devnet, alice, { from: "WPOL", to: "USDC.e", usd }), FIRST);
  expect(await booked(run, intent)).toMatchObject({ fate: "missed", finals: 1 });
  expect(await purse()).toEqual(before);
  const next = await stage.untilSent(run.daemon);
  expect(await booked(run, next)).toMatchObject({ fate: "included", finals: 1, nonce: before.nonce });
  expect((await run.daemon.stop()).code).toBe(0);
});

test("its block is too dear for it: the same, since the pool forgets it after its last block", async () => {
  const { devnet } = stage;
  const run = await startRun();
  const before = await purse();
  const intent = await stage.untilSent(run.daemon);
  devnet.setBaseFee(200n * GWEI);
  await devnet.build();
  const { facts } = await run.daemon.line("outcome", ({ intentId }) => intentId === intent);
  expect(facts).toMatchObject({ fate: "missed" });
  expect(await purse()).toEqual(before);
  devnet.setBaseFee(30n * GWEI);
  const next = await stage.untilSent(run.daemon);
  expect(await booked(run, next)).toMatchObject({ fate: "included", finals: 1, nonce: before.nonce });
  expect(await booked(run, intent)).toMatchObject({ fate: "missed", finals: 1 });
  expect((await run.daemon.stop()).code).toBe(0);
});
