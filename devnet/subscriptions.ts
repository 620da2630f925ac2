import { z } from "zod";
import type { DevBlock, DevLog } from "./block.ts";
import type { FaultState, NoticeKind, Outbox } from "./faults.ts";
import { AddressText, HashText, quantity } from "./hex.ts";
import { RpcError } from "./rpc.ts";
import type { SignedTransaction } from "./transaction.ts";

const Filter = z.object({
  address: z.union([AddressText.transform((one) => [one]), z.array(AddressText)]).optional(),
  topics: z
    .array(z.union([HashText.transform((one) => [one]), z.array(HashText), z.null()]))
    .max(4)
    .optional(),
});

type LogFilter = z.infer<typeof Filter>;

const Subscribe = z.union([
  z.tuple([z.literal("newHeads")]),
  z.tuple([z.literal("logs"), Filter]),
  z.tuple([z.literal("logs")]),
  z.tuple([z.literal("newPendingTransactions"), z.boolean()]),
  z.tuple([z.literal("newPendingTransactions")]),
]);

type Wanted =
  | { readonly kind: "heads" }
  | { readonly kind: "logs"; readonly matches: (log: DevLog) => boolean }
  | { readonly kind: "pending"; readonly full: boolean };

/** One client's WebSocket: its subscriptions end with it. */
export interface Connection {
  send(text: string): void;
  readonly subscriptions: Map<string, Wanted>;
  readonly outbox: Outbox;
}

/** The notifications of the local node. */
export interface Subscriptions {
  connect(send: (text: string) => void): Connection;
  disconnect(connection: Connection): void;
  /** Answers `eth_subscribe` with the subscription's id; throws `RpcError`. */
  subscribe(connection: Connection, params: unknown): string;
  unsubscribe(connection: Connection, params: unknown): boolean;
  readonly announceHead: (block: DevBlock) => void;
  readonly announceLogs: (block: DevBlock) => void;
  /** Newest log first, each with `removed: true`. */
  announceRemoved(block: DevBlock): void;
  readonly announcePending: (transactions: readonly SignedTransaction[]) => void;
}

function matcher({ address, topics = [] }: LogFilter): (log: DevLog) => boolean {
  // An empty address list means any address, as in geth.
  const addresses = address === undefined || address.length === 0 ? null : new Set<string>(address);
  return (log) =>
    (addresses === null || addresses.has(log.address)) &&
    log.topics.length >= topics.length &&
    topics.every((wanted, i) => {
      const topic = log.topics[i];
      return wanted === null || (topic !== undefined && (wanted.length === 0 || wanted.includes(topic)));
    });
}

function wantedOf(params: unknown): Wanted {
  const parsed = Subscribe.safeParse(params);
  if (!parsed.success) throw new RpcError(-32602, `invalid subscription: ${parsed.error.issues[0]?.message}`);
  const [name, detail] = parsed.data;
  switch (name) {
    case "newHeads":
      return { kind: "heads" };
    case "logs":
      return { kind: "logs", matches: matcher(detail ?? {}) };
    case "newPendingTransactions":
      return { kind: "pending", full: detail ?? false };
  }
}

const matching = (wanted: Wanted, logs: readonly DevLog[]): readonly DevLog[] =>
  wanted.kind === "logs" ? logs.filter(wanted.matches) : [];

const logsOf = (block: DevBlock): readonly DevLog[] => block.transactions.flatMap(({ logs }) => logs);

export function createSubscriptions(faults: FaultState): Subscriptions {
  const connections = new Set<Connection>();
  let lastId = 0;

  /** Sends what `results` gives for each subscription of that kind. */
  const announce = (kind: NoticeKind, results: (wanted: Wanted) => readonly unknown[]): void => {
    for (const connection of connections) {
      for (const [id, wanted] of connection.subscriptions) {
        if (wanted.kind !== kind) continue;
        for (const result of results(wanted)) {
          const params = { subscription: id, result };
          const text = JSON.stringify({ jsonrpc: "2.0", method: "eth_subscription", params });
          connection.outbox.push(kind, () => {
            connection.send(text);
          });
        }
      }
    }
  };

  return {
    connect(send) {
      const connection = { send, subscriptions: new Map<string, Wanted>(), outbox: faults.createOutbox() };
      connections.add(connection);
      return connection;
    },
    disconnect(connection) {
      connection.outbox.close();
      connections.delete(connection);
    },
    subscribe(connection, params) {
      const wanted = wantedOf(params);
      const id = quantity(++lastId + 0x10_0000);
      connection.subscriptions.set(id, wanted);
      return id;
    },
    unsubscribe(connection, params) {
      const [id] = z.tuple([z.string()]).parse(params);
      return connection.subscriptions.delete(id);
    },
    announceHead(block) {
      announce("heads", () => [block.header]);
    },
    announceLogs(block) {
      const logs = logsOf(block);
      announce("logs", (wanted) => matching(wanted, logs).map(({ json }) => ({ ...json, removed: false })));
    },
    announceRemoved(block) {
      const logs = logsOf(block).toReversed();
      announce("logs", (wanted) => matching(wanted, logs).map(({ json }) => ({ ...json, removed: true })));
    },
    announcePending(transactions) {
      for (const { hash, body } of transactions) {
        announce("pending", (wanted) => [wanted.kind === "pending" && wanted.full ? body : hash]);
      }
    },
  };
}
