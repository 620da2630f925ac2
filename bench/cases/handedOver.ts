import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";

const isRequest = (message: unknown): message is { readonly request: ClientRequest } =>
  typeof message === "object" && message !== null && "request" in message;

/** Calls back whenever a whole request to this place has been written into its socket. */
export function onHandedOver(url: string, handed: () => void): void {
  const { host } = new URL(url);
  // Told when all of it is in the socket, which keeps it while it has no connection.
  subscribe("http.client.request.start", (message) => {
    if (!isRequest(message) || message.request.getHeader("host") !== host) return;
    const { socket } = message.request;
    if (socket?.connecting === true) socket.once("connect", handed);
    else handed();
  });
}
