/** A growing list of 32-bit integers: no object an entry, and at most half of it empty. */
export interface IntList {
  readonly length: number;
  push(value: number): void;
  /** The entries so far; valid until the next `push`. */
  values(): Int32Array;
}

export function createIntList(): IntList {
  let values = new Int32Array(1024);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push: (value) => {
      if (length === values.length) {
        const larger = new Int32Array(length * 2);
        larger.set(values);
        values = larger;
      }
      values[length++] = value;
    },
    values: () => values.subarray(0, length),
  };
}
