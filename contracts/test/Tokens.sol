// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// A token that does what it says.
contract PlainToken {
    mapping(address => uint256) internal _balances;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);

    function balanceOf(address account) public view virtual returns (uint256) {
        return _balances[account];
    }

    function mint(address to, uint256 amount) external virtual {
        _balances[to] += amount;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external virtual returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        return _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) internal virtual returns (bool) {
        require(_balances[from] >= amount, "balance too low");
        _balances[from] -= amount;
        _balances[to] += amount;
        emit Transfer(from, to, amount);
        return true;
    }
}

/// Keeps `feePpm` of every transfer once it is switched on.
contract FeeToken is PlainToken {
    uint256 public feePpm;

    function setFee(uint256 feePpm_) external {
        feePpm = feePpm_;
    }

    function _move(address from, address to, uint256 amount) internal override returns (bool) {
        require(_balances[from] >= amount, "balance too low");
        _balances[from] -= amount;
        _balances[to] += amount - (amount * feePpm) / 1e6;
        emit Transfer(from, to, amount);
        return true;
    }
}

/// Moves nothing and answers `false` to one chosen sender.
contract FalseToken is PlainToken {
    address public refused;

    function refuse(address sender) external {
        refused = sender;
    }

    function _move(address from, address to, uint256 amount) internal override returns (bool) {
        return from == refused ? false : super._move(from, to, amount);
    }
}

/// Balances grow or shrink by `stepPpm` at every transfer.
contract RebaseToken is PlainToken {
    uint256 public indexPpm = 1e6;
    uint256 public stepPpm = 1e6;

    function setStep(uint256 stepPpm_) external {
        stepPpm = stepPpm_;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return (_balances[account] * indexPpm) / 1e6;
    }

    function _move(address from, address to, uint256 amount) internal override returns (bool) {
        uint256 shares = (amount * 1e6 + indexPpm - 1) / indexPpm;
        require(_balances[from] >= shares, "balance too low");
        _balances[from] -= shares;
        _balances[to] += shares;
        indexPpm = (indexPpm * stepPpm) / 1e6;
        emit Transfer(from, to, amount);
        return true;
    }
}

/// Makes one chosen call at every transfer and remembers how each ended.
contract HookToken is PlainToken {
    address public target;
    bytes public call_;
    uint256 public tried;
    uint256 public succeeded;

    function setHook(address target_, bytes calldata call__) external {
        target = target_;
        call_ = call__;
    }

    function _move(address from, address to, uint256 amount) internal override returns (bool) {
        super._move(from, to, amount);
        if (target != address(0)) {
            (bool ok, ) = target.call(call_);
            tried++;
            if (ok) succeeded++;
        }
        return true;
    }
}

/// `transfer` answers nothing at all, as USDT on Ethereum.
contract SilentToken {
    mapping(address => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) external {
        require(balanceOf[msg.sender] >= amount, "balance too low");
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }
}
