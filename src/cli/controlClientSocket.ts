import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import { EXIT, PlainError } from "../lib/errors.ts";
import { safeText } from "../lib/safeText.ts";

/** Whose socket: the brain's, or the owner's beside it, which may ask for everything. */
export type Door = "hints" | "control";

export interface SocketPlaces {
  /** `--socket`. */
  readonly socket?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Where the daemon's socket may be, the likeliest first. A place that is given counts alone; for the owner's door the
 * `control.sock` beside a given `hints.sock` is meant.
 */
export function socketPlaces(door: Door, { socket, env }: SocketPlaces): readonly string[] {
  const given = [socket, env["TURBO_MEV_SOCKET"]].find((path) => path !== undefined && path !== "");
  if (given !== undefined) {
    const isBeside = door === "control" && basename(given) === "hints.sock";
    return [isBeside ? join(dirname(given), "control.sock") : given];
  }
  const runtime = env["XDG_RUNTIME_DIR"] ?? "";
  const folders = [...(runtime === "" ? [] : [join(runtime, "turbo-mev")]), "/run/turbo-mev"];
  return folders.map((folder) => join(folder, `${door}.sock`));
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "no socket"],
  ["ECONNREFUSED", "nobody listens"],
  ["ENOTSOCK", "not a socket"],
  ["EACCES", "not for this user"],
]);

/** Connects to the first place where somebody listens. Throws `PlainError`: 69 nobody does, 77 not allowed. */
export async function connectSocket(places: readonly string[]): Promise<Socket> {
  const faults: { readonly place: string; readonly code: string }[] = [];
  for (const place of places) {
    const socket = connect({ path: place });
    try {
      await once(socket, "connect");
      return socket;
    } catch (error) {
      socket.destroy();
      const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
      faults.push({ place, code });
    }
  }
  const list = faults.map(({ place, code }) => `${safeText(place, 128)} (${WORDS.get(code) ?? code})`);
  if (faults.some(({ code }) => code === "EACCES"))
    throw new PlainError(EXIT.permission, `no way in at ${list.join(", ")}`);
  throw new PlainError(
    EXIT.unavailable,
    `no daemon answers at ${list.join(", ")}: start "turbo-mev run", or name its socket with --socket`,
  );
}
