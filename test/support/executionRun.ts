import { join } from "node:path";
import type { Channel } from "../../src/execution/channels/channel.ts";
import { createFlashbotsChannel } from "../../src/execution/channels/flashbots.ts";
import { createPrivateChannel } from "../../src/execution/channels/private.ts";
import { createPublicChannel } from "../../src/execution/channels/public.ts";
import type { Rpc } from "../../src/execution/chainAnswers.ts";
import type { ExecutionOptions } from "../../src/execution/context.ts";
import { createExecution, type Execution } from "../../src/execution/execution.ts";
import type { IntentJournal } from "../../src/execution/journal.ts";
import { nobleKeccak256 } from "../../src/execution/keccak256.ts";
import { createLocalSigner } from "../../src/execution/localSigner.ts";
import { guardSigner, type Signer, type SyncSigner } from "../../src/execution/signer.ts";
import { createSimulator, readOperator } from "../../src/execution/simulate.ts";
import { openJournal, type Journal } from "../../src/ledger/journal.ts";
import { secret } from "../../src/lib/secret.ts";
import { listenerParts, optionsOf } from "./executionParts.ts";
import type { ExecutionStage } from "./executionStage.ts";

export const relayChannel = ({ devnet }: ExecutionStage): Channel =>
  createFlashbotsChannel({
    name: "relay",
    endpoint: { url: secret(devnet.relayUrl), headers: {} },
    authKey: null,
  });

export const privateChannel = ({ devnet }: ExecutionStage): Channel =>
  createPrivateChannel({
    name: "private",
    endpoint: { url: secret(devnet.httpUrl), headers: {} },
    method: "eth_sendRawTransactionPrivate",
  });

export const publicChannel = ({ devnet }: ExecutionStage): Channel =>
  createPublicChannel({ name: "public", endpoint: { url: secret(devnet.httpUrl), headers: {} } });

export function operatorSigner({ devnet, executor }: ExecutionStage): SyncSigner {
  const policy = { chainId: 137, executor, txGasCap: 16_777_216n, txFeeCap: 10n ** 18n };
  return guardSigner(createLocalSigner(secret(devnet.accounts.operator.privateKey)), policy);
}

let ledgers = 0;

export function newJournal(stage: ExecutionStage): Journal {
  const run = { mode: "live", chainId: 137, nativeSymbol: "POL", version: "0", time: 1 } as const;
  return openJournal(join(stage.folder, `${++ledgers}.sqlite`), run);
}

export interface RunParts {
  /** Null: dry-run. */
  readonly channels: readonly Channel[] | null;
  readonly journal: IntentJournal;
  readonly options?: Partial<ExecutionOptions>;
  readonly rpc?: Rpc;
  readonly signer?: Signer;
}

export type Run = ReturnType<typeof listenerParts> & { readonly execution: Execution };

/** An execution on the stage, recovered and told of the present head. */
export async function startRun(stage: ExecutionStage, run: RunParts): Promise<Run> {
  const { devnet, executor } = stage;
  const rpc: Rpc = run.rpc ?? { request: (method, params) => devnet.rpc(method, params) };
  const from = await readOperator(rpc, executor, 20_000);
  const simulator = await createSimulator({ executor, from, timeoutMs: 20_000 }, rpc);
  const heard = listenerParts();
  const signer = run.signer ?? operatorSigner(stage);
  const live = run.channels === null ? null : { signer, keccak256: nobleKeccak256, channels: run.channels };
  const options = optionsOf(executor, run.options);
  const parts = { ...heard.parts, rpc, journal: run.journal, simulator, live };
  const execution = createExecution(options, parts);
  await execution.recover();
  execution.onBlock(await stage.header());
  await execution.idle();
  return { ...heard, execution };
}

/** Makes a block and lets the execution look at it. */
export async function nextBlock(stage: ExecutionStage, { execution }: Run): Promise<number> {
  const { number } = await stage.devnet.build();
  execution.onBlock(await stage.header());
  await execution.idle();
  return number;
}
