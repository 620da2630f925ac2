import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import {
  CYCLE,
  controlStage,
  lineClient,
  type ControlStage,
  type LineClient,
} from "../../support/controlStage.ts";

let stage: ControlStage | null = null;
const clients: LineClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await stage?.stop();
  stage = null;
});

const opened = async (...settings: Parameters<typeof controlStage>): Promise<ControlStage> => {
  stage = controlStage(...settings);
  await stage.control.start();
  return stage;
};
const guest = async ({ dir }: ControlStage, name = "hints"): Promise<LineClient> => {
  const client = await lineClient(join(dir, `${name}.sock`));
  clients.push(client);
  return client;
};
const request = (id: number, method: string, params: object = {}): string =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;

test("S1: 100 MB without an end of line: closed at 64 KiB, with one error and no memory", async () => {
  const room = await opened();
  const other = await guest(room);
  const flood = await guest(room);
  await other.ask("version");
  const before = process.memoryUsage.rss();
  const piece = Buffer.alloc(64 * 1024, "x");
  let sent = 0;
  for (; sent < 100 * 2 ** 20 && !flood.socket.destroyed; sent += piece.length)
    if (!flood.socket.write(piece))
      await Promise.race([once(flood.socket, "drain").catch(() => null), flood.closed]);
  expect(await flood.next()).toMatchObject({ id: null, error: { code: -32600 } });
  await expect(flood.next()).rejects.toThrow("closed");
  await flood.closed;
  expect(sent).toBeLessThan(2 ** 20);
  expect(process.memoryUsage.rss() - before).toBeLessThan(5 * 2 ** 20);
  expect(await other.ask("version")).toMatchObject({ result: { protocol: 1 } });
});

test("a line of 64 KiB is taken, one byte more is not", async () => {
  const room = await opened();
  const client = await guest(room);
  const start = '{"jsonrpc":"2.0","id":1,"method":"why","params":{"id":"';
  const end = '"}}';
  const padding = (bytes: number): string =>
    `${start}${"x".repeat(bytes - start.length - end.length)}${end}\n`;
  client.send(padding(65_536));
  expect(await client.next()).toMatchObject({ id: 1, error: { code: -32602 } });
  client.send(padding(65_537));
  expect(await client.next()).toMatchObject({ id: null, error: { code: -32600 } });
  await client.closed;
});

test("sixteen connections a socket; the next one is told so, and the owner still gets in", async () => {
  const room = await opened();
  const all = await Promise.all(Array.from({ length: 16 }, async () => await guest(room)));
  for (const client of all) expect(await client.ask("version")).toMatchObject({ id: 1 });
  const late = await guest(room);
  expect(await late.next()).toMatchObject({
    id: null,
    error: { code: -32005, message: "too many connections" },
  });
  await late.closed;
  const owner = await guest(room, "control");
  expect(await owner.ask("halt", { reason: "flood" })).toMatchObject({ result: { done: true } });
  const [first] = all;
  first?.socket.destroy();
  await first?.closed;
  // The place is free as soon as the server has heard of it.
  let answer: unknown = null;
  do answer = await (await guest(room)).ask("version");
  while (JSON.stringify(answer).includes("too many"));
  expect(answer).toMatchObject({ id: 1 });
});

test("who is silent is let go, who waits for events is not", async () => {
  const room = await opened({ limits: { idleMs: 150 } });
  const listener = await guest(room);
  await listener.ask("hint.results");
  const idle = await guest(room);
  await idle.ask("version");
  await idle.closed;
  expect(await listener.ask("version")).toMatchObject({ id: 1 });
});

test("a slow reader of events is cut off, and the others hear everything", async () => {
  const room = await opened({ limits: { writeBytes: 64 * 1024 } });
  const slow = await guest(room);
  const quick = await guest(room);
  await slow.ask("subscribe", { topics: ["heads"] });
  await quick.ask("subscribe", { topics: ["heads"] });
  slow.socket.pause();
  let heads = 0;
  for (; heads < 20_000 && !slow.socket.destroyed; heads++) {
    room.block();
    expect(await quick.next()).toMatchObject({
      method: "event",
      params: { topic: "heads", block: heads + 3 },
    });
    if (heads % 500 === 0 && (await connections(room)) === 1) break;
  }
  expect(heads).toBeLessThan(20_000);
  expect(await quick.ask("version")).toMatchObject({ id: 1 });
});

/** Connections to `hints.sock`, found by how many more it takes. */
async function connections({ dir }: ControlStage): Promise<number> {
  const more: LineClient[] = [];
  for (;;) {
    const client = await lineClient(join(dir, "hints.sock"));
    client.send(request(1, "version"));
    const answer = await client.next();
    if (JSON.stringify(answer).includes("too many")) break;
    more.push(client);
  }
  for (const client of more) client.socket.destroy();
  await Promise.all(more.map(({ closed }) => closed));
  return 16 - more.length;
}

test("who asks without reading is only held up: every answer comes, in order", async () => {
  const room = await opened({ options: { routes_per_second: 10_000_000 } });
  const client = await guest(room);
  client.socket.pause();
  const count = 20_000;
  for (let id = 0; id < count; id++) client.send(request(id, id % 7 === 0 ? "metrics" : "version"));
  const other = await guest(room);
  // Time enough for all of it, were it not held up.
  for (let turn = 0; turn < 1000; turn++) await other.ask("version");
  client.socket.resume();
  for (let id = 0; id < count; id++) expect(await client.next()).toMatchObject({ id });
});

