"""What of a Hub checkpoint lies on this disk, and whether it is, bit for bit, what the Hub holds.

Hashing finds that out once; then it is remembered. The Hub's cache keeps a repository like this, where
`verified` is ours and the rest is huggingface_hub's:

    models--user--name/blobs/<hash>                the contents
    models--user--name/snapshots/<commit>/<file>   a link to a blob
    models--user--name/refs/main                   the commit that "main" meant last
    models--user--name/verified/<commit>.json      {file: [hash, bytes, mtime_ns]} of all that we need
    .locks/models--user--name/<hash>.lock          held by whoever downloads that blob

A hash is the one that the Hub lists: of a large (LFS) file its sha256, 64 hex digits; of a small one the sha1
that git gives a blob, 40 hex digits.
"""

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from hub_models.checkpoint import Checkpoint
from hub_models.errors import Overloaded

CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
PROCESSOR = (  # what transformers reads beside the weights; a repository has some of it
    *("preprocessor_config.json", "processor_config.json", "generation_config.json", "chat_template.jinja"),
    *("tokenizer_config.json", "tokenizer.json", "special_tokens_map.json", "added_tokens.json"),
    *(
        "vocab.json",
        "vocab.txt",
        "merges.txt",
        "spiece.model",
        "sentencepiece.bpe.model",
        "source.spm",
        "target.spm",
    ),
)
OURS = ("vocabulary.json", "tokenizer.json")  # of our networks that read text: words, or pieces of words
POLL = 0.1  # seconds between two looks at a lock, a thread or a cancel
Cancelled = Callable[[], bool]


class Stamp(NamedTuple):
    """A file that was verified. While size and time stay as they were, it is not read again."""

    hash: str
    bytes: int
    mtime_ns: int


class Snapshot(NamedTuple):
    """The verified files of one commit."""

    folder: Path
    stamps: dict[str, Stamp]


def weights_among(checkpoint: Checkpoint, names: Collection[str]) -> list[str]:
    """The files with the weights: one of safetensors, or an index and its shards; empty if there are none.

    Of Ultralytics, whose repositories hold nothing else, a .pt file: its predictor reads tensors and words from it only.
    """
    if WEIGHTS in names:
        return [WEIGHTS]
    if checkpoint.library == "ultralytics":
        return [name for name in names if name == f"{checkpoint.model}.pt"]
    shards = sorted(name for name in names if SHARD.fullmatch(name))
    return [INDEX, *shards] if shards and INDEX in names else []


def needed_among(checkpoint: Checkpoint, names: Collection[str]) -> list[str]:
    """The files of a repository that the predictor of `checkpoint` reads; the weights come last."""
    small = [CONFIG, *{"transformers": PROCESSOR, "ours": OURS}.get(checkpoint.library, ())]
    weights = weights_among(checkpoint, names)
    if weights and weights[0].endswith(".pt"):
        return weights  # which bring all that is wanted
    return [name for name in small if name in names] + weights


def content_hash(path: Path, like: str) -> str:
    """The sha256 of a file, or git's sha1 of it, whichever `like` is one of."""
    digest = hashlib.sha256() if len(like) == 64 else hashlib.sha1(usedforsecurity=False)
    with path.open("rb") as file:
        if len(like) != 64:
            digest.update(f"blob {path.stat().st_size}\0".encode())
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def whole_files(folder: Path, hashes: dict[str, str], known: dict[str, Stamp]) -> dict[str, Stamp]:
    """Those of the files in `hashes` that lie in `folder` and are right; `known` ones are not read again."""
    stamps = {}
    for name, expected in hashes.items():
        path = folder / name
        if not path.is_file():
            continue
        found = path.stat()  # before the hash: a change during hashing leaves an outdated stamp
        stamp = Stamp(expected, found.st_size, found.st_mtime_ns)
        if known.get(name) == stamp or content_hash(path, expected) == expected:
            stamps[name] = stamp
    return stamps


def recall(repo: Path, commit: str) -> dict[str, Stamp]:
    """What was verified of a commit; empty when nothing was, or when the record cannot be read."""
    try:
        record = json.loads((repo / "verified" / f"{commit}.json").read_text(encoding="utf-8"))
        return {name: Stamp(*values) for name, values in record.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):  # the last three: not a record of ours
        return {}


