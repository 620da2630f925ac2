import type { BlockHeader, Hash, Hex } from "../../src/chain/types.ts";
import type { Bundle } from "../../src/execution/bundle.ts";
import type { Channel, SendResult } from "../../src/execution/channels/channel.ts";
import type { Rpc } from "../../src/execution/chainAnswers.ts";
import type { ExecutionOptions, ExecutionParts } from "../../src/execution/context.ts";
import { createExecution } from "../../src/execution/execution.ts";
import type { FateRecord, IntentJournal, IntentRecord, SignedRecord } from "../../src/execution/journal.ts";
import { nobleKeccak256 } from "../../src/execution/keccak256.ts";
import { promisedProfits } from "../../src/execution/profits.ts";
import { createLocalSigner } from "../../src/execution/localSigner.ts";
import type { Simulation, Simulator } from "../../src/execution/simulate.ts";
import type { SubmitDecision } from "../../src/engine/decisions.ts";
import { secret } from "../../src/lib/secret.ts";
import { listenerParts, optionsOf } from "./executionParts.ts";
import { EXECUTOR, TEST_KEY, hashOf } from "./executionPlan.ts";

/** The header of block `n` on the fakes' one chain. */
export const headerOf = (n: number, hash: Hash = hashOf(n)): BlockHeader => ({
  number: n,
  hash,
  parentHash: hashOf(n - 1),
  timestamp: 1_790_000_000 + 2 * (n - 100),
  baseFeePerGas: 30_000_000_000n,
  gasLimit: 140_000_000n,
  gasUsed: 0n,
  logsBloom: `0x${"00".repeat(256)}`,
});

function once<T>(map: Map<string, T>, id: string, value: T): void {
  if (map.has(id)) throw new Error(`twice: ${id}`);
  map.set(id, value);
}

/** A journal in memory that holds its port's promises: one intent, one signature, one final fate. */
function memoryJournal() {
  const intents = new Map<string, IntentRecord>();
  const signed = new Map<string, SignedRecord>();
  const submissions: string[] = [];
  const booked = new Map<string, FateRecord>();
  /** Calls that fail from now on, as on a full disk. */
  const broken = new Set<keyof IntentJournal>();
  const guard = (act: keyof IntentJournal): void => {
    if (broken.has(act)) throw new Error("disk full");
  };
  const journal: IntentJournal = {
    open: (record) => {
      guard("open");
      once(intents, record.id, record);
    },
    signed: (record, intent) => {
      guard("signed");
      if (intent !== undefined) once(intents, intent.id, intent);
      if (!intents.has(record.intentId)) throw new Error("signed before it was opened");
      once(signed, record.intentId, record);
    },
    submitted: ({ intentId, channel }) => {
      guard("submitted");
      if (!signed.has(intentId)) throw new Error("sent before it was signed");
      submissions.push(channel);
    },
    close: (record) => {
      guard("close");
      if (record.fate !== "unknown") once(booked, record.intentId, record);
    },
    openIntents: () =>
      [...intents.values()]
        .filter(({ id }) => !booked.has(id))
        .map((intent) => ({ intent, signed: signed.get(intent.id) ?? null, submitted: false })),
    tailTriggers: (last) =>
      [...signed.values()]
        .slice(-last)
        .filter(({ intentId, atomicOnly }) => !atomicOnly && booked.get(intentId)?.fate !== "rejected")
        .flatMap(({ intentId }) => intents.get(intentId)?.trigger ?? [])
        .flatMap(({ type, hash }) => (type === "pending" ? [hash] : [])),
  };
  return { journal, intents, signed, submissions, booked, broken };
}

const quantity = (n: number): Hex => `0x${n.toString(16)}`;

