import type { Router } from "../chain/registry.ts";
import type { Address, PendingTransaction } from "../chain/types.ts";
import { Refusal, reverts, unread } from "./decoders/calldata.ts";
import type { CallContext, Reading, RouterFunction } from "./decoders/routerFunction.ts";
import { V2_FUNCTIONS } from "./decoders/v2.ts";
import type { Decoding } from "./routerCall.ts";

/** Reads what pending transactions ask of the routers that it knows. */
export interface Decoder {
  /** Never throws, and takes time linear in the calldata. */
  decode(transaction: Pick<PendingTransaction, "to" | "from" | "value" | "input">): Decoding;
  isRouter(address: Address): boolean;
  routerOf(address: Address): Router | null;
}

type Family = Router["family"];

/** The functions of each family; a family without any is opaque. */
const FUNCTIONS: Readonly<Record<Family, readonly RouterFunction[]>> = {
  v2: V2_FUNCTIONS,
  v3: [],
  router02: [],
  algebra: [],
  universal: [],
  opaque: [],
};

const bySelector = (functions: readonly RouterFunction[]): ReadonlyMap<number, RouterFunction> =>
  new Map(functions.map((one) => [one.selector, one]));

/** Calldata beyond this, in bytes, is no swap of a router; the largest real ones have about 10,000. */
const MOST_BYTES = 32_768;
/** Calls of a router to itself in one transaction, and how deep they may nest. */
const MOST_CALLS = 64;
const DEEPEST = 4;
const SELECTOR_BYTES = 4;

const refuse = (why: string, opaque: boolean): Decoding => ({ type: "unsupported", why, opaque });
const CREATION = refuse("it creates a contract", false);
const TRANSFER = refuse("a plain transfer", false);
const NO_ROUTER = refuse("not a router that is known", true);

/** Reads calls of one transaction by their selectors. */
function createReader(
  functions: ReadonlyMap<number, RouterFunction>,
  transaction: Omit<CallContext, "inner">,
) {
  let calls = 0;
  const open = (calldata: Uint8Array, depth: number): readonly [RouterFunction, Reading] => {
    if (depth > DEEPEST || ++calls > MOST_CALLS) unread("its calls nest too deep or are too many");
    if (calldata.length < SELECTOR_BYTES) reverts("it has no selector");
    const selector = new DataView(calldata.buffer, calldata.byteOffset).getUint32(0);
    const found = functions.get(selector);
    if (found === undefined)
      return unread(`function 0x${selector.toString(16).padStart(8, "0")} of ${transaction.router.name}`);
    const inner = (nested: Uint8Array): Reading => open(nested, depth + 1)[1];
    const what = found.read(calldata.subarray(SELECTOR_BYTES), { ...transaction, inner });
    const unpayable = !found.payable && transaction.value > 0n;
    return [found, unpayable ? { ...what, reverts: `${found.name} takes no native coins` } : what];
  };
  return (calldata: Uint8Array) => open(calldata, 0);
}

/** Knows the routers of a chain; `wrappedNative` is its wrapped coin. Addresses are in lower case. */
export function createDecoder(routers: readonly Router[], wrappedNative: Address): Decoder {
  const byAddress = new Map(routers.map((router) => [router.address, router]));
  const functionsOf = new Map(routers.map(({ family }) => [family, bySelector(FUNCTIONS[family])]));

  const readCall = (router: Router, { from, value, input }: Parameters<Decoder["decode"]>[0]): Decoding => {
    const functions = functionsOf.get(router.family);
    if (functions === undefined || functions.size === 0) return refuse(`${router.name} is opaque`, true);
    if (input.length > 2 + 2 * MOST_BYTES) return refuse("its calldata is too long", true);
    const bytes = Buffer.from(input.slice(2), "hex");
    if (bytes.length * 2 + 2 !== input.length) return refuse("its calldata is no hex", false);
    const [{ name }, what] = createReader(functions, { router, wrappedNative, sender: from, value })(bytes);
    return { type: "decoded", router: router.address, functionName: name, ...what };
  };

  return {
    isRouter: (address) => byAddress.has(address),
    routerOf: (address) => byAddress.get(address) ?? null,
    decode: (transaction) => {
      const { to, input } = transaction;
      if (to === null) return CREATION;
      const router = byAddress.get(to);
      if (router === undefined) return input === "0x" ? TRANSFER : NO_ROUTER;
      try {
        return readCall(router, transaction);
      } catch (error) {
        return error instanceof Refusal
          ? refuse(error.message, error.opaque)
          : refuse(`not read: ${String(error)}`, true);
      }
    },
  };
}
