import type { EngineEvent } from "../engine/events.ts";

/** One line without its end: bigints as decimal strings, tick tables as plain arrays. */
export const eventToJson = (event: EngineEvent): string =>
  JSON.stringify(event, (_key, value: unknown) => {
    if (typeof value === "bigint") return value.toString();
    return value instanceof Int32Array ? [...value] : value;
  });
