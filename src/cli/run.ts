import { loadConfig } from "../app/configFile.ts";
import { createServiceManager } from "../app/serviceManager.ts";
import { loadRegistry } from "../chain/registry.ts";
import { systemClock } from "../lib/clock.ts";
import { EXIT, PlainError } from "../lib/errors.ts";
import { createLogger } from "../telemetry/logger.ts";
import { version } from "./version.ts";

export interface RunOptions {
  readonly config: string;
  /** The second half of the decision to send; the first is `mode = "live"` in the file. */
  readonly live: boolean;
}

/** `turbo-mev run`: the daemon, until SIGTERM or SIGINT; a second signal ends the process at once (130). */
export async function run(options: RunOptions): Promise<void> {
  const config = loadConfig(options.config);
  if (options.live !== (config.mode === "live")) {
    throw new PlainError(
      EXIT.config,
      options.live
        ? `--live, but ${options.config} says mode = "${config.mode}": nothing would be sent; change one of the two`
        : `${options.config} says mode = "live": add --live to the command to really send`,
    );
  }
  const registry = loadRegistry(config.chain);
  const log = createLogger({ level: config.log.level });
  const ending = endingSignal();
  const service = createServiceManager(serviceEnvironment(), {
    now: () => systemClock.monotonic(),
    send: process.send === undefined ? undefined : (message) => process.send?.(message),
    onError: (err) => log.warn({ err }, "service manager not told"),
  });
  // Secrets are references in the file, so that all of it may be shown; URLs may carry keys and are not.
  const { mode, chain, market, profit, fees } = config;
  log.info({ version: version(), pid: process.pid, mode, chain, market, profit, fees }, "starting");
  try {
    // A second to load: what is wrong with the file is told before.
    const { runDaemon } = await import("../app/daemon.ts");
    await runDaemon(
      config,
      registry,
      {
        clock: systemClock,
        log,
        service,
        version: version(),
        environment: process.env,
        loadConfig: () => loadConfig(options.config),
        setLogLevel: (level) => log.setLevel(level),
      },
      ending.signal,
    );
  } finally {
    ending.release();
  }
  log.info({}, "stopped");
}

const serviceEnvironment = () => ({
  NOTIFY_SOCKET: process.env["NOTIFY_SOCKET"],
  WATCHDOG_USEC: process.env["WATCHDOG_USEC"],
});

/** Aborts at the first signal; the second one does not wait. */
function endingSignal(): { readonly signal: AbortSignal; release(): void } {
  const ending = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (ending.signal.aborted) process.exit(130);
    ending.abort(new Error(`stopped by ${name}`));
  };
  const names = ["SIGTERM", "SIGINT"] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    signal: ending.signal,
    release: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
