import type { PoolState } from "../amm/poolState.ts";
import type { Address, Token } from "../chain/types.ts";
import { createJsonReader, type JsonObject, type JsonValue, type Shape } from "../lib/jsonReader.ts";
import { JsonFault } from "../lib/jsonScanner.ts";
import {
  nullable,
  readAddress,
  readCount,
  readText,
  readToken,
  required,
  SCALAR,
  TOKEN_FIELDS,
} from "./snapshotFields.ts";
import {
  createPoolShape,
  makeState,
  readChange,
  readPool,
  type PoolChange,
  type TakePool,
  type SnapshotPool,
} from "./snapshotPool.ts";

/** All pools of a chain at one moment. */
export interface Snapshot {
  readonly chainId: number;
  readonly block: number | null;
  /** Seconds since 1970. */
  readonly blockTime: number | null;
  readonly tokens: ReadonlyMap<Address, Token>;
  readonly pools: readonly SnapshotPool[];
}

/** One block of a recording: the pools that it changed, with their whole new state. */
export interface RecordedBlock {
  readonly block: number;
  readonly blockTime: number;
  readonly blockHash: string;
  readonly pools: readonly { readonly address: Address; readonly state: PoolState | null }[];
}

/** A snapshot and the blocks that follow it without a gap. */
export interface Recording extends Snapshot {
  readonly updates: readonly RecordedBlock[];
}

/** Reads a file in pieces. */
export interface FileReader<T> {
  /** Throws `JsonFault`. */
  write(chunk: Buffer): void;
  /** Throws `JsonFault`. */
  end(): T;
}

interface FoundChange {
  readonly address: Address;
  readonly change: PoolChange;
  readonly path: string;
}

/** What was read so far; names may come in any order, so what they say together is judged at the end. */
interface Found {
  readonly tokens: Map<Address, Token>;
  readonly pools: Map<Address, SnapshotPool>;
  /** What updates build on; null where nobody asks for them. */
  readonly fields: Map<Address, PoolChange> | null;
  readonly updates: {
    readonly fields: JsonObject;
    readonly changes: readonly FoundChange[];
    readonly path: string;
  }[];
}

const readNumber = readCount(0, Number.MAX_SAFE_INTEGER);

const isObject = (value: JsonValue | undefined): value is JsonObject => value instanceof Map;

const tokensShape = (found: Found): Shape => ({
  kind: "map",
  of: {
    kind: "object",
    fields: TOKEN_FIELDS,
    take: (value, where) => {
      const path = where();
      const address = readAddress(path.slice("tokens.".length), path);
      if (found.tokens.has(address)) throw new JsonFault(path, "the address appears twice");
      if (isObject(value)) found.tokens.set(address, readToken(address, value, path));
    },
  },
});

/** Gives the same string for equal ones: ten thousand pools name a few hundred tokens and exchanges. */
const createShared = <T extends string>(): ((text: T) => T) => {
  const known = new Map<T, T>();
  return (text) => {
    const first = known.get(text);
    if (first !== undefined) return first;
    known.set(text, text);
    return text;
  };
};

const poolsShape = (found: Found): Shape => {
  const token = createShared<Address>();
  const exchange = createShared();
  const add: TakePool = (fields, ticks, path) => {
    const read = readPool(fields, path);
    const pool = { ...read, dex: exchange(read.dex), token0: token(read.token0), token1: token(read.token1) };
    if (found.pools.has(pool.address))
      throw new JsonFault(`${path}.address`, `${pool.address} appears twice`);
    const change = readChange(fields, ticks, path);
    found.pools.set(pool.address, { pool, state: makeState(pool.kind, change, path) });
    found.fields?.set(pool.address, change);
  };
  return { kind: "list", of: createPoolShape(add) };
};

const updatesShape = (found: Found): Shape => {
  let changes: FoundChange[] = [];
  const change = createPoolShape((fields, ticks, path) => {
    const address = required(fields, "address", path, readAddress);
    changes.push({ address, change: readChange(fields, ticks, path), path });
  });
  return {
    kind: "list",
    of: {
      kind: "object",
      fields: new Map<string, Shape>([
        ["block", SCALAR],
        ["blockTime", SCALAR],
        ["blockHash", SCALAR],
        ["pools", { kind: "list", of: change }],
      ]),
      take: (value, where) => {
        if (isObject(value)) found.updates.push({ fields: value, changes, path: where() });
        changes = [];
      },
    },
  };
};

