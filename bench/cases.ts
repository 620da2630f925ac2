import { amountOutCase } from "./cases/amountOut.ts";
import { brainCase } from "./cases/brain.ts";
import { decodeCase } from "./cases/decode.ts";
import { kernelCase } from "./cases/kernel.ts";
import { losslessCase } from "./cases/lossless.ts";
import { marketsCase } from "./cases/markets.ts";
import { pendingFloodCase } from "./cases/pendingFlood.ts";
import { pendingLiveCase } from "./cases/pendingLive.ts";
import { pendingSearchCase } from "./cases/pendingSearch.ts";
import { pipelineCase } from "./cases/pipeline.ts";
import { recordingsCase } from "./cases/recordings.ts";
import { sdkCase } from "./cases/sdk.ts";
import { searchCase } from "./cases/search.ts";
import { seedCase } from "./cases/seed.ts";
import { signCase } from "./cases/sign.ts";
import { sizingCase } from "./cases/sizing.ts";
import { startCase } from "./cases/start.ts";
import { tailCase } from "./cases/tail.ts";
import type { BenchCase } from "./harness/case.ts";

/** Every case, in the order in which they run. */
export const CASES: readonly BenchCase[] = [
  marketsCase,
  losslessCase,
  pipelineCase,
  tailCase,
  kernelCase,
  searchCase,
  sdkCase,
  amountOutCase,
  recordingsCase,
  decodeCase,
  seedCase,
  signCase,
  sizingCase,
  startCase,
  pendingSearchCase,
  pendingLiveCase,
  pendingFloodCase,
  brainCase,
];
