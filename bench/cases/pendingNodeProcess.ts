import { open as openFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocketServer, type WebSocket } from "ws";
import { z } from "zod";
import { notification } from "../market/pendingFrames.ts";
import { createFlood } from "./pendingFloodFrames.ts";
import { machineMs, type NodeBlock, type NodeFigures, type NodeOrder, type NodeWord } from "./pendingNode.ts";
import { answerCall } from "./pendingNodeAnswers.ts";

/*
 * A node and a relay over real sockets, in a process of its own. Its answers are made beforehand or cheap to make: what
 * is measured is the other side.
 */

const tell = (word: NodeWord): void => void process.send?.(word);

const subscriptions = new Map<string, string>();
let client: WebSocket | null = null;
const blocks = new Map<string, NodeBlock>();
let head: NodeBlock | null = null;
/** Resolves the wait for what the other side does. */
let onAsked = (_method: string): void => undefined;

const requestSchema = z.object({ id: z.number(), method: z.string(), params: z.array(z.unknown()) });

function blockText({ header, transactions }: NodeBlock): string {
  return `${header.slice(0, -1)},"transactions":${JSON.stringify(transactions)}}`;
}

/** A block's hash, given as such or by its name. */
const hashOf = (param: unknown): string =>
  typeof param === "object" && param !== null && "blockHash" in param
    ? String(param.blockHash)
    : String(param);

/** The result as text; null: the method is not known. */
function resultOf(method: string, params: readonly unknown[]): string | null {
  switch (method) {
    case "eth_subscribe": {
      const id = `0x${(subscriptions.size + 1).toString(16).padStart(32, "5")}`;
      subscriptions.set(String(params[0]), id);
      return `"${id}"`;
    }
    case "eth_unsubscribe":
      return "true";
    case "eth_getBlockByNumber":
      return head === null ? "null" : blockText(head);
    case "eth_getBlockByHash": {
      const block = blocks.get(hashOf(params[0]));
      return block === undefined ? "null" : blockText(block);
    }
    case "eth_getLogs":
      return `[${(blocks.get(hashOf(params[0]))?.logs ?? []).join(",")}]`;
    default:
      return answerCall(method, params);
  }
}

function answer(socket: WebSocket, data: Buffer): void {
  const { id, method, params } = requestSchema.parse(JSON.parse(data.toString()));
  const result = resultOf(method, params);
  const beginning = `{"jsonrpc":"2.0","id":${id},`;
  socket.send(
    result === null
      ? `${beginning}"error":{"code":-32602,"message":"missing value for required argument"}}`
      : `${beginning}"result":${result}}`,
  );
  onAsked(method);
}

const say = (name: string, result: string): void => {
  const id = subscriptions.get(name);
  if (id !== undefined) client?.send(notification(id, result));
};

function announce(block: NodeBlock): void {
  blocks.set(block.hash, block);
  head = block;
  for (const log of block.logs) say("logs", log);
  say("newHeads", block.header);
}

interface HeardBundle {
  readonly at: number;
  readonly transactions: readonly string[];
}

let onBundle = (_bundle: HeardBundle): void => undefined;
/** The first transaction of the last bundle. */
let lastFirst: string | undefined;

/** A second bundle behind the same trigger may come late, when the next one's is waited for. */
function hear(bundle: HeardBundle): void {
  const [first] = bundle.transactions;
  if (first !== lastFirst) onBundle(bundle);
  lastFirst = first;
}

