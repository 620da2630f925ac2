import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { devAccount } from "../../../devnet/accounts.ts";
import { EXIT } from "../../../src/lib/errors.ts";
import { withinMs } from "../../support/patience.ts";
import type { LogLine } from "../../support/appDaemon.ts";
import { value } from "../../support/appLedger.ts";
import { startAppStage, KEY_NAME, type AppStage } from "../../support/appStage.ts";

let stage: AppStage;

beforeAll(async () => {
  stage = await startAppStage();
}, 120_000);
afterEach(async () => {
  await stage.endAll();
});
afterAll(async () => {
  await stage.stop();
});

test("a node of another chain is refused", async () => {
  const end = await stage.startObserving(stage.config({ chain: 1, market: { dexes: [], bases: [] } })).exited;
  expect(end.code).toBe(EXIT.config);
  expect(end.stderr).toContain(
    "the node serves chain 137, the configuration says 1: change node.ws or chain",
  );
});

test("a ledger belongs to the chain that it has seen: another one is refused", async () => {
  const ethereum = { chain: 1, market: { dexes: [], bases: [] } };
  const own = stage.config(ethereum);
  expect((await stage.startObserving(own).exited).code).toBe(EXIT.config);
  // That run was refused, so it says nothing of the ledger.
  const daemon = stage.startObserving(stage.config({ ledger: { path: own.ledger } }));
  await stage.untilReady(daemon);
  expect((await daemon.stop()).code).toBe(0);
  const end = await stage.startObserving(own).exited;
  expect(end).toMatchObject({ code: EXIT.config });
  expect(end.stderr).toContain(`${own.ledger} is the ledger of chain 137, the configuration says 1`);
  expect(value(own.ledger, "SELECT count(*) FROM runs")).toBe(2);
});

test("an executor's address without a contract, or with another one, is refused", async () => {
  const { wrapped } = stage.devnet.registry;
  for (const address of [`0x${"11".repeat(20)}`, wrapped]) {
    const end = await stage.startLive(stage.config({ ...stage.live, executor: { address } })).exited;
    expect(end).toMatchObject({ code: EXIT.config });
    expect(end.stderr).toContain(`no ArbExecutor answers at ${address}`);
  }
});

test("dry-run has the same eyes: an executor that is not there is refused", async () => {
  const { channels: _channels, signer: _signer, ...rest } = stage.live;
  const dryRun = { ...rest, mode: "dry-run", executor: { address: `0x${"11".repeat(20)}` } };
  const end = await stage.startObserving(stage.config(dryRun)).exited;
  expect(end).toMatchObject({ code: EXIT.config });
});

test("an executor that pays another treasury than the configuration names is refused, in dry-run too", async () => {
  const { channels: _channels, signer: _signer, ...dryRun } = stage.live;
  const executor = { address: stage.executor, treasury: `0x${"22".repeat(20)}` };
  for (const end of [
    await stage.startLive(stage.config({ ...stage.live, executor })).exited,
    await stage.startObserving(stage.config({ ...dryRun, mode: "dry-run", executor })).exited,
  ]) {
    expect(end).toMatchObject({ code: EXIT.config });
    expect(end.stderr).toContain(
      `executor.treasury: the configuration says ${executor.treasury}, the executor pays ${stage.treasury}`,
    );
  }
  const right = { ...executor, treasury: stage.treasury };
  const daemon = stage.startLive(stage.config({ ...stage.live, executor: right }));
  await stage.untilReady(daemon);
  expect((await daemon.stop()).code).toBe(0);
});

test("a key that is not the operator's is refused, and not told", async () => {
  const stranger = devAccount("stranger");
  const daemon = stage.startLive(stage.config(stage.live), { [KEY_NAME]: stranger.privateKey });
  const end = await daemon.exited;
  expect(end).toMatchObject({ code: EXIT.config });
  expect(end.stderr).toContain(`its address is ${stranger.address}`);
  expect(end.stderr).toContain(stage.devnet.accounts.operator.address);
  expect(end.stderr).not.toContain(stranger.privateKey.slice(2));
});

test("a key that is missing or is no key is refused", async () => {
  const missing = await stage.startLive(stage.config(stage.live), {}).exited;
  expect(missing).toMatchObject({ code: EXIT.config });
  expect(missing.stderr).toContain(`environment variable ${KEY_NAME} is not set`);
  const broken = await stage.startLive(stage.config(stage.live), { [KEY_NAME]: "0x1234canary" }).exited;
  expect(broken).toMatchObject({ code: EXIT.config });
  expect(broken.stderr).not.toContain("1234canary");
});

test("an operator without gas is refused", async () => {
  const { operator } = stage.devnet.accounts;
  const balance = await stage.devnet.rpc("eth_getBalance", [operator.address, "latest"]);
  await stage.devnet.rpc("anvil_setBalance", [operator.address, "0x0"]);
  try {
    const end = await stage.startLive(stage.config(stage.live)).exited;
    expect(end).toMatchObject({ code: EXIT.config });
    expect(end.stderr).toContain(`the operator ${operator.address} has no POL for gas`);
  } finally {
    await stage.devnet.rpc("anvil_setBalance", [operator.address, balance]);
  }
});

test("with all in the file but mode observe, no key is read and nothing is decided to be sent", async () => {
  const config = stage.config({ ...stage.live, mode: "observe" });
  const daemon = stage.startObserving(config);
  await stage.untilReady(daemon);
  const block = await stage.unbalance();
  await daemon.line("block", (facts) => facts["block"] === block);
  expect((await daemon.stop()).code).toBe(0);
  expect(value(config.ledger, "SELECT count(*) FROM opportunities WHERE code = 'observe'")).toBeGreaterThan(
    0,
  );
  expect(value(config.ledger, "SELECT count(*) FROM intents")).toBe(0);
});

const triedTwice = ({ tries }: LogLine["facts"]): boolean => tries === 1;

test("a node that is away at the start is waited for, and SIGTERM is heard meanwhile", async () => {
  await stage.devnet.faults.down();
  const patient = stage.startObserving(stage.config());
  const ended = stage.startObserving(stage.config());
  await ended.line("connection to the node ended", triedTwice);
  const end = await ended.stop();
  expect(end).toMatchObject({ code: 0 });
  expect(end.ms).toBeLessThan(withinMs(2000));
  await patient.line("connection to the node ended", triedTwice);
  await stage.devnet.faults.up();
  await stage.untilReady(patient);
  expect((await patient.stop()).code).toBe(0);
});
