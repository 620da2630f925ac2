"""What the tests know of the daemon that runs: `npm test` starts one on the local Polygon and says so here."""

from __future__ import annotations

import os
from typing import Any, Dict, List

SOCKET = os.environ.get("TURBO_MEV_SOCKET", "")
HTTP = os.environ.get("TURBO_MEV_HTTP", "")
"""Of the daemon's HTTP door, opened without a token."""
PATH: List[str] = os.environ.get("TURBO_MEV_TEST_PATH", "WPOL,USDC.e,WPOL").split(",")
"""A cycle over known pools, in which buying and selling the other way round is known as well."""
DEXES: List[str] = os.environ.get("TURBO_MEV_TEST_DEXES", "quickswap_v2,sushiswap_v2").split(",")

PATIENT = 20.0
"""Seconds, where the test is not about time."""


def route(path: List[str] = PATH, dexes: List[str] = DEXES) -> Dict[str, Any]:
    return {"token_in": path[0], "token_out": path[-1], "amount": "1000", "path": path, "dexes": dexes}


def back() -> Dict[str, Any]:
    """The same cycle, walked backwards."""
    return route(PATH[::-1], DEXES[::-1])


def pair(**other: Any) -> Dict[str, Any]:
    return {"token0": PATH[0], "token1": PATH[1], "dex": DEXES[0], "liquidity_usd": 1e6, "fee_bps": 30, **other}
