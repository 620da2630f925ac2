import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { keccak256, recoverMessageAddress, toHex } from "viem";
import type { Address } from "../src/chain/types.ts";
import type { Chain } from "./chain.ts";
import type { FaultState, RelayFault } from "./faults.ts";
import { openGate } from "./gate.ts";
import type { Gate } from "./gate.ts";
import { AddressText, HexText, lowerHex } from "./hex.ts";
import { answerRpc } from "./jsonRpc.ts";
import { readBody } from "./node.ts";
import { createRelayMethods } from "./relayMethods.ts";

/** `slow`: longer than any client of a 1.5 s chain should wait. */
const SLOW_MS = 5000;

/** The local Flashbots-compatible relay, on its own port. */
export interface Relay {
  readonly gate: Gate;
  stop(): Promise<void>;
}

type Signed =
  | { readonly ok: true; readonly signer: Address }
  | { readonly ok: false; readonly message: string };

/**
 * Checks `X-Flashbots-Signature: <address>:<signature>`, an EIP-191 signature over the *hex text* of keccak256 of
 * the exact body.
 */
export async function checkSignature(header: unknown, body: string): Promise<Signed> {
  if (typeof header !== "string") return { ok: false, message: "missing X-Flashbots-Signature header" };
  const [address, signature] = header.split(":");
  const signer = AddressText.safeParse(address);
  const bytes = HexText.safeParse(signature);
  if (!signer.success || !bytes.success) {
    return { ok: false, message: "malformed X-Flashbots-Signature: want <address>:<signature>" };
  }
  const message = keccak256(toHex(body));
  try {
    const recovered = lowerHex(await recoverMessageAddress({ message, signature: bytes.data }));
    if (recovered === signer.data) return { ok: true, signer: recovered };
  } catch {
    // Not a point of the curve: as wrong as any other signature.
  }
  return { ok: false, message: "X-Flashbots-Signature does not belong to this body and address" };
}

const reply = (response: ServerResponse, status: number, text: string): void => {
  response.statusCode = status;
  response.setHeader("content-type", "application/json");
  response.end(text);
};

const refusal = (message: string): string =>
  JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32600, message } });

export async function startRelay(
  options: { readonly port: number },
  parts: { readonly chain: Chain; readonly faults: FaultState },
): Promise<Relay> {
  const { faults } = parts;
  const methods = createRelayMethods(parts.chain);
  const timers = new Set<NodeJS.Timeout>();

  const answer = async (request: IncomingMessage, body: string): Promise<readonly [number, string]> => {
    const signed = await checkSignature(request.headers["x-flashbots-signature"], body);
    if (!signed.ok) return [403, refusal(signed.message)];
    return [200, await answerRpc(body, (method, params) => methods(signed.signer, method, params))];
  };

  const slowly = (work: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, SLOW_MS);
    timers.add(timer);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    const fault: RelayFault = faults.relayFault();
    switch (fault) {
      case "429":
        response.setHeader("retry-after", "1");
        return reply(response, 429, refusal("rate limit exceeded"));
      case "500":
        return reply(response, 500, "internal error");
      case "reset":
        request.socket.resetAndDestroy();
        return;
      case "garbage":
        return reply(response, 200, "<html>it works!</html>");
      case "none":
      case "slow":
      case "cut": {
        const [status, text] = await answer(request, body);
        if (fault === "cut") request.socket.destroy();
        else if (fault === "slow") slowly(() => reply(response, status, text));
        else reply(response, status, text);
      }
    }
  };

  const http = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      reply(response, 400, refusal(String(error)));
    });
  });
  const gate = await openGate(http, options.port);
  return {
    gate,
    stop: async () => {
      for (const timer of timers) clearTimeout(timer);
      await gate.stop();
    },
  };
}
