//! The scan's kernel in Rust, the standard library alone: the twin of `kernel/assembly/scan.ts` on the same bytes.
//!
//! Arguments: the image of a layout's memory, and a file of blocks: for each, a count, then so many changes, each a
//! pool's id and its two rows (32-bit integers and float64, little-endian). Each line `FROM TO` on stdin walks the
//! blocks FROM .. TO; the answer is one line: hits, a hash of them and their bounds, and the nanoseconds of each block's scan.
//! The image comes with the ids of all pools in `changed`; their number is the third argument.

use std::io::{BufRead, Write};
use std::time::Instant;

/// A row: rates of seven levels, and a depth.
const LEVELS: usize = 8;
const DEPTH: usize = 7;
const HEADS: usize = 4;
const TOUCH_WORDS: usize = 4;
const CHUNK: u32 = 16;
const FAIR: f64 = 1.05;
const UNFAIR: f64 = 1.0 / 1.05;
const LEAST_HEAD: f64 = 1e-9;
const SLACK: f64 = 1.0 + 1e-6;
const HEAD_SLACK: f64 = 1.0 - 1e-6;
const SURE: f64 = 0.8;

const HIT_KINDS: u32 = 5;
const PAIR: u32 = 0;
/// The same backwards is the next number.
const FOUR_FORWARDS: u32 = 1;
const THREE_FORWARDS: u32 = 3;

type Row = [f64; LEVELS];
type Head = [f32; HEADS];

/// The arrays of the layout, in the order of the header (see `reserveArrays` in `src/search/scan/memory.ts`).
#[derive(Clone, Copy)]
struct Layout {
    max_hops: u32,
    edge_rates: *mut Row,
    lane_rates: *mut Row,
    changed_rates: *mut Row,
    lane_heads: *mut Head,
    record_heads: *mut Head,
    group_bounds: *mut Head,
    thresholds: *const Row,
    head_thresholds: *const Head,
    pair_of_pool: *const i32,
    first_pool: *const u32,
    end_pool: *const u32,
    edges_of_pair: *const u32,
    base_pairs: *const u8,
    first_record: *const u32,
    end_record: *const u32,
    first_lane: *const u32,
    second_lane: *const u32,
    triangles: *const u8,
    closing_lane: *const i32,
    first_touch: *const u32,
    end_touch: *const u32,
    touching: *const u32,
    first_closed: *const u32,
    end_closed: *const u32,
    closed_groups: *const u32,
    changed: *mut u32,
    hits: *mut u32,
    touched_pairs: *mut u32,
    pool_marks: *mut u8,
    turns: *mut u32,
    record_marks: *mut u8,
    chunk_bounds: *mut Head,
    group_of_record: *const u32,
    sizes: *const Row,
    hit_bounds: *mut f32,
    hit_looks: *mut f32,
    last_reached: *mut u32,
}

macro_rules! at {
    ($array:expr, $index:expr) => {
        *$array.add($index as usize)
    };
}

unsafe fn read_layout(image: *mut u8) -> Layout {
    let header = image as *const u32;
    let slot = |i: usize| image.add(*header.add(i) as usize);
    Layout {
        max_hops: *header,
        edge_rates: slot(1) as _,
        lane_rates: slot(2) as _,
        changed_rates: slot(3) as _,
        lane_heads: slot(4) as _,
        record_heads: slot(5) as _,
        group_bounds: slot(6) as _,
        thresholds: slot(7) as _,
        head_thresholds: slot(8) as _,
        pair_of_pool: slot(10) as _,
        first_pool: slot(11) as _,
        end_pool: slot(12) as _,
        edges_of_pair: slot(13) as _,
        base_pairs: slot(15),
        first_record: slot(16) as _,
        end_record: slot(17) as _,
        first_lane: slot(19) as _,
        second_lane: slot(20) as _,
        triangles: slot(21),
        closing_lane: slot(22) as _,
        first_touch: slot(23) as _,
        end_touch: slot(24) as _,
        touching: slot(25) as _,
        first_closed: slot(26) as _,
        end_closed: slot(27) as _,
        closed_groups: slot(28) as _,
        changed: slot(29) as _,
        hits: slot(30) as _,
        touched_pairs: slot(31) as _,
        pool_marks: slot(32),
        turns: slot(9) as _,
        record_marks: slot(34),
        chunk_bounds: slot(35) as _,
        group_of_record: slot(18) as _,
        sizes: slot(36) as _,
        hit_bounds: slot(33) as _,
        hit_looks: slot(37) as _,
        last_reached: slot(38) as _,
    }
}

