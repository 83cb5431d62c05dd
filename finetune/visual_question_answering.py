"""Train a network that answers questions about pictures.

    python -m finetune.visual_question_answering --model vqa-product --data DIR --output runs/mine

DIR holds pictures and questions.json ([{"image": ..., "question": ..., "answer": ...}]), perhaps once in train/, val/ and
test/; the layout of easy-VQA is read too. --model is vqa-product, vqa-concatenation or vqa-bilinear (ours, from random
weights), a checkpoint of ours, or transformers:HUB_ID for a ViLT of the Hub (with --lora-rank RANK few weights are trained).
--regions imagenet gives ours the features of a frozen ImageNet network: for photographs. --blind trains without the
picture, to see what the questions alone give away. Run the same command again to resume. The result,
`OUTPUT/checkpoint`, opens in the hub's tab and can be pushed.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from finetune.about_questions import about_own_questions
from finetune.finish import Measure
from finetune.freezing import block_groups
from finetune.loop import Settings, fit
from finetune.question_batches import AskedSome, Stored, answers, cropped, moved, numbered, stored_pixels
from finetune.question_check import check_questions, few, questions_by_part
from finetune.question_networks import TASK, start_answerer
from finetune.question_options import build_parser
from finetune.question_regions import VIEWS, stored_regions
from finetune.running import Show
from finetune.starting_point import Start
from finetune.text_options import recipe_values
from finetune.whole_run import Parts, run_asked, run_of
from finetune.write import Storage
from hub_models.asked_pictures import AskedPictures
from hub_models.local import VOCABULARY
from hub_models.vocabulary import vocabulary_in

LEARNING = {
    "epochs": 12, "batch": 32, "learning_rate": 2e-3, "weight_decay": 1e-2, "optimizer": "adamw", "ema": 0.99,
    "clip_norm": 5.0,
}  # what `--epochs` and the like are when not said  # fmt: skip
UNCHANGING = (
    "model", "regions", "blind", "questions_at_once", "augment", "least_count", "least_answers", "embedding", "hidden",
    "dropout", "word_dropout", "label_smoothing", "smoke",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    model: str
    data: str
    output: Path
    settings: Settings
    dev_data: str = ""
    dev_share: float = 0.15  # of the pictures
    dev_block: int = 1
    regions: Literal["own", "imagenet"] = "own"
    features: str = (
        ""  # folder for the features of photographs, which runs may share; "": in the output folder
    )
    blind: bool = False
    questions_at_once: int = 8  # about a picture, in one step
    augment: Literal["none", "shift"] = "none"
    least_count: int = 2  # a word that stands less often in the training questions gets no number
    least_answers: int = 2  # an answer that stands less often is none of the fixed set
    embedding: int = 32
    hidden: int = 64
    dropout: float = 0.1
    word_dropout: float = 0.02
    label_smoothing: float = 0.0
    lora: int = (
        0  # of a pretrained network: rank of thin matrices beside its own, which stay; 0: all weights learn
    )
    storage: Storage = "fp16"
    smoke: bool = False


def read_data(recipe: Recipe, show: Show) -> dict[str, AskedPictures]:
    """ "train" and "dev", checked, and "test" where the data has it."""
    seed = recipe.settings.seed
    parts = questions_by_part(recipe.data, recipe.dev_data, recipe.dev_share, recipe.dev_block, seed)
    if recipe.smoke:
        most = 8 * recipe.settings.batch * recipe.settings.accumulate
        parts = {part: few(data, most, seed) for part, data in parts.items()}
    return check_questions(parts, recipe.least_answers, show)


def start_from(recipe: Recipe, data: AskedPictures) -> Start:
    from hub_models.predictors.regions import CHANNELS

    return start_answerer(recipe, data, CHANNELS)


def stored(recipe: Recipe, start: Start, data: AskedPictures, show: Show, learns: bool) -> Stored:
    """The pictures of `data` in memory, as the network is given them; of a blind run all zero."""
    if start.input is not None:
        found = stored_pixels(data, start.input)
    else:
        views = VIEWS if learns and recipe.augment == "shift" else 1
        folder = recipe.features or recipe.output / "regions"
        found = stored_regions(data, folder, recipe.output, show, views)
    return replace(found, kept=torch.zeros_like(found.kept)) if recipe.blind else found


def train(
    recipe: Recipe, start: Start, train_data: AskedPictures, dev_data: AskedPictures, show: Show
) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    model, settings = start.model, recipe.settings
    vocabulary = vocabulary_in(start.files[VOCABULARY])
    show(
        f"{start.architecture}: {sum(p.numel() for p in model.parameters()):,} parameters, "
        f"{len(vocabulary.words):,} words, {len(train_data.class_names):,} answers"
    )
    train_pictures = stored(recipe, start, train_data, show, learns=True)
    dev_pictures = stored(recipe, start, dev_data, show, learns=False)
    dev_numbers, dev_labels = numbered(dev_data, vocabulary), torch.from_numpy(dev_data.labels)

    def step(network: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> dict[str, Tensor]:
        pictures, numbers, labels = batch
        logits = network(train_pictures.see(pictures), cropped(numbers.flatten(0, 1))).float()
        labels = labels.flatten()
        loss = F.cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing)
        return {"loss": loss, "train_accuracy": (logits.argmax(1) == labels).float().mean()}

    def evaluate(network: nn.Module) -> dict[str, float]:
        logits = answers(network, dev_data, dev_pictures, dev_numbers)
        known = dev_labels >= 0
        return {
            "accuracy": (logits.argmax(1) == dev_labels).float().mean().item(),
            "dev_loss": F.cross_entropy(logits[known], dev_labels[known]).item(),
        }

    augment = moved(start.input, recipe.augment) if start.input is not None else None
    progress = fit(
        model,
        list(block_groups(list(model.parameters()), settings.learning_rate, settings.weight_decay)),
        AskedSome(train_data, train_pictures, vocabulary, recipe.questions_at_once, settings.seed, augment),
        step=step,
        evaluate=evaluate,
        settings=settings,
        folder=recipe.output,
        show=show,
        recipe={name: getattr(recipe, name) for name in UNCHANGING}
        | {"answers": ", ".join(train_data.class_names)},
    )
    return progress.stopped


def measure(recipe: Recipe, data: Mapping[str, AskedPictures], dataset: str, show: Show) -> Measure:
    from finetune.answer_figures import measure_answers

    return measure_answers(data, dataset, show)


def golden(recipe: Recipe, dev_data: AskedPictures) -> tuple[np.ndarray, str]:
    """A drawing of nobody's, and a question of the data's kind."""
    from hub_models.shapes import Drawing, draw_shape

    return draw_shape(Drawing(shape="circle", colour="blue")), min(dev_data.questions, key=len)


PARTS = Parts(
    task=TASK, read_data=read_data, start_from=start_from, train=train, measure=measure, golden=golden
)
run = run_of(PARTS)


OTHERS = {"transformers:": "question_transformers:run_answerer"}  # runs of the networks of that library


def main(arguments: Sequence[str] | None = None) -> int:
    parser = build_parser("visual_question_answering", LEARNING)
    return run_asked(parser, Recipe, about_own_questions, run, arguments, recipe_values, OTHERS)


if __name__ == "__main__":
    sys.exit(main())
