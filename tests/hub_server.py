"""A small Hugging Face Hub on 127.0.0.1, for tests that drive the real `huggingface_hub` client.

    with HubServer() as hub:
        hub.seed("model", "student/net", {"config.json": b"{}"})
        HfApi(endpoint=hub.url, token=WRITE_TOKEN).upload_folder(...)
        hub.repos["model", "student/net"].commits[-1].files  # {path: bytes}
        hub.requests  # [Request(method, path, token), ...]
        hub.fault = Fault(kind="status", status=503, path="/resolve/")

All of it lives in memory. It has one branch, `main`, and neither pull requests nor Xet, so clients need
HF_HUB_DISABLE_XET=1. What it answers is in hub_endpoints.py; this file has the sockets and the faults.
"""

import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import unquote, urlsplit

from hub_endpoints import BAD_TOKEN, NO_REPO, READ_TOKEN, USER, WRITE_TOKEN, Answer, Call, Hub, Refusal

FAULT_HEADERS = {401: BAD_TOKEN, 404: NO_REPO}

__all__ = ["READ_TOKEN", "USER", "WRITE_TOKEN", "Fault", "HubServer", "Request"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with the requests of `method` (empty: any) in whose path the pattern `path` is found.

    The first `skip` of them pass, the next `times` suffer (None: all that follow). `corrupt`, `flip` and
    `drop` act on a body, so they neither touch nor count HEAD requests.
    """

    kind: Literal[
        "refuse",  # nothing listens, whatever the method and path
        "hang",  # `seconds` of silence, then the usual answer; ends at once when the fault is changed
        "status",  # the answer is `status`, and nothing is done
        "corrupt",  # a download of the right length in which every byte is wrong
        "flip",  # a download with one wrong bit, in its middle
        "truncate",  # a download of half the length, ETag of the whole; HEAD agrees unless method="GET"
        "drop",  # the connection ends after `after_bytes` of the body, sent (GET) or received (PUT, POST)
    ]
    method: str = ""
    path: str = ""
    status: int = 503
    seconds: float = 60.0
    after_bytes: int = 0
    skip: int = 0
    times: int | None = None

    def concerns(self, method: str, path: str) -> bool:
        bodiless = method == "HEAD" and self.kind in ("corrupt", "flip", "drop")
        return self.method in ("", method) and bool(re.search(self.path, path)) and not bodiless

    def damage(self, content: bytes) -> bytes:
        """The download `content` as this fault delivers it."""
        middle = len(content) // 2
        if self.kind == "corrupt":
            return bytes(byte ^ 0xFF for byte in content)
        if self.kind == "flip":
            return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        return content[:middle] if self.kind == "truncate" else content


class Request(NamedTuple):
    method: str
    path: str  # unquoted, without the query
    token: str | None


class HubServer(Hub):
    """The Hub behind a socket. `fault` may be set at any time and from any thread."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Request] = []
        self._fault: Fault | None = None
        self._concerned = 0  # requests that the fault concerned so far
        self._fault_over = threading.Event()
        self._http: ThreadingHTTPServer | None = None
        self._port = 0  # the first time the system chooses; after a "refuse" we come back to the same port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(self, *exception: object) -> None:
        self._fault_over.set()
        self._close()

    def _listen(self) -> None:
        handler = type("HubHandler", (_Handler,), {"hub": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", self._port), handler)
        self._port = self._http.server_port
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def _close(self) -> None:
        if self._http:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    @property
    def fault(self) -> Fault | None:
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        with self.lock:
            self._fault_over.set()
            self._fault, self._concerned, self._fault_over = fault, 0, threading.Event()
        if fault and fault.kind == "refuse":
            self._close()
        elif not self._http:
            self._listen()

    def strike(self, request: Request) -> tuple[Fault | None, threading.Event]:
        """The fault that `request` suffers, and the event that ends it."""
        with self.lock:
            fault, over = self._fault, self._fault_over
            if fault is None or not fault.concerns(request.method, request.path):
                return None, over
            self._concerned += 1
            turn = self._concerned - fault.skip
            return fault if turn > 0 and (fault.times is None or turn <= fault.times) else None, over


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # the client left first
            self.handle_one_request()  # one request a connection, so that a cut cannot reach the next one

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def serve(self) -> None:
        url = urlsplit(self.path)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ") or None
        request = Request(self.command, unquote(url.path), token)
        self.hub.requests.append(request)
        fault, over = self.hub.strike(request)
        if fault and fault.kind == "drop" and self.command != "GET":
            self.rfile.read(min(fault.after_bytes, int(self.headers["Content-Length"])))
            return
        if fault and fault.kind == "hang":
            over.wait(fault.seconds)
        call = Call(
            method=self.command,
            path=url.path,
            query=url.query,
            token=token,
            body=b"".join(self._blocks()),
            range_start=int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0]),
            damage=fault.damage if fault else bytes,
        )
        try:
            if fault and fault.kind == "status":
                raise Refusal(fault.status, "A fault of the test", FAULT_HEADERS.get(fault.status))
            answer = self.hub.respond(call)
        except Refusal as refusal:
            answer = refusal.answer
        self._send(answer, fault.after_bytes if fault and fault.kind == "drop" else len(answer.body))

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = serve

    def _blocks(self) -> Iterator[bytes]:
        """The body of the request; one that ends early means that the client left, and is not used."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:
                raise ConnectionResetError
            yield body
            return
        while line := self.rfile.readline().strip():  # size in hex, block, empty line, ...; size 0 ends
            yield self.rfile.read(int(line, 16))
            self.rfile.readline()
            if line == b"0":
                return
        raise ConnectionResetError

    def _send(self, answer: Answer, sent_bytes: int) -> None:
        self.send_response(answer.status)
        own = {"Content-Length": str(len(answer.body)), "Connection": "close"}
        for name, value in (answer.headers | own).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[:sent_bytes])