/** A chain that knows one sender's transactions by hash and block. */
function memoryChain() {
  const mined = new Map<Hash, number>();
  const state = { head: 100, nonce: 7, down: false };
  /** Transaction counts of others than the signer. */
  const others = new Map<unknown, number>();
  const receipt = (hash: Hash): unknown => {
    const block = mined.get(hash);
    if (block === undefined) return null;
    const place = {
      blockHash: hashOf(block),
      blockNumber: `0x${block.toString(16)}`,
      transactionIndex: "0x0",
    };
    const cost = { status: "0x1", gasUsed: "0x30d40", effectiveGasPrice: "0xdf8475800" };
    return { ...place, ...cost, transactionHash: hash, logs: [] };
  };
  const answer = (method: string, [first]: readonly unknown[]): unknown => {
    if (state.down) throw new Error("node is away");
    if (method === "eth_getTransactionCount") return quantity(others.get(first) ?? state.nonce);
    if (method === "eth_feeHistory") return { reward: [["0x0"], ["0x174876e800"]] };
    if (method === "eth_getTransactionReceipt") return receipt(`0x${String(first).slice(2)}`);
    const { number, hash, baseFeePerGas } = headerOf(state.head);
    return { number: quantity(number), hash, baseFeePerGas: `0x${baseFeePerGas.toString(16)}` };
  };
  const asked: string[] = [];
  const rpc: Rpc = {
    request: async (method, params) => {
      asked.push(method);
      return await Promise.resolve(answer(method, params));
    },
  };
  const mine = (hash: Hash): void => {
    state.nonce++;
    mined.set(hash, ++state.head);
  };
  return { rpc, asked, state, others, mine };
}

export type FakeChannel = Channel & { readonly sent: Bundle[]; answer: () => Promise<SendResult> };

export function fakeChannel(atomic: boolean, name = atomic ? "relay" : "private"): FakeChannel {
  const sent: Bundle[] = [];
  const channel: FakeChannel = {
    name,
    promises: {
      atomic,
      expires: atomic,
      private: true,
      revertProtection: atomic,
      carries: atomic ? "bundle" : "transaction",
      settledOnly: false,
    },
    sent,
    answer: () => Promise.resolve({ result: "accepted", detail: "" }),
    send: (bundle) => {
      sent.push(bundle);
      return channel.answer();
    },
    counts: () => ({ accepted: 0, refused: 0, timeout: 0, error: 0 }),
  };
  return channel;
}

/** Takes single transactions, under conditions that end with their last block. */
export function expiring(): FakeChannel {
  const channel = fakeChannel(false, "conditional");
  return Object.assign(channel, { promises: { ...channel.promises, expires: true } });
}

/** A relay that takes bundles back: their ids are in `cancelled`. */
export function cancellingRelay() {
  const relay = fakeChannel(true);
  const cancelled: string[] = [];
  const channel = {
    ...relay,
    cancel: ({ id }: { id: string }) => {
      cancelled.push(id);
      return Promise.resolve({ result: "accepted", detail: "" } as const);
    },
  };
  return { relay, channel, cancelled };
}

interface FakeSimulation {
  /** Timestamps that were asked for. */
  readonly asked: number[];
  answer: (timestamp: number) => Promise<Simulation>;
  readonly simulator: Simulator;
}

/** A simulator that gives what the plan promises, unless told otherwise. */
function fakeSimulation({ plan }: SubmitDecision): FakeSimulation {
  const fake: FakeSimulation = {
    asked: [],
    answer: () => Promise.resolve({ type: "ok", gasUsed: 150_000n, realised: promisedProfits(plan) }),
    simulator: {
      method: "eth_simulateV1",
      simulate: ({ timestamp }) => {
        fake.asked.push(timestamp);
        return fake.answer(timestamp);
      },
    },
  };
  return fake;
}

/** An execution on fakes of its own ports, told of block 100. */
export async function startFakes(
  decision: SubmitDecision,
  channels: readonly Channel[] | null,
  changes: { readonly options?: Partial<ExecutionOptions>; readonly parts?: Partial<ExecutionParts> } = {},
) {
  const heard = listenerParts();
  const memory = memoryJournal();
  const chain = memoryChain();
  const simulation = fakeSimulation(decision);
  const signer = createLocalSigner(secret(TEST_KEY));
  const parts: ExecutionParts = {
    ...heard.parts,
    rpc: chain.rpc,
    journal: memory.journal,
    simulator: simulation.simulator,
    live: channels === null ? null : { signer, channels, keccak256: nobleKeccak256 },
    ...changes.parts,
  };
  const execution = createExecution(optionsOf(EXECUTOR, changes.options), parts);
  await execution.recover();
  execution.onBlock(headerOf(100));
  await execution.idle();
  return { ...heard, ...memory, chain, simulation, execution, signer };
}
