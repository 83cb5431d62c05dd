"""What stands before gradio: requests that it would answer with a bare 500, or with a download, get a sentence.

Calls by name reach the tasks and nothing else, with as many inputs as they take; a file of a call is one uploaded
to this server, never an address; no body but an upload is larger than a picture in base64 needs.
"""

import inspect
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub_models.errors import BadInput

LARGEST_BODY = 32 * 1024**2  # bytes: 20 MB of picture are 27 MB in base64
CALL = re.compile(r"/gradio_api/(call/v2|call|run|api)/([^/]*)/?")
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)  # a scheme; C: is a drive
CAMERA_FRAME = "data:image/jpeg;base64,"  # how the page sends what its camera sees
OWN_EVENTS = {"/gradio_api/queue/join", "/gradio_api/run/predict"}  # how the page sends its events, by number
PAGES = {
    "/",
    "/endpoints",
    "/config",
    "/gradio_api/info",
}  # gradio compresses files with an ending, not these


def middleware(blocks: gr.Blocks) -> list[Middleware]:
    """For `launch(app_kwargs=...)`: only what `blocks` makes public can be called by name."""
    public = {
        fn.api_name: list(inspect.signature(fn.fn).parameters.values())
        for fn in blocks.fns.values()
        if fn.api_visibility == "public"
    }
    return [Middleware(Compressed), Middleware(Guard, endpoints=public)]


class Compressed:
    """gzip for the pages that gradio leaves as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self.plain, self.packed = app, GZipMiddleware(app, minimum_size=1000)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self.packed if scope.get("path") in PAGES else self.plain)(scope, receive, send)


class Guard:
    """Looks at the body of every POST but an upload before gradio does."""

    def __init__(self, app: ASGIApp, endpoints: dict[str, list[inspect.Parameter]]) -> None:
        self.app, self.parameters = app, endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").rstrip("/")
        if scope["type"] != "http" or scope["method"] != "POST" or path == "/gradio_api/upload":
            await self.app(scope, receive, send)
            return
        body = await whole_body(receive)
        if body is None:
            told = (
                f"Expected a request of at most {LARGEST_BODY / 1e6:.0f} MB, got more. Upload the file first."
            )
            await answer(413, "request_too_large", told)(scope, receive, send)
            return
        call = None if path in OWN_EVENTS else CALL.fullmatch(path)
        if call and call[2] not in self.parameters:
            known = ", ".join(self.parameters)
            told = f"Expected one of the endpoints {known}; got {call[2][:80]!r}."
            await answer(404, "endpoint_unknown", told)(scope, receive, send)
            return
        if call or path in OWN_EVENTS:
            try:
                body = self.checked(body, call)
            except BadInput as error:
                await answer(400, error.code, error.message)(scope, receive, send)
                return
        await self.app(scope, replayed(body, receive), send)

    def checked(self, body: bytes, call: re.Match | None) -> bytes:
        """The body of a call, its optional inputs filled in, or BadInput."""
        request = parsed(body)
        if call and call[1] == "call/v2":
            self.check_names(request, self.parameters[call[2]])
            check_files(request)
            return body
        data = request.get("data")
        if not isinstance(data, list):
            raise BadInput("bad_request", 'Expected {"data": [...]}, a list of inputs.')
        check_files(data, camera=not call)
        if not call:
            return body
        parameters = self.parameters[call[2]]
        least = sum(p.default is p.empty for p in parameters)
        if not least <= len(data) <= len(parameters):
            names = ", ".join(p.name for p in parameters)
            raise BadInput(
                "bad_request", f"Expected {least} to {len(parameters)} inputs ({names}), got {len(data)}."
            )
        padded = data + [None] * (len(parameters) - len(data))  # None: the default of the parameter
        return json.dumps(request | {"data": padded}).encode()

    def check_names(self, given: dict, parameters: list[inspect.Parameter]) -> None:
        names = {p.name for p in parameters}
        missing = {p.name for p in parameters if p.default is p.empty} - set(given)
        if missing or set(given) - names:
            raise BadInput(
                "bad_request",
                f"Expected the inputs {', '.join(sorted(names))}; got {', '.join(sorted(given))[:200] or 'none'}.",
            )


async def whole_body(receive: Receive) -> bytes | None:
    """The body, or None once it is too large; the rest is then not read."""
    parts, size = [], 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


def replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the whole body first, then what comes (the client's leaving)."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def first_the_body() -> Message:
        return messages.pop() if messages else await receive()

    return first_the_body


def parsed(body: bytes) -> dict:
    """JSON as the standard has it: an object, no NaN, no infinity, not nested without end."""
    try:
        request = json.loads(body, parse_constant=not_a_number, parse_float=finite)
    except (ValueError, RecursionError) as error:
        raise BadInput(
            "bad_request", "Expected a JSON object of finite numbers, got something else."
        ) from error
    if not isinstance(request, dict):
        raise BadInput("bad_request", "Expected a JSON object.")
    return request


def not_a_number(text: str) -> float:
    raise ValueError(text)


def finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def check_files(data: object, *, camera: bool = False) -> None:
    """Every file in `data` lies in the upload folder and is no address; or a frame of the page's own `camera`."""
    folder = Path(get_upload_folder()).resolve()
    for file in files(data):
        path, url = file.get("path"), file.get("url")
        if camera and not path and isinstance(url, str) and url.startswith(CAMERA_FRAME):
            continue
        if (isinstance(path, str) and ADDRESS.match(path)) or (not path and url):
            raise BadInput(
                "url_refused", "Expected an uploaded file, got an address. Upload the file itself."
            )
        if path is not None and not (isinstance(path, str) and "\0" not in path and inside(path, folder)):
            raise BadInput("file_refused", "Expected a file uploaded to this server. Upload it first.")


def inside(path: str, folder: Path) -> bool:
    try:
        return Path(path).resolve().is_relative_to(folder)
    except OSError:  # a name too long for the file system
        return False


def files(data: object) -> Iterator[dict]:
    """The dictionaries in `data` that stand for files."""
    if isinstance(data, dict):
        if "path" in data or "url" in data:
            yield data
        for value in data.values():
            yield from files(value)
    elif isinstance(data, list):
        for value in data:
            yield from files(value)


def answer(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"code": code, "detail": message}, status_code=status)
