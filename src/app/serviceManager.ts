import { spawn } from "node:child_process";

/** Tells systemd (`Type=notify`) and pm2 (`wait_ready`) how we are; silent when started by hand. */
export interface ServiceManager {
  /** The state is fresh and the scan loop runs. */
  ready(status: string): void;
  stopping(): void;
  /** Called from the scan loop, so that a wedged loop is started again; passes on at most twice per interval. */
  alive(): void;
}

interface Environment {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
}

interface ServiceManagerParts {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** pm2's channel, when there is one. */
  readonly send: ((message: string) => void) | undefined;
  readonly onError: (error: Error) => void;
}

/** Node has no datagram sockets of the Unix family: systemd's own `systemd-notify` carries the message. */
export function createServiceManager(environment: Environment, parts: ServiceManagerParts): ServiceManager {
  const supervised = (environment.NOTIFY_SOCKET ?? "") !== "";
  const watchdogMs = Number(environment.WATCHDOG_USEC ?? 0) / 1000;
  let lastAliveMs = -Infinity;

  const notify = (...fields: readonly string[]): void => {
    if (!supervised) return;
    const teller = spawn("systemd-notify", fields, { stdio: "ignore" });
    teller.once("error", parts.onError);
    teller.once("exit", (code) => {
      if (code !== 0) parts.onError(new Error(`systemd-notify ended with ${code}`));
    });
    // It waits for systemd to take note; we do not wait for it.
    teller.unref();
  };
  return {
    ready: (status) => {
      notify("READY=1", `STATUS=${status}`);
      parts.send?.("ready");
    },
    stopping: () => {
      notify("STOPPING=1");
    },
    alive: () => {
      if (!supervised || watchdogMs <= 0) return;
      const now = parts.now();
      if (now - lastAliveMs < watchdogMs / 4) return;
      lastAliveMs = now;
      notify("WATCHDOG=1");
    },
  };
}
