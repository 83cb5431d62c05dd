"""From a Checkpoint to a ready Predictor: finds or fetches the weights, keeps recent ones within a budget.

The one mutable object of the program. Safe to call from many threads: a checkpoint is loaded once,
however many visitors ask for it at the same time.
"""

import contextlib
import hashlib
import importlib
import os
import re
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from hub_models import catalog, compute, library_file
from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError, Overloaded
from hub_models.fetch import fetch
from hub_models.local import package_file, read_local
from hub_models.predictors import Predictor

HERE = Path(__file__).parent
DEFAULT_BUDGET = 2 * 1024**3  # bytes of weights; HUB_MEMORY_MB changes it
T = TypeVar("T")
Tell = Callable[[int, int], None]  # (bytes so far, bytes in all)


def find(checkpoint: Checkpoint, tell: Tell | None = None) -> Path:
    """The folder or file with the weights; a Hub source is fetched when it is not there yet."""
    if checkpoint.kind == "bundled":
        return HERE / "checkpoints" / checkpoint.place
    if checkpoint.kind == "local":
        return Path(checkpoint.place)
    if checkpoint.kind == "hub":
        return fetch(checkpoint, tell)
    if checkpoint.kind == "library":
        return library_file.fetch(checkpoint, tell)
    return package_file(checkpoint.place)


def module_of(checkpoint: Checkpoint):
    """The predictor module of the checkpoint's library; a missing library is said, not a traceback."""
    try:
        return importlib.import_module(f"hub_models.predictors.{checkpoint.library}")
    except ModuleNotFoundError as error:
        raise CheckpointError(
            "library_missing", f"{checkpoint.title} needs the package {error.name}. pip install {error.name}"
        ) from error


def local_roots() -> list[Path]:
    """Folders in which a visitor may open checkpoints: HUB_LOCAL_MODELS, and what this machine trained itself."""
    listed = [Path(p) for p in os.environ.get("HUB_LOCAL_MODELS", "").split(os.pathsep) if p]
    return [*listed, runs_root()]


def runs_root() -> Path:
    """Where the Fine-tune part of a tab lets its runs write."""
    return Path(os.environ.get("HUB_RUNS", "runs"))


