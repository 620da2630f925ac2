/** First in, first out, never longer than its capacity: a full queue sheds its oldest item and counts it. */
export interface BoundedQueue<T> {
  readonly length: number;
  /** Items shed since the start. */
  readonly shed: number;
  push(item: T): void;
  shift(): T | undefined;
}

/** `capacity` is a whole number of at least 1. */
export function createBoundedQueue<T>(capacity: number): BoundedQueue<T> {
  if (!Number.isInteger(capacity) || capacity < 1)
    throw new RangeError(`a queue holds at least 1 item, not ${capacity}`);
  const ring = Array.from<T | undefined>({ length: capacity });
  let first = 0;
  let length = 0;
  let shed = 0;
  const shift = (): T | undefined => {
    if (length === 0) return undefined;
    const item = ring[first];
    ring[first] = undefined;
    first = (first + 1) % capacity;
    length--;
    return item;
  };
  return {
    get length() {
      return length;
    },
    get shed() {
      return shed;
    },
    push: (item) => {
      if (length === capacity) {
        shift();
        shed++;
      }
      ring[(first + length) % capacity] = item;
      length++;
    },
    shift,
  };
}
