"""What the client does at its border: against a server that breaks on purpose. The daemon itself: test_daemon.py."""

from __future__ import annotations

import asyncio
import math
import os
import threading
import time
import unittest
from decimal import Decimal
from typing import Any, Callable, Dict, List, Set
from unittest import mock

import turbo_mev
from tests.both import KINDS, Client
from tests.scripted import Peer, Request, Script, ScriptedServer, honest, line
from turbo_mev import (
    AsyncTurboMev,
    ConnectionLost,
    Hint,
    InvalidParams,
    NotConnected,
    ProtocolError,
    RateLimited,
    Result,
    RpcError,
    TimedOut,
    TurboMev,
    TurboMevError,
)

PATIENT = 20.0  # seconds, where the test is not about time
ROUTE = {"token_in": "WPOL", "token_out": "WPOL", "amount": "1", "path": ["WPOL", "DAI", "WPOL"], "dexes": ["x"]}


def hints(n: int, **fields: Any) -> List[Hint]:
    return [Hint(path=["WPOL", "DAI", "WPOL"], **fields) for _ in range(n)]


def once(first: Script, then: Script = honest) -> Script:
    """`first` for the first request, `then` for all others."""
    scripts = [first]
    return lambda request, peer: (scripts.pop() if scripts else then)(request, peer)


def says(data: bytes) -> Script:
    return lambda _, peer: peer.send(data)


def always(result: Any) -> Script:
    return lambda request, peer: peer.answer(request, result)


def hang_up(_: Request, peer: Peer) -> None:
    peer.hang_up()


def silent(_: Request, __: Peer) -> None:
    pass


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENT
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it did not come about")
        time.sleep(0.001)


class ServerCase(unittest.TestCase):
    def setUp(self) -> None:
        self.server = ScriptedServer()
        self.addCleanup(lambda: self.server.close())

    def for_both(self, scenario: Callable[[Client], None], **options: Any) -> None:
        """The same with both clients, each with a fresh server."""
        for kind in KINDS:
            with self.subTest(client=kind.__name__):
                self.server.close()
                self.server = ScriptedServer(self.server.script).start()
                client = kind(self.server.path, **{"timeout": PATIENT, **options})
                try:
                    scenario(client)
                finally:
                    client.close()


class Answers(ServerCase):
    def test_partial_lines(self) -> None:
        def byte_by_byte(request: Request, peer: Peer) -> None:
            for byte in line({"jsonrpc": "2.0", "id": request["id"], "result": {"text": "Zürich\n"}}):
                peer.send(bytes([byte]))

        self.server.script = byte_by_byte
        self.for_both(lambda client: self.assertEqual(client.version(), {"text": "Zürich\n"}))

    def test_out_of_order_and_in_one_write(self) -> None:
        def scenario(client: Client) -> None:
            held: List[bytes] = []

            def reversed_at_the_third(request: Request, peer: Peer) -> None:
                verdicts = [{"id": hint["id"], "verdict": "accepted"} for hint in request["params"]["hints"]]
                held.insert(0, line({"jsonrpc": "2.0", "id": request["id"], "result": {"verdicts": verdicts}}))
                if len(held) == 3:
                    peer.send(b"".join(held))

            self.server.script = reversed_at_the_third
            pushed = hints(600)
            verdicts = client.push(pushed)
            self.assertEqual([verdict.id for verdict in verdicts], [hint.id for hint in pushed])

        self.for_both(scenario)

    def test_wrong_and_repeated_ids_and_notifications_are_passed_over(self) -> None:
        def noisy(request: Request, peer: Peer) -> None:
            number = request["id"]
            for stray in (number + 1_000_000, str(number), True, 1.5, [number]):
                peer.send(line({"jsonrpc": "2.0", "id": stray, "result": {"wrong": True}}))
            peer.notify("event", {"topic": "heads", "block": 1})
            peer.answer(request, {"number": number})
            peer.answer(request, {"wrong": True})

        def scenario(client: Client) -> None:
            for _ in range(3):
                self.assertEqual([*client.status()], ["number"])

        self.server.script = noisy
        self.for_both(scenario)

    def test_errors_have_code_and_path(self) -> None:
        def scenario(client: Client) -> None:
            self.server.script = lambda request, peer: peer.refuse(request, -32602, "too large", {"path": "limit"})
            with self.assertRaises(InvalidParams) as caught:
                client.list(5_000)
            self.assertEqual((caught.exception.code, caught.exception.path), (-32602, "limit"))
            self.server.script = lambda request, peer: peer.refuse(request, -32005, "slower", {"retry_ms": 250})
            with self.assertRaises(RateLimited) as limited:
                client.push(hints(1))
            self.assertEqual((limited.exception.retry_after, limited.exception.path), (0.25, None))
            self.server.script = lambda request, peer: peer.refuse(request, -1, "new")
            with self.assertRaises(RpcError) as other:
                client.version()
            self.assertIs(type(other.exception), RpcError)

        self.for_both(scenario)

    def test_an_error_without_id_is_the_error_of_all_that_wait(self) -> None:
        def nameless(_: Request, peer: Peer) -> None:
            peer.send(line({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "line too long"}}))

        def scenario(client: Client) -> None:
            with self.assertRaisesRegex(RpcError, "line too long"):
                client.push(hints(300))

        self.server.script = nameless
        self.for_both(scenario)

    def test_answers_of_another_shape(self) -> None:
        def scenario(client: Client) -> None:
            other = {"id": "other", "verdict": "accepted"}
            results: List[Any] = [None, [], 7, {"verdicts": []}, {"verdicts": [other]}]
            for result in results:
                self.server.script = always(result)
                with self.assertRaises(ProtocolError):
                    client.push(hints(1))

        self.for_both(scenario)

    def test_garbage_ends_the_connection_and_not_the_client(self) -> None:
        def scenario(client: Client) -> None:
            for garbage in (b"{\n", b"[]\n", b"7\n", b"\xff\xfe\n", b"[" * 100_000 + b"\n"):
                self.server.script = once(says(garbage))
                self.assertTrue(client.push(hints(1))[0].accepted, "sent again")
                self.server.script = once(says(garbage))
                with self.assertRaises(ConnectionLost):
                    client.process_route(ROUTE)
                self.assertEqual(client.version()["method"], "version")

        self.for_both(scenario)


