import { readFileSync } from "node:fs";
import { request, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import {
  createHttpDoor,
  type Dispatch,
  type HttpDoor,
  type HttpDoorOptions,
} from "../../../src/control/http.ts";
import { ERRORS } from "../../../src/control/protocol.ts";
import { RpcError } from "../../../src/control/rpcError.ts";
import { silentLog } from "../../../src/lib/log.ts";
import { secret } from "../../../src/lib/secret.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const open: HttpDoor[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map(async (door) => await door.stop()));
});

/** Calls that reached the daemon. */
interface Place {
  readonly port: number;
  readonly calls: (readonly [string, unknown])[];
}

const ANSWERS: Readonly<Record<string, unknown>> = {
  status: { phase: "live", block: 7 },
  metrics: { text: "turbo_mev_head_block 7\n", opportunities_found: 1 },
  processRoute: { profitable: false, net_profit: "0", bundle_id: null, execution_time_us: 12 },
  findArbitrage: { bundle_ids: ["b"], asked: 1, profitable: 1, passed_over: 0 },
};

async function openDoor(options: Partial<HttpDoorOptions> = {}, answer?: Dispatch): Promise<Place> {
  const calls: (readonly [string, unknown])[] = [];
  const dispatch: Dispatch = (method, params) => {
    calls.push([method, params]);
    return answer === undefined ? ANSWERS[method] : answer(method, params);
  };
  const door = createHttpDoor({ host: "127.0.0.1", port: 0, auth: "none", ...options }, dispatch, {
    log: silentLog,
  });
  open.push(door);
  return { port: await door.start(), calls };
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function ask({ port }: Pick<Place, "port">, path: string, asking: Asking = {}): Promise<Reply> {
  const { body, method = body === undefined ? "GET" : "POST", headers = {} } = asking;
  const type = body === undefined ? {} : { "content-type": "application/json" };
  return await new Promise((resolve, reject) => {
    const sending = request(
      { host: "127.0.0.1", port, path, method, headers: { ...type, ...headers }, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          const { statusCode: status = 0, headers: got } = answer;
          resolve({ status, headers: got, body: Buffer.concat(chunks).toString() });
        });
      },
    );
    sending.on("error", reject);
    sending.end(body);
  });
}

/** What the door says to these bytes until it ends the connection. */
async function say(port: number, bytes: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    let heard = "";
    socket.on("data", (chunk) => (heard += chunk.toString()));
    socket.on("close", () => {
      resolve(heard);
    });
    socket.on("error", reject);
  });
}

/** The same to somebody who goes on, a drop at a time. */
async function drip(port: number, bytes: string, drop: string): Promise<string> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    const drops = setInterval(() => socket.write(drop), 20);
    let heard = "";
    socket.on("data", (chunk) => (heard += chunk.toString()));
    // A drop may meet the end.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearInterval(drops);
      resolve(heard);
    });
  });
}

