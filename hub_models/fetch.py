"""Weights from the Hugging Face Hub: announced first, fetched once, verified, and from then on used offline.

`plan` says what a download would bring, `fetch` makes sure that it is there. A verified copy is used as it
is, without asking the Hub; so a checkpoint without a revision stays at the commit that was fetched first.
Nothing that can run code is fetched: weights are safetensors only, and `trust_remote_code` is used nowhere.

Import this module before huggingface_hub, which gradio imports: it reads the settings below only then.
"""

import errno
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError, HubUnavailable, Overloaded
from hub_models.verify import (
    CONFIG,
    POLL,
    WEIGHTS,
    Cancelled,
    adopted,
    alone,
    cached,
    clean_partials,
    discard,
    needed_among,
    recall,
    remember,
    repo_folder,
    stop_if,
    weights_among,
    whole_files,
    write_whole,
)

__all__ = ["FetchPlan", "clean_partials", "fetch", "plan"]

SETTINGS = {
    "HF_HUB_ETAG_TIMEOUT": "2",  # seconds the Hub has to answer a question; huggingface_hub gives it 10
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_XET": "1",  # a Xet transfer cannot be cancelled, and fills a second cache
}
for _name, _value in SETTINGS.items():
    os.environ.setdefault(_name, _value)

