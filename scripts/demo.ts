import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { EXIT } from "../src/lib/errors.ts";
import { auditChain } from "./demo/audit.ts";
import { startDaemon, type DaemonProcess } from "./demo/daemonProcess.ts";
import { openLedgerView, type FateRow, type LedgerView } from "./demo/ledgerView.ts";
import { createScreen, type Screen } from "./demo/screen.ts";
import { setStage, type Stage } from "./demo/stage.ts";
import { fellShort, summarise, tell, type Summary } from "./demo/summary.ts";

const BLOCK_TIME_MS = 1500;
const LOOK_MS = 150;
/** Blocks after the last counted one, in which what landed before is confirmed and booked. */
const LAST_BLOCKS = 4;

const HELP = `usage: npm run demo -- [--blocks 40] [--seed 7] [--json]
A local Polygon, seeded traders, and the daemon earning on it. Exit 1 when nothing landed, anything of ours
reverted on chain, or a realised profit differs from the predicted one.`;

interface DemoOptions {
  readonly blocks: number;
  readonly seed: number;
  readonly json: boolean;
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least) return value;
  throw new TypeError(`--${name} takes a whole number from ${least}`);
}

function readOptions(): DemoOptions | null {
  const { values } = parseArgs({
    options: {
      blocks: { type: "string", default: "40" },
      seed: { type: "string", default: "7" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  return {
    blocks: wholeNumber("blocks", values.blocks, 1),
    seed: wholeNumber("seed", values.seed, 0),
    json: values.json,
  };
}

/** Shows what the ledger got since the last look, each fate below the block that decided or held it. */
function createFollower(view: LedgerView, screen: Screen, firstBlock: number) {
  let lastBlock = firstBlock - 1;
  let lastFate = 0;
  let shown = 0;
  let fates: FateRow[] = [];
  const showFates = (): void => {
    const due = fates.filter(({ block, target }) => (block ?? target - 1) <= lastBlock);
    fates = fates.filter((fate) => !due.includes(fate));
    for (const fate of due) screen.fate(fate);
  };
  return {
    look: (): number => {
      const news = view.fatesAfter(lastFate);
      lastFate = news.at(-1)?.id ?? lastFate;
      fates.push(...news);
      for (const block of view.blocksAfter(lastBlock)) {
        lastBlock = block.number;
        shown++;
        screen.block(block, view.opportunities(block.number));
        showFates();
      }
      showFates();
      return shown;
    },
  };
}

async function perform(
  stage: Stage,
  daemon: DaemonProcess,
  options: DemoOptions,
  screen: Screen,
): Promise<Summary> {
  const { devnet } = stage;
  await daemon.ready;
  const view = openLedgerView(stage.ledgerPath);
  try {
    const firstBlock = devnet.head().number + 1;
    const follower = createFollower(view, screen, firstBlock);
    const death = daemon.exited.then((code) => {
      throw new Error(`the daemon ended with ${code}:\n${daemon.lastWords()}`);
    });
    death.catch(() => undefined);
    const until = async (blocks: number): Promise<void> => {
      while (follower.look() < blocks) await Promise.race([pause(LOOK_MS), death]);
    };
    await until(options.blocks);
    const lastBlock = firstBlock + options.blocks - 1;
    screen.line(`that were ${options.blocks} blocks; ${LAST_BLOCKS} more to confirm what landed`);
    await until(options.blocks + LAST_BLOCKS);
    const memoryMb = daemon.peakMb();
    const end = await daemon.stop();
    await devnet.stopMining();
    follower.look();
    const who = { operator: stage.operator.address, treasury: stage.treasury };
    const rpc = (method: string, params?: readonly unknown[]): Promise<unknown> => devnet.rpc(method, params);
    const audit = await auditChain(
      rpc,
      who,
      { from: firstBlock, to: lastBlock },
      {
        profits: view.profits(),
        backruns: view.backruns(),
      },
    );
    return summarise({ ...options, view, audit, memoryMb, end, prices: devnet.tokens });
  } finally {
    view.close();
  }
}

async function demo(options: DemoOptions): Promise<number> {
  const screen = createScreen(options.json);
  screen.line(`seed ${options.seed} · starting a local Polygon: anvil, three exchanges, traders, a relay …`);
  const stage = await setStage({ blockTimeMs: BLOCK_TIME_MS, seed: options.seed });
  try {
    const { devnet } = stage;
    screen.line(
      `chain 137 at ${devnet.wsUrl} · ${devnet.pools.length} pools, ${devnet.tokens.length} tokens · ` +
        `executor ${stage.executor}`,
    );
    screen.line("starting the daemon: it loads and verifies the pools of the Polygon registry …");
    const daemon = startDaemon(stage.configPath, stage.operator.privateKey);
    const summary = await perform(stage, daemon, options, screen);
    tell(summary, screen);
    if (options.json) process.stdout.write(`${JSON.stringify({ demo: summary.demo })}\n`);
    return fellShort(summary) ? EXIT.fellShort : EXIT.ok;
  } finally {
    await stage.strike();
  }
}

async function main(): Promise<number> {
  let options: DemoOptions | null;
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n${HELP}\n`);
    return EXIT.usage;
  }
  if (options === null) {
    process.stdout.write(`${HELP}\n`);
    return EXIT.ok;
  }
  try {
    return await demo(options);
  } catch (error) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.fellShort;
  }
}

process.exitCode = await main();
