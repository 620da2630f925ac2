import { readFileSync, readdirSync } from "node:fs";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import http from "node:http";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
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

/** Where a request goes that undici, or Node's own `fetch`, which is undici too, makes. */
function urlOf(message: unknown): string {
  if (typeof message !== "object" || message === null || !("request" in message)) return "no request";
  const { request } = message;
  if (typeof request !== "object" || request === null || !("origin" in request && "path" in request))
    return "no request";
  return `${String(request.origin)}${String(request.path)}`;
}

test("with every listed place dead and profit waiting, nothing goes anywhere else", async () => {
  const dead = await startPlace(() => ({ json: null }));
  await dead.stop();
  const fetched = vi.spyOn(globalThis, "fetch");
  const others = vi.spyOn(http, "request");
  const asked = new Set<string>();
  const ask = (message: unknown): void => void asked.add(urlOf(message));
  subscribe("undici:request:create", ask);
  const endpoint = (path: string) => ({ url: secret(`${dead.url}/${path}`), headers: {} });
  const channels = [
    createFlashbotsChannel({ name: "relay", endpoint: endpoint("relay"), authKey: null }),
    createPrivateChannel({
      name: "private",
      endpoint: endpoint("private"),
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
  unsubscribe("undici:request:create", ask);
  expect(asked).toEqual(new Set([`${dead.url}/relay`, `${dead.url}/private`]));
  expect(fetched).not.toHaveBeenCalled();
  expect(others).not.toHaveBeenCalled();
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