SENTENCES = {
    "hub_offline": "{title} is not, or not whole, on this machine, and HF_HUB_OFFLINE forbids downloads. "
    "Unset it and start again, or choose a checkpoint that works without internet.",
    "hub_unreachable": "{title} is not, or not whole, on this machine, and the Hugging Face Hub did not answer "
    "in time. Check the internet connection and try again (on a slow line, set HF_HUB_ETAG_TIMEOUT to more "
    "than {seconds} seconds), or choose a checkpoint that works without internet.",
    "hub_failed": "Expected the Hugging Face Hub's answer about {repo}, but an error or something else came, such "
    "as a network's login page. Try again in some minutes, or choose a checkpoint that works without internet.",
    "hub_not_found": "Expected {repo} on the Hugging Face Hub, at the revision that the catalogue names, but it "
    "is not there. Choose another checkpoint.",
    "hub_forbidden": "The Hugging Face Hub refuses {repo}: it is private, gated or gone, or your token is not "
    "valid. Accept its conditions on huggingface.co and run `hf auth login`, or choose another checkpoint.",
    "disk_full": "{title} needs {megabytes:,.0f} MB, and the disk has no room left for it. Free some, "
    "or set HF_HOME to a folder on a larger disk.",
}
BLOCK = 2**20  # bytes between two looks at progress and cancel; 10 MB in huggingface_hub, 10 s on a slow line
STALL = (
    60  # seconds without a byte, after which a download is given up; the client alone would take 6 minutes
)
Progress = Callable[[int, int], None]  # (bytes so far, bytes in all)
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class FetchPlan:
    """What a download would bring or, where `cached`, what lies here already."""

    repo_id: str
    files: tuple[str, ...]
    bytes: int | None  # of all files together
    licence: str
    cached: bool


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What the Hub says about the files that we need."""

    commit: str
    hashes: dict[str, str]
    sizes: dict[str, int]


def plan(checkpoint: Checkpoint) -> FetchPlan:
    """What `fetch` would bring; where the Hub does not answer, as the catalogue has it.

    HubUnavailable `hub_not_found`, `hub_forbidden`; CheckpointError `checkpoint_unsafe`.
    """
    here, files, size = cached(checkpoint), (CONFIG, WEIGHTS), round(checkpoint.megabytes * 1e6)
    if here is None:
        try:
            listing = ask(checkpoint)
            files, size = listing.hashes, sum(listing.sizes.values())
        except HubUnavailable as trouble:
            here = adopted(checkpoint)
            if here is None and trouble.code in ("hub_not_found", "hub_forbidden"):
                raise
    if here is not None:
        files, size = here.stamps, sum(stamp.bytes for stamp in here.stamps.values())
    return FetchPlan(
        repo_id=checkpoint.place,
        files=tuple(files),
        bytes=size,
        licence=checkpoint.weights_licence,
        cached=here is not None,
    )


def fetch(
    checkpoint: Checkpoint, progress: Progress | None = None, cancelled: Cancelled = lambda: False
) -> Path:
    """The folder with the verified files of a Hub checkpoint; downloads them when they are not here yet.

    `progress` is called with bytes so far and bytes in all, in the caller's thread. HubUnavailable;
    CheckpointError `checkpoint_corrupt`, `checkpoint_unsafe`; Overloaded `disk_full`, `cancelled`.
    """
    clean_once()
    if here := cached(checkpoint):
        return here.folder
    try:
        listing = ask(checkpoint, cancelled)
    except HubUnavailable:
        if here := adopted(checkpoint):
            return here.folder
        raise
    repo = repo_folder(checkpoint)
    folder = repo / "snapshots" / listing.commit
    with for_people(checkpoint), alone(repo, cancelled):
        whole = whole_files(folder, listing.hashes, recall(repo, listing.commit))
        for _ in range(2):  # what arrives damaged is fetched once more
            if wanted := remove_damaged(folder, listing, whole):
                download(checkpoint, listing, wanted, progress, cancelled)
                whole = whole_files(folder, listing.hashes, whole)
        if damaged := remove_damaged(folder, listing, whole):
            raise CheckpointError(
                "checkpoint_corrupt",
                f"Expected {', '.join(damaged)} of {checkpoint.place} as the Hub lists it, but it arrived "
                "damaged twice and was removed. Try again later or from another network, or choose another.",
            )
        known = recall(repo, listing.commit)  # of another row, perhaps, of the same repository
        others = {name: stamp.hash for name, stamp in known.items() if name not in listing.hashes}
        remember(repo, listing.commit, whole_files(folder, others, known) | whole)
        if checkpoint.revision is None:
            write_whole(repo / "refs" / "main", listing.commit)
    return folder


def remove_damaged(folder: Path, listing: Listing, whole: Iterable[str]) -> list[str]:
    """The files that are not `whole`; nothing is left of them on the disk then."""
    names = [name for name in listing.hashes if name not in whole]
    for name in names:
        discard(folder / name)
    return names


@cache
def clean_once() -> None:
    clean_partials()


def ask(checkpoint: Checkpoint, cancelled: Cancelled = lambda: False) -> Listing:
    """Ask the Hub, once, for the commit and its files; this also shows whether it can be reached."""
    from huggingface_hub import HfApi

    api, seconds = HfApi(), patience()
    question = partial(api.model_info, revision=checkpoint.revision, files_metadata=True, timeout=seconds)
    with for_people(checkpoint):  # `timeout` is for each step, and a name server has none: so a limit for all
        info = watch(lambda: question(checkpoint.place), cancelled, seconds + 0.5)
    files = {file.rfilename: file for file in info.siblings}
    if not weights_among(checkpoint, files):
        raise CheckpointError(
            "checkpoint_unsafe",
            f"Expected {WEIGHTS} in {checkpoint.place}, found none. Other formats can run code on loading, "
            "so nothing was downloaded. Choose another checkpoint, or convert these weights to safetensors.",
        )
    needed = [files[name] for name in needed_among(checkpoint, files)]
    return Listing(
        commit=info.sha,
        hashes={file.rfilename: file.lfs.sha256 if file.lfs else file.blob_id for file in needed},
        sizes={file.rfilename: file.size for file in needed},
    )


def patience() -> int:
    """Seconds that the Hub has to answer a question."""
    return int(os.environ["HF_HUB_ETAG_TIMEOUT"])


def download(
    checkpoint: Checkpoint,
    listing: Listing,
    names: list[str],
    progress: Progress | None,
    cancelled: Cancelled,
) -> None:
    """Let the client download `names`. It checks lengths, not contents."""
    from huggingface_hub import constants, hf_hub_download
    from tqdm import tqdm

    repo, total = repo_folder(checkpoint), sum(listing.sizes[name] for name in names)
    repo.mkdir(parents=True, exist_ok=True)
    if total > shutil.disk_usage(repo).free:
        raise OSError(errno.ENOSPC, "not enough room")
    constants.DOWNLOAD_CHUNK_SIZE = BLOCK
    done, told, told_at = 0, -1, 0.0
    leave, ended = threading.Event(), threading.Event()

    class Bar(tqdm):  # what the client tells its progress to; draws nothing
        def __init__(self, *args, **options) -> None:
            super().__init__(*args, **options | {"disable": True})

        def update(self, n: float | None = 1) -> None:
            nonlocal done
            if leave.is_set():
                raise InterruptedError(errno.EINTR, "given up")  # the client then removes its partial file
            done += int(n or 0)

    def work() -> None:
        try:
            for name in names:
                hf_hub_download(
                    checkpoint.place, name, revision=listing.commit, etag_timeout=patience(), tqdm_class=Bar
                )
        finally:
            ended.set()

    def tell() -> None:
        nonlocal told, told_at
        if done != told:
            told, told_at = done, time.monotonic()
            if progress:
                progress(min(done, total), total)
        elif time.monotonic() > told_at + STALL:
            raise TimeoutError

    tell()
    try:
        watch(work, cancelled, tick=tell)
    except OSError as error:
        if type(error) is not OSError or error.errno is not None:
            raise
        # else the client saw a wrong length and removed the file; our caller will miss it
    finally:
        leave.set()
        ended.wait(1)  # until nothing partial is left; a silent server delays that, but not our caller


def watch(
    work: Callable[[], T], cancelled: Cancelled, seconds: float = float("inf"), tick: Callable = lambda: None
) -> T:
    """`work()` in a thread of its own, so that a silent server holds up neither time limit nor cancel."""
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # whatever it is, it is raised below
            outcome.set_exception(error)

    threading.Thread(target=run, name="hub", daemon=True).start()
    end = time.monotonic() + seconds
    while not wait([outcome], timeout=POLL).done:
        stop_if(cancelled)
        tick()
        if time.monotonic() > end:
            raise TimeoutError
    tick()
    return outcome.result()


@contextmanager
def for_people(checkpoint: Checkpoint) -> Iterator[None]:
    """Turn what the client raises into a HubError; what is a bug stays as it is."""
    from huggingface_hub.errors import HTTPError

    try:
        yield
    except (HTTPError, OSError, ValueError) as error:
        code = code_of(error)
        if code is None:
            raise
        kind = Overloaded if code == "disk_full" else HubUnavailable
        words = {"title": checkpoint.title, "repo": checkpoint.place, "megabytes": checkpoint.megabytes}
        raise kind(code, SENTENCES[code].format(**words, seconds=patience())) from error


def code_of(error: BaseException | None) -> str | None:
    """Which code an error of the client, the network or the disk has; None for all others."""
    from huggingface_hub import errors

    if isinstance(error, errors.LocalEntryNotFoundError):  # the client gave up; the cause says why
        return code_of(error.__cause__)
    if isinstance(error, errors.HfHubHTTPError):
        refusals = {401: "hub_forbidden", 403: "hub_forbidden", 404: "hub_not_found"}
        return refusals.get(error.response.status_code, "hub_failed")
    if isinstance(error, errors.OfflineModeIsEnabled):
        return "hub_offline"
    if isinstance(error, errors.HTTPError | TimeoutError):
        return "hub_unreachable"
    if isinstance(error, errors.FileMetadataError | json.JSONDecodeError | UnicodeDecodeError):
        return "hub_failed"
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "disk_full" if full else None
