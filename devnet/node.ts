import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { z } from "zod";
import type { DevBlock } from "./block.ts";
import type { Chain } from "./chain.ts";
import type { FaultState } from "./faults.ts";
import { openGate } from "./gate.ts";
import type { Gate } from "./gate.ts";
import { answerRpc } from "./jsonRpc.ts";
import { createMethods } from "./methods.ts";
import { RpcError } from "./rpc.ts";
import { createSubscriptions } from "./subscriptions.ts";
import type { Connection } from "./subscriptions.ts";

/** Larger than any request of ours; geth's own bound is 5 MB. */
const MAX_BODY = 8_000_000;

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = z.instanceof(Buffer).parse(chunk);
    size += bytes.length;
    if (size > MAX_BODY) throw new Error("request entity too large");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

/** The local node's port: JSON-RPC over HTTP and WebSocket. */
export interface DevNode {
  readonly gate: Gate;
  /** A request as a client would make it, without a socket. */
  readonly request: (method: string, params?: readonly unknown[]) => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

/** Serves the chain; port 0 takes any free one. */
export async function startNode(
  options: { readonly port: number; readonly clientVersion: string },
  parts: { readonly chain: Chain; readonly faults: FaultState },
): Promise<DevNode> {
  const { chain, faults } = parts;
  const subscriptions = createSubscriptions(faults);
  const announce = (block: DevBlock, withHead: boolean): void => {
    const steps = withHead
      ? [subscriptions.announceHead, subscriptions.announceLogs]
      : [subscriptions.announceLogs];
    for (const step of faults.headFirst() ? steps : steps.toReversed()) step(block);
  };
  chain.listen({
    onBlock(block) {
      announce(block, true);
    },
    onReorg(old, fresh, { removed = true, heads = "each" }) {
      if (removed) for (const block of old.toReversed()) subscriptions.announceRemoved(block);
      for (const [i, block] of fresh.entries()) {
        announce(block, heads === "each" || i === fresh.length - 1);
      }
    },
    onPending: subscriptions.announcePending,
  });
  const request = createMethods(chain, options.clientVersion);

  const serve = (connection: Connection) => (method: string, params: readonly unknown[]) => {
    if (method === "eth_subscribe") return subscriptions.subscribe(connection, params);
    if (method === "eth_unsubscribe") return subscriptions.unsubscribe(connection, params);
    return request(method, params);
  };
  const overHttp = (method: string, params: readonly unknown[]) => {
    if (method === "eth_subscribe") throw new RpcError(-32601, "notifications not supported over HTTP");
    return request(method, params);
  };

  const http = createServer((incoming, response) => {
    void readBody(incoming)
      .then((body) => answerRpc(body, overHttp))
      .then((answer) => {
        response.setHeader("content-type", "application/json");
        response.end(answer);
      })
      .catch((error: unknown) => {
        response.statusCode = 400;
        response.end(String(error));
      });
  });
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_BODY });
  const welcome = (socket: WebSocket): void => {
    const connection = subscriptions.connect((text) => {
      socket.send(text);
    });
    const answer = serve(connection);
    socket.on("error", () => socket.terminate());
    socket.once("close", () => {
      subscriptions.disconnect(connection);
    });
    socket.on("message", (data: Buffer) => {
      // The answer of a closed socket is lost, as it would be on any node.
      void answerRpc(data.toString(), answer).then((text) => {
        socket.send(text);
      });
    });
  };
  http.on("upgrade", (incoming, socket, rest) => {
    sockets.handleUpgrade(incoming, socket, rest, welcome);
  });
  const gate = await openGate(http, options.port);
  return {
    gate,
    request: (method, params = []) => request(method, params),
    stop: async () => {
      await gate.stop();
      sockets.close();
    },
  };
}
