"""The language before the pictures: a caption network reads captions whose pictures are not shown, their vector zero."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from finetune.caption_batches import Sentences, cropped, numbered
from finetune.caption_networks import everything_said
from finetune.freezing import block_groups
from finetune.loop import fit
from finetune.progress import tell
from finetune.running import Show
from finetune.starting_point import Start
from hub_models.captioned_pictures import CaptionedPictures
from hub_models.vocabulary import PADDING, Vocabulary

if TYPE_CHECKING:
    from finetune.image_captioning import Recipe

LANGUAGE = "language"  # folder in OUTPUT of the run that reads sentences
LANGUAGE_BATCH, LANGUAGE_RATE, LANGUAGE_DROPOUT = 96, 3e-3, 0.3


def learn_language(
    recipe: "Recipe",
    start: Start,
    train_data: CaptionedPictures,
    dev_data: CaptionedPictures,
    vocabulary: Vocabulary,
    unchanging: Mapping[str, object],
    show: Show,
) -> bool:
    """Read all captions without a picture, its vector zero, so that words and sentences are known. True: stopped."""
    if not recipe.language_epochs:
        return False
    settings = replace(
        recipe.settings, epochs=2 if recipe.smoke else recipe.language_epochs, batch=LANGUAGE_BATCH, accumulate=1,
        learning_rate=LANGUAGE_RATE, patience=0, warmup=0.05,
    )  # fmt: skip
    model, said = start.model, everything_said(train_data)
    model.dropout.p = LANGUAGE_DROPOUT
    tell(recipe.output, "training", "reading captions without pictures")
    show(f"language: reading {len(said):,} captions without their pictures")
    nothing = torch.zeros(1, 1, model.see.in_features)
    held = numbered([caption for found in dev_data.captions for caption in found], vocabulary)

    def one_step(network: nn.Module, numbers: Tensor) -> dict[str, Tensor]:
        return {"loss": word_loss(network, nothing.to(numbers.device), numbers, recipe.label_smoothing / 2)}

    def evaluate(network: nn.Module) -> dict[str, float]:
        device, loss, count = next(network.parameters()).device, 0.0, 0
        for part in held.split(250):
            numbers = part.to(device)
            words = int((numbers[:, 1:] != PADDING).sum())
            loss += words * float(word_loss(network, nothing.to(device), numbers))
            count += words
        return {"probability": math.exp(-loss / count)}

    progress = fit(
        model,
        list(block_groups(list(model.parameters()), settings.learning_rate, settings.weight_decay)),
        Sentences(said, vocabulary),
        step=one_step,
        evaluate=evaluate,
        settings=settings,
        folder=recipe.output / LANGUAGE,
        show=lambda words: show(f"language: {words}"),
        recipe=unchanging,
    )
    return progress.stopped


def word_loss(network: nn.Module, regions: Tensor, numbers: Tensor, smoothing: float = 0.0) -> Tensor:
    """Minus the logarithm of the probability of the next word (equation 10.5), averaged over words and ends.

    `numbers` hold as many captions of each picture, one after the other.
    """
    numbers = cropped(numbers)
    there = numbers[:, 1:] != PADDING
    logits = network(regions, numbers[:, :-1], len(numbers) // len(regions), there)
    return F.cross_entropy(logits.float(), numbers[:, 1:][there], label_smoothing=smoothing)
