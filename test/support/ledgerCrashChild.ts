import { writeSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { openLedger } from "../../src/ledger/ledger.ts";
import { fate, intent, judged, registry, run, signed, submission } from "./ledgerRecords.ts";

// Writes journal and records, far faster than any chain asks for, until it is killed. Each journal call that has returned is told on
// stdout, past every buffer of ours: what was told must be there afterwards.

const [path = "", round = ""] = process.argv.slice(2);
const told = (call: string, id: string): void => void writeSync(1, `${call} ${id}\n`);

const ledger = openLedger({
  path,
  run,
  onHalt: (reason) => {
    throw new Error(reason);
  },
  onResume: () => undefined,
});
const { journal } = ledger;
ledger.record(registry);
for (const { intent: open } of journal.openIntents()) {
  journal.close(fate(open.id, { fate: "rejected", block: null, profits: [] }));
  told("close", open.id);
}

for (let n = 0; ; n++) {
  const id = `${round}-${n}`;
  ledger.record(judged(id));
  const opened = intent(id, { opportunityIds: [id] });
  const signature = signed(id, Number(round) * 1_000_000 + n);
  if (n % 2 === 0) {
    journal.open(opened);
    told("open", id);
    journal.signed(signature);
  } else {
    journal.signed(signature, opened);
    told("open", id);
  }
  told("signed", id);
  journal.submitted(submission(id));
  told("submitted", id);
  journal.close(fate(id, { fate: "unknown", block: null, profits: [] }));
  // Every eighth stays open, for the next start to find.
  if (n % 8 !== 0) {
    journal.close(fate(id));
    told("close", id);
  }
  // oxlint-disable-next-line no-await-in-loop -- the writer thread's turn, and its answers
  await setTimeout(1);
}
