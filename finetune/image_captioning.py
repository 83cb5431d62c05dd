"""Train a network that describes pictures, or fine-tune one.

    python -m finetune.image_captioning --model caption-attention --data DIR --output runs/mine

DIR holds pictures and captions.json ({"picture.jpg": ["a dog runs on grass", ...], ...}), perhaps train.json and val.json;
Flickr8k as it is passed around is read too. --model is caption-lstm or caption-attention (ours: a network of ImageNet sees,
an LSTM tells), a checkpoint of ours, or transformers:HUB_ID for BLIP or GIT of the Hub, whole or, with --lora-rank 8, by
low-rank adapters. Ours read the captions of all pictures first, as language alone. Run the same command again to resume.
The result, `OUTPUT/checkpoint`, opens in the hub's tab and can be pushed.
"""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from finetune.about_captions import about_own_captions
from finetune.caption_batches import (
    PicturesWithCaptions,
    numbered,
    similar_captions,
)
from finetune.caption_check import captions_by_part, check_captions
from finetune.caption_figures import measure_captions
from finetune.caption_language import learn_language, word_loss
from finetune.caption_networks import TASK, start_caption_network
from finetune.caption_options import build_parser, recipe_values
from finetune.finish import Measure
from finetune.freezing import block_groups
from finetune.loop import Settings, fit
from finetune.progress import write_whole
from finetune.region_features import RegionFeatures, region_features
from finetune.running import Show
from finetune.starting_point import Start
from finetune.state import best_weights
from finetune.whole_run import Parts, run_asked, run_of
from finetune.write import Storage
from hub_models.architectures.caption_lstm import KNOWN_WORDS, CaptionLSTM
from hub_models.captioned_pictures import CaptionedPictures
from hub_models.evaluate.image_captioning import consensus
from hub_models.local import VOCABULARY
from hub_models.vocabulary import PADDING, Vocabulary, vocabulary_in


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    model: str
    data: str
    output: Path
    settings: Settings
    dev_data: str = ""
    dev_share: float = 0.15
    test_share: float = 0.0
    dev_block: int = 1
    least_count: int = 3
    embedding: int = 128
    hidden: int = 192
    dropout: float = 0.4
    views: int = 4
    features: str = ""
    language_epochs: int = 5
    similar: int = 0
    label_smoothing: float = 0.1
    lora: int = 0
    storage: Storage = "fp16"
    smoke: bool = False

    @property
    def features_folder(self) -> Path:
        return Path(self.features) if self.features else self.output / "features"


def read_data(recipe: Recipe, show: Show) -> dict[str, CaptionedPictures]:
    """ "train" and "dev", checked, and "test" where there is one."""
    parts = captions_by_part(
        recipe.data, recipe.dev_data, recipe.dev_share, recipe.test_share, recipe.dev_block, recipe.settings.seed
    )  # fmt: skip
    if recipe.smoke:
        few = 8 * recipe.settings.batch * recipe.settings.accumulate
        parts = {name: part.subset(range(min(few, len(part)))) for name, part in parts.items()}
        parts["train"] = replace(parts["train"], sentences=parts["train"].sentences[:few])
    return check_captions(parts, show)


