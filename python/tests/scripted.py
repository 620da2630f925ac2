"""A server that does what its script says: the client's border, where the real daemon would have to be broken."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
from typing import Any, Callable, Dict, List, Optional

Request = Dict[str, Any]


class Peer:
    """One connection, as the script sees it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, data: bytes) -> None:
        try:
            self._connection.sendall(data)
        except OSError:
            pass  # the client has gone

    def answer(self, request: Request, result: Any) -> None:
        self.send(line({"jsonrpc": "2.0", "id": request["id"], "result": result}))

    def refuse(self, request: Request, code: int, message: str, data: Any = None) -> None:
        error = {"code": code, "message": message, "data": data}
        self.send(line({"jsonrpc": "2.0", "id": request["id"], "error": error}))

    def notify(self, method: str, params: Any) -> None:
        self.send(line({"jsonrpc": "2.0", "method": method, "params": params}))

    def say_farewell(self) -> None:
        """Sends nothing more; and no longer looks at what comes, as far as the other side is concerned."""
        self._connection.shutdown(socket.SHUT_WR)

    def hang_up(self) -> None:
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


Script = Callable[[Request, Peer], None]


def line(message: Any) -> bytes:
    return json.dumps(message).encode() + b"\n"


def honest(request: Request, peer: Peer) -> None:
    """Answers as a daemon in good health."""
    params = request["params"]
    method = request["method"]
    if method == "hint.push":
        peer.answer(request, {"verdicts": [{"id": hint["id"], "verdict": "accepted"} for hint in params["hints"]]})
    elif method == "findArbitrage":
        routes = params if isinstance(params, list) else [{"id": str(route)} for route in params["routes"]]
        peer.answer(request, {"bundle_ids": [route["id"] for route in routes]})
    else:
        peer.answer(request, {"method": method, "params": params})


class ScriptedServer:
    def __init__(self, script: Script = honest) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self._folder.name, "hints.sock")
        self.script = script
        self.seen: List[Request] = []
        self._listener: Optional[socket.socket] = None
        self._peers: List[Peer] = []
        self._accepting: Optional[threading.Thread] = None
        self._serving: List[threading.Thread] = []

    def start(self) -> ScriptedServer:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(16)
        self._accepting = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._accepting.start()
        return self

    def stop(self) -> None:
        """Hangs up on everybody, whatever they wait for."""
        if self._listener is None or self._accepting is None:
            return
        os.unlink(self.path)
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        for peer in self._peers:
            peer.hang_up()
        for thread in self._serving:
            thread.join()
        self._listener, self._peers, self._serving = None, [], []

    def close(self) -> None:
        self.stop()
        self._folder.cleanup()

    @property
    def peers(self) -> List[Peer]:
        return self._peers

    def methods(self) -> List[str]:
        return [request["method"] for request in self.seen]

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            peer = Peer(connection)
            self._peers.append(peer)
            thread = threading.Thread(target=self._serve, args=(connection, peer), daemon=True)
            self._serving.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, peer: Peer) -> None:
        with connection, connection.makefile("rb") as lines:
            try:
                for text in lines:
                    if not text.endswith(b"\n"):
                        return  # half a request is none
                    request = json.loads(text)
                    self.seen.append(request)
                    self.script(request, peer)
            except OSError:
                return