class Time(ServerCase):
    def test_no_daemon_fails_at_once(self) -> None:
        def scenario(client: Client) -> None:
            self.server.stop()
            since = time.monotonic()
            for _ in range(50):
                with self.assertRaises(NotConnected):
                    client.push(hints(1))
            self.assertLess(time.monotonic() - since, 5)

        self.for_both(scenario)

    def test_a_path_that_no_socket_can_have(self) -> None:
        for kind in KINDS:
            client = kind("/" + "x" * 200)
            with self.assertRaises(NotConnected):
                client.version()
            client.close()

    def test_no_answer_is_an_error_in_time_and_a_late_one_is_no_other_ones(self) -> None:
        def scenario(client: Client) -> None:
            late: List[Request] = []

            def one_behind(request: Request, peer: Peer) -> None:
                for former in late:
                    peer.answer(former, {"late": True})
                honest(request, peer)

            self.server.script = once(lambda request, _: late.append(request), one_behind)
            since = time.monotonic()
            with self.assertRaises(TimedOut):
                client.version(timeout=0.1)
            self.assertLess(time.monotonic() - since, 1)
            self.assertEqual(client.status()["method"], "status")

        self.for_both(scenario)

    def test_a_daemon_that_does_not_read(self) -> None:
        def scenario(client: Client) -> None:
            free = threading.Event()
            self.server.script = once(lambda request, peer: None if free.wait() else None)
            with self.assertRaises(TimedOut):
                client.push(hints(20_000), timeout=0.2)
            free.set()
            self.assertEqual(client.call("m")["method"], "m", "half a line has not spoiled the next one")

        self.for_both(scenario)

    def test_the_default_is_a_tenth_of_a_second(self) -> None:
        self.assertEqual(turbo_mev.TIMEOUT, 0.1)
        self.server.script = silent
        self.server.start()
        with TurboMev(self.server.path) as client:
            since = time.monotonic()
            with self.assertRaises(TimeoutError):
                client.version()
            self.assertGreater(time.monotonic() - since, 0.09)


