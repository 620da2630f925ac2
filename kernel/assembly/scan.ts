/**
 * The scan's kernel in AssemblyScript: the twin of `src/search/scan/kernel.ts`, which explains the steps. Here they
 * take two levels of the ladder at a time, and four heads. It owns no memory: the layout's header says where all is.
 */

/** Rates of seven levels and a depth, float64. */
const ROW_BYTES: u32 = 64;
const DEPTH: usize = 56;
/** HEAD_LEVELS float32. */
const HEAD_BYTES: u32 = 16;
const TOUCH_BYTES: u32 = 16;
const CHUNK: u32 = 16;
const CHUNK_SHIFT: u32 = 4;
const FAIR: f64 = 1.05;
const UNFAIR: f64 = 1.0 / 1.05;
const LEAST_HEAD: f64 = 1e-9;
const SLACK: f64 = 1.0 + 1e-6;
const HEAD_SLACK: f64 = 1.0 - 1e-6;
const SURE: f64 = 0.8;

const HIT_KINDS: u32 = 5;
const PAIR: u32 = 0;
/** The same backwards is the next number. */
const FOUR_FORWARDS: u32 = 1;
const THREE_FORWARDS: u32 = 3;

/** Header words, in the order of `reserveArrays` in `src/search/scan/memory.ts`. */
const MAX_HOPS: usize = 0;
const EDGE_RATES: usize = 1;
const LANE_RATES: usize = 2;
const CHANGED_RATES: usize = 3;
const LANE_HEADS: usize = 4;
const RECORD_HEADS: usize = 5;
const GROUP_BOUNDS: usize = 6;
const THRESHOLDS: usize = 7;
const HEAD_THRESHOLDS: usize = 8;
const TURNS: usize = 9;
const PAIR_OF_POOL: usize = 10;
const FIRST_POOL: usize = 11;
const END_POOL: usize = 12;
const EDGES_OF_PAIR: usize = 13;
const BASE_PAIRS: usize = 15;
const FIRST_RECORD: usize = 16;
const END_RECORD: usize = 17;
const GROUP_OF_RECORD: usize = 18;
const FIRST_LANE: usize = 19;
const SECOND_LANE: usize = 20;
const TRIANGLES: usize = 21;
const CLOSING_LANE: usize = 22;
const FIRST_TOUCH: usize = 23;
const END_TOUCH: usize = 24;
const TOUCHING: usize = 25;
const FIRST_CLOSED: usize = 26;
const END_CLOSED: usize = 27;
const CLOSED_GROUPS: usize = 28;
const CHANGED: usize = 29;
const HITS: usize = 30;
const TOUCHED_PAIRS: usize = 31;
const POOL_MARKS: usize = 32;
const HIT_BOUNDS: usize = 33;
const RECORD_MARKS: usize = 34;
const CHUNK_BOUNDS: usize = 35;
const SIZES: usize = 36;
const HIT_LOOKS: usize = 37;
const LAST_REACHED: usize = 38;

let found: u32 = 0;

// @ts-ignore: decorator
@inline
function header(slot: usize): u32 {
  return load<u32>(slot << 2);
}

// @ts-ignore: decorator
@inline
function int(slot: usize, at: u32): u32 {
  return load<u32>(header(slot) + (at << 2));
}

// @ts-ignore: decorator
@inline
function byte(slot: usize, at: u32): u32 {
  return load<u8>(header(slot) + at);
}

/** Address of a lane's or an edge's rates. */
// @ts-ignore: decorator
@inline
function rates(slot: usize, at: u32): usize {
  return header(slot) + at * ROW_BYTES;
}

export function take(start: u32, end: u32): void {
  const touched = touchPairs(start, end);
  refreshTouched(touched);
  for (let at: u32 = 0; at < touched; at++) {
    const entry = int(TOUCHED_PAIRS, at);
    if (entry & 3) refreshRecords(entry >> 2, entry & 3);
    store<u32>(header(TURNS) + (entry >> 2 << 2), 0);
  }
}

