import { createServer } from "node:http";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { EXIT } from "../../../src/lib/errors.ts";
import { fates, rows, value, type Row } from "../../support/appLedger.ts";
import { deadPort, startRecordingProxy, type RecordingProxy } from "../../support/appProxy.ts";
import { KEY_NAME, startAppStage, type AppStage } from "../../support/appStage.ts";

const TOKEN_NAME = "TURBO_MEV_TEST_TOKEN";
const TOKEN = "Bearer canary-5f1d8e27c9";

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

const sendsSeen = () => proxy.seen.filter(({ method }) => method.startsWith("eth_sendRawTransaction"));

test("a plan lands through the private channel alone, and neither key nor token is told anywhere", async () => {
  const { privateKey } = stage.devnet.accounts.operator;
  const config = stage.config({
    ...stage.live,
    node: { ws: `${proxy.wsUrl}/?key=canary-url-0b7a` },
    channels: [{ type: "private", url: proxy.httpUrl, authorization: `env:${TOKEN_NAME}` }],
    log: { level: "trace" },
  });
  const daemon = stage.startLive(config, { [KEY_NAME]: privateKey, [TOKEN_NAME]: TOKEN });
  await stage.untilReady(daemon);
  const intent = await stage.untilSent(daemon);
  const mine = ({ id }: Row): boolean => id === intent;
  const isBooked = (): boolean => fates(config.ledger).some((row) => mine(row) && row["finals"] === 1);
  for (let i = 0; i < 10 && !isBooked(); i++) {
    const { number } = await stage.devnet.build();
    await daemon.line("block", ({ block }) => block === number);
  }
  const cmdline = readFileSync(`/proc/${daemon.pid}/cmdline`, "utf8");
  // While it runs: what it wrote may stand in the write-ahead log alone.
  const during = filesOf(stage.folder);
  expect((await daemon.stop()).code).toBe(0);

  expect(fates(config.ledger).filter(mine)).toMatchObject([{ fate: "included", finals: 1 }]);
  expect(value(config.ledger, "SELECT count(*) FROM v_trades WHERE equal = 1")).toBeGreaterThan(0);
  expect(sendsSeen().length).toBeGreaterThan(0);
  for (const { via, method, authorization } of sendsSeen()) {
    expect({ via, method, authorization }).toEqual({
      via: "http",
      method: "eth_sendRawTransactionPrivate",
      authorization: TOKEN,
    });
  }
  const told = [daemon.stderr(), cmdline, during, filesOf(stage.folder)].join("\n");
  const canaries = [privateKey.slice(2), TOKEN, "canary-5f1d8e27c9", "canary-url-0b7a"];
  const configText = readFileSync(config.path, "utf8");
  for (const canary of canaries) {
    const inConfig = configText.split(canary).length - 1;
    // The URL stands in the configuration file, where the operator wrote it, once in each of the two readings.
    expect({ canary, found: told.toLowerCase().split(canary.toLowerCase()).length - 1 }).toEqual({
      canary,
      found: 2 * inConfig,
    });
  }
});

/** All bytes of a folder's files, one character each. */
const filesOf = (folder: string): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "latin1"))
    .join("\n");

test("a public channel is refused without the operator's word; with it, it is warned of and used", async () => {
  const before = sendsSeen().length;
  const config = { ...stage.live, channels: [{ type: "public", url: proxy.httpUrl }] };
  const refused = await stage.startLive(stage.config(config)).exited;
  expect(refused).toMatchObject({ code: EXIT.config });
  expect(refused.stderr).toContain("write [submission] public = true");
  expect(sendsSeen()).toHaveLength(before);

  const daemon = stage.startLive(stage.config({ ...config, submission: { public: true } }));
  await daemon.line(
    "public channel: everybody sees a plan before it is mined",
    ({ level }) => level === "warn",
  );
  await stage.untilReady(daemon);
  await stage.untilSent(daemon);
  expect((await daemon.stop()).code).toBe(0);
  const [probe, ...sends] = sendsSeen().slice(before);
  expect(probe).toMatchObject({ method: "eth_sendRawTransaction", params: ["0x00"] });
  expect(sends.length).toBeGreaterThan(0);
  expect(new Set(sends.map(({ via, method }) => `${via} ${method}`))).toEqual(
    new Set(["http eth_sendRawTransaction"]),
  );
});

test("an endpoint that does not know its channel's method ends the start", async () => {
  const server = createServer((_request, response) => {
    const error = { code: -32601, message: "the method does not exist/is not available" };
    response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, error }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const url = `http://127.0.0.1:${address.port}/canary-5f1d8e27c9`;
  const channels = [{ type: "conditional", url }];
  const end = await stage.startLive(stage.config({ ...stage.live, channels })).exited;
  expect(end).toMatchObject({ code: EXIT.config });
  expect(end.stderr).toContain('"conditional" does not know bor_sendRawTransactionConditional');
  expect(end.stderr).not.toContain("canary");
  server.close();
});

test("with the only channel dead and profit waiting, nothing is sent anywhere else", async () => {
  const before = sendsSeen().length;
  const announced = stage.devnet.stats.announced;
  const config = stage.config({
    ...stage.live,
    node: { ws: proxy.wsUrl },
    channels: [{ type: "private", name: "dead", url: `http://127.0.0.1:${await deadPort()}` }],
  });
  const daemon = stage.startLive(config);
  await stage.untilReady(daemon);
  for (let i = 0; i < 3; i++) {
    const block = await stage.unbalance(30_000);
    await daemon.line("outcome", ({ intentId }) => String(intentId).startsWith(`${block + 1}-`));
  }
  expect((await daemon.stop()).code).toBe(0);
  expect(sendsSeen()).toHaveLength(before);
  expect(stage.devnet.stats.announced).toBe(announced + 3);
  expect(rows(config.ledger, "SELECT DISTINCT result FROM submissions")).toEqual([{ result: "refused" }]);
  expect(fates(config.ledger).length).toBeGreaterThanOrEqual(3);
  expect(fates(config.ledger).filter(({ fate }) => fate !== "rejected")).toEqual([]);
});

test("a node that breaks off during the pre-flight is asked again, not taken for a wrong address", async () => {
  const config = stage.config({ ...stage.live, node: { ws: proxy.wsUrl } });
  proxy.breakOn("eth_call", 2);
  const daemon = stage.startLive(config);
  await daemon.line("connected to the node", ({ connections }) => connections === 3);
  await stage.untilReady(daemon);
  expect((await daemon.stop()).code).toBe(0);
});
