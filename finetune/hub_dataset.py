"""Pictures or texts from the Hugging Face Hub: repositories of picture files or tables, or of zips of them.

`user/name` is fetched into the Hub's own cache once; `user/name@commit` pins it. Only pictures or texts, and zips, are
asked for. Parquet, the form into which the Hub's own viewer likes to turn a data set, is refused with what to do instead.
"""

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TypeVar

from hub_models.box_dataset import BoxedPictures, open_boxes, same_boxed_classes
from hub_models.data_files import SPLIT_NAMES, SUFFIXES, natural
from hub_models.dataset import LabelledPictures, open_splits
from hub_models.errors import BadData, HubUnavailable, Overloaded
from hub_models.fetch import code_of

TEXT_SUFFIXES = (".tsv", ".csv", ".conll")  # a data set that may come as these is one of texts
LABEL_SUFFIXES = (".xml", ".json", ".txt", ".yaml", ".yml")
Data = TypeVar("Data")
SENTENCES = {
    "hub_offline": "Expected a connection for the data {name}, but HF_HUB_OFFLINE is set and it is not here yet.",
    "hub_unreachable": "Expected the data {name} from the Hub, but it cannot be reached. Check the connection.",
    "hub_forbidden": "The Hub refuses the data {name}: private, gated or not there. Accept its conditions, "
    "then run `hf auth login`.",
    "hub_not_found": "Expected the data {name}, but there is neither such a folder or file nor such a data set on the Hub.",
    "hub_failed": "The Hub's answer about the data {name} was an error. Repeat it later.",
    "disk_full": "Expected room for the data {name}, but the disk is full. Free some, or set HF_HOME.",
}


def open_data(name: str) -> dict[str, LabelledPictures]:
    """The labelled pictures, by split, in the folder or file `name`, or in the Hub data set of that name."""
    return open_with(open_splits, name, ())


def open_boxed_data(name: str) -> dict[str, BoxedPictures]:
    """The pictures with boxes, by split, in the folder or zip `name`, or in the Hub data set of that name."""
    splits = open_with(open_boxes, name, LABEL_SUFFIXES)
    known = [data.class_names for data in splits.values()]
    if len(set(known)) == 1:
        return splits
    classes = tuple(
        sorted({label for names in known for label in names}, key=natural)
    )  # zips name those they hold
    return {split: same_boxed_classes(data, classes) for split, data in splits.items()}


def open_with(
    open_path: Callable[[Path], dict[str, Data]], name: str, suffixes: tuple[str, ...]
) -> dict[str, Data]:
    """What `open_path` finds at the path `name`, or in the Hub data set: in its folder, its zip, or a zip a split."""
    if Path(name).exists() or not re.fullmatch(r"[\w.-]+/[\w.-]+(@[\w.-]+)?", name):
        return open_path(Path(name))
    folder = fetch_dataset(name, suffixes)
    zips = sorted(folder.rglob("*.zip"))
    if not zips:
        return open_path(folder)
    if len(zips) == 1:
        return open_path(zips[0])
    splits: dict[str, Data] = {}
    for path in zips:
        words = re.split(r"[^a-z]+", path.stem.lower())
        named = [SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES]
        if len(named) != 1 or named[0] in splits:
            raise BadData(
                "data_shape",
                f"Expected one zip a split (train.zip, val.zip, test.zip) in {name}, got "
                f"{', '.join(p.name for p in zips[:8])}. Download it and put the pictures into folders.",
            )
        splits[named[0]] = next(iter(open_path(path).values()))
    return splits


def fetch_dataset(name: str, suffixes: tuple[str, ...] = ()) -> Path:
    """The folder of the Hub's cache with the pictures, zips and files of more `suffixes` of `name`.

    HubUnavailable, BadData, Overloaded.
    """
    reads = bool(set(suffixes) & set(TEXT_SUFFIXES))
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HTTPError, OfflineModeIsEnabled

    repo_id, _, revision = name.partition("@")
    try:
        # a commit that was fetched whole is used without asking the Hub again
        files = [] if revision else HfApi().list_repo_files(repo_id, repo_type="dataset")
        if files:
            if reads:
                refuse_without(name, files, (*suffixes, ".zip"))
            else:
                refuse_foreign(name, files, "with a COCO JSON" if suffixes else "as CLASS/NUMBER.png")
        wanted = [
            f"*{ending}"
            for suffix in (*(() if reads else SUFFIXES), ".zip", *suffixes)
            for ending in (suffix, suffix.upper())
        ]
        folder = snapshot_download(
            repo_id, repo_type="dataset", revision=revision or None, allow_patterns=wanted, max_workers=4
        )
    except (HTTPError, OfflineModeIsEnabled, OSError, ValueError) as error:
        code = code_of(error)
        if code is None:
            raise
        kind = Overloaded if code == "disk_full" else HubUnavailable
        raise kind(code, SENTENCES[code].format(name=name)) from error
    return Path(folder)


def refuse_without(name: str, files: list[str], endings: tuple[str, ...]) -> None:
    """Raise BadData unless one of `files` has one of the `endings`."""
    found = sorted({PurePosixPath(file).suffix.lower() for file in files})
    if not set(found) & set(endings):
        raise BadData(
            "data_parquet" if ".parquet" in found else "data_missing",
            f"Expected {', '.join(endings)} files in {name}, found {', '.join(found[:8])}. Parquet needs the package "
            "datasets: load it with that, save it as such a file, and give that.",
        )


def refuse_foreign(name: str, files: list[str], how: str) -> None:
    """Raise BadData unless `files` hold pictures or zips; `how` to save pictures that lie in tables."""
    endings = {PurePosixPath(file).suffix.lower() for file in files}
    if endings & {*SUFFIXES, ".zip"}:
        return
    if ".parquet" in endings or ".arrow" in endings:
        raise BadData(
            "data_parquet",
            f"Expected picture files or zips in {name}, but it keeps its pictures in parquet files, which need the "
            f"package datasets. Load it with that, save the pictures {how}, and give that folder.",
        )
    raise BadData(
        "data_missing", f"Expected pictures or zips in {name}, found {', '.join(sorted(endings)[:8])}."
    )
