import { once } from "node:events";
import { expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { openConnection } from "../../../src/feed/rpcConnection.ts";
import { rpcSocketDefaults } from "../../../src/feed/rpcSocket.ts";
import { systemClock } from "../../../src/lib/clock.ts";

test("a node that repeats the key of its address in an error does not bring it into the log", async () => {
  const node = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(node, "listening");
  node.on("connection", (socket, { url }) => {
    // Cut at 500 characters, the key would be in part.
    const words = `no such project: ${url} ${"!".repeat(470)}${url}`;
    const error = { code: -32000, message: words, data: { key: url?.slice(4) } };
    socket.on("message", () => socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, error })));
  });
  const address = node.address();
  const port = typeof address === "object" ? address?.port : 0;
  const connection = await openConnection(
    { ...rpcSocketDefaults, url: `ws://127.0.0.1:${port}/v2/canary-5f1d` },
    { clock: systemClock, counts: { messages: 0, malformed: 0, timeouts: 0 } },
    new AbortController().signal,
  );
  await expect(connection.request("eth_chainId", [])).rejects.toMatchObject({
    message: expect.stringMatching(
      /^eth_chainId: no such project: \/v2\/\[secret\] !{470}\S{0,12} \(-32000\)$/,
    ),
    data: '{"key":"[secret]"}',
  });
  connection.close("done");
  await new Promise((resolve) => node.close(resolve));
});
