import { createControl, type Control } from "../control/control.ts";
import { createHttpDoor, type HttpDoor } from "../control/http.ts";
import { socketDirectory } from "../control/options.ts";
import type { ControlPorts } from "../control/ports.ts";
import { createSignals, SIGNALS_DEFAULTS, type Signals } from "../control/signals.ts";
import { openReader } from "../ledger/reader.ts";
import { toJson } from "../lib/bigint.ts";
import { resolveSecret } from "../lib/secretReference.ts";
import type { Config } from "./config.ts";
import { metricsOf, statusOf } from "./readings.ts";
import type { Room } from "./room.ts";
import { take } from "./steps.ts";

/** The doors of the brain and the owner: sockets, the folder of signals, and HTTP where it is wanted. */
export interface Doors {
  /** Throws `PlainError` where a door cannot be opened as the configuration says. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** They listen to the room from now on. */
export function buildDoors(room: Room): Doors {
  const { config, parts } = room;
  const { clock, log } = parts;
  const options = {
    ...config.control,
    dir: socketDirectory(config.control.dir, parts.environment),
    version: parts.version,
    publicChannel: config.channels.some(({ type }) => type === "public"),
  };
  const control = createControl(options, portsOf(room), { clock, log });
  const others = [httpDoorOf(config, control, room), signalsOf(config, control, room)].filter(
    (door) => door !== null,
  );
  room.listeners.push(control.listener);
  return {
    start: async () => {
      await control.start();
      for (const door of others) await door.start();
    },
    stop: async () => {
      await Promise.all([control.stop(), ...others.map(async (door) => await door.stop())]);
    },
  };
}

function portsOf(room: Room): ControlPorts {
  const { engine, registry, market, config } = room;
  return {
    market: engine.market,
    // Those that may be traded: a route through another one is refused.
    tokens: new Map(market.tokens.map((token) => [token.address, token])),
    dexes: market.dexes.map(({ name }) => name),
    usd: registry.usd,
    valuer: () => engine.valuer(),
    take: (event) => take(room, event),
    status: () => statusOf(room),
    metrics: async () => await metricsOf(room),
    why: (id) => {
      const reader = openReader(config.ledger.path);
      try {
        const reports = reader.why(id);
        // Through JSON, where amounts are decimal strings.
        return reports.length === 0 ? null : JSON.parse(toJson(reports));
      } finally {
        reader.close();
      }
    },
    owner: room.owner,
  };
}

function httpDoorOf({ http }: Config, control: Control, { parts }: Room): HttpDoor | null {
  const { enabled, host, port, auth } = http;
  if (!enabled || auth === undefined) return null;
  const options = { host, port, auth: auth === "none" ? ("none" as const) : resolveSecret(auth) };
  return createHttpDoor(options, (method, params) => control.dispatch(method, params), parts);
}

function signalsOf({ signals, chain }: Config, control: Control, { registry, parts }: Room): Signals | null {
  if (signals.path === "") return null;
  const options = {
    ...SIGNALS_DEFAULTS,
    path: signals.path,
    chainId: chain,
    routers: registry.routers,
    maxAgeMs: signals.max_age_ms,
    ttlMs: signals.ttl_ms,
  };
  return createSignals(options, (hints, source) => control.push(hints, source), parts);
}
