"""Hostile input over HTTP, by the rows of the table of hostile inputs, against one running app.

After every row the same good call must give the same answer, and the process must not have grown.
"""

import http.server
import json
import random
import select
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from hostile_pictures import HOSTILE_PICTURES
from server import TASK, TRACES, Client, Refused, Server, example, without_time

from hub_models.results import Labels
from hub_models.ui.components import show_picture
from hub_models.ui.tables import bars, problem, table

CANARY = "hf_canaryThatMustNotBeSeen"  # stands in the environment of the server
GROWTH = 50  # megabytes that the process may keep after a hostile input
FILE = {"meta": {"_type": "gradio.FileData"}}
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(env={"HF_TOKEN": CANARY}) as running:
        yield running


@pytest.fixture(scope="module")
def lion() -> bytes:
    return example("lion").read_bytes()


@pytest.fixture(scope="module")
def golden(server: Server, lion: bytes) -> dict:
    """What a good call answers, before anything hostile was sent."""
    with server.client() as visitor:
        answer = without_time(visitor.predict(lion))
    assert answer["labels"][0]["label"] == "lion"
    return answer


@pytest.fixture(autouse=True)
def the_next_good_call_succeeds(client: Client, lion: bytes, golden: dict) -> Iterator[None]:
    yield
    assert without_time(client.predict(lion)) == golden


def one_clean_line(text: str) -> bool:
    """A sentence for people: one line, no path of the machine, no token, no traceback."""
    return bool(text.strip()) and "\n" not in text and not any(t in text for t in (*TRACES, CANARY))


def upload_name(suffix: str) -> str:
    return f"picture{suffix}"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pictures_in_random_order(
    server: Server, client: Client, lion: bytes, golden: dict, seed: int
) -> None:
    """Rows 1-6, 8-21 and 45: the code that the table names or an answer, in any order."""
    order = list(HOSTILE_PICTURES)
    random.Random(seed).shuffle(order)
    wrong, start = [], server.memory()
    for number, case in enumerate(order):
        picture, before = case.make(), server.memory()
        try:
            answer = client.predict(picture, name=upload_name(case.suffix))
            got, told = None, json.dumps(answer)
            assert abs(sum(row["probability"] for row in answer["labels"])) <= 1.001
        except Refused as refused:
            got, told = refused.code, refused.message
        if got != case.code or not one_clean_line(told):
            wrong.append((case.row, case.name, case.code, got, told))
        grown = server.memory() - before
        if grown > GROWTH:
            wrong.append((case.row, case.name, "memory", f"+{grown:.0f} MB", ""))
        if number % 10 == 0:
            assert without_time(client.predict(lion)) == golden
    assert wrong == []
    assert server.memory() - start < 2 * GROWTH, "all rows together"


OUTSIDE = (
    "/etc/passwd",
    "../../../../etc/passwd",
    "/proc/self/environ",
    "/dev/zero",
    "app.py",
    "C:\\boot.ini",
    "a\0b",
)


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("meta", [FILE, {}], ids=["as a file", "as a dictionary"])
def test_paths_are_refused(client: Client, path: str, meta: dict) -> None:
    """Row 41."""
    with pytest.raises(Refused) as told:
        client.call([{"path": path} | meta, None])
    assert (told.value.code, told.value.status) == ("file_refused", 400)
    assert one_clean_line(told.value.message)


@pytest.fixture(scope="module")
def bait() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and what was asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/picture.png", asked
        running.shutdown()


def addresses(bait_url: str) -> Iterator[dict]:
    """Row 42, and row 7: addresses in every place where a client could put one."""
    for url in (
        bait_url,
        "http://169.254.169.254/latest/meta-data",
        "http://100.100.100.200/latest",
        "https://example.org/cat.png",
        "file:///etc/passwd",
        "data:image/png;base64,iVBORw0KGgo=",
    ):
        yield {"path": url}
        yield {"path": url, "url": url}
        yield {"path": None, "url": url}
        yield {"url": url}


def test_addresses_are_refused_and_never_asked(client: Client, bait: tuple[str, list[str]]) -> None:
    for address in addresses(bait[0]):
        for meta in (FILE, {}):
            with pytest.raises(Refused) as told:
                client.call([address | meta, None])
            assert told.value.code == "url_refused", address
            assert one_clean_line(told.value.message)
    assert bait[1] == []


