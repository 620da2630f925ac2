import type { Database } from "better-sqlite3";
import type { HintedRoute } from "../engine/events.ts";
import type { HintResultsRecord, HintsRecord, HintTrialRecord } from "./records.ts";

const TABLES = `
CREATE TABLE hints (
  seq INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  id TEXT NOT NULL,
  source TEXT NOT NULL,
  -- Pools in order, each with the token that goes in: 0 or 1.
  route TEXT NOT NULL,
  score_f REAL NOT NULL,
  budget_f REAL NOT NULL,
  pushed_at INTEGER NOT NULL,
  ended_at INTEGER,
  ending TEXT CHECK (ending IN ('withdrawn', 'replaced')),
  CHECK ((ending IS NULL) = (ended_at IS NULL))
) STRICT;
CREATE INDEX hints_live ON hints (run_id, id) WHERE ended_at IS NULL;
CREATE INDEX hints_source ON hints (source);

/* Routes that were priced at once and not kept, counted. */
CREATE TABLE hint_asks (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  source TEXT NOT NULL,
  routes INTEGER NOT NULL,
  profitable INTEGER NOT NULL,
  asked_at INTEGER NOT NULL
) STRICT;

CREATE TABLE hint_results (
  seq INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  use TEXT NOT NULL CHECK (use IN ('keep', 'ask')),
  hint_id TEXT NOT NULL,
  source TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('scanned', 'profitable')),
  code TEXT NOT NULL,
  net TEXT,
  block_number INTEGER,
  block_hash TEXT,
  decided_at INTEGER NOT NULL
) STRICT;
CREATE INDEX hint_results_hint ON hint_results (hint_id, run_id);

CREATE TABLE hint_opportunities (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  hint_id TEXT NOT NULL,
  source TEXT NOT NULL,
  opportunity_id TEXT NOT NULL,
  PRIMARY KEY (opportunity_id, run_id, hint_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE hint_trials (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  block_hash TEXT NOT NULL,
  block_number INTEGER NOT NULL,
  used INTEGER NOT NULL CHECK (used IN (0, 1)),
  hints INTEGER NOT NULL,
  net TEXT NOT NULL,
  PRIMARY KEY (run_id, block_hash)
) STRICT, WITHOUT ROWID;
`;

/**
 * One row a source. `pushed` counts hints and asked routes; `profitable` those that left something after gas at least
 * once, and `hit_rate_f` their share. `profit_f` is in whole native tokens after gas: of each trade on the chain the
 * share of its worth that the source's cycles had. A cycle that two sources name counts for both.
 */
const VALUE = `
CREATE VIEW v_hint_value AS
WITH counted AS (
  SELECT source, count(*) AS pushed, 0 AS profitable FROM hints GROUP BY source
  UNION ALL
  SELECT source, sum(routes), sum(profitable) FROM hint_asks GROUP BY source
  UNION ALL
  SELECT source, 0, count(DISTINCT run_id || ' ' || hint_id) FROM hint_results
  WHERE use = 'keep' AND state = 'profitable' GROUP BY source
), sent AS (
  SELECT h.source, i.id AS intent_id, sum(CAST(o.profit_native AS REAL)) AS native_f
  FROM (SELECT DISTINCT source, run_id, opportunity_id FROM hint_opportunities) h
  JOIN opportunities o ON o.id = h.opportunity_id AND o.run_id = h.run_id
  JOIN intent_opportunities io ON io.opportunity_id = o.id
  JOIN intents i ON i.id = io.intent_id AND i.run_id = o.run_id
  GROUP BY h.source, i.id
), whole AS (
  SELECT i.id AS intent_id, sum(CAST(o.profit_native AS REAL)) AS native_f
  FROM intents i
  JOIN intent_opportunities io ON io.intent_id = i.id
  JOIN opportunities o ON o.id = io.opportunity_id AND o.run_id = i.run_id
  GROUP BY i.id
), traded AS (
  SELECT s.source, count(*) AS submitted, sum(coalesce(t.fate = 'included', 0)) AS landed,
    sum(t.net_f * s.native_f / w.native_f) AS profit_f
  FROM sent s JOIN whole w ON w.intent_id = s.intent_id LEFT JOIN v_trades t ON t.intent_id = s.intent_id
  GROUP BY s.source
)
SELECT c.source, sum(c.pushed) AS pushed, sum(c.profitable) AS profitable,
  CAST(sum(c.profitable) AS REAL) / nullif(sum(c.pushed), 0) AS hit_rate_f,
  coalesce(max(t.submitted), 0) AS submitted, coalesce(max(t.landed), 0) AS landed,
  coalesce(max(t.profit_f), 0.0) AS profit_f
FROM counted c LEFT JOIN traded t ON t.source = c.source GROUP BY c.source;
`;

