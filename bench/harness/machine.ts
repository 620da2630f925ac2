import { cpus, loadavg, totalmem } from "node:os";
import { lastLevelBytes } from "./caches.ts";

/** What the figures were taken on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly lastLevelCacheMiB: number | null;
  readonly memoryGiB: number;
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  /** Over 1, 5 and 15 minutes, as the run begins. */
  readonly load: readonly number[];
  readonly date: string;
}

export function readMachine(): Machine {
  const cores = cpus();
  const cache = lastLevelBytes();
  return {
    cpu: cores[0]?.model.trim() ?? "unknown",
    cores: cores.length,
    lastLevelCacheMiB: cache === null ? null : Math.round(cache / 2 ** 20),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    load: loadavg().map((load) => Math.round(load * 100) / 100),
    date: new Date().toISOString(),
  };
}

export const machineText = (machine: Machine): string => {
  const { cpu, cores, lastLevelCacheMiB, memoryGiB, node, v8, platform, load, date } = machine;
  const cache = lastLevelCacheMiB === null ? "" : `, last-level cache ${lastLevelCacheMiB} MiB`;
  return `${date} · ${cores} x ${cpu}${cache}, ${memoryGiB} GiB, ${platform} · Node ${node} (V8 ${v8}) · load ${load.join(" ")}`;
};
