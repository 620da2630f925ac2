import { expect, test } from "vitest";
import { createAddressTable } from "../../../src/chain/addressTable.ts";
import { createLogQuery } from "../../../src/feed/logQuery.ts";
import { parseHeader } from "../../../src/feed/parse.ts";
import type { RpcRequest } from "../../../src/feed/rpcConnection.ts";
import { createFakeChain, headerJson, logsJson, SYNC } from "../../support/feedChain.ts";

const chain = createFakeChain(1, 5, () => 1_700_000_000_000);
const block = chain.extend({ touched: 4 });

/** A node whose answer has this result, at the connection's hands. */
const answering =
  (result: unknown): RpcRequest =>
  (_method, _params, options) => {
    const text = JSON.stringify({ jsonrpc: "2.0", id: 1, result });
    const at = text.indexOf('"result":') + '"result":'.length;
    return Promise.resolve(options?.takeAnswer?.(Buffer.from(text), at) === true ? undefined : result);
  };

async function ask(result: unknown) {
  const pools = createAddressTable();
  for (const [id, pool] of chain.pools.entries()) pools.set(pool, id);
  const header = parseHeader(headerJson(block));
  if (header === null) throw new Error("no header");
  const query = createLogQuery({ topics: [SYNC], pools });
  const logs = await query.ask({ request: answering(result) }, header, { query: {}, timeoutMs: 1000 });
  return { indexes: logs?.map(({ logIndex }) => logIndex) ?? null, stats: query.stats };
}

const FAST = { fast: 1, general: 0 };
const GENERAL = { fast: 0, general: 1 };
const logs = logsJson(block);

test("our pools' logs in order, whichever decoder reads them; a stranger's is left out", async () => {
  expect(await ask(logs.toReversed())).toEqual({ indexes: [0, 1, 2, 3], stats: FAST });
  const strange = logs.toReversed().map((log) => ({ ...log, type: "mined" }));
  expect(await ask(strange)).toEqual({ indexes: [0, 1, 2, 3], stats: GENERAL });
  expect(await ask([])).toEqual({ indexes: [], stats: FAST });
});

test("what cannot be is refused by both", async () => {
  expect(await ask([...logs, ...logs.slice(0, 1)])).toEqual({ indexes: null, stats: FAST });
  expect(await ask([{ ...logs[0], blockHash: block.parent?.hash }])).toEqual({
    indexes: null,
    stats: GENERAL,
  });
  expect(await ask([{ ...logs[0], removed: true }])).toEqual({ indexes: null, stats: GENERAL });
  expect(await ask("0x")).toEqual({ indexes: null, stats: GENERAL });
});

test("a stranger's log is not judged", async () => {
  const stranger = { ...logs.at(-1), blockHash: null, data: 7 };
  expect(await ask([...logs.slice(0, 4), stranger])).toEqual({ indexes: [0, 1, 2, 3], stats: GENERAL });
});