export function scan(start: u32, end: u32): u32 {
  found = 0;
  for (let at = start; at < end; at++) store<u8>(header(POOL_MARKS) + int(CHANGED, at), 1);
  const touched = touchPairs(start, end);
  refreshTouched(touched);
  const maxHops = header(MAX_HOPS);
  for (let at: u32 = 0; at < touched; at++) {
    const entry = int(TOUCHED_PAIRS, at);
    const pair = entry >> 2;
    if (byte(BASE_PAIRS, pair) == 1) testPair(pair, at);
    if (maxHops < 3) continue;
    takeRecords(pair, at, entry & 3);
    testClosedGroups(pair, at);
  }
  boundHits();
  for (let at: u32 = 0; at < touched; at++) store<u32>(header(TURNS) + (int(TOUCHED_PAIRS, at) >> 2 << 2), 0);
  for (let at = start; at < end; at++) store<u8>(header(POOL_MARKS) + int(CHANGED, at), 0);
  clearRecordMarks();
  return found;
}

/** Lists each pair of the changed pools once, and marks it. */
function touchPairs(start: u32, end: u32): u32 {
  let touched: u32 = 0;
  for (let at = start; at < end; at++) {
    const pair = int(PAIR_OF_POOL, int(CHANGED, at));
    if (<i32>pair < 0 || int(TURNS, pair) != 0) continue;
    store<u32>(header(TOUCHED_PAIRS) + (touched++ << 2), pair);
    store<u32>(header(TURNS) + (pair << 2), touched);
  }
  return touched;
}

function refreshTouched(touched: u32): void {
  const touchedPairs = header(TOUCHED_PAIRS);
  for (let at: u32 = 0; at < touched; at++) {
    const pair = int(TOUCHED_PAIRS, at);
    store<u32>(touchedPairs + (at << 2), 4 * pair + refreshLanes(pair, at));
  }
}

/** Writes both lanes of a pair anew, over all pools and at its turn over the changed ones; whose heads moved. */
function refreshLanes(pair: u32, turn: u32): u32 {
  const first = header(EDGES_OF_PAIR) + (int(FIRST_POOL, pair) << 2);
  const end = header(EDGES_OF_PAIR) + (int(END_POOL, pair) << 2);
  const there = refreshLane(2 * pair, 2 * turn, first, end);
  const back = refreshLane(2 * pair + 1, 2 * turn + 1, first, end);
  return u32(there) | (u32(back) << 1);
}

/** The pools of a lane are the edges from address `first` to `end`; `changed` is its place by turn. */
function refreshLane(lane: u32, changed: u32, first: usize, end: usize): bool {
  const edgeRates: usize = header(EDGE_RATES);
  const poolMarks: usize = header(POOL_MARKS);
  let best0 = f64x2.splat(0);
  let best1 = best0;
  let best2 = best0;
  let best3 = best0;
  let changed0 = best0;
  let changed1 = best0;
  let changed2 = best0;
  let changed3 = best0;
  for (let at = first; at < end; at += 4) {
    const id = load<u32>(at) ^ (lane & 1);
    const edge = edgeRates + id * ROW_BYTES;
    const marginal = load<f64>(edge);
    const lifted = marginal < UNFAIR ? marginal * FAIR : marginal;
    const rate0 = f64x2.replace_lane(v128.load(edge), 0, lifted);
    const rate1 = v128.load(edge, 16);
    const rate2 = v128.load(edge, 32);
    const rate3 = v128.load(edge, 48);
    // All ones where the pool changed: which do is not to be guessed.
    const mask = i64x2.splat(-(<i64>load<u8>(poolMarks + (id >> 1))));
    best0 = f64x2.pmax(best0, rate0);
    best1 = f64x2.pmax(best1, rate1);
    best2 = f64x2.pmax(best2, rate2);
    best3 = f64x2.pmax(best3, rate3);
    changed0 = f64x2.pmax(changed0, v128.and(rate0, mask));
    changed1 = f64x2.pmax(changed1, v128.and(rate1, mask));
    changed2 = f64x2.pmax(changed2, v128.and(rate2, mask));
    changed3 = f64x2.pmax(changed3, v128.and(rate3, mask));
  }
  storeRow(rates(LANE_RATES, lane), best0, best1, best2, best3);
  storeRow(rates(CHANGED_RATES, changed), changed0, changed1, changed2, changed3);
  const heads: usize = header(LANE_HEADS) + lane * HEAD_BYTES;
  const before = v128.load(heads);
  const after = narrow(best0, best1);
  v128.store(heads, after);
  return v128.any_true(f32x4.ne(before, after));
}

