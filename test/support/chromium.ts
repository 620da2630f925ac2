import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { z } from "zod";

const PATH = process.env["CHROMIUM_BIN"] ?? "/usr/bin/chromium";
export const HAS_CHROMIUM = existsSync(PATH);

const FLAGS = [
  "--headless",
  // Root has none; the only pages are ours.
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--remote-debugging-pipe",
  // Pages of this machine: the browser itself keeps others from local ports, which is not what is tested.
  "--host-resolver-rules=MAP *.test 127.0.0.1",
];
const CLOSE = `${JSON.stringify({ id: 1, method: "Browser.close" })}\0`;

/** An HTTP request of the browser, and what it was answered: status line and headers, or nothing. */
export interface Exchange {
  readonly host: string;
  readonly line: string;
  readonly answer: readonly string[];
}

/** Opens a page in a browser of its own until `done` resolves; gives all that the browser asked for. */
export async function visit(url: string, done: Promise<unknown>): Promise<readonly Exchange[]> {
  const folder = mkdtempSync(join(tmpdir(), "turbo-mev-chromium-"));
  const log = join(folder, "net.json");
  const flags = [...FLAGS, `--user-data-dir=${join(folder, "profile")}`, `--log-net-log=${log}`];
  const browser = spawn(PATH, [...flags, url], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
  });
  const closed = once(browser, "close");
  const early = closed.then(([code]: unknown[]) => {
    throw new Error(`the browser ended with ${String(code)} before its page had done`);
  });
  try {
    await Promise.race([done, early]);
    const commands = browser.stdio[3];
    if (commands instanceof Writable) commands.write(CLOSE);
    await closed;
    return exchangesOf(JSON.parse(readFileSync(log, "utf8")));
  } finally {
    browser.kill("SIGKILL");
    await closed;
    rmSync(folder, { recursive: true, force: true });
  }
}

const netLog = z.object({
  constants: z.object({ logEventTypes: z.record(z.string(), z.number()) }),
  events: z.array(
    z.object({
      type: z.number(),
      source: z.object({ id: z.number() }),
      params: z.object({ line: z.string().default(""), headers: z.array(z.string()).default([]) }).optional(),
    }),
  ),
});

const HOST = "Host: ";

/** Chromium's own record of the network. Who is sent on asks several times, one after the other. */
function exchangesOf(json: unknown): readonly Exchange[] {
  const { constants, events } = netLog.parse(json);
  const { HTTP_TRANSACTION_SEND_REQUEST_HEADERS: sent, HTTP_TRANSACTION_READ_RESPONSE_HEADERS: read } =
    constants.logEventTypes;
  const exchanges: Exchange[] = [];
  const last = new Map<number, number>();
  for (const { type, source, params } of events) {
    if (params === undefined) continue;
    const { line, headers } = params;
    if (type === sent) {
      const host = headers.find((header) => header.startsWith(HOST))?.slice(HOST.length) ?? "";
      last.set(source.id, exchanges.push({ host, line: line.trim(), answer: [] }) - 1);
    }
    const at = last.get(source.id) ?? -1;
    const asked = exchanges[at];
    if (type === read && asked !== undefined) exchanges[at] = { ...asked, answer: headers };
  }
  return exchanges;
}