class Connections(ServerCase):
    def test_ended_between_calls_nobody_notices(self) -> None:
        def scenario(client: Client) -> None:
            client.version()
            self.server.stop()
            self.server.start()
            with self.assertRaises(ProtocolError):
                client.process_route(ROUTE)  # the scripted answer has not its fields
            self.assertEqual(self.server.methods(), ["version", "processRoute"])

        self.for_both(scenario)

    def test_ended_before_the_answer(self) -> None:
        def scenario(client: Client) -> None:
            self.server.script = once(hang_up)
            with self.assertRaises(ConnectionLost):
                client.process_route(ROUTE)
            self.assertEqual(self.server.methods(), ["processRoute"], "never sent twice")
            self.server.script = once(hang_up)
            (verdict,) = client.push(hints(1))
            self.assertTrue(verdict.accepted)
            first, second = (request["params"] for request in self.server.seen[1:])
            self.assertEqual(first, second, "sent again, by the same id")

        self.for_both(scenario)

    def test_a_farewell_is_read_before_the_next_request(self) -> None:
        def scenario(client: Client) -> None:
            client.version()
            self.server.peers[0].say_farewell()
            self.assertEqual(client.call("m")["method"], "m", "not sent to whom has said that it reads no more")

        self.for_both(scenario)

    def test_what_never_left_is_not_lost(self) -> None:
        self.server.script = once(hang_up)
        self.server.start()
        with TurboMev(self.server.path, timeout=PATIENT) as client:
            with self.assertRaises(ConnectionLost) as caught:
                client.find_arbitrage({**ROUTE, "id": str(i)} for i in range(50_000))
            self.assertIn("49999", caught.exception.partial)
            self.assertNotIn("0", caught.exception.partial)

    def test_always_ended_is_an_error_in_time(self) -> None:
        def scenario(client: Client) -> None:
            self.server.script = hang_up
            with self.assertRaises((ConnectionLost, TimedOut)):
                client.push(hints(1), timeout=0.2)

        self.for_both(scenario)

    def test_a_call_waits_through_a_restart_within_its_time(self) -> None:
        def scenario(client: Client) -> None:
            client.version()
            self.server.stop()
            starter = threading.Timer(0.3, self.server.start)
            starter.start()
            try:
                self.assertTrue(client.push(hints(1))[0].accepted)
            finally:
                starter.join()

        self.for_both(scenario)

    def test_an_outage_costs_one_call_its_time(self) -> None:
        def scenario(client: Client) -> None:
            client.version()
            self.server.stop()
            with self.assertRaises(NotConnected):
                client.version(timeout=0.05)
            with self.assertRaises(NotConnected):
                client.version()  # has 20 s, and takes none of them

        self.for_both(scenario)

    def test_what_was_answered_goes_with_the_error(self) -> None:
        def scenario(client: Client) -> None:
            self.server.script = once(honest, lambda request, peer: peer.refuse(request, -32005, "slower"))
            pushed = hints(450)
            with self.assertRaises(RateLimited) as caught:
                client.push(pushed)
            self.assertEqual([v.id for v in caught.exception.partial], [hint.id for hint in pushed[:200]])

        self.for_both(scenario)

    def test_restarted_20_times_in_10_000_hints(self) -> None:
        def scenario(client: Client) -> None:
            pushed = hints(10_000)
            answered: Dict[str, int] = {}
            raised: Set[str] = set()
            over = threading.Event()
            restarts: List[int] = []

            def restart() -> None:
                while len(restarts) < 20:
                    mark = len(self.server.seen)
                    until(lambda: len(self.server.seen) >= mark + 20 or over.is_set())
                    self.server.stop()
                    self.server.start()
                    restarts.append(1)

            thread = threading.Thread(target=restart)
            thread.start()
            step = 10
            for start in range(0, len(pushed), step):
                part = pushed[start : start + step]
                verdicts: List[Any] = []
                try:
                    # Some wait for the next daemon, some have no time for that.
                    verdicts = client.push(part, timeout=PATIENT if start % 20 else 0.02)
                except TurboMevError as error:
                    verdicts = [*error.partial]
                    raised.update({hint.id for hint in part} - {verdict.id for verdict in verdicts})
                for verdict in verdicts:
                    answered[verdict.id] = answered.get(verdict.id, 0) + 1
            over.set()
            thread.join()
            self.assertEqual(len(restarts), 20)
            self.assertEqual(set(answered.values()), {1})
            self.assertEqual(set(answered) | raised, {hint.id for hint in pushed})
            self.assertEqual(set(answered) & raised, set())

        self.for_both(scenario)

    def test_threads_share_a_client(self) -> None:
        self.server.start()
        with TurboMev(self.server.path, timeout=PATIENT) as client:
            found: List[str] = []

            def ask(n: int) -> None:
                for i in range(50):
                    found.append(client.call(f"m{n}.{i}")["method"])

            threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(found), sorted(f"m{n}.{i}" for n in range(8) for i in range(50)))
        self.assertEqual(len(self.server.peers), 1, "one connection for all")

    def test_tasks_share_a_client_and_one_that_is_cancelled_harms_no_other(self) -> None:
        self.server.start()

        async def scenario() -> None:
            async with AsyncTurboMev(self.server.path, timeout=PATIENT) as client:
                tasks = [asyncio.ensure_future(client.call(f"m{i}")) for i in range(200)]
                await asyncio.sleep(0)
                for task in tasks[::2]:
                    task.cancel()
                kept = await asyncio.gather(*tasks[1::2])
                self.assertEqual([one["method"] for one in kept], [f"m{i}" for i in range(1, 200, 2)])

        asyncio.run(scenario())
        self.assertEqual(len(self.server.peers), 1, "one connection for all")