// @ts-ignore: decorator
@inline
function storeRow(row: usize, rates0: v128, rates1: v128, rates2: v128, rates3: v128): void {
  v128.store(row, rates0);
  v128.store(row, rates1, 16);
  v128.store(row, rates2, 32);
  v128.store(row, rates3, 48);
}

/** Two levels of two rows, multiplied. */
// @ts-ignore: decorator
@inline
function product(one: usize, other: usize, offset: usize): v128 {
  return f64x2.mul(v128.load(one + offset), v128.load(other + offset));
}

/** Four rates as heads. */
// @ts-ignore: decorator
@inline
function narrow(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(raised(low)), f32x4.demote_f64x2_zero(raised(high)), 0, 1, 4, 5);
}

// @ts-ignore: decorator
@inline
function raised(rates: v128): v128 {
  return v128.and(f64x2.pmax(rates, f64x2.splat(LEAST_HEAD)), f64x2.gt(rates, f64x2.splat(0)));
}

function hit(id: u32, kind: u32): void {
  store<u32>(header(HITS) + (found++ << 2), HIT_KINDS * id + kind);
}

/** Writes a hit down unless it is there already. */
function hitRecord(record: u32, kind: u32): void {
  if (isHit(record, kind)) return;
  store<u8>(header(RECORD_MARKS) + record, byte(RECORD_MARKS, record) | (1 << kind));
  hit(record, kind);
}

/** Most that a map of marginal rate `product` and slip `curvature` earns. */
function mostOf(product: f64, curvature: f64): f64 {
  if (!(product > 1)) return 0;
  const root = Math.sqrt(product) - 1;
  return (root * root * SLACK) / curvature;
}

/** Writes the bounds of all hits: see `src/search/scan/hitBounds.ts`. */
function boundHits(): void {
  for (let place: u32 = 0; place < found; place++) {
    const written = int(HITS, place);
    const kind = written % HIT_KINDS;
    const id = written / HIT_KINDS;
    if (kind == PAIR) boundPair(place, id);
    else if (kind < THREE_FORWARDS) boundSquare(place, id, kind - FOUR_FORWARDS);
    else boundTriangle(place, id, kind - THREE_FORWARDS);
  }
}

function setBounds(place: u32, most: f64, looks: f64): void {
  store<f32>(header(HIT_BOUNDS) + (place << 2), <f32>most);
  store<f32>(header(HIT_LOOKS) + (place << 2), <f32>looks);
}

function boundPair(place: u32, pair: u32): void {
  const one = rates(LANE_RATES, 2 * pair);
  const other = one + ROW_BYTES;
  const rate = load<f64>(one);
  const product = rate * load<f64>(other);
  const most = mostOf(product, rate / load<f64>(one, DEPTH) + product / load<f64>(other, DEPTH));
  setBounds(place, most, most * SURE);
}

function boundTriangle(place: u32, record: u32, way: u32): void {
  const first = int(FIRST_LANE, record);
  const closing = int(CLOSING_LANE, int(GROUP_OF_RECORD, record));
  const one = rates(LANE_RATES, way == 0 ? first : closing ^ 1);
  const two = rates(LANE_RATES, int(SECOND_LANE, record) ^ way);
  const three = rates(LANE_RATES, way == 0 ? closing : first ^ 1);
  const rate = load<f64>(one);
  const product = rate * load<f64>(two);
  const whole = product * load<f64>(three);
  const curvature = rate / load<f64>(one, DEPTH) + product / load<f64>(two, DEPTH) + whole / load<f64>(three, DEPTH);
  const most = mostOf(whole, curvature);
  setBounds(place, most, most * SURE);
}

