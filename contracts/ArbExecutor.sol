// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

interface IERC20 {
    function balanceOf(address account) external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
}

interface IV2Pair {
    function getReserves() external view returns (uint112 reserve0, uint112 reserve1, uint32 blockTimestampLast);
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
}

/// Uniswap V3 and Algebra v1 share this one signature; they differ in the callback they make.
interface IConcentratedPool {
    function swap(
        address recipient,
        bool zeroForOne,
        int256 amountSpecified,
        uint160 sqrtPriceLimitX96,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1);
}

/// @title Runs arbitrage cycles atomically, each on a loan from its own first pool.
///
/// A cycle is a route that ends in its first token, its base. The first pool hands out its output before it is
/// paid; inside its callback the other hops run; the last one brings base, of which the loan is repaid. What is
/// left is the profit: measured by balance, at least `minProfit`, and sent to the treasury at once.
///
/// What holds at all times:
/// - Nothing rests here between two transactions, and no allowance is ever given: there is nothing to steal.
/// - A pool may call back once, only while it is the pool that is being swapped with, only through its own
///   family's callback and only with the bytes that were handed to it (see `ticket`).
/// - A cycle never pays out more of a token than it has received, so that tokens that someone left here cannot
///   leave through a plan, not even through the operator's own.
/// - Whoever holds the operator's key can run cycles and nothing else, whoever holds the owner's can sweep to the
///   treasury and nothing else.
///
/// There is no storage: the three addresses are immutable, which spares a cold read in every transaction. To
/// replace one, deploy again; there is nothing to move over.
contract ArbExecutor {
    enum Kind {
        V2,
        V3,
        Algebra
    }

    /// One pool crossed in one direction. `feePpm`: swap fee in parts per million of the input, read for V2 only.
    struct Hop {
        Kind kind;
        address pool;
        bool zeroForOne;
        uint24 feePpm;
        address tokenOut;
    }

    /// At least two hops, the last with `tokenOut == base`. Amounts in raw units of base.
    struct Cycle {
        address base;
        uint128 amountIn;
        uint128 minProfit;
        Hop[] hops;
    }

    /// What a callback has to do, in the bytes that a pool hands back: first the hops after the loan, if it was
    /// one, then the payment. `held`: the executor's balance of the loan's token before the loan.
    struct Debt {
        address token;
        uint256 amount;
        uint256 held;
        Hop[] hops;
    }

    event CycleExecuted(uint256 indexed index, address indexed base, uint256 profit);

    error NotOwner(address caller);
    error NotOperator(address caller);
    error ZeroAddress();
    error Reentered();
    error TooLate(uint256 blockNumber, uint256 maxBlock);
    error ParentChanged(bytes32 actual, bytes32 expected);
    error CycleTooShort(uint256 index);
    error UnexpectedCallback(address caller);
    error CallbackMissing(address pool);
    error PaymentMismatch(address pool, int256 asked, uint256 expected);
    error TransferFailed(address token, address to, uint256 amount);
    error ProfitBelowMinimum(uint256 index, int256 profit, uint256 minProfit);

    /// The ends of all prices, exclusive: TickMath.MIN_SQRT_RATIO + 1 and MAX_SQRT_RATIO - 1.
    uint160 private constant LOWEST_PRICE = 4295128740;
    uint160 private constant HIGHEST_PRICE = 1461446703485210103287273052203988822378723970341;

    address public immutable owner;
    address public immutable treasury;
    address public immutable operator;

    bool private transient locked;
    /// Hash of the one callback that may come next (caller, selector, bytes); zero when none may.
    bytes32 private transient ticket;

    constructor(address owner_, address treasury_, address operator_) {
        if (owner_ == address(0) || treasury_ == address(0) || operator_ == address(0)) revert ZeroAddress();
        owner = owner_;
        treasury = treasury_;
        operator = operator_;
    }

    modifier lock() {
        if (locked) revert Reentered();
        locked = true;
        _;
        locked = false;
    }

    // ------------------------------------------------------------------------------------------- entry points

    /// Runs all cycles or none.
    /// @param maxBlock last block in which they may run
    /// @param parentHash hash of the block they must directly follow; zero for any
    function execute(Cycle[] calldata cycles, uint256 maxBlock, bytes32 parentHash) external lock {
        if (msg.sender != operator) revert NotOperator(msg.sender);
        if (block.number > maxBlock) revert TooLate(block.number, maxBlock);
        if (parentHash != 0) {
            bytes32 actual = blockhash(block.number - 1);
            if (actual != parentHash) revert ParentChanged(actual, parentHash);
        }
        for (uint256 i = 0; i < cycles.length; i++) _runCycle(i, cycles[i]);
    }

    /// Sends whatever stands here to the treasury: for tokens that others sent by mistake.
    function sweep(address token) external lock {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        _transfer(token, treasury, _balance(token, address(this)));
    }

    // ---------------------------------------------------------------------------------------------- callbacks

    function uniswapV2Call(address, uint256, uint256, bytes calldata data) external {
        Debt memory debt = _redeem(data);
        _follow(debt);
        _transfer(debt.token, msg.sender, debt.amount);
    }

    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external {
        _payConcentrated(amount0Delta, amount1Delta, data);
    }

    function algebraSwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external {
        _payConcentrated(amount0Delta, amount1Delta, data);
    }

    // -------------------------------------------------------------------------------------------------- cycle

    function _runCycle(uint256 index, Cycle calldata cycle) private {
        if (cycle.hops.length < 2) revert CycleTooShort(index);
        uint256 balanceBefore = _balance(cycle.base, address(this));
        _borrow(cycle);
        uint256 balanceAfter = _balance(cycle.base, address(this));
        if (balanceAfter < balanceBefore + cycle.minProfit) {
            revert ProfitBelowMinimum(index, int256(balanceAfter) - int256(balanceBefore), cycle.minProfit);
        }
        uint256 profit = balanceAfter - balanceBefore;
        _transfer(cycle.base, treasury, profit);
        emit CycleExecuted(index, cycle.base, profit);
    }

    /// The first hop; the others run in its callback.
    function _borrow(Cycle calldata cycle) private {
        Debt memory debt = Debt(cycle.base, cycle.amountIn, 0, cycle.hops);
        Hop memory first = debt.hops[0];
        address recipient = _recipient(debt.hops, 0);
        if (recipient == address(this)) debt.held = _balance(first.tokenOut, recipient);
        if (first.kind == Kind.V2) {
            (uint256 reserveIn, uint256 reserveOut) = _reserves(first);
            _swapV2(first, _amountOut(first, debt.amount, reserveIn, reserveOut), recipient, abi.encode(debt));
        } else {
            _swapConcentrated(first, recipient, debt);
        }
    }

    /// The hops after the first. Each finds its input in its own V2 pair already, or here on top of `held`.
    function _follow(Debt memory debt) private {
        Hop[] memory hops = debt.hops;
        uint256 held = debt.held;
        for (uint256 i = 1; i < hops.length; i++) {
            Hop memory hop = hops[i];
            address tokenIn = hops[i - 1].tokenOut;
            bool inputIsHere = _recipient(hops, i - 1) == address(this);
            uint256 amountIn = inputIsHere ? _balance(tokenIn, address(this)) - held : 0;
            address recipient = _recipient(hops, i);
            if (recipient == address(this) && i + 1 < hops.length) held = _balance(hop.tokenOut, recipient);
            if (hop.kind == Kind.V2) {
                if (inputIsHere) _transfer(tokenIn, hop.pool, amountIn);
                _swapArrived(hop, tokenIn, recipient);
            } else {
                _swapConcentrated(hop, recipient, Debt(tokenIn, amountIn, 0, new Hop[](0)));
            }
        }
    }

    /// Where the output of hop `i` goes: straight into the next pool if that is a V2 pair, which wants its input
    /// before the swap; a V2 pair that lends calls its recipient back, so that one must be us.
    function _recipient(Hop[] memory hops, uint256 i) private view returns (address) {
        bool lendsFromV2 = i == 0 && hops[0].kind == Kind.V2;
        bool intoV2 = i + 1 < hops.length && hops[i + 1].kind == Kind.V2;
        return intoV2 && !lendsFromV2 ? hops[i + 1].pool : address(this);
    }

    // -------------------------------------------------------------------------------------------------- swaps

    /// The input is what has arrived at the pair beyond its reserve: a token's transfer fee costs output here,
    /// never a token of ours.
    function _swapArrived(Hop memory hop, address tokenIn, address recipient) private {
        (uint256 reserveIn, uint256 reserveOut) = _reserves(hop);
        uint256 amountIn = _balance(tokenIn, hop.pool) - reserveIn;
        _swapV2(hop, _amountOut(hop, amountIn, reserveIn, reserveOut), recipient, "");
    }

    /// With `data` the pair lends: it pays out, calls back, and checks its constant product after that.
    function _swapV2(Hop memory hop, uint256 amountOut, address recipient, bytes memory data) private {
        (uint256 amount0Out, uint256 amount1Out) = hop.zeroForOne ? (uint256(0), amountOut) : (amountOut, 0);
        if (data.length > 0) _issue(hop.pool, this.uniswapV2Call.selector, data);
        IV2Pair(hop.pool).swap(amount0Out, amount1Out, recipient, data);
        if (ticket != 0) revert CallbackMissing(hop.pool);
    }

    /// Exact input of `debt.amount`: the pool pays out, then asks for the input in its callback.
    function _swapConcentrated(Hop memory hop, address recipient, Debt memory debt) private {
        bytes memory data = abi.encode(debt);
        bool algebra = hop.kind == Kind.Algebra;
        _issue(hop.pool, algebra ? this.algebraSwapCallback.selector : this.uniswapV3SwapCallback.selector, data);
        // An amount of 2^255 or more turns negative and asks for an exact output: `PaymentMismatch` ends that.
        IConcentratedPool(hop.pool).swap(
            recipient,
            hop.zeroForOne,
            int256(debt.amount),
            hop.zeroForOne ? LOWEST_PRICE : HIGHEST_PRICE,
            data
        );
        if (ticket != 0) revert CallbackMissing(hop.pool);
    }

    /// A pool asks for the whole input or the cycle ends: a part would leave the rest of the token here.
    function _payConcentrated(int256 amount0Delta, int256 amount1Delta, bytes calldata data) private {
        Debt memory debt = _redeem(data);
        int256 asked = amount0Delta > 0 ? amount0Delta : amount1Delta;
        if (asked < 0 || uint256(asked) != debt.amount) revert PaymentMismatch(msg.sender, asked, debt.amount);
        if (debt.hops.length > 0) _follow(debt);
        _transfer(debt.token, msg.sender, debt.amount);
    }

    /// Constant product with a fee on the input, rounded down as in UniswapV2Library.getAmountOut. Reserves are
    /// uint112, so nothing overflows below an input of 2^124.
    function _amountOut(Hop memory hop, uint256 amountIn, uint256 reserveIn, uint256 reserveOut)
        private
        pure
        returns (uint256)
    {
        uint256 afterFee = amountIn * (1e6 - hop.feePpm);
        return (afterFee * reserveOut) / (reserveIn * 1e6 + afterFee);
    }

    function _reserves(Hop memory hop) private view returns (uint256 reserveIn, uint256 reserveOut) {
        (uint256 reserve0, uint256 reserve1, ) = IV2Pair(hop.pool).getReserves();
        return hop.zeroForOne ? (reserve0, reserve1) : (reserve1, reserve0);
    }

    // ------------------------------------------------------------------------------------------------ tickets

    function _issue(address pool, bytes4 selector, bytes memory data) private {
        ticket = keccak256(abi.encodePacked(pool, selector, data));
    }

    /// Holds for one call, and only from where, as what and with which bytes it was issued.
    function _redeem(bytes calldata data) private returns (Debt memory) {
        bytes32 expected = ticket;
        if (expected == 0 || expected != keccak256(abi.encodePacked(msg.sender, msg.sig, data))) {
            revert UnexpectedCallback(msg.sender);
        }
        ticket = 0;
        return abi.decode(data, (Debt));
    }

    // ------------------------------------------------------------------------------------------------- tokens

    function _balance(address token, address account) private view returns (uint256) {
        return IERC20(token).balanceOf(account);
    }

    /// Takes tokens that answer nothing, and treats the answer `false` as what it is.
    function _transfer(address token, address to, uint256 amount) private {
        (bool ok, bytes memory answer) = token.call(abi.encodeCall(IERC20.transfer, (to, amount)));
        if (!ok || (answer.length > 0 && !abi.decode(answer, (bool)))) revert TransferFailed(token, to, amount);
    }
}
