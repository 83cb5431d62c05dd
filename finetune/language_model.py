"""Train a language model that reads and writes characters, on plain text.

    python -m finetune.language_model --model lstm --data play.txt --output runs/mine

--data is a .txt file, or a folder, zip or Hub dataset of them, perhaps named train.txt, val.txt, test.txt. --model is rnn,
lstm, gru or transformer (ours, from random weights), or a checkpoint of ours. Run the same command again to resume. The
result, `OUTPUT/checkpoint`, opens in the hub's tab and can be pushed.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from finetune.about_language_model import about_own_text
from finetune.character_models import start_character_model, vocabulary_in
from finetune.finish import Measure
from finetune.freezing import block_groups
from finetune.hub_dataset import TEXT_SUFFIXES, open_with
from finetune.language_model_figures import measure_language_model
from finetune.language_model_options import build_parser, recipe_values
from finetune.loop import Evaluate, Settings, fit
from finetune.running import Show
from finetune.starting_point import Start
from finetune.whole_run import Parts, run_asked, run_of
from finetune.write import Storage
from hub_models.errors import BadData
from hub_models.running_text import RunningText, open_texts, split
from hub_models.vocabulary import PADDING, UNKNOWN, Vocabulary

TASK = "language-model"
MADE_UNKNOWN = 0.002  # of the characters read in training, so that the network knows what an unknown one is
AT_ONCE = 256  # characters of each dev block between two steps of the evaluation
GOLDEN = "First Citizen:\nBefore we proceed any further, hear me speak."


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    model: str
    data: str
    output: Path
    settings: Settings
    dev_data: str = ""
    dev_share: float = 0.1
    width: int = 32  # numbers that a character becomes
    hidden: int = 256  # of the recurrent state, or of the dense layers of a Transformer
    layers: int = 1
    heads: int = 4
    window: int = 128  # characters that are read in a row in training; all that a Transformer sees
    dropout: float = 0.0
    storage: Storage = "fp16"
    smoke: bool = False


def texts_at(name: str) -> dict[str, RunningText]:
    """The texts, by part, in the file, folder or zip `name`, or in the Hub data set of that name."""
    return open_with(open_texts, name, (".txt", *TEXT_SUFFIXES))


def read_data(recipe: Recipe, show: Show) -> dict[str, RunningText]:
    """ "train" and "dev", and "test" where the data has it."""
    data = texts_at(recipe.data)
    if recipe.dev_data:
        data["dev"] = next(iter(texts_at(recipe.dev_data).values()))
    train = data.get("train") or data.get("all")
    if train is None:
        raise BadData(
            "data_missing", "Expected text to learn from, got only held-out parts. Name it train.txt."
        )
    dev = data.get("dev")
    if dev is None:
        train, dev = split(train, recipe.dev_share, recipe.settings.seed)
    if recipe.smoke:
        train, dev = RunningText(blocks=train.blocks[:20]), RunningText(blocks=dev.blocks[:2])
    if len(train) <= recipe.window:
        raise BadData(
            "data_too_small",
            f"Expected more than {recipe.window} characters to learn from, got {len(train)}. Give more text.",
        )
    characters = len(set(train.text))
    show(f"{len(train):,} characters to learn from ({characters} different ones), {len(dev):,} to measure on")
    return {**data, "train": train, "dev": dev}


class Windows(Dataset):
    """`[(epoch, index)]` -> the numbers (window + 1,) int64 of a stretch of text; each epoch cuts at other places."""

    def __init__(self, numbers: Tensor, window: int, seed: int) -> None:
        self.numbers, self.window, self.seed = numbers, window, seed

    def __len__(self) -> int:
        return max(1, (len(self.numbers) - 1) // self.window)

    def __getitem__(self, key: tuple[int, int]) -> Tensor:
        epoch, index = key
        most = len(self.numbers) - 1 - self.window  # where the last window begins
        random = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        shift = int(torch.randint(self.window, (), generator=random))
        begin = min(index * self.window + shift, most)
        return self.numbers[begin : begin + self.window + 1]


def train(recipe: Recipe, start: Start, train_data: RunningText, dev_data: RunningText, show: Show) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    settings, model = recipe.settings, start.model
    show(f"{model.kind}: {sum(p.numel() for p in model.parameters()):,} parameters")
    vocabulary = vocabulary_in(start)
    text = train_data.text
    if recipe.smoke:
        text = text[: 8 * settings.batch * settings.accumulate * recipe.window + 1]
    progress = fit(
        model,
        list(block_groups(list(model.parameters()), settings.learning_rate, settings.weight_decay)),
        Windows(torch.tensor(vocabulary.character_numbers(text)), recipe.window, settings.seed),
        step=step,
        evaluate=evaluation(dev_data, vocabulary),
        settings=settings,
        folder=recipe.output,
        show=show,
        recipe={name: getattr(recipe, name) for name in ("model", "window", "dropout", "smoke")}
        | {"characters": "".join(vocabulary.characters)},
    )
    return progress.stopped


def step(network: nn.Module, windows: Tensor) -> dict[str, Tensor]:
    """Equation 10.5 of the lecture at every character, averaged."""
    read, wanted = windows[:, :-1], windows[:, 1:]
    read = read.masked_fill(torch.rand(read.shape, device=read.device) < MADE_UNKNOWN, UNKNOWN)
    loss = F.cross_entropy(network(read).float().flatten(0, 1), wanted.flatten())
    return {"loss": loss}


def evaluation(data: RunningText, vocabulary: Vocabulary) -> Evaluate:
    """The mean probability of the right character (geometric), and its inverse, the perplexity, on blocks of `data`.

    Each block is read from its beginning to its end, with all that was read before it in memory.
    """
    begin = vocabulary.character_numbers("\n")
    rows = [begin + vocabulary.character_numbers(block) for block in data.blocks]
    longest = max(map(len, rows))
    blocks = torch.tensor([row + [PADDING] * (longest - len(row)) for row in rows])

    def evaluate(network: nn.Module) -> dict[str, float]:
        memory, loss, right, count = None, 0.0, 0, 0
        on = blocks.to(next(network.parameters()).device)
        for place in range(0, longest - 1, AT_ONCE):
            states, memory = network.read(on[:, place : min(place + AT_ONCE, longest - 1)], memory)
            logits = network.classifier(states).float()
            wanted = on[:, place + 1 : place + 1 + logits.shape[1]]
            asked = wanted > UNKNOWN
            loss += float(F.cross_entropy(logits[asked], wanted[asked], reduction="sum"))
            right += int((logits.argmax(-1) == wanted)[asked].sum())
            count += int(asked.sum())
        mean = torch.tensor(loss / count)
        return {
            "probability": float((-mean).exp()),
            "perplexity": float(mean.exp()),
            "accuracy": right / count,
        }

    return evaluate


def start(recipe: Recipe, data: RunningText) -> Start:
    sizes = {name: getattr(recipe, name) for name in ("width", "hidden", "layers", "heads", "dropout")}
    return start_character_model(recipe.model, data.text, **sizes, context=recipe.window)


def measure(recipe: Recipe, data: Mapping[str, RunningText], dataset: str, show: Show) -> Measure:
    return measure_language_model(data, dataset, show)


def golden(recipe: Recipe, dev: RunningText) -> str:
    return GOLDEN


PARTS = Parts(
    task=TASK,
    read_data=read_data,
    start_from=start,
    train=train,
    measure=measure,
    golden=golden,
)
run = run_of(PARTS)


def main(arguments: Sequence[str] | None = None) -> int:
    return run_asked(build_parser(), Recipe, about_own_text, run, arguments, recipe_values)


if __name__ == "__main__":
    sys.exit(main())