struct Scan {
    layout: Layout,
    found: u32,
}

impl Scan {
    unsafe fn scan(&mut self, count: u32) -> u32 {
        let l = self.layout;
        self.found = 0;
        let touched = self.touch_pairs(count);
        for i in 0..touched {
            let pair = at!(l.touched_pairs, i);
            let back = self.refresh_lane(2 * pair + 1, 2 * i + 1) as u32;
            let moved = self.refresh_lane(2 * pair, 2 * i) as u32 | back << 1;
            at!(l.touched_pairs, i) = 4 * pair + moved;
        }
        for i in 0..touched {
            let entry = at!(l.touched_pairs, i);
            let pair = entry >> 2;
            if at!(l.base_pairs, pair) == 1 {
                self.test_pair(pair, i);
            }
            if l.max_hops >= 3 {
                self.take_records(pair, i, entry & 3);
                self.test_closed_groups(pair, i);
            }
        }
        self.bound_hits();
        for i in 0..touched {
            at!(l.turns, at!(l.touched_pairs, i) >> 2) = 0;
        }
        for i in 0..count {
            at!(l.pool_marks, at!(l.changed, i)) = 0;
        }
        for i in 0..self.found {
            let hit = at!(l.hits, i);
            if hit % HIT_KINDS != PAIR {
                at!(l.record_marks, hit / HIT_KINDS) = 0;
            }
        }
        self.found
    }

    unsafe fn touch_pairs(&mut self, count: u32) -> u32 {
        let l = self.layout;
        let mut touched = 0;
        for i in 0..count {
            let pool = at!(l.changed, i);
            let pair = at!(l.pair_of_pool, pool);
            if pair < 0 {
                continue;
            }
            at!(l.pool_marks, pool) = 1;
            if at!(l.turns, pair) != 0 {
                continue;
            }
            at!(l.touched_pairs, touched) = pair as u32;
            touched += 1;
            at!(l.turns, pair) = touched;
        }
        touched
    }

    unsafe fn refresh_lane(&mut self, lane: u32, changed: u32) -> bool {
        let l = self.layout;
        let mut best = [0.0; LEVELS];
        let mut best_changed = [0.0; LEVELS];
        for place in at!(l.first_pool, lane >> 1)..at!(l.end_pool, lane >> 1) {
            let edge = at!(l.edges_of_pair, place) ^ (lane & 1);
            let rates = lifted(&at!(l.edge_rates, edge));
            raise(&mut best, &rates);
            if at!(l.pool_marks, edge >> 1) == 1 {
                raise(&mut best_changed, &rates);
            }
        }
        at!(l.lane_rates, lane) = best;
        at!(l.changed_rates, changed) = best_changed;
        let heads = narrow(&best);
        let moved = at!(l.lane_heads, lane) != heads;
        at!(l.lane_heads, lane) = heads;
        moved
    }

    unsafe fn hit(&mut self, id: u32, kind: u32) {
        at!(self.layout.hits, self.found) = HIT_KINDS * id + kind;
        self.found += 1;
    }

    unsafe fn is_hit(&self, record: u32, kind: u32) -> bool {
        at!(self.layout.record_marks, record) >> kind & 1 == 1
    }

    unsafe fn hit_record(&mut self, record: u32, kind: u32) {
        if self.is_hit(record, kind) {
            return;
        }
        at!(self.layout.record_marks, record) |= 1 << kind;
        self.hit(record, kind);
    }

