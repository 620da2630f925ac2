import { expect, test } from "vitest";
import { createServiceManager } from "../../../src/app/serviceManager.ts";

// What systemd really hears is tested with a socket, on the built daemon.

function parts() {
  const sent: string[] = [];
  const errors: Error[] = [];
  let time = 0;
  return {
    sent,
    errors,
    pass: (ms: number) => {
      time += ms;
    },
    parts: {
      now: () => time,
      send: (message: string) => void sent.push(message),
      onError: (error: Error) => void errors.push(error),
    },
  };
}

test("pm2 hears ready, once for each time it is said", () => {
  const { sent, parts: given } = parts();
  const service = createServiceManager({}, given);
  service.alive();
  expect(sent).toEqual([]);
  service.ready("observe on polygon, block 1");
  service.stopping();
  expect(sent).toEqual(["ready"]);
});

test("started by hand there is nobody to tell, and nothing fails", () => {
  const { errors, parts: given } = parts();
  for (const environment of [{}, { NOTIFY_SOCKET: "" }, { WATCHDOG_USEC: "1000" }]) {
    const service = createServiceManager(environment, { ...given, send: undefined });
    service.ready("x");
    service.alive();
    service.stopping();
  }
  expect(errors).toEqual([]);
});
