import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { z } from "zod";
import type { FakeBlock, FakeChain } from "./feedChain.ts";
import { headerJson, logsJson } from "./feedChain.ts";
import { seededRandom } from "./feedRandom.ts";

/** Rates in [0, 1]; they hit notifications, not answers. */
export interface NodeFaults {
  loseLogs: number;
  duplicateLogs: number;
  reorderLogs: number;
  loseHeads: number;
  duplicateHeads: number;
  /** Answers of `eth_getLogs` lack one log. */
  shortProofs: boolean;
  /** Answers of a method are made by this instead; undefined: the usual one. */
  readonly answers: Map<string, (params: readonly unknown[]) => object | undefined | Promise<object>>;
}

/** A node over real sockets that serves a made-up chain, with the failures of real ones. */
export interface FakeNode {
  readonly url: string;
  readonly faults: NodeFaults;
  /** Calls by method since the start. */
  readonly calls: Map<string, number>;
  /** Open subscriptions by name. */
  subscribers(name: string): number;
  announce(block: FakeBlock, options?: { removed?: readonly FakeBlock[] }): void;
  tellPending(body: unknown): void;
  /** Ids of the open head subscriptions. */
  headIds(): readonly string[];
  /** Sends a raw frame to everybody. */
  say(text: string): void;
  /** Accepts connections and says nothing; with `pongs` the WebSocket layer is still alive. */
  freeze(options: { pongs: boolean }): void;
  thaw(): void;
  kill(): Promise<void>;
  /** On the same port. */
  revive(): Promise<void>;
  stop(): Promise<void>;
}

interface Client {
  readonly socket: WebSocket;
  readonly subscriptions: Map<string, string>;
}

export async function startFakeNode(chain: FakeChain, seed: number): Promise<FakeNode> {
  const random = seededRandom(seed ^ 0x5eed);
  const faults: NodeFaults = {
    loseLogs: 0,
    duplicateLogs: 0,
    reorderLogs: 0,
    loseHeads: 0,
    duplicateHeads: 0,
    shortProofs: false,
    answers: new Map(),
  };
  const calls = new Map<string, number>();
  const clients = new Set<Client>();
  const sockets = new Set<Socket>();
  let frozen: { pongs: boolean } | null = null;
  const held: (() => void)[] = [];
  let lastSubscription = 0;
  let server: Server | null = null;
  let port = 0;

  const notify = (client: Client, name: string, result: unknown): void => {
    for (const [subscription, subscribed] of client.subscriptions) {
      if (subscribed !== name || frozen !== null) continue;
      client.socket.send(
        JSON.stringify({ jsonrpc: "2.0", method: "eth_subscription", params: { subscription, result } }),
      );
    }
  };
  const tell = (name: string, result: unknown): void => {
    for (const client of clients) notify(client, name, result);
  };
  const answer = (client: Client, method: string, params: readonly unknown[]): object | Promise<object> => {
    const special = faults.answers.get(method)?.(params);
    if (special !== undefined) return special;
    if (method === "eth_subscribe") {
      const id = `0x${(++lastSubscription).toString(16)}`;
      client.subscriptions.set(id, String(params[0]));
      return { result: id };
    }
    if (method === "eth_unsubscribe") return { result: client.subscriptions.delete(String(params[0])) };
    return answerOf(chain, method, params, faults);
  };
  const onMessage = (client: Client, text: string): void => {
    if (frozen !== null) return void held.push(() => onMessage(client, text));
    const request = requestSchema.parse(JSON.parse(text));
    calls.set(request.method, (calls.get(request.method) ?? 0) + 1);
    const reply = (given: object): void => {
      if (given === NO_ANSWER) return;
      client.socket.send(JSON.stringify({ jsonrpc: "2.0", id: request.id, ...given }));
    };
    const given = answer(client, request.method, request.params);
    if (given instanceof Promise) void given.then(reply);
    else reply(given);
  };

  const open = async (): Promise<void> => {
    const upgrades = new WebSocketServer({ noServer: true, autoPong: false });
    const http = createServer();
    const accept = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
      if (frozen !== null) return void held.push(() => accept(request, stream, head));
      upgrades.handleUpgrade(request, stream, head, (socket) => {
        const client = { socket, subscriptions: new Map<string, string>() };
        clients.add(client);
        socket.on("close", () => clients.delete(client));
        socket.on("error", () => undefined);
        socket.on("ping", () => {
          if (frozen === null || frozen.pongs) socket.pong();
        });
        socket.on("message", (data: Buffer) => onMessage(client, data.toString()));
      });
    };
    http.on("upgrade", accept);
    http.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
    const address = http.address();
    if (address !== null && typeof address === "object") port = address.port;
    server = http;
  };
  const kill = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    clients.clear();
    const closing = server;
    server = null;
    if (closing !== null) await new Promise((resolve) => closing.close(resolve));
  };

  await open();
  return {
    url: `ws://127.0.0.1:${port}`,
    faults,
    calls,
    subscribers: (name) =>
      [...clients].flatMap(({ subscriptions }) => [...subscriptions.values()]).filter((n) => n === name)
        .length,
    announce: (block, { removed = [] } = {}) => {
      for (const old of removed) for (const log of logsJson(old, true)) tell("logs", log);
      const logs = damaged(logsJson(block), faults, random);
      const headFirst = random() < 0.5;
      const times = random() < faults.loseHeads ? 0 : random() < faults.duplicateHeads ? 2 : 1;
      const head = (): void => {
        for (let i = 0; i < times; i++) tell("newHeads", headerJson(block));
      };
      if (headFirst) head();
      for (const log of logs) tell("logs", log);
      if (!headFirst) head();
    },
    tellPending: (body) => {
      tell("newPendingTransactions", body);
      tell("alchemy_pendingTransactions", body);
    },
    headIds: () =>
      [...clients].flatMap(({ subscriptions }) =>
        [...subscriptions].filter(([, name]) => name === "newHeads").map(([id]) => id),
      ),
    say: (text) => {
      for (const { socket } of clients) socket.send(text);
    },
    freeze: (options) => (frozen = options),
    thaw: () => {
      frozen = null;
      for (const act of held.splice(0)) act();
    },
    kill,
    revive: open,
    stop: kill,
  };
}

