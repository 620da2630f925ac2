const SECRET = "[secret]";
const SECRET_KEYS =
  /secret|password|passphrase|(private|api|auth|access)_?key|mnemonic|^auth(orization)?$|(access|auth|bearer|api)_?token|cookie|raw_?transaction/i;
const URL_TEXT = /\b((?:wss?|https?):\/\/)(?:[^\s/@"'<>]*@)?([^\s/?#"'<>]+)([/?#][^\s"'<>]*)?/gi;
const MAX_DEPTH = 6;

/** Endpoints carry their key in path, query or user: of a URL only scheme and host are told. */
const redactUrls = (text: string): string =>
  text.replace(URL_TEXT, (_, scheme: string, host: string, rest: string | undefined) =>
    rest === undefined || rest === "/" ? `${scheme}${host}` : `${scheme}${host}/…`,
  );

/**
 * Facts as they may be written: bigints as decimal strings (a JSON number would lose digits), errors as plain
 * data, secrets masked by the name of their field, URLs cut to their host. What is nested deeper than six levels
 * is left out. A value with `toJSON` speaks for itself.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string") return redactUrls(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[deep]";
  if (value instanceof Error) return redactError(value, depth);
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  if (value instanceof Map || value instanceof Set) return redact([...value], depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if ("toJSON" in value && typeof value.toJSON === "function") return redact(value.toJSON(), depth + 1);
  return redactFields(Object.entries(value), depth);
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const { message, stack, cause } = error;
  const facts = Object.entries(error).filter(([key]) => !["name", "message", "stack", "cause"].includes(key));
  return {
    ...redactFields(facts, depth),
    type: error.name,
    message: redactUrls(message),
    ...(stack === undefined ? {} : { stack: redactUrls(stack) }),
    ...(cause === undefined ? {} : { cause: redact(cause, depth + 1) }),
  };
}

const redactFields = (fields: readonly [string, unknown][], depth: number): Record<string, unknown> =>
  Object.fromEntries(
    fields.map(([key, item]) => [key, SECRET_KEYS.test(key) ? SECRET : redact(item, depth + 1)]),
  );