def test_addresses_are_refused_in_the_page_s_own_calls(server: Server, bait: tuple[str, list[str]]) -> None:
    """The queue that the browser uses takes the same files as the named endpoints: uploaded ones."""
    for address in addresses(bait[0]):
        body = {"data": [address | FILE, None], "fn_index": 0, "session_hash": "visitor"}
        answer = httpx.post(f"{server.url}/gradio_api/queue/join", json=body, trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (400, "url_refused"), address
    assert bait[1] == []


NAMES = {
    "NUL": "a\0b.png",
    "CR and LF": "a\r\nX-Header: b.png",
    "300 characters": "x" * 300 + ".png",
    "parent folders": "../../../../tmp/escaped.png",
    "device": "CON",
    "markup": f"{SCRIPT}.png",
    "quotes": "\"'`$(id).png",
    "right to left": "a\u202egnp.exe",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_of_uploads(server: Server, client: Client, lion: bytes, golden: dict, name: str) -> None:
    """Row 43: the file lands inside the upload folder under a harmless name, or is refused."""
    try:
        file = client.upload(lion, name)
    except Refused as told:
        assert 400 <= told.status < 500
        assert one_clean_line(told.message)
        return
    landed = Path(file["path"])
    assert landed.is_relative_to(server.temp / "uploads")
    assert not set(landed.name) & set("\0\r\n/<>")
    assert len(landed.name) < 256
    assert without_time(client.call([file, None])) == golden


@pytest.mark.parametrize("name", ["..", "a/..", "../.."])
def test_names_that_are_folders(client: Client, lion: bytes, name: str) -> None:
    with pytest.raises(Refused) as told:
        client.predict(lion, name=name)
    assert 400 <= told.value.status < 500 or told.value.code == "file_refused"


def test_a_large_upload_is_refused_while_it_comes(server: Server) -> None:
    """Row 44: 300 MB are answered with 413 before they are all sent, and leave nothing behind."""
    before, length = server.memory(), 300_000_000
    head = b'--line\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as wire:
        wire.sendall(
            b"POST /gradio_api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; "
            b"boundary=line\r\nContent-Length: %d\r\n\r\n%b" % (length, head)
        )
        while sent < length and not select.select([wire], [], [], 0)[0]:
            wire.sendall(bytes(1_000_000))
            sent += 1_000_000
        answer = wire.recv(1000)
    assert sent < length, "the answer came when all was sent"
    assert b" 413 " in answer.split(b"\r\n")[0]
    assert server.memory() - before < GROWTH
    left = [p for p in (server.temp / "uploads").rglob("*") if p.is_file() and p.stat().st_size > 1_000_000]
    assert left == []


def test_a_large_upload_is_answered_with_413(server: Server) -> None:
    """The same by a client that waits for the answer after every block."""

    def lazily() -> Iterator[bytes]:
        yield b'--line\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        for _ in range(300):
            yield bytes(1_000_000)
        yield b"\r\n--line--\r\n"

    kind = {"Content-Type": "multipart/form-data; boundary=line"}
    answer = httpx.post(
        f"{server.url}/gradio_api/upload", content=lazily(), headers=kind, timeout=60, trust_env=False
    )
    assert answer.status_code == 413
    assert one_clean_line(answer.text)


def test_a_large_call_is_refused(server: Server) -> None:
    body = json.dumps({"data": ["x" * 40_000_000]})
    answer = httpx.post(f"{server.url}/gradio_api/call/{TASK}", content=body, timeout=60, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")


BODIES = {
    "no inputs": (b'{"data": []}', 400),
    "too many inputs": (b'{"data": [null, null, null]}', 400),
    "no data": (b"{}", 400),
    "data is no list": (b'{"data": {"picture": 1}}', 400),
    "not an object": (b"[]", 400),
    "not JSON": (b"picture=1", 400),
    "empty": (b"", 400),
    "NaN": (b'{"data": [NaN, null]}', 400),
    "infinity": (b'{"data": [1e999, null]}', 400),
    "nested lists": (b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    "nested lists without end": (b"[" * 100_000, 400),
    "nested objects": (b'{"data": [' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"]}", 400),
    "not UTF-8": (b'{"data": ["\xff\xfe"]}', 400),
}


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("way", ["call", "run", "api"])
def test_bodies(server: Server, body: bytes, status: int, way: str) -> None:
    """Rows 36, 38 and 40."""
    answer = httpx.post(
        f"{server.url}/gradio_api/{way}/{TASK}",
        content=body,
        headers={"Content-Type": "application/json"},
        trust_env=False,
    )
    assert (answer.status_code, answer.json()["code"]) == (status, "bad_request")
    assert one_clean_line(answer.json()["detail"])


@pytest.mark.parametrize(
    "picture",
    ["text", 3, True, ["a"], {}, {"name": "x"}, None, "data:image/png;base64,AAAA", "../x"],
    ids=repr,
)
def test_what_is_no_file(client: Client, picture: object) -> None:
    with pytest.raises(Refused) as told:
        client.call([picture, None])
    assert told.value.code in ("bad_request", "file_missing")
    assert one_clean_line(told.value.message)


@pytest.mark.parametrize("checkpoint", [{"a": 1}, 3, True, ["a"], 1.5], ids=repr)
def test_what_is_no_text(client: Client, lion: bytes, checkpoint: object) -> None:
    with pytest.raises(Refused) as told:
        client.call([client.upload(lion), checkpoint])
    assert told.value.code == "bad_request"


@pytest.mark.parametrize(
    "checkpoint",
    [
        "",
        "nothing",
        "/etc/passwd",
        "../../checkpoint",
        "https://huggingface.co/some/model",
        "hub:some/model",
        "package:os/path",
        "local.nothing",
        "x" * 100_000,
        "a\0b",
        "\ud800",
        SCRIPT,
    ],
    ids=lambda text: text[:30],
)
def test_checkpoints_that_are_not_in_the_list(client: Client, lion: bytes, checkpoint: str) -> None:
    """Row 47: refused before anything is imported or fetched, and said in a short line."""
    with pytest.raises(Refused) as told:
        client.call([client.upload(lion), checkpoint])
    assert told.value.code == "checkpoint_unknown"
    assert len(told.value.message) < 1000
    assert "\n" not in told.value.message


def test_endpoints_that_are_not_there(server: Server) -> None:
    """Row 39, and the page's own events, which have names too but are not for calls by name."""
    for name in ("nothing", "memory_text", "follow_link", "lambda", "apply", "..", "%2e%2e", ""):
        for way in ("call", "call/v2", "run", "api"):
            answer = httpx.post(f"{server.url}/gradio_api/{way}/{name}", json={"data": []}, trust_env=False)
            assert answer.status_code in (404, 405), (way, name)
            assert "Traceback" not in answer.text


def test_nobody_goes_past_the_queue(server: Server, client: Client, lion: bytes) -> None:
    file = client.upload(lion)
    answer = client.http.post(f"/run/{TASK}", json={"data": [file, None]})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/proc/self/environ",
        "../../etc/passwd",
        "hub_models/ui/serve.py",
        "app.py",
        ".git/config",
    ],
)
def test_files_of_the_machine_are_not_served(server: Server, path: str) -> None:
    answer = httpx.get(f"{server.url}/gradio_api/file={path}", trust_env=False)
    assert answer.status_code in (403, 404)
    assert one_clean_line(answer.text)


def test_uploads_are_not_served_as_pages(server: Server, client: Client) -> None:
    """Row 20: a picture with a script in it is never shown by the browser as a page of ours."""
    for name, data in (("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), ("a.html", SCRIPT.encode())):
        file = client.upload(data, name)
        answer = httpx.get(f"{server.url}/gradio_api/file={file['path']}", trust_env=False)
        assert answer.headers.get("content-disposition", "").startswith("attachment"), name


def test_labels_and_names_are_escaped() -> None:
    """Row 35: markup in labels, captions and messages reaches the page as text."""
    labels = Labels((SCRIPT, "b"), np.array([0.75, 0.25], np.float32))
    pixels = np.zeros((2, 2, 3), np.uint8)
    quote = '" onerror="alert(1)'
    for page in (
        bars(labels),
        table([SCRIPT], [[SCRIPT]], SCRIPT),
        problem(SCRIPT),
        show_picture(pixels, SCRIPT),
        show_picture(pixels, quote),
    ):
        assert "<script" not in page
        assert 'onerror="' not in page


def test_the_token_is_nowhere(server: Server, client: Client, lion: bytes) -> None:
    """The canary of the environment: not in a response, not in the log, not in a file the server wrote."""
    texts = [
        httpx.get(f"{server.url}{path}", trust_env=False, timeout=60).text
        for path in (
            "/",
            "/config",
            "/gradio_api/info",
            "/gradio_api/openapi.json",
            "/theme.css",
            "/monitoring",
        )
    ]
    texts += [json.dumps(client.predict(lion)), server.log()]
    texts += [p.read_bytes().decode("latin-1") for p in server.temp.rglob("*") if p.is_file()]
    assert not any(CANARY in text for text in texts)