    unsafe fn bound_hits(&self) {
        for place in 0..self.found {
            let hit = at!(self.layout.hits, place);
            let (id, kind) = (hit / HIT_KINDS, hit % HIT_KINDS);
            let (most, looks) = match kind {
                PAIR => sure(self.bound_pair(id)),
                _ if kind < THREE_FORWARDS => self.bound_square(id, kind - FOUR_FORWARDS),
                _ => sure(self.bound_triangle(id, kind - THREE_FORWARDS)),
            };
            at!(self.layout.hit_bounds, place) = most as f32;
            at!(self.layout.hit_looks, place) = looks as f32;
        }
    }

    unsafe fn bound_pair(&self, pair: u32) -> f64 {
        let (one, other) = (&at!(self.layout.lane_rates, 2 * pair), &at!(self.layout.lane_rates, 2 * pair + 1));
        let product = one[0] * other[0];
        most_of(product, one[0] / one[DEPTH] + product / other[DEPTH])
    }

    unsafe fn bound_triangle(&self, record: u32, way: u32) -> f64 {
        let l = self.layout;
        let first = at!(l.first_lane, record);
        let closing = at!(l.closing_lane, at!(l.group_of_record, record)) as u32;
        let one = &at!(l.lane_rates, if way == 0 { first } else { closing ^ 1 });
        let two = &at!(l.lane_rates, at!(l.second_lane, record) ^ way);
        let three = &at!(l.lane_rates, if way == 0 { closing } else { first ^ 1 });
        let product = one[0] * two[0];
        let whole = product * three[0];
        most_of(whole, one[0] / one[DEPTH] + product / two[DEPTH] + whole / three[DEPTH])
    }

    unsafe fn bound_square(&self, record: u32, way: u32) -> (f64, f64) {
        let l = self.layout;
        let others = &at!(l.group_bounds, 2 * at!(l.group_of_record, record) + (way ^ 1));
        let (one, two) = (at!(l.first_lane, record), at!(l.second_lane, record));
        let (first, second) = if way == 0 { (one, two) } else { (two ^ 1, one ^ 1) };
        let (mut most, mut looks) = (0f64, 0f64);
        for (hop, changed, other) in [(0, first, second), (1, second, first)] {
            let turn = at!(l.turns, changed >> 1);
            if turn == 0 {
                continue;
            }
            let one = &at!(l.changed_rates, 2 * (turn - 1) + (changed & 1));
            let two = &at!(l.lane_rates, other);
            let half = row_product(one, two);
            let (depth, other_depth) = (one[DEPTH], two[DEPTH]);
            let curvature = if hop == 0 {
                one[0] / depth + half[0] / other_depth
            } else {
                two[0] / other_depth + half[0] / depth
            };
            let behind = if way == 0 { curvature } else { curvature / half[0] };
            most = greater(most_of(half[0] * others[0] as f64 / HEAD_SLACK, behind), most);
            for level in 1..HEADS {
                looks = greater((half[level] * others[level] as f64 - 1.0) * (*l.sizes)[level], looks);
            }
        }
        (most, looks)
    }

    unsafe fn test_pair(&mut self, pair: u32, turn: u32) {
        let l = self.layout;
        let (first, end) = (at!(l.first_pool, pair), at!(l.end_pool, pair));
        if end - first < 2 {
            return;
        }
        let (one, other) = (2 * pair, 2 * pair + 1);
        let back = row_product(&at!(l.changed_rates, 2 * turn), &at!(l.lane_rates, other));
        let forth = row_product(&at!(l.lane_rates, one), &at!(l.changed_rates, 2 * turn + 1));
        if (self.reaches(&back) || self.reaches(&forth)) && self.pair_pays(first, end) {
            self.hit(pair, PAIR);
        }
    }

    unsafe fn pair_pays(&self, first: u32, end: u32) -> bool {
        let l = self.layout;
        for place in first..end {
            let edge = at!(l.edges_of_pair, place);
            if at!(l.pool_marks, edge >> 1) != 1 {
                continue;
            }
            for next in first..end {
                let other = at!(l.edges_of_pair, next);
                if other != edge && (self.edges_pay(edge, other ^ 1) || self.edges_pay(edge ^ 1, other)) {
                    return true;
                }
            }
        }
        false
    }

    unsafe fn edges_pay(&self, edge: u32, back: u32) -> bool {
        let l = self.layout;
        self.reaches(&row_product(&lifted(&at!(l.edge_rates, edge)), &lifted(&at!(l.edge_rates, back))))
    }