function boundSquare(place: u32, record: u32, way: u32): void {
  const others: usize = header(GROUP_BOUNDS) + (2 * int(GROUP_OF_RECORD, record) + (way ^ 1)) * HEAD_BYTES;
  const first = way == 0 ? int(FIRST_LANE, record) : int(SECOND_LANE, record) ^ 1;
  const second = way == 0 ? int(SECOND_LANE, record) : int(FIRST_LANE, record) ^ 1;
  let most: f64 = 0;
  let looks: f64 = 0;
  for (let hop: u32 = 0; hop < 2; hop++) {
    const changed = hop == 0 ? first : second;
    const other = hop == 0 ? second : first;
    const turn = int(TURNS, changed >> 1);
    if (turn == 0) continue;
    const one = rates(CHANGED_RATES, 2 * (turn - 1) + (changed & 1));
    const two = rates(LANE_RATES, other);
    const rate = load<f64>(one);
    const otherRate = load<f64>(two);
    const half = rate * otherRate;
    const depth = load<f64>(one, DEPTH);
    const otherDepth = load<f64>(two, DEPTH);
    const curvature = hop == 0 ? rate / depth + half / otherDepth : otherRate / otherDepth + half / depth;
    const whole = (half * <f64>load<f32>(others)) / HEAD_SLACK;
    most = max(most, mostOf(whole, way == 0 ? curvature : curvature / half));
    for (let level: u32 = 1; level < 4; level++) {
      const half = load<f64>(one + (level << 3)) * load<f64>(two + (level << 3));
      const whole = half * <f64>load<f32>(others + (level << 2));
      looks = max(looks, (whole - 1) * load<f64>(header(SIZES) + (level << 3)));
    }
  }
  setBounds(place, most, looks);
}

// @ts-ignore: decorator
@inline
function isHit(record: u32, kind: u32): bool {
  return ((byte(RECORD_MARKS, record) >> kind) & 1) == 1;
}

function clearRecordMarks(): void {
  for (let at: u32 = 0; at < found; at++) {
    const written = int(HITS, at);
    if (written % HIT_KINDS != PAIR) store<u8>(header(RECORD_MARKS) + written / HIT_KINDS, 0);
  }
}

/** Coarse: whether heads reach their thresholds. */
// @ts-ignore: decorator
@inline
function headsReach(products: v128): bool {
  return v128.any_true(f32x4.ge(products, v128.load(header(HEAD_THRESHOLDS))));
}

/** Exact: whether two levels, at an offset in their rows, reach their thresholds. */
// @ts-ignore: decorator
@inline
function reaches(products: v128, offset: usize): bool {
  return v128.any_true(f64x2.ge(products, v128.load(<usize>header(THRESHOLDS) + offset)));
}

/** Exact: whether two lanes reach a threshold. */
function twoReach(one: usize, other: usize): bool {
  for (let offset: usize = 0; offset < ROW_BYTES; offset += 16)
    if (reaches(product(one, other, offset), offset)) return true;
  return false;
}

/** Exact: whether two lanes and a third reach a threshold. */
function threeReach(one: usize, other: usize, third: usize): bool {
  for (let offset: usize = 0; offset < ROW_BYTES; offset += 16)
    if (reaches(f64x2.mul(product(one, other, offset), v128.load(third + offset)), offset)) return true;
  return false;
}

/** Exact: whether two lanes and another two reach a threshold. */
function fourReach(one: usize, other: usize, third: usize, fourth: usize): bool {
  for (let offset: usize = 0; offset < ROW_BYTES; offset += 16)
    if (reaches(f64x2.mul(product(one, other, offset), product(third, fourth, offset)), offset)) return true;
  return false;
}

/** Two hops: lanes may meet in one pool, so what they promise is looked up pool by pool. */
function testPair(pair: u32, turn: u32): void {
  if (int(END_POOL, pair) - int(FIRST_POOL, pair) < 2) return;
  const all = rates(LANE_RATES, 2 * pair);
  const changed = rates(CHANGED_RATES, 2 * turn);
  if (!twoReach(changed, all + ROW_BYTES) && !twoReach(all, changed + ROW_BYTES)) return;
  if (pairPays(pair)) hit(pair, PAIR);
}

/** Whether one of the pair's changed pools and another pool, either way round, reach a threshold. */
function pairPays(pair: u32): bool {
  const first = int(FIRST_POOL, pair);
  const end = int(END_POOL, pair);
  for (let at = first; at < end; at++) {
    const edge = int(EDGES_OF_PAIR, at);
    if (byte(POOL_MARKS, edge >> 1) != 1) continue;
    for (let next = first; next < end; next++) {
      const other = int(EDGES_OF_PAIR, next);
      if (other == edge) continue;
      if (edgesPay(edge, other ^ 1) || edgesPay(edge ^ 1, other)) return true;
    }
  }
  return false;
}

