/**
 * Version 1 of the ledger. Amounts are decimal TEXT in raw units or wei (a uint256 does not fit an INTEGER);
 * `_at` is milliseconds since 1970, `timestamp` the block's own seconds; hashes and addresses are lower-case.
 */

/** What the daemon knows and sees: written in batches, complete up to the last flush. */
const OBSERVED = `
CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  mode TEXT NOT NULL CHECK (mode IN ('observe', 'dry-run', 'live')),
  chain_id INTEGER NOT NULL,
  native_symbol TEXT NOT NULL,
  version TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;

CREATE TABLE tokens (
  address TEXT PRIMARY KEY,
  symbol TEXT NOT NULL,
  decimals INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE pools (
  address TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  dex TEXT NOT NULL,
  token0 TEXT NOT NULL REFERENCES tokens (address),
  token1 TEXT NOT NULL REFERENCES tokens (address)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  hash TEXT NOT NULL,
  number INTEGER NOT NULL,
  parent_hash TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  base_fee TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  decision_micros INTEGER,
  logs INTEGER NOT NULL,
  tainted_pools INTEGER NOT NULL,
  reverted_at INTEGER,
  PRIMARY KEY (run_id, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX blocks_number ON blocks (number);

CREATE TABLE opportunities (
  seq INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  id TEXT NOT NULL,
  trigger_type TEXT NOT NULL CHECK (trigger_type IN ('block', 'pending')),
  trigger_hash TEXT NOT NULL,
  block_number INTEGER NOT NULL,
  block_hash TEXT NOT NULL,
  cycle_id TEXT NOT NULL,
  base TEXT NOT NULL,
  amount_in TEXT NOT NULL,
  amount_out TEXT NOT NULL,
  marginal_f REAL,
  verdict TEXT NOT NULL,
  profit TEXT NOT NULL,
  profit_native TEXT,
  gas TEXT NOT NULL,
  gas_price TEXT NOT NULL,
  gas_cost TEXT NOT NULL,
  net TEXT,
  min_net TEXT NOT NULL,
  code TEXT NOT NULL,
  detail TEXT NOT NULL,
  judged_at INTEGER NOT NULL,
  UNIQUE (id, run_id)
) STRICT;
CREATE INDEX opportunities_judged ON opportunities (judged_at);

CREATE TABLE opportunity_hops (
  opportunity INTEGER NOT NULL REFERENCES opportunities (seq),
  position INTEGER NOT NULL,
  pool TEXT NOT NULL,
  token_in TEXT NOT NULL,
  token_out TEXT NOT NULL,
  amount_in TEXT NOT NULL,
  amount_out TEXT NOT NULL,
  PRIMARY KEY (opportunity, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantines (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  cycle_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  block_number INTEGER NOT NULL,
  block_hash TEXT NOT NULL,
  quarantined_at INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  kind TEXT NOT NULL,
  detail TEXT NOT NULL CHECK (json_valid(detail)),
  happened_at INTEGER NOT NULL
) STRICT;
`;