/** As an answer: say nothing. */
export const NO_ANSWER = { silent: true };

function damaged(
  logs: readonly Record<string, unknown>[],
  faults: NodeFaults,
  random: () => number,
): Record<string, unknown>[] {
  const told: Record<string, unknown>[] = [];
  for (const log of logs) {
    if (random() < faults.loseLogs) continue;
    told.push(log);
    if (random() < faults.duplicateLogs) told.push(log);
  }
  for (let i = told.length - 1; i > 0; i--) {
    if (random() >= faults.reorderLogs) continue;
    const j = Math.floor(random() * (i + 1));
    const [a, b] = [told[i], told[j]];
    if (a !== undefined && b !== undefined) [told[i], told[j]] = [b, a];
  }
  return told;
}

const requestSchema = z.object({ id: z.number(), method: z.string(), params: z.array(z.unknown()) });

const logsQuerySchema = z.object({
  blockHash: z.string(),
  address: z.array(z.string()).optional(),
  topics: z.tuple([z.array(z.string())]),
});

function answerOf(
  chain: FakeChain,
  method: string,
  params: readonly unknown[],
  faults: NodeFaults,
): { result: unknown } | { error: unknown } {
  const first = String(params[0]);
  switch (method) {
    case "eth_chainId":
      return { result: "0x89" };
    case "eth_getBlockByNumber": {
      const block = params[0] === "latest" ? chain.tip : chain.byNumber(Number(first));
      return { result: block === undefined ? null : headerJson(block) };
    }
    case "eth_getBlockByHash": {
      const block = chain.byHash(first);
      return { result: block === undefined ? null : headerJson(block) };
    }
    case "eth_getLogs": {
      const query = logsQuerySchema.parse(params[0]);
      const block = chain.byHash(query.blockHash);
      if (block === undefined) return { error: { code: -32000, message: "unknown block" } };
      const logs = logsJson(block).filter(
        (_, i) =>
          query.address?.includes(block.logs[i]?.address ?? "") !== false &&
          query.topics[0].includes(block.logs[i]?.topics[0] ?? ""),
      );
      return { result: faults.shortProofs ? logs.slice(0, -1) : logs };
    }
    case "test_reserves":
      return { result: Object.fromEntries(chain.byHash(first)?.reserves ?? []) };
    default:
      return { error: { code: -32601, message: `the method ${method} does not exist` } };
  }
}