function edgesPay(edge: u32, back: u32): bool {
  for (let level: u32 = 0; level < 7; level++) {
    const threshold = load<f64>(header(THRESHOLDS) + (level << 3));
    if (liftedRate(edge, level) * liftedRate(back, level) >= threshold) return true;
  }
  return false;
}

function liftedRate(edge: u32, level: u32): f64 {
  const rate = load<f64>(rates(EDGE_RATES, edge) + (level << 3));
  return level == 0 && rate < UNFAIR ? rate * FAIR : rate;
}

/** The first rates of a lane's changed pools, as heads; `at` is its place by turn. */
// @ts-ignore: decorator
@inline
function changedHeads(at: u32): v128 {
  const changed = rates(CHANGED_RATES, at);
  return narrow(v128.load(changed), v128.load(changed, 16));
}

/** The heads of the records through lanes that moved, and the bounds of their groups and chunks. */
function refreshRecords(pair: u32, moved: u32): void {
  const laneHeads: usize = header(LANE_HEADS);
  const touching = header(TOUCHING);
  const own0 = v128.load(laneHeads + pair * (2 * HEAD_BYTES));
  const own1 = v128.load(laneHeads + pair * (2 * HEAD_BYTES), HEAD_BYTES);
  const end = touching + int(END_TOUCH, pair) * TOUCH_BYTES;
  for (let touch = touching + int(FIRST_TOUCH, pair) * TOUCH_BYTES; touch < end; touch += TOUCH_BYTES) {
    const direction = load<u32>(touch) & 1;
    const other = load<u32>(touch, 4);
    const there = f32x4.mul(direction ? own1 : own0, v128.load(laneHeads + other * HEAD_BYTES));
    const back = f32x4.mul(direction ? own0 : own1, v128.load(laneHeads + (other ^ 1) * HEAD_BYTES));
    setHeads(touch, moved, there, back);
  }
}

/** Writes a touch's record's heads where they moved, and raises the bounds of its group and chunk. */
// @ts-ignore: decorator
@inline
function setHeads(touch: usize, moved: u32, there: v128, back: v128): void {
  if (moved == 3) {
    setSide(touch, 0, there);
    setSide(touch, HEAD_BYTES, back);
  } else if ((load<u32>(touch) & 1) == moved >> 1) setSide(touch, 0, there);
  else setSide(touch, HEAD_BYTES, back);
}

// @ts-ignore: decorator
@inline
function setSide(touch: usize, offset: u32, rates: v128): void {
  const record = load<u32>(touch) >> 1;
  v128.store(header(RECORD_HEADS) + record * (2 * HEAD_BYTES) + offset, rates);
  raise(header(GROUP_BOUNDS) + load<u32>(touch, 8) * (2 * HEAD_BYTES) + offset, rates);
  raise(header(CHUNK_BOUNDS) + (record >> CHUNK_SHIFT) * (2 * HEAD_BYTES) + offset, rates);
}

// @ts-ignore: decorator
@inline
function raise(bounds: usize, rates: v128): void {
  v128.store(bounds, f32x4.pmax(v128.load(bounds), rates));
}

/**
 * Each record through the pair: where its lanes moved, its heads and the bounds of its group and chunk; then the test
 * with the pair's changed pools in it, both ways at once, one by one only if it pays.
 */