class Requests(ServerCase):
    def test_large_pushes_are_cut_by_count_and_by_bytes(self) -> None:
        def scenario(client: Client) -> None:
            self.assertEqual(len(client.push(hints(450))), 450)
            long = [Hint(pools=["0x" + "a" * 40] * 6, id=f"{i:064}") for i in range(400)]
            self.assertEqual(len(client.push(long)), 400)
            sizes = [len(request["params"]["hints"]) for request in self.server.seen]
            self.assertEqual(sorted(sizes[:3]), [50, 200, 200])
            self.assertLessEqual(max(len(line(request)) for request in self.server.seen), 64 * 1024)
            self.assertEqual(client.push([]), [])

        self.for_both(scenario)

    def test_a_thousand_routes_are_several_requests_in_order(self) -> None:
        def scenario(client: Client) -> None:
            routes = [{**ROUTE, "path": ["0x" + "a" * 40] * 5, "id": str(i)} for i in range(1_000)]
            self.assertEqual(client.find_arbitrage(routes), [str(i) for i in range(1_000)])
            self.assertGreater(len(self.server.seen), 1)

        self.for_both(scenario)

    def test_a_thousand_plain_routes_are_one_request_in_which_each_name_stands_once(self) -> None:
        def scenario(client: Client) -> None:
            tokens = [f"0x{i:040}" for i in range(300)]
            paths = [[tokens[i % 300], tokens[(7 * i + 1) % 300], tokens[i % 300]] for i in range(1_000)]
            routes = [{**ROUTE, "path": path, "dexes": ["quick", "sushi"]} for path in paths]
            before = len(self.server.seen)
            self.assertEqual(len(client.find_arbitrage(routes)), 1_000)
            (request,) = self.server.seen[before:]
            names = request["params"]["names"]
            self.assertEqual(len(names), len(set(names)))
            said = [[[names[at] for at in part] for part in one] for one in request["params"]["routes"]]
            self.assertEqual(said, [[path, ["quick", "sushi"]] for path in paths])
            self.assertEqual(client.find_arbitrage([]), [])
            self.assertEqual(len(self.server.seen), before + 1)

        self.for_both(scenario)

    def test_more_names_than_one_question_holds_are_several(self) -> None:
        def scenario(client: Client) -> None:
            paths = [[f"{i}-{hop}" for hop in range(6)] for i in range(1_000)]
            routes = [{**ROUTE, "path": path, "dexes": ["quick"]} for path in paths]
            before = len(self.server.seen)
            client.find_arbitrage(routes)
            asked = [request["params"] for request in self.server.seen[before:]]
            self.assertLessEqual(max(len(one["names"]) for one in asked), 4_096)
            said = sorted([one["names"][at] for at in path] for one in asked for path, _ in one["routes"])
            self.assertEqual(said, sorted(paths))

        self.for_both(scenario)

    def test_nothing_is_sent_of_what_cannot_be_said(self) -> None:
        def scenario(client: Client) -> None:
            with self.assertRaises(ValueError):
                client.push([Hint(path=["a", "b"], score=math.nan)])
            with self.assertRaises(ValueError):
                client.push([Hint(path=["a", "b"], id="")])
            with self.assertRaises(ValueError):
                client.push([{"path": ["a" * 70_000]}])
            with self.assertRaises(ValueError):
                client.push([{"path": ["a" * 70_000]}], fire_and_forget=True)
            with self.assertRaises(TypeError):
                client.push([{"path": object()}])
            self.assertEqual(self.server.seen, [])

        self.for_both(scenario)

    def test_numbers_of_other_libraries_and_of_any_length(self) -> None:
        class Scalar:
            def item(self) -> float:
                return 0.25

        def scenario(client: Client) -> None:
            client.push([{"path": ["a", "b"], "score": Scalar(), "id": "x"}])
            self.assertEqual(self.server.seen[0]["params"]["hints"][0]["score"], 0.25)
            for amount in (10**30, Decimal("1.5")):
                with self.assertRaises(ProtocolError):
                    client.process_route({**ROUTE, "amount": amount})
                self.assertEqual(self.server.seen[-1]["params"]["amount"], str(amount))

        self.for_both(scenario)

    def test_hints_have_ids_of_their_own(self) -> None:
        self.assertEqual(len({hint.id for hint in hints(1_000)}), 1_000)