test("a flood on one connection leaves the others their turn", async () => {
  // Each request takes a tenth of a millisecond by the room's clock, and a turn's slice is half of one.
  let taken = 0;
  const room = await opened({
    options: { routes_per_second: 10_000_000 },
    clock: { now: () => 0, monotonic: () => taken / 10 },
    ports: { why: () => taken++ },
  });
  const flood = await guest(room);
  const other = await guest(room);
  const lines = Array.from({ length: 50_000 }, (_, id) => request(id, "why", { id: "x" })).join("");
  flood.send(lines);
  let most = 0;
  for (let turn = 0; turn < 50; turn++) {
    const before = taken;
    await other.ask("version");
    most = Math.max(most, taken - before);
  }
  // A few turns each; what comes in at once, a buffer of the socket, would be thousands.
  expect(most).toBeLessThan(500);
  expect(taken).toBeGreaterThan(0);
  for (let id = 0; id < 50_000; id++) expect(await flood.next()).toMatchObject({ id });
});

test("hints beyond the rate get -32005, and each is in exactly one answer", async () => {
  const room = await opened({ clock: { now: () => 0, monotonic: () => 0 } });
  const client = await guest(room);
  const pushes = 60;
  for (let id = 0; id < pushes; id++)
    client.send(
      request(id, "hint.push", {
        hints: Array.from({ length: 100 }, (_, i) => ({ ...CYCLE, id: `${id}.${i}` })),
      }),
    );
  let verdicts = 0;
  let refused = 0;
  for (let id = 0; id < pushes; id++) {
    const answer = await client.next();
    expect(answer).toMatchObject({ id });
    const text = JSON.stringify(answer);
    verdicts += text.split('"accepted"').length - 1;
    if (text.includes("-32005")) refused++;
  }
  expect({ verdicts, refused }).toEqual({ verdicts: 4000, refused: 20 });
  expect(await client.ask("status")).toMatchObject({ result: { hints: 4000 } });
});

test("no batches; the connection lives on after every fault", async () => {
  const client = await guest(await opened());
  const faults = [
    "[]",
    "{",
    '{"a":1,"a":1}',
    "\ufeff{}",
    '"\\ud800"',
    '"\\u0000"',
    "1e999",
    "-0",
    "9".repeat(79),
  ];
  for (const fault of [
    ...faults,
    "[".repeat(17),
    '{"__proto__":1}',
    '[{"jsonrpc":"2.0","id":1,"method":"version"}]',
  ]) {
    client.send(`${fault}\n`);
    expect(await client.next()).toMatchObject({ id: null, error: { code: expect.any(Number) } });
  }
  client.send(Buffer.from([0xff, 0xfe, 0x0a]));
  expect(await client.next()).toMatchObject({ error: { code: -32700 } });
  expect(await client.ask("version")).toMatchObject({ id: 1, result: { protocol: 1 } });
});

test("a shell's way: the asking side is shut at once, and the answers still come", async () => {
  const room = await opened();
  const socket = connect({ path: join(room.dir, "hints.sock"), allowHalfOpen: true });
  socket.end(`${request(1, "metrics")}\r\n${request(2, "version")}{"jsonrpc"`);
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) text += String(chunk);
  const answers = text.trim().split("\n");
  expect(answers.map((line): unknown => JSON.parse(line))).toMatchObject([{ id: 1 }, { id: 2 }]);
});

test("the owner's methods act on control.sock alone", async () => {
  const room = await opened();
  const brain = await guest(room);
  const owner = await guest(room, "control");
  const asked = [
    ["pause", { reason: "a" }],
    ["resume", { reason: "b" }],
    ["halt", { reason: "c" }],
    ["limits.lower", { min_net_native: "1" }],
    ["approve", { pool: `0x${"1".repeat(40)}` }],
    ["reload", {}],
  ] as const;
  for (const [method, params] of asked)
    expect(await brain.ask(method, params)).toMatchObject({ error: { code: -32006 } });
  expect(room.owner).toEqual([]);
  for (const [method, params] of asked)
    expect(await owner.ask(method, params)).toMatchObject({ id: 1, result: {} });
  expect(room.owner).toEqual([
    "pause a",
    "resume b",
    "halt c",
    "lower min_net_native",
    `approve 0x${"1".repeat(40)}`,
  ]);
});

const result = (id: string, state: string): object => ({
  method: "hint.result",
  params: { id, state, source: "brain" },
});

test("a hint's life is told to who asked for results, and to the topic", async () => {
  const room = await opened();
  const brain = await guest(room);
  const results = await guest(room);
  const events = await guest(room);
  await results.ask("hint.results");
  await events.ask("subscribe", { topics: ["hints", "submissions"] });
  expect(
    await brain.ask("hint.push", { hints: [{ ...CYCLE, id: "a", ttl_ms: 100 }, { id: "b" }] }),
  ).toMatchObject({
    result: {
      verdicts: [
        { id: "a", verdict: "accepted" },
        { id: "b", verdict: "refused", code: "invalid" },
      ],
    },
  });
  expect(await results.next()).toMatchObject(result("a", "accepted"));
  expect(await results.next()).toMatchObject(result("b", "refused"));
  room.block();
  expect(await results.next()).toMatchObject({
    method: "hint.result",
    params: { id: "a", code: expect.any(String) },
  });
  // Its time runs out by itself.
  let last: unknown = null;
  do last = await results.next();
  while (!JSON.stringify(last).includes("expired"));
  expect(last).toMatchObject(result("a", "expired"));
  expect(await events.next()).toMatchObject({
    method: "event",
    params: { topic: "hints", id: "a", state: "accepted" },
  });
});