function takeRecords(pair: u32, turn: u32, moved: u32): void {
  const laneHeads: usize = header(LANE_HEADS);
  const groupBounds: usize = header(GROUP_BOUNDS);
  const touching = header(TOUCHING);
  const own: usize = laneHeads + pair * (2 * HEAD_BYTES);
  const own0 = v128.load(own);
  const own1 = v128.load(own, HEAD_BYTES);
  const changed0 = changedHeads(2 * turn);
  const changed1 = changedHeads(2 * turn + 1);
  const thresholds = v128.load(header(HEAD_THRESHOLDS));
  // Nothing reaches what is not a number.
  const fourThresholds = header(MAX_HOPS) >= 4 ? thresholds : f32x4.splat(<f32>NaN);
  const end = touching + int(END_TOUCH, pair) * TOUCH_BYTES;
  for (let touch = touching + int(FIRST_TOUCH, pair) * TOUCH_BYTES; touch < end; touch += TOUCH_BYTES) {
    const direction = load<u32>(touch) & 1;
    const other = load<u32>(touch, 4);
    const closing = load<u32>(touch, 12);
    const bound: usize = groupBounds + load<u32>(touch, 8) * (2 * HEAD_BYTES);
    const otherThere = v128.load(laneHeads + other * HEAD_BYTES);
    const otherBack = v128.load(laneHeads + (other ^ 1) * HEAD_BYTES);
    if (moved)
      setHeads(
        touch,
        moved,
        f32x4.mul(direction ? own1 : own0, otherThere),
        f32x4.mul(direction ? own0 : own1, otherBack),
      );
    const forwards = f32x4.mul(direction ? changed1 : changed0, otherThere);
    const backwards = f32x4.mul(direction ? changed0 : changed1, otherBack);
    const there = f32x4.ge(f32x4.mul(forwards, v128.load(bound, HEAD_BYTES)), fourThresholds);
    const back = f32x4.ge(f32x4.mul(backwards, v128.load(bound)), fourThresholds);
    let any = v128.or(there, back);
    if (<i32>closing >= 0) {
      const ring = f32x4.mul(forwards, v128.load(laneHeads + closing * HEAD_BYTES));
      const ringBack = f32x4.mul(backwards, v128.load(laneHeads + (closing ^ 1) * HEAD_BYTES));
      any = v128.or(any, v128.or(f32x4.ge(ring, thresholds), f32x4.ge(ringBack, thresholds)));
    }
    if (!v128.any_true(any)) continue;
    testWay(touch, 2 * turn + direction, 0, forwards, v128.any_true(there));
    testWay(touch, 2 * turn + (direction ^ 1), 1, backwards, v128.any_true(back));
  }
}

/**
 * What the coarse tests of a touch say of one way; `changed` is the place of its changed lane by turn, `rates` are those
 * of this and the other one.
 */
function testWay(touch: usize, changed: u32, way: u32, rates: v128, four: bool): void {
  if (four) testOthers(touch, changed, way);
  const closing = load<u32>(touch, 12);
  if (<i32>closing < 0) return;
  const last = v128.load(header(LANE_HEADS) + (closing ^ way) * HEAD_BYTES);
  if (headsReach(f32x4.mul(rates, last))) testClosing(touch, changed, way);
}

/** The triangle of a touch's record, one way round, the changed lane given. */
function testClosing(touch: usize, changed: u32, way: u32): void {
  const lane = rates(LANE_RATES, load<u32>(touch, 4) ^ way);
  const closing = rates(LANE_RATES, load<u32>(touch, 12) ^ way);
  if (threeReach(rates(CHANGED_RATES, changed), lane, closing)) hitRecord(load<u32>(touch) >> 1, THREE_FORWARDS + way);
}

/**
 * A touch's record, the changed lane given, against every other of its group the other way. When none reaches a
 * threshold, the group's bounds are tightened.
 */
function testOthers(touch: usize, changed: u32, way: u32): void {
  const record = load<u32>(touch) >> 1;
  if (isHit(record, FOUR_FORWARDS + way)) return;
  const group = load<u32>(touch, 8);
  const back = way ^ 1;
  const one = rates(CHANGED_RATES, changed);
  const two = rates(LANE_RATES, load<u32>(touch, 4) ^ way);
  const half = narrow(product(one, two, 0), product(one, two, 16));
  const first = int(FIRST_RECORD, group);
  const end = int(END_RECORD, group);
  // What reached last often does again.
  const last: usize = header(LAST_REACHED) + ((2 * group + back) << 2);
  const hint = load<u32>(last);
  const start = hint > first && hint < end ? hint : first;
  for (let other = start; (other = nextRecord(other, end, back, half)) < end; other++)
    if (reachesOther(record, other, back, one, two)) return tookOther(last, other, record, way);
  for (let other = first; (other = nextRecord(other, start, back, half)) < start; other++)
    if (reachesOther(record, other, back, one, two)) return tookOther(last, other, record, way);
  tighten(group, back, half);
}

/** Exact: whether two lanes and another record the other way reach a threshold. */
// @ts-ignore: decorator
@inline
function reachesOther(record: u32, other: u32, back: u32, one: usize, two: usize): bool {
  if (other == record) return false;
  const third = rates(LANE_RATES, int(FIRST_LANE, other) ^ back);
  return fourReach(one, two, third, rates(LANE_RATES, int(SECOND_LANE, other) ^ back));
}

