"""How the served app bears a crowd: a soak of leaving clients, a flood of joins, memory over many sessions.

    python benchmarks/soak.py                                    the long form, about 30 minutes
    python benchmarks/soak.py --seconds 20 --joins 500 --calls 300    a short one

It starts the app itself on a free port, prints one line a figure, and ends with code 1 if a figure that is to be
held is not.
"""

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from server import TASK, Client, Refused, Server, patch, without_time  # noqa: E402 (lies in tests/)

WARM = 200  # calls after which memory is looked at for the first time
MAY_GROW = 100  # megabytes between then and the last call


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=32, help="at a time (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=600, help="of the soak (default %(default)s)")
    parser.add_argument("--joins", type=int, default=5000, help="of the flood (default %(default)s)")
    parser.add_argument(
        "--calls", type=int, default=10_000, help="each of a session of its own (default %(default)s)"
    )
    return parser.parse_args()


def crowd(clients: int, work: Callable[[int], Counter]) -> Counter:
    """The sum of what `work` counted in that many threads."""
    with ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(work, range(clients)), Counter())


def soak(url: str, clients: int, seconds: float) -> bool:
    """Every client has a picture of its own and asks again and again; every second time half of them hang up."""
    pictures = [patch(number) for number in range(clients)]
    one = Client(url)
    expected = [without_time(one.predict(picture)) for picture in pictures]
    end = time.monotonic() + seconds

    def visit(number: int) -> Counter:
        counted, dice = Counter(), random.Random(number)
        while time.monotonic() < end:
            with Client(url) as visitor:
                joined = visitor.join([visitor.upload(pictures[number]), None])
                if number % 2 and dice.random() < 0.5:
                    hang_up(visitor, joined.event, dice.random() / 5)
                    counted["left"] += 1
                    continue
                try:
                    right = without_time(visitor.answer(joined)) == expected[number]
                    counted["right" if right else "mixed up"] += 1
                except (Refused, httpx.HTTPError):
                    counted["lost"] += 1
        return counted

    began = time.monotonic()
    counted = crowd(clients, visit)
    took = time.monotonic() - began
    print(
        f"soak: {clients} clients, {took:.0f} s: {counted['right']} right, {counted['mixed up']} mixed up, "
        f"{counted['lost']} lost, {counted['left']} left; {counted['right'] / took:.1f} answers a second"
    )
    return not counted["mixed up"] and not counted["lost"] and counted["right"] > 0


def hang_up(visitor: Client, event: str, after: float) -> None:
    """Listen for `after` seconds, then close the connection."""
    try:
        with visitor.http.stream("GET", f"/call/{TASK}/{event}", timeout=after) as stream:
            next(stream.iter_lines(), None)
    except httpx.TimeoutException:
        return


def flood(url: str, joins: int) -> bool:
    """Joins whose answers nobody fetches; the queue may refuse them, and must live."""
    with Client(url) as one:
        file = one.upload(patch(0))
    with httpx.Client(base_url=f"{url}/gradio_api", timeout=60, trust_env=False) as http:

        def join(_: int) -> int:
            return http.post(f"/call/{TASK}", json={"data": [file, None]}).status_code

        began = time.monotonic()
        with ThreadPoolExecutor(32) as pool:
            statuses = Counter(pool.map(join, range(joins)))
        took = time.monotonic() - began
    print(
        f"flood: {joins} joins in {took:.1f} s: "
        + ", ".join(f"{n} x {s}" for s, n in sorted(statuses.items()))
    )
    began = time.monotonic()
    with Client(url) as one:
        while True:
            try:
                one.predict(patch(0))
                break
            except Refused as told:
                if told.status != 503:
                    raise
                time.sleep(0.1)
    print(f"flood: a call after it was answered within {time.monotonic() - began:.1f} s")
    return set(statuses) <= {200, 503}


def sessions(server: Server, calls: int) -> bool:
    """`calls` calls, each by a client of its own; memory and computing after the first 200 and after the last."""
    picture = patch(1)

    def visit(_: int) -> None:
        with server.client() as visitor:
            visitor.predict(picture)

    memory, cpu = [], [server.cpu()]
    for part in range(0, calls, WARM):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(visit, range(min(WARM, calls - part))))
        memory.append(server.memory())
        cpu.append(server.cpu())
    grown = memory[-1] - memory[0]
    last = calls % WARM or WARM
    first_ms, last_ms = 1000 * (cpu[1] - cpu[0]) / min(WARM, calls), 1000 * (cpu[-1] - cpu[-2]) / last
    print(
        f"sessions: {memory[0]:.0f} MB after {min(WARM, calls)}, {memory[-1]:.0f} MB after {calls}: {grown:+.0f} MB; "
        f"{first_ms:.0f} ms of computing a call at first, {last_ms:.0f} at last"
    )
    return grown < MAY_GROW


def main() -> int:
    chosen = options()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with Server() as server:
        held = [
            soak(server.url, chosen.clients, chosen.seconds),
            flood(server.url, chosen.joins),
            sessions(server, chosen.calls),
        ]
    print("all figures held" if all(held) else "NOT all figures held")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