const documentShape = (found: Found, withUpdates: boolean): Shape => ({
  kind: "object",
  fields: new Map<string, Shape>([
    ["schema", SCALAR],
    ["chainId", SCALAR],
    ["block", SCALAR],
    ["blockTime", SCALAR],
    ["tokens", tokensShape(found)],
    ["pools", poolsShape(found)],
    ...(withUpdates ? [["updates", updatesShape(found)] as const] : []),
  ]),
});

const readSchema = (fields: JsonObject, schemas: readonly string[]): void => {
  const schema = required(fields, "schema", "", readText);
  if (!schemas.includes(schema))
    throw new JsonFault("schema", `expected ${schemas.join(" or ")}, found ${JSON.stringify(schema)}`);
};

/** Stands in for a token that a file does not describe: amounts of it show as raw units. */
const unlisted = (address: Address): Token => ({ address, symbol: address, decimals: 0, taxed: false });

const makeSnapshot = (fields: JsonObject, found: Found): Snapshot => {
  const chainId = required(fields, "chainId", "", readCount(1, Number.MAX_SAFE_INTEGER));
  if (!fields.has("tokens")) throw new JsonFault("tokens", "is missing");
  if (!fields.has("pools")) throw new JsonFault("pools", "is missing");
  const tokens = new Map(found.tokens);
  for (const { pool } of found.pools.values())
    for (const token of [pool.token0, pool.token1])
      if (!tokens.has(token)) tokens.set(token, unlisted(token));
  return {
    chainId,
    block: fields.has("block") ? required(fields, "block", "", nullable(readNumber)) : null,
    blockTime: fields.has("blockTime") ? required(fields, "blockTime", "", nullable(readNumber)) : null,
    tokens,
    pools: [...found.pools.values()],
  };
};

const HASH = /^0x[0-9a-fA-F]{64}$/;

/** Only the fields that are there replace the old ones. */
const merged = (old: PoolChange, change: PoolChange): PoolChange => ({
  ...old,
  ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)),
});

const applyChange = (found: Found, { address, change, path }: FoundChange) => {
  const known = found.pools.get(address);
  if (known === undefined) throw new JsonFault(`${path}.address`, `the snapshot has no pool ${address}`);
  const fields = merged(found.fields?.get(address) ?? {}, change);
  found.fields?.set(address, fields);
  return { address, state: makeState(known.pool.kind, fields, path) };
};

const makeUpdates = (found: Found, first: number | null): RecordedBlock[] => {
  let expected = first === null ? null : first + 1;
  return found.updates.map(({ fields, changes, path }) => {
    const block = required(fields, "block", path, readNumber);
    if (expected !== null && block !== expected)
      throw new JsonFault(
        `${path}.block`,
        `expected block ${expected}, found ${block}: the blocks of a recording have no gap`,
      );
    expected = block + 1;
    const blockHash = required(fields, "blockHash", path, readText);
    if (!HASH.test(blockHash)) throw new JsonFault(`${path}.blockHash`, "expected 0x and 64 hex digits");
    if (!fields.has("pools")) throw new JsonFault(`${path}.pools`, "is missing");
    return {
      block,
      blockTime: required(fields, "blockTime", path, readNumber),
      blockHash: blockHash.toLowerCase(),
      pools: changes.map((change) => applyChange(found, change)),
    };
  });
};

const createFileReader = <T>(
  withUpdates: boolean,
  make: (fields: JsonObject, found: Found) => T,
): FileReader<T> => {
  const fields = withUpdates ? new Map<Address, PoolChange>() : null;
  const found: Found = { tokens: new Map(), pools: new Map(), fields, updates: [] };
  const reader = createJsonReader(documentShape(found, withUpdates));
  return {
    write: (chunk) => reader.write(chunk),
    end: () => {
      const document = reader.end();
      if (!isObject(document)) throw new JsonFault("", "expected an object");
      return make(document, found);
    },
  };
};

/** Reads a `pool-snapshot/1`; of a `pool-recording/1` its first state. */
export const createSnapshotReader = (): FileReader<Snapshot> =>
  createFileReader(false, (fields, found) => {
    readSchema(fields, ["pool-snapshot/1", "pool-recording/1"]);
    return makeSnapshot(fields, found);
  });

/** Reads a `pool-recording/1`. */
export const createRecordingReader = (): FileReader<Recording> =>
  createFileReader(true, (fields, found) => {
    readSchema(fields, ["pool-recording/1"]);
    if (!fields.has("updates")) throw new JsonFault("updates", "is missing");
    const snapshot = makeSnapshot(fields, found);
    return { ...snapshot, updates: makeUpdates(found, snapshot.block) };
  });
