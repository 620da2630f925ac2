/**
 * The views for review in plain `sqlite3`. Columns that end in `_f` are floats for reading and charts; the
 * exact numbers stand as TEXT in the tables. They keep to what sqlite 3.37 knows, the first with STRICT tables.
 */

/** One row for each hop's way, e.g. `USDC>WETH>USDC`; an unknown token shows its address. */
const ROUTES = `
CREATE VIEW v_routes AS
SELECT o.seq, o.run_id, o.id,
  (SELECT group_concat(name, '>') FROM (
     SELECT coalesce(t.symbol, h.token_in) AS name
     FROM opportunity_hops h LEFT JOIN tokens t ON t.address = h.token_in
     WHERE h.opportunity = o.seq ORDER BY h.position))
  || '>' || coalesce((SELECT symbol FROM tokens WHERE address = o.base), o.base) AS route
FROM opportunities o;
`;

/**
 * One row for each intent that reached the chain and each base it should have earned. `native_per_unit_f` is the
 * graph's own price when we decided: wei of the native token for one raw unit of the base.
 */
const TRADE_PROFITS = `
CREATE VIEW v_trade_profits AS
SELECT i.id AS intent_id, p.position, p.base, coalesce(t.symbol, p.base) AS symbol,
  p.predicted, coalesce(r.realised, '0') AS realised,
  p.predicted = coalesce(r.realised, '0') AS equal,
  CAST(p.predicted AS REAL) / CAST('1e' || coalesce(t.decimals, 0) AS REAL) AS predicted_f,
  CAST(coalesce(r.realised, '0') AS REAL) / CAST('1e' || coalesce(t.decimals, 0) AS REAL) AS realised_f,
  (SELECT sum(CAST(o.profit_native AS REAL)) / sum(CAST(o.profit AS REAL))
   FROM intent_opportunities io
   JOIN opportunities o ON o.id = io.opportunity_id AND o.run_id = i.run_id
   WHERE io.intent_id = i.id AND o.base = p.base) AS native_per_unit_f
FROM intents i
JOIN fates f ON f.intent_id = i.id AND f.fate IN ('included', 'reverted')
JOIN intent_profits p ON p.intent_id = i.id
LEFT JOIN fate_profits r ON r.fate_id = f.id AND r.base = p.base
LEFT JOIN tokens t ON t.address = p.base;
`;

/**
 * One row for each trade on the chain. `equal`: 1 when every base earned exactly what was journaled before the
 * signature. `predicted_f` and `realised_f` are null when a trade earns in several bases (v_trade_profits has
 * each). `net_f` is in whole native tokens after the gas that was paid.
 */
const TRADES = `
CREATE VIEW v_trades AS
WITH earned AS (
  SELECT intent_id, group_concat(symbol, '+') AS base, min(equal) AS equal, count(*) AS bases,
    sum(predicted_f) AS predicted_f, sum(realised_f) AS realised_f,
    sum(CASE WHEN realised = '0' THEN 0.0 ELSE CAST(realised AS REAL) * native_per_unit_f END) / 1e18
      AS earned_native_f,
    sum(realised <> '0' AND native_per_unit_f IS NULL) AS unpriced
  FROM (SELECT * FROM v_trade_profits ORDER BY intent_id, position) GROUP BY intent_id
), paid AS (
  SELECT *, CAST(coalesce(gas_used, '0') AS REAL) * CAST(coalesce(effective_gas_price, '0') AS REAL) / 1e18
    AS gas_cost_f
  FROM fates WHERE fate IN ('included', 'reverted')
)
SELECT strftime('%Y-%m-%d %H:%M:%S', f.decided_at / 1000, 'unixepoch') AS time,
  i.id AS intent_id, f.fate, f.block_number AS block, f.transaction_hash,
  (SELECT group_concat(route, ' + ') FROM (
     SELECT v.route FROM intent_opportunities io
     JOIN v_routes v ON v.id = io.opportunity_id AND v.run_id = i.run_id
     WHERE io.intent_id = i.id ORDER BY io.position)) AS route,
  e.base,
  CASE WHEN e.bases = 1 THEN e.predicted_f END AS predicted_f,
  CASE WHEN e.bases = 1 THEN e.realised_f END AS realised_f,
  e.equal, f.gas_cost_f,
  CASE WHEN e.unpriced = 0 THEN e.earned_native_f - f.gas_cost_f END AS net_f,
  f.decided_at, i.run_id
FROM paid f
JOIN intents i ON i.id = f.intent_id
LEFT JOIN earned e ON e.intent_id = i.id;
`;

/** UTC days. `differing` counts landed trades whose profit was not the predicted one: it must be 0. */
const PNL_DAILY = `
CREATE VIEW v_pnl_daily AS
SELECT substr(time, 1, 10) AS day, count(*) AS trades, sum(fate = 'included') AS landed,
  sum(fate = 'reverted') AS reverted, sum(fate = 'included' AND equal = 0) AS differing,
  sum(gas_cost_f) AS gas_cost_f, sum(net_f) AS net_f
FROM v_trades GROUP BY day;
`;

/**
 * Why opportunities were not sent, by UTC day. `lost_net_f` is an upper bound in whole native tokens: a cycle
 * that stands open for three blocks is judged, and counted, three times.
 */
const WHY_NOT = `
CREATE VIEW v_why_not AS
SELECT strftime('%Y-%m-%d', judged_at / 1000, 'unixepoch') AS day, code, count(*) AS count,
  sum(max(coalesce(CAST(net AS REAL), 0.0), 0.0)) / 1e18 AS lost_net_f,
  max(CAST(net AS REAL)) / 1e18 AS best_net_f
FROM opportunities WHERE code <> 'submitted' GROUP BY day, code;
`;

export const VIEWS_V1 = ROUTES + TRADE_PROFITS + TRADES + PNL_DAILY + WHY_NOT;
