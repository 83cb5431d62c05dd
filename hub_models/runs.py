"""Fine-tuning runs started from a tab: a process and a folder each, so a reload of the page loses nothing.

runs/NAME/command.json   the arguments, for resuming
runs/NAME/output.log     what the recipe printed
runs/NAME/status.json    step, best score, time left: written by the recipe
runs/NAME/log.csv        a row a step; epochs.csv a row an epoch
runs/NAME/checkpoint/    the result, which opens in the tab
"""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from hub_models.errors import BadInput, Overloaded
from hub_models.loader import runs_root
from hub_models.local import read_local

PROCESSES: dict[str, subprocess.Popen] = {}  # children of this server, to be waited for


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    name: str
    state: str  # "checking data", "training", "stopped", "finished", "failed", "killed"
    alive: bool
    step: int = 0
    steps: int = 0
    epoch: int = 0
    best: float | None = None
    metric: str = "accuracy"  # of `best`
    seconds: float = 0.0
    seconds_left: float = 0.0
    message: str = ""

    def text(self) -> str:
        words = [f"Run {self.name}: {self.state}"]
        if self.steps:
            words.append(f"step {self.step} of {self.steps}, epoch {self.epoch}")
        if self.best is not None:
            words.append(f"best {self.metric} so far {self.best:.1%}")
        if self.alive and self.seconds_left:
            words.append(f"about {max(1, round(self.seconds_left / 60))} min left")
        return ". ".join(words) + "." + (f" {self.message}" if self.message else "")


def training_allowed() -> bool:
    """Visitors of a public Space must not train on its machine; the person at this one may."""
    wanted = os.environ.get("HUB_TRAINING")
    return wanted == "1" if wanted is not None else os.environ.get("SYSTEM") != "spaces"


def folder_of(name: str) -> Path:
    """The folder of run `name`; a name that could leave the runs' folder is refused."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}", name):
        raise BadInput(
            "bad_value", f"Expected a name of letters, digits, - and _ for the run, got {name[:80]!r}."
        )
    return runs_root() / name


def names(recipe: str | None = None) -> list[str]:
    """The runs here, of `recipe` or all, the newest first."""
    found = sorted(runs_root().glob("*/command.json"), key=lambda p: -p.stat().st_mtime)
    return [p.parent.name for p in found if recipe in (None, recipe_of(p))]


def recipe_of(command: Path) -> str:
    return json.loads(command.read_text())["recipe"]


def start(name: str, recipe: str, arguments: list[str]) -> RunStatus:
    """Start `python -m finetune.RECIPE ARGUMENTS --output runs/NAME` as a process of its own."""
    if not training_allowed():
        raise BadInput(
            "training_refused",
            "This server does not train for its visitors. Copy the command and run it at home.",
        )
    folder = folder_of(name)
    busy = [n for n in names() if status(n).alive]
    if busy:
        raise Overloaded(
            "training_busy", f"The run {busy[0]} is training. Stop it first, or wait until it is done."
        )
    if (folder / "command.json").exists() and recipe_of(folder / "command.json") != recipe:
        raise BadInput(
            "run_taken", f"The run {name} belongs to another task. Choose another name for this one."
        )
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", f"finetune.{recipe}", *arguments, "--output", str(folder)]
    (folder / "command.json").write_text(json.dumps({"recipe": recipe, "arguments": arguments}))
    (folder / "status.json").unlink(missing_ok=True)
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with (folder / "output.log").open("ab") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd=Path(__file__).parent.parent,
            start_new_session=True,
        )
    PROCESSES[name] = process
    (folder / "pid").write_text(str(process.pid))
    return status(name)


def resume(name: str) -> RunStatus:
    """Start run `name` again with its own arguments; the recipe goes on where it was."""
    folder = folder_of(name)
    if not (folder / "command.json").exists():
        raise BadInput(
            "run_unknown", f"Expected one of the runs {', '.join(names()) or 'none'}; got {name!r}."
        )
    command = json.loads((folder / "command.json").read_text())
    return start(name, command["recipe"], command["arguments"])


def alive(name: str) -> bool:
    """Whether the process of run `name` lives, also when another server started it."""
    process = PROCESSES.get(name)
    if process is not None:
        return process.poll() is None
    pid = folder_of(name) / "pid"
    if not pid.exists():
        return False
    command = Path(f"/proc/{pid.read_text().strip()}/cmdline")
    # the number may have gone to another program since: it must be a recipe that writes to this very folder
    words = command.read_bytes().decode("utf-8", "replace").split("\0") if command.exists() else []
    return str(folder_of(name)) in words and any(word.startswith("finetune.") for word in words)


def stop(name: str) -> None:
    """Ask the run to end after the step in hand, keeping the best weights."""
    if alive(name):
        os.kill(int((folder_of(name) / "pid").read_text()), signal.SIGTERM)


def status(name: str) -> RunStatus:
    folder, living = folder_of(name), alive(name)
    try:
        word = json.loads((folder / "status.json").read_text())
    except FileNotFoundError:
        word = {"state": "checking data"}
    state = word.pop("state")
    message = word.pop("message", "")
    if not living and state in ("checking data", "training"):
        state = "killed" if state == "training" else "failed"
        message = message or last_lines(name, 1)
    if state in ("finished", "stopped") and (folder / "checkpoint" / "config.json").exists():
        message = read_local(folder / "checkpoint").metrics[0].text()
    known = {k: v for k, v in word.items() if k in RunStatus.__dataclass_fields__}
    return RunStatus(name=name, state=state, alive=living, message=message, **known)


def last_lines(name: str, count: int = 12) -> str:
    """The end of what the recipe printed."""
    path = folder_of(name) / "output.log"
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 8000))
        return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-count:])


def rows(name: str, file: str, most: int = 400) -> list[dict[str, float]]:
    """Rows of `log.csv` or `epochs.csv` as numbers, thinned to about `most`."""
    path = folder_of(name) / file
    if not path.exists():
        return []
    with path.open(newline="") as lines:
        read = [row for row in csv.DictReader(lines) if all(row.values())]
    thin = max(1, len(read) // most)
    return [{k: float(v) for k, v in row.items()} for row in read[::thin]]
