"""
A brain at work, with the daemon and without. `TURBO_MEV_BRAIN` names a file with the brain's own classes, which then
have to pass unchanged; without it our own do that make the same calls.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import tempfile
import time
import unittest
from functools import partial
from typing import Any, Callable, Dict, Iterator, List, Set, Tuple
from unittest import mock

from tests import brain as own
from tests.daemon import DEXES, HTTP, PATH, PATIENT, SOCKET, back, route
from tests.scripted import ScriptedServer

FIELDS = {"profitable", "net_profit", "bundle_id", "execution_time_us"}


def load(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("their_brain", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BRAIN: Any = load(os.environ["TURBO_MEV_BRAIN"]) if os.environ.get("TURBO_MEV_BRAIN") else own


def opportunity(asked: Dict[str, Any]) -> Dict[str, Any]:
    return {**asked, "amount": 1000}


def scored() -> Dict[str, Any]:
    return {"path": PATH, "dex": DEXES[0], "liquidity": 1_000_000, "fee": 0.003}


def in_time(call: Callable[[], Any]) -> Any:
    """A busy machine may well miss a tenth of a second; the brain then goes its own way, and so do we: once more."""
    end = time.monotonic() + PATIENT
    while True:
        try:
            answer = call()
        except TimeoutError:
            answer = None
        if answer is not None or time.monotonic() > end:
            return answer


class BrainCase(unittest.TestCase):
    def setUp(self) -> None:
        # The brain's own words about its fall-back.
        logging.disable(logging.WARNING)
        self.addCleanup(logging.disable, logging.NOTSET)

    def priced(self, price: Callable[[Dict[str, Any]], Any]) -> None:
        answers = [in_time(partial(price, opportunity(asked))) for asked in (route(), back())]
        for answer in answers:
            self.assertIsInstance(answer, dict)
            self.assertLessEqual(FIELDS, {*answer})
            self.assertNotIn("python", answer)
            self.assertIs(answer["profitable"], answer["net_wei"] is not None and int(answer["net_wei"]) > 0)
            self.assertEqual(answer["profitable"], float(answer["net_profit"]) > 0)
        # The local Polygon leaves an arbitrage one way round.
        self.assertEqual(sorted(answer["profitable"] for answer in answers), [False, True])


@unittest.skipUnless(SOCKET, "TURBO_MEV_SOCKET names no running daemon")
class OverTheSocket(BrainCase):
    def test_titan_core_prices_routes(self) -> None:
        brain = BRAIN.OmniBrainA()
        self.assertTrue(brain.rust_mev_enabled)
        self.priced(brain._process_opportunity_with_mev)

    def test_titan_core_finds_arbitrage_of_pairs(self) -> None:
        brain = BRAIN.OmniBrainA()
        found = in_time(lambda: brain.find_opportunities([scored()] * 10))
        self.assertIsInstance(found, list)
        self.assertNotEqual(found, ["python"])


README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "README.md")


@unittest.skipUnless(SOCKET, "TURBO_MEV_SOCKET names no running daemon")
class InReadme(unittest.TestCase):
    def test_the_brain_in_twenty_lines_runs_as_it_is_printed(self) -> None:
        if not os.path.exists(README):
            self.skipTest("the folder was taken out of its repository")
        with open(README, encoding="utf-8") as file:
            printed = file.read().split("```python\n")[1].split("```")[0]
        self.assertLessEqual(len(printed.splitlines()), 20)
        names: Dict[str, Any] = {}
        exec(printed, names)
        learned: Set[Tuple[str, Any]] = set()

        class Brain:
            def thoughts(self) -> Iterator[List[Dict[str, Any]]]:
                end = time.monotonic() + PATIENT
                while len({state for state, _ in learned}) < 3 and time.monotonic() < end:
                    good = {"path": PATH, "dexes": DEXES, "score": 0.9}
                    yield [good, {**good, "dexes": ["no_such_dex"]}]
                    time.sleep(0.01)

            def learn(self, id: str, state: str, why: Any) -> None:
                learned.add((state, why))

        names["run"](Brain())
        states = {state for state, _ in learned}
        self.assertLessEqual({"accepted", "refused"}, states)
        # What became of them, beside the verdicts.
        self.assertGreater(len(states), 2)


@unittest.skipUnless(HTTP, "TURBO_MEV_HTTP names no open door")
class OverHttp(BrainCase):
    def test_http_prices_routes_within_a_tenth_of_a_second(self) -> None:
        brain = BRAIN.OmniBrainB(HTTP)
        self.assertTrue(brain.rust_mev_enabled)
        self.priced(brain._process_with_rust_mev)


class WithoutDaemon(BrainCase):
    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.socket = os.path.join(folder.name, "hints.sock")
        patch = mock.patch.dict(os.environ, {"TURBO_MEV_SOCKET": self.socket})
        patch.start()
        self.addCleanup(patch.stop)

    def test_titan_core_is_not_available_and_the_brain_falls_back(self) -> None:
        brain = BRAIN.OmniBrainA()
        self.assertFalse(brain.rust_mev_enabled)
        self.assertEqual(brain.find_opportunities([scored()]), ["python"])
        if BRAIN is own or brain.rust_mev_stack is None:
            self.assertTrue(brain._process_opportunity_with_mev(opportunity(route()))["python"])

    def test_http_is_not_available_and_the_brain_falls_back(self) -> None:
        brain = BRAIN.OmniBrainB("http://127.0.0.1:9")
        self.assertFalse(brain.rust_mev_enabled)
        self.assertIsNone(brain._process_with_rust_mev(opportunity(route())))

    def test_a_daemon_that_dies_later_is_an_error_within_a_tenth_of_a_second(self) -> None:
        import titan_core

        server = ScriptedServer()
        self.addCleanup(server.close)
        server.start()
        stack = titan_core.PyMEVStack(server.path)
        self.addCleanup(stack._client.close)
        server.stop()
        for _ in range(3):
            since = time.monotonic()
            with self.assertRaises(ConnectionError):
                stack.process_route("{}")
            self.assertLess(time.monotonic() - since, 1, "0.1 s, and what a busy machine takes")
        with self.assertRaises(ValueError):
            stack.process_route("{")


if __name__ == "__main__":
    unittest.main()