function tookOther(last: usize, other: u32, record: u32, way: u32): void {
  store<u32>(last, other);
  hitRecord(record, FOUR_FORWARDS + way);
}

/** Coarse: the next record from `from` on whose head reaches a threshold with `half`; or `end`. */
function nextRecord(from: u32, end: u32, way: u32, half: v128): u32 {
  const recordHeads: usize = header(RECORD_HEADS);
  const thresholds = v128.load(header(HEAD_THRESHOLDS));
  for (let record = from; record < end; record++) {
    if (isWholeChunk(record, end) && isFarChunk(record, way, half)) record += CHUNK - 1;
    else {
      const head = v128.load(recordHeads + (2 * record + way) * HEAD_BYTES);
      if (v128.any_true(f32x4.ge(f32x4.mul(half, head), thresholds))) return record;
    }
  }
  return end;
}

/** Whether a chunk starts at a record and ends before `end`. */
// @ts-ignore: decorator
@inline
function isWholeChunk(record: u32, end: u32): bool {
  return (record & (CHUNK - 1)) == 0 && record + CHUNK <= end;
}

// @ts-ignore: decorator
@inline
function chunkBound(record: u32, way: u32): usize {
  return header(CHUNK_BOUNDS) + (2 * (record >> CHUNK_SHIFT) + way) * HEAD_BYTES;
}

// @ts-ignore: decorator
@inline
function isFarChunk(record: u32, way: u32, half: v128): bool {
  return !headsReach(f32x4.mul(half, v128.load(chunkBound(record, way))));
}

/**
 * After a search of a whole group in vain: bounds of the chunks that were looked into become exact, and one side of
 * the group's bounds the most of all its chunks.
 */
function tighten(group: u32, way: u32, half: v128): void {
  const recordHeads: usize = header(RECORD_HEADS);
  const end = int(END_RECORD, group);
  let best = f32x4.splat(0);
  for (let record = int(FIRST_RECORD, group); record < end; record++) {
    if (isWholeChunk(record, end)) {
      const bound = chunkBound(record, way);
      if (!isFarChunk(record, way, half)) {
        let most = f32x4.splat(0);
        for (let i: u32 = 0; i < CHUNK; i++)
          most = f32x4.pmax(most, v128.load(recordHeads + (2 * (record + i) + way) * HEAD_BYTES));
        v128.store(bound, most);
      }
      best = f32x4.pmax(best, v128.load(bound));
      record += CHUNK - 1;
    } else best = f32x4.pmax(best, v128.load(recordHeads + (2 * record + way) * HEAD_BYTES));
  }
  v128.store(header(GROUP_BOUNDS) + (2 * group + way) * HEAD_BYTES, best);
}

/** The groups that the pair closes, with the pair's changed pools as the last hop. */
function testClosedGroups(pair: u32, turn: u32): void {
  const end = int(END_CLOSED, pair);
  for (let at = int(FIRST_CLOSED, pair); at < end; at++) {
    const group = int(CLOSED_GROUPS, at);
    const closing = int(CLOSING_LANE, group);
    const bound: usize = header(GROUP_BOUNDS) + group * (2 * HEAD_BYTES);
    const there = 2 * turn + (closing & 1);
    if (headsReach(f32x4.mul(v128.load(bound), changedHeads(there)))) testTriangles(group, there, 0);
    if (headsReach(f32x4.mul(v128.load(bound, HEAD_BYTES), changedHeads(there ^ 1)))) testTriangles(group, there ^ 1, 1);
  }
}

/** Every triangle that the group lists, one way round, closed by the changed lane at a place by turn; then that side of its bounds is tightened. */
function testTriangles(group: u32, closing: u32, way: u32): void {
  const changed = changedHeads(closing);
  const end = int(END_RECORD, group);
  for (let record = int(FIRST_RECORD, group); (record = nextRecord(record, end, way, changed)) < end; record++) {
    if (byte(TRIANGLES, record) != 1) continue;
    const first = rates(LANE_RATES, int(FIRST_LANE, record) ^ way);
    const second = rates(LANE_RATES, int(SECOND_LANE, record) ^ way);
    if (threeReach(first, second, rates(CHANGED_RATES, closing))) hitRecord(record, THREE_FORWARDS + way);
  }
  tighten(group, way, changed);
}
