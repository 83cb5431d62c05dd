"""Fetching from the Hub: what is announced, what arrives, and what happens when something goes wrong.

The real client against the Hub of the tests. huggingface_hub reads its environment when it is imported, so
most tests set its constants; those with several processes, or a killed one, set the environment.
"""

import errno
import json
import os
import random
import re
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Thread

import hub_server
import pytest
from filelock import FileLock
from hub_endpoints import Answer, Commit
from hub_server import WRITE_TOKEN, Fault, HubServer
from huggingface_hub import HfApi, hf_hub_download, scan_cache_dir
from huggingface_hub.utils import close_session

from hub_models import fetch as module
from hub_models import verify
from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError, HubError, HubUnavailable, Overloaded
from hub_models.fetch import FetchPlan, clean_partials, fetch, plan

NET = "student/net"
WEIGHTS = random.Random(0).randbytes(3_000_000)
NEEDED = {"config.json": b'{"a": 1}', "preprocessor_config.json": b"{}", "model.safetensors": WEIGHTS}
OTHERS = dict.fromkeys(("pytorch_model.bin", "best.pt", "a.ckpt", "modeling.py"), b"a pickle, perhaps")
SOON = 8  # seconds; 3 on a machine that does nothing else
ROOT = Path(__file__).parent.parent

DRIVER = """
import json, sys
from hub_models.fetch import fetch
from hub_models.checkpoint import Checkpoint
from hub_models.errors import HubError
try:
    print(json.dumps({"folder": str(fetch(Checkpoint(**json.loads(sys.argv[1]))))}))
except HubError as error:
    print(json.dumps({"code": error.code}))
"""


def row(**changes: object) -> Checkpoint:
    fields = {
        **{"id": "net.tests", "task": "image-classification", "title": "Net", "architecture": "Net"},
        **{
            "year": 2026,
            "library": "transformers",
            "source": f"hub:{NET}",
            "model": "net",
            "sentence": "A net.",
        },
        **{"paper": "None", "weights_licence": "MIT", "data_licence": "CC0", "trained_on": "noise"},
        **{"parameters": 1, "megabytes": 3.0},
    }
    return Checkpoint(**fields | changes)


