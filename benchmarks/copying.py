"""How far back each network learns to look: the first symbol repeated after T others, over T.

    python -m benchmarks.copying [--distances 5,20,80] [--seconds 60]

Every network is fresh, small (hub_models/inside/copying.py) and trained for at most the given seconds; a guess is right one
time in eight.
"""

import argparse
import sys
from collections.abc import Sequence

from hub_models import compute
from hub_models.inside.copying import KINDS, SYMBOLS, copies


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.copying")
    parser.add_argument("--distances", default="5,20,80", help="fillers between the symbol and the mark")
    parser.add_argument("--seconds", type=float, default=60, help="of training for each network")
    chosen = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    distances = tuple(int(word) for word in chosen.distances.split(","))
    compute.plan()
    print(
        f"{'fillers':>7}  {'network':11}  {'right':>6}  {'steps':>6}  {'seconds':>7}   (guessing: {1 / SYMBOLS:.0%})"
    )
    for one in copies(distances, chosen.seconds):
        print(
            f"{one.distance:7}  {KINDS[one.kind]:11}  {one.accuracy:6.0%}  {one.steps:6,}  {one.seconds:7.1f}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
