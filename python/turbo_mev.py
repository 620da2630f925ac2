"""Client of the turbo-mev daemon: hints in, verdicts and fates out. Standard library only, Python 3.9+.

    from turbo_mev import Hint, TurboMev

    with TurboMev() as mev:
        for verdict in mev.push([Hint(path=["WPOL", "USDC.e", "WPOL"], dexes=["quickswap_v2", "sushiswap_v2"])]):
            print(verdict.id, verdict.verdict, verdict.code)

JSON-RPC 2.0, one object a line, over the daemon's Unix socket. What holds for every call:

* One request has one answer or raises one error. `NotConnected`: nothing was sent. `ConnectionLost`: it was sent, the
  daemon ended before it answered, and sending it again could count twice. `TimedOut`: no answer in time.
* A call blocks for `timeout` seconds at most, 0.1 unless told otherwise. While the daemon is down calls fail at once;
  only one that meets the end of a connection waits for the next one, within its time-out, and sends again what may be
  sent again: all but `process_route` and `find_arbitrage`, since a hint of the same id replaces the one before.
* A client may be shared by threads (`TurboMev`) or tasks (`AsyncTurboMev`). After a fork, make a new one.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import select
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field, fields
from functools import lru_cache
from itertools import chain, count
from types import TracebackType
from typing import (
    Any,
    AsyncIterator,
    Callable,
    Deque,
    Dict,
    Generic,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Set,
    Tuple,
    Type,
    TypeVar,
    Union,
    cast,
)

__version__ = "0.1.0"
__all__ = [
    "AsyncEvents",
    "AsyncTurboMev",
    "ConnectionLost",
    "Event",
    "Events",
    "Hint",
    "InvalidParams",
    "NotAllowed",
    "NotConnected",
    "OutboxCounts",
    "PairVerdict",
    "Paused",
    "ProtocolError",
    "RateLimited",
    "Result",
    "RouteResult",
    "RpcError",
    "Stale",
    "TimedOut",
    "TurboMev",
    "TurboMevError",
    "UnknownPool",
    "Verdict",
    "socket_path",
]

TIMEOUT = 0.1
"""Seconds that a call may block its caller."""

_ENTRY_SLACK = 16  # an entry may be longer than the first of its part by so much, its comma counted
_LINE_BYTES = 63_000  # the daemon takes 64 KiB a line; the rest is for what stands around a list
_ANSWER_BYTES = 16 << 20
_MOST_NAMES = 4_096  # in one question about routes
_ENTRIES_A_REQUEST = 200  # hints or ids; of routes and pairs, it would take more
_NOTES_AHEAD = 1_000  # notifications that wait for their reader; then the socket is left unread
_READ_BYTES = 1 << 18
_LONGEST_PAUSE = 1.0
_COURIER_TIMEOUT = 1.0  # nobody waits for it
_LEAST_COURIER_PAUSE = 0.01

T = TypeVar("T")
Json = Dict[str, Any]


# ---- errors -----------------------------------------------------------------------------------------------------


class TurboMevError(Exception):
    """Base of all errors here."""

    partial: Tuple[Any, ...] = ()
    """What had been answered before the failure, for calls that need several requests: a large `push` has its first
    verdicts here, `find_arbitrage` its first ids."""


class NotConnected(TurboMevError, ConnectionError):
    """No daemon listens; nothing was sent."""


class ConnectionLost(TurboMevError, ConnectionError):
    """It was sent, and the connection ended before the answer; whether it was carried out is not known."""


class TimedOut(TurboMevError, TimeoutError):
    """No answer in time; a late one is thrown away."""


class ProtocolError(TurboMevError):
    """An answer of a shape that this client does not know."""


class RpcError(TurboMevError):
    """The daemon refused the request."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    @property
    def retry_after(self) -> float:
        """Seconds after which it may be tried again, 0 where the daemon does not say."""
        wait = self.data.get("retry_ms") if isinstance(self.data, dict) else None
        return wait / 1_000 if isinstance(wait, (int, float)) else 0.0

    @property
    def path(self) -> Optional[str]:
        """The field that was wrong, as in `hints.0.score`; None where the error is not about a field."""
        path = self.data.get("path") if isinstance(self.data, dict) else None
        if isinstance(path, list):
            return ".".join(str(part) for part in path)
        return None if path is None else str(path)

    def __str__(self) -> str:
        where = "" if self.path is None else f" at {self.path}"
        return f"{self.message}{where} ({self.code})"


class InvalidParams(RpcError):
    pass


class Paused(RpcError):
    pass


class UnknownPool(RpcError):
    pass


class Stale(RpcError):
    pass


class RateLimited(RpcError):
    pass


class NotAllowed(RpcError):
    """Not on this socket: what only the owner may ask for goes through `control.sock`."""


_BY_CODE: Mapping[int, Type[RpcError]] = {
    -32602: InvalidParams,
    -32001: Paused,
    -32002: UnknownPool,
    -32003: Stale,
    -32005: RateLimited,
    -32006: NotAllowed,
}


# ---- what is said -----------------------------------------------------------------------------------------------

_ids = count(1)
_session = secrets.token_hex(6)


def _new_id() -> str:
    return f"{_session}-{os.getpid()}-{next(_ids)}"


@dataclass(frozen=True)
class Hint:
    """A route worth a look: `path` with `dexes` (one a hop, or one for all), or `pools` with `start`."""

    path: Optional[Sequence[str]] = None
    dexes: Optional[Sequence[str]] = None
    pools: Optional[Sequence[str]] = None
    start: Optional[str] = None
    score: float = 0.5
    """0 to 1, the brain's own opinion: higher ones are priced first."""
    ttl_ms: int = 5_000
    budget: float = 1.0
    """Share of a plan's places that it may take."""
    id: str = field(default_factory=_new_id)
    """Names it in verdicts and results; a second one of that name replaces it."""


@dataclass(frozen=True)
class Verdict:
    id: str
    verdict: str
    """`accepted` or `refused`"""
    code: Optional[str] = None
    reason: Optional[str] = None

    @property
    def accepted(self) -> bool:
        return self.verdict == "accepted"


@dataclass(frozen=True)
class Result:
    """What became of a hint."""

    id: str
    source: str
    state: str
    """accepted, refused, scanned, profitable, submitted, landed, missed, expired or cancelled"""
    time: float
    block: Optional[int] = None
    net: Optional[int] = None
    """Wei of the native token after gas."""
    code: Optional[str] = None
    intent: Optional[str] = None
    opportunity: Optional[str] = None


