// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

interface IToken {
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// @title Permit2's allowance half for the local Polygon: no package publishes the bytecode of the real one.
/// @dev Interface, allowances and expiries are Permit2's. Signatures and nonces are not looked at: whoever presents a
/// permit has it. Never use it where money is worth something.
contract Permit2Stub {
    struct PackedAllowance {
        uint160 amount;
        uint48 expiration;
        uint48 nonce;
    }

    struct PermitDetails {
        address token;
        uint160 amount;
        uint48 expiration;
        uint48 nonce;
    }

    struct PermitSingle {
        PermitDetails details;
        address spender;
        uint256 sigDeadline;
    }

    struct AllowanceTransferDetails {
        address from;
        address to;
        uint160 amount;
        address token;
    }

    // The storage order is part of the interface: devnet/balances.ts writes slot 0.
    mapping(address owner => mapping(address token => mapping(address spender => PackedAllowance))) public
        allowance; // slot 0

    event Permit(
        address indexed owner,
        address indexed token,
        address indexed spender,
        uint160 amount,
        uint48 expiration,
        uint48 nonce
    );

    error AllowanceExpired(uint256 deadline);
    error InsufficientAllowance(uint256 amount);
    error SignatureExpired(uint256 signatureDeadline);
    error TransferFailed();

    function approve(address token, address spender, uint160 amount, uint48 expiration) external {
        PackedAllowance storage allowed = allowance[msg.sender][token][spender];
        allowed.amount = amount;
        allowed.expiration = expiration;
    }

    function permit(address owner, PermitSingle memory single, bytes calldata) external {
        if (block.timestamp > single.sigDeadline) revert SignatureExpired(single.sigDeadline);
        PermitDetails memory details = single.details;
        PackedAllowance storage allowed = allowance[owner][details.token][single.spender];
        allowed.amount = details.amount;
        allowed.expiration = details.expiration;
        unchecked {
            allowed.nonce = details.nonce + 1;
        }
        emit Permit(owner, details.token, single.spender, details.amount, details.expiration, details.nonce);
    }

    function transferFrom(address from, address to, uint160 amount, address token) external {
        _transfer(from, to, amount, token);
    }

    function transferFrom(AllowanceTransferDetails[] calldata transfers) external {
        for (uint256 i = 0; i < transfers.length; i++) {
            AllowanceTransferDetails calldata one = transfers[i];
            _transfer(one.from, one.to, one.amount, one.token);
        }
    }

    function _transfer(address from, address to, uint160 amount, address token) private {
        PackedAllowance storage allowed = allowance[from][token][msg.sender];
        if (block.timestamp > allowed.expiration) revert AllowanceExpired(allowed.expiration);
        uint256 most = allowed.amount;
        if (most != type(uint160).max) {
            if (amount > most) revert InsufficientAllowance(most);
            unchecked {
                allowed.amount = uint160(most) - amount;
            }
        }
        if (!IToken(token).transferFrom(from, to, amount)) revert TransferFailed();
    }
}
