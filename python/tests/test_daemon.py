"""Every method against a daemon that runs, through both clients. `npm test` starts it on the local Polygon."""

from __future__ import annotations

import time
import unittest
from typing import Any, Callable, Dict, List

from tests.both import KINDS, Client
from tests.daemon import DEXES, PATH, PATIENT, SOCKET, back, pair, route
from turbo_mev import Hint, InvalidParams, NotAllowed, RateLimited, Result, RouteResult, TurboMev


def hint(**fields: Any) -> Hint:
    return Hint(**{"path": PATH, "dexes": DEXES, **fields})


@unittest.skipUnless(SOCKET, "TURBO_MEV_SOCKET names no running daemon")
class Daemon(unittest.TestCase):
    def for_both(self, scenario: Callable[[Client], None]) -> None:
        for kind in KINDS:
            with self.subTest(client=kind.__name__):
                client = kind(SOCKET, timeout=PATIENT)
                try:
                    scenario(client)
                finally:
                    client.close()

    def test_version_and_status(self) -> None:
        def scenario(client: Client) -> None:
            version = client.version()
            self.assertEqual((version["name"], version["protocol"]), ("turbo-mev", 1))
            self.assertIn("hint.push", version["methods"])
            status = client.status()
            self.assertEqual(status["chain"], 137)
            self.assertGreater(status["pools"], 1)

        self.for_both(scenario)

    def test_metrics_and_why(self) -> None:
        def scenario(client: Client) -> None:
            self.assertIn("turbo_mev_", client.metrics()["text"])
            client.why("nothing of that name")

        self.for_both(scenario)

    def test_each_hint_has_its_verdict(self) -> None:
        def scenario(client: Client) -> None:
            good, unnamed = hint(ttl_ms=60_000), {"path": PATH, "dexes": DEXES}
            wrong = [hint(dexes=["no_such_dex"]), hint(score=2.0), hint(path=PATH[:1]), {"id": "z", "gas": 1}]
            pushed: List[Any] = [good, *wrong, unnamed]
            verdicts = client.push(pushed)
            self.assertEqual([verdict.accepted for verdict in verdicts], [True, *[False] * 4, True])
            for verdict in verdicts[1:5]:
                self.assertTrue(verdict.code and verdict.reason, verdict)
            self.assertIn("score", verdicts[2].reason or "")
            self.assertIn(good.id, [one["id"] for one in client.list(1_000)])
            self.assertEqual(client.cancel([good.id, verdicts[5].id, "never pushed"]), 2)
            self.assertNotIn(good.id, [one["id"] for one in client.list(1_000)])

        self.for_both(scenario)

    def test_more_hints_than_a_request_holds(self) -> None:
        def scenario(client: Client) -> None:
            pushed = [hint() for _ in range(450)]
            verdicts = client.push(pushed)
            self.assertEqual([verdict.id for verdict in verdicts], [one.id for one in pushed])
            self.assertEqual({verdict.verdict for verdict in verdicts}, {"accepted"})
            self.assertEqual(client.cancel(one.id for one in pushed), 450)

        self.for_both(scenario)

    def test_a_flood_is_refused_and_what_was_taken_is_told(self) -> None:
        def scenario(client: Client) -> None:
            flood = [hint(dexes=["no_such_dex"]) for _ in range(20_000)]
            with self.assertRaises(RateLimited) as caught:
                client.push(flood)
            taken = [verdict.id for verdict in caught.exception.partial]
            self.assertGreaterEqual(len(taken), 2_000)
            self.assertLess(len(taken), len(flood))
            self.assertLessEqual({*taken}, {one.id for one in flood})

        self.for_both(scenario)

    def test_results_tell_a_hint_s_life(self) -> None:
        def scenario(client: Client) -> None:
            results = client.results(timeout=PATIENT)
            mine = hint(ttl_ms=60_000)
            client.push([mine], source="life")
            client.cancel([mine.id])
            life: List[Result] = []
            for result in results:
                if result.id == mine.id:
                    life.append(result)
                    if result.state == "cancelled":
                        break
            self.assertEqual(life[0].state, "accepted")
            self.assertEqual(life[-1].state, "cancelled")
            self.assertEqual({result.source for result in life}, {"life"})
            short = hint(ttl_ms=100)
            client.push([short])
            self.assertEqual(next(r.state for r in results if r.id == short.id and r.state == "expired"), "expired")
            results.close()

        self.for_both(scenario)

    def test_fire_and_forget_arrives(self) -> None:
        def scenario(client: Client) -> None:
            pushed = [hint() for _ in range(300)]
            self.assertEqual(client.push(pushed, fire_and_forget=True), [])
            self.assertTrue(client.flush(PATIENT))
            self.assertEqual((client.outbox.accepted, client.dropped), (300, 0))
            client.cancel(one.id for one in pushed)

        self.for_both(scenario)

    def test_a_route_is_priced_both_ways(self) -> None:
        def scenario(client: Client) -> None:
            there, again = client.process_route(route()), client.process_route(back())
            for priced in (there, again):
                self.assertIsInstance(priced, RouteResult)
                self.assertLess(priced.execution_time_us, PATIENT * 1e6)
            # Against each other, at most one of both pays.
            self.assertFalse(there.profitable and again.profitable)
            unknown = client.process_route(route(["WPOL", "NOSUCHTOKEN", "WPOL"]))
            self.assertEqual((unknown.profitable, unknown.net_wei), (False, None))
            self.assertTrue(unknown.code)

        self.for_both(scenario)

    def test_find_arbitrage_takes_routes_and_pairs(self) -> None:
        def scenario(client: Client) -> None:
            for many in ([route(), back()], [pair()], [route()] * 1_000, []):
                for one in client.find_arbitrage(many):
                    self.assertIsInstance(one, str)

        self.for_both(scenario)

    def test_pairs_and_paths(self) -> None:
        def scenario(client: Client) -> None:
            known, unknown = client.inject_pairs([pair(), pair(token1="NOSUCHTOKEN")])
            self.assertEqual(known.verdict, "known")
            self.assertEqual(len(known.pools), 1)
            self.assertIn(unknown.verdict, ("queued", "refused"))
            self.assertTrue(unknown.reason)
            paths = client.get_paths(PATH[0], PATH[1])
            self.assertEqual(len(paths[0]), 2)
            self.assertEqual(client.get_paths(PATH[0], "NOSUCHTOKEN"), [])

        self.for_both(scenario)

    def test_refusals_name_the_field_and_the_socket(self) -> None:
        def scenario(client: Client) -> None:
            with self.assertRaises(InvalidParams) as caught:
                client.list(limit=0)
            self.assertEqual(caught.exception.path, "limit")
            for method in ("pause", "resume", "halt"):
                with self.assertRaises(NotAllowed):
                    client.call(method, {"reason": "test"})

        self.for_both(scenario)

    def test_events_of_hints(self) -> None:
        with TurboMev(SOCKET, timeout=PATIENT) as client, client.events("hints", timeout=PATIENT) as events:
            mine = hint()
            client.push([mine])
            found = next(event for event in events if event.data.get("id") == mine.id)
            self.assertEqual(found.topic, "hints")
            client.cancel([mine.id])

    def test_round_trips_are_short(self) -> None:
        """Prints them; what they must come to depends on what else this machine does."""
        with TurboMev(SOCKET, timeout=PATIENT) as client:
            calls: Dict[str, Callable[[], object]] = {
                "version": client.version,
                "processRoute": lambda: client.process_route(route()),
            }
            for name, call in calls.items():
                times = []
                for _ in range(3_000):
                    since = time.perf_counter()
                    call()
                    times.append((time.perf_counter() - since) * 1e6)
                times = sorted(times[500:])
                print(f"{name}: p50 {times[len(times) // 2]:.0f} us, p99 {times[len(times) * 99 // 100]:.0f} us")
                self.assertLess(times[len(times) // 2], 20_000)


if __name__ == "__main__":
    unittest.main()
