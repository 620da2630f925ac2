import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { z } from "zod";

/** A JSON-RPC request that somebody made, and how. */
export interface SeenRequest {
  readonly via: "http" | "ws";
  readonly method: string;
  readonly params: readonly unknown[];
  readonly authorization: string | null;
}

/** Stands before a node and writes down every request; answers pass through unchanged. */
export interface RecordingProxy {
  readonly httpUrl: string;
  readonly wsUrl: string;
  readonly seen: readonly SeenRequest[];
  /** Requests of that method that come over WebSocket from now on end the connection, `times` times. */
  breakOn(method: string, times: number): void;
  /** Requests of that method that come over WebSocket from now on reach the node when `act` is done. */
  before(method: string, act: () => Promise<unknown>): void;
  stop(): Promise<void>;
}

const requestSchema = z.object({ method: z.string(), params: z.array(z.unknown()).default([]) });

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

export async function startRecordingProxy(httpTarget: string): Promise<RecordingProxy> {
  const seen: SeenRequest[] = [];
  let breaking = { method: "", times: 0 };
  const acts = new Map<string, () => Promise<unknown>>();
  const note = (via: "http" | "ws", body: string, authorization: string | null): string => {
    const { method, params } = requestSchema.parse(JSON.parse(body));
    seen.push({ via, method, params, authorization });
    return method;
  };
  const server = createServer((request, response) => {
    const pass = async (): Promise<void> => {
      const body = await bodyOf(request);
      note("http", body, request.headers.authorization ?? null);
      const headers = { "content-type": "application/json" };
      const answer = await fetch(httpTarget, { method: "POST", body, headers });
      response.writeHead(answer.status, headers).end(await answer.text());
    };
    pass().catch((error: unknown) => response.writeHead(502).end(String(error)));
  });
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (client) => {
    const node = new WebSocket(httpTarget.replace("http", "ws"), { maxPayload: 1 << 26 });
    const early: string[] = [];
    client.on("message", (data: Buffer) => {
      const method = note("ws", data.toString(), null);
      if (method === breaking.method && breaking.times > 0) {
        breaking.times--;
        client.terminate();
        return;
      }
      const pass = (): void => {
        if (node.readyState === WebSocket.OPEN) node.send(data.toString());
        else early.push(data.toString());
      };
      const act = acts.get(method);
      if (act === undefined) pass();
      else act().then(pass, () => client.terminate());
    });
    node.on("open", () => early.splice(0).forEach((text) => node.send(text)));
    node.on("message", (data: Buffer) => client.send(data.toString()));
    client.on("close", () => node.terminate());
    node.on("close", () => client.terminate());
    for (const socket of [client, node]) socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const place = `127.0.0.1:${address.port}`;
  return {
    httpUrl: `http://${place}`,
    wsUrl: `ws://${place}`,
    seen,
    breakOn: (method, times) => {
      breaking = { method, times };
    },
    before: (method, act) => void acts.set(method, act),
    stop: async () => {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A port of ours on which nothing listens. */
export async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  const { port } = address;
  await new Promise<void>((resolve, reject) => {
    const probe = connect(port, "127.0.0.1");
    probe.once("error", () => resolve());
    probe.once("connect", () => reject(new Error(`somebody listens on ${port}`)));
  });
  return port;
}
