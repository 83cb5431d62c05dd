"""Archives from people: good ones unpack, hostile ones give their code and leave nothing behind."""

import errno
import io
import re
import shutil
import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hub_models.archive import ArchiveLimits, extract_archive, load_npz, open_archive, safe_members
from hub_models.errors import BadData, Overloaded

pytestmark = pytest.mark.filterwarnings("error")

MEGABYTE = 1024**2
A_PATH_OR_TRACE = re.compile(r"[/\\]|Traceback|Error|\n")
PICTURES = {"cats/1.jpg": b"first", "cats/2.jpg": b"second", "dogs/1.jpg": b"third"}


def zip_of(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, body in files.items():
            member = zipfile.ZipInfo(name)
            member.filename = name  # ZipInfo would change backslashes on Windows
            archive.writestr(member, body, method)
    return file.getvalue()


def bomb(megabytes: int) -> bytes:
    """Zeros, packed a thousandfold and by chunks, so that they never stand in memory together."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros.png", "w") as member,
    ):
        for _ in range(megabytes):
            member.write(bytes(MEGABYTE))
    return file.getvalue()


def bomb_of_many() -> bytes:
    return zip_of({f"{i}.png": bytes(MEGABYTE) for i in range(40)})


def bomb_that_lies() -> bytes:
    """64 MB of zeros, declared as 1 kB in both places where a zip declares it."""
    data = bytearray(bomb(64))
    central = data.rindex(b"PK\1\2")
    struct.pack_into("<I", data, central + 24, 1000)
    return bytes(data)


def symlink() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        member = zipfile.ZipInfo("link.png")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, "/etc/hostname")
    return file.getvalue()


def with_flag(flag: int) -> bytes:
    """One stored file with a bit set in the flags of both of its headers."""
    data = bytearray(zip_of({"a.png": b"secret"}, zipfile.ZIP_STORED))
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.index(mark) + offset
        data[at] |= flag
    return bytes(data)


def flipped_byte() -> bytes:
    data = bytearray(zip_of({"a.png": b"0123456789" * 100}, zipfile.ZIP_STORED))
    data[200] ^= 1
    return bytes(data)


def before_the_start(name: str = "a.png") -> bytes:
    """The end record says that the directory is longer than what stands before it."""
    data = bytearray(zip_of({name: b"x"}))
    struct.pack_into("<I", data, len(data) - 6, 1000)  # where the directory starts, in its end record
    return bytes(data)


def twice_the_same_name() -> bytes:
    return zip_of({"a.png": b"1", "b.png": b"2"}).replace(b"b.png", b"a.png")


HOSTILE_ARCHIVES: tuple[tuple[str, Callable[[], bytes], str], ...] = (
    ("45 bomb by ratio", lambda: bomb(64), "archive_bomb"),
    ("45 bomb by member size", lambda: bomb(101), "archive_bomb"),
    ("45 bomb of many members", bomb_of_many, "archive_bomb"),
    ("45 bomb that lies about its size", bomb_that_lies, "archive_unreadable"),
    ("path traversal", lambda: zip_of({"../a.png": b"x"}), "archive_unsafe"),
    ("path traversal inside", lambda: zip_of({"cats/../../a.png": b"x"}), "archive_unsafe"),
    ("path traversal of Windows", lambda: zip_of({"..\\a.png": b"x"}), "archive_unsafe"),
    ("absolute path", lambda: zip_of({"/tmp/a.png": b"x"}), "archive_unsafe"),
    ("drive of Windows", lambda: zip_of({"C:/a.png": b"x"}), "archive_unsafe"),
    ("control character", lambda: zip_of({"a\r\nb.png": b"x"}), "archive_unsafe"),
    ("name of 300 bytes", lambda: zip_of({"a" * 300 + ".png": b"x"}), "archive_unsafe"),
    ("symbolic link", symlink, "archive_unsafe"),
    ("one name twice", twice_the_same_name, "archive_unsafe"),
    ("file and folder of one name", lambda: zip_of({"a": b"x", "a/b.png": b"y"}), "archive_unsafe"),
    ("password", lambda: with_flag(0x1), "archive_encrypted"),
    ("LZMA", lambda: zip_of({"a.png": b"x"}, zipfile.ZIP_LZMA), "archive_unreadable"),
    ("flipped byte", flipped_byte, "archive_unreadable"),
    ("member before the start", before_the_start, "archive_unreadable"),
    ("cut off", lambda: zip_of(PICTURES)[:-30], "archive_unreadable"),
    ("empty file", lambda: b"", "archive_unreadable"),
    ("text", lambda: b"not a zip at all", "archive_unreadable"),
)


def checked(error: BadData | Overloaded) -> str:
    assert error.message.endswith(".")
    assert not A_PATH_OR_TRACE.search(error.message)
    return error.code


@pytest.mark.parametrize(
    ("make", "code"), [row[1:] for row in HOSTILE_ARCHIVES], ids=[r[0] for r in HOSTILE_ARCHIVES]
)
def test_hostile_archive_is_refused_and_leaves_nothing(make, code: str, tmp_path: Path) -> None:
    upload = tmp_path / "upload.zip"
    upload.write_bytes(make())
    tracemalloc.start()
    with pytest.raises(BadData) as caught:
        extract_archive(upload, tmp_path / "data" / "set")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert checked(caught.value) == code
    assert peak < 8 * MEGABYTE
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [upload]
    assert list((tmp_path / "data").iterdir()) == []


def test_folder_is_unpacked(tmp_path: Path) -> None:
    upload = tmp_path / "upload.zip"
    hidden = {"__MACOSX/cats/._1.jpg": b"", ".DS_Store": b"", "cats/.hidden.png": b"", "empty/": b""}
    upload.write_bytes(zip_of(PICTURES | hidden))
    written = extract_archive(upload, tmp_path / "set")
    assert [path.relative_to(tmp_path / "set").as_posix() for path in written] == list(PICTURES)
    assert {path: path.read_bytes() for path in written} == {
        tmp_path / "set" / n: b for n, b in PICTURES.items()
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set", "upload.zip"]


def test_empty_archive_gives_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "upload.zip").write_bytes(zip_of({}))
    assert extract_archive(tmp_path / "upload.zip", tmp_path / "set") == []
    assert list((tmp_path / "set").iterdir()) == []


def test_into_an_empty_folder_only(tmp_path: Path) -> None:
    upload = tmp_path / "upload.zip"
    upload.write_bytes(zip_of(PICTURES))
    (tmp_path / "set").mkdir()
    assert len(extract_archive(upload, tmp_path / "set")) == 3
    with pytest.raises(ValueError, match="new or empty folder"):
        extract_archive(upload, tmp_path / "set")


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (ArchiveLimits(max_members=2), "archive_unsafe"),
        (ArchiveLimits(max_total_bytes=15), "archive_bomb"),
        (ArchiveLimits(max_member_bytes=5), "archive_bomb"),
        (ArchiveLimits(max_ratio=0.5, ratio_counts_above=0), "archive_bomb"),
    ],
)
def test_limits(limits: ArchiveLimits, code: str) -> None:
    with zipfile.ZipFile(io.BytesIO(zip_of(PICTURES))) as archive, pytest.raises(BadData) as caught:
        safe_members(archive, limits)
    assert checked(caught.value) == code


def test_names_of_safe_members() -> None:
    names = ("a b.jpg", "ä/猫.jpg", "Screenshot 9.41.00\u202fAM.png", "12:30:00.png")
    with zipfile.ZipFile(io.BytesIO(zip_of(dict.fromkeys(names, b"x")))) as archive:
        assert tuple(member.filename for member in safe_members(archive)) == names


def test_open_archive_names_damage_found_later(tmp_path: Path) -> None:
    (tmp_path / "upload.zip").write_bytes(flipped_byte())
    with pytest.raises(BadData) as caught, open_archive(tmp_path / "upload.zip") as archive:
        archive.read("a.png")
    assert checked(caught.value) == "archive_unreadable"


def test_disk_too_small_is_seen_before_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "upload.zip").write_bytes(zip_of(PICTURES))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 90, 10))
    with pytest.raises(Overloaded) as caught:
        extract_archive(tmp_path / "upload.zip", tmp_path / "set")
    assert checked(caught.value) == "disk_full"
    assert [path.name for path in tmp_path.iterdir()] == ["upload.zip"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_disk_full_while_writing_restores_the_space(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "upload.zip").write_bytes(zip_of(PICTURES))
    open_path = Path.open

    def open_on_a_full_disk(path: Path, mode: str = "r", *rest: object) -> object:
        if path.parts[-2:] == ("dogs", "1.jpg"):  # the third file
            raise OSError(number, "No space left", str(path))
        return open_path(path, mode, *rest)

    monkeypatch.setattr(Path, "open", open_on_a_full_disk)
    with pytest.raises(Overloaded) as caught:
        extract_archive(tmp_path / "upload.zip", tmp_path / "set")
    assert checked(caught.value) == "disk_full"
    assert [path.name for path in tmp_path.iterdir()] == ["upload.zip"]


# npz


def npz_of(**members: bytes) -> bytes:
    return zip_of({f"{name}.npy": body for name, body in members.items()})


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array)
    return file.getvalue()


def npy_header(shape: str, descr: str = "'|u1'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text.encode()


def npz_bomb() -> bytes:
    """400 MB of zeros in 0.4 MB, as numpy writes them."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("images.npy", "w") as member,
    ):
        member.write(npy_header("(400, 1048576)"))
        for _ in range(400):
            member.write(bytes(MEGABYTE))
    return file.getvalue()


