import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { z } from "zod";
import { LINE_LIMITS } from "../src/control/lineServer.ts";
import { controlSchema } from "../src/control/options.ts";
import {
  ERRORS,
  eventSchema,
  hintResultSchema,
  hintSchema,
  METHODS,
  PROTOCOL,
  seedPairSchema,
  seedRouteSchema,
  TOPICS,
  type Method,
} from "../src/control/protocol.ts";

/** Writes what clients read from the schemas by which the server checks: `npx tsx scripts/controlDocs.ts`. */
export const FILES = { table: "docs/control.md", schema: "docs/control.schema.json" } as const;

const input = (schema: z.ZodType) => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return rest;
};
const output = (schema: z.ZodType) => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "output", unrepresentable: "any" });
  return rest;
};
const methods: readonly (readonly [string, Method])[] = Object.entries(METHODS);

/** JSON Schema of every method's parameters and result, of hints, and of what is told without being asked. */
export const schemaDocument = (): object => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "turbo-mev control protocol",
  protocol: PROTOCOL,
  methods: Object.fromEntries(
    methods.map(([name, { access, about, params, result }]) => [
      name,
      { access, description: about, params: input(params), ...(result && { result: output(result) }) },
    ]),
  ),
  notifications: { "hint.result": output(hintResultSchema), event: output(eventSchema) },
  $defs: { hint: input(hintSchema), route: input(seedRouteSchema), pair: input(seedPairSchema) },
  errors: ERRORS,
});

/** A schema in a few characters: `{ a, b?, … }`, `list`, or one of several. */
function brief(schema: object): string {
  const fields = new Map<string, unknown>(Object.entries(schema));
  const branches = fields.get("anyOf");
  if (Array.isArray(branches)) return branches.map(brief).join(" or ");
  if (fields.get("type") === "array") return "list";
  const properties = Object.keys(fields.get("properties") ?? {});
  const required = new Set<unknown>(Object.values(fields.get("required") ?? {}));
  const names = properties.map((name) => `\`${name}\`${required.has(name) ? "" : "?"}`);
  return names.length === 0 ? "–" : names.join(", ");
}

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");

const ERROR_MEANINGS: Readonly<Record<keyof typeof ERRORS, string>> = {
  parse: "not JSON, or JSON that is refused, see limits",
  invalidRequest: "no request of JSON-RPC 2.0, a batch, or a line that is too long",
  noMethod: "no such method",
  invalidParams: "`data.path` names the field",
  internal: "our fault; the log says more",
  paused: "nothing is taken now",
  unknownPool: "a pool that is not known",
  stale: "the state is too old to answer",
  rateLimited: "too much at a time; `data.retry_ms` says when to come again",
  notAllowed: "not on this socket",
};

const STATES: Readonly<Record<z.output<typeof hintResultSchema>["state"], string>> = {
  accepted: "the verdict: it is priced with every block until its time is over",
  refused: "the verdict: `code` says why; nothing more follows",
  scanned: "priced, and not worth sending; `code` says why, told when it changes",
  profitable: "leaves `net` after gas; `code` is the gate's outcome",
  submitted: "part of the plan `intent`",
  landed: "that intent was mined and paid",
  missed: "that intent ended otherwise; `code` is its fate",
  expired: "its time is over; `code` and `net` are the last and the best seen",
  cancelled: "taken back, or `code` is `replaced`: a second one of its name came",
};

const kib = (bytes: number): string => `${bytes / 1024} KiB`;

