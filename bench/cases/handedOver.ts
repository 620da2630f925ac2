import { subscribe } from "node:diagnostics_channel";

const isRequest = (message: unknown): message is { readonly request: { readonly origin: string } } =>
  typeof message === "object" && message !== null && "request" in message;

/** Calls back whenever a whole request to this place has been written into its socket. */
export function onHandedOver(url: string, handed: () => void): void {
  const { origin } = new URL(url);
  subscribe("undici:request:bodySent", (message) => {
    if (isRequest(message) && message.request.origin === origin) handed();
  });
}
