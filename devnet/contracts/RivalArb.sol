// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

interface IPair {
    function token0() external view returns (address);
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
}

interface IToken {
    function transfer(address to, uint256 value) external returns (bool);
}

/// @title The competing searcher's contract on the local Polygon: one cycle over two Uniswap V2 pairs.
/// @dev Borrows `middle` from `first`, sells it to `second`, repays `first` in `base`, keeps the rest. It reverts
/// when `second` no longer gives `owed + 1`, as a rival's would.
contract RivalArb {
    address private immutable owner;

    error NotOwner();
    error NotPair();

    address private active;

    constructor(address owner_) {
        owner = owner_;
    }

    struct Trade {
        address first;
        address second;
        address base;
        address middle;
        uint256 middleAmount;
        uint256 owed;
        uint256 received;
    }

    function run(Trade calldata trade) external {
        if (msg.sender != owner) revert NotOwner();
        active = trade.first;
        bool middleIs0 = IPair(trade.first).token0() == trade.middle;
        IPair(trade.first).swap(
            middleIs0 ? trade.middleAmount : 0,
            middleIs0 ? 0 : trade.middleAmount,
            address(this),
            abi.encode(trade)
        );
        active = address(0);
    }

    function uniswapV2Call(address, uint256, uint256, bytes calldata data) external {
        if (msg.sender != active) revert NotPair();
        Trade memory trade = abi.decode(data, (Trade));
        IToken(trade.middle).transfer(trade.second, trade.middleAmount);
        bool baseIs0 = IPair(trade.second).token0() == trade.base;
        IPair(trade.second).swap(
            baseIs0 ? trade.received : 0,
            baseIs0 ? 0 : trade.received,
            address(this),
            ""
        );
        IToken(trade.base).transfer(trade.first, trade.owed);
    }
}