    unsafe fn reaches(&self, products: &Row) -> bool {
        let thresholds = &*self.layout.thresholds;
        (0..LEVELS).fold(false, |any, level| any | (products[level] >= thresholds[level]))
    }

    #[inline(always)]
    unsafe fn heads_reach(&self, products: &Head) -> bool {
        let thresholds = &*self.layout.head_thresholds;
        (0..HEADS).fold(false, |any, level| any | (products[level] >= thresholds[level]))
    }

    unsafe fn take_records(&mut self, pair: u32, turn: u32, moved: u32) {
        let l = self.layout;
        let own = [at!(l.lane_heads, 2 * pair), at!(l.lane_heads, 2 * pair + 1)];
        let changed = [narrow(&at!(l.changed_rates, 2 * turn)), narrow(&at!(l.changed_rates, 2 * turn + 1))];
        let four = l.max_hops >= 4;
        for touch in at!(l.first_touch, pair)..at!(l.end_touch, pair) {
            let words = l.touching.add(TOUCH_WORDS * touch as usize);
            let (direction, other, group) = (*words & 1, *words.add(1), *words.add(2));
            let closing = *words.add(3);
            if moved != 0 {
                for way in 0..2 {
                    if moved >> (direction ^ way) & 1 == 0 {
                        continue;
                    }
                    let own = &own[direction as usize ^ way as usize];
                    let heads = head_product(own, &at!(l.lane_heads, other ^ way));
                    at!(l.record_heads, (*words & !1) + way) = heads;
                    raise_heads(&mut at!(l.group_bounds, 2 * group + way), &heads);
                    raise_heads(&mut at!(l.chunk_bounds, 2 * ((*words >> 1) / CHUNK) + way), &heads);
                }
            }
            let forwards = head_product(&changed[direction as usize], &at!(l.lane_heads, other));
            let backwards = head_product(&changed[direction as usize ^ 1], &at!(l.lane_heads, other ^ 1));
            let there = four & self.heads_reach(&head_product(&forwards, &at!(l.group_bounds, 2 * group + 1)));
            let back = four & self.heads_reach(&head_product(&backwards, &at!(l.group_bounds, 2 * group)));
            let mut ring = false;
            let mut ring_back = false;
            if closing as i32 >= 0 {
                ring = self.heads_reach(&head_product(&forwards, &at!(l.lane_heads, closing)));
                ring_back = self.heads_reach(&head_product(&backwards, &at!(l.lane_heads, closing ^ 1)));
            }
            if !(there | back | ring | ring_back) {
                continue;
            }
            self.test_way(words, 2 * turn + direction, 0, (there, ring));
            self.test_way(words, 2 * turn + (direction ^ 1), 1, (back, ring_back));
        }
    }

    unsafe fn test_way(&mut self, words: *const u32, changed: u32, way: u32, (four, three): (bool, bool)) {
        if four {
            self.test_others(words, changed, way);
        }
        if three {
            self.test_closing(words, changed, way);
        }
    }

    unsafe fn test_closing(&mut self, words: *const u32, changed: u32, way: u32) {
        let l = self.layout;
        let half = row_product(&at!(l.changed_rates, changed), &at!(l.lane_rates, *words.add(1) ^ way));
        if self.reaches(&row_product(&half, &at!(l.lane_rates, *words.add(3) ^ way))) {
            self.hit_record(*words >> 1, THREE_FORWARDS + way);
        }
    }

    unsafe fn test_others(&mut self, words: *const u32, changed: u32, way: u32) {
        let l = self.layout;
        let (record, group, back) = (*words >> 1, *words.add(2), way ^ 1);
        if self.is_hit(record, FOUR_FORWARDS + way) {
            return;
        }
        let half = row_product(&at!(l.changed_rates, changed), &at!(l.lane_rates, *words.add(1) ^ way));
        let half_heads = narrow(&half);
        let (first, end) = (at!(l.first_record, group), at!(l.end_record, group));
        let last = &mut at!(l.last_reached, 2 * group + back);
        let start = if *last > first && *last < end { *last } else { first };
        for (from, to) in [(start, end), (first, start)] {
            let mut other = self.next_record(from, to, back, &half_heads);
            while other < to {
                if other != record {
                    let third = &at!(l.lane_rates, at!(l.first_lane, other) ^ back);
                    let fourth = &at!(l.lane_rates, at!(l.second_lane, other) ^ back);
                    if self.reaches(&row_product(&half, &row_product(third, fourth))) {
                        *last = other;
                        self.hit_record(record, FOUR_FORWARDS + way);
                        return;
                    }
                }
                other = self.next_record(other + 1, to, back, &half_heads);
            }
        }
        self.tighten(group, back, &half_heads);
    }

