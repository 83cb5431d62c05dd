"""Archives from people: zipped folders of pictures and npz arrays, unpacked only as far as the limits allow.

The size of every member is declared in the archive and Python's zipfile never yields more than that, so what
is declared is checked before anything is written; what is written is counted against the file's true size.
"""

import errno
import math
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import numpy as np

from hub_models.errors import BadData, Overloaded

CHUNK_BYTES = 1024**2
LONGEST_NAME = 255  # bytes of one part of a path, on every usual file system
SUPPORTED_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # LZMA lets the file choose how much memory
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError)
NPY_HEADER_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


@dataclass(frozen=True, kw_only=True)
class ArchiveLimits:
    """What an archive may unpack to."""

    max_members: int = 200_000  # ImageNet's validation split has 50,000
    max_total_bytes: int = 2 * 1024**3  # of all members, unpacked
    max_member_bytes: int = 100 * 1024**2  # of one member, which may be read whole
    max_ratio: float = 200  # unpacked / packed; DEFLATE reaches 1030, photographs 1.1, flat drawings about 50
    ratio_counts_above: int = 32 * 1024**2  # unpacked bytes that may pack however well


DEFAULT_LIMITS = ArchiveLimits()


def extract_archive(path: Path, into: Path, limits: ArchiveLimits = DEFAULT_LIMITS) -> list[Path]:
    """Unpack the zip at `path` into the new or empty folder `into`; the files written, in order.

    All or nothing: files appear in `into` only when every one is whole. Raises BadData: `archive_unreadable`,
    `archive_unsafe`, `archive_encrypted`, `archive_bomb`; Overloaded: `disk_full`.
    """
    if into.exists() and any(into.iterdir()):
        raise ValueError(f"expected a new or empty folder to unpack into, got {into}")
    into.parent.mkdir(parents=True, exist_ok=True)
    with disk_errors(), open_archive(path) as archive:
        members = safe_members(archive, limits)
        needed = sum(member.file_size for member in members)
        if needed > shutil.disk_usage(into.parent).free:
            raise disk_full()
        with TemporaryDirectory(prefix=".unpacking-", dir=into.parent) as staging:
            Path(staging, "files").mkdir()
            written, packed_bytes = 0, path.stat().st_size
            for member in members:
                target = Path(staging, "files", member.filename)
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as file:
                    for chunk in read_chunks(archive, member):
                        written += len(chunk)
                        refuse_bomb(written, packed_bytes, limits)
                        file.write(chunk)
            if into.exists():
                into.rmdir()
            Path(staging, "files").rename(into)
    return [into / member.filename for member in members]


def safe_members(zip_file: zipfile.ZipFile, limits: ArchiveLimits = DEFAULT_LIMITS) -> list[zipfile.ZipInfo]:
    """The files of an archive that may be read, without folders, hidden files and `__MACOSX`.

    Raises BadData: `archive_unsafe`, `archive_encrypted`, `archive_unreadable`, `archive_bomb`.
    """
    everything = zip_file.infolist()
    if len(everything) > limits.max_members:
        raise BadData(
            "archive_unsafe",
            f"Expected at most {limits.max_members} files in the archive, got {len(everything)}; split it.",
        )
    for member in everything:
        refuse_unsafe(member, limits)
    refuse_bomb(sum(m.file_size for m in everything), sum(m.compress_size for m in everything), limits)
    members = [member for member in everything if not member.is_dir() and not is_hidden(member)]
    names = {PurePosixPath(member.filename) for member in members}
    folders = {folder for name in names for folder in name.parents}
    if len(names) < len(members) or names & folders:
        raise BadData(
            "archive_unsafe",
            "Expected a different name for every file in the archive, got one twice; pack the folder again.",
        )
    return members


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The zip at `path`; damage found now or while reading it inside the block is `archive_unreadable`."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except DAMAGE as error:
        raise archive_unreadable() from error


def archive_unreadable() -> BadData:
    return BadData(
        "archive_unreadable",
        "Expected an intact zip archive, got a damaged or different file; pack it again.",
    )


