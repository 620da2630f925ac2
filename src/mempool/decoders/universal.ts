import { parseAbiParameters } from "viem";
import { byteStrings, read, reverts, sizeAt, uint, unread } from "./calldata.ts";
import {
  HARMLESS,
  joined,
  type Reading,
  reading,
  type RouterFunction,
  routerFunction,
} from "./routerFunction.ts";
import { COMMANDS, type UniversalContext, type UniversalRouter } from "./universalCommands.ts";

const PLAN = parseAbiParameters("bytes, bytes32");
const DATED_PLAN = parseAbiParameters("bytes, bytes32, bytes32");
const EXECUTE_SUB_PLAN = 0x21;
const MAY_FAIL = 0x80;
/** The six low bits name the command, from 2.1 on the seven; what older routers take 0x40 for is nobody's intention. */
const COMMAND_BITS = 0x7f;
const WORD = 32;
/** Plans inside of plans. */
const DEEPEST = 4;

/** A plan has one input for each byte of its commands; the offsets of both are its first two words. */
function readPlan(args: Uint8Array, context: UniversalContext, depth: number): Reading {
  if (depth > DEEPEST) return unread("its plans nest too deep");
  const codes = Buffer.from(read(PLAN, args)[0].slice(2), "hex");
  const inputs = byteStrings(args, WORD);
  if (codes.length !== inputs.length) return reverts("its commands and inputs differ in number");
  return joined(inputs.map((input, i) => readCommand(codes[i] ?? COMMAND_BITS, input, context, depth)));
}

/**
 * The flag that lets a command fail spares only calls: permits, and plans inside of plans, which the router executes
 * by calling itself. What reverts in a swap or a payment reverts the whole (Dispatcher.dispatch).
 */
function readCommand(code: number, input: Uint8Array, context: UniversalContext, depth: number): Reading {
  const command = code & COMMAND_BITS;
  const mayFail = (code & MAY_FAIL) !== 0;
  if (command === EXECUTE_SUB_PLAN) {
    assertPacked(input);
    const plan = readPlan(input, context, depth + 1);
    return mayFail ? reading({ type: "optional", calls: plan.calls }) : plan;
  }
  const readInput = COMMANDS.get(command) ?? unread(`command 0x${command.toString(16).padStart(2, "0")}`);
  return reading(...readInput(input, context, mayFail));
}

/** CalldataDecoder.decodeActionsRouterParams: commands at once, inputs right behind them. */
function assertPacked(plan: Uint8Array): void {
  const head = 2 * WORD;
  const padded = Math.ceil(sizeAt(plan, head) / WORD) * WORD;
  if (sizeAt(plan, 0) !== head || sizeAt(plan, WORD) !== head + WORD + padded)
    unread("a plan inside of its plan is not packed");
}

/** Uniswap's Universal Router, 1.0 to 2.1.2. */
export const UNIVERSAL_FUNCTIONS: readonly RouterFunction<UniversalRouter>[] = [
  routerFunction("execute(bytes,bytes[])", (args, context) => readPlan(args, context, 0)),
  routerFunction("execute(bytes,bytes[],uint256)", (args, context) => {
    const [, , deadline] = read(DATED_PLAN, args);
    return joined([{ ...HARMLESS, deadline: uint(deadline) }, readPlan(args, context, 0)]);
  }),
];
