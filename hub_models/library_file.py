"""Weights that a library offers for download at an address of its own, one file each: torchvision's.

The source of such a row is `library:` and the address without `https://`. The name of the file ends with the first
digits of its sha256, by which a copy is believed: one that is not right is removed and fetched once more. Files lie
where torch itself keeps them (TORCH_HOME), so what another program fetched is found, and the other way round.
"""

import errno
import hashlib
import http.client
import os
import re
import shutil
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from hub_models.checkpoint import Checkpoint
from hub_models.errors import CheckpointError, HubUnavailable, Overloaded
from hub_models.fetch import BLOCK, STALL, FetchPlan, Progress, patience, watch
from hub_models.verify import Cancelled, alone

SCHEME = "https://"
SENTENCES = {
    "hub_offline": "{title} is not, or not whole, on this machine, and HF_HUB_OFFLINE forbids downloads. "
    "Unset it and start again, or choose a checkpoint that works without internet.",
    "hub_unreachable": "{title} is not, or not whole, on this machine, and the server that offers it did not answer in "
    "time. Check the internet connection and try again, or choose a checkpoint that works without internet.",
    "hub_failed": "Expected the weights of {title} from the server that offers them, but an error or something else "
    "came. Try again in some minutes, or choose a checkpoint that works without internet.",
    "hub_not_found": "Expected the weights of {title} where {library} has them, but they are not there. "
    "Install a newer {library}, or choose another checkpoint.",
    "disk_full": "{title} needs {megabytes:,.0f} MB, and the disk has no room left for it. Free some, "
    "or set TORCH_HOME to a folder on a larger disk.",
    "checkpoint_corrupt": "Expected the weights of {title} as {library} describes them, but they arrived damaged twice "
    "and were removed. Try again later or from another network, or choose another.",
}


def path_of(checkpoint: Checkpoint) -> Path:
    """Where the file lies, or will lie."""
    home = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "torch")
    return Path(home).expanduser() / "hub" / "checkpoints" / checkpoint.place.rpartition("/")[2]


def plan(checkpoint: Checkpoint) -> FetchPlan:
    """What `fetch` would bring, as the catalogue has it."""
    path = path_of(checkpoint)
    return FetchPlan(
        repo_id=checkpoint.place,
        files=(path.name,),
        bytes=round(checkpoint.megabytes * 1e6),
        licence=checkpoint.weights_licence,
        cached=whole(path),
    )


def whole(path: Path) -> bool:
    """The file is there, and has the sha256 that its name announces: name-0123abcd.pth."""
    announced = re.search(r"-([0-9a-f]{8,64})\.\w+$", path.name)
    if announced is None or not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest().startswith(announced[1])


def fetch(
    checkpoint: Checkpoint, progress: Progress | None = None, cancelled: Cancelled = lambda: False
) -> Path:
    """The verified file of a `library:` checkpoint; downloads it when it is not here yet.

    HubUnavailable; CheckpointError `checkpoint_corrupt`; Overloaded `disk_full`, `cancelled`.
    """
    path = path_of(checkpoint)
    if whole(path):
        return path
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        raise trouble(HubUnavailable, "hub_offline", checkpoint)
    path.parent.mkdir(parents=True, exist_ok=True)
    with alone(path, cancelled):
        for _ in range(2):  # what arrives damaged is fetched once more
            if whole(path):
                return path
            path.unlink(missing_ok=True)
            download(checkpoint, path, progress, cancelled)
        if whole(path):
            return path
        path.unlink(missing_ok=True)
    raise trouble(CheckpointError, "checkpoint_corrupt", checkpoint)


def trouble(kind: type, code: str, checkpoint: Checkpoint) -> Exception:
    words = {name: getattr(checkpoint, name) for name in ("title", "library", "megabytes")}
    return kind(code, SENTENCES[code].format(**words))


def download(checkpoint: Checkpoint, path: Path, progress: Progress | None, cancelled: Cancelled) -> None:
    """Fetch the file and put it in its place; a cut connection leaves it shorter than it is, for the hash to tell."""
    partial = path.with_name(path.name + ".incomplete")
    size = round(checkpoint.megabytes * 1e6)
    if size > shutil.disk_usage(path.parent).free:
        raise trouble(Overloaded, "disk_full", checkpoint)
    done, told, told_at, leave = 0, -1, time.monotonic(), threading.Event()

    def work() -> None:
        nonlocal done, size
        with urllib.request.urlopen(SCHEME + checkpoint.place, timeout=patience()) as answer:
            size = int(answer.headers.get("Content-Length") or size)
            with partial.open("wb") as file:
                while not leave.is_set() and (block := answer.read(BLOCK)):
                    done += file.write(block)

    def tell() -> None:
        nonlocal told, told_at
        if done != told:
            told, told_at = done, time.monotonic()
            if progress:
                progress(min(done, size), size)
        elif time.monotonic() > told_at + STALL:
            raise TimeoutError

    try:
        watch(work, cancelled, tick=tell)
        partial.replace(path)
    except urllib.error.HTTPError as error:
        code = "hub_not_found" if error.code in (403, 404) else "hub_failed"
        raise trouble(HubUnavailable, code, checkpoint) from error
    except http.client.HTTPException as error:
        raise trouble(HubUnavailable, "hub_failed", checkpoint) from error
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise trouble(HubUnavailable, "hub_unreachable", checkpoint) from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise trouble(Overloaded, "disk_full", checkpoint) from error
    finally:
        leave.set()
        with suppress(OSError):
            partial.unlink(missing_ok=True)
