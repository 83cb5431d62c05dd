"""The model card of a checkpoint: README.md, as the Hub shows it.

Names of classes, data sets and models come from people and file systems, so the card escapes them: nothing
in a card becomes HTML, a link, a heading or a table cell unless it is written as one here.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from hub_models.checkpoint import Checkpoint, Metric
from hub_models.local import Given, golden_arrays

REPO = "USER/NAME"  # stands in the card until the push knows the name of the repository
PIPELINE_TAGS = {  # tasks of ours that the Hub calls otherwise
    "localization": "object-detection",
    "face-landmarks": "keypoint-detection",
    "face-recognition": "image-feature-extraction",
    "style-transfer": "image-to-image",
    "sentiment": "text-classification",
    "named-entities": "token-classification",
    "language-model": "text-generation",
    "time-series": "time-series-forecasting",
    "image-captioning": "image-to-text",
}
STANDS_FOR = {  # input -> code that makes one
    "pixels": "np.zeros((64, 64, 3), np.uint8)  # your picture: height, width, RGB",
    "text": '"Your own text."',
    "series": "np.zeros(8000, np.float32)  # your numbers, at the rate of the network",
}
LONGEST_TABLE = 50  # rows; of more classes the card shows those that the model finds least often
# Licence names that the Hub knows (its documentation, "Licenses"); any other is "other" with a name
HUB_LICENCES = ("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0")
HUB_LICENCES += (
    "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0",
    "agpl-3.0",
    "gpl-3.0",
    "lgpl-3.0",
    "openrail",
    "unlicense",
)


@dataclass(frozen=True, kw_only=True)
class ClassRow:
    """How one class fared on the evaluation data."""

    name: str
    count: int  # samples of this class
    recall: float  # share of them that were found
    precision: float  # share of the answers with this name that were right
    confused_with: str = ""  # the wrong name that they got most often

    HEADERS = ("class", "n", "recall", "precision", "most often taken for")

    def cells(self) -> tuple[str, ...]:
        shares = f"{self.recall:.1%}", f"{self.precision:.1%}"
        return (plain(self.name), f"{self.count:,}", *shares, plain(self.confused_with))


@dataclass(frozen=True, kw_only=True)
class DetectionRow:
    """How the objects of one class fared on the evaluation data; precision and recall at the card's threshold."""

    name: str
    count: int  # objects of this class
    recall: float
    precision: float
    ap50: float  # average precision where an IoU of 0.5 is enough
    ap: float  # mean over IoU thresholds 0.5, 0.55, ..., 0.95

    HEADERS = ("class", "objects", "recall", "precision", "AP@0.5", "AP@[.5:.95]")

    def cells(self) -> tuple[str, ...]:
        shares = (f"{share:.1%}" for share in (self.recall, self.precision, self.ap50, self.ap))
        return (plain(self.name), f"{self.count:,}", *shares)


@dataclass(frozen=True, kw_only=True)
class MaskRow:
    """How the pixels of one class fared on the evaluation data."""

    name: str
    count: int  # pixels of this class
    recall: float
    precision: float
    iou: float  # intersection over union of answer and truth
    boundary_f: float  # F of the pixels along its borders

    HEADERS = ("class", "pixels", "recall", "precision", "IoU", "boundary F")

    def cells(self) -> tuple[str, ...]:
        shares = (f"{share:.1%}" for share in (self.recall, self.precision, self.iou, self.boundary_f))
        return (plain(self.name), f"{self.count:,}", *shares)


@dataclass(frozen=True, kw_only=True)
class InstanceRow:
    """How the objects of one class and their pixels fared; precision and recall at the card's threshold, by masks."""

    name: str
    count: int  # objects of this class
    recall: float
    precision: float
    ap50: float  # average precision where a mask IoU of 0.5 is enough
    ap: float  # mean over IoU thresholds 0.5, 0.55, ..., 0.95
    box_ap50: float  # by the overlap of boxes

    HEADERS = ("class", "objects", "recall", "precision", "mask AP@0.5", "mask AP@[.5:.95]", "box AP@0.5")

    def cells(self) -> tuple[str, ...]:
        kept = (self.recall, self.precision, self.ap50, self.ap, self.box_ap50)
        return (plain(self.name), f"{self.count:,}", *(f"{share:.1%}" for share in kept))