    unsafe fn next_record(&self, from: u32, end: u32, way: u32, half: &Head) -> u32 {
        let l = self.layout;
        let mut record = from;
        while record < end {
            if is_whole_chunk(record, end) && !self.heads_reach(&head_product(half, &at!(l.chunk_bounds, 2 * (record / CHUNK) + way))) {
                record += CHUNK;
                continue;
            }
            if self.heads_reach(&head_product(half, &at!(l.record_heads, 2 * record + way))) {
                return record;
            }
            record += 1;
        }
        end
    }

    unsafe fn tighten(&self, group: u32, way: u32, half: &Head) {
        let l = self.layout;
        let end = at!(l.end_record, group);
        let mut record = at!(l.first_record, group);
        let mut best = [0.0; HEADS];
        while record < end {
            if !is_whole_chunk(record, end) {
                raise_heads(&mut best, &at!(l.record_heads, 2 * record + way));
                record += 1;
                continue;
            }
            let bound = &mut at!(l.chunk_bounds, 2 * (record / CHUNK) + way);
            if self.heads_reach(&head_product(half, bound)) {
                *bound = [0.0; HEADS];
                for i in 0..CHUNK {
                    raise_heads(bound, &at!(l.record_heads, 2 * (record + i) + way));
                }
            }
            raise_heads(&mut best, bound);
            record += CHUNK;
        }
        at!(l.group_bounds, 2 * group + way) = best;
    }

    unsafe fn test_closed_groups(&mut self, pair: u32, turn: u32) {
        let l = self.layout;
        for place in at!(l.first_closed, pair)..at!(l.end_closed, pair) {
            let group = at!(l.closed_groups, place);
            let closing = at!(l.closing_lane, group) as u32;
            for way in 0..2 {
                let at_turn = 2 * turn + ((closing ^ way) & 1);
                let changed = narrow(&at!(l.changed_rates, at_turn));
                if self.heads_reach(&head_product(&at!(l.group_bounds, 2 * group + way), &changed)) {
                    self.test_triangles(group, at_turn, way);
                }
            }
        }
    }

    unsafe fn test_triangles(&mut self, group: u32, at_turn: u32, way: u32) {
        let l = self.layout;
        let last = &at!(l.changed_rates, at_turn);
        let changed = narrow(last);
        let end = at!(l.end_record, group);
        let mut record = self.next_record(at!(l.first_record, group), end, way, &changed);
        while record < end {
            if at!(l.triangles, record) == 1 {
                let first = &at!(l.lane_rates, at!(l.first_lane, record) ^ way);
                let second = &at!(l.lane_rates, at!(l.second_lane, record) ^ way);
                if self.reaches(&row_product(&row_product(first, second), last)) {
                    self.hit_record(record, THREE_FORWARDS + way);
                }
            }
            record = self.next_record(record + 1, end, way, &changed);
        }
        self.tighten(group, way, &changed);
    }
}

#[inline(always)]
fn greater(one: f64, other: f64) -> f64 {
    if one > other { one } else { other }
}

fn sure(most: f64) -> (f64, f64) {
    (most, most * SURE)
}

/// Most that a map of marginal rate `product` and slip `curvature` earns.
fn most_of(product: f64, curvature: f64) -> f64 {
    if !(product > 1.0) {
        return 0.0;
    }
    let root = product.sqrt() - 1.0;
    root * root * SLACK / curvature
}

#[inline(always)]
fn is_whole_chunk(record: u32, end: u32) -> bool {
    record % CHUNK == 0 && record + CHUNK <= end
}

