"""What the Fine-tune part of a task asks for: words, controls and the columns of its curves, as data.

Each control is one argument of the recipe. A task says its form to `frame`; without one it is CLASSIFICATION.
"""

from dataclasses import dataclass

import gradio as gr


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An argument with a menu; `options` are (words, value of the argument)."""

    flag: str  # "--freeze-blocks"
    label: str
    options: tuple[tuple[str, str], ...]
    value: str  # chosen at first

    def component(self) -> gr.Dropdown:
        return gr.Dropdown(list(self.options), value=self.value, label=self.label, interactive=True)

    def arguments(self, value: str) -> list[str]:
        return [self.flag, value]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """An argument that is a number, from `least` to `most`."""

    flag: str
    label: str
    value: float
    least: float
    most: float
    whole: bool = False

    def component(self) -> gr.Number:
        return gr.Number(
            self.value,
            label=self.label,
            minimum=self.least,
            maximum=self.most,
            precision=0 if self.whole else None,
            interactive=True,
        )

    def arguments(self, value: float) -> list[str]:
        return [self.flag, str(int(value)) if self.whole else f"{value:g}"]


@dataclass(frozen=True, kw_only=True)
class Form:
    """The form of one recipe. Its model is the checkpoint chosen in Try it, or a `Choice` of `--model`."""

    words: str  # Markdown above the form
    data: str  # what the data field holds when it is empty: the layout that the recipe reads
    wanted: str  # of the data, in the sentence for an empty field: "Expected ... of pictures"
    choices: tuple[Choice, ...]
    figures: tuple[Figure, ...]
    score: str  # column of epochs.csv, 0..1
    title: str  # of its curve
    train_score: str = ""  # column of log.csv; "": the recipe measures none while it trains

    @property
    def controls(self) -> tuple[Choice | Figure, ...]:
        return (*self.choices, *self.figures)

    @property
    def takes_checkpoint(self) -> bool:
        """Training starts from the checkpoint chosen in Try it."""
        return all(choice.flag != "--model" for choice in self.choices)

    def arguments(self, checkpoint: str, data: str, archive: str | None, *values: str | float) -> list[str]:
        """The recipe's arguments for what the controls say, in the order of `controls`."""
        named = ["--model", checkpoint] if self.takes_checkpoint else []
        named += ["--data", archive or data or "DATA"]
        for control, value in zip(self.controls, values, strict=True):
            named += control.arguments(value)
        return named


def epochs(value: int, most: int = 1000) -> Figure:
    return Figure(flag="--epochs", label="Epochs", value=value, least=1, most=most, whole=True)


def batch(value: int) -> Figure:
    return Figure(flag="--batch", label="Batch", value=value, least=1, most=4096, whole=True)


def rate(value: float) -> Figure:
    return Figure(flag="--learning-rate", label="Learning rate", value=value, least=1e-6, most=10)


def augmentation(of: str = "Augmentation", photo: str = "size, place, mirrored") -> Choice:
    """How pictures are changed together with what is drawn on them."""
    options = (
        (f"photo: {photo}", "photo"),
        ("any way up: upside down too, for microscopes and the air", "any_way_up"),
        ("none", "none"),
    )
    return Choice(flag="--augment", label=of, options=options, value="photo")


CLASSIFICATION = Form(
    words=(
        "Transfer learning (lecture, section 6.2.9): keep what the first layers have learned, put a new last layer "
        "on top, and train on your own pictures, one folder a class. Start small here, or copy the command to a "
        "machine with a GPU. A run survives a reload of this page, and a killed run resumes where it was."
    ),
    data="pictures/ with one folder a class",
    wanted="a folder, a zip or a Hub dataset id of pictures",
    choices=(
        Choice(
            flag="--freeze-blocks",
            label="Frozen layers",
            options=(
                ("nothing: all layers learn", "0"),
                ("the first half of the blocks", "half"),
                ("all but the last layer", "head"),
            ),
            value="head",
        ),
        Choice(
            flag="--augment",
            label="Augmentation",
            options=tuple((name, name) for name in ("photo", "strong", "shift", "digits", "none")),
            value="photo",
        ),
    ),
    figures=(epochs(5), batch(32), rate(0.005)),
    score="accuracy",
    title="Accuracy",
    train_score="train_accuracy",
)