const bundleSchema = z.object({
  id: z.unknown(),
  method: z.string(),
  params: z.array(z.object({ txs: z.array(z.string()).default([]) })).catch([]),
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

async function open(): Promise<{ readonly ws: string; readonly relay: string }> {
  const node = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  node.on("connection", (socket) => {
    client = socket;
    subscriptions.clear();
    socket.on("message", (data: Buffer) => answer(socket, data));
    socket.on("error", () => undefined);
  });
  const relay = createServer((request, response) => {
    const at = machineMs();
    void bodyOf(request).then((body) => {
      const { id, method, params } = bundleSchema.parse(JSON.parse(body));
      if (method === "eth_sendBundle") hear({ at, transactions: params[0]?.txs ?? [] });
      const text = JSON.stringify({ jsonrpc: "2.0", id, result: { bundleHash: `0x${"ab".repeat(32)}` } });
      response.writeHead(200, { "content-type": "application/json" }).end(text);
    });
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  const [one, other] = [node.address(), relay.address()];
  if (one === null || other === null || typeof one === "string" || typeof other === "string")
    throw new Error("no port");
  return { ws: `ws://127.0.0.1:${one.port}`, relay: `http://127.0.0.1:${other.port}` };
}

/** After the last question about a block until its trigger: the daemon has nothing more to do. */
const REST_MS = 12;
/** Between pending transactions: as many as come on Polygon (POLYGON.md: 30 to 130 a second). */
const BETWEEN_MS = 8;
const MOST_WAIT_MS = 1500;
/** The question with which it is done with a block: what it holds. */
const LAST_QUESTION = "eth_getBlockByHash";

/** Resolves true when it happened, false when it was too late. */
const within = async (ms: number, wait: (done: () => void) => void): Promise<boolean> => {
  const late = new AbortController();
  const happened = new Promise<boolean>((resolve) => wait(() => resolve(true)));
  const timer = pause(ms, false, { signal: late.signal }).catch(() => false);
  const result = await Promise.race([happened, timer]);
  late.abort();
  return result;
};

const PAGE_BYTES = 4096;

/** Writes a page, each time where it was, and flushes it; tells how long that took. The node goes on answering meanwhile. */
async function pageWriter(path: string): Promise<() => Promise<number>> {
  const file = await openFile(path, "w");
  const page = new Uint8Array(PAGE_BYTES);
  return async () => {
    const started = performance.now();
    await file.write(page, 0, PAGE_BYTES, 0);
    await file.sync();
    return performance.now() - started;
  };
}

async function playRounds(order: Extract<NodeOrder, { type: "rounds" }>): Promise<NodeFigures> {
  const { rounds, warmUp } = order;
  const [sentAt, heardAt, pageMs]: [number[], number[], number[]] = [[], [], []];
  const writePage = await pageWriter(order.pageFile);
  await writePage();
  const bundles: (readonly string[])[] = [];
  for (const [i, { block, others, trigger }] of rounds.entries()) {
    const [rest, between] = i < warmUp ? [1, 1] : [REST_MS, BETWEEN_MS];
    await within(MOST_WAIT_MS, (done) => {
      onAsked = (method) => {
        if (method === LAST_QUESTION) done();
      };
      announce(block);
    });
    await pause(rest);
    for (const body of others) {
      say("newPendingTransactions", body);
      await pause(between);
    }
    let heard: HeardBundle | null = null;
    const sent = machineMs();
    const came = await within(MOST_WAIT_MS, (done) => {
      onBundle = (bundle) => {
        heard ??= bundle;
        done();
      };
      say("newPendingTransactions", trigger.body);
    });
    const bundle = heard ?? { at: Number.NaN, transactions: [] };
    sentAt.push(sent);
    heardAt.push(came ? bundle.at : Number.NaN);
    bundles.push(bundle.transactions);
    await pause(rest);
    if (i >= warmUp) pageMs.push(await writePage());
  }
  return { sentAt, heardAt, bundles, pageMs, frames: rounds.length, lastNumber: 0, seconds: 0 };
}

async function playFlood(order: Extract<NodeOrder, { type: "flood" }>): Promise<NodeFigures> {
  const flood = createFlood(order, subscriptions.get("newPendingTransactions") ?? "0x");
  const start = machineMs();
  let written = 0;
  let nextBlock = start;
  for (let now = start; now < start + 1000 * order.seconds; now = machineMs()) {
    if (now >= nextBlock) {
      announce(flood.block());
      nextBlock += 1500;
    }
    const due = Math.floor(((now - start) / 1000) * order.perSecond);
    for (; written < due; written++) client?.send(flood.frame());
    await pause(1);
  }
  const seconds = (machineMs() - start) / 1000;
  return {
    sentAt: [],
    heardAt: [],
    bundles: [],
    pageMs: [],
    frames: written,
    lastNumber: flood.lastNumber(),
    seconds,
  };
}

const orders: { order: NodeOrder | null } = { order: null };
process.on("message", (word: { type: "order"; order: NodeOrder } | { type: "play" }) => {
  if (word.type === "play") {
    const { order } = orders;
    if (order === null) return;
    const playing = order.type === "rounds" ? playRounds(order) : playFlood(order);
    void playing.then((figures) => tell({ type: "done", figures }));
    return;
  }
  orders.order = word.order;
  const first = word.order.type === "rounds" ? word.order.first : createFlood(word.order, "0x").first;
  blocks.set(first.hash, first);
  head = first;
  void open().then((places) => tell({ type: "listening", ...places }));
});
process.on("disconnect", () => process.exit());