/// An edge's rates as the screen counts them.
#[inline(always)]
fn lifted(rates: &Row) -> Row {
    let mut lifted = *rates;
    if rates[0] < UNFAIR {
        lifted[0] = rates[0] * FAIR;
    }
    lifted
}

#[inline(always)]
fn row_product(one: &Row, other: &Row) -> Row {
    std::array::from_fn(|level| one[level] * other[level])
}

#[inline(always)]
fn head_product(one: &Head, other: &Head) -> Head {
    std::array::from_fn(|level| one[level] * other[level])
}

#[inline(always)]
fn raise(best: &mut Row, rates: &Row) {
    for level in 0..LEVELS {
        best[level] = if rates[level] > best[level] { rates[level] } else { best[level] };
    }
}

#[inline(always)]
fn raise_heads(best: &mut Head, heads: &Head) {
    for level in 0..HEADS {
        best[level] = if heads[level] > best[level] { heads[level] } else { best[level] };
    }
}

#[inline(always)]
fn narrow(rates: &Row) -> Head {
    std::array::from_fn(|level| {
        let rate = rates[level];
        (if rate > 0.0 { if rate > LEAST_HEAD { rate } else { LEAST_HEAD } } else { 0.0 }) as f32
    })
}

/// Bytes that begin at a cache line.
fn aligned(bytes: &[u8]) -> *mut u8 {
    let mut space = vec![0u8; bytes.len() + 64].leak().as_mut_ptr();
    unsafe {
        space = space.add(space.align_offset(64));
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), space, bytes.len());
    }
    space
}

struct Change {
    pool: u32,
    rates: [f64; 2 * LEVELS],
}

fn read_blocks(bytes: &[u8]) -> Vec<Vec<Change>> {
    let mut blocks = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let count = take_u32(&mut rest);
        blocks.push((0..count).map(|_| take_change(&mut rest)).collect());
    }
    blocks
}

fn take_u32(rest: &mut &[u8]) -> u32 {
    let (head, tail) = rest.split_at(4);
    *rest = tail;
    u32::from_le_bytes(head.try_into().unwrap())
}

fn take_change(rest: &mut &[u8]) -> Change {
    let pool = take_u32(rest);
    let rates = std::array::from_fn(|_| take_f64(rest));
    Change { pool, rates }
}

fn take_f64(rest: &mut &[u8]) -> f64 {
    let (head, tail) = rest.split_at(8);
    *rest = tail;
    f64::from_le_bytes(head.try_into().unwrap())
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let image = aligned(&std::fs::read(&arguments[1]).expect("the image"));
    let blocks = read_blocks(&std::fs::read(&arguments[2]).expect("the blocks"));
    let all: u32 = arguments[3].parse().expect("the number of pools");
    let mut scan = Scan { layout: unsafe { read_layout(image) }, found: 0 };
    unsafe { scan.scan(all) };
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let mut numbers = line.split(' ').map(|number| number.parse::<usize>().expect("a number"));
        let (from, to) = (numbers.next().unwrap(), numbers.next().unwrap());
        answer(&mut scan, &blocks[from..to]);
    }
}

fn answer(scan: &mut Scan, blocks: &[Vec<Change>]) {
    let l = scan.layout;
    let (mut hits, mut hash) = (0u64, 0u32);
    let mut times = String::new();
    for block in blocks {
        for (place, change) in block.iter().enumerate() {
            unsafe {
                at!(l.changed, place) = change.pool;
                *(l.edge_rates.add(2 * change.pool as usize) as *mut [f64; 2 * LEVELS]) = change.rates;
            }
        }
        let start = Instant::now();
        let found = unsafe { scan.scan(block.len() as u32) };
        times.push_str(&format!(" {}", start.elapsed().as_nanos()));
        hits += found as u64;
        for i in 0..found {
            hash = hash.wrapping_mul(31).wrapping_add(unsafe { at!(l.hits, i) });
            hash = hash.wrapping_mul(31).wrapping_add(unsafe { at!(l.hit_bounds, i) }.to_bits());
        }
    }
    println!("{hits} {hash}{times}");
    std::io::stdout().flush().expect("stdout");
}