@dataclass(frozen=True)
class RouteResult:
    """A route's price; raw units are exact, `net_profit` (US dollars after gas) is an estimate."""

    profitable: bool
    net_profit: str
    bundle_id: Optional[str]
    execution_time_us: int
    code: str
    net_wei: Optional[int] = None
    base: Optional[str] = None
    profit: Optional[int] = None
    amount_in: Optional[int] = None


@dataclass(frozen=True)
class PairVerdict:
    token0: str
    token1: str
    dex: str
    verdict: str
    """known, queued or refused"""
    pools: Sequence[str] = ()
    reason: Optional[str] = None


@dataclass(frozen=True)
class Event:
    topic: str
    data: Json


@dataclass(frozen=True)
class OutboxCounts:
    """Hints that were pushed with `fire_and_forget`; all but `waiting` add up to what has left the queue."""

    waiting: int
    accepted: int
    refused: int
    dropped: int
    """Left out unsent: the queue was full, or their time was over before the daemon could be reached."""


def _plain(value: Any) -> Any:
    """Numbers of other libraries: numpy's scalars as Python's own, decimals as text."""
    item = getattr(value, "item", None)
    if callable(item):
        return item()
    if type(value).__name__ == "Decimal":
        return str(value)
    raise TypeError(f"{type(value).__name__} is nothing that JSON has")


_decode = json.JSONDecoder().decode
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_plain).encode


@lru_cache(maxsize=None)
def _field_names(kind: Any) -> Tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def _made(kind: Type[T], raw: Any, whole: Sequence[str] = ()) -> T:
    """A dataclass of an answer's fields; those that it does not know are left out, `whole` ones become integers."""
    known = {name: raw[name] for name in _field_names(cast(Any, kind)) if name in raw}
    for name in whole:
        if known.get(name) is not None:
            known[name] = int(known[name])
    return kind(**known)


def _result_of(raw: Any) -> Result:
    return _made(Result, raw, whole=("net",))


def _route_result_of(raw: Any) -> RouteResult:
    return _made(RouteResult, raw, whole=("net_wei", "profit", "amount_in"))


def _event_of(raw: Any) -> Event:
    return Event(str(raw["topic"]), {key: value for key, value in raw.items() if key != "topic"})


# ---- the methods, once for both clients -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Call(Generic[T]):
    """One request and how its answer is read."""

    method: str
    params: str
    decode: Callable[[Any], T]
    repeatable: bool = True

    def line(self, number: int) -> bytes:
        text = f'{{"jsonrpc":"2.0","id":{number},"method":{_encode(self.method)},"params":{self.params}}}\n'
        return text.encode()

    def read(self, message: Json) -> Union[T, TurboMevError]:
        error = message.get("error")
        if isinstance(error, dict):
            code = error.get("code")
            code = code if isinstance(code, int) else -32603
            return _BY_CODE.get(code, RpcError)(code, str(error.get("message")), error.get("data"))
        try:
            return self.decode(message["result"])
        except (KeyError, TypeError, ValueError, AttributeError) as cause:
            return ProtocolError(f"the answer to {self.method} is not understood: {cause!r}")


def _as_object(raw: Any) -> Json:
    if not isinstance(raw, dict):
        raise ValueError("no object")
    return raw


def _call(method: str, params: Mapping[str, Any], decode: Callable[[Any], T]) -> _Call[T]:
    return _Call(method, _encode(params), decode)


