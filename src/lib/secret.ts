const MASK = "[secret]";
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

const masked = (): string => MASK;

/** A value that prints, logs and serialises as `[secret]`; only `reveal()` gives it away. */
export interface Secret {
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

/** Wraps a value. It lives in a closure, so that no walk over properties (logger, inspect, clone) meets it. */
export function secret(value: string): Secret {
  return Object.freeze({ reveal: () => value, toString: masked, toJSON: masked, [INSPECT]: masked });
}
