import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { z } from "zod";

/** What a place does with a request; everything but `json` is one of its faults. */
export type PlaceAnswer =
  | { readonly json: unknown; readonly status?: number }
  | { readonly text: string; readonly status?: number }
  | { readonly fault: "reset" | "silence" | "cut" | "huge" }
  | { readonly redirect: string };

export interface PlaceRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Parameters that have names count as one. */
  readonly rpc: { readonly method: string; readonly params: readonly unknown[] };
}

/** A relay or private endpoint on loopback that keeps every request and answers as it is told. */
export interface Place {
  readonly url: string;
  readonly requests: readonly PlaceRequest[];
  answer: (request: PlaceRequest) => PlaceAnswer;
  stop(): Promise<void>;
}

const named = z.record(z.string(), z.unknown()).transform((params): unknown[] => [params]);
const rpcSchema = z.object({ method: z.string(), params: z.union([z.array(z.unknown()), named]) });

function reply(response: ServerResponse, answer: PlaceAnswer): void {
  if ("redirect" in answer) {
    response.writeHead(307, { location: answer.redirect }).end();
    return;
  }
  if (!("fault" in answer)) {
    const text =
      "text" in answer ? answer.text : JSON.stringify({ jsonrpc: "2.0", id: 1, result: answer.json });
    response.writeHead(answer.status ?? 200, { "content-type": "application/json" }).end(text);
    return;
  }
  switch (answer.fault) {
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "cut":
      response.writeHead(200, { "content-length": "100" });
      response.write('{"jsonrpc":"2.0",');
      setImmediate(() => response.socket?.destroy());
      return;
    case "huge":
      response.writeHead(200).end(" ".repeat(2_000_000));
      return;
    case "silence":
  }
}

export async function startPlace(answer: (request: PlaceRequest) => PlaceAnswer): Promise<Place> {
  const requests: PlaceRequest[] = [];
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const rpc = rpcSchema.parse(JSON.parse(body));
      const request = { path: message.url ?? "", headers: message.headers, body, rpc };
      requests.push(request);
      reply(response, place.answer(request));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const place: Place = {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    answer,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return place;
}
