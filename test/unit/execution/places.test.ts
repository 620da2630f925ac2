import { readFileSync, readdirSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test, vi, type MockInstance } from "vitest";
import { createFlashbotsChannel } from "../../../src/execution/channels/flashbots.ts";
import { createPrivateChannel } from "../../../src/execution/channels/private.ts";
import { secret } from "../../../src/lib/secret.ts";
import { headerOf, startFakes } from "../../support/executionFakes.ts";
import { decisionOf } from "../../support/executionPlan.ts";
import { startPlace } from "../../support/executionPlace.ts";

vi.setConfig({ testTimeout: 60_000 });

const SRC = join(import.meta.dirname, "../../../src");

afterEach(() => {
  vi.restoreAllMocks();
});

/** Ports of the connections that anything in this process opens, whoever is its HTTP client. */
function portsOf(connected: MockInstance<Socket["connect"]>): ReadonlySet<number> {
  const given: readonly unknown[] = connected.mock.calls.flat(2);
  const ports = given.map((each) => (typeof each === "object" && each && "port" in each ? each.port : null));
  return new Set(ports.filter((port) => port !== null).map(Number));
}

const endpointOf = ({ url }: { readonly url: string }) => ({ url: secret(url), headers: {} });

test("with every listed place dead and profit waiting, nothing goes anywhere else", async () => {
  const [relay, privately] = await Promise.all([1, 2].map(() => startPlace(() => ({ json: null }))));
  if (relay === undefined || privately === undefined) throw new Error("no places");
  await Promise.all([relay.stop(), privately.stop()]);
  const connected = vi.spyOn(Socket.prototype, "connect");
  const channels = [
    createFlashbotsChannel({ name: "relay", endpoint: endpointOf(relay), authKey: null }),
    createPrivateChannel({
      name: "private",
      endpoint: endpointOf(privately),
      method: "eth_sendRawTransactionPrivate",
    }),
  ];
  const run = await startFakes(decisionOf(), channels);
  for (let n = 100; n < 110; n++) {
    const parent = headerOf(n);
    run.execution.onBlock(parent);
    await run.execution.submit(decisionOf({ intentId: `i${n}`, parent: { number: n, hash: parent.hash } }));
    await run.execution.idle();
  }
  expect(run.fates()).toEqual(Array.from({ length: 10 }, () => "rejected"));
  expect(portsOf(connected)).toEqual(new Set([relay, privately].map(({ url }) => Number(new URL(url).port))));
  // The node is only read from: it is not a channel.
  expect(run.chain.asked.filter((method) => /send/i.test(method))).toEqual([]);
});

/** Files of the house whose text matches; the configuration only names methods. */
const holding = (pattern: RegExp): string[] =>
  readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.startsWith("app/config"))
    .filter((file) => pattern.test(readFileSync(join(SRC, file), "utf8")))
    .toSorted();

test("transactions can leave the house through one file, and only the channels name a sending method", () => {
  expect(holding(/eth_send(Raw|Private|Transaction|Bundle)|sendRawTransaction|_private_tx"/)).toEqual([
    "execution/channels/bloxroute.ts",
    "execution/channels/conditional.ts",
    "execution/channels/flashbots.ts",
    "execution/channels/private.ts",
    "execution/channels/public.ts",
  ]);
  const wire = /\bfetch\(|"(node:)?(http|https|http2|net|tls|dgram|undici|ws)"/;
  expect(holding(wire).filter((file) => file.startsWith("execution/"))).toEqual([
    "execution/channels/httpJson.ts",
  ]);
});
