import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { createTypeScriptKernel } from "../../src/search/scan/kernel.ts";
import type { Kernel, Layout } from "../../src/search/scan/layout.ts";
import { createWasmKernel } from "../../src/search/scan/wasmKernel.ts";
import { summarise } from "../harness/stats.ts";
import type { Summary } from "../harness/stats.ts";
import { blocksFile, writeBlock } from "./sequence.ts";
import type { ScanSequence } from "./sequence.ts";

/** Blocks in a row: how many hits, a hash of them and their bounds in their order, and what each scan took. */
export interface Walk {
  readonly hits: number;
  readonly hash: number;
  readonly micros: readonly number[];
}

/** A kernel that follows a sequence; walks come in order, after a first scan of all pools. */
export interface Walker {
  readonly name: "Rust" | "WebAssembly" | "TypeScript";
  walk(from: number, to: number): Walk | Promise<Walk>;
  stop(): void;
}

const SOURCE = join(import.meta.dirname, "scan.rs");

/**
 * Builds the Rust twin and starts it on the sequence, in a process of its own. Says why where it cannot: no `rustc`
 * here, or one that does not build it.
 */
export function runRustTwin(sequence: ScanSequence): Walker | string {
  const folder = mkdtempSync(join(tmpdir(), "turbo-mev-rust-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const binary = join(folder, "scan");
  const built = spawnSync(
    "rustc",
    ["--edition", "2021", "-O", "-C", "target-cpu=native", SOURCE, "-o", binary],
    { encoding: "utf8" },
  );
  if (built.status !== 0) {
    remove();
    return built.error === undefined
      ? `rustc: ${built.stderr}`
      : "rustc is not here: the Rust twin is left out";
  }
  const [image, blocks] = [join(folder, "image"), join(folder, "blocks")];
  writeFileSync(image, Buffer.from(sequence.createLayout().memory.buffer));
  writeFileSync(blocks, blocksFile(sequence.blocks));
  return startTwin([binary, image, blocks, String(sequence.poolCount)], remove);
}

function startTwin([binary = "", ...args]: readonly string[], stopped: () => void): Walker {
  const twin = spawn(binary, args, { stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface(twin.stdout)[Symbol.asyncIterator]();
  return {
    name: "Rust",
    walk: async (from, to) => {
      twin.stdin.write(`${from} ${to}\n`);
      const { value, done } = await answers.next();
      if (done === true) throw new Error("the Rust twin ended before its answer");
      const [hits = 0, hash = 0, ...nanos] = value.split(" ").map(Number);
      return { hits, hash, micros: nanos.map((nano) => nano / 1000) };
    },
    stop: () => {
      twin.stdin.end();
      stopped();
    },
  };
}

/** The counterpart in this process. */
function runKernel(
  name: Walker["name"],
  sequence: ScanSequence,
  create: (layout: Layout) => Kernel | null,
): Walker | null {
  const layout = sequence.createLayout();
  const kernel = create(layout);
  if (kernel === null) return null;
  kernel.scan(0, sequence.poolCount);
  const bounds = new Uint32Array(layout.memory.buffer, layout.hitBounds.byteOffset, layout.hitBounds.length);
  return {
    name,
    walk: (from, to) => {
      const micros: number[] = [];
      let hits = 0;
      let hash = 0;
      for (const block of sequence.blocks.slice(from, to)) {
        const count = writeBlock(layout, block);
        const start = performance.now();
        const found = kernel.scan(0, count);
        micros.push((performance.now() - start) * 1000);
        hits += found;
        for (let i = 0; i < found; i++) {
          hash = (Math.imul(hash, 31) + (layout.hits[i] ?? 0)) >>> 0;
          hash = (Math.imul(hash, 31) + (bounds[i] ?? 0)) >>> 0;
        }
      }
      return { hits, hash, micros };
    },
    stop: () => undefined,
  };
}

/** What a kernel took, and what it found in the first walk through the sequence. */
export interface KernelRun {
  readonly name: Walker["name"];
  /** A block's scan; of every walk but the first, which warms up. */
  readonly micros: Summary;
  readonly hits: number;
  readonly hash: number;
}

export interface KernelRuns {
  /** WebAssembly, TypeScript and Rust, as far as they are here. */
  readonly runs: readonly KernelRun[];
  /** Whether all wrote the same hits in the same order, in every walk. */
  readonly same: boolean;
  /** Why there is no Rust among them. */
  readonly note: string | null;
}

/** Blocks of one kernel before the next has its turn. */
const TURN = 20;
const LEAST_WALKS = 3;

/**
 * Walks all kernels through the sequence again and again, in turns of some blocks, until the budget is used up. Rust
 * times its scans itself, so that the pipe to it does not count.
 */
export async function compareKernels(sequence: ScanSequence, budgetMs: number): Promise<KernelRuns> {
  const rust = runRustTwin(sequence);
  const walkers = [
    runKernel("WebAssembly", sequence, createWasmKernel),
    runKernel("TypeScript", sequence, createTypeScriptKernel),
    typeof rust === "string" ? null : rust,
  ].filter((walker) => walker !== null);
  try {
    const end = performance.now() + budgetMs;
    const walks: (readonly Walk[])[] = [];
    while (walks.length < LEAST_WALKS || performance.now() < end)
      walks.push(await walkAll(walkers, sequence));
    const runs = walkers.map(({ name }, i) =>
      runOf(
        name,
        walks.map((walk) => walk[i]),
      ),
    );
    return { runs, same: walks.every(areSame), note: typeof rust === "string" ? rust : null };
  } finally {
    for (const walker of walkers) walker.stop();
  }
}

async function walkAll(walkers: readonly Walker[], { blocks }: ScanSequence): Promise<readonly Walk[]> {
  const turns = walkers.map((): Walk[] => []);
  for (let from = 0; from < blocks.length; from += TURN)
    for (const [i, walker] of walkers.entries())
      turns[i]?.push(await walker.walk(from, Math.min(from + TURN, blocks.length)));
  return turns.map((parts) => ({
    hits: parts.reduce((sum, { hits }) => sum + hits, 0),
    hash: parts.reduce((hash, part) => (Math.imul(hash, 31) + part.hash) >>> 0, 0),
    micros: parts.flatMap(({ micros }) => micros),
  }));
}

const areSame = (walks: readonly Walk[]): boolean =>
  walks.every(({ hits, hash }) => hits === walks[0]?.hits && hash === walks[0].hash);

function runOf(name: Walker["name"], walks: readonly (Walk | undefined)[]): KernelRun {
  const [first, ...counted] = walks;
  const micros = summarise(counted.flatMap((walk) => walk?.micros ?? []));
  return { name, micros, hits: first?.hits ?? 0, hash: first?.hash ?? 0 };
}
