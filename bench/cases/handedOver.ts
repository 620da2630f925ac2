import { subscribe } from "node:diagnostics_channel";
import { ClientRequest } from "node:http";

/** Calls `handed` whenever a request to this place has been written into its socket, all of it. */
export function onHandedOver(url: string, handed: () => void): void {
  const { host } = new URL(url);
  subscribe("http.client.request.start", (message) => {
    const request =
      typeof message === "object" && message !== null && "request" in message && message.request;
    if (request instanceof ClientRequest && request.getHeader("host") === host) handed();
  });
}
