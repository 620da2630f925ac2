import { keccak256, toHex } from "viem";
import { WebSocket } from "ws";
import { z } from "zod";
import type { DevAccount } from "../../devnet/accounts.ts";

const Message = z.looseObject({
  id: z.number().optional(),
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string() }).optional(),
  params: z.object({ subscription: z.string(), result: z.unknown() }).optional(),
});

const WAIT_MS = 30_000;

/** What a subscriber was told, in order of arrival. */
export interface Notice {
  readonly kind: string;
  readonly result: unknown;
}

/** A raw WebSocket client of the local node that keeps everything it is told. */
export interface Listener {
  readonly notices: readonly Notice[];
  /** Subscribes; its notices carry `kind`. */
  subscribe(kind: string, params: readonly unknown[]): Promise<string>;
  request(method: string, params: readonly unknown[]): Promise<unknown>;
  /** Resolves with the notices once there are as many of that kind as wanted. */
  until(kind: string, count: number): Promise<readonly Notice[]>;
  readonly closed: Promise<void>;
  close(): void;
}

export async function listen(url: string): Promise<Listener> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const notices: Notice[] = [];
  const kinds = new Map<string, string>();
  const answers = new Map<number, (message: z.infer<typeof Message>) => void>();
  let watchers: (() => void)[] = [];
  let lastId = 0;
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      resolve();
    });
  });
  socket.on("message", (data: Buffer) => {
    const message = Message.parse(JSON.parse(data.toString()));
    if (message.id !== undefined) answers.get(message.id)?.(message);
    if (message.params === undefined) return;
    const { subscription, result } = message.params;
    notices.push({ kind: kinds.get(subscription) ?? subscription, result });
    for (const watcher of watchers) watcher();
  });
  const request = (method: string, params: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      answers.set(id, ({ result, error }) => {
        answers.delete(id);
        if (error === undefined) resolve(result);
        else reject(new Error(`${error.code} ${error.message}`));
      });
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  const ofKind = (kind: string): readonly Notice[] => notices.filter((one) => one.kind === kind);
  return {
    notices,
    request,
    closed,
    async subscribe(kind, params) {
      const id = z.string().parse(await request("eth_subscribe", params));
      kinds.set(id, kind);
      return id;
    },
    until: (kind, count) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          reject(new Error(`${ofKind(kind).length} of ${count} notices of ${kind} after ${WAIT_MS} ms`));
        }, WAIT_MS);
        const watcher = (): void => {
          if (ofKind(kind).length < count) return;
          clearTimeout(late);
          watchers = watchers.filter((one) => one !== watcher);
          resolve(ofKind(kind));
        };
        watchers.push(watcher);
        watcher();
      }),
    close: () => {
      socket.terminate();
    },
  };
}

/** Signs a relay request as Flashbots wants it: over the hex text of keccak256 of the body. */
export const flashbotsHeader = async (account: DevAccount, body: string): Promise<string> =>
  `${account.address}:${await account.signer.signMessage({ message: keccak256(toHex(body)) })}`;

const Answer = z.object({
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string() }).nullish(),
});

/** One signed request to the relay. */
export async function askRelay(
  url: string,
  account: DevAccount,
  method: string,
  params: readonly unknown[],
): Promise<{ readonly status: number; readonly result?: unknown; readonly error: string | null }> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(url, {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "x-flashbots-signature": await flashbotsHeader(account, body),
    },
  });
  const { result, error } = Answer.parse(await response.json());
  return { status: response.status, result, error: error?.message ?? null };
}