def flipped_npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, images=np.zeros(1000, np.uint8))
    data = bytearray(file.getvalue())
    data[500] ^= 1
    return bytes(data)


HOSTILE_NPZ: tuple[tuple[str, Callable[[], bytes], str], ...] = (
    ("45 npz bomb by ratio", npz_bomb, "archive_bomb"),
    (
        "45 npz larger than allowed",
        lambda: npz_of(images=npy(np.zeros(11 * MEGABYTE, np.uint8))),
        "archive_bomb",
    ),
    (
        "45 header of 10 ** 12 bytes",
        lambda: npz_of(images=npy_header("(1000000, 1000000)")),
        "npz_unreadable",
    ),
    ("negative shape", lambda: npz_of(images=npy_header("(-1, -1)") + b"1"), "npz_unreadable"),
    ("objects", lambda: npz_of(images=npy(np.array([{}, None], object))), "npz_unreadable"),
    ("code in the header", lambda: npz_of(images=npy_header("__import__('os').sep")), "npz_unreadable"),
    ("header too long", lambda: npz_of(images=npy_header("(" + "1," * 10_000 + ")")), "npz_unreadable"),
    ("bytes after the array", lambda: npz_of(images=npy(np.zeros(3)) + b"more"), "npz_unreadable"),
    ("array cut off", lambda: npz_of(images=npy(np.zeros(300))[:-100]), "npz_unreadable"),
    ("no npy", lambda: npz_of(images=b"text"), "npz_unreadable"),
    ("format 9.9", lambda: npz_of(images=b"\x93NUMPY\t\t" + bytes(100)), "npz_unreadable"),
    ("key missing", lambda: npz_of(pictures=npy(np.zeros(3))), "npz_missing_key"),
    ("no key", npz_of, "npz_missing_key"),
    ("flipped byte", flipped_npz, "npz_unreadable"),
    ("member before the start", lambda: before_the_start("images.npy"), "npz_unreadable"),
    ("a single npy", lambda: npy(np.zeros(3)), "npz_unreadable"),
    ("empty file", lambda: b"", "npz_unreadable"),
)


