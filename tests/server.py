"""The real app in a process of its own, and a plain HTTP client for it.

The client speaks HTTP as a program without gradio's client would: upload, join, read the stream of events.
"""

import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from PIL import Image

ROOT = Path(__file__).parent.parent
TASK = "image-classification"
OPEN = "The hub is open at"
TRACES = ("Traceback", "/work/", "/tmp/", "/home/", "/root/", "site-packages", ".py\", line")  # fmt: skip


class Refused(Exception):
    """An error that the server sent in its stream of events, or as a status that is not 200."""

    def __init__(self, code: str, message: str, status: int = 200) -> None:
        super().__init__(f"{status} [{code}] {message}")
        self.code, self.message, self.status = code, message, status


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment() -> dict[str, str]:
    """This process's environment without what would change how gradio and the Hub's client behave."""
    foreign = (
        "GRADIO_",
        "HF_",
        "HUGGINGFACE_",
        "HUB_",
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return clean | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"}


class Server:
    """`python -m app` on a free port, or another module that takes the same options. A context manager."""

    def __init__(self, *options: str, module: str = "app", env: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = tempfile.TemporaryDirectory(prefix="hub-server-")
        self.temp = Path(self.folder.name)
        self.log_file = self.temp / "log.txt"
        self.environment = clean_environment() | {
            "GRADIO_TEMP_DIR": str(self.temp / "uploads"),
            "HUB_RUNS": str(self.temp / "runs"),
            "HF_HOME": str(self.temp / "hf"),
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}",
        }
        self.environment |= env or {}
        self.argv = [sys.executable, "-m", module, "--port", str(self.port), *options]

    def __enter__(self) -> "Server":
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                self.argv, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            self.wait_until_open()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_until_open(self, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while OPEN not in self.log():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the server did not start:\n{self.log()}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process.poll() is not None:
            print(
                f"the server was gone, code {self.process.returncode}:\n{self.log()[-4000:]}", file=sys.stderr
            )
        else:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.folder.cleanup()

    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def memory(self) -> float:
        """Megabytes that the process holds in memory."""
        return psutil.Process(self.process.pid).memory_info().rss / 1e6

    def cpu(self) -> float:
        """Seconds of computing that the process has used: unlike the clock, not disturbed by other work."""
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def client(self) -> "Client":
        return Client(self.url)


@dataclass
class Joined:
    """A place in the queue."""

    task: str
    event: str


class Client:
    """One visitor. `predict` is upload, join and answer; the steps can be taken one by one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=f"{url}/gradio_api", timeout=120, trust_env=False)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def upload(self, data: bytes, name: str = "picture.png") -> dict:
        """The file as an input of a call."""
        answer = self.http.post("/upload", files={"files": (name, data)})
        if answer.status_code != 200:
            raise Refused("upload", answer.text, answer.status_code)
        return {"path": answer.json()[0], "orig_name": name, "meta": {"_type": "gradio.FileData"}}

    def join(self, data: Sequence[object], task: str = TASK) -> Joined:
        body = json.dumps(
            {"data": list(data)}
        )  # escapes what is no valid UTF-8, which httpx's json= would not
        answer = self.http.post(f"/call/{task}", content=body, headers={"Content-Type": "application/json"})
        if answer.status_code != 200:
            raise refused(answer)
        return Joined(task, answer.json()["event_id"])

    def events(self, joined: Joined) -> Iterator[tuple[str, object]]:
        """(event, data) as they come."""
        with self.http.stream("GET", f"/call/{joined.task}/{joined.event}") as stream:
            event = ""
            for line in stream.iter_lines():
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield event, json.loads(line.removeprefix("data: "))

    def answer(self, joined: Joined) -> dict:
        for event, data in self.events(joined):
            if event == "complete":
                return data[0]
            if event == "error":
                told = data if isinstance(data, dict) else {"error": data}
                raise Refused(str(told.get("title")), str(told.get("error")))
        raise Refused("lost", "the stream ended without an answer")

    def call(self, data: Sequence[object], task: str = TASK) -> dict:
        return self.answer(self.join(data, task))

    def predict(self, picture: bytes, checkpoint: str | None = None, name: str = "picture.png") -> dict:
        return self.call([self.upload(picture, name), checkpoint])


def refused(answer: httpx.Response) -> Refused:
    """The error in a response that is not 200."""
    try:
        told = answer.json()
    except ValueError:
        told = {"detail": answer.text}
    return Refused(str(told.get("code", answer.status_code)), str(told.get("detail")), answer.status_code)


def without_time(answer: dict) -> dict:
    """An answer without what may differ between two equal calls."""
    return {name: value for name, value in answer.items() if name != "seconds"}


def example(name: str) -> Path:
    """The file of one of the task's examples."""
    from hub_models.task import task
    from hub_models.ui.examples import available

    return available(task(TASK))[name]


def patch(number: int) -> bytes:
    """A PNG of its own for every number: a coloured part of an example, so that the answers differ."""
    name = ("lion", "cheetah", "coffee", "cat", "flower", "bus")[number % 6]
    with Image.open(example(name)) as image:
        width, height = image.size
        cut = (number * 7) % (width // 3), (number * 11) % (height // 3)
        part = image.convert("RGB").crop((*cut, cut[0] + width // 2, cut[1] + height // 2)).resize((96, 96))
    file = io.BytesIO()
    part.save(file, "PNG")
    return file.getvalue()


def run_threads(work: Sequence) -> None:
    """Call all of `work` at the same time, and wait for them."""
    threads = [threading.Thread(target=one, daemon=True) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert not any(thread.is_alive() for thread in threads)
