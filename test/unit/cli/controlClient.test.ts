import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectControl, type ControlClient } from "../../../src/cli/controlClient.ts";
import { socketPlaces } from "../../../src/cli/controlClientSocket.ts";
import { METHODS } from "../../../src/control/protocol.ts";

describe("where the socket is", () => {
  const env = { TURBO_MEV_SOCKET: "/b/hints.sock", XDG_RUNTIME_DIR: "/user" };
  test.each([
    ["hints", "/a/x.sock", env, ["/a/x.sock"]],
    ["hints", undefined, env, ["/b/hints.sock"]],
    [
      "hints",
      undefined,
      { XDG_RUNTIME_DIR: "/user" },
      ["/user/turbo-mev/hints.sock", "/run/turbo-mev/hints.sock"],
    ],
    ["hints", "", {}, ["/run/turbo-mev/hints.sock"]],
    ["control", undefined, env, ["/b/control.sock"]],
    ["control", "/a/hints.sock", env, ["/a/control.sock"]],
    ["control", "/a/x.sock", env, ["/a/x.sock"]],
    ["control", undefined, {}, ["/run/turbo-mev/control.sock"]],
  ] as const)("%s, --socket %s, %j", (door, socket, environment, places) => {
    expect(socketPlaces(door, { socket, env: environment })).toEqual(places);
  });
});

describe("the client", () => {
  let folder: string;
  let server: Server;
  let client: ControlClient;
  let other: Socket;
  let heard: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "client-"));
    const socket = join(folder, "hints.sock");
    heard = "";
    server = createServer().listen(socket);
    await once(server, "listening");
    const connection = once(server, "connection");
    client = await connectControl({ door: "hints", socket, env: {}, timeoutMs: 200 });
    [other] = await connection;
    other.setEncoding("utf8").on("data", (text: string) => (heard += text));
  });
  afterEach(() => {
    client.close();
    other.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const list = () => client.call("hint.cancel", { ids: ["a"] }, METHODS["hint.cancel"].result);
  const say = (...messages: readonly object[]): void =>
    void other.write(
      messages.map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`).join(""),
    );

  test("asks in JSON-RPC and finds each answer its question, in pieces and in any order", async () => {
    const both = [list(), list()];
    while (heard.split("\n").length < 3) await once(other, "data");
    expect(
      heard
        .split("\n")
        .slice(0, 2)
        .map((line): unknown => JSON.parse(line)),
    ).toEqual([1, 2].map((id) => ({ jsonrpc: "2.0", id, method: "hint.cancel", params: { ids: ["a"] } })));
    other.write('{"jsonrpc":"2.0","id":2,"resu');
    await new Promise(setImmediate);
    other.write('lt":{"cancelled":2}}\n');
    say({ id: 1, result: { cancelled: 1 } });
    expect(await Promise.all(both)).toEqual([{ cancelled: 1 }, { cancelled: 2 }]);
  });

  test.each([
    [-32602, 64],
    [-32006, 77],
    [-32005, 75],
    [-32001, 75],
    [-32603, 1],
  ])("error %d is one line and exit code %d", async (code, exitCode) => {
    const asked = list();
    say({ id: 1, error: { code, message: "no\u001b[31m\nway", data: { path: "ids[0]", retry_ms: 7 } } });
    await expect(asked).rejects.toMatchObject({
      message: "the daemon refuses: ids[0]: no[31mway",
      exitCode,
      retryMs: 7,
    });
  });

  test("an answer that the protocol does not know is refused", async () => {
    const asked = list();
    say({ id: 1, result: { cancelled: "two" } });
    await expect(asked).rejects.toMatchObject({
      message: expect.stringMatching(
        /^the daemon answers hint\.cancel otherwise than its protocol says \(cancelled: /,
      ),
      exitCode: 69,
    });
  });

  test("silence ends with 69, and a late answer disturbs nobody", async () => {
    await expect(list()).rejects.toMatchObject({
      message: "the daemon does not answer within 0.2 s",
      exitCode: 69,
    });
    const next = list();
    say({ id: 1, error: { code: -32603, message: "late" } }, { id: 2, result: { cancelled: 0 } });
    await expect(next).resolves.toEqual({ cancelled: 0 });
  });

  test("what is under way when the daemon goes ends with 69, and so does what comes later", async () => {
    const asked = list();
    other.destroy();
    await expect(asked).rejects.toMatchObject({ message: "the daemon closed the connection", exitCode: 69 });
    await expect(list()).rejects.toMatchObject({ message: "the connection is closed", exitCode: 69 });
  });

  test("an error without a question says why the connection ends", async () => {
    const asked = list();
    say({ id: null, error: { code: -32600, message: "the line is too long" } });
    await expect(asked).rejects.toMatchObject({ message: "the daemon refuses: the line is too long" });
  });

  test.each(["nonsense", "[]", '{"jsonrpc":"2.0"}', '{"id":"1","result":1}'])(
    "%s is no daemon's",
    async (line) => {
      const asked = list();
      other.write(`${line}\n`);
      await expect(asked).rejects.toMatchObject({
        message: expect.stringMatching(/^what answers is no daemon of ours: /),
        exitCode: 69,
      });
    },
  );

  test("notifications come in order, those before the end as well", async () => {
    say({ method: "event", params: 1 }, { method: "hint.result", params: 2 }, { method: "event" });
    other.end();
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const notification of client.notifications()) seen.push(notification);
    })();
    await expect(reading).rejects.toMatchObject({ message: "the daemon closed the connection" });
    expect(seen).toEqual([
      { method: "event", params: 1 },
      { method: "hint.result", params: 2 },
      { method: "event", params: undefined },
    ]);
  });

  test("more than may wait holds the socket back and loses nothing", async () => {
    const many = 60_000;
    const messages = Array.from({ length: many }, (_, params) => ({ method: "event", params }));
    say(...messages);
    // Nobody reads yet: until the client holds the socket back, and nothing leaves any more.
    let left = Infinity;
    for (let still = 0; still < 200; still = other.writableLength === left ? still + 1 : 0) {
      left = other.writableLength;
      await new Promise(setImmediate);
    }
    expect(left).toBeGreaterThan(0);
    let next = 0;
    for await (const { params } of client.notifications()) {
      expect(params).toBe(next++);
      if (next === many) client.close();
    }
    expect(next).toBe(many);
  });
});