@pytest.mark.parametrize(
    ("make", "code"), [row[1:] for row in HOSTILE_NPZ], ids=[row[0] for row in HOSTILE_NPZ]
)
def test_hostile_npz_is_refused(make, code: str, tmp_path: Path) -> None:
    file = tmp_path / "upload.npz"
    file.write_bytes(make())
    allowed = 1024 * MEGABYTE if make is npz_bomb else 10 * MEGABYTE
    tracemalloc.start()
    with pytest.raises(BadData) as caught:
        load_npz(file, ("images",), allowed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert checked(caught.value) == code
    assert peak < 8 * MEGABYTE


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_gives_what_numpy_gives(save, tmp_path: Path) -> None:
    arrays = {
        "images": np.random.default_rng(0).integers(0, 256, (5, 4, 3), dtype=np.uint8),
        "labels": np.arange(5),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "names": np.array(["cat", "dog"]),
        "scalar": np.array(3.5),
        "empty": np.zeros((0, 3)),
    }
    save(tmp_path / "set.npz", **arrays)
    loaded = load_npz(tmp_path / "set.npz", tuple(arrays), MEGABYTE)
    with np.load(tmp_path / "set.npz", allow_pickle=False) as expected:
        assert list(loaded) == list(arrays)
        for key, array in loaded.items():
            np.testing.assert_array_equal(array, expected[key])
            assert array.dtype == expected[key].dtype


def test_other_arrays_of_an_npz_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "set.npz").write_bytes(npz_of(images=npy(np.arange(3)), other=b"no array"))
    assert load_npz(tmp_path / "set.npz", ("images",), 24)["images"].tolist() == [0, 1, 2]


def test_missing_key_lists_the_right_ones(tmp_path: Path) -> None:
    (tmp_path / "set.npz").write_bytes(npz_of(x=npy(np.arange(3)), y=npy(np.arange(3))))
    with pytest.raises(BadData, match='named "images" in the npz, found: x, y'):
        load_npz(tmp_path / "set.npz", ("images",), 100)
