import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openChannels } from "../../../src/app/channelParts.ts";
import { parseConfig } from "../../../src/app/configFile.ts";
import type { Channel } from "../../../src/execution/channels/channel.ts";
import { portablePrimitives } from "../../../src/execution/primitives.ts";
import { EXIT, PlainError } from "../../../src/lib/errors.ts";
import { silentLog } from "../../../src/lib/log.ts";
import { rpcError } from "../../support/channelBundles.ts";
import { startPlace, type Place } from "../../support/executionPlace.ts";

let place: Place;
const opened: Channel[] = [];
beforeEach(async () => {
  place = await startPlace(() => rpcError("typed transaction too short"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  // One that stands would be made again for ever.
  for (const channel of opened.splice(0)) channel.close?.();
  await place.stop();
});

const NODE = '[node]\nws = "ws://127.0.0.1:8546"\n';
const PUBLIC = "[submission]\npublic = true\n";
const TOKEN = "canary-token-5f1d";

const channel = (type: string, rest = "", url = place.url): string =>
  `[[channels]]\ntype = "${type}"\nurl = "${url}/key/${TOKEN}"\n${rest}\n`;

async function open(text: string) {
  const warned: unknown[] = [];
  const log = { ...silentLog, warn: (facts: object, message: string) => void warned.push([message, facts]) };
  const rpc = { request: () => Promise.reject(new Error("not to be asked")) };
  const parts = { rpc, log, primitives: portablePrimitives };
  const channels = await openChannels(parseConfig(NODE + text, "x.toml"), parts);
  opened.push(...channels);
  return { channels, warned };
}

async function refusalOf(text: string): Promise<string> {
  const error: unknown = await open(text).catch((caught: unknown) => caught);
  if (!(error instanceof PlainError)) throw new Error(`not refused: ${String(error)}`);
  expect(error.exitCode).toBe(EXIT.config);
  expect(error.message).not.toContain(TOKEN);
  return error.message;
}

test("each type becomes its channel, in the configuration's order; those that are free to ask are asked", async () => {
  vi.stubEnv("CHANNEL_TOKEN", TOKEN);
  const authorization = 'authorization = "env:CHANNEL_TOKEN"';
  const kinds = ["flashbots", "private", "conditional"].map((type) => channel(type)).join("");
  const { channels, warned } = await open(kinds + channel("bloxroute", authorization));
  expect(channels.map(({ name, promises: { carries } }) => [name, carries])).toEqual([
    ["flashbots", "bundle"],
    ["private", "transaction"],
    ["conditional", "transaction"],
    ["bloxroute", "transaction"],
  ]);
  expect(place.requests.map(({ rpc: { method } }) => method).toSorted()).toEqual([
    "bor_sendRawTransactionConditional",
    "eth_sendRawTransactionPrivate",
  ]);
  expect(warned).toEqual([]);
});

test.each(["private", "conditional", "public"])(
  "the authorization of a %s channel goes to its place",
  async (type) => {
    vi.stubEnv("CHANNEL_TOKEN", TOKEN);
    await open(PUBLIC + channel(type, 'authorization = "env:CHANNEL_TOKEN"'));
    expect(place.requests.map(({ headers }) => headers.authorization)).toEqual([TOKEN]);
  },
);

test("bloxroute needs an account", async () => {
  expect(await refusalOf(channel("bloxroute"))).toContain("channels.0.authorization: expected string");
});

test("a public channel needs the operator's word, and is warned of", async () => {
  expect(await refusalOf(channel("public"))).toContain("write [submission] public = true");
  expect(await refusalOf(`[submission]\npublic = false\n${channel("public")}`)).toContain("public = true");
  const { channels, warned } = await open(PUBLIC + channel("public") + channel("public", 'name = "other"'));
  expect(channels.map(({ name }) => name)).toEqual(["public", "other"]);
  const message = "public channel: everybody sees a plan before it is mined";
  expect(warned).toEqual([
    [message, { channel: "public" }],
    [message, { channel: "other" }],
  ]);
});

test("the operator's word alone makes no channel", async () => {
  const { channels } = await open(PUBLIC + channel("private"));
  expect(channels.map(({ name }) => name)).toEqual(["private"]);
});

test("a place that lacks the method ends the start, and is named", async () => {
  place.answer = () => rpcError("the method does not exist", -32601);
  expect(await refusalOf(channel("private", 'name = "mine"'))).toBe(
    'channels: "mine" does not know eth_sendRawTransactionPrivate; correct its url, type or method',
  );
  expect(await refusalOf(channel("conditional"))).toContain("bor_sendRawTransactionConditional");
});

test("a place that does not answer is warned of: it may come back", async () => {
  await place.stop();
  const { channels, warned } = await open(channel("private"));
  expect(channels).toHaveLength(1);
  expect(warned).toEqual([
    ["channel does not answer its probe", { channel: "private", reason: "econnrefused" }],
  ]);
});
