"""What the hub costs on top of gradio: pages, sessions, clicks, many calls, many clients, each as a ratio.

    python -m benchmarks.app [--calls 10000] [--seconds 10] [--rounds 30] [--only pages clicks ...]

Both programs run in processes of their own and are asked over plain HTTP: `python app.py`, and
`benchmarks/stock.py`, which is gr.Interface around the same network with the settings gradio comes with.
"""

import argparse
import json
import os
import secrets
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial

import httpx
import psutil

from benchmarks.timing import Row, in_turn, seconds_of, table
from hub_models.compute import cores
from hub_models.task import task
from tests.server import TASK, Client, Server, example

ENVIRONMENT = {
    "OMP_NUM_THREADS": str(cores()),  # torch's own default, for programs that do not choose
    "GRADIO_ANALYTICS_ENABLED": "False",  # also for gradio alone: no call to the outside is timed
}
SMALL = "resnet20.cifar10"  # the fastest checkpoint: what the hub itself costs shows most
PICTURE = example("lion")


class App(Server):
    """Open as soon as the first page has come; `seconds` and `cpu_seconds` say when that was."""

    def wait_until_open(self, seconds: float = 120) -> None:
        began = time.perf_counter()
        while time.perf_counter() < began + seconds:
            try:
                httpx.get(self.url, trust_env=False).raise_for_status()
            except httpx.ConnectError:
                time.sleep(0.01)
            else:
                self.seconds = time.perf_counter() - began
                used = psutil.Process(self.process.pid).cpu_times()
                self.cpu_seconds = used.user + used.system
                return
        raise RuntimeError(f"no page in {seconds:.0f} seconds:\n{self.log()}")


def hub(**environment: str) -> App:
    return App(env=ENVIRONMENT | environment)


def stock() -> App:
    return App(module="benchmarks.stock", env=ENVIRONMENT)


@dataclass
class Visitor:
    """One client of a running program, with a picture uploaded: `call` asks for an answer."""

    app: App
    api: str
    checkpoint: str | None = None  # None: the program takes a picture and nothing else

    @cached_property
    def client(self) -> Client:
        client = self.app.client()
        # the server hangs up after 5 idle seconds (uvicorn); a client that forgets sooner never meets that moment
        limits = httpx.Limits(keepalive_expiry=2)
        client.http = httpx.Client(base_url=client.http.base_url, timeout=120, trust_env=False, limits=limits)
        return client

    @cached_property
    def data(self) -> list:
        picture = self.client.upload(PICTURE.read_bytes(), PICTURE.name)
        return [picture] if self.checkpoint is None else [picture, self.checkpoint]

    def call(self) -> object:
        return self.client.call(self.data, self.api)

    def click(self, session: str) -> None:
        """The same call as a browser makes it, in a session."""
        http = self.client.http
        body = {"data": self.data, "fn_index": self.number, "session_hash": session}
        http.post("/queue/join", json=body).raise_for_status()
        with http.stream("GET", "/queue/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:") and json.loads(line[5:])["msg"] == "process_completed":
                    assert json.loads(line[5:])["success"], line
                    return

    @cached_property
    def number(self) -> int:
        config = httpx.get(f"{self.app.url}/config", trust_env=False).json()
        return next(d["id"] for d in config["dependencies"] if d["api_name"] == self.api)


def pages(options: argparse.Namespace) -> list[Row]:
    """Process start to first page, as waited for and as computed, and what the page weighs."""
    waited, computed = [], []
    for _ in range(options.starts):
        with hub() as ours:
            ours_page = sizes(ours)
        with stock() as bare:
            bare_page = sizes(bare)
        waited.append((ours.seconds, bare.seconds))
        computed.append((ours.cpu_seconds, bare.cpu_seconds))
    medians = [
        [statistics.median(column) for column in zip(*pairs, strict=True)] for pairs in (waited, computed)
    ]
    return [
        row("time to first page", medians[0], "s", "<= 1.15"),
        row("CPU time to first page", medians[1], "s"),
        row("page, all tasks", (ours_page[0], bare_page[0]), "kB"),
        row("page, compressed", (ours_page[1], bare_page[1]), "kB"),
    ]


def sizes(app: App) -> tuple[float, float]:
    """Kilobytes of the first page: itself, and as it travels."""
    page = httpx.get(app.url, trust_env=False)
    return len(page.content) / 1000, page.num_bytes_downloaded / 1000


