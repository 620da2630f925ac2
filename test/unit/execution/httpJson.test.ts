import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer, Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { HttpFailure, openJsonPlace, type Endpoint } from "../../../src/execution/channels/httpJson.ts";
import { secret } from "../../../src/lib/secret.ts";
import { selfSigned } from "../../support/selfSigned.ts";

const open: Server[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A place that echoes; what it saw, and the connections by which it came. */
async function startEcho(scheme: "http" | "https" = "http") {
  const seen: { readonly encoding: unknown; readonly length: unknown }[] = [];
  const authorized: unknown[] = [];
  const sockets = new Set<Socket>();
  const server = scheme === "http" ? createServer() : createTlsServer(selfSigned);
  open.push(server);
  server.on("request", (request, response) => {
    sockets.add(request.socket);
    const { "accept-encoding": encoding, "content-length": length } = request.headers;
    seen.push({ encoding, length });
    authorized.push(request.headers.authorization);
    request.pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const endpoint: Endpoint = { url: secret(`${scheme}://127.0.0.1:${address.port}/canary`), headers: {} };
  return { endpoint, seen, authorized, sockets, server };
}

/** A place that says nothing of itself. */
async function startTcp() {
  const server = createTcpServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { server, host: `127.0.0.1:${address.port}` };
}

const watchConnections = () => vi.spyOn(Socket.prototype, "connect");

/** Our side of the connection that was opened last. */
function oursOf({ mock }: ReturnType<typeof watchConnections>): Socket {
  const ours = mock.contexts.at(-1);
  if (!(ours instanceof Socket)) throw new Error("no connection");
  return ours;
}

const patience = (): AbortSignal => AbortSignal.timeout(20_000);

async function failureOf(endpoint: Endpoint, signal = patience()): Promise<HttpFailure> {
  try {
    await openJsonPlace(endpoint).post("{}", signal);
  } catch (error) {
    if (error instanceof HttpFailure) return error;
    throw error;
  }
  throw new Error("it went through");
}

test("one connection serves all requests, and one that was closed meanwhile is replaced", async () => {
  const connected = watchConnections();
  const { endpoint, sockets, server } = await startEcho();
  const place = openJsonPlace(endpoint);
  for (let i = 0; i < 3; i++) {
    expect((await place.post(`"${i}"`, patience())).text).toBe(`"${i}"`);
    // The next request is made when the connection has become free.
    await setImmediate();
  }
  expect(sockets.size).toBe(1);
  const ours = oursOf(connected);
  const gone = new Promise((resolve) => ours.once("close", resolve));
  server.closeIdleConnections();
  await gone;
  expect(await place.post('"again"', patience())).toEqual({ status: 200, text: '"again"' });
  expect(sockets.size).toBe(2);
});

test("on a free connection a request has been written before `post` returns", async () => {
  const { endpoint } = await startEcho();
  const place = openJsonPlace(endpoint);
  const [written, note] = [vi.fn<() => void>(), (): void => written()];
  subscribe("http.client.request.start", note);
  await place.post("1", patience());
  await setImmediate();
  expect(written).toHaveBeenCalledTimes(1);
  const answer = place.post("2", patience());
  expect(written).toHaveBeenCalledTimes(2);
  unsubscribe("http.client.request.start", note);
  expect((await answer).text).toBe("2");
});

test("two at a time have a connection each", async () => {
  const { endpoint, sockets } = await startEcho();
  const place = openJsonPlace(endpoint);
  for (let i = 0; i < 3; i++) {
    const answers = await Promise.all(["1", "2"].map((body) => place.post(body, patience())));
    expect(answers.map(({ text }) => text)).toEqual(["1", "2"]);
    await setImmediate();
  }
  expect(sockets.size).toBe(2);
});

test("a connection is kept for less than the place says", async () => {
  const { endpoint, sockets, server } = await startEcho();
  server.keepAliveTimeout = 2000;
  const connected = watchConnections();
  const place = openJsonPlace(endpoint);
  await place.post("1", patience());
  const ours = oursOf(connected);
  const [theirs] = sockets;
  if (theirs === undefined) throw new Error("no connection");
  // Who ends it first has not been told to.
  const closed = Promise.race([
    once(ours, "end").then(() => "theirs"),
    once(theirs, "end").then(() => "ours"),
  ]);
  expect(await closed).toBe("ours");
  expect((await place.post("2", patience())).text).toBe("2");
});

test("a connection that is to stand is there before the first request, and again when the place has closed it", async () => {
  const { endpoint, sockets, server } = await startEcho();
  const place = openJsonPlace(endpoint);
  const opened = watchConnections();
  const connection = async (act: () => void): Promise<Socket> => {
    const came = once(server, "connection");
    act();
    const [theirs]: Socket[] = await came;
    const ours = oursOf(opened);
    if (theirs === undefined) throw new Error("no connection");
    if (ours.connecting) await once(ours, "connect");
    return theirs;
  };
  const [written, note] = [vi.fn<() => void>(), (): void => written()];
  subscribe("http.client.request.start", note);
  const first = await connection(() => place.connect());
  const second = await connection(() => first.destroy());
  expect(written).not.toHaveBeenCalled();
  const answer = place.post("1", patience());
  expect(written).toHaveBeenCalledTimes(1);
  unsubscribe("http.client.request.start", note);
  expect((await answer).text).toBe("1");
  expect([...sockets]).toEqual([second]);
  await setImmediate();
  place.close();
  await once(second, "close");
});

test("a connection that is to stand is there again behind a request that failed", async () => {
  const { endpoint, server } = await startEcho();
  const place = openJsonPlace(endpoint);
  const first = once(server, "connection");
  place.connect();
  await first;
  server.removeAllListeners("request");
  server.once("request", (request) => request.socket.resetAndDestroy());
  const again = once(server, "connection");
  await expect(place.post("1", patience())).rejects.toMatchObject({ message: "econnreset", sent: true });
  await again;
  place.close();
});

const answerOf = (text: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`;

test("an answer that nobody asked for is not the next one's", async () => {
  const { server, host } = await startTcp();
  const theirs: Socket[] = [];
  server.on("connection", (socket) => {
    theirs.push(socket);
    socket.once("data", () => socket.write(answerOf(`"${theirs.length}"`)));
  });
  const connected = watchConnections();
  const place = openJsonPlace({ url: secret(`http://${host}`), headers: {} });
  expect((await place.post("1", patience())).text).toBe('"1"');
  await setImmediate();
  const ours = oursOf(connected);
  theirs[0]?.write(answerOf("canary"));
  await once(ours, "close");
  expect((await place.post("2", patience())).text).toBe('"2"');
  for (const socket of theirs) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test("the body's length is told in bytes, and no compressed answer is asked for, whoever wishes for one", async () => {
  const { endpoint, seen } = await startEcho();
  const body = '"zürich € 🜚"';
  const { text } = await openJsonPlace(endpoint).post(body, patience(), { "accept-encoding": "gzip" });
  expect(text).toBe(body);
  expect(seen).toEqual([{ encoding: "identity", length: String(Buffer.byteLength(body)) }]);
});

test("user and password of an address are sent as such, and a header of the configuration stands before them", async () => {
  const { endpoint, authorized } = await startEcho();
  const url = secret(endpoint.url.reveal().replace("//", "//name:p%40ss@"));
  await openJsonPlace({ url, headers: {} }).post("{}", patience());
  await openJsonPlace({ url, headers: { authorization: secret("Bearer canary") } }).post("{}", patience());
  expect(authorized).toEqual([`Basic ${Buffer.from("name:p@ss").toString("base64")}`, "Bearer canary"]);
});

test("an answer that was cut off, one that is too long, and one that never comes, are failures of a request that was sent", async () => {
  const { endpoint, server } = await startEcho();
  const answerWith = (answer: (response: ServerResponse) => void): void => {
    server.removeAllListeners("request");
    server.on("request", (_request, response: ServerResponse) => answer(response));
  };
  answerWith((response) => {
    response.writeHead(200, { "content-length": 100 }).write("half", () => response.destroy());
  });
  expect(await failureOf(endpoint)).toMatchObject({ message: "econnreset", sent: true });
  answerWith((response) => {
    response.end(Buffer.alloc(2 ** 20 + 1));
  });
  expect(await failureOf(endpoint)).toMatchObject({ message: "answer_too_large", sent: true });
  const patient = new AbortController();
  answerWith(() => patient.abort());
  expect(await failureOf(endpoint, patient.signal)).toMatchObject({ message: "abort_err", sent: true });
});

test("a connection that does not come to be is given up with the signal", async () => {
  const { server: silent, host } = await startTcp();
  const patient = new AbortController();
  const url = secret(`https://${host}/canary`);
  const failing = failureOf({ url, headers: {} }, patient.signal);
  // It says nothing, so that there is no TLS.
  const [socket]: Socket[] = await once(silent, "connection");
  patient.abort();
  expect(await failing).toMatchObject({ message: "abort_err", sent: false });
  socket?.destroy();
  await new Promise((resolve) => silent.close(resolve));
});

test.each([301, 302, 303, 307, 308])(
  "a redirect (%d) is no answer, whatever stands in it",
  async (status) => {
    const { endpoint, server } = await startEcho();
    server.removeAllListeners("request");
    server.on("request", (_request, response) => {
      response.writeHead(status, { location: "/elsewhere" }).end('{"result":"0x01"}');
    });
    expect(await failureOf(endpoint)).toMatchObject({ message: "redirect", sent: true });
  },
);

test("nothing is said to a place whose certificate nobody vouches for", async () => {
  const { endpoint, seen } = await startEcho("https");
  const failure = await failureOf(endpoint);
  expect(failure.message).toMatch(/self_signed/);
  expect(failure.message).not.toContain("canary");
  expect(seen).toEqual([]);
});

test("nothing is sent after the deadline", async () => {
  const { endpoint, seen, server } = await startEcho();
  expect(await failureOf(endpoint, AbortSignal.abort())).toMatchObject({ message: "abort_err", sent: false });
  await new Promise((resolve) => server.getConnections(resolve));
  expect(seen).toEqual([]);
});

test.each(["ftp://127.0.0.1/canary", "canary"])(
  "an address like %s is a failure that does not quote it",
  async (url) => {
    const { message } = await failureOf({ url: secret(url), headers: {} });
    expect(message).not.toContain("canary");
    expect(message).toMatch(/^err_invalid/);
  },
);
