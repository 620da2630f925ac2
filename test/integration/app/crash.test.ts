import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { createRandom } from "../../../devnet/random.ts";
import type { DaemonProcess } from "../../support/appDaemon.ts";
import { fates, isSound, rows, value } from "../../support/appLedger.ts";
import { startAppStage, type AppStage } from "../../support/appStage.ts";

const SEED = 11;
/** Where the way of a plan is cut: after each stage that the daemon tells, and with the block itself. */
const MOMENTS = ["simulated", "journaled", "signed", "sent", "answered", "block", "answered"] as const;
/** A block lands what is out; the ones on top make its fate final. */
const SETTLING_BLOCKS = 4;
const MOST_TRIES = 10;

const blockBody = z.object({ transactions: z.array(z.object({ hash: z.string(), from: z.string() })) });

let stage: AppStage;

beforeAll(async () => {
  stage = await startAppStage();
}, 120_000);
afterAll(async () => {
  await stage.stop();
});

/** On a loaded machine a plan may end before it gets so far: then the next one is waited for. */
async function untilMoment(daemon: DaemonProcess, moment: (typeof MOMENTS)[number]): Promise<void> {
  await daemon.line("pools loaded");
  let { number } = await stage.devnet.build();
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    const { message } = await daemon.find(({ message: told, facts }) => {
      if (moment === "block" && told === "block") return facts["block"] === number;
      if (told === "execution stage") return facts["stage"] === moment;
      return told === "outcome" && String(facts["intentId"]).startsWith(`${number + 1}-`);
    });
    if (message !== "outcome") return;
    number = await stage.unbalance();
  }
  throw new Error(`${moment} was not reached in ${MOST_TRIES} tries`);
}

async function landedOf(operator: string, last: number): Promise<readonly string[]> {
  const hashes: string[] = [];
  for (let number = 1; number <= last; number++) {
    const block = await stage.devnet.rpc("eth_getBlockByNumber", [`0x${number.toString(16)}`, true]);
    const { transactions } = blockBody.parse(block);
    hashes.push(...transactions.filter(({ from }) => from === operator).map(({ hash }) => hash));
  }
  return hashes.toSorted();
}

test(`kill -9 at ${MOMENTS.length} moments (seed ${SEED}): one fate each, nothing forgotten, no nonce spent twice`, async () => {
  const { devnet } = stage;
  const random = createRandom(SEED);
  const config = stage.config(stage.live);
  for (const [round, moment] of MOMENTS.entries()) {
    await stage.unbalance(15_000 + Math.floor(random() * 30_000));
    const daemon = stage.startLive(config);
    await untilMoment(daemon, moment);
    await new Promise((resolve) => setTimeout(resolve, random() * 5));
    daemon.kill("SIGKILL");
    await daemon.exited;
    expect({ round, sound: isSound(config.ledger) }).toEqual({ round, sound: true });
    await devnet.build(SETTLING_BLOCKS);
  }
  // The last one only clears up: nothing pays enough for it.
  const clearing = { ledger: { path: config.ledger }, profit: { min_net_native: "1000000" } };
  const last = stage.startLive(stage.config({ ...stage.live, ...clearing }));
  await last.line("pools loaded");
  const isClear = (): boolean => fates(config.ledger).every(({ finals }) => finals === 1);
  for (let i = 0; i < MOST_TRIES && !isClear(); i++) {
    const { number } = await devnet.build();
    await last.line("block", ({ block }) => block === number);
  }
  expect((await last.stop()).code).toBe(0);

  expect(isSound(config.ledger)).toBe(true);
  const all = fates(config.ledger);
  // Five of the moments lie behind the journal.
  expect(all.length).toBeGreaterThanOrEqual(5);
  expect(all.filter(({ finals }) => finals !== 1)).toEqual([]);

  const landed = await landedOf(devnet.accounts.operator.address, devnet.head().number);
  const included = all.filter(({ fate }) => fate === "included").map(({ hash }) => String(hash));
  console.log(`seed ${SEED}: ${all.length} intents, ${landed.length} landed`);
  expect(landed.length).toBeGreaterThanOrEqual(1);
  expect(included.toSorted()).toEqual(landed);

  // A nonce is given again only after the intent that had it is surely over.
  const overlaps = rows(
    config.ledger,
    `SELECT a.intent_id, b.intent_id AS other FROM signed_transactions a
     JOIN signed_transactions b ON b.nonce = a.nonce AND b.signed_at > a.signed_at
     LEFT JOIN fates f ON f.intent_id = a.intent_id AND f.fate <> 'unknown'
     WHERE f.decided_at IS NULL OR f.decided_at > b.signed_at`,
  );
  expect(overlaps).toEqual([]);
  expect(value(config.ledger, "SELECT count(*) FROM v_trades WHERE equal = 0")).toBe(0);
}, 300_000);