Row = ClassRow | DetectionRow | MaskRow | InstanceRow  # of the table of a card


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What a reader needs in order to judge a checkpoint and make it again, beyond the Checkpoint itself."""

    data: str  # what the training data is and where it comes from
    data_hub_id: str = ""  # "uoft-cs/cifar10", where the data is on the Hub
    split: str  # which samples trained, which chose the weights, which gave the figures
    start: str = "random weights"  # where the first weights came from
    command: str
    minutes: float
    hardware: str
    seed: int
    versions: tuple[tuple[str, str], ...] = ()  # (("torch", "2.15.0"), ...)
    per_class: tuple[Row, ...] = ()  # of one kind
    pictures: tuple[tuple[str, str], ...] = ()  # (file beside the card, what is to be seen)
    limits: tuple[str, ...] = ()  # a sentence each


def plain(text: str) -> str:
    """User text as one line of Markdown that shows exactly these characters."""
    shown = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") or is_bidi(c) else c for c in text)
    shown = " ".join(shown.split())
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = re.sub(r"[\\`*_\[\]|~$#!@{}]|:(?=//)|(?<=www)\.|^[-+=]", r"\\\g<0>", shown)
    shown = re.sub(r"^(\d+)([.)])(?= |$)", r"\1\\\2", shown)  # no numbered list
    return shown if len(shown) <= 400 else shown[:399].rstrip("\\") + "…"


def is_bidi(character: str) -> bool:
    """One of the invisible characters that turn the direction of the text after them."""
    return (
        character in "\u061c\u200e\u200f"
        or "\u202a" <= character <= "\u202e"
        or "\u2066" <= character <= "\u2069"
    )


def fenced(text: str, language: str) -> str:
    """A code block that `text` cannot end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.strip()}\n{fence}"


def card_text(
    checkpoint: Checkpoint,
    class_names: Sequence[str],
    class_name: str,
    facts: CardFacts,
    given: Given,
) -> str:
    """README.md. `class_name`: the Python class of a network of ours, "" for other libraries; `given`: an input."""
    dumped = yaml.safe_dump(
        front_matter(checkpoint, facts), sort_keys=False, allow_unicode=True, width=10_000
    )
    versions = ", ".join(f"{plain(name)} {plain(version)}" for name, version in facts.versions)
    sections = [
        f"---\n{dumped}---",
        f"# {plain(checkpoint.title)}, {plain(checkpoint.trained_on)}",
        plain(checkpoint.sentence),
        f"{checkpoint.parameters:,} parameters, {checkpoint.megabytes:g} MB.{classes_text(class_names)}",
        f"## Load it\n\n{loading(checkpoint, class_name, given)}",
        "## Data and licence\n\n"
        f"- Trained on: {plain(facts.data)}\n- First weights: {plain(facts.start)}\n"
        f"- Licence of the data: {plain(checkpoint.data_licence)}\n"
        f"- Licence of these weights: {plain(checkpoint.weights_licence)}\n- Split: {plain(facts.split)}",
        f"## How good it is\n\n{metric_table(checkpoint.metrics)}",
    ]
    if facts.per_class:
        sections.append(f"## Class by class\n\n{class_table(facts.per_class)}")
    sections += [f"![{plain(says)}]({name})\n\n{plain(says)}" for name, says in facts.pictures]
    limits = "\n".join(f"- {plain(limit)}" for limit in facts.limits) or "- None were looked for."
    deviations = (
        f"\n\nDeviations from the paper: {plain(checkpoint.deviations)}" if checkpoint.deviations else ""
    )
    sections += [
        f"## Make it again\n\n{fenced(' '.join(facts.command.split()), 'bash')}\n\n"
        f"{facts.minutes:,.1f} minutes on {plain(facts.hardware)}, seed {facts.seed}"
        + (f", with {versions}." if versions else "."),
        f"## Limits\n\n{limits}",
        f"## Paper\n\n{plain(checkpoint.paper)}{deviations}",
    ]
    return "\n\n".join(sections) + "\n"


def classes_text(names: Sequence[str]) -> str:
    """After a blank, which classes there are; "" for a network that names nothing."""
    if not names:
        return ""
    more = f" and {len(names) - LONGEST_TABLE} more" if len(names) > LONGEST_TABLE else ""
    return f" {len(names)} classes: {', '.join(plain(name) for name in names[:LONGEST_TABLE])}{more}."


