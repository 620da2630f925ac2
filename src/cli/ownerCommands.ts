import type { Command } from "commander";
import { EXIT, PlainError } from "../lib/errors.ts";
import { safeText } from "../lib/safeText.ts";
import { wholeNumber } from "./arguments.ts";

const SOCKET =
  "the owner's control.sock, or the hints.sock beside it; else TURBO_MEV_SOCKET, then the usual places";

const say = (text: string): void => void process.stdout.write(`${text}\n`);

interface WithReason {
  readonly reason: string;
  readonly socket?: string;
}

const WITH_REASON = [
  [
    "pause",
    "send nothing new until resume",
    "Nothing new is sent until resume. A restart ends it.",
    "paused",
  ],
  ["resume", "end a pause or a halt", "Ends a pause or a halt.", "resumed"],
  ["halt", "send nothing, over restarts too", "Nothing is sent until resume, over restarts too.", "halted"],
] as const;

const addWithReason = (program: Command): void => {
  for (const [name, summary, description, done] of WITH_REASON) {
    program
      .command(name)
      .summary(summary)
      .description(description)
      .requiredOption("--reason <text>", "why; it stands in the ledger")
      .option("--socket <path>", SOCKET)
      .addHelpText("after", `\nExample:\n  turbo-mev ${name} --reason "gas spike"`)
      .action(async ({ reason, socket }: WithReason) => {
        const owner = await import("./owner.ts");
        await owner.giveReason(name, reason, socket);
        say(done);
      });
  }
};

const words = (keys: readonly string[]): string =>
  keys.length === 0 ? "nothing" : keys.map((key) => safeText(key, 80)).join(", ");

const addReload = (program: Command): void => {
  program
    .command("reload")
    .summary("read the configuration again")
    .description(
      "Has the daemon read its configuration again, and says what it took and what needs a restart.",
    )
    .option("--socket <path>", SOCKET)
    .addHelpText("after", "\nExample:\n  turbo-mev reload")
    .action(async ({ socket }: { socket?: string }) => {
      const owner = await import("./owner.ts");
      const { taken, needs_restart } = await owner.reload(socket);
      say(`taken over: ${words(taken)}`);
      if (needs_restart.length > 0) say(`needs a restart: ${words(needs_restart)}`);
    });
};

const addApprove = (program: Command): void => {
  program
    .command("approve")
    .summary("trade through a pool that a brain named")
    .description("Verifies a pool that was queued, and trades through it from the next load on.")
    .argument("<pool>", "the pool's address")
    .option("--socket <path>", SOCKET)
    .addHelpText("after", "\nExample:\n  turbo-mev approve 0x853ee4b2a13f8a742d64c8f088be7ba2131f670d")
    .action(async (pool: string, { socket }: { socket?: string }) => {
      const owner = await import("./owner.ts");
      await owner.approve(pool, socket);
      say("approved");
    });
};

interface Limits {
  readonly minNet?: string;
  readonly maxFee?: string;
  readonly maxCycles?: number;
  readonly socket?: string;
}

const addLimits = (program: Command): void => {
  program
    .command("limits")
    .summary("stricter limits until the next start")
    .description("Lowers limits of the running daemon until its next start; never raises one.")
    .option("--min-net <native>", "least profit after gas, in whole native tokens")
    .option("--max-fee <native>", "most that one transaction may cost, in whole native tokens")
    .option("--max-cycles <n>", "most opportunities in one transaction", wholeNumber(1, 8))
    .option("--socket <path>", SOCKET)
    .addHelpText("after", "\nExample:\n  turbo-mev limits --min-net 0.5 --max-cycles 1")
    .action(async ({ minNet, maxFee, maxCycles, socket }: Limits) => {
      if (minNet === undefined && maxFee === undefined && maxCycles === undefined)
        throw new PlainError(EXIT.usage, "limits: name --min-net, --max-fee or --max-cycles");
      const params = { min_net_native: minNet, max_tx_fee_native: maxFee, max_cycles_per_plan: maxCycles };
      const owner = await import("./owner.ts");
      await owner.lowerLimits(params, socket);
      say("lowered");
    });
};

/** What only the owner may ask the running daemon for. */
export const addOwner = (program: Command): void => {
  for (const add of [addWithReason, addReload, addApprove, addLimits]) add(program);
};