export function tableDocument(): string {
  const { lineBytes, connections, idleMs, writeBytes } = LINE_LIMITS;
  const { hints_per_second, hints_burst, max_hints, routes_per_second } = controlSchema.parse({});
  return `# Control protocol

Version ${PROTOCOL}. Made by \`npx tsx scripts/controlDocs.ts\` from the schemas by which the server checks; [control.schema.json](control.schema.json) holds them for clients.

Two Unix sockets in one folder speak JSON-RPC 2.0, one object a line: \`control.sock\` (0600) for the owner, \`hints.sock\` (0660) for the brain. Which one may be opened is the only authority. The folder is \`control.dir\`: with \`auto\` systemd's \`$RUNTIME_DIRECTORY\`, else \`$XDG_RUNTIME_DIR/turbo-mev\`; it is 0700, or 2750 where \`control.group\` names the brain's group.

\`\`\`sh
echo '{"jsonrpc":"2.0","id":1,"method":"status"}' | nc -NU "$XDG_RUNTIME_DIR/turbo-mev/hints.sock"
\`\`\`

## Methods

${table(
  ["method", "for", "parameters", "result", "what it does"],
  methods.map(([name, { access, about, params, result }]) => [
    `\`${name}\``,
    access === "owner" ? "owner" : "all",
    brief(input(params)),
    result === undefined ? "any" : brief(output(result)),
    about,
  ]),
)}

A request without \`id\` is done and not answered. Answers come in the order of the requests. Amounts are decimal strings in raw units unless said otherwise.

\`reload\` takes \`profit.min_net_native\`, \`fees.max_tx_fee_native\`, \`profit.max_cycles_per_plan\` and \`log.level\` over. \`needs_restart\` names the keys whose value in the file does not hold until then: any other that was changed, a limit that is looser than what \`limits.lower\` asked for, and a fee cap above the one of the start, beyond which the signer signs nothing.

## Hints

The fields of a hint are ${Object.keys(hintSchema.shape)
    .map((name) => `\`${name}\``)
    .join(
      ", ",
    )}; others are refused. It names \`path\` and \`dexes\`, or \`pools\`. It raises a route's priority or adds one over verified pools; it sets no gas, recipient or limit. What becomes of it is told by notifications \`hint.result\` after \`hint.results\`:

${table(
  ["state", "meaning"],
  Object.entries(STATES).map(([state, meaning]) => [`\`${state}\``, meaning]),
)}

A cycle that the search does not cover, longer than it looks or through no base, is priced first in every block. One that it covers has the hint's name on it where it pays, and \`scanned\` is told of it behind the block's decision, with the block's transactions.

Each hint has one verdict. \`submitted\`, \`landed\` and \`missed\` may come once an intent, also after \`expired\`.

## Events

Notifications \`event\` after \`subscribe\`; \`time\` is in milliseconds since 1970.

${table(
  ["topic", "fields"],
  TOPICS.map((topic, i) => {
    const option = eventSchema.options[i];
    return [
      `\`${topic}\``,
      option === undefined ? "" : brief(output(option)).replace(/^`topic`, |, `topic`/, ""),
    ];
  }),
)}

## Limits

A line has ${kib(lineBytes)}, a socket ${connections} connections, a connection ${hints_per_second} hints (${hints_burst} at once) and ${routes_per_second} routes or pairs a second, as a hundred of which count \`getPaths\`, \`hint.list\`, \`metrics\` and \`why\`; ${max_hints} hints live at a time. Who is silent for ${idleMs / 1000} s and waits for no events, or lets ${kib(writeBytes)} pile up unread, is cut off. JSON is refused where a name stands twice in one object or is one that every object inherits, where a text has NUL or half of a surrogate pair, with a byte order mark, where it is nested deeper than 16 levels, and for numbers of more than 78 digits, beyond a double, or \`-0\`.

## Errors

${table(
  ["code", "name", "meaning"],
  Object.entries(ERROR_MEANINGS).map(([name, meaning]) => [
    String(new Map<string, number>(Object.entries(ERRORS)).get(name)),
    name,
    meaning,
  ]),
)}
`;
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(FILES.table, tableDocument());
  writeFileSync(FILES.schema, `${JSON.stringify(schemaDocument(), null, 2)}\n`);
  execFileSync("node_modules/.bin/oxfmt", Object.values(FILES));
  console.log(`wrote ${Object.values(FILES).join(" and ")}`);
}