@pytest.fixture(autouse=True)
def cache(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, a Hub with one network in it, and a client that talks to that Hub."""
    constants = {
        "ENDPOINT": hub.url,
        "HUGGINGFACE_CO_URL_TEMPLATE": hub.url + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HUB_CACHE": str(tmp_path / "hf" / "hub"),
        "HF_HUB_DISABLE_XET": True,
        "HF_HUB_OFFLINE": False,
    }
    for name, value in constants.items():
        monkeypatch.setattr(f"huggingface_hub.constants.{name}", value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HF_TOKEN", WRITE_TOKEN)
    module.clean_once.cache_clear()
    hub.seed("model", NET, NEEDED | OTHERS)
    yield tmp_path / "hf" / "hub"
    close_session()


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it, and the Hub sends 1.3 MB/s."""

    class Drip:
        def __init__(self, file: object) -> None:
            self.file = file

        def write(self, data: bytes) -> None:
            for start in range(0, len(data), 2**16):
                self.file.write(data[start : start + 2**16])
                time.sleep(0.05)

        def __getattr__(self, name: str) -> object:
            return getattr(self.file, name)

    usual = hub_server._Handler._send

    def send(handler: hub_server._Handler, answer: Answer, sent_bytes: int) -> None:
        handler.wfile = Drip(handler.wfile)
        usual(handler, answer, sent_bytes)

    return lambda: monkeypatch.setattr(hub_server._Handler, "_send", send)


@contextmanager
def soon() -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < SOON


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def downloads(hub: HubServer, name: str = "") -> list[str]:
    """Names of the files that were asked for with GET."""
    paths = [Path(r.path).name for r in hub.requests if r.method == "GET" and "/resolve/" in r.path]
    return [path for path in paths if name in ("", path)]


def bytes_in(path: Path) -> int:
    """How much of a file is there; 0 for one that has been renamed since it was seen."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def partials(cache: Path) -> list[Path]:
    return sorted([*cache.glob("**/*.incomplete"), *cache.glob("**/*.tmp")])


def code_of(call: Callable[[], object], kind: type[HubError] = HubError) -> str:
    """The code of the HubError that `call` raises soon, with a message fit for people."""
    with soon(), pytest.raises(kind) as caught:
        call()
    assert not re.search(r"/tmp|/home|127\.0\.0\.1|hf_loop|Traceback|\n", caught.value.message)
    assert len(caught.value.message) > 40
    return caught.value.code


def test_plan_and_fetch(hub: HubServer) -> None:
    size = sum(map(len, NEEDED.values()))
    expected = FetchPlan(repo_id=NET, files=tuple(NEEDED), bytes=size, licence="MIT", cached=False)
    assert plan(row()) == expected
    assert downloads(hub) == []
    told = []
    folder = fetch(row(), lambda done, total: told.append((done, total)))
    assert contents(folder) == NEEDED
    assert downloads(hub) == list(NEEDED)
    assert told == sorted(told) and (told[0], told[-1]) == ((0, size), (size, size))
    asked = len(hub.requests)
    assert fetch(row()) == folder
    assert plan(row()) == FetchPlan(**asdict(expected) | {"cached": True})
    assert len(hub.requests) == asked


def test_only_what_the_library_reads(hub: HubServer) -> None:
    assert plan(row(library="ours")).files == ("config.json", "model.safetensors")
    shards = [f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]
    files = ["config.json", "model.safetensors.index.json", *shards]
    hub.seed("model", NET, dict.fromkeys([*files, "model-evil.safetensors", "vocab.txt"], b"{}") | OTHERS)
    assert plan(row(library="ours")).files == tuple(files)
    assert sorted(contents(fetch(row()))) == sorted([*files, "vocab.txt"])


def test_of_ultralytics_only_the_file_of_the_row(hub: HubServer, offline: Callable[[], None]) -> None:
    """Its .pt files are read as data, see test_ultralytics.py; any other pickle in the repository stays where it is."""
    hub.seed("model", NET, OTHERS | {"large.pt": b"another"})
    chosen = row(library="ultralytics", model="best")
    assert plan(chosen).files == ("best.pt",)
    folder = fetch(chosen)
    assert contents(folder) == {"best.pt": OTHERS["best.pt"]}
    assert (
        code_of(lambda: fetch(row(library="ultralytics", model="other")), CheckpointError)
        == "checkpoint_unsafe"
    )
    assert fetch(row(library="ultralytics", model="large")) == folder
    offline()
    assert fetch(chosen) == folder == fetch(row(library="ultralytics", model="large"))
    verified = folder.parent.parent / "verified"
    for path in verified.iterdir():
        path.unlink()  # as if another program had fetched it
    assert fetch(chosen) == folder


def test_pickles_are_refused(hub: HubServer, cache: Path) -> None:
    hub.seed("model", NET, {"config.json": b"{}"} | OTHERS)
    assert code_of(lambda: plan(row()), CheckpointError) == "checkpoint_unsafe"
    assert code_of(lambda: fetch(row()), CheckpointError) == "checkpoint_unsafe"
    assert downloads(hub) == [] and not cache.exists()


def test_only_rows_of_the_hub(hub: HubServer) -> None:
    with pytest.raises(ValueError, match="expected a source on the Hub"):
        fetch(row(source="local:/etc", recipe="none"))
    assert hub.requests == []


def test_revision(hub: HubServer, offline: Callable[[], None]) -> None:
    repo = hub.repos["model", NET]
    repo.commits.append(Commit("second", NEEDED | {"config.json": b'{"a": 2}'}))
    first, second = (row(revision=commit.oid) for commit in repo.commits)
    assert contents(fetch(first))["config.json"] == b'{"a": 1}'
    assert contents(fetch(second))["config.json"] == b'{"a": 2}'
    assert downloads(hub, "model.safetensors") == ["model.safetensors"]  # the same in both
    assert code_of(lambda: fetch(row(revision="0" * 40)), HubUnavailable) == "hub_not_found"
    offline()
    assert contents(fetch(first))["config.json"] == b'{"a": 1}'
    assert code_of(lambda: fetch(row()), HubUnavailable) == "hub_offline"  # nobody asked for main yet


FAULTS = {  # what goes wrong: code, and whether the catalogue answers instead
    Fault(kind="refuse"): ("hub_unreachable", True),
    Fault(kind="hang"): ("hub_unreachable", True),
    Fault(kind="status", status=500): ("hub_failed", True),
    Fault(kind="status", status=503): ("hub_failed", True),
    Fault(kind="status", status=429): ("hub_failed", True),
    Fault(kind="status", status=401): ("hub_forbidden", False),
    Fault(kind="status", status=403): ("hub_forbidden", False),
    Fault(kind="status", status=404): ("hub_not_found", False),
    Fault(kind="status", path="/resolve/", status=404): ("hub_not_found", None),
    Fault(kind="status", path="/resolve/", status=403): ("hub_forbidden", None),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}{fault.status}{fault.path}")
def test_a_hub_in_trouble(hub: HubServer, cache: Path, fault: Fault) -> None:
    code, answers = FAULTS[fault]
    hub.fault = fault
    assert code_of(lambda: fetch(row()), HubUnavailable) == code
    if answers:
        with soon():
            assert plan(row()) == FetchPlan(
                repo_id=NET,
                files=("config.json", "model.safetensors"),
                bytes=3_000_000,
                licence="MIT",
                cached=False,
            )
    elif answers is False:
        assert code_of(lambda: plan(row()), HubUnavailable) == code
    assert partials(cache) == []
    hub.fault = None
    folder = fetch(row())
    hub.fault = fault
    with soon():  # what is here is used without asking
        assert contents(fetch(row())) == NEEDED
        assert plan(row()).cached and fetch(row()) == folder


def test_a_login_page_is_not_the_hub(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "respond", lambda call: Answer(b"<html>Welcome to our caf\xe9"))
    assert code_of(lambda: fetch(row()), HubUnavailable) == "hub_failed"


def test_private(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.seed("model", NET, NEEDED, private=True)
    monkeypatch.setenv("HF_TOKEN", "hf_unknown")
    assert code_of(lambda: fetch(row()), HubUnavailable) == "hub_forbidden"
    monkeypatch.setenv("HF_TOKEN", WRITE_TOKEN)
    assert contents(fetch(row())) == NEEDED


DAMAGE = [
    Fault(kind="corrupt", path="model.safetensors", times=1),
    Fault(kind="flip", path="model.safetensors", times=1),
    Fault(kind="flip", path="/config.json", times=1),
    Fault(kind="truncate", path="model.safetensors", times=2),  # HEAD and GET
    Fault(kind="truncate", path="model.safetensors", method="GET", times=1),
]


@pytest.mark.parametrize("fault", DAMAGE, ids=lambda fault: f"{fault.kind} {fault.method}{fault.path[-11:]}")
def test_damage_on_the_way(hub: HubServer, cache: Path, fault: Fault) -> None:
    hub.fault = Fault(kind=fault.kind, path=fault.path, method=fault.method)  # always
    assert code_of(lambda: fetch(row()), CheckpointError) == "checkpoint_corrupt"
    name = fault.path.strip("/")
    assert downloads(hub, name) == [name] * 2
    assert not list(cache.glob(f"models--*/snapshots/*/{name}")) and partials(cache) == []
    left = {path.read_bytes() for path in cache.glob("models--*/blobs/*")}
    assert left == {data for path, data in NEEDED.items() if path != name}
    hub.fault = fault  # once
    assert contents(fetch(row())) == NEEDED


def test_a_cut_connection_is_resumed(hub: HubServer) -> None:
    hub.fault = Fault(kind="drop", path="model.safetensors", after_bytes=2_000_000, times=1)
    told = []
    assert contents(fetch(row(), lambda done, total: told.append(done))) == NEEDED
    assert downloads(hub, "model.safetensors") == ["model.safetensors"] * 2
    assert told[-1] == sum(map(len, NEEDED.values()))


def test_damage_on_the_disk(hub: HubServer, cache: Path, offline: Callable[[], None]) -> None:
    weights = fetch(row()) / "model.safetensors"
    weights.resolve().write_bytes(WEIGHTS[:-1] + b"!")
    assert not plan(row()).cached
    assert contents(fetch(row())) == NEEDED
    assert len(downloads(hub, "model.safetensors")) == 2
    weights.unlink()  # only the link
    assert contents(fetch(row())) == NEEDED
    assert len(downloads(hub, "model.safetensors")) == 2
    (cache / "models--student--net" / "verified").joinpath(f"{weights.parent.name}.json").write_text("[1")
    assert contents(fetch(row())) == NEEDED
    weights.resolve().write_bytes(WEIGHTS[:-1])
    offline()
    assert code_of(lambda: fetch(row()), HubUnavailable) == "hub_offline"


def test_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = []
    usual = verify.content_hash
    monkeypatch.setattr(
        verify, "content_hash", lambda path, like: hashed.append(path.name) or usual(path, like)
    )
    weights = fetch(row()) / "model.safetensors"
    assert sorted(hashed) == sorted(NEEDED)
    fetch(row())
    os.utime(weights, (0, 0))
    fetch(row())
    fetch(row())
    assert hashed[len(NEEDED) :] == ["model.safetensors"]


def test_a_cache_that_cannot_be_written(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fetch(row())
    os.utime(folder / "model.safetensors", (0, 0))

    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "write_text", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)
    assert fetch(row()) == folder


def test_what_another_program_cached(hub: HubServer, offline: Callable[[], None]) -> None:
    weights = Path(hf_hub_download(NET, "model.safetensors"))
    hub.fault = Fault(kind="refuse")
    assert code_of(lambda: fetch(row()), HubUnavailable) == "hub_unreachable"  # no config.json yet
    hub.fault = None
    hf_hub_download(NET, "config.json")
    offline()
    assert plan(row()).cached and contents(fetch(row())).keys() == {"config.json", "model.safetensors"}
    weights.resolve().write_bytes(WEIGHTS[:-1] + b"!")
    assert not plan(row()).cached
    assert code_of(lambda: fetch(row()), HubUnavailable) == "hub_offline"


def test_another_program_finds_what_we_cached(hub: HubServer, cache: Path) -> None:
    folder = fetch(row())
    asked = len(hub.requests)
    hub.fault = Fault(kind="refuse")
    assert Path(hf_hub_download(NET, "model.safetensors")).parent == folder
    assert len(hub.requests) == asked
    scan = scan_cache_dir(cache)
    assert not scan.warnings and [repo.repo_id for repo in scan.repos] == [NET]


def test_no_room(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patch:
        patch.setattr("shutil.disk_usage", lambda path: usage(100, 99, 1))
        assert code_of(lambda: fetch(row()), Overloaded) == "disk_full"
    assert not list(cache.glob("models--*/blobs/*"))

    def http_get(url: str, temp_file: object, **options: object) -> None:
        temp_file.write(WEIGHTS[:1000])
        temp_file.flush()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("huggingface_hub.file_download.http_get", http_get)
        assert code_of(lambda: fetch(row()), Overloaded) == "disk_full"
    assert not list(cache.glob("models--*/blobs/*"))
    assert contents(fetch(row())) == NEEDED


def test_cancel(hub: HubServer, cache: Path, slow: Callable[[], None]) -> None:
    slow()
    told = [0]
    quarter = lambda: told[-1] > len(WEIGHTS) // 4  # noqa: E731
    assert code_of(lambda: fetch(row(), lambda done, total: told.append(done), quarter)) == "cancelled"
    assert told[-1] < len(WEIGHTS) and partials(cache) == []
    hub.fault = Fault(kind="hang", path="/api/")
    assert code_of(lambda: fetch(row(), None, lambda: True), Overloaded) == "cancelled"


def test_cancel_of_a_silent_download(hub: HubServer, cache: Path) -> None:
    hub.fault = Fault(kind="hang", method="GET", path="model.safetensors")
    opened = lambda: bool(partials(cache))  # noqa: E731
    assert code_of(lambda: fetch(row(), None, opened), Overloaded) == "cancelled"
    hub.fault = None  # the silence ends, and with it what was left behind
    end = time.monotonic() + SOON
    while partials(cache) and time.monotonic() < end:
        time.sleep(0.05)
    assert partials(cache) == []
    assert contents(fetch(row())) == NEEDED


def test_a_silent_download_is_given_up(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STALL", 0.5)
    hub.fault = Fault(kind="hang", method="GET", path="model.safetensors")
    assert code_of(lambda: fetch(row()), HubUnavailable) == "hub_unreachable"


def test_clean_partials(cache: Path) -> None:
    blobs = cache / "models--student--net" / "blobs"
    blobs.mkdir(parents=True)
    left, old, running = (blobs / f"{name}.incomplete" for name in ("ab.12345678", "cd", "ef.12345678"))
    for path in (left, old, running):
        path.write_bytes(b"1234")
    lock = cache / ".locks" / "models--student--net" / "ef.lock"
    lock.parent.mkdir(parents=True)
    with FileLock(lock):
        assert clean_partials() == 8
    assert list(blobs.iterdir()) == [running]
    fetch(row())
    assert not running.exists()


def start(environment: dict[str, str], checkpoint: Checkpoint, **settings: str) -> subprocess.Popen:
    """`fetch(checkpoint)` in a process of its own."""
    command = [sys.executable, "-c", DRIVER, json.dumps(asdict(checkpoint))]
    path = {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, env=environment | path | settings, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def end(process: subprocess.Popen) -> dict[str, str]:
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return json.loads(output)


def test_kill_then_start_again(
    hub: HubServer, hub_env: dict[str, str], cache: Path, slow: Callable[[], None]
) -> None:
    slow()
    process = start(hub_env, row())
    deadline = time.monotonic() + 30
    while not any(map(bytes_in, partials(cache))) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert len(partials(cache)) == 1
    assert contents(Path(end(start(hub_env, row()))["folder"])) == NEEDED
    assert partials(cache) == []
    asked = len(hub.requests)
    with soon():
        assert end(start(hub_env, row(), HF_HUB_OFFLINE="1"))["folder"]
        assert end(start(hub_env, row(source="hub:student/b"), HF_HUB_OFFLINE="1")) == {"code": "hub_offline"}
    assert len(hub.requests) == asked


def test_three_processes_and_two_threads(
    hub: HubServer, hub_env: dict[str, str], cache: Path, slow: Callable[[], None]
) -> None:
    slow()
    folders: list[Path] = []
    processes = [start(hub_env, row()) for _ in range(3)]
    threads = [Thread(target=lambda: folders.append(fetch(row()))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    folders += [Path(end(process)["folder"]) for process in processes]
    assert len(folders) == 5 and len(set(folders)) == 1
    assert contents(folders[0]) == NEEDED
    assert sorted(downloads(hub)) == sorted(NEEDED)  # each once
    assert partials(cache) == []


def test_settings_stand_before_the_client_is_imported() -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    lines = (
        "import sys, hub_models.fetch; early = 'huggingface_hub' in sys.modules",
        "from huggingface_hub import constants as c",
        "print(early, c.HF_HUB_ETAG_TIMEOUT, c.HF_HUB_DISABLE_TELEMETRY, c.HF_HUB_DISABLE_XET)",
    )
    run = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env=clean,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["False", "2", "True", "True"]


def test_no_code_from_repositories() -> None:
    for path in ROOT.glob("hub_models/**/*.py"):
        assert not re.search(r"trust_remote_code\s*=", path.read_text(encoding="utf-8")), path
    assert HfApi().endpoint.startswith("http://127.0.0.1")  # no test here talks to the real Hub
