import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { HttpFailure, postJson, type Endpoint } from "../../../src/execution/channels/httpJson.ts";
import { secret } from "../../../src/lib/secret.ts";
import { selfSigned } from "../../support/selfSigned.ts";

const open: Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A place that echoes; what it saw, and the connections by which it came. */
async function startEcho(scheme: "http" | "https" = "http") {
  const seen: { readonly encoding: unknown; readonly length: unknown }[] = [];
  const sockets = new Set<Socket>();
  const server = scheme === "http" ? createServer() : createTlsServer(selfSigned);
  open.push(server);
  server.on("request", (request, response) => {
    sockets.add(request.socket);
    const { "accept-encoding": encoding, "content-length": length } = request.headers;
    seen.push({ encoding, length });
    request.pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const endpoint: Endpoint = { url: secret(`${scheme}://127.0.0.1:${address.port}/canary`), headers: {} };
  return { endpoint, seen, sockets, server };
}

const patience = (): AbortSignal => AbortSignal.timeout(20_000);

async function failureOf(endpoint: Endpoint, signal = patience()): Promise<HttpFailure> {
  try {
    await postJson(endpoint, "{}", signal);
  } catch (error) {
    if (error instanceof HttpFailure) return error;
    throw error;
  }
  throw new Error("it went through");
}

test("one connection serves all requests, and one that was closed meanwhile is replaced", async () => {
  const connected = vi.spyOn(Socket.prototype, "connect");
  const { endpoint, sockets, server } = await startEcho();
  for (let i = 0; i < 3; i++) expect((await postJson(endpoint, `"${i}"`, patience())).text).toBe(`"${i}"`);
  expect(sockets.size).toBe(1);
  const [ours] = connected.mock.contexts;
  if (!(ours instanceof Socket)) throw new Error("no connection");
  const gone = new Promise((resolve) => ours.once("close", resolve));
  server.closeIdleConnections();
  await gone;
  expect(await postJson(endpoint, '"again"', patience())).toEqual({ status: 200, text: '"again"' });
  expect(sockets.size).toBe(2);
});

test("the body's length is told in bytes, and no compressed answer is asked for, whoever wishes for one", async () => {
  const { endpoint, seen } = await startEcho();
  const body = '"zürich € 🜚"';
  const { text } = await postJson(endpoint, body, patience(), { "accept-encoding": "gzip" });
  expect(text).toBe(body);
  expect(seen).toEqual([{ encoding: "identity", length: String(Buffer.byteLength(body)) }]);
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
  const failure = await failureOf(endpoint, AbortSignal.abort());
  expect(failure.message).toBe("abort_err");
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