def front_matter(checkpoint: Checkpoint, facts: CardFacts) -> dict:
    """The metadata that the Hub reads: licence, library, task, data sets and results."""
    licence = checkpoint.weights_licence.strip().lower().replace(" ", "-")
    known = licence in HUB_LICENCES
    matter: dict = {"license": licence if known else "other"}
    if not known:
        matter["license_name"] = re.sub(r"[^a-z0-9.]+", "-", licence).strip("-.") or "other"
    ours = checkpoint.library == "ours"
    matter["library_name"] = "pytorch" if ours else checkpoint.library
    matter["pipeline_tag"] = PIPELINE_TAGS.get(checkpoint.task, checkpoint.task)
    matter["tags"] = [checkpoint.task, re.sub(r"[^a-z0-9]+", "-", checkpoint.architecture.lower()).strip("-")]
    matter["tags"] += ["model_hub_mixin", "pytorch_model_hub_mixin"] if ours else [checkpoint.library]
    if facts.data_hub_id:
        matter["datasets"] = [facts.data_hub_id]
    if checkpoint.metrics:
        matter["metrics"] = sorted({metric.name for metric in checkpoint.metrics})
        results = [result(checkpoint, metric, facts) for metric in checkpoint.metrics]
        matter["model-index"] = [{"name": checkpoint.id, "results": results}]
    return matter


def result(checkpoint: Checkpoint, metric: Metric, facts: CardFacts) -> dict:
    """One entry of the Hub's model-index."""
    slug = re.sub(r"[^a-z0-9]+", "-", metric.dataset.lower()).strip("-") or "data"
    words = f"{metric.name}, n = {metric.count:,}, 95 % interval {metric.low:.3f} to {metric.high:.3f}"
    return {
        "task": {"type": checkpoint.task},
        "dataset": {"name": metric.dataset, "type": facts.data_hub_id or slug, "split": metric.split},
        "metrics": [
            {
                "type": metric.name,
                "value": metric.value,
                "name": words,
                "args": {"n": metric.count, "low": metric.low, "high": metric.high},
            }
        ],
    }


def loading(checkpoint: Checkpoint, class_name: str, given: Given) -> str:
    """Code that opens the weights, in their own library and in this hub."""
    if checkpoint.library == "ours":
        module = f"hub_models.architectures.{checkpoint.model}"
        own = f'from {module} import {class_name}\n\nmodel = {class_name}.from_pretrained("{REPO}").eval()'
    elif checkpoint.library != "timm":
        own = ""  # the folder brings its own description, which only our predictor reads
    else:
        own = (
            f'import timm\n\nmodel = timm.create_model("hf-hub:{REPO}", pretrained=True).eval()\n'
            'names = model.pretrained_cfg["label_names"]'
        )
    stored = golden_arrays(given)
    numpy = "" if stored.keys() == {"text"} else "import numpy as np\n"
    inputs = "\n".join(f"{name} = {STANDS_FOR[name]}" for name in stored)
    hub = (
        f"from pathlib import Path\n\n{numpy}from huggingface_hub import snapshot_download\n\n"
        f"from hub_models.local import read_local\nfrom hub_models.predictors import {checkpoint.library}\n\n"
        f'folder = Path(snapshot_download("{REPO}"))\n'
        f'predictor = {checkpoint.library}.load(read_local(folder), folder, "cpu")\n'
        f"{inputs}\nprint(predictor.predict({', '.join(stored)}).rows()[:3])"
    )
    with_names = f"With class names and preprocessing, as the demo does:\n\n{fenced(hub, 'python')}"
    return f"{fenced(own, 'python')}\n\n{with_names}" if own else with_names


def metric_table(metrics: Sequence[Metric]) -> str:
    if not metrics:
        return "It was not measured."
    rows = [
        "| metric | data | value | 95 % interval | n | baseline |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for m in metrics:
        baseline = "" if m.baseline is None else f"{m.shown(m.baseline)} ({plain(m.baseline_name)})"
        rows.append(
            f"| {plain(m.name)} | {plain(m.dataset)}, {plain(m.split)} | {m.shown(m.value)} "
            f"| {m.shown(m.low)} to {m.shown(m.high)} | {m.count:,} | {baseline} |"
        )
    return "\n".join(rows)


def class_table(rows: Sequence[Row]) -> str:
    headers = rows[0].HEADERS
    lines = [f"| {' | '.join(headers)} |", f"|{' --- |' * len(headers)}"]
    shown = rows if len(rows) <= LONGEST_TABLE else sorted(rows, key=lambda row: row.recall)[:LONGEST_TABLE]
    lines += [f"| {' | '.join(row.cells())} |" for row in shown]
    table = "\n".join(lines)
    if len(shown) < len(rows):
        return f"The {len(shown)} of {len(rows)} classes that it finds least often.\n\n{table}"
    return table
