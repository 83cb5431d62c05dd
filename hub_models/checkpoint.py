"""A checkpoint: which weights, from where, made how, under which licence, how good. Data, not code."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from hub_models.preprocess import InputSpec

Library = Literal["ours", "timm", "transformers", "torchvision", "ultralytics", "diffusers", "onnxruntime"]
SourceKind = Literal["bundled", "package", "hub", "library", "local"]
NUMBERS = ("perplexity per character", "MASE")  # metrics that are no shares: of these, less is better


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One figure, with what is needed to believe it."""

    dataset: str
    split: str
    name: str  # "accuracy"
    value: float
    count: int  # samples it was measured on
    low: float  # 95 % interval
    high: float
    baseline: float | None = None  # the same metric of the simplest system
    baseline_name: str = ""

    def shown(self, value: float) -> str:
        """One of its values, as a share in per cent or as the number that it is."""
        return f"{value:.2f}" if self.name in NUMBERS else f"{value:.1%}"

    def text(self) -> str:
        value, low, high = map(self.shown, (self.value, self.low, self.high))
        words = f"{self.name} {value} ({low} to {high}, n = {self.count:,})"
        if self.baseline is not None:
            words += f", {self.baseline_name} {self.shown(self.baseline)}"
        return f"{words} on {self.dataset} {self.split}"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """One row of the catalogue. Checked on construction; ValueError says what is wrong."""

    id: str  # architecture.dataset: resnet20.cifar10
    task: str  # image-classification
    title: str  # ResNet-20
    architecture: str  # the name that the lecture uses: ResNet
    year: int  # of the paper
    library: Library
    source: str  # bundled: | package:module/file | hub:user/name | local:folder
    model: (
        str  # name for the library: "resnet" (ours), "tf_efficientnet_lite0" (timm), a class (transformers)
    )
    sentence: str  # one sentence for the student
    paper: str
    weights_licence: str
    data_licence: str
    trained_on: str
    parameters: int
    megabytes: float  # to download or to read
    input: InputSpec | None = None  # None: read from the weights' own configuration
    labels: str = ""  # file stem in labels/; "": the names travel with the weights
    revision: str | None = None  # 40 hex digits of the Hub commit; None is shown as "unpinned"
    sha256: str | None = None  # of model.safetensors, or of the file in the package
    recipe: str = ""  # the command that made it
    deviations: str = ""  # from the paper
    metrics: tuple[Metric, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", self.id):
            raise ValueError(f"expected an id such as resnet20.cifar10, got {self.id!r}")
        if self.kind not in get_args(SourceKind):
            raise ValueError(
                f"{self.id}: expected a source {':, '.join(get_args(SourceKind))}:, got {self.source!r}"
            )
        if self.kind == "bundled" and not self.sha256:
            raise ValueError(f"{self.id}: bundled weights need their sha256")
        if self.revision is not None and not re.fullmatch(r"[0-9a-f]{40}", self.revision):
            raise ValueError(f"{self.id}: expected a revision of 40 hex digits, got {self.revision!r}")
        if self.kind in ("bundled", "local") and not self.recipe:
            raise ValueError(f"{self.id}: expected the recipe that made it")
        for field in ("title", "sentence", "paper", "weights_licence", "data_licence", "trained_on"):
            if not getattr(self, field).strip():
                raise ValueError(f"{self.id}: {field} is empty")

    @property
    def kind(self) -> SourceKind:
        return self.source.partition(":")[0]

    @property
    def place(self) -> str:
        """What follows the colon of the source: a Hub id, a file in a package, a folder."""
        return self.source.partition(":")[2]

    @property
    def offline(self) -> bool:
        """It works without internet from the first second."""
        return self.kind not in ("hub", "library")

    def menu_text(self) -> str:
        """How a menu names it."""
        where = "" if self.offline else f" (download {self.megabytes:,.0f} MB)"
        return f"{self.title}, {self.trained_on.split(' (')[0]}{where}"
