/** Seeded numbers: one seed and stream give the same ones on every machine. */
export interface Random {
  /** From 0 to below 1, in steps of 2^-32. */
  next(): number;
  /** A whole number from 0 to below `end`. */
  below(end: number): number;
  /** From `least` to below `most`. */
  between(least: number, most: number): number;
  /** Near to the normal distribution: mean 0, deviation 1, never beyond 6. */
  normal(): number;
  /** Lower-case hex digits of so many random bytes, without `0x`. */
  hex(bytes: number): string;
}

/** FNV-1a: one stream's draws do not shift another's. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}

/** Chris Doty-Humphrey's sfc32, mixed before first use. */
export function createRandom(seed: number, stream: string): Random {
  let a = seed >>> 0;
  let b = Math.floor(seed / 2 ** 32) >>> 0;
  let c = hashOf(stream);
  let counter = 1;
  const word = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 15; i++) word();
  const next = (): number => word() / 2 ** 32;
  return {
    next,
    below: (end) => Math.floor(next() * end),
    between: (least, most) => least + next() * (most - least),
    // Irwin and Hall: a sum, because sines may differ by a bit between engines.
    normal: () => {
      let sum = -6;
      for (let i = 0; i < 12; i++) sum += next();
      return sum;
    },
    hex: (bytes) => {
      let digits = "";
      for (let i = 0; i < bytes; i += 4) digits += word().toString(16).padStart(8, "0");
      return digits.slice(0, 2 * bytes);
    },
  };
}

/** Draws an index by its weight in constant time (Walker's alias method). */
export function createWeightedDraw(weights: ArrayLike<number>): (random: Random) => number {
  const count = weights.length;
  const share = new Float64Array(count);
  const other = new Int32Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) total += weights[i] ?? 0;
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < count; i++) {
    share[i] = ((weights[i] ?? 0) * count) / total;
    ((share[i] ?? 0) < 1 ? small : large).push(i);
  }
  while (small.length > 0 && large.length > 0) {
    const low = small.pop() ?? 0;
    const high = large.at(-1) ?? 0;
    other[low] = high;
    const left = (share[high] ?? 0) - 1 + (share[low] ?? 0);
    share[high] = left;
    if (left < 1) {
      large.pop();
      small.push(high);
    }
  }
  // What rounding left over is whole.
  for (const i of [...small, ...large]) share[i] = 1;
  return (random) => {
    const place = random.next() * count;
    const index = Math.floor(place);
    return place - index < (share[index] ?? 0) ? index : (other[index] ?? 0);
  };
}

/** A whole number near `size` (>= 1), its low digits random where the float has none. */
export function rawNear(size: number, random: Random): bigint {
  const whole = BigInt(Math.max(1, Math.floor(size)));
  const spare = Math.floor(Math.log2(Math.max(1, size))) - 52;
  return spare <= 0 ? whole : whole + BigInt(random.below(2 ** Math.min(spare, 31)));
}
