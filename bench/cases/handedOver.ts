import { subscribe } from "node:diagnostics_channel";

interface Request {
  readonly origin: string;
}

const isRequest = (message: unknown): message is { readonly request: Request } =>
  typeof message === "object" && message !== null && "request" in message;

/**
 * Calls `leaving` whenever a request to this place is made, and what that returns when all of it has been written into
 * its socket: a request may have to wait for a connection, and others leave before it.
 */
export function onHandedOver(url: string, leaving: () => () => void): void {
  const { origin } = new URL(url);
  const onTheirWay = new WeakMap<Request, () => void>();
  subscribe("undici:request:create", (message) => {
    if (isRequest(message) && message.request.origin === origin) onTheirWay.set(message.request, leaving());
  });
  subscribe("undici:request:bodySent", (message) => {
    if (isRequest(message)) onTheirWay.get(message.request)?.();
  });
}
