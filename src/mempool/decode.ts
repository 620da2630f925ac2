import type { Router } from "../chain/registry.ts";
import type { Address, PendingTransaction } from "../chain/types.ts";
import { ALGEBRA_FUNCTIONS } from "./decoders/algebra.ts";
import { Refusal, reverts, unread } from "./decoders/calldata.ts";
import type { CallContext, Reading, RouterFunction } from "./decoders/routerFunction.ts";
import { ROUTER02_FUNCTIONS } from "./decoders/router02.ts";
import { UNIVERSAL_FUNCTIONS } from "./decoders/universal.ts";
import { V2_FUNCTIONS } from "./decoders/v2.ts";
import { V3_FUNCTIONS } from "./decoders/v3.ts";
import type { Decoding } from "./routerCall.ts";

type Call = Pick<PendingTransaction, "to" | "from" | "value" | "input">;

/** Reads what pending transactions ask of the routers that it knows. */
export interface Decoder {
  /** Never throws, and takes time linear in the calldata. */
  decode(transaction: Call): Decoding;
  isRouter(address: Address): boolean;
  routerOf(address: Address): Router | null;
}

type Functions<R extends Router> = ReadonlyMap<number, RouterFunction<R>>;

const bySelector = <R extends Router>(functions: readonly RouterFunction<R>[]): Functions<R> =>
  new Map(functions.map((one) => [one.selector, one]));

const V2 = bySelector(V2_FUNCTIONS);
const V3 = bySelector(V3_FUNCTIONS);
const ROUTER02 = bySelector(ROUTER02_FUNCTIONS);
const ALGEBRA = bySelector(ALGEBRA_FUNCTIONS);
const UNIVERSAL = bySelector(UNIVERSAL_FUNCTIONS);

/** Calldata beyond this, in bytes, is no swap of a router: the largest real ones have some 10,000. */
const MOST_BYTES = 32_768;
/** Multicalls inside of multicalls. */
const DEEPEST = 4;
const SELECTOR_BYTES = 4;

const refuse = (why: string, opaque: boolean): Decoding => ({ type: "unsupported", why, opaque });
const CREATION = refuse("it creates a contract", false);
const TRANSFER = refuse("a plain transfer", false);
const NO_ROUTER = refuse("no router that is known", true);

/** A router, and how its functions are read. */
interface Book<R extends Router> {
  readonly functions: Functions<R>;
  readonly router: R;
}

/** Who calls, and with what. */
type Caller = Omit<CallContext, "inner" | "router">;

type Decoded = readonly [functionName: string, Reading];

/**
 * Reads a call by its selector, and by the same functions those that the router makes to itself. Field by field, as all on
 * the way of a pending transaction: a spread takes a hundredth of a millisecond in code that has not run for a while.
 */
function open<R extends Router>(
  { functions, router }: Book<R>,
  caller: Caller,
  calldata: Uint8Array,
  depth = 0,
): Decoded {
  if (depth > DEEPEST) return unread("its calls nest too deep");
  if (calldata.length < SELECTOR_BYTES) return reverts("it has no selector");
  const selector = new DataView(calldata.buffer, calldata.byteOffset).getUint32(0);
  const found = functions.get(selector);
  if (found === undefined)
    return unread(`function 0x${selector.toString(16).padStart(8, "0")} of ${router.name}`);
  const inner = (nested: Uint8Array): Reading => open({ functions, router }, caller, nested, depth + 1)[1];
  const { wrappedNative, sender, value } = caller;
  const context = { router, wrappedNative, sender, value, inner };
  return [found.name, found.read(calldata.subarray(SELECTOR_BYTES), context)];
}

type ReadRouter = Exclude<Router, { family: "opaque" }>;

function openAs(router: ReadRouter, caller: Caller, calldata: Uint8Array): Decoded {
  switch (router.family) {
    case "v2":
      return open({ functions: V2, router }, caller, calldata);
    case "v3":
      return open({ functions: V3, router }, caller, calldata);
    case "router02":
      return open({ functions: ROUTER02, router }, caller, calldata);
    case "algebra":
      return open({ functions: ALGEBRA, router }, caller, calldata);
    case "universal":
      return open({ functions: UNIVERSAL, router }, caller, calldata);
  }
}

/** Knows the routers of a chain; `wrappedNative` is its wrapped coin. Addresses are in lower case. */
export function createDecoder(routers: readonly Router[], wrappedNative: Address): Decoder {
  const byAddress = new Map(routers.map((router) => [router.address, router]));

  const decodeCall = (router: Router, { from, value, input }: Call): Decoding => {
    if (router.family === "opaque") return refuse(`${router.name} is opaque`, true);
    if (input.length > 2 + 2 * MOST_BYTES) return refuse("its calldata is too long", true);
    const bytes = Buffer.from(input.slice(2), "hex");
    if (2 + 2 * bytes.length !== input.length) return refuse("its calldata is no hex", false);
    const { address, family } = router;
    const takesCoins = family === "universal" && router.takesCoins;
    const unsureDex = family === "router02" && router.unsureV2 ? router.dexV2 : null;
    const [functionName, read] = openAs(router, { wrappedNative, sender: from, value }, bytes);
    const { calls, deadline, parentHash } = read;
    return {
      type: "decoded",
      router: address,
      family,
      takesCoins,
      unsureDex,
      functionName,
      calls,
      deadline,
      parentHash,
    };
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
        return decodeCall(router, transaction);
      } catch (error) {
        if (error instanceof Refusal) return refuse(error.message, error.opaque);
        return refuse(`not read: ${String(error)}`, true);
      }
    },
  };
}