def read_chunks(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(member) as packed:
        while chunk := packed.read(CHUNK_BYTES):
            yield chunk


def is_hidden(member: zipfile.ZipInfo) -> bool:
    """Whether the member is a dotfile, in a dot folder, or what macOS adds beside the files."""
    return any(part == "__MACOSX" or part.startswith(".") for part in member.filename.split("/"))


def refuse_unsafe(member: zipfile.ZipInfo, limits: ArchiveLimits) -> None:
    """Raise if the member could land outside the folder, is not a plain file, or is locked or too large."""
    name = member.filename
    parts = name.removesuffix("/").split("/")
    if (
        any(part in ("", ".", "..") or len(part.encode(errors="replace")) > LONGEST_NAME for part in parts)
        or "\\" in name  # the separator of Windows
        or name[1:2] == ":"  # a drive of Windows
        or any(ord(character) < 32 for character in name)
    ):
        raise BadData(
            "archive_unsafe",
            "Expected file names that stay inside the archive, got one that does not; pack it again.",
        )
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BadData(
            "archive_unsafe",
            "Expected plain files in the archive, got a link or a device; pack the files themselves.",
        )
    if member.flag_bits & 0x1:
        raise BadData(
            "archive_encrypted", "Expected an open archive, got one with a password; pack it again without."
        )
    if member.header_offset < 0:  # zipfile would seek there
        raise archive_unreadable()
    if member.compress_type not in SUPPORTED_METHODS:
        raise BadData(
            "archive_unreadable",
            f"Expected stored or deflated files, got compression method {member.compress_type}; "
            "pack it again as a plain zip.",
        )
    if member.file_size > limits.max_member_bytes:
        raise BadData(
            "archive_bomb",
            f"Expected files of at most {limits.max_member_bytes / 1e6:.4g} MB in the archive, "
            f"got one of {member.file_size / 1e6:.4g} MB.",
        )


def refuse_bomb(unpacked: int, packed: int, limits: ArchiveLimits) -> None:
    """Raise if this many bytes are too many, or came out of too few."""
    if unpacked > limits.max_total_bytes:
        raise BadData(
            "archive_bomb",
            f"Expected at most {limits.max_total_bytes / 1e6:.4g} MB unpacked, got {unpacked / 1e6:.4g} MB; "
            "use a smaller set.",
        )
    if unpacked > limits.ratio_counts_above and unpacked > limits.max_ratio * packed:
        raise BadData(
            "archive_bomb",
            f"Expected an archive that unpacks to at most {limits.max_ratio:g} times its size, "
            f"got {unpacked / max(packed, 1):.4g} times; pack the pictures themselves.",
        )


@contextmanager
def disk_errors() -> Iterator[None]:
    """A full disk, or a used up quota, inside the block is `disk_full`."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise disk_full() from error


def disk_full() -> Overloaded:
    return Overloaded(
        "disk_full",
        "Expected room for the unpacked files, but the disk is full; free some space and try again.",
    )


def load_npz(path: Path, keys: tuple[str, ...], max_bytes: int) -> dict[str, np.ndarray]:
    """The arrays named `keys` of an npz, at most `max_bytes` in all; never unpickles.

    What the headers of the arrays declare is checked before any of them is decoded. Raises BadData:
    `npz_unreadable`, `npz_missing_key`, `archive_bomb`.
    """
    limits = ArchiveLimits(max_total_bytes=max_bytes)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [npy_member(archive, key) for key in keys]
            declared = sum(npy_bytes(archive, member) for member in members)
            refuse_bomb(declared, sum(member.compress_size for member in members), limits)
            return {key: read_npy(archive, member) for key, member in zip(keys, members, strict=True)}
    except DAMAGE as error:
        raise npz_unreadable("a damaged or different file") from error


def npz_unreadable(got: str) -> BadData:
    return BadData(
        "npz_unreadable",
        f"Expected an npz of plain arrays, got {got}; write it with numpy.savez_compressed.",
    )


def npy_member(archive: zipfile.ZipFile, key: str) -> zipfile.ZipInfo:
    names = archive.namelist()
    if f"{key}.npy" not in names:
        there = ", ".join(sorted(name.removesuffix(".npy") for name in names)[:20])
        raise BadData(
            "npz_missing_key", f'Expected an array named "{key}" in the npz, found: {there or "none"}.'
        )
    member = archive.getinfo(f"{key}.npy")
    if member.header_offset < 0:  # zipfile would seek there
        raise npz_unreadable("a damaged file")
    if member.flag_bits & 0x1 or member.compress_type not in SUPPORTED_METHODS:
        raise npz_unreadable("one with a password or a foreign compression")
    return member


def npy_bytes(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Bytes of the array, as its header declares them, if member and header agree."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        if version not in NPY_HEADER_READERS:
            raise npz_unreadable(f"an array in format version {version[0]}.{version[1]}")
        shape, _, dtype = NPY_HEADER_READERS[version](file)
        if dtype.hasobject:
            raise npz_unreadable("an array of Python objects")
        declared = math.prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or file.tell() + declared != member.file_size:
            raise npz_unreadable("an array whose size is not the one it declares")
    return declared


def read_npy(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as file:
        return np.lib.format.read_array(file, allow_pickle=False)