class Loader:
    """Checkpoints by id, predictors by demand, at most `budget` bytes of them (least recently used go first)."""

    def __init__(self, budget: int | None = None, device: str | None = None) -> None:
        self.budget = budget or int(os.environ.get("HUB_MEMORY_MB") or 0) * 1024**2 or DEFAULT_BUDGET
        self.wanted_device = device
        self.local: dict[str, Checkpoint] = {}
        self.scanned: dict[Path, int] = {}  # config.json -> time of its last change
        self.ready: OrderedDict[str, Predictor] = OrderedDict()
        self.lock = threading.Lock()
        self.loading: dict[str, threading.Lock] = defaultdict(threading.Lock)

    @property
    def device(self) -> str:
        return self.wanted_device or compute.plan().device

    def menu(self, task: str) -> tuple[Checkpoint, ...]:
        """What can be chosen for `task`: the catalogue, then what was opened or trained here."""
        self.scan()
        return catalog.checkpoints(task) + tuple(c for c in self.local.values() if c.task == task)

    def scan(self) -> None:
        """Look for checkpoint folders under the local roots. A broken one is left out, not an error."""
        for root in local_roots():
            for pattern in ("config.json", "*/config.json", "*/*/config.json"):
                for config in sorted(root.glob(pattern)):
                    stamp = config.stat().st_mtime_ns  # config.json is written last
                    if self.scanned.get(config) != stamp:
                        self.scanned[config] = stamp
                        with contextlib.suppress(CheckpointError):
                            self.open_local(config.parent)

    def open_local(self, folder: Path) -> Checkpoint:
        """Add a folder that a recipe wrote; its id becomes `local.NAME`."""
        name = folder.parent.name if folder.name == "checkpoint" else folder.name
        identity = "local." + (re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_") or "checkpoint")
        checkpoint = replace(read_local(folder), id=identity)
        with self.lock:
            known = self.local.get(identity)
            if known is not None and known.sha256 != checkpoint.sha256:
                self.ready.pop(identity, None)  # trained again since
            self.local[identity] = checkpoint
        return checkpoint

    def checkpoint(self, identity: str, task: str | None = None) -> Checkpoint:
        """The row called `identity`, refused before anything is imported when there is none for `task`."""
        rows = {c.id: c for c in (*catalog.checkpoints(task), *self.local.values()) if task in (None, c.task)}
        if identity not in rows and str(identity).startswith("local."):
            self.scan()
            rows |= {c.id: c for c in self.local.values() if task in (None, c.task)}
        if identity not in rows:
            known = ", ".join(rows) or "none"
            raise CheckpointError(
                "checkpoint_unknown", f"Expected one of the checkpoints {known}; got {str(identity)[:80]!r}."
            )
        return rows[identity]

    def resolve(self, name: str, task: str | None = None) -> Checkpoint:
        """The row called `name`, or the checkpoint in the folder `name`: for the owner of this machine, not visitors."""
        known = {c.id for c in catalog.checkpoints()} | set(self.local)
        if name not in known and ({"/", os.sep} & set(name) or Path(name).is_dir()):
            name = self.open_local(Path(name).resolve()).id
        return self.checkpoint(name, task)

    def get(self, identity: str, task: str | None = None, tell: Tell | None = None) -> Predictor:
        """The ready predictor of `identity`; loads it when it is not in memory."""
        checkpoint = self.checkpoint(identity, task)
        with self.lock:
            if identity in self.ready:
                self.ready.move_to_end(identity)
                return self.ready[identity]
        with self.loading[identity]:  # a second visitor waits here and then finds it ready
            with self.lock:
                if identity in self.ready:
                    return self.ready[identity]
            files = find(checkpoint, tell)
            check_hash(checkpoint, files)
            compute.plan()  # sets the threads before the first tensor is made
            predictor = module_of(checkpoint).load(checkpoint, files, self.device)
            with self.lock:
                self.ready[identity] = predictor
            self.shrink(keep=identity)
            return predictor

    def shrink(self, keep: str) -> None:
        """Drop the least recently used until the rest fits the budget; `keep` stays in any case."""
        dropped = False
        with self.lock:
            while sum(p.bytes for p in self.ready.values()) > self.budget and len(self.ready) > 1:
                oldest = next(identity for identity in self.ready if identity != keep)
                del self.ready[oldest]
                dropped = True
        if dropped:
            compute.free_memory()

    def loaded(self) -> list[tuple[Checkpoint, int]]:
        """What is in memory, with its bytes, least recently used first."""
        with self.lock:
            return [(p.checkpoint, p.bytes) for p in self.ready.values()]

    def unload(self, identity: str | None = None) -> None:
        """Drop one, or all."""
        with self.lock:
            if identity is None:
                self.ready.clear()
            else:
                self.ready.pop(identity, None)
        compute.free_memory()

    def run(self, identity: str, task: str, work: Callable[[Predictor], T], tell: Tell | None = None) -> T:
        """`work(predictor)`; when memory runs out, everything else is dropped and it is tried once more."""
        try:
            return work(self.get(identity, task, tell))
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
        self.unload()
        try:
            return work(self.get(identity, task, tell))
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            self.unload()
            raise Overloaded(
                "out_of_memory",
                "There is not enough memory for this checkpoint and this input. Choose a smaller one, or try again later.",
            ) from error


def check_hash(checkpoint: Checkpoint, files: Path) -> None:
    """Refuse weights whose sha256 is not the catalogue's: a flipped bit loads without a word otherwise."""
    if checkpoint.sha256 is None:
        return
    weights = files / "model.safetensors" if files.is_dir() else files
    if not weights.is_file():
        raise CheckpointError(
            "checkpoint_missing",
            f"Expected the weights of {checkpoint.title}, found none. Install or make them again.",
        )
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != checkpoint.sha256:
        raise CheckpointError(
            "checkpoint_corrupt",
            f"The weights of {checkpoint.title} are not those of the catalogue: the file is damaged or was changed. "
            "Install it again.",
        )


def out_of_memory(error: BaseException) -> bool:
    """MemoryError, torch's own OutOfMemoryError, and the RuntimeError of its CPU allocator."""
    words = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in words or "can't allocate memory" in words


LOADER = Loader()


def build(checkpoint: Checkpoint, device: str):
    """The bare network with its weights, for training to start from."""
    return module_of(checkpoint).build(checkpoint, find(checkpoint), device)
