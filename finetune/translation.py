"""Train a translator, or fine-tune a pretrained one.

    python -m finetune.translation --model transformer --data DIR --source en --target fr --output runs/mine

DIR holds train.en and train.fr, a sentence a line (perhaps .gz, perhaps val.en and val.fr too), or train.tsv or .csv: a
sentence and its translation in every row. --model is transformer, bahdanau, luong or seq2seq (ours, from random weights), a
checkpoint of ours, or transformers:HUB_ID for a Marian network of the Hub (Helsinki-NLP/opus-mt-en-fr; transformers:FOLDER
for one that lies here), whole or, with --lora-rank, through low-rank matrices that are added to its weights in the end.
Run the same command again to resume. The result, `OUTPUT/checkpoint`, opens in the hub's tab and can be pushed.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from finetune.about_translation import about_own_pairs
from finetune.finish import Measure
from finetune.freezing import block_groups
from finetune.loop import Evaluate, Settings, fit
from finetune.pair_batches import Batches, Fill, Numbers, Pair, batches_in_order, encoded, only
from finetune.pair_check import check_pairs, pairs_by_part
from finetune.running import Show
from finetune.starting_point import Start
from finetune.text_options import recipe_values
from finetune.translation_networks import FILE, TASK, start_translator
from finetune.translation_options import build_parser
from finetune.translator_figures import measure_translator
from finetune.whole_run import Parts, run_asked, run_of
from finetune.write import Storage
from hub_models.paired_texts import PairedTexts
from hub_models.predictors.pieces import Pieces

NOTHING = -100  # where a target has ended; no piece has this number
GOLDEN = "A young woman in a red coat is reading a book."


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    model: str
    data: str
    output: Path
    settings: Settings
    dev_data: str = ""
    dev_share: float = 0.03
    source: str = ""  # language, where the files have more than two
    target: str = ""
    pieces: int = 3_500  # of words, of both languages together
    width: int = 128  # numbers in the vector of a piece
    hidden: int = 192  # of a recurrent decoder
    layers: int = 3  # of a Transformer's encoder, and of its decoder
    heads: int = 4
    inner: int = 256
    dropout: float = 0.2
    label_smoothing: float = 0.1
    lora_rank: int = 0  # of a pretrained network; 0: all weights learn
    storage: Storage = "fp16"
    smoke: bool = False


def read_data(recipe: Recipe, show: Show) -> dict[str, PairedTexts]:
    """ "train" and "dev", checked, and "test" where the data has it."""
    data = pairs_by_part(
        recipe.data, recipe.dev_data, recipe.dev_share, recipe.settings.seed, recipe.source, recipe.target
    )
    train_data, report = check_pairs(data["train"], data["dev"])
    show(report)
    if not recipe.smoke:
        return {**data, "train": train_data}
    few = 8 * recipe.settings.batch * recipe.settings.accumulate
    order = np.random.default_rng(recipe.settings.seed)
    return {
        "train": train_data.subset(np.sort(order.permutation(len(train_data))[:few])),
        "dev": data["dev"].subset(range(min(20, len(data["dev"])))),
    }


def train(recipe: Recipe, start: Start, train_data: PairedTexts, dev_data: PairedTexts, show: Show) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    pieces = Pieces(start.files[FILE])
    show(f"{start.architecture}: {pieces.size:,} pieces of words")
    return learn(recipe, start.model, encoded(train_data, pieces), encoded(dev_data, pieces), Fill(), show)


def learn(
    recipe: Recipe,
    model: nn.Module,  # numbers (B, S), (B, T) and the mask (B, S) -> logits (B, T, words)
    on_train: Sequence[Numbers],
    on_dev: Sequence[Numbers],
    fill: Fill,
    show: Show,
) -> bool:
    """The training of any translator, ours or the library's."""
    settings = recipe.settings
    batches = Batches(on_train, settings.batch, settings.seed, fill)
    learning = [p for p in model.parameters() if p.requires_grad]
    show(f"{sum(p.numel() for p in learning):,} parameters learn, {len(batches):,} batches an epoch")
    if batches.left_out:
        show(f"left out of training, too long: {batches.left_out:,}")

    def step(network: nn.Module, batch: Pair) -> dict[str, Tensor]:
        source, target = only(batch)
        logits = network(source, target[:, :-1], source != fill.padding).float()
        wanted = target[:, 1:].masked_fill(target[:, 1:] == fill.padding, NOTHING)
        loss = F.cross_entropy(
            logits.flatten(0, 1),
            wanted.flatten(),
            ignore_index=NOTHING,
            label_smoothing=recipe.label_smoothing,
        )
        return {"loss": loss}

    progress = fit(
        model,
        list(block_groups(learning, settings.learning_rate, settings.weight_decay)),
        batches,
        step=step,
        evaluate=evaluation(on_dev, fill),
        settings=replace(settings, batch=1),  # a sample is a batch of sentences of similar length
        folder=recipe.output,
        show=show,
        recipe=unchanging(recipe),
    )
    return progress.stopped


def evaluation(pairs: Sequence[Numbers], fill: Fill) -> Evaluate:
    """The mean probability of the right piece (geometric) of the translations, and the share of first guesses."""
    batches = batches_in_order(pairs, 128, fill)

    def evaluate(network: nn.Module) -> dict[str, float]:
        device, loss, right, count = next(network.parameters()).device, 0.0, 0, 0
        for batch in batches:
            source, target = (side.to(device) for side in batch)
            logits = network(source, target[:, :-1], source != fill.padding).float()
            wanted = target[:, 1:]
            asked = wanted != fill.padding
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


def unchanging(recipe: Recipe) -> dict[str, object]:
    """What a run that is taken up again must have in common with its beginning."""
    shape = ("pieces", "width", "hidden", "layers", "heads", "inner", "dropout", "lora_rank")
    kept = {n: getattr(recipe, n) for n in ("model", "source", "target", *shape, "label_smoothing", "smoke")}
    return kept | {"sentences": recipe.settings.batch}


def measure(recipe: Recipe, data: Mapping[str, PairedTexts], dataset: str, show: Show) -> Measure:
    return measure_translator(data, dataset, show)


def golden(recipe: Recipe, dev: PairedTexts) -> str:
    return GOLDEN


PARTS = Parts(
    task=TASK, read_data=read_data, start_from=start_translator, train=train, measure=measure, golden=golden
)
run = run_of(PARTS)


OTHERS = {"transformers:": "translation_marian:run"}  # runs of the networks of that library


def main(arguments: Sequence[str] | None = None) -> int:
    return run_asked(build_parser(), Recipe, about_own_pairs, run, arguments, recipe_values, OTHERS)


if __name__ == "__main__":
    sys.exit(main())