def remember(repo: Path, commit: str, stamps: dict[str, Stamp]) -> None:
    """Write down that `stamps` are all the files we need of a commit, and verified."""
    write_whole(repo / "verified" / f"{commit}.json", json.dumps(stamps))


def write_whole(path: Path, text: str) -> None:
    """Write a small file so that a reader sees the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def discard(path: Path) -> None:
    """Remove a damaged file of a snapshot, and the blob it links to, so that nothing can load it any more."""
    blob = path.resolve()
    path.unlink(missing_ok=True)
    blob.unlink(missing_ok=True)


def cache_folder() -> Path:
    """Where huggingface_hub keeps what it downloads: HF_HUB_CACHE, or HF_HOME/hub."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE).expanduser().resolve()


def repo_folder(checkpoint: Checkpoint) -> Path:
    """The part of the cache that is for the checkpoint's repository."""
    if checkpoint.kind != "hub":
        raise ValueError(f"{checkpoint.id}: expected a source on the Hub, got {checkpoint.source!r}")
    return cache_folder() / f"models--{checkpoint.place.replace('/', '--')}"


def locks_folder(repo: Path) -> Path:
    return repo.parent / ".locks" / repo.name


def snapshot_folder(checkpoint: Checkpoint) -> Path:
    """Where the files of the checkpoint's commit are; without a revision, of what "main" last meant."""
    repo = repo_folder(checkpoint)
    main = repo / "refs" / "main"
    commit = checkpoint.revision or (
        main.read_text(encoding="utf-8").strip() if main.is_file() else "unknown"
    )
    return repo / "snapshots" / commit


def cached(checkpoint: Checkpoint) -> Snapshot | None:
    """All files of a checkpoint that was fetched before, if they still are what was verified then."""
    repo, folder = repo_folder(checkpoint), snapshot_folder(checkpoint)
    known = recall(repo, folder.name)
    whole = whole_files(folder, {name: stamp.hash for name, stamp in known.items()}, known)
    if whole.keys() != known.keys() or not weights_among(checkpoint, known):
        return None
    if whole != known:
        with suppress(OSError):  # a cache that cannot be written to: the files are hashed again next time
            remember(repo, folder.name, whole)
    return Snapshot(folder, whole)


def adopted(checkpoint: Checkpoint) -> Snapshot | None:
    """Files that another program cached, if configuration and weights are there and each has its blob's hash.

    Whether these are all that are needed, only the Hub knows: so this is for when it cannot be asked.
    """
    folder = snapshot_folder(checkpoint)
    names = [path.name for path in folder.iterdir() if path.is_symlink()] if folder.is_dir() else []
    weights = weights_among(checkpoint, names)
    if not weights or (CONFIG not in names and not weights[0].endswith(".pt")):
        return None
    hashes = {name: (folder / name).readlink().name for name in needed_among(checkpoint, names)}
    whole = whole_files(folder, hashes, {})
    return Snapshot(folder, whole) if whole.keys() == hashes.keys() else None


def clean_partials() -> int:
    """Remove what killed downloads left in the cache, and say how many bytes. A running one is let be."""
    from filelock import FileLock

    freed = 0
    for partial in cache_folder().glob("models--*/blobs/*.incomplete"):
        lock = locks_folder(partial.parent.parent) / f"{partial.name.split('.')[0]}.lock"
        with suppress(OSError):  # the lock is held, or the file is another user's
            lock.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(lock, timeout=0, mode=0o664):
                size = partial.stat().st_size
                partial.unlink()
                freed += size
    return freed


def stop_if(cancelled: Cancelled) -> None:
    if cancelled():
        raise Overloaded("cancelled", "The download was cancelled, and what had come of it is removed.")


@contextmanager
def alone(repo: Path, cancelled: Cancelled) -> Iterator[None]:
    """One thread of one process at a time fetches from a repository; the next one finds the files verified."""
    from filelock import FileLock, Timeout

    locks_folder(repo).mkdir(parents=True, exist_ok=True)
    lock = FileLock(locks_folder(repo) / "fetch.lock", mode=0o664)  # a group may share the cache
    with ExitStack() as stack:
        while not lock.is_locked:
            stop_if(cancelled)
            with suppress(Timeout):
                stack.enter_context(lock.acquire(timeout=POLL))
        yield