test("the seed's four paths answer in its shapes", async () => {
  const place = await openDoor();
  expect(await ask(place, "/health")).toMatchObject({ status: 200, body: "OK" });
  const health = await ask(place, "/health", { headers: { accept: "application/json" } });
  expect(JSON.parse(health.body)).toEqual(ANSWERS["status"]);
  const metrics = await ask(place, "/metrics");
  expect(metrics.body).toBe("turbo_mev_head_block 7\n");
  expect(metrics.headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
  const route = { token_in: "A", token_out: "B", amount: "1", path: ["A", "B"], dexes: ["quickswap"] };
  const processed = await ask(place, "/process_route", { body: JSON.stringify(route) });
  expect(JSON.parse(processed.body)).toEqual(ANSWERS["processRoute"]);
  const list = await ask(place, "/find_arbitrage", { body: JSON.stringify([route]) });
  expect(JSON.parse(list.body)).toEqual(["b"]);
  const full = await ask(place, "/find_arbitrage", { body: JSON.stringify({ routes: [route] }) });
  expect(JSON.parse(full.body)).toEqual(ANSWERS["findArbitrage"]);
  expect(place.calls.slice(2)).toEqual([
    ["processRoute", route],
    ["findArbitrage", [route]],
    ["findArbitrage", { routes: [route] }],
  ]);
});

test("web pages are turned away: by host, by origin, by fetch metadata, and without a CORS header", async () => {
  const place = await openDoor();
  const { port } = place;
  const body = "{}";
  const replies = await Promise.all([
    ask(place, "/process_route", { body, headers: { host: "evil.com" } }),
    ask(place, "/process_route", { body, headers: { host: `evil.com:${port}` } }),
    ask(place, "/process_route", { body, headers: { host: `127.0.0.1:${port + 1}` } }),
    ask(place, "/process_route", { body, headers: { host: "127.0.0.1" } }),
    ask(place, "/process_route", { body, headers: { host: `127.0.0.1.evil.com:${port}` } }),
    ask(place, "/process_route", { body, headers: { origin: "https://evil.com" } }),
    ask(place, "/process_route", { body, headers: { origin: "null" } }),
    ask(place, "/process_route", { body, headers: { origin: `http://127.0.0.1:${port}` } }),
    ask(place, "/metrics", { headers: { "sec-fetch-site": "cross-site" } }),
    ask(place, "/health", { headers: { origin: "https://evil.com" } }),
    ask(place, "http://evil.com/metrics"),
    ask(place, `http://evil.com:${port}/health`),
  ]);
  for (const { status, headers } of replies) {
    expect(status).toBe(403);
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  }
  expect(place.calls).toEqual([]);
  for (const host of ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
    expect((await ask(place, "/health", { headers: { host: `${host}:${port}` } })).status).toBe(200);
  expect(await say(port, "GET /metrics HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 403 /);
  expect(await say(port, "GET /metrics HTTP/1.1\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  expect(place.calls).toEqual([]);
});

test("other methods are refused with what is allowed, other paths do not exist", async () => {
  const place = await openDoor();
  for (const method of ["OPTIONS", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "POST"]) {
    const reply = await ask(place, "/health", { method });
    expect([method, reply.status, reply.headers.allow]).toEqual([method, 405, "GET"]);
    expect(reply.headers["access-control-allow-origin"]).toBeUndefined();
  }
  const preflight = { "access-control-request-method": "POST", origin: "https://evil.com" };
  expect((await ask(place, "/process_route", { method: "OPTIONS", headers: preflight })).status).toBe(403);
  expect((await ask(place, "/process_route")).status).toBe(405);
  const paths = [
    "/",
    "/nothing",
    "/../../etc/passwd",
    "/health/../metrics",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/metrics/",
    "//metrics",
    "/METRICS",
    "/%",
    "/metrics%00",
    "/process_route/x",
    `/${"a".repeat(5000)}`,
  ];
  for (const path of paths) expect([path, (await ask(place, path)).status]).toEqual([path, 404]);
  expect(place.calls).toEqual([]);
});

test("bodies are JSON of the strict kind, and end at their cap", async () => {
  const place = await openDoor();
  const post = async (body: string, headers = {}) =>
    (await ask(place, "/process_route", { body, headers })).status;
  for (const body of [
    "",
    "{",
    "[1",
    '{"a":1,"a":2}',
    '{"__proto__":1}',
    '{"a":1e999}',
    `[${"9".repeat(79)}]`,
  ])
    expect([body, await post(body)]).toEqual([body, 400]);
  expect(await post("[".repeat(100_000))).toBe(400);
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
    expect(await post("{}", { "content-type": type })).toBe(415);
  expect(await post(`"${"a".repeat(256 * 1024)}"`)).toBe(413);
  const chunked = `POST /process_route HTTP/1.1\r\nHost: 127.0.0.1:${place.port}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
  expect(await say(place.port, chunked + `10000\r\n${"a".repeat(65_536)}\r\n`.repeat(5))).toMatch(/ 413 /);
  expect(place.calls).toEqual([]);
  expect(await post(`"${"a".repeat(255 * 1024)}"`)).toBe(200);
  const list = JSON.stringify(Array.from({ length: 1000 }, () => "a".repeat(400)));
  expect((await ask(place, "/find_arbitrage", { body: list })).status).toBe(200);
  expect((await ask(place, "/find_arbitrage", { body: `"${"a".repeat(1_100_000)}"` })).status).toBe(413);
  expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain("a");
});

test("whoever sends slowly, drop by drop, or nothing is cut off, while others are served", async () => {
  const slowHead = await openDoor({ limits: { headersMs: 300, requestMs: 60_000 } });
  const slowBody = await openDoor({ limits: { headersMs: 300, requestMs: 600 } });
  const head = `POST /process_route HTTP/1.1\r\nHost: 127.0.0.1:${slowBody.port}\r\n`;
  const body = `${head}Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n[`;
  const started = performance.now();
  const slow = Promise.all([
    say(slowHead.port, "GET /health HTTP/1.1\r\nX-a: "),
    say(slowHead.port, ""),
    say(slowBody.port, body),
    drip(slowHead.port, "GET /health HTTP/1.1\r\n", "X-a: b\r\n"),
    drip(slowBody.port, body, "["),
  ]);
  for (const place of [slowHead, slowBody]) expect((await ask(place, "/health")).status).toBe(200);
  for (const text of await slow) expect(text).not.toMatch(/ 200 /);
  expect(performance.now() - started).toBeLessThan(20_000);
  expect([...slowHead.calls, ...slowBody.calls]).toEqual([]);
});

test("more connections than it keeps are not answered", async () => {
  const place = await openDoor({ limits: { connections: 2 } });
  const held = [1, 2].map(() => connect(place.port, "127.0.0.1"));
  await Promise.all(
    held.map(async (socket) => await new Promise((resolve) => socket.once("connect", resolve))),
  );
  await expect(ask(place, "/health")).rejects.toThrow(/hang up|ECONNRESET/);
  for (const socket of held) socket.destroy();
});

test("an address has so many requests, and then fewer a second", async () => {
  const place = await openDoor({ limits: { ratePerSecond: 0.001, burst: 3 } });
  const statuses: number[] = [];
  for (let i = 0; i < 5; i++) statuses.push((await ask(place, "/health")).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  expect(Number((await ask(place, "/health")).headers["retry-after"])).toBeGreaterThan(0);
});

const as = (authorization: string) => ({ headers: { authorization } });

test("with a token everything but the sign of life wants it", async () => {
  const place = await openDoor({ auth: secret(TOKEN) });
  const body = "{}";
  expect(await ask(place, "/health")).toMatchObject({ status: 200, body: "OK" });
  const refused = await Promise.all([
    ask(place, "/metrics"),
    ask(place, "/health", { headers: { accept: "application/json" } }),
    ask(place, "/process_route", { body }),
    ask(place, "/metrics", as("Bearer ")),
    ask(place, "/metrics", as(`Bearer ${TOKEN.slice(1)}`)),
    ask(place, "/metrics", as(`Bearer ${TOKEN}0`)),
    ask(place, "/metrics", as(`Basic ${TOKEN}`)),
    ask(place, "/metrics", as(TOKEN)),
  ]);
  for (const { status, headers } of refused)
    expect([status, headers["www-authenticate"]]).toEqual([401, "Bearer"]);
  expect(place.calls).toEqual([]);
  expect((await ask(place, "/metrics", as(`Bearer ${TOKEN}`))).status).toBe(200);
  expect((await ask(place, "/process_route", { body, ...as(`bearer ${TOKEN}`) })).status).toBe(200);
  expect((await ask(place, "/nothing")).status).toBe(404);
});

test("errors of the daemon become statuses, and say no more than they should", async () => {
  const errors: Readonly<Record<string, Error>> = {
    bad: new RpcError(ERRORS.invalidParams, "not a route", { path: "path" }),
    busy: new RpcError(ERRORS.rateLimited, "too many routes at a time", { retry_ms: 3 }),
    paused: new RpcError(ERRORS.paused, "paused"),
    broken: new Error("secret of the house"),
  };
  const place = await openDoor({}, (_, params) => Promise.reject(errors[String(params)] ?? new Error("?")));
  const post = async (name: string) => {
    const { status, body } = await ask(place, "/process_route", { body: JSON.stringify(name) });
    return [status, JSON.parse(body)];
  };
  expect(await post("bad")).toEqual([400, { error: "not a route", path: "path" }]);
  expect(await post("busy")).toEqual([429, { error: "too many routes at a time", retry_ms: 3 }]);
  expect(await post("paused")).toEqual([503, { error: "paused" }]);
  expect(await post("broken")).toEqual([500, { error: "internal error, see the log" }]);
});

const dispatch = (): null => null;

test("nothing but loopback is bound, and no token that can be guessed", async () => {
  for (const host of ["0.0.0.0", "::", "", "192.168.0.1", "example.com", "127.0.0.1.nip.io"])
    expect(() => createHttpDoor({ host, port: 0, auth: "none" }, dispatch, { log: silentLog })).toThrow(
      expect.objectContaining({ exitCode: 78 }),
    );
  expect(() =>
    createHttpDoor({ host: "::1", port: 0, auth: secret("short") }, dispatch, { log: silentLog }),
  ).toThrow(expect.objectContaining({ exitCode: 78 }));
  const { port } = await openDoor({ host: "localhost" });
  const listening = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .filter((line) => line.includes(`:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A`));
  expect(listening.map((line) => line.trim().split(/\s+/)[1]?.split(":")[0])).toEqual(["0100007F"]);
});

test("a port that is taken is said so, and one that was left can be taken again", async () => {
  const { port } = await openDoor();
  const second = createHttpDoor({ host: "127.0.0.1", port, auth: "none" }, () => null, { log: silentLog });
  await expect(second.start()).rejects.toMatchObject({ exitCode: 69 });
  await second.stop();
  await open.pop()?.stop();
  open.push(second);
  expect(await second.start()).toBe(port);
});
