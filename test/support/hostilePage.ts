import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { visit, type Exchange } from "./chromium.ts";

/** The port that is attacked, and that of the page's own server. */
export interface Ports {
  readonly target: number;
  readonly home: number;
}

/** Where the page comes from and whom it attacks, as host:port. Pages of `sandboxed.test` have no origin. */
export interface Attack {
  readonly page: string;
  readonly target: string;
}

export interface Aftermath {
  /** What the page could read, by attempt. */
  readonly read: Readonly<Record<string, string>>;
  /** What the browser asked at the target's port, once the page was there. */
  readonly asked: readonly Exchange[];
}

/** What the page says of an answer that it cannot read. */
export const HIDDEN = "hidden";

const PAGE = readFileSync(new URL("hostilePage.html", import.meta.url));

function servePage({ headers: { host = "" } }: IncomingMessage, response: ServerResponse): void {
  if (host.startsWith("sandboxed."))
    response.setHeader("content-security-policy", "sandbox allow-scripts allow-forms");
  response.setHeader("content-type", "text/html").end(PAGE);
}

/** Gives out the page, says when it may begin, sends on what wants to be sent on, and takes the report. */
function createHome(onReady: () => Promise<unknown>) {
  const server = createServer();
  const report = new Promise<string>((resolve, reject) => {
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const [path, query = ""] = (request.url ?? "").split("?");
      if (path === "/page") return servePage(request, response);
      response.setHeader("access-control-allow-origin", "*");
      if (path === "/redirect") response.writeHead(307, { location: decodeURIComponent(query) });
      if (path === "/ready") await onReady();
      if (path === "/report") resolve(await text(request));
      response.end();
    };
    server.on("request", (request, response: ServerResponse) => {
      answer(request, response).catch(reject);
    });
  });
  return { server, report };
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

/**
 * A page in a real browser tries all that a page can to have `order` carried out. It may come from the very port that it
 * attacks: once it is there, the server that it came from makes room for `takeOver`, as where a name leads elsewhere
 * overnight.
 */
export async function attack(
  order: unknown,
  attackOf: (ports: Ports) => Attack,
  takeOver: (port: number) => Promise<unknown>,
): Promise<Aftermath> {
  const before = createServer(servePage);
  const home = createHome(async () => {
    await close(before);
    await takeOver(ports.target);
  });
  const ports: Ports = { target: await listen(before), home: await listen(home.server) };
  try {
    const { page, target } = attackOf(ports);
    const words = new URLSearchParams({
      home: `http://127.0.0.1:${ports.home}`,
      target: `http://${target}`,
      order: JSON.stringify(order),
    });
    const exchanges = await visit(`http://${page}/page#${words.toString()}`, home.report);
    const toTarget = exchanges.filter(({ host }) => host.endsWith(`:${ports.target}`));
    return {
      read: z.record(z.string(), z.string()).parse(JSON.parse(await home.report)),
      asked: toTarget.filter(({ line }) => !line.startsWith("GET /page ")),
    };
  } finally {
    await close(before);
    await close(home.server);
  }
}
