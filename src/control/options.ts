import { join } from "node:path";
import { z } from "zod";

/** The section `[control]` of the configuration. */
export const controlSchema = z.strictObject({
  /** Folder of the sockets; `auto`: the service's own or the user's runtime folder where there is one; empty: none. */
  dir: z.string().max(90).default("auto"),
  /** Name or number of the group that may open `hints.sock`; empty: only the owner. */
  group: z
    .string()
    .regex(/^[\w.-]{0,32}$/, "must be a group's name or number")
    .default(""),
  hints_per_second: z.int().min(1).max(10_000_000).default(2_000),
  hints_burst: z.int().min(200).max(10_000_000).default(4_000),
  /** The engine keeps no more. */
  max_hints: z.int().min(1).max(10_000).default(10_000),
  /** Routes and pairs a second that a connection may have priced at once. */
  routes_per_second: z.int().min(1).max(10_000_000).default(20_000),
  /** Microseconds that the brain's own path needs for a route, measured there; 0: not known, no speed-up is told. */
  python_route_us: z.number().min(0).max(1e9).default(0),
});

export type ControlConfig = z.output<typeof controlSchema>;

export interface ControlOptions extends Omit<ControlConfig, "dir"> {
  /** As `socketDirectory` gives it. */
  readonly dir: string | null;
  readonly version: string;
  /** A channel is configured through which everybody sees what is sent. */
  readonly publicChannel: boolean;
}

/** Where the runtime folders are told: systemd's `RuntimeDirectory=`, and the user's session. */
interface RuntimeEnvironment {
  readonly RUNTIME_DIRECTORY?: string | undefined;
  readonly XDG_RUNTIME_DIR?: string | undefined;
}

/** The folder of the sockets; null: no sockets. */
export function socketDirectory(dir: string, environment: RuntimeEnvironment): string | null {
  if (dir !== "auto") return dir === "" ? null : dir;
  const { RUNTIME_DIRECTORY: service = "", XDG_RUNTIME_DIR: user = "" } = environment;
  // systemd may name several, with colons between.
  const [first = ""] = service.split(":");
  if (first !== "") return first;
  return user === "" ? null : join(user, "turbo-mev");
}
