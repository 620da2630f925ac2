"""`titan_core.PyMEVStack` as the brain knows it, answered by the turbo-mev daemon over its Unix socket."""

from __future__ import annotations

import json
from typing import List, Optional

from turbo_mev import TurboMev

__all__ = ["PyMEVStack"]

_FIRST_ANSWER = 1.0  # seconds for the first answer; later ones have `turbo_mev.TIMEOUT`


class PyMEVStack:
    """
    Raises when the daemon does not answer, so that the brain falls back to its own code. Later calls raise within
    0.1 s: `turbo_mev.TurboMevError`, or ValueError for what is not JSON.
    """

    def __init__(self, path: Optional[str] = None) -> None:
        self._client = TurboMev(path)
        try:
            self._client.version(timeout=_FIRST_ANSWER)
        except BaseException:
            self._client.close()
            raise

    def process_route(self, route_json: str) -> str:
        """The route's price as JSON, with the fields of `turbo_mev.RouteResult`."""
        return json.dumps(self._client.call("processRoute", json.loads(route_json)))

    def find_arbitrage(self, routes_json: str) -> List[str]:
        """Ids of what was sent, of a list of routes or of pairs."""
        routes = json.loads(routes_json)
        if isinstance(routes, dict):
            routes = routes.get("routes", [])
        return self._client.find_arbitrage(routes)