def _split(entries: Sequence[Any]) -> Iterator[Tuple[Sequence[Any], str]]:
    """In order, in parts that a line holds, each with its text. Entries of one list are about of one length."""
    start = 0
    while start < len(entries):
        length = len(_encode(entries[start])) + _ENTRY_SLACK
        end = start + max(1, min(_ENTRIES_A_REQUEST, _LINE_BYTES // length))
        yield from _fitting(entries[start:end])
        start = end


def _fitting(entries: Sequence[Any]) -> Iterator[Tuple[Sequence[Any], str]]:
    text = _encode(entries)
    half = len(entries) // 2
    if len(text) <= _LINE_BYTES:
        yield entries, text
    elif half == 0:
        raise ValueError("one entry is longer than a line may be")
    else:
        yield from _fitting(entries[:half])
        yield from _fitting(entries[half:])


AnyHint = Union[Hint, Mapping[str, Any]]


def _hint_fields(hint: AnyHint) -> Json:
    known = vars(hint) if isinstance(hint, Hint) else hint
    said = {key: value for key, value in known.items() if value is not None}
    id = said.setdefault("id", _new_id())
    if not isinstance(id, str) or not 1 <= len(id) <= 64:
        raise ValueError("a hint's id is a text of 1 to 64 characters")
    return said


def _push_call(hints: str, ids: List[str], source: str) -> _Call[List[Verdict]]:
    def decode(raw: Any) -> List[Verdict]:
        verdicts = [_made(Verdict, one) for one in raw["verdicts"]]
        if [verdict.id for verdict in verdicts] != ids:
            raise ValueError("verdicts of other hints")
        return verdicts

    return _Call("hint.push", f'{{"hints":{hints},"source":{_encode(source)}}}', decode)


def _push_calls(hints: Iterable[AnyHint], source: str) -> List[_Call[List[Verdict]]]:
    parts = _split([_hint_fields(hint) for hint in hints])
    return [_push_call(text, [hint["id"] for hint in part], source) for part, text in parts]


def _cancel_calls(ids: Iterable[str]) -> List[_Call[List[int]]]:
    return [
        _Call("hint.cancel", f'{{"ids":{text}}}', lambda raw: [int(raw["cancelled"])])
        for _, text in _split([*ids])
    ]


def _pair_calls(pairs: Iterable[Mapping[str, Any]]) -> List[_Call[List[PairVerdict]]]:
    return [
        _Call("injectPairs", text, lambda raw: [_made(PairVerdict, one) for one in raw["pairs"]])
        for _, text in _split([*pairs])
    ]


def _exact(route: Mapping[str, Any]) -> Mapping[str, Any]:
    """As text, a whole number of any length survives."""
    amount = route.get("amount")
    return {**route, "amount": str(amount)} if isinstance(amount, int) else route


def _route_call(route: Mapping[str, Any]) -> _Call[RouteResult]:
    return _Call("processRoute", _encode(_exact(route)), _route_result_of, repeatable=False)


def _arbitrage_calls(routes: Iterable[Mapping[str, Any]]) -> List[_Call[List[str]]]:
    entries = list(routes)
    texts = _by_places(entries)
    if texts is None:
        texts = [text for _, text in _split([_exact(entry) for entry in entries])]
    return [
        _Call("findArbitrage", text, lambda raw: [str(one) for one in raw["bundle_ids"]], repeatable=False)
        for text in texts
    ]


_ROUTE_FIELDS = frozenset(("token_in", "token_out", "amount", "path", "dexes"))


def _by_places(routes: Sequence[Mapping[str, Any]]) -> Optional[List[str]]:
    """
    Routes as places in a list of their tokens and exchanges, each named once: a thousand fit in one line, and are
    one question. None where an entry is no plain route of texts.
    """
    if not routes:
        return []
    lists: List[Any] = []
    for route in routes:
        if not route.keys() <= _ROUTE_FIELDS:
            return None
        lists += (route.get("path"), route.get("dexes"))
    if not {*map(type, lists)} <= {list, tuple}:
        return None
    try:
        names = list(dict.fromkeys(chain.from_iterable(lists)))
    except TypeError:  # no name: a list, say
        return None
    if not {*map(type, names)} <= {str}:
        return None
    # Numbers need no encoder, which takes twice the time.
    place = dict(zip(names, map(str, range(len(names))))).__getitem__
    said = [
        f"[[{','.join(map(place, path))}],[{','.join(map(place, dexes))}]]"
        for path, dexes in zip(lists[::2], lists[1::2])
    ]
    text = f'{{"names":{_encode(names)},"routes":[{",".join(said)}]}}'
    if len(text) <= _LINE_BYTES and len(names) <= _MOST_NAMES:
        return [text]
    half = len(routes) // 2
    if half == 0:
        return None
    first, second = _by_places(routes[:half]), _by_places(routes[half:])
    return None if first is None or second is None else first + second


def _paths_call(start: str, end: str, max_hops: int, limit: int) -> _Call[List[List[str]]]:
    params = {"start": start, "end": end, "max_hops": max_hops, "limit": limit}
    return _call("getPaths", params, lambda raw: [list(path) for path in raw["paths"]])


def _list_of(raw: Any) -> List[Json]:
    found = raw["hints"] if isinstance(raw, dict) else raw
    return [_as_object(one) for one in found]


def _as_it_is(raw: Any) -> Any:
    return raw


# ---- what both clients share ------------------------------------------------------------------------------------


def socket_path(path: Optional[str] = None) -> str:
    """Where the daemon's socket is: `path`, `TURBO_MEV_SOCKET`, the session's folder, or the system's."""
    if path is not None:
        return os.fspath(path)
    named = os.environ.get("TURBO_MEV_SOCKET")
    if named:
        return named
    system = "/run/turbo-mev/hints.sock"
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if not runtime:
        return system
    session = os.path.join(runtime, "turbo-mev", "hints.sock")
    return system if os.path.exists(system) and not os.path.exists(session) else session


class _Garbage(OSError):
    """The other side does not speak the protocol: its connection is as good as lost."""


class _Lines:
    """Bytes in, messages out."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> List[Json]:
        end = data.rfind(b"\n") + 1
        if end == 0:
            self._rest += data
            if len(self._rest) > _ANSWER_BYTES:
                raise _Garbage("an answer without end")
            return []
        whole = bytes(self._rest) + data[:end]
        self._rest = bytearray(data[end:])
        return [_message_of(line) for line in whole.split(b"\n") if line]


def _message_of(line: bytes) -> Json:
    try:
        message = _decode(line.decode())
    except (ValueError, RecursionError) as cause:
        raise _Garbage(f"not JSON: {line[:80]!r}") from cause
    if not isinstance(message, dict):
        raise _Garbage(f"not an answer: {line[:80]!r}")
    return message


class _Backoff:
    """Pauses before the next attempt: none, then doubling from 2 ms to a second, each cut by up to a half at random."""

    def __init__(self) -> None:
        self._next = 0.0

    def pause(self) -> float:
        pause = self._next
        self._next = min(max(0.002, pause * 2), _LONGEST_PAUSE)
        return pause * random.uniform(0.5, 1.0)

    def pause_before(self, deadline: float) -> Optional[float]:
        """None when there is no time left."""
        left = deadline - time.monotonic()
        return None if left <= 0 else min(self.pause(), left)


def _unanswered(sent: bool, cause: BaseException) -> TurboMevError:
    if sent:
        return ConnectionLost(f"sent, but the connection ended before the answer: {cause}")
    return NotConnected(f"the daemon cannot be reached: {cause}")


def _joined(outcomes: Sequence[Union[List[T], TurboMevError]]) -> List[T]:
    """All that was answered; or the first error, which has with it what was answered."""
    answered: List[T] = []
    error: Optional[TurboMevError] = None
    for outcome in outcomes:
        if isinstance(outcome, TurboMevError):
            error = error or outcome
        else:
            answered.extend(outcome)
    if error is not None:
        error.partial = tuple(answered)
        raise error
    return answered


@dataclass(frozen=True)
class _Letter:
    """A hint that waits to be sent."""

    id: str
    text: str
    source: str
    expires_at: float


def _letters(hints: Iterable[AnyHint], source: str) -> List[_Letter]:
    """Raises ValueError or TypeError for what could not be sent later."""
    now = time.monotonic()
    letters = []
    for hint in map(_hint_fields, hints):
        ((_, text),) = _fitting([hint])
        ttl_ms = hint.get("ttl_ms", 5_000)
        letters.append(_Letter(hint["id"], text[1:-1], source, now + float(ttl_ms) / 1_000))
    return letters


class _Outbox:
    """Hints that nobody waits for: bounded, the oldest leave first, none outlives its own time to live."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting: Deque[_Letter] = deque()
        self._taken: List[_Letter] = []
        self._accepted = self._refused = self._dropped = 0

    def put(self, letters: Iterable[_Letter]) -> None:
        self._waiting.extend(letters)
        self._trim()

    def take(self) -> Optional[_Call[List[Verdict]]]:
        """The next ones of one source, as many as one request holds; None when there is none."""
        now = time.monotonic()
        taken: List[_Letter] = []
        room = _LINE_BYTES
        while self._waiting and len(taken) < _ENTRIES_A_REQUEST:
            letter = self._waiting[0]
            room -= len(letter.text) + 1
            if taken and (room < 0 or letter.source != taken[0].source):
                break
            self._waiting.popleft()
            if letter.expires_at > now:
                taken.append(letter)
            else:
                self._dropped += 1
        self._taken = taken
        if not taken:
            return None
        texts = ",".join(letter.text for letter in taken)
        return _push_call(f"[{texts}]", [letter.id for letter in taken], taken[0].source)

    def give_back(self) -> None:
        self._waiting.extendleft(reversed(self._taken))
        self._taken = []
        self._trim()

    def settle(self, outcome: Union[List[Verdict], TurboMevError]) -> None:
        accepted = sum(verdict.accepted for verdict in outcome) if isinstance(outcome, list) else 0
        self._accepted += accepted
        self._refused += len(self._taken) - accepted
        self._taken = []

    def drop_all(self) -> None:
        self._dropped += len(self._waiting) + len(self._taken)
        self._waiting.clear()
        self._taken = []

    def counts(self) -> OutboxCounts:
        waiting = len(self._waiting) + len(self._taken)
        return OutboxCounts(waiting, self._accepted, self._refused, self._dropped)

    def _trim(self) -> None:
        while len(self._waiting) > self._size:
            self._waiting.popleft()
            self._dropped += 1


# ---- blocking ---------------------------------------------------------------------------------------------------


class _Wire:
    """One connection, read and written by the thread that waits: no other thread stands between it and the daemon."""

    def __init__(self, path: str, deadline: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            self._socket.connect(path)
            self._socket.setblocking(False)
        except OSError:
            self._socket.close()
            raise
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._lines = _Lines()
        self._cut = False
        # What one read may bring; whoever subscribes empties it after each.
        self.notes: Deque[Json] = deque(maxlen=_READ_BYTES // 16)

    def close(self) -> None:
        self._socket.close()

    def wake(self) -> None:
        """Ends the wait of another thread."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def receive(self) -> List[Json]:
        """Answers that have come; notifications go to `notes`. Raises OSError at the end of the connection."""
        try:
            data = self._socket.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return []
        if not data:
            raise ConnectionResetError("the daemon closed the connection")
        answers = []
        for message in self._lines.feed(data):
            if "method" in message:
                self.notes.append(message)
            else:
                answers.append(message)
        return answers

    def wait(self, seconds: float) -> List[Json]:
        return self.receive() if self._poll.poll(max(0.0, seconds) * 1_000) else []

    def is_alive(self) -> bool:
        """False when the daemon is known to be gone; throws away what came too late."""
        try:
            while self._poll.poll(0):
                self.receive()
        except OSError:
            return False
        return not self._cut

    def exchange(self, requests: Mapping[int, bytes], deadline: float, sent: List[int]) -> Iterator[Json]:
        """
        Sends while it reads, until each request has its answer; `sent` gets the numbers of those that left whole.
        Raises TimedOut, or OSError at the end of the connection.
        """
        waiting = set(requests)
        unsent = deque((number, len(line)) for number, line in requests.items())
        out = memoryview(b"".join(requests.values()))
        due = unsent[0][1]  # bytes that the first unsent one still has
        try:
            while waiting:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimedOut("no answer in time")
                if out:
                    try:
                        written = self._socket.send(out)
                    except (BlockingIOError, InterruptedError):
                        written = 0
                    except BrokenPipeError:
                        # It may have answered before it went; reading meets the end.
                        written, out = 0, out[:0]
                    out = out[written:]
                    while unsent and written >= due:
                        written -= due
                        sent.append(unsent.popleft()[0])
                        due = unsent[0][1] if unsent else 0
                    due -= written
                if out:
                    self._poll.modify(self._socket, select.POLLIN | select.POLLOUT)
                    ready = self._poll.poll(left * 1_000)
                    self._poll.modify(self._socket, select.POLLIN)
                    answers = self.receive() if any(event & ~select.POLLOUT for _, event in ready) else []
                else:
                    answers = self.wait(left)
                for message in answers:
                    number = message.get("id")
                    if number is None and "error" in message:
                        # It could not tell which one it refused: none of these will have another answer.
                        for lost in waiting:
                            yield {**message, "id": lost}
                        return
                    if type(number) is int and number in waiting:
                        waiting.remove(number)
                        yield message
        finally:
            # Half a line would spoil the next one.
            self._cut = bool(out)


class _Line:
    """The way to the daemon, across connections. For one thread at a time."""

    def __init__(self, find: Callable[[], str]) -> None:
        self._find = find
        self._wire: Optional[_Wire] = None
        self._numbers = count(1)
        self._was_up = False

    @property
    def connected(self) -> Optional[_Wire]:
        return self._wire

    def wire(self, deadline: float) -> _Wire:
        if self._wire is not None and not self._wire.is_alive():
            self.close()
        if self._wire is None:
            self._wire = _Wire(self._find(), deadline)
            self._was_up = True
        return self._wire

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def give_up(self) -> None:
        """Closes; the next call tries to connect once and does not wait for it."""
        self.close()
        self._was_up = False

    def run(self, calls: Sequence[_Call[T]], deadline: float) -> List[Union[T, TurboMevError]]:
        """One outcome for each call, in their order."""
        outcomes: Dict[int, Union[T, TurboMevError]] = {}
        sent_ever: Set[int] = set()
        backoff = _Backoff()
        while len(outcomes) < len(calls):
            sent: List[int] = []
            places: Dict[int, int] = {}
            try:
                wire = self.wire(deadline)
                places = {next(self._numbers): i for i in range(len(calls)) if i not in outcomes}
                requests = {number: calls[place].line(number) for number, place in places.items()}
                for message in wire.exchange(requests, deadline, sent):
                    place = places[message["id"]]
                    outcomes[place] = calls[place].read(message)
            except TimedOut as error:
                for place in places.values():
                    outcomes.setdefault(place, error)
            except OSError as error:
                self.close()
                sent_ever.update(places[number] for number in sent)
                pause = backoff.pause_before(deadline) if self._was_up else None
                for place, call in enumerate(calls):
                    if place not in outcomes and (pause is None or (place in sent_ever and not call.repeatable)):
                        outcomes[place] = _unanswered(place in sent_ever, error)
                if pause is None:
                    self._was_up = False
                elif len(outcomes) < len(calls):
                    time.sleep(pause)
        return [outcomes[place] for place in range(len(calls))]


class Events(Iterator[T]):
    """
    Notifications, across restarts of the daemon, over a connection of their own. Iterating waits for the next one, no
    longer than `timeout` if there is one; `poll` gives what is there without waiting. What the daemon says while it
    cannot be reached is missed; `gaps` counts how often that may have been.
    """

    def __init__(
        self,
        find: Callable[[], str],
        subscription: Tuple[_Call[Any], str, Callable[[Any], T]],
        first_timeout: float,
        timeout: Optional[float],
    ) -> None:
        self._call, self._name, self._decode = subscription
        self._first_timeout = first_timeout
        self._timeout = timeout
        self._line = _Line(find)
        self._wire: Optional[_Wire] = None
        self._ready: Deque[T] = deque()
        self._backoff = _Backoff()
        self._retry_at = 0.0
        self._reading = threading.Lock()
        self._closed = False
        self.gaps = 0
        self._connect()

    def __iter__(self) -> Events[T]:
        return self

    def __enter__(self) -> Events[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def connected(self) -> bool:
        return self._wire is not None

    def close(self) -> None:
        """Ends the iteration, also one that waits in another thread."""
        self._closed = True
        wire = self._wire
        if wire is not None:
            wire.wake()
        if self._reading.acquire(blocking=False):
            self._release()

    def poll(self) -> List[T]:
        self._read(0.0)
        found = [*self._ready]
        self._ready.clear()
        return found

    def __next__(self) -> T:
        end = None if self._timeout is None else time.monotonic() + self._timeout
        while not self._ready:
            left = _LONGEST_PAUSE if end is None else end - time.monotonic()
            if self._closed or left <= 0:
                raise StopIteration
            self._read(min(left, _LONGEST_PAUSE))
        return self._ready.popleft()

    def _release(self) -> None:
        if self._closed:
            self._wire = None
            self._line.close()
        self._reading.release()

    def _read(self, seconds: float) -> None:
        if self._wire is None:
            time.sleep(max(0.0, min(seconds, self._retry_at - time.monotonic())))
        self._reading.acquire()
        try:
            if self._closed or (self._wire is None and not self._connect()):
                return
            if self._wire is not None:
                if not self._wire.notes:
                    self._wire.wait(seconds)
                _sort_notes(self._wire.notes, self._name, self._decode, self._ready)
        except OSError:
            self._lose()
        finally:
            self._release()

    def _connect(self) -> bool:
        if time.monotonic() < self._retry_at:
            return False
        (outcome,) = self._line.run([self._call], time.monotonic() + self._first_timeout)
        if isinstance(outcome, TurboMevError):
            self._lose()
            if isinstance(outcome, RpcError) and not isinstance(outcome, RateLimited):
                raise outcome
            return False
        self._wire = self._line.connected
        self._backoff = _Backoff()
        return True

    def _lose(self) -> None:
        self.gaps += self._wire is not None
        self._wire = None
        self._line.give_up()
        self._retry_at = time.monotonic() + self._backoff.pause()


def _sort_notes(notes: Deque[Json], name: str, decode: Callable[[Any], T], ready: Deque[T]) -> None:
    """Takes over the notifications of that name; those of a shape not known are passed over."""
    while notes:
        note = notes.popleft()
        if note.get("method") == name:
            try:
                ready.append(decode(note.get("params")))
            except (KeyError, TypeError, ValueError, AttributeError):
                pass


class _Courier:
    """A thread that takes hints from the outbox to the daemon."""

    def __init__(self, find: Callable[[], str], size: int) -> None:
        self._line = _Line(find)
        self._outbox = _Outbox(size)
        self._changed = threading.Condition()
        self._closed = False
        self._thread: Optional[threading.Thread] = None

    def put(self, letters: Sequence[_Letter]) -> None:
        with self._changed:
            if self._closed:
                raise NotConnected("this client is closed")
            self._outbox.put(letters)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="turbo-mev", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def counts(self) -> OutboxCounts:
        with self._changed:
            return self._outbox.counts()

    def flush(self, timeout: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._outbox.counts().waiting == 0, timeout)

    def close(self, timeout: float) -> None:
        self.flush(timeout)
        with self._changed:
            self._closed = True
            self._outbox.drop_all()
            self._changed.notify_all()

    def _work(self) -> None:
        backoff = _Backoff()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._outbox.counts().waiting > 0)
                if self._closed:
                    break
                call = self._outbox.take()
                self._changed.notify_all()
            if call is None:
                continue
            (outcome,) = self._line.run([call], time.monotonic() + _COURIER_TIMEOUT)
            with self._changed:
                if self._closed:
                    break
                pause = _pause_after(outcome, backoff)
                if pause is not None:
                    self._outbox.give_back()
                    self._changed.wait_for(lambda: self._closed, pause)
                else:
                    self._outbox.settle(outcome)
                    backoff = _Backoff()
                self._changed.notify_all()
        self._line.close()


def _pause_after(outcome: Union[List[Verdict], TurboMevError], backoff: _Backoff) -> Optional[float]:
    """Seconds after which a courier tries again; None when the outcome is final."""
    if isinstance(outcome, RateLimited):
        return max(_LEAST_COURIER_PAUSE, outcome.retry_after, backoff.pause())
    if isinstance(outcome, (NotConnected, ConnectionLost, TimedOut)):
        return max(_LEAST_COURIER_PAUSE, backoff.pause())
    return None


class TurboMev:
    """The client for code that blocks. It connects with the first call, and again whenever it has to."""

    def __init__(
        self,
        path: Optional[str] = None,
        *,
        timeout: float = TIMEOUT,
        source: str = "brain",
        queue_size: int = 10_000,
    ) -> None:
        self.timeout = timeout
        self.source = source
        self._path = path
        self._line = _Line(self._find)
        self._lock = threading.Lock()
        self._courier = _Courier(self._find, queue_size)

    def __enter__(self) -> TurboMev:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives queued hints `timeout` seconds to leave; the rest counts as dropped."""
        self._courier.close(self.timeout)
        with self._lock:
            self._line.close()

    def _find(self) -> str:
        return socket_path(self._path)

    def _run(self, calls: Sequence[_Call[T]], timeout: Optional[float]) -> List[Union[T, TurboMevError]]:
        allowed = self.timeout if timeout is None else timeout
        deadline = time.monotonic() + allowed
        if not self._lock.acquire(timeout=max(0.0, allowed)):
            return [TimedOut("nothing was sent: calls of other threads took all the time") for _ in calls]
        try:
            return self._line.run(calls, deadline)
        finally:
            self._lock.release()

    def _ask(self, call: _Call[T], timeout: Optional[float]) -> T:
        (outcome,) = self._run([call], timeout)
        if isinstance(outcome, TurboMevError):
            raise outcome
        return outcome

    def _ask_all(self, calls: Sequence[_Call[List[T]]], timeout: Optional[float]) -> List[T]:
        outcomes: List[Union[List[T], TurboMevError]] = self._run(calls, timeout)
        return _joined(outcomes)

    def call(
        self, method: str, params: Any = None, *, repeatable: bool = False, timeout: Optional[float] = None
    ) -> Any:
        """Any method by its name in the protocol; `repeatable`: it may be sent again after a lost connection."""
        text = _encode({} if params is None else params)
        return self._ask(_Call(method, text, _as_it_is, repeatable), timeout)

    def push(
        self,
        hints: Iterable[AnyHint],
        *,
        source: Optional[str] = None,
        fire_and_forget: bool = False,
        timeout: Optional[float] = None,
    ) -> List[Verdict]:
        """
        A verdict for each hint, in their order. With `fire_and_forget` it returns at once, with none: the hints wait
        in a queue for the daemon, and `outbox` counts what becomes of them.
        """
        name = self.source if source is None else source
        if fire_and_forget:
            self._courier.put(_letters(hints, name))
            return []
        return self._ask_all(_push_calls(hints, name), timeout)

    @property
    def outbox(self) -> OutboxCounts:
        return self._courier.counts()

    @property
    def dropped(self) -> int:
        """Hints of `fire_and_forget` that were never sent."""
        return self.outbox.dropped

    def flush(self, timeout: Optional[float] = None) -> bool:
        """Waits until the queue of `fire_and_forget` is empty; False when the time was too short."""
        return self._courier.flush(self.timeout if timeout is None else timeout)

    def cancel(self, ids: Iterable[str], *, timeout: Optional[float] = None) -> int:
        """Takes hints back; gives how many were still alive."""
        return sum(self._ask_all(_cancel_calls(ids), timeout))

    def list(self, limit: int = 100, *, timeout: Optional[float] = None) -> List[Json]:
        """Live hints, best score first."""
        return self._ask(_call("hint.list", {"limit": limit}, _list_of), timeout)

    def results(self, *, timeout: Optional[float] = None) -> Events[Result]:
        """What becomes of hints, of any source, from now on; `timeout`: seconds without one that end the iteration."""
        subscription = (_call("hint.results", {}, _as_it_is), "hint.result", _result_of)
        return Events(self._find, subscription, self.timeout, timeout)

    def events(self, *topics: str, timeout: Optional[float] = None) -> Events[Event]:
        """Heads, opportunities, submissions, fates, hints."""
        subscription = (_call("subscribe", {"topics": [*topics]}, _as_it_is), "event", _event_of)
        return Events(self._find, subscription, self.timeout, timeout)

    def version(self, *, timeout: Optional[float] = None) -> Json:
        return self._ask(_call("version", {}, _as_object), timeout)

    def status(self, *, timeout: Optional[float] = None) -> Json:
        return self._ask(_call("status", {}, _as_object), timeout)

    def metrics(self, *, timeout: Optional[float] = None) -> Json:
        return self._ask(_call("metrics", {}, _as_object), timeout)

    def why(self, id: str, *, timeout: Optional[float] = None) -> Any:
        """One opportunity, intent or transaction through every gate; None: nothing of that name."""
        return self._ask(_call("why", {"id": id}, _as_it_is), timeout)

    def inject_pairs(
        self, pairs: Iterable[Mapping[str, Any]], *, timeout: Optional[float] = None
    ) -> List[PairVerdict]:
        """Pairs as {token0, token1, dex, liquidity_usd, fee_bps}: known pools, or queued for verification."""
        return self._ask_all(_pair_calls(pairs), timeout)

    def get_paths(
        self, start: str, end: str, max_hops: int = 3, *, limit: int = 100, timeout: Optional[float] = None
    ) -> List[List[str]]:
        """Ways between two tokens over known pools, fewest hops first, then most liquidity."""
        return self._ask(_paths_call(start, end, max_hops, limit), timeout)

    def process_route(self, route: Mapping[str, Any], *, timeout: Optional[float] = None) -> RouteResult:
        """Prices a route {token_in, token_out, amount, path, dexes} now; it is sent if it passes the gates."""
        return self._ask(_route_call(route), timeout)

    def find_arbitrage(
        self, routes: Iterable[Mapping[str, Any]], *, timeout: Optional[float] = None
    ) -> List[str]:
        """Prices pairs or routes now; gives the ids of what was sent."""
        return self._ask_all(_arbitrage_calls(routes), timeout)


# ---- asyncio ----------------------------------------------------------------------------------------------------


class _AsyncWire(asyncio.Protocol):
    """One connection on the event loop."""

    def __init__(self, keeps_notes: bool) -> None:
        self._keeps_notes = keeps_notes
        self.loop = asyncio.get_running_loop()
        self.notes: Deque[Json] = deque()
        self.lost: Optional[BaseException] = None
        self._lines = _Lines()
        self._waiting: Dict[int, asyncio.Future[Json]] = {}
        self._wakers: List[asyncio.Future[None]] = []
        self._transport: Optional[asyncio.Transport] = None
        self._poll = select.poll()
        self._full = False
        self._unread = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        # Beside the full end, which is always told, Linux tells of a farewell.
        self._poll.register(transport.get_extra_info("socket"), getattr(select, "POLLRDHUP", 0))

    def connection_lost(self, exc: Optional[BaseException]) -> None:
        self._end(exc or ConnectionResetError("the daemon closed the connection"))

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._wake()

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._lines.feed(data):
                self._take(message)
        except _Garbage as error:
            self._end(error)
            self.close()
        if self.notes:
            self._wake()
        if len(self.notes) > _NOTES_AHEAD and self._transport is not None and not self._unread:
            self._unread = True
            self._transport.pause_reading()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        self._end(ConnectionAbortedError("closed"))

    def read_on(self) -> None:
        if self._unread and self._transport is not None and self.lost is None:
            self._unread = False
            self._transport.resume_reading()

    async def room(self, deadline: float) -> None:
        """Until it can be written to; an end that the loop has not come to yet counts as one."""
        while self._full and self.lost is None:
            if not await self.change(deadline - time.monotonic()):
                raise TimedOut("no answer in time: the daemon does not read")
        while self.lost is None and self._poll.poll(0):
            await asyncio.sleep(0)
        if self.lost is not None:
            raise self.lost

    async def change(self, seconds: float) -> bool:
        """Until there are notifications, room to write, or the end; False when the time was too short."""
        waker: asyncio.Future[None] = self.loop.create_future()
        self._wakers.append(waker)
        try:
            done, _ = await asyncio.wait([waker], timeout=max(0.0, seconds))
        finally:
            if waker in self._wakers:
                self._wakers.remove(waker)
        return bool(done)

    async def exchange(self, number: int, line: bytes, deadline: float) -> Json:
        """Raises TimedOut, or OSError at the end of the connection."""
        if self.lost is not None or self._transport is None:
            raise self.lost or ConnectionResetError("not connected")
        answer: asyncio.Future[Json] = self.loop.create_future()
        self._waiting[number] = answer
        self._transport.write(line)
        timer = self.loop.call_later(max(0.0, deadline - time.monotonic()), _time_out, answer)
        try:
            return await answer
        finally:
            timer.cancel()
            self._waiting.pop(number, None)

    def _take(self, message: Json) -> None:
        number = message.get("id")
        if "method" in message:
            if self._keeps_notes:
                self.notes.append(message)
        elif number is None and "error" in message:
            # It could not tell which one it refused: none of these will have another answer.
            for answer in self._waiting.values():
                _settle(answer, message)
        elif type(number) is int and number in self._waiting:
            _settle(self._waiting[number], message)

    def _wake(self) -> None:
        for waker in self._wakers:
            if not waker.done():
                waker.set_result(None)
        self._wakers.clear()

    def _end(self, error: BaseException) -> None:
        if self.lost is None:
            self.lost = error if isinstance(error, OSError) else ConnectionResetError(str(error))
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(self.lost)
            self._wake()


def _time_out(answer: asyncio.Future[Json]) -> None:
    if not answer.done():
        answer.set_exception(TimedOut("no answer in time"))


def _settle(answer: asyncio.Future[Json], message: Json) -> None:
    if not answer.done():
        answer.set_result(message)


def _look_at(task: asyncio.Task[_AsyncWire]) -> None:
    """Whoever waits for it has its error; nobody may be waiting any more."""
    if not task.cancelled():
        task.exception()


class _AsyncLine:
    """The way to the daemon, across connections, for any number of tasks of one event loop."""

    def __init__(self, find: Callable[[], str], keeps_notes: bool = False) -> None:
        self._find = find
        self._keeps_notes = keeps_notes
        self._wire: Optional[_AsyncWire] = None
        self._dialling: Optional[asyncio.Task[_AsyncWire]] = None
        self._numbers = count(1)
        self._was_up = False

    @property
    def connected(self) -> Optional[_AsyncWire]:
        return self._wire

    async def wire(self, deadline: float) -> _AsyncWire:
        loop = asyncio.get_running_loop()
        if self._wire is not None and (self._wire.lost is not None or self._wire.loop is not loop):
            self.close()
        if self._wire is not None:
            return self._wire
        if self._dialling is None or self._dialling.get_loop() is not loop:
            self._dialling = loop.create_task(self._dial(loop))
            self._dialling.add_done_callback(_look_at)
        # One caller that gives up must not end the attempt of the others.
        dialling = self._dialling
        done, _ = await asyncio.wait([dialling], timeout=max(0.0, deadline - time.monotonic()))
        if not done:
            raise TimedOut("no answer in time: the daemon does not take the connection")
        return dialling.result()

    async def _dial(self, loop: asyncio.AbstractEventLoop) -> _AsyncWire:
        try:
            _, wire = await loop.create_unix_connection(lambda: _AsyncWire(self._keeps_notes), self._find())
            self._wire = wire
            self._was_up = True
            return wire
        finally:
            self._dialling = None

    def close(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None and not wire.loop.is_closed():
            wire.close()

    def give_up(self) -> None:
        """Closes; the next call tries to connect once and does not wait for it."""
        self.close()
        self._was_up = False

    async def run(self, call: _Call[T], deadline: float) -> Union[T, TurboMevError]:
        sent = False
        backoff = _Backoff()
        while True:
            try:
                wire = await self.wire(deadline)
                await wire.room(deadline)
                sent = True
                number = next(self._numbers)
                return call.read(await wire.exchange(number, call.line(number), deadline))
            except TimedOut as error:
                return error
            except OSError as error:
                pause = backoff.pause_before(deadline) if self._was_up else None
                if pause is None:
                    self._was_up = False
                if pause is None or (sent and not call.repeatable):
                    return _unanswered(sent, error)
            await asyncio.sleep(pause)


class AsyncEvents(AsyncIterator[T]):
    """
    Notifications, across restarts of the daemon, over a connection of their own. Entering the context subscribes, or
    else the first step does. What the daemon says while it cannot be reached is missed; `gaps` counts how often that
    may have been.
    """

    def __init__(
        self,
        find: Callable[[], str],
        subscription: Tuple[_Call[Any], str, Callable[[Any], T]],
        first_timeout: float,
        timeout: Optional[float],
    ) -> None:
        self._call, self._name, self._decode = subscription
        self._first_timeout = first_timeout
        self._timeout = timeout
        self._line = _AsyncLine(find, keeps_notes=True)
        self._wire: Optional[_AsyncWire] = None
        self._ready: Deque[T] = deque()
        self._backoff = _Backoff()
        self._retry_at = 0.0
        self._closed = False
        self.gaps = 0

    def __aiter__(self) -> AsyncEvents[T]:
        return self

    async def __aenter__(self) -> AsyncEvents[T]:
        await self._connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    @property
    def connected(self) -> bool:
        return self._wire is not None and self._wire.lost is None

    def close(self) -> None:
        """Ends the iteration, also one that waits in another task."""
        self._closed = True
        self._line.close()

    def poll(self) -> List[T]:
        """What has come, without waiting."""
        self._collect()
        found = [*self._ready]
        self._ready.clear()
        return found

    async def __anext__(self) -> T:
        end = None if self._timeout is None else time.monotonic() + self._timeout
        self._collect()
        while not self._ready:
            left = _LONGEST_PAUSE if end is None else end - time.monotonic()
            if self._closed or left <= 0:
                raise StopAsyncIteration
            await self._read(min(left, _LONGEST_PAUSE))
        return self._ready.popleft()

    async def _read(self, seconds: float) -> None:
        if self._wire is None:
            await asyncio.sleep(max(0.0, min(seconds, self._retry_at - time.monotonic())))
            if self._closed or not await self._connect():
                return
        self._collect()
        if not self._ready and self._wire is not None:
            if self._wire.lost is None:
                await self._wire.change(seconds)
                self._collect()
            if self._wire.lost is not None:
                self._lose()

    async def _connect(self) -> bool:
        if time.monotonic() < self._retry_at:
            return False
        outcome = await self._line.run(self._call, time.monotonic() + self._first_timeout)
        if isinstance(outcome, TurboMevError):
            self._lose()
            if isinstance(outcome, RpcError) and not isinstance(outcome, RateLimited):
                raise outcome
            return False
        self._wire = self._line.connected
        self._backoff = _Backoff()
        return True

    def _lose(self) -> None:
        self.gaps += self._wire is not None
        self._wire = None
        self._line.give_up()
        self._retry_at = time.monotonic() + self._backoff.pause()

    def _collect(self) -> None:
        if self._wire is not None:
            _sort_notes(self._wire.notes, self._name, self._decode, self._ready)
            self._wire.read_on()


class AsyncTurboMev:
    """The client for asyncio. It connects with the first call, and again whenever it has to; calls are pipelined."""

    def __init__(
        self,
        path: Optional[str] = None,
        *,
        timeout: float = TIMEOUT,
        source: str = "brain",
        queue_size: int = 10_000,
    ) -> None:
        self.timeout = timeout
        self.source = source
        self._path = path
        self._line = _AsyncLine(self._find)
        self._outbox = _Outbox(queue_size)
        self._courier: Optional[asyncio.Task[None]] = None

    async def __aenter__(self) -> AsyncTurboMev:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Gives queued hints `timeout` seconds to leave; the rest counts as dropped."""
        await self.flush()
        if self._courier is not None:
            self._courier.cancel()
        self._outbox.drop_all()
        self._line.close()

    def _find(self) -> str:
        return socket_path(self._path)

    def _deadline(self, timeout: Optional[float]) -> float:
        return time.monotonic() + (self.timeout if timeout is None else timeout)

    async def _ask(self, call: _Call[T], timeout: Optional[float]) -> T:
        outcome = await self._line.run(call, self._deadline(timeout))
        if isinstance(outcome, TurboMevError):
            raise outcome
        return outcome

    async def _ask_all(self, calls: Sequence[_Call[List[T]]], timeout: Optional[float]) -> List[T]:
        deadline = self._deadline(timeout)

        async def one(call: _Call[List[T]]) -> Union[List[T], TurboMevError]:
            return await self._line.run(call, deadline)

        return _joined(await asyncio.gather(*map(one, calls)))

    async def call(
        self, method: str, params: Any = None, *, repeatable: bool = False, timeout: Optional[float] = None
    ) -> Any:
        """Any method by its name in the protocol; `repeatable`: it may be sent again after a lost connection."""
        text = _encode({} if params is None else params)
        return await self._ask(_Call(method, text, _as_it_is, repeatable), timeout)

    async def push(
        self,
        hints: Iterable[AnyHint],
        *,
        source: Optional[str] = None,
        fire_and_forget: bool = False,
        timeout: Optional[float] = None,
    ) -> List[Verdict]:
        """
        A verdict for each hint, in their order. With `fire_and_forget` it returns at once, with none: the hints wait
        in a queue for the daemon, and `outbox` counts what becomes of them.
        """
        name = self.source if source is None else source
        if fire_and_forget:
            self._outbox.put(_letters(hints, name))
            if self._courier is None or self._courier.done():
                self._courier = asyncio.get_running_loop().create_task(self._deliver())
            return []
        return await self._ask_all(_push_calls(hints, name), timeout)

    async def _deliver(self) -> None:
        backoff = _Backoff()
        while self._outbox.counts().waiting > 0:
            call = self._outbox.take()
            if call is None:
                continue
            outcome = await self._line.run(call, time.monotonic() + _COURIER_TIMEOUT)
            pause = _pause_after(outcome, backoff)
            if pause is not None:
                self._outbox.give_back()
                await asyncio.sleep(pause)
            else:
                self._outbox.settle(outcome)
                backoff = _Backoff()

    @property
    def outbox(self) -> OutboxCounts:
        return self._outbox.counts()

    @property
    def dropped(self) -> int:
        """Hints of `fire_and_forget` that were never sent."""
        return self.outbox.dropped

    async def flush(self, timeout: Optional[float] = None) -> bool:
        """Waits until the queue of `fire_and_forget` is empty; False when the time was too short."""
        if self._courier is not None and not self._courier.done():
            await asyncio.wait([self._courier], timeout=self.timeout if timeout is None else timeout)
        return self._outbox.counts().waiting == 0

    async def cancel(self, ids: Iterable[str], *, timeout: Optional[float] = None) -> int:
        """Takes hints back; gives how many were still alive."""
        return sum(await self._ask_all(_cancel_calls(ids), timeout))

    async def list(self, limit: int = 100, *, timeout: Optional[float] = None) -> List[Json]:
        """Live hints, best score first."""
        return await self._ask(_call("hint.list", {"limit": limit}, _list_of), timeout)

    def results(self, *, timeout: Optional[float] = None) -> AsyncEvents[Result]:
        """What becomes of hints, of any source, from now on; `timeout`: seconds without one that end the iteration."""
        subscription = (_call("hint.results", {}, _as_it_is), "hint.result", _result_of)
        return AsyncEvents(self._find, subscription, self.timeout, timeout)

    def events(self, *topics: str, timeout: Optional[float] = None) -> AsyncEvents[Event]:
        """Heads, opportunities, submissions, fates, hints."""
        subscription = (_call("subscribe", {"topics": [*topics]}, _as_it_is), "event", _event_of)
        return AsyncEvents(self._find, subscription, self.timeout, timeout)

    async def version(self, *, timeout: Optional[float] = None) -> Json:
        return await self._ask(_call("version", {}, _as_object), timeout)

    async def status(self, *, timeout: Optional[float] = None) -> Json:
        return await self._ask(_call("status", {}, _as_object), timeout)

    async def metrics(self, *, timeout: Optional[float] = None) -> Json:
        return await self._ask(_call("metrics", {}, _as_object), timeout)

    async def why(self, id: str, *, timeout: Optional[float] = None) -> Any:
        """One opportunity, intent or transaction through every gate; None: nothing of that name."""
        return await self._ask(_call("why", {"id": id}, _as_it_is), timeout)

    async def inject_pairs(
        self, pairs: Iterable[Mapping[str, Any]], *, timeout: Optional[float] = None
    ) -> List[PairVerdict]:
        """Pairs as {token0, token1, dex, liquidity_usd, fee_bps}: known pools, or queued for verification."""
        return await self._ask_all(_pair_calls(pairs), timeout)

    async def get_paths(
        self, start: str, end: str, max_hops: int = 3, *, limit: int = 100, timeout: Optional[float] = None
    ) -> List[List[str]]:
        """Ways between two tokens over known pools, fewest hops first, then most liquidity."""
        return await self._ask(_paths_call(start, end, max_hops, limit), timeout)

    async def process_route(self, route: Mapping[str, Any], *, timeout: Optional[float] = None) -> RouteResult:
        """Prices a route {token_in, token_out, amount, path, dexes} now; it is sent if it passes the gates."""
        return await self._ask(_route_call(route), timeout)

    async def find_arbitrage(
        self, routes: Iterable[Mapping[str, Any]], *, timeout: Optional[float] = None
    ) -> List[str]:
        """Prices pairs or routes now; gives the ids of what was sent."""
        return await self._ask_all(_arbitrage_calls(routes), timeout)
