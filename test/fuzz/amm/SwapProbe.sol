// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// A token that anybody may make, so that swaps of any size can be paid.
contract ProbeToken {
    mapping(address => uint256) public balanceOf;

    function give(address to, uint256 amount) external {
        unchecked {
            balanceOf[to] += amount;
        }
    }

    function set(address to, uint256 amount) external {
        balanceOf[to] = amount;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        unchecked {
            balanceOf[msg.sender] -= amount;
            balanceOf[to] += amount;
        }
        return true;
    }
}

interface IPair {
    function token0() external view returns (ProbeToken);
    function token1() external view returns (ProbeToken);
    function sync() external;
    function swap(uint256 out0, uint256 out1, address to, bytes calldata data) external;
    function getReserves() external view returns (uint112, uint112, uint32);
}

interface IRouter {
    function getAmountOut(uint256 amountIn, uint256 reserveIn, uint256 reserveOut) external pure returns (uint256);
    function getAmountIn(uint256 amountOut, uint256 reserveIn, uint256 reserveOut) external pure returns (uint256);
}

/// What a V3 pool and an Algebra pool have in common.
interface IConcentratedPool {
    function token0() external view returns (ProbeToken);
    function token1() external view returns (ProbeToken);
    function liquidity() external view returns (uint128);
    function swap(address to, bool zeroForOne, int256 amount, uint160 limit, bytes calldata data)
        external
        returns (int256, int256);
}

interface IV3Pool {
    function slot0() external view returns (uint160, int24, uint16, uint16, uint16, uint8, bool);
    function mint(address to, int24 lower, int24 upper, uint128 amount, bytes calldata data) external;
    function burn(int24 lower, int24 upper, uint128 amount) external;
}

interface IAlgebraPool {
    function globalState() external view returns (uint160, int24, uint16, uint16, uint8, uint8, bool);
    function mint(address sender, address to, int24 lower, int24 upper, uint128 amount, bytes calldata data) external;
}

