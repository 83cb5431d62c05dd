"""BLIP or GIT of the transformers library, for `--model transformers:...` of the recipe for captions.

transformers:USER/NAME       a network of the Hub that describes pictures, in safetensors (microsoft/git-base)
transformers:FOLDER          one in a folder, as `save_pretrained` or this recipe wrote it

All weights learn; or, with `--lora-rank R`, thin matrices beside those of the attention (lora.py). A picture is shown with
one of its captions, drawn anew in each epoch.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from finetune import image_captioning as ours
from finetune import lora
from finetune.freezing import block_groups
from finetune.library_source import source_of
from finetune.loop import fit
from finetune.running import Show
from finetune.starting_point import Start
from finetune.text_transformers import tokenizer_files, tokenizer_of
from finetune.translation_marian import Whole
from finetune.whole_run import run_of
from hub_models.captioned_pictures import CaptionedPictures
from hub_models.predictors.transformers import build
from hub_models.predictors.transformers_captioner import marks_of
from hub_models.predictors.transformers_detector import LAST

DEFAULT = "git_base.web"
MATRICES = ("query", "value")  # of the text layers of BLIP and GIT
LONGEST = 40  # pieces of a caption
NOTHING = -100  # in place of a piece that is padding


def start_from(recipe: ours.Recipe, data: CaptionedPictures) -> Start:
    """The network that `recipe.model` names. BadData `model_unknown`; CheckpointError; HubUnavailable."""
    from transformers import AutoImageProcessor

    row, folder = source_of("transformers", recipe.model.partition(":")[2], DEFAULT, ours.TASK)
    network = build(row, folder, "cpu").requires_grad_(True)
    processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    return Start(
        model=Whole(network),
        library="transformers",
        architecture=network.config.model_type,
        input=None,
        origin=f"{row.title} ({row.weights_licence})",
        parent=None,
        processor=processor.to_json_string(),
        files=tokenizer_files(folder),
    )


class Keys(Dataset):
    """(epoch, index) -> the same: pictures differ in size, so a batch is made where it is used."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, key: tuple[int, int]) -> tuple[int, int]:
        return key


class Learner(lora.Learner):
    """The network while it learns; thin matrices only beside MATRICES."""

    def __init__(self, network: nn.Module, rank: int) -> None:
        super().__init__(network, rank, matrices=MATRICES)

    def forward(self, pixel_values: Tensor, pieces: Tensor, there: Tensor) -> Tensor:
        """Pieces (B, T) -> logits (B, T, entries) of what comes after each."""
        found = self.network(pixel_values=pixel_values, input_ids=pieces, attention_mask=there).logits
        return found[:, -pieces.shape[1] :]  # before the words, GIT answers about the patches too

    @property
    def kept(self) -> nn.Module:
        return Whole(super().kept)


class Batches:
    """Pictures and captions as the library's processor and tokenizer make them."""

    def __init__(self, start: Start, data: CaptionedPictures) -> None:
        import transformers

        settings = json.loads(start.processor)
        kind = getattr(transformers, settings["image_processor_type"])
        self.processor, self.tokenizer, self.data = kind.from_dict(settings), tokenizer_of(start), data
        self.begin, self.end = marks_of(start.model.network.config, self.tokenizer)

    def of(self, places: Sequence[int], captions: Sequence[str], device: torch.device) -> tuple[Tensor, ...]:
        """(pictures, pieces read (B, T), 1 where there is one, pieces wanted or NOTHING)."""
        pictures = [self.data.read(int(i)) for i in places]
        seen = self.processor(pictures, return_tensors="pt", input_data_format=LAST)["pixel_values"]
        cut = self.tokenizer(
            list(captions), add_special_tokens=False, truncation=True, max_length=LONGEST
        ).input_ids
        longest = max(map(len, cut)) + 1
        read = torch.full((len(cut), longest), self.end)
        wanted, there = torch.full_like(read, NOTHING), torch.zeros_like(read)
        for row, pieces in enumerate(cut):
            count = len(pieces) + 1
            read[row, :count] = torch.tensor([self.begin, *pieces])
            wanted[row, :count] = torch.tensor([*pieces, self.end])
            there[row, :count] = 1
        return tuple(tensor.to(device) for tensor in (seen, read, there, wanted))


def train(
    recipe: ours.Recipe, start: Start, train_data: CaptionedPictures, dev_data: CaptionedPictures, show: Show
) -> bool:
    """As `image_captioning.train`."""
    learner, settings = Learner(start.model.network, recipe.lora), recipe.settings
    learning = [p for p in learner.parameters() if p.requires_grad]
    count = sum(p.numel() for p in start.model.parameters())
    show(f"{start.architecture}: {count:,} parameters, {sum(p.numel() for p in learning):,} of them learn")
    on_train, on_dev = (Batches(start, data) for data in (train_data, dev_data))

    def loss(network: nn.Module, batch: tuple[Tensor, ...], smoothing: float = 0.0) -> Tensor:
        pictures, read, there, wanted = batch
        logits = network(pictures, read, there).float().flatten(0, 1)
        return F.cross_entropy(logits, wanted.flatten(), ignore_index=NOTHING, label_smoothing=smoothing)

    def step(network: nn.Module, keys: list[Tensor]) -> dict[str, Tensor]:
        drawn = [
            one_of(train_data, int(epoch), int(i), settings.seed) for epoch, i in zip(*keys, strict=True)
        ]
        batch = on_train.of(keys[1].tolist(), drawn, keys[1].device)
        return {"loss": loss(network, batch, recipe.label_smoothing)}

    def evaluate(network: nn.Module) -> dict[str, float]:
        device, losses = next(network.parameters()).device, []
        for part in np.array_split(np.arange(len(dev_data)), -(-len(dev_data) // settings.batch)):
            batch = on_dev.of(part.tolist(), [dev_data.captions[i][0] for i in part], device)
            losses += [float(loss(network, batch))] * len(part)
        return {"probability": math.exp(-float(np.mean(losses)))}

    return fit(
        learner, list(block_groups(learning, settings.learning_rate, settings.weight_decay)), Keys(len(train_data)),
        step=step, evaluate=evaluate, settings=settings, folder=recipe.output, show=show,
        recipe={name: getattr(recipe, name) for name in ("model", "lora", "label_smoothing", "smoke")},
    ).stopped  # fmt: skip


def one_of(data: CaptionedPictures, epoch: int, index: int, seed: int) -> str:
    """The caption of picture `index` in this epoch."""
    captions = data.captions[index]
    return captions[int(np.random.default_rng((seed, epoch, index)).integers(len(captions)))]


run = run_of(replace(ours.PARTS, start_from=start_from, train=train))
