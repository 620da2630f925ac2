"""A brain that calls the daemon as the one does that this was made for: `titan_core`, or HTTP with 0.1 s."""

from __future__ import annotations

import json
import logging
import urllib.request
from typing import Any, Dict, List, Optional

logger = logging.getLogger("brain")


class OmniBrainA:
    def __init__(self) -> None:
        self.rust_mev_enabled = False
        try:
            import titan_core

            self.rust_mev = titan_core.PyMEVStack()
            self.rust_mev_enabled = True
        except Exception as error:
            logger.warning("not available: %s", error)

    def _process_opportunity_with_mev(self, opportunity: Dict[str, Any]) -> Any:
        if not self.rust_mev_enabled:
            return {"python": True, **opportunity}
        return json.loads(self.rust_mev.process_route(json.dumps(_asked(opportunity))))

    def find_opportunities(self, routes: List[Dict[str, Any]]) -> List[str]:
        if not self.rust_mev_enabled:
            return ["python"]
        pairs = [
            {
                "token0": route["path"][0],
                "token1": route["path"][1],
                "dex": route["dex"],
                "liquidity_usd": float(route["liquidity"]),
                "fee_bps": int(route["fee"] * 10000),
            }
            for route in routes
        ]
        return self.rust_mev.find_arbitrage(json.dumps(pairs))


class OmniBrainB:
    def __init__(self, server: str) -> None:
        self.rust_mev_server = server
        try:
            with urllib.request.urlopen(f"{server}/health", timeout=1) as response:
                self.rust_mev_enabled = response.status == 200
        except Exception:
            self.rust_mev_enabled = False

    def _process_with_rust_mev(self, opportunity: Dict[str, Any]) -> Optional[Any]:
        body = json.dumps(_asked(opportunity)).encode()
        request = urllib.request.Request(
            f"{self.rust_mev_server}/process_route", body, {"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=0.1) as response:
                return json.loads(response.read())
        except Exception as error:
            logger.warning("%s, falling back", error)
            return None


def _asked(opportunity: Dict[str, Any]) -> Dict[str, Any]:
    named = {key: opportunity[key] for key in ("token_in", "token_out", "path", "dexes")}
    return {**named, "amount": str(opportunity["amount"])}
