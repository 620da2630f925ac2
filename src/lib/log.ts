/** What a room needs of a logger, in pino's own order: facts as fields, then a constant lower-case message. */
export interface Log {
  error(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  info(facts: object, message: string): void;
  debug(facts: object, message: string): void;
}

const nothing = (): void => undefined;

export const silentLog: Log = { error: nothing, warn: nothing, info: nothing, debug: nothing };
