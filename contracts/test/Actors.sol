// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

interface IToken {
    function transfer(address to, uint256 amount) external returns (bool);
}

interface IPoolV3 {
    function token0() external view returns (address);
    function token1() external view returns (address);
    function mint(address recipient, int24 lower, int24 upper, uint128 amount, bytes calldata data)
        external
        returns (uint256, uint256);
}

interface IPoolAlgebra {
    function token0() external view returns (address);
    function token1() external view returns (address);
    function mint(
        address sender,
        address recipient,
        int24 lower,
        int24 upper,
        uint128 amount,
        bytes calldata data
    ) external returns (uint256, uint256, uint128);
}

/// Puts liquidity into concentrated pools out of its own balance.
contract Maker {
    function mintV3(IPoolV3 pool, int24 lower, int24 upper, uint128 liquidity) external {
        pool.mint(address(this), lower, upper, liquidity, abi.encode(pool.token0(), pool.token1()));
    }

    function mintAlgebra(IPoolAlgebra pool, int24 lower, int24 upper, uint128 liquidity) external {
        bytes memory data = abi.encode(pool.token0(), pool.token1());
        pool.mint(address(this), address(this), lower, upper, liquidity, data);
    }

    function uniswapV3MintCallback(uint256 owed0, uint256 owed1, bytes calldata data) external {
        _pay(owed0, owed1, data);
    }

    function algebraMintCallback(uint256 owed0, uint256 owed1, bytes calldata data) external {
        _pay(owed0, owed1, data);
    }

    function _pay(uint256 owed0, uint256 owed1, bytes calldata data) private {
        (address token0, address token1) = abi.decode(data, (address, address));
        _send(token0, owed0);
        _send(token1, owed1);
    }

    function _send(address token, uint256 amount) private {
        (bool ok, ) = token.call(abi.encodeCall(IToken.transfer, (msg.sender, amount)));
        require(ok, "transfer");
    }
}

/// Makes calls as a contract: one after the other, all in one transaction.
contract Puppet {
    struct Call {
        address target;
        bytes data;
    }

    function run(Call[] calldata calls) external {
        for (uint256 i = 0; i < calls.length; i++) {
            (bool ok, bytes memory answer) = calls[i].target.call(calls[i].data);
            if (!ok) {
                assembly {
                    revert(add(answer, 32), mload(answer))
                }
            }
        }
    }
}

/// A pool of an attacker: it pays out what it was told to, then calls the executor back as it was told to. What
/// its own callback answers decides its swap; what comes of the `extra` calls and of the accomplice is only counted.
contract FakePool {
    struct Echo {
        bytes4 selector;
        int256 delta;
        uint256 times;
        bool tamper;
    }

    struct Call {
        address target;
        bytes data;
    }

    uint112 public reserve0;
    uint112 public reserve1;
    address public token;
    uint256 public amount;
    Echo public echo;
    Call[] private _extra;
    uint256 public tried;
    uint256 public succeeded;
    bytes public lastData;
    /// Calls the executor back with the very bytes that this pool was given, before this pool does.
    FakePool public accomplice;

    function setReserves(uint112 reserve0_, uint112 reserve1_) external {
        reserve0 = reserve0_;
        reserve1 = reserve1_;
    }

    function setPayout(address token_, uint256 amount_) external {
        token = token_;
        amount = amount_;
    }

    function setEcho(Echo calldata echo_) external {
        echo = echo_;
    }

    function setAccomplice(FakePool accomplice_) external {
        accomplice = accomplice_;
    }

    function addExtra(address target, bytes calldata data) external {
        _extra.push(Call(target, data));
    }

    function getReserves() external view returns (uint112, uint112, uint32) {
        return (reserve0, reserve1, 0);
    }

    function swap(uint256, uint256, address to, bytes calldata data) external {
        _swap(to, data);
    }

    function swap(address recipient, bool, int256, uint160, bytes calldata data)
        external
        returns (int256, int256)
    {
        _swap(recipient, data);
        return (0, 0);
    }

    /// A callback out of the blue: to be called by anyone, in any moment.
    function callBack(address executor, bytes calldata data) external {
        _echo(executor, data);
    }

    function _swap(address recipient, bytes calldata data) private {
        lastData = data;
        if (amount > 0) IToken(token).transfer(recipient, amount);
        for (uint256 i = 0; i < _extra.length; i++) {
            (bool ok, ) = _extra[i].target.call(_extra[i].data);
            tried++;
            if (ok) succeeded++;
        }
        if (address(accomplice) != address(0)) {
            tried++;
            try accomplice.callBack(msg.sender, data) {
                succeeded++;
            } catch {}
        }
        for (uint256 i = 0; i < echo.times; i++) _echo(msg.sender, data);
    }

    function _echo(address executor, bytes memory data) private {
        if (echo.tamper) data[data.length - 1] = bytes1(uint8(data[data.length - 1]) ^ 1);
        bytes4 v2 = bytes4(keccak256("uniswapV2Call(address,uint256,uint256,bytes)"));
        bytes memory call_ = echo.selector == v2
            ? abi.encodeWithSelector(v2, executor, amount, 0, data)
            : abi.encodeWithSelector(echo.selector, echo.delta, -int256(amount), data);
        (bool ok, bytes memory answer) = executor.call(call_);
        if (!ok) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}