class Outbox(ServerCase):
    def test_returns_at_once_and_delivers(self) -> None:
        def scenario(client: Client) -> None:
            self.assertEqual(client.push(hints(1_000), fire_and_forget=True), [])
            self.assertTrue(client.flush(PATIENT))
            counts = client.outbox
            self.assertEqual((counts.accepted, counts.refused, counts.dropped, counts.waiting), (1_000, 0, 0, 0))

        self.for_both(scenario)

    def test_the_oldest_are_dropped_and_counted(self) -> None:
        def scenario(client: Client) -> None:
            self.server.stop()
            pushed = hints(1_000, ttl_ms=60_000)
            for start in range(0, 1_000, 100):
                client.push(pushed[start : start + 100], fire_and_forget=True)
            client.flush(0.05)
            self.server.start()
            self.assertTrue(client.flush(PATIENT))
            counts = client.outbox
            self.assertEqual(counts.accepted + counts.dropped, 1_000)
            self.assertGreater(counts.dropped, 600)
            delivered = [hint["id"] for request in self.server.seen for hint in request["params"]["hints"]]
            self.assertEqual(delivered[-300:], [hint.id for hint in pushed[-300:]])
            self.assertEqual(client.dropped, counts.dropped)

        self.for_both(scenario, queue_size=300)

    def test_no_hint_outlives_its_time(self) -> None:
        def scenario(client: Client) -> None:
            self.server.stop()
            client.push(hints(10, ttl_ms=100), fire_and_forget=True)
            self.assertTrue(client.flush(PATIENT))
            self.assertEqual(client.dropped, 10)

        self.for_both(scenario)

    def test_waits_when_it_is_told_to(self) -> None:
        def scenario(client: Client) -> None:
            self.server.script = once(lambda request, peer: peer.refuse(request, -32005, "slower", {"retry_ms": 300}))
            since = time.monotonic()
            client.push(hints(10), fire_and_forget=True)
            self.assertTrue(client.flush(PATIENT))
            self.assertGreater(time.monotonic() - since, 0.29)
            self.assertEqual(client.outbox.accepted, 10)

        self.for_both(scenario)

    def test_what_is_left_at_the_end_is_counted(self) -> None:
        for kind in KINDS:
            client = kind(self.server.path, timeout=0.05)
            client.push(hints(10), fire_and_forget=True)
            client.close()
            self.assertEqual(client.dropped, 10)


