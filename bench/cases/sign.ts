import { secp256k1 } from "@noble/curves/secp256k1";
import { keccak256 } from "viem";
import type { Hex } from "../../src/chain/types.ts";
import { createByteBuffer, fromHex } from "../../src/execution/bytes.ts";
import { planLength, writePlan } from "../../src/execution/calldata.ts";
import { createLocalSigner } from "../../src/execution/localSigner.ts";
import { loadPrimitives, portablePrimitives } from "../../src/execution/primitives.ts";
import type { Primitives } from "../../src/execution/primitives.ts";
import { silentLog } from "../../src/lib/log.ts";
import { secret } from "../../src/lib/secret.ts";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { measureRounds } from "../harness/rounds.ts";
import type { Contender, RoundOptions } from "../harness/rounds.ts";
import { lessRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import {
  createEthersEncoder,
  createEthersSigner,
  createViemSigner,
  viemCalldata,
} from "../references/signPeers.ts";
import { awaitingTurns, takingTurns } from "./contenders.ts";
import { BENCH_KEY, drawPlans } from "./plans.ts";
import type { SignCase } from "./plans.ts";

const PLANS = 64;

/** From a plan in memory to the raw transaction in hex. */
interface Whole {
  readonly fast: (item: SignCase) => Hex;
  readonly portable: (item: SignCase) => Hex;
  readonly viem: (item: SignCase) => Promise<Hex>;
  readonly ethers: (item: SignCase) => Promise<string>;
}

function createWhole(primitives: Primitives): Whole {
  const byViem = createViemSigner(BENCH_KEY);
  const byEthers = createEthersSigner(BENCH_KEY);
  const encodeByEthers = createEthersEncoder();
  return {
    fast: oursWith(primitives),
    portable: oursWith(portablePrimitives),
    viem: ({ call, envelope }) => byViem({ ...envelope, data: viemCalldata(call) }),
    ethers: ({ call, envelope }) => byEthers({ ...envelope, data: hexOf(encodeByEthers(call)) }),
  };
}

function oursWith(primitives: Primitives): Whole["fast"] {
  const signer = createLocalSigner(secret(BENCH_KEY), primitives);
  return ({ plan, encoding, envelope }) => signer.signPlan(plan, encoding, envelope);
}

const hexOf = (text: string): Hex => `0x${text.slice(2)}`;

async function checkBytes(context: BenchContext, items: readonly SignCase[], whole: Whole): Promise<void> {
  let [unlikeViem, unlikeEthers, unlikePortable] = [0, 0, 0];
  for (const item of items) {
    const raw = whole.fast(item);
    if (raw !== (await whole.viem(item))) unlikeViem++;
    if (raw !== (await whole.ethers(item))) unlikeEthers++;
    if (raw !== whole.portable(item)) unlikePortable++;
  }
  context.check("every raw transaction is viem's, byte for byte", unlikeViem === 0, `${unlikeViem} differ`);
  context.check("… and ethers'", unlikeEthers === 0, `${unlikeEthers} differ`);
  context.check("… and that of the portable primitives", unlikePortable === 0, `${unlikePortable} differ`);
}

/** p50 in microseconds, in the order of the contenders. */
async function medians(contenders: readonly Contender[], options: RoundOptions): Promise<readonly number[]> {
  return (await measureRounds(contenders, options)).map(({ micros }) => micros.p50);
}

const wholeContenders = (items: readonly SignCase[], whole: Whole): readonly Contender[] => [
  takingTurns("signPlan", items, (item) => whole.fast(item).length),
  takingTurns("signPlan, portable", items, (item) => whole.portable(item).length),
  awaitingTurns("viem", items, async (item) => (await whole.viem(item)).length),
  awaitingTurns("ethers", items, async (item) => (await whole.ethers(item)).length),
];

const WHOLE = "calldata + transaction + signature, 3 hops";
const BY_VIEM = "viem encodeFunctionData + signTransaction";
const BY_ETHERS = "ethers encodeFunctionData + signTransaction";

async function warmRows(
  items: readonly SignCase[],
  whole: Whole,
  options: RoundOptions,
): Promise<readonly Row[]> {
  const [fast = NaN, portable = NaN, viem = NaN, ethers = NaN] = await medians(
    wholeContenders(items, whole),
    options,
  );
  const row = { name: WHOLE, unit: "us", value: fast };
  const byViem = { reference: BY_VIEM, referenceValue: viem };
  return [
    lessRow({ ...row, ...byViem, bar: "ratio >= 5", stretch: "ratio >= 15" }),
    lessRow({ ...row, reference: BY_ETHERS, referenceValue: ethers }),
    lessRow({
      ...row,
      ...byViem,
      name: `${WHOLE}, noble only`,
      value: portable,
      note: "where neither libsecp256k1 nor hash-wasm loads",
    }),
  ];
}

async function flushedRows(
  items: readonly SignCase[],
  whole: Whole,
  options: RoundOptions,
): Promise<readonly Row[]> {
  const [fast = NaN, , viem = NaN, ethers = NaN] = await medians(wholeContenders(items, whole), options);
  const row = { name: `${WHOLE}, flushed`, unit: "us", value: fast };
  return [
    lessRow({ ...row, reference: BY_VIEM, referenceValue: viem }),
    lessRow({ ...row, reference: BY_ETHERS, referenceValue: ethers }),
  ];
}

interface Payload {
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
}

async function partRows(
  items: readonly SignCase[],
  payloads: readonly Payload[],
  { keccak256: hasher, ecdsa }: Primitives,
  budgetMs: number,
): Promise<readonly Row[]> {
  const target = createByteBuffer(4096);
  const encodeByEthers = createEthersEncoder();
  const key = fromHex(BENCH_KEY);
  const signature = new Uint8Array(64);
  const [ours = NaN, viem = NaN, ethers = NaN, hash = NaN, viemHash = NaN, sign = NaN, viemSign = NaN] =
    await medians(
      [
        takingTurns("writePlan", items, ({ plan, encoding }) => {
          writePlan(target, 0, plan, encoding);
          return planLength(plan);
        }),
        takingTurns("viem calldata", items, ({ call }) => viemCalldata(call).length),
        takingTurns("ethers calldata", items, ({ call }) => encodeByEthers(call).length),
        takingTurns("keccak", payloads, ({ bytes }) => hasher.hash(bytes)[0] ?? 0),
        takingTurns("viem keccak", payloads, ({ bytes }) => keccak256(bytes, "bytes")[0] ?? 0),
        takingTurns("ecdsa", payloads, ({ hash: digest }) => ecdsa.sign(digest, key, signature)),
        takingTurns(
          "noble",
          payloads,
          ({ hash: digest }) => secp256k1.sign(digest, key, { lowS: true }).recovery,
        ),
      ],
      { budgetMs },
    );
  const calldata = { name: "calldata alone, 3 hops", unit: "us", value: ours };
  return [
    lessRow({ ...calldata, reference: "viem encodeFunctionData", referenceValue: viem }),
    lessRow({ ...calldata, reference: "ethers encodeFunctionData", referenceValue: ethers }),
    lessRow({
      name: `keccak256 of the transaction, ${payloads[0]?.bytes.length ?? 0} bytes`,
      unit: "us",
      value: hash,
      reference: "viem keccak256",
      referenceValue: viemHash,
      note: hasher.backend,
    }),
    lessRow({
      name: "ECDSA alone",
      unit: "us",
      value: sign,
      reference: "@noble/curves, viem's",
      referenceValue: viemSign,
      note: `${ecdsa.backend}; a new nonce each time, none is prepared`,
    }),
  ];
}

async function measure(context: BenchContext): Promise<readonly Row[]> {
  const items = drawPlans(context.market("1k mixed"), PLANS, context.seed);
  const primitives = await loadPrimitives(silentLog);
  const { ecdsa, keccak256: hasher } = primitives;
  if (ecdsa.backend !== "libsecp256k1") context.note("native secp256k1 is not here: noble signs");
  if (hasher.backend !== "hash-wasm") context.note("hash-wasm is not here: noble hashes");
  const whole = createWhole(primitives);
  await checkBytes(context, items, whole);
  const payloads = items.map((item): Payload => {
    const bytes = fromHex(whole.fast(item));
    return { bytes, hash: hasher.hash(bytes).slice() };
  });
  const left = context.timeLeftMs();
  return [
    ...(await warmRows(items, whole, { budgetMs: 0.5 * left })),
    ...(await flushedRows(items, whole, { budgetMs: 0.2 * left, flush: context.flush })),
    ...(await partRows(items, payloads, primitives, 0.3 * left)),
  ];
}

export const signCase: BenchCase = {
  name: "sign",
  about: `a plan of one three-hop cycle to a signed EIP-1559 transaction, ${PLANS} plans in turn`,
  budgetMs: 6000,
  run: measure,
};
