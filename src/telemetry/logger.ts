import { destination, pino, stdTimeFunctions, type DestinationStream, type Logger as Pino } from "pino";
import type { Log } from "../lib/log.ts";
import { redact } from "./redact.ts";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";

/** A `Log` that also traces and gives each module its child. */
export interface Logger extends Log {
  trace(facts: object, message: string): void;
  /** The module's name stands in every line of it. */
  child(module: string): Logger;
  setLevel(level: LogLevel): void;
}

/**
 * One JSON object a line. Messages are constant and lower-case; what varies stands in the facts, made safe by
 * `redact`. Errors stand under `err`. Below its level a call costs nothing. Stderr by default: stdout is data.
 */
export function createLogger(options: { readonly level: LogLevel }, stream?: DestinationStream): Logger {
  return wrap(
    pino(
      {
        level: options.level,
        base: null,
        timestamp: stdTimeFunctions.isoTime,
        // pino's own serialiser would print an error before `redact` has seen it.
        serializers: { err: (value: unknown) => value },
        formatters: {
          level: (level) => ({ level }),
          log: (facts) => Object(redact(facts)),
        },
      },
      stream ?? destination({ fd: 2, sync: true }),
    ),
  );
}

const wrap = (logger: Pino): Logger => ({
  error: (facts, message) => logger.error(facts, message),
  warn: (facts, message) => logger.warn(facts, message),
  info: (facts, message) => logger.info(facts, message),
  debug: (facts, message) => logger.debug(facts, message),
  trace: (facts, message) => logger.trace(facts, message),
  child: (module) => wrap(logger.child({ module })),
  setLevel: (level) => {
    logger.level = level;
  },
});