class Results(ServerCase):
    def setUp(self) -> None:
        super().setUp()
        self.server.script = self.subscribed

    def subscribed(self, request: Request, peer: Peer) -> None:
        peer.answer(request, {})
        if request["method"] == "hint.results":
            known = {"source": "brain", "state": "scanned", "time": 1.5, "net": "7"}
            for n in range(3):
                peer.notify("hint.result", {**known, "id": f"h{n}"})
            peer.notify("hint.result", {"state": "of a shape that nobody knows"})
            peer.notify("event", {"topic": "heads", "block": 1})

    def test_come_one_by_one(self) -> None:
        def scenario(client: Client) -> None:
            results = client.results()
            self.assertEqual(next(results), Result("h0", "brain", "scanned", 1.5, net=7))
            self.assertEqual([next(results).id, next(results).id], ["h1", "h2"])
            results.close()
            self.assertEqual([*results], [])

        self.for_both(scenario)

    def test_end_after_their_timeout(self) -> None:
        def scenario(client: Client) -> None:
            results = client.results(timeout=0.05)
            self.assertEqual([result.id for result in results], ["h0", "h1", "h2"])
            results.close()

        self.for_both(scenario)

    def test_go_on_after_a_restart(self) -> None:
        def scenario(client: Client) -> None:
            results = client.results()
            for gaps in range(3):
                self.assertEqual([next(results).id for _ in range(3)], ["h0", "h1", "h2"])
                self.assertEqual(results.gaps, gaps)
                self.server.stop()
                self.server.start()
            results.close()

        self.for_both(scenario)

    def test_start_while_the_daemon_is_down(self) -> None:
        def scenario(client: Client) -> None:
            self.server.stop()
            results = client.results()
            self.assertFalse(results.connected)
            self.server.start()
            self.assertEqual(next(results).id, "h0")
            self.assertTrue(results.connected)
            results.close()

        self.for_both(scenario)

    def test_not_allowed_is_said(self) -> None:
        def scenario(client: Client) -> None:
            self.server.script = lambda request, peer: peer.refuse(request, -32006, "not on this socket")
            with self.assertRaises(turbo_mev.NotAllowed):
                client.results()

        self.for_both(scenario)

    def test_poll_gives_what_is_there(self) -> None:
        self.server.start()
        with TurboMev(self.server.path, timeout=PATIENT) as client, client.results() as results:
            found: List[str] = []

            def complete() -> bool:
                found.extend(result.id for result in results.poll())
                return len(found) == 3

            until(complete)
            self.assertEqual(results.poll(), [])
            self.server.stop()
            since = time.monotonic()
            self.assertEqual([results.poll() for _ in range(10)], [[]] * 10)
            self.assertLess(time.monotonic() - since, 5, "it waits for no daemon")

    def test_close_wakes_the_thread_that_waits(self) -> None:
        self.server.start()
        with TurboMev(self.server.path, timeout=PATIENT) as client:
            results = client.results()
            found: List[Result] = []
            thread = threading.Thread(target=lambda: found.extend(results))
            thread.start()
            until(lambda: len(found) == 3)
            results.close()
            thread.join(PATIENT)
            self.assertFalse(thread.is_alive())

    def test_close_wakes_the_task_that_waits(self) -> None:
        self.server.start()

        async def scenario() -> None:
            async with AsyncTurboMev(self.server.path, timeout=PATIENT) as client:
                async with client.results() as results:
                    asyncio.get_running_loop().call_later(0.1, results.close)
                    self.assertEqual([r.id async for r in results], ["h0", "h1", "h2"])

        asyncio.run(scenario())

    def test_events_by_topic(self) -> None:
        self.server.start()

        def heard(request: Request, peer: Peer) -> None:
            peer.answer(request, {})
            peer.notify("event", {"topic": request["params"]["topics"][0], "n": 1})

        self.server.script = heard
        with TurboMev(self.server.path, timeout=PATIENT) as client, client.events("heads") as events:
            self.assertEqual(next(events), turbo_mev.Event("heads", {"n": 1}))


class Finding(unittest.TestCase):
    def test_argument_then_environment_then_session_then_system(self) -> None:
        system = "/run/turbo-mev/hints.sock"
        there: Set[str] = set()
        with mock.patch.dict(os.environ, clear=True), mock.patch("os.path.exists", there.__contains__):
            self.assertEqual(turbo_mev.socket_path(), system)
            os.environ["XDG_RUNTIME_DIR"] = "/run/user/7"
            self.assertEqual(turbo_mev.socket_path(), "/run/user/7/turbo-mev/hints.sock")
            there.add(system)
            self.assertEqual(turbo_mev.socket_path(), system)
            there.add("/run/user/7/turbo-mev/hints.sock")
            self.assertEqual(turbo_mev.socket_path(), "/run/user/7/turbo-mev/hints.sock")
            os.environ["TURBO_MEV_SOCKET"] = "/named.sock"
            self.assertEqual(turbo_mev.socket_path(), "/named.sock")
            self.assertEqual(turbo_mev.socket_path("/given.sock"), "/given.sock")


if __name__ == "__main__":
    unittest.main()
