// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

interface IToken {
    function balanceOf(address account) external view returns (uint256);
    function transfer(address to, uint256 value) external returns (bool);
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

interface IPool {
    function token0() external view returns (address);
    function token1() external view returns (address);
}

interface IPair {
    function getReserves() external view returns (uint112, uint112, uint32);
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
}

interface IConcentratedPool {
    /// Uniswap V3 and Algebra share this signature and its results.
    function swap(address to, bool zeroForOne, int256 amount, uint160 limit, bytes calldata data)
        external
        returns (int256 amount0, int256 amount1);
}

/// @title An aggregator of the local Polygon: swaps straight against the pools, by calldata that nobody documents.
/// @dev Four bytes of selector (any), token in (20 bytes), amount in and least out (16 each), then 21 bytes a hop: a
/// kind (0: Uniswap V2, else concentrated) and the pool. The sender pays, and receives what the last hop gives.
contract Aggregator {
    uint256 private constant HEAD = 56;
    uint256 private constant HOP = 21;
    uint160 private constant LOWEST = 4295128740;
    uint160 private constant HIGHEST = 1461446703485210103287273052203988822378723970341;

    address private active;

    error NotPool();
    error TooLittle(uint256 received);

    fallback() external {
        bytes calldata data = msg.data;
        address token = address(bytes20(data[4:24]));
        uint256 amount = uint128(bytes16(data[24:40]));
        IToken(token).transferFrom(msg.sender, address(this), amount);
        for (uint256 next = HEAD; next + HOP <= data.length; next += HOP) {
            address pool = address(bytes20(data[next + 1:next + HOP]));
            address to = next + 2 * HOP > data.length ? msg.sender : address(this);
            (token, amount) = data[next] == 0 ? _pair(pool, token, amount, to) : _pool(pool, token, amount, to);
        }
        if (amount < uint128(bytes16(data[40:56]))) revert TooLittle(amount);
    }

    function _pair(address pool, address token, uint256 amount, address to) private returns (address, uint256) {
        IPair pair = IPair(pool);
        bool zeroForOne = IPool(pool).token0() == token;
        (uint256 reserve0, uint256 reserve1,) = pair.getReserves();
        (uint256 into, uint256 from) = zeroForOne ? (reserve0, reserve1) : (reserve1, reserve0);
        uint256 withFee = amount * 997;
        uint256 out = (withFee * from) / (into * 1000 + withFee);
        IToken(token).transfer(pool, amount);
        pair.swap(zeroForOne ? 0 : out, zeroForOne ? out : 0, to, "");
        return (_other(pool, zeroForOne), out);
    }

    function _pool(address pool, address token, uint256 amount, address to) private returns (address, uint256) {
        bool zeroForOne = IPool(pool).token0() == token;
        active = pool;
        (int256 amount0, int256 amount1) = IConcentratedPool(pool).swap(
            to, zeroForOne, int256(amount), zeroForOne ? LOWEST : HIGHEST, abi.encode(token)
        );
        active = address(0);
        return (_other(pool, zeroForOne), uint256(-(zeroForOne ? amount1 : amount0)));
    }

    function _other(address pool, bool zeroForOne) private view returns (address) {
        return zeroForOne ? IPool(pool).token1() : IPool(pool).token0();
    }

    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata data) external {
        _pay(amount0, amount1, data);
    }

    function algebraSwapCallback(int256 amount0, int256 amount1, bytes calldata data) external {
        _pay(amount0, amount1, data);
    }

    function _pay(int256 amount0, int256 amount1, bytes calldata data) private {
        if (msg.sender != active) revert NotPool();
        IToken(abi.decode(data, (address))).transfer(msg.sender, uint256(amount0 > 0 ? amount0 : amount1));
    }
}
