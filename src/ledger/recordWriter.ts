import type { Database } from "better-sqlite3";
import { toJson } from "../lib/bigint.ts";
import { safeText } from "../lib/safeText.ts";
import { hintResultsWriter, hintsWriter, hintTrialWriter } from "./hints.ts";
import { backrunWriter, predictionWriter } from "./predictions.ts";
import type {
  BlockRecord,
  JudgedRecord,
  LedgerRecord,
  NotableRecord,
  QuarantineRecord,
  RegistryRecord,
  RevertedRecord,
} from "./records.ts";

/** Writes a batch in one transaction: all of it is there, or it throws and none is. */
export function createRecordWriter(db: Database, runId: number): (records: readonly LedgerRecord[]) => void {
  const write = {
    registry: registryWriter(db),
    block: blockWriter(db, runId),
    reverted: revertedWriter(db, runId),
    judged: judgedWriter(db, runId),
    quarantine: quarantineWriter(db, runId),
    prediction: predictionWriter(db, runId),
    backrun: backrunWriter(db, runId),
    hints: hintsWriter(db, runId),
    hint_results: hintResultsWriter(db, runId),
    hint_trial: hintTrialWriter(db, runId),
    event: eventWriter(db, runId),
  };
  const writeOne = (record: LedgerRecord): void => {
    switch (record.type) {
      case "registry":
        return write.registry(record);
      case "block":
        return write.block(record);
      case "reverted":
        return write.reverted(record);
      case "judged":
        return write.judged(record);
      case "quarantine":
        return write.quarantine(record);
      case "prediction":
        return write.prediction(record);
      case "backrun":
        return write.backrun(record);
      case "hints":
        return write.hints(record);
      case "hint_results":
        return write.hint_results(record);
      case "hint_trial":
        return write.hint_trial(record);
      case "event":
        return write.event(record);
    }
  };
  const writeAll = db.transaction((records: readonly LedgerRecord[]) => {
    for (const record of records) writeOne(record);
  });
  return (records) => writeAll.immediate(records);
}

/** Symbols are foreign text: they are made safe here, once, for every later reader. */
function registryWriter(db: Database): (record: RegistryRecord) => void {
  const token = db.prepare(
    `INSERT INTO tokens (address, symbol, decimals) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET symbol = excluded.symbol, decimals = excluded.decimals`,
  );
  const pool = db.prepare(
    `INSERT INTO pools (address, kind, dex, token0, token1) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET kind = excluded.kind, dex = excluded.dex`,
  );
  return ({ tokens, pools }) => {
    for (const { address, symbol, decimals } of tokens) token.run(address, safeText(symbol), decimals);
    for (const { address, kind, dex, token0, token1 } of pools) pool.run(address, kind, dex, token0, token1);
  };
}

/** A block that comes back after a reorganisation stands again. */
function blockWriter(db: Database, runId: number): (record: BlockRecord) => void {
  const insert = db.prepare(
    `INSERT INTO blocks (run_id, hash, number, parent_hash, timestamp, base_fee, seen_at, decision_micros,
       logs, tainted_pools) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET reverted_at = NULL`,
  );
  return ({ block, time, decisionMicros, logs, taintedPools }) => {
    insert.run(
      runId,
      block.hash,
      block.number,
      block.parentHash,
      block.timestamp,
      block.baseFeePerGas.toString(),
      time,
      decisionMicros === null ? null : Math.round(decisionMicros),
      logs,
      taintedPools,
    );
  };
}

function revertedWriter(db: Database, runId: number): (record: RevertedRecord) => void {
  const update = db.prepare("UPDATE blocks SET reverted_at = ? WHERE run_id = ? AND hash = ?");
  return ({ time, block }) => {
    update.run(time, runId, block.hash);
  };
}

/** A block that comes back after a reorganisation is judged again under the same ids: the first judgement stands. */
function judgedWriter(db: Database, runId: number): (record: JudgedRecord) => void {
  const insert = db.prepare(
    `INSERT INTO opportunities (run_id, id, trigger_type, trigger_hash, block_number, block_hash, cycle_id,
       base, amount_in, amount_out, marginal_f, verdict, profit, profit_native, gas, gas_price, gas_cost,
       net, min_net, code, detail, judged_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id, run_id) DO NOTHING`,
  );
  const insertHop = db.prepare(
    `INSERT INTO opportunity_hops (opportunity, position, pool, token_in, token_out, amount_in, amount_out)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  return ({ judged, trigger, block, time }) => {
    const { opportunity, numbers } = judged;
    const { lastInsertRowid: seq, changes } = insert.run(
      runId,
      judged.id,
      trigger.type,
      trigger.hash,
      block.number,
      block.hash,
      opportunity.cycle.id,
      opportunity.cycle.base,
      opportunity.amountIn.toString(),
      opportunity.amountOut.toString(),
      Number.isFinite(opportunity.marginal) ? opportunity.marginal : null,
      opportunity.verdict,
      numbers.profit.toString(),
      numbers.profitNative?.toString() ?? null,
      numbers.gas.toString(),
      numbers.gasPrice.toString(),
      numbers.gasCost.toString(),
      numbers.net?.toString() ?? null,
      numbers.minNet.toString(),
      judged.code,
      judged.detail,
      time,
    );
    if (changes === 0) return;
    opportunity.hops.forEach((hop, position) =>
      insertHop.run(
        seq,
        position,
        hop.pool,
        hop.tokenIn,
        hop.tokenOut,
        hop.amountIn.toString(),
        hop.amountOut.toString(),
      ),
    );
  };
}

function quarantineWriter(db: Database, runId: number): (record: QuarantineRecord) => void {
  const insert = db.prepare(
    `INSERT INTO quarantines (run_id, cycle_id, reason, block_number, block_hash, quarantined_at)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  return ({ cycleId, reason, block, time }) => {
    insert.run(runId, cycleId, reason, block.number, block.hash, time);
  };
}

function eventWriter(db: Database, runId: number): (record: NotableRecord) => void {
  const insert = db.prepare("INSERT INTO events (run_id, kind, detail, happened_at) VALUES (?, ?, ?, ?)");
  return ({ kind, facts, time }) => {
    insert.run(runId, kind, toJson(facts), time);
  };
}
