import type { PoolState, Swap, SwapRefusal, SwapRequest } from "../amm/poolState.ts";
import { swap } from "../amm/swap.ts";
import type { Address, Pool } from "../chain/types.ts";
import type { JsonObject, JsonValue, Shape } from "../lib/jsonReader.ts";
import { JsonFault, type JsonScalar } from "../lib/jsonScanner.ts";
import { optional, readAddress, readAmount, readFlag, required, SCALAR } from "../market/snapshotFields.ts";
import { createSnapshotReader } from "../market/snapshotFile.ts";
import { createPoolShape, makeState, readChange, readPool } from "../market/snapshotPool.ts";
import { readInputFile } from "./inputFile.ts";
import { answerLines, createLineReader, faultMessage, type OpenLine } from "./lineReader.ts";
import type { Output } from "./output.ts";
import { printedState } from "./poolStateJson.ts";

/** States of known pools; null: known, but not to be priced. */
type KnownStates = ReadonlyMap<Address, PoolState | null>;

/** Why a request gets no price. */
class Refused extends Error {
  override readonly name = "Refused";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const UINT256 = (1n << 256n) - 1n;
const UINT160 = (1n << 160n) - 1n;
const readWhole = readAmount(0n, UINT256, "0 to 2^256 - 1");
const readLimit = readAmount(0n, UINT160, "0 to 2^160 - 1");
const UNNAMED_DEX = "unnamed";

interface InlinePool {
  readonly pool: Pool;
  readonly state: PoolState | null;
}

/** What of a request is taken while its line is read: the id survives whatever else is wrong. */
interface Taken {
  id: JsonScalar;
  inline: InlinePool | null;
}

const requestShape = (taken: Taken): Shape => ({
  kind: "object",
  fields: new Map<string, Shape>([
    ["id", { kind: "scalar", room: 4096, take: (value) => (taken.id = asScalar(value)) }],
    [
      "pool",
      {
        kind: "either",
        scalar: SCALAR,
        object: createPoolShape((fields, ticks, path) => {
          const pool = readPool(fields, path, UNNAMED_DEX);
          taken.inline = { pool, state: makeState(pool.kind, readChange(fields, ticks, path), path) };
        }),
      },
    ],
    ...["zeroForOne", "amountIn", "amountOut", "sqrtPriceLimitX96"].map((name) => [name, SCALAR] as const),
  ]),
});

const asScalar = (value: JsonValue): JsonScalar =>
  typeof value !== "object" || (value !== null && "number" in value) ? value : null;

const stateOf = (request: JsonObject, inline: InlinePool | null, known: KnownStates): PoolState => {
  const address = inline?.pool.address ?? required(request, "pool", "", readAddress);
  const state = inline === null ? known.get(address) : inline.state;
  if (state === undefined) throw new Refused("unknown_pool", `the snapshot has no pool ${address}`);
  if (state === null)
    throw new Refused(
      "not_priced",
      `pool ${address} has no price, tick spacing or reserve, and cannot be priced`,
    );
  return state;
};

const swapRequest = (request: JsonObject, state: PoolState): SwapRequest => {
  const zeroForOne = required(request, "zeroForOne", "", readFlag);
  const amountIn = optional(request, "amountIn", "", readWhole);
  const amountOut = optional(request, "amountOut", "", readWhole);
  const sqrtPriceLimitX96 = optional(request, "sqrtPriceLimitX96", "", readLimit);
  if (sqrtPriceLimitX96 !== undefined && state.kind === "v2")
    throw new JsonFault("sqrtPriceLimitX96", "a v2 pool knows no price limit");
  const limit = sqrtPriceLimitX96 === undefined ? {} : { sqrtPriceLimitX96 };
  if (amountIn !== undefined && amountOut === undefined) return { zeroForOne, amountIn, ...limit };
  if (amountOut !== undefined && amountIn === undefined) return { zeroForOne, amountOut, ...limit };
  throw new JsonFault("amountIn", "give either amountIn or amountOut");
};

const REASONS = {
  zero_amount: "the amount is zero",
  no_liquidity: "the pool has no liquidity",
  insufficient_liquidity: "the pool does not hold that much",
  price_limit: "the price limit lies on the wrong side of the price, or beyond all prices",
  amount_out_of_range: "the amount is larger than the contract takes",
  reserve_overflow: "a reserve would pass 2^112 - 1",
  price_out_of_range: "the price would leave the range of all prices",
  invalid_state: "the pool's state contradicts itself",
} as const satisfies Record<SwapRefusal, string>;

const answerSwap = ({ amountIn, amountOut, complete, after }: Swap): Record<string, unknown> => ({
  amountIn: amountIn.toString(),
  amountOut: amountOut.toString(),
  complete,
  after: printedState(after),
});

const price = (request: JsonObject, taken: Taken, known: KnownStates): Record<string, unknown> => {
  const state = stateOf(request, taken.inline, known);
  const result = swap(state, swapRequest(request, state));
  if (!result.ok) throw new Refused(`refused:${result.refusal}`, REASONS[result.refusal]);
  return answerSwap(result.swap);
};

const refusal = (error: unknown): Record<string, unknown> => {
  if (error instanceof Refused) return { error: { code: error.code, message: error.message } };
  if (error instanceof JsonFault) return { error: { code: "bad_request", message: faultMessage(error) } };
  throw error;
};

/** The id as it came, with every digit of a number. */
const idText = (id: JsonScalar): string =>
  typeof id === "object" && id !== null ? id.number : JSON.stringify(id);

const withId = (id: JsonScalar, answer: Record<string, unknown>): string =>
  `{"id":${idText(id)},${JSON.stringify(answer).slice(1)}`;

const openRequest = (known: KnownStates): OpenLine => {
  const taken: Taken = { id: null, inline: null };
  const line = createLineReader(requestShape(taken));
  return {
    write: (piece) => line.write(piece),
    end: () => {
      if (line.isBlank) return null;
      const found = line.end();
      if (found.type === "syntax")
        return withId(taken.id, { error: { code: "bad_json", message: faultMessage(found.fault) } });
      try {
        if (found.type === "fault") throw found.fault;
        if (!(found.value instanceof Map)) throw new JsonFault("", "expected an object");
        return withId(taken.id, price(found.value, taken, known));
      } catch (error) {
        return withId(taken.id, refusal(error));
      }
    },
  };
};

export interface QuoteOptions {
  readonly snapshot?: string;
}

/**
 * Prices one swap a line, in order. A line that cannot be answered gets an error answer with one of the codes
 * `bad_json`, `bad_request`, `unknown_pool`, `not_priced` or `refused:<why the contract would revert>`; the stream
 * goes on.
 */
export async function quote(
  options: QuoteOptions,
  input: AsyncIterable<Buffer>,
  output: Output,
): Promise<void> {
  const snapshot =
    options.snapshot === undefined ? null : await readInputFile(options.snapshot, createSnapshotReader());
  const known: KnownStates = new Map(snapshot?.pools.map(({ pool, state }) => [pool.address, state]));
  for await (const answers of answerLines(input, () => openRequest(known))) await output.write(answers);
}
