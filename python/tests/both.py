"""The two clients behind one set of blocking calls, so that one test holds for both."""

from __future__ import annotations

import asyncio
from typing import Any, List, Union

from turbo_mev import AsyncTurboMev, TurboMev


class Blocking:
    """`AsyncTurboMev`, each call waited for on a loop of its own."""

    def __init__(self, path: str, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self.client = AsyncTurboMev(path, **options)

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.client, name)
        if not asyncio.iscoroutinefunction(member):
            return member
        return lambda *args, **named: self._loop.run_until_complete(member(*args, **named))

    def results(self, **options: Any) -> BlockingEvents:
        return BlockingEvents(self._loop, self.client.results(**options))

    def close(self) -> None:
        self._loop.run_until_complete(self.client.close())
        # One more turn for transports that were told to close.
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


class BlockingEvents:
    def __init__(self, loop: asyncio.AbstractEventLoop, events: Any) -> None:
        self._loop = loop
        self._events = events
        loop.run_until_complete(events.__aenter__())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._events, name)

    def __next__(self) -> Any:
        try:
            return self._loop.run_until_complete(self._events.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None

    def __iter__(self) -> BlockingEvents:
        return self


Client = Union[TurboMev, Blocking]
KINDS: List[Any] = [TurboMev, Blocking]
