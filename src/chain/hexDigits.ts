const digitOf = (char: number): number => {
  if (char >= 0x30 && char <= 0x39) return char - 0x30;
  const letter = char | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
};

/** By ASCII character: the value of the hex digit, either case, or -1. */
export const HEX_DIGITS = Int8Array.from({ length: 256 }, (_, char) => digitOf(char));

/**
 * By two ASCII characters as they lie in memory, `first | second << 8`: the byte that they spell in hex, or -1. One
 * look reads and checks two digits; of its 128 KB only the few lines of digits are ever touched.
 */
export const HEX_PAIRS = hexPairs();

function hexPairs(): Int16Array {
  const pairs = new Int16Array(65_536).fill(-1);
  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < 256; second++) {
      const high = HEX_DIGITS[first] ?? -1;
      const low = HEX_DIGITS[second] ?? -1;
      if (high >= 0 && low >= 0) pairs[first | (second << 8)] = (high << 4) | low;
    }
  }
  return pairs;
}