/// Runs long lists of swaps against real pools and tells what each did.
contract SwapProbe {
    struct PairCase {
        uint256 reserve0;
        uint256 reserve1;
        bool zeroForOne;
        uint256 amountIn;
        uint256 amountOut;
    }

    struct PairOutcome {
        bool ok;
        bool moreOk;
        uint256 reserve0;
        uint256 reserve1;
        uint256 routerOut;
        uint256 routerIn;
    }

    struct SwapCase {
        bool zeroForOne;
        int256 amount;
        uint160 limit;
    }

    struct Outcome {
        bool ok;
        int256 amount0;
        int256 amount1;
        uint160 price;
        int24 tick;
        uint128 liquidity;
        uint256 fee;
    }

    error Told(Outcome outcome);
    error ToldPair(uint256 reserve0, uint256 reserve1);

    // ---- V2

    function runPair(IPair pair, IRouter router, PairCase[] calldata cases)
        external
        returns (PairOutcome[] memory outcomes)
    {
        outcomes = new PairOutcome[](cases.length);
        for (uint256 i = 0; i < cases.length; i++) {
            PairCase calldata c = cases[i];
            PairOutcome memory o = outcomes[i];
            (o.ok, o.reserve0, o.reserve1) = tryPair(pair, c, c.amountIn, c.amountOut);
            (o.moreOk,,) = tryPair(pair, c, c.amountIn, c.amountOut + 1);
            (uint256 reserveIn, uint256 reserveOut) =
                c.zeroForOne ? (c.reserve0, c.reserve1) : (c.reserve1, c.reserve0);
            try router.getAmountOut(c.amountIn, reserveIn, reserveOut) returns (uint256 amount) {
                o.routerOut = amount;
            } catch {}
            try router.getAmountIn(c.amountOut, reserveIn, reserveOut) returns (uint256 amount) {
                o.routerIn = amount;
            } catch {}
        }
    }

    function tryPair(IPair pair, PairCase calldata c, uint256 amountIn, uint256 amountOut)
        private
        returns (bool, uint256, uint256)
    {
        try this.pairOnce(pair, c, amountIn, amountOut) {
            return (false, 0, 0);
        } catch (bytes memory reason) {
            if (bytes4(reason) != ToldPair.selector) return (false, 0, 0);
            (uint256 reserve0, uint256 reserve1) = abi.decode(slice(reason), (uint256, uint256));
            return (true, reserve0, reserve1);
        }
    }

    /// Always reverts: each case finds the pair as it was.
    function pairOnce(IPair pair, PairCase calldata c, uint256 amountIn, uint256 amountOut) external {
        pair.token0().set(address(pair), c.reserve0);
        pair.token1().set(address(pair), c.reserve1);
        pair.sync();
        (c.zeroForOne ? pair.token0() : pair.token1()).give(address(pair), amountIn);
        pair.swap(c.zeroForOne ? 0 : amountOut, c.zeroForOne ? amountOut : 0, address(this), "");
        (uint112 reserve0, uint112 reserve1,) = pair.getReserves();
        revert ToldPair(reserve0, reserve1);
    }

    // ---- V3 and Algebra

    /// Swaps in order until `reserve` gas is left. `keep`: each on the state that the one before left.
    function run(IConcentratedPool pool, bool algebra, bool keep, uint256 reserve, SwapCase[] calldata cases)
        external
        returns (Outcome[] memory outcomes, uint256 done)
    {
        outcomes = new Outcome[](cases.length);
        while (done < cases.length && gasleft() > reserve) {
            outcomes[done] = trySwap(pool, algebra, keep, cases[done]);
            done++;
        }
    }

    function trySwap(IConcentratedPool pool, bool algebra, bool keep, SwapCase calldata c)
        private
        returns (Outcome memory outcome)
    {
        try this.swapOnce(pool, algebra, keep, c) returns (Outcome memory kept) {
            return kept;
        } catch (bytes memory reason) {
            if (bytes4(reason) == Told.selector) return abi.decode(slice(reason), (Outcome));
        }
    }

    function swapOnce(IConcentratedPool pool, bool algebra, bool keep, SwapCase calldata c)
        external
        returns (Outcome memory outcome)
    {
        outcome.ok = true;
        (outcome.amount0, outcome.amount1) = pool.swap(address(this), c.zeroForOne, c.amount, c.limit, "");
        (outcome.price, outcome.tick, outcome.fee) = stateOf(address(pool), algebra);
        outcome.liquidity = pool.liquidity();
        if (!keep) revert Told(outcome);
    }

    function stateOf(address pool, bool algebra) private view returns (uint160 price, int24 tick, uint256 fee) {
        if (algebra) (price, tick, fee,,,,) = IAlgebraPool(pool).globalState();
        else (price, tick,,,,,) = IV3Pool(pool).slot0();
    }

    function mint(address pool, bool algebra, int24 lower, int24 upper, uint128 amount) external {
        if (algebra) IAlgebraPool(pool).mint(address(this), address(this), lower, upper, amount, "");
        else IV3Pool(pool).mint(address(this), lower, upper, amount, "");
    }

    function burn(address pool, int24 lower, int24 upper, uint128 amount) external {
        IV3Pool(pool).burn(lower, upper, amount);
    }

    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata) external {
        pay(amount0, amount1);
    }

    function algebraSwapCallback(int256 amount0, int256 amount1, bytes calldata) external {
        pay(amount0, amount1);
    }

    function uniswapV3MintCallback(uint256 amount0, uint256 amount1, bytes calldata) external {
        pay(int256(amount0), int256(amount1));
    }

    function algebraMintCallback(uint256 amount0, uint256 amount1, bytes calldata) external {
        pay(int256(amount0), int256(amount1));
    }

    function pay(int256 amount0, int256 amount1) private {
        IConcentratedPool pool = IConcentratedPool(msg.sender);
        if (amount0 > 0) pool.token0().give(msg.sender, uint256(amount0));
        if (amount1 > 0) pool.token1().give(msg.sender, uint256(amount1));
    }

    /// The arguments of an error, without its selector.
    function slice(bytes memory reason) private pure returns (bytes memory rest) {
        rest = new bytes(reason.length - 4);
        for (uint256 i = 0; i < rest.length; i++) rest[i] = reason[i + 4];
    }
}