def sessions(options: argparse.Namespace) -> list[Row]:
    """A call in a session the server has never seen, against one in a session it knows."""
    with hub() as app:
        visitor = Visitor(app, TASK, SMALL)
        times = in_turn(
            lambda: visitor.click(secrets.token_hex(6)), lambda: visitor.click("known"), options.rounds
        )
    return [row("call: new session, known session", times, "ms", "<= 2")]


def clicks(options: argparse.Namespace) -> list[Row]:
    """A click over HTTP against the bare call in this process: what gradio and the hub add."""
    predict = task(TASK).predict
    rows = []
    with hub() as app:
        for checkpoint in (task(TASK).default, SMALL):
            visitor = Visitor(app, TASK, checkpoint)
            bare_call = partial(predict, PICTURE, checkpoint)
            times = in_turn(partial(visitor.click, "known"), bare_call, options.rounds)
            rows.append(row(f"click, bare call: {checkpoint}", times, "ms"))
    return rows


def many_calls(options: argparse.Namespace) -> list[Row]:
    """Latency of one client after `--calls` calls against after 100."""
    with hub() as app:
        visitor = Visitor(app, TASK, SMALL)
        repeat(visitor, 100)
        early = [1000 * seconds_of(visitor.call) for _ in range(options.rounds)]
        repeat(visitor, options.calls - 100 - options.rounds)
        late = [1000 * seconds_of(visitor.call) for _ in range(options.rounds)]
    pair = statistics.median(late), statistics.median(early)
    return [row(f"call: after {options.calls:,}, after 100", pair, "ms", "<= 1.2")]


def repeat(visitor: Visitor, calls: int) -> None:
    for _ in range(calls):
        visitor.call()


def throughput(options: argparse.Namespace) -> list[Row]:
    """Answers in a second with the default checkpoint, for 1, 8 and 32 clients at a time."""
    with hub() as ours, stock() as bare:
        programs = Visitor(ours, TASK, task(TASK).default), Visitor(bare, "classify")
        pairs = {clients: rates(programs, clients, options.seconds) for clients in (1, 8, 32)}
    aims = {32: ">= 2"}
    return [row(f"throughput, {n} clients", pair, "1/s", aims.get(n, "")) for n, pair in pairs.items()]


def workers(options: argparse.Namespace) -> list[Row]:
    """One worker with one thread for each core, against one worker with the threads of all cores."""
    with hub() as ours, hub(HUB_WORKERS="1") as bare:
        programs = [Visitor(app, TASK, task(TASK).default) for app in (ours, bare)]
        return [row("throughput: many workers, one", rates(programs, 8, options.seconds), "1/s")]


def rates(programs: Sequence[Visitor], clients: int, seconds: float) -> list[float]:
    """Answers in a second of each, asked in turn."""
    for visitor in programs:
        repeat(visitor, 5)  # loads the network
    turns = [[rate(visitor, clients, seconds / 2) for visitor in programs] for _ in range(2)]
    return [statistics.mean(column) for column in zip(*turns, strict=True)]


def rate(visitor: Visitor, clients: int, seconds: float) -> float:
    """Answers in a second to `clients` that ask again as soon as they are answered."""
    crowd = [Visitor(visitor.app, visitor.api, visitor.checkpoint) for _ in range(clients)]
    for one in crowd:
        one.data  # noqa: B018 (uploads)
    end = time.perf_counter() + seconds

    def answered(one: Visitor) -> int:
        count = 0
        while time.perf_counter() < end:
            one.call()
            count += time.perf_counter() < end
        return count

    with ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(answered, crowd)) / seconds


def row(what: str, pair: tuple[float, float] | list[float], unit: str, aim: str = "") -> Row:
    return Row(what=what, ours=pair[0], bare=pair[1], unit=unit, aim=aim)


PARTS: dict[str, Callable[[argparse.Namespace], list[Row]]] = {
    "pages": pages,
    "sessions": sessions,
    "clicks": clicks,
    "throughput": throughput,
    "workers": workers,
    "many_calls": many_calls,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="What the hub costs on top of gradio.")
    parser.add_argument(
        "--calls", type=int, default=10_000, help="how many make a long day (default %(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=10, help="of each throughput (default %(default)s)")
    parser.add_argument(
        "--rounds", type=int, default=50, help="calls whose median is taken (default %(default)s)"
    )
    parser.add_argument("--starts", type=int, default=5, help="of each program (default %(default)s)")
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS)
    )
    options = parser.parse_args()
    print(f"{cores()} cores, load {os.getloadavg()[0]:.1f}\n")
    rows = [row for part in options.only for row in PARTS[part](options)]
    print(table(rows))


if __name__ == "__main__":
    main()