def train(
    recipe: Recipe, start: Start, train_data: CaptionedPictures, dev_data: CaptionedPictures, show: Show
) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    model, vocabulary = start.model, vocabulary_in(start.files[VOCABULARY])
    show(
        f"{start.architecture}: {sum(p.numel() for p in model.parameters()):,} parameters, "
        f"{len(vocabulary.words) - 2:,} words"
    )
    describe = partial(region_features, folder=recipe.features_folder, output=recipe.output, show=show)
    same = unchanging(recipe) | {"words": " ".join(vocabulary.words)}
    if start.parent is None and learn_language(recipe, start, train_data, dev_data, vocabulary, same, show):
        return True
    features, on_dev = describe(train_data, recipe.views), describe(dev_data, 1)
    extra = []
    if recipe.similar and train_data.sentences:
        extra = similar_captions(sentences_in(train_data), train_data.captions, vocabulary)
        show(f"captions of other pictures that fit one of these: {sum(map(len, extra)):,}")
    model.dropout.p = recipe.dropout
    data = PicturesWithCaptions(
        features, train_data.captions, vocabulary, recipe.settings.seed, model.looks, extra,
        recipe.similar if extra else 0,
    )  # fmt: skip
    progress = fit(
        model,
        list(block_groups(list(model.parameters()), recipe.settings.learning_rate, recipe.settings.weight_decay)),
        data,
        step=partial(step, recipe),
        evaluate=partial(on_pictures, on_dev, dev_data, vocabulary),
        settings=recipe.settings,
        folder=recipe.output,
        show=show,
        recipe=same,
    )  # fmt: skip
    remember(recipe.output, model, features, train_data, vocabulary)
    return progress.stopped


def sentences_in(data: CaptionedPictures) -> list[str]:
    return [caption for found in data.sentences for caption in found]


def step(recipe: Recipe, network: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
    """Regions (B, places, C) float16 and captions (B, n, T) of each."""
    regions, captions = batch
    return {"loss": word_loss(network, regions.float(), captions.flatten(0, 1), recipe.label_smoothing)}


def on_pictures(
    features: RegionFeatures, data: CaptionedPictures, vocabulary: Vocabulary, network: CaptionLSTM
) -> dict[str, float]:
    """The mean probability (geometric) of a word of a caption of a dev picture, after the words before it."""
    device, loss, count = next(network.parameters()).device, 0.0, 0
    for index, captions in enumerate(data.captions):
        numbers = numbered(captions, vocabulary).to(device)
        seen = torch.from_numpy(features(index)).float().to(device)[None]
        words = int((numbers[:, 1:] != PADDING).sum())
        loss, count = loss + words * float(word_loss(network, seen, numbers)), count + words
    return {"probability": math.exp(-loss / count), "perplexity": math.exp(loss / count)}


def remember(
    output: Path,
    model: CaptionLSTM,
    features: RegionFeatures,
    data: CaptionedPictures,
    vocabulary: Vocabulary,
) -> None:
    """Put the vectors of the training pictures, with a caption of each, beside the best weights."""
    if not best_weights(output, model, needed=False):
        return
    model.eval()
    device = next(model.parameters()).device
    with torch.inference_mode():
        vectors = [
            model.vector(torch.from_numpy(features(i)).float().to(device)[None])[0]
            for i in range(len(features))
        ]
    said = numbered([consensus(captions) for captions in data.captions], vocabulary)[:, 1:]
    with torch.no_grad():
        model.known_pictures.copy_(torch.stack(vectors))
        model.known_captions.copy_(said[:, :KNOWN_WORDS])
    kept = save_tensors({name: tensor.contiguous() for name, tensor in model.state_dict().items()})
    write_whole(output / "best.safetensors", lambda file: file.write(kept))


def unchanging(recipe: Recipe) -> dict[str, object]:
    """What a run that is taken up again must have in common with its beginning."""
    names = (
        "model", "least_count", "embedding", "hidden", "dropout", "views", "language_epochs", "similar",
        "label_smoothing", "lora", "smoke",
    )  # fmt: skip
    return {name: getattr(recipe, name) for name in names}


def measure(recipe: Recipe, data: Mapping[str, CaptionedPictures], dataset: str, show: Show) -> Measure:
    return measure_captions(data, recipe.features_folder, recipe.output, dataset, show)


PARTS = Parts(task=TASK, read_data=read_data, start_from=start_caption_network, train=train, measure=measure)
run = run_of(PARTS)


OTHERS = {"transformers:": "transformers_captions:run"}  # runs of the networks of that library


def main(arguments: Sequence[str] | None = None) -> int:
    return run_asked(build_parser(), Recipe, about_own_captions, run, arguments, recipe_values, OTHERS)


if __name__ == "__main__":
    sys.exit(main())