/** What must not be lost: every row is on the disk before the call that wrote it returns. */
const JOURNALED = `
CREATE TABLE halts (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  action TEXT NOT NULL CHECK (action IN ('halt', 'resume')),
  reason TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE intents (
  id TEXT PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  trigger_type TEXT NOT NULL CHECK (trigger_type IN ('block', 'pending')),
  trigger_hash TEXT NOT NULL,
  trigger_block INTEGER CHECK ((trigger_block IS NULL) = (trigger_type = 'pending')),
  parent_number INTEGER NOT NULL,
  parent_hash TEXT NOT NULL,
  target_block INTEGER NOT NULL,
  net TEXT NOT NULL,
  executor TEXT NOT NULL,
  calldata TEXT NOT NULL,
  opened_at INTEGER NOT NULL
) STRICT;

CREATE TABLE intent_opportunities (
  intent_id TEXT NOT NULL REFERENCES intents (id),
  position INTEGER NOT NULL,
  opportunity_id TEXT NOT NULL,
  PRIMARY KEY (intent_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX intent_opportunities_id ON intent_opportunities (opportunity_id);

CREATE TABLE intent_profits (
  intent_id TEXT NOT NULL REFERENCES intents (id),
  position INTEGER NOT NULL,
  base TEXT NOT NULL,
  predicted TEXT NOT NULL,
  PRIMARY KEY (intent_id, base)
) STRICT, WITHOUT ROWID;

CREATE TABLE signed_transactions (
  intent_id TEXT PRIMARY KEY REFERENCES intents (id),
  transaction_hash TEXT NOT NULL UNIQUE,
  raw_transaction TEXT NOT NULL,
  nonce INTEGER NOT NULL,
  gas_limit TEXT NOT NULL,
  max_fee_per_gas TEXT NOT NULL,
  max_priority_fee_per_gas TEXT NOT NULL,
  bundle_id TEXT NOT NULL,
  merkle_root TEXT NOT NULL,
  merkle_proof TEXT NOT NULL CHECK (json_valid(merkle_proof)),
  last_block INTEGER NOT NULL,
  atomic_only INTEGER NOT NULL CHECK (atomic_only IN (0, 1)),
  signed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE submissions (
  id INTEGER PRIMARY KEY,
  intent_id TEXT NOT NULL REFERENCES intents (id),
  channel TEXT NOT NULL,
  result TEXT NOT NULL CHECK (result IN ('accepted', 'refused', 'timeout', 'error')),
  detail TEXT NOT NULL,
  micros INTEGER NOT NULL,
  submitted_at INTEGER NOT NULL
) STRICT;
CREATE INDEX submissions_intent ON submissions (intent_id);

CREATE TABLE fates (
  id INTEGER PRIMARY KEY,
  intent_id TEXT NOT NULL REFERENCES intents (id),
  fate TEXT NOT NULL CHECK
    (fate IN ('included', 'reverted', 'missed', 'replaced', 'rejected', 'dry-run', 'unknown')),
  reason TEXT NOT NULL,
  block_number INTEGER,
  block_hash TEXT CHECK ((block_hash IS NULL) = (block_number IS NULL)),
  transaction_hash TEXT,
  transaction_index INTEGER,
  gas_used TEXT,
  effective_gas_price TEXT,
  decided_at INTEGER NOT NULL
) STRICT;
CREATE INDEX fates_intent ON fates (intent_id);
CREATE UNIQUE INDEX fates_one_final ON fates (intent_id) WHERE fate <> 'unknown';
CREATE TRIGGER fates_end BEFORE INSERT ON fates
WHEN EXISTS (SELECT 1 FROM fates WHERE intent_id = NEW.intent_id AND fate <> 'unknown')
BEGIN
  SELECT RAISE(ABORT, 'the intent already has its final fate');
END;

CREATE TABLE fate_profits (
  fate_id INTEGER NOT NULL REFERENCES fates (id),
  base TEXT NOT NULL,
  realised TEXT NOT NULL,
  PRIMARY KEY (fate_id, base)
) STRICT, WITHOUT ROWID;
`;

const APPEND_ONLY = [
  "halts",
  "intents",
  "intent_opportunities",
  "intent_profits",
  "signed_transactions",
  "submissions",
  "fates",
  "fate_profits",
];

const appendOnly = (table: string): string =>
  ["UPDATE", "DELETE"]
    .map(
      (action) => `
CREATE TRIGGER ${table}_no_${action.toLowerCase()} BEFORE ${action} ON ${table}
BEGIN
  SELECT RAISE(ABORT, '${table} is append-only');
END;`,
    )
    .join("");

export const SCHEMA_V1 = OBSERVED + JOURNALED + APPEND_ONLY.map(appendOnly).join("\n");
