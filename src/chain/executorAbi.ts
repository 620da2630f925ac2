import { parseAbi } from "viem";

/** The executor's interface (`contracts/ArbExecutor.sol`); a test holds it equal to the compiled one. */
export const executorAbi = parseAbi([
  "constructor(address owner_, address treasury_, address operator_)",
  "struct Hop { uint8 kind; address pool; bool zeroForOne; uint24 feePpm; address tokenOut; }",
  "struct Cycle { address base; uint128 amountIn; uint128 minProfit; Hop[] hops; }",
  "function execute(Cycle[] cycles, uint256 maxBlock, bytes32 parentHash)",
  "function sweep(address token)",
  "function owner() view returns (address)",
  "function treasury() view returns (address)",
  "function operator() view returns (address)",
  "function uniswapV2Call(address, uint256, uint256, bytes data)",
  "function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes data)",
  "function algebraSwapCallback(int256 amount0Delta, int256 amount1Delta, bytes data)",
  "event CycleExecuted(uint256 indexed index, address indexed base, uint256 profit)",
  "error NotOwner(address caller)",
  "error NotOperator(address caller)",
  "error ZeroAddress()",
  "error Reentered()",
  "error TooLate(uint256 blockNumber, uint256 maxBlock)",
  "error ParentChanged(bytes32 actual, bytes32 expected)",
  "error CycleTooShort(uint256 index)",
  "error UnexpectedCallback(address caller)",
  "error CallbackMissing(address pool)",
  "error PaymentMismatch(address pool, int256 asked, uint256 expected)",
  "error TransferFailed(address token, address to, uint256 amount)",
  "error ProfitBelowMinimum(uint256 index, int256 profit, uint256 minProfit)",
]);