/**
 * Blocks with live hints, those that used them beside those that did not: `net_f` is what their plans promised after
 * gas, in whole native tokens. What one block leaves open the next may take: the difference is a lower bound.
 */
const TRIAL = `
CREATE VIEW v_hint_ab AS
SELECT CASE used WHEN 1 THEN 'with' ELSE 'without' END AS hints, count(*) AS blocks,
  sum(t.net <> '0') AS plans, sum(CAST(t.net AS REAL)) / 1e18 AS net_f,
  avg(CAST(t.net AS REAL)) / 1e18 AS net_per_block_f, avg(t.hints) AS live_f
FROM hint_trials t LEFT JOIN blocks b ON b.run_id = t.run_id AND b.hash = t.block_hash
WHERE b.reverted_at IS NULL GROUP BY used;
`;

/** Version 3 of the ledger: hints, what came of them, and blocks that did without. */
export const HINTS_V3 = TABLES + VALUE + TRIAL;

/** A hint that is pushed again as it stands lives on; another one of its name takes its place. */
export function hintsWriter(db: Database, runId: number): (record: HintsRecord) => void {
  const again = db.prepare(
    `UPDATE hints SET score_f = ?, budget_f = ?
     WHERE run_id = ? AND id = ? AND ended_at IS NULL AND source = ? AND route = ?`,
  );
  const end = db.prepare(
    "UPDATE hints SET ended_at = ?, ending = ? WHERE run_id = ? AND id = ? AND ended_at IS NULL",
  );
  const insert = db.prepare(
    "INSERT INTO hints (run_id, id, source, route, score_f, budget_f, pushed_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const ask = db.prepare(
    "INSERT INTO hint_asks (run_id, source, routes, profitable, asked_at) VALUES (?, ?, ?, ?, ?)",
  );
  const push = (hint: HintedRoute, time: number): void => {
    const { id, source, scoreFloat, budgetFloat } = hint;
    const route = routeText(hint);
    if (again.run(scoreFloat, budgetFloat, runId, id, source, route).changes > 0) return;
    end.run(time, "replaced", runId, id);
    insert.run(runId, id, source, route, scoreFloat, budgetFloat, time);
  };
  return ({ changes, asked, time }) => {
    for (const change of changes)
      if (change.type === "pushed") push(change.route, change.time);
      else end.run(change.time, "withdrawn", runId, change.id);
    for (const { source, routes, profitable } of asked) ask.run(runId, source, routes, profitable, time);
  };
}

const routeText = ({ hops }: HintedRoute): string =>
  hops.map(({ pool, zeroForOne }) => `${pool}:${zeroForOne ? 0 : 1}`).join(" ");

export function hintResultsWriter(db: Database, runId: number): (record: HintResultsRecord) => void {
  const insert = db.prepare(
    `INSERT INTO hint_results (run_id, use, hint_id, source, state, code, net, block_number, block_hash, decided_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const link = db.prepare(
    `INSERT INTO hint_opportunities (run_id, hint_id, source, opportunity_id) VALUES (?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  return ({ results, time }) => {
    for (const { use, id, source, state, code, net, block, opportunityId } of results) {
      const worth = net?.toString() ?? null;
      const [number, hash] = [block?.number ?? null, block?.hash ?? null];
      insert.run(runId, use, id, source, state, code, worth, number, hash, time);
      if (opportunityId !== null) link.run(runId, id, source, opportunityId);
    }
  };
}

/** A block that comes back after a reorganisation was tried already. */
export function hintTrialWriter(db: Database, runId: number): (record: HintTrialRecord) => void {
  const insert = db.prepare(
    `INSERT INTO hint_trials (run_id, block_hash, block_number, used, hints, net) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  return ({ trial: { block, used, hints, net } }) => {
    insert.run(runId, block.hash, block.number, used ? 1 : 0, hints, net.toString());
  };
}
