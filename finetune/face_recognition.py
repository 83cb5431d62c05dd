"""Train a network that tells people apart by their faces, also people it never saw, on a folder a person.

    python -m finetune.face_recognition --model face-embedding --data DIR --output runs/mine

DIR holds a folder a person, perhaps in parts train/ and val/; a person is in one part alone. --model is face-embedding
(ours, on an ImageNet backbone), siamese (ours, small, grey, from random weights), or a checkpoint of ours. Faces are
found and turned upright first; with `--faces whole` the pictures are crops of upright faces already. Run the same
command again to resume. The result, `OUTPUT/checkpoint`, opens in the hub's tab and can be pushed.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from finetune.about_faces import about_own_faces
from finetune.decoded import Decoded
from finetune.face_batches import PeopleBatches
from finetune.face_changes import changed
from finetune.face_data import read_data
from finetune.face_figures import measure_embedder
from finetune.face_options import build_parser
from finetune.finish import Measure
from finetune.freezing import block_groups
from finetune.loop import Evaluate, Settings, Step, fit
from finetune.object_detection import parameter_groups as backbone_groups
from finetune.pictures import normalised
from finetune.running import Show
from finetune.starting_faces import start_embedder
from finetune.starting_point import Start
from finetune.triplets import MARGIN, triplet_loss
from finetune.whole_run import Parts, run_asked, run_of
from finetune.write import Storage
from hub_models.face_gallery import all_pairs, equal_error, roc_auc
from hub_models.face_pictures import FacePictures
from hub_models.preprocess import InputSpec, crop_pixels

TASK = "face-recognition"
TOGETHER = 64  # dev faces in a batch
SCALE, ANGLE_MARGIN = 20.0, 0.2  # of the cosines, in the loss that asks which training person it is


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    model: str
    data: str
    output: Path
    settings: Settings  # its `batch` counts people
    dev_data: str = ""
    dev_share: float = 0.2  # of the people
    faces: Literal["find", "whole"] = "find"
    size_hw: tuple[int, int] | None = None  # None: 96 x 96, for siamese 64 x 64
    each: int = 4  # pictures of a person in a batch
    rounds: int = 2  # times that a person comes in an epoch
    margin: float = MARGIN
    who: float = 1.0  # weight of the loss that asks which training person it is; 0: triplets alone
    frozen_stages: int = 3  # of an ImageNet backbone, with its stem
    backbone_rate: float = 0.5  # rate of the rest of the backbone / rate of what comes after it
    storage: Storage = "fp16"
    smoke: bool = False


class WithPeople(nn.Module):
    """A network and, for training alone, a direction for each training person: the checkpoint has `kept` of it."""

    def __init__(self, network: nn.Module, people: int) -> None:
        super().__init__()
        self.kept = network
        self.directions = nn.Parameter(torch.randn(people, network.dims) * 0.1)

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, h, w) -> embeddings (B, D), cosines to each person's direction (B, people)."""
        found = self.kept(faces).float()
        return found, found @ F.normalize(self.directions, dim=1).T


def person_loss(cosines: Tensor, people: Tensor) -> Tensor:
    """Cross-entropy of scaled cosines, the right one less a margin ("CosFace", Wang and others, 2018, equation 4)."""
    right = ANGLE_MARGIN * F.one_hot(people, cosines.shape[1])
    return F.cross_entropy(SCALE * (cosines - right), people)


def step_with(recipe: Recipe, spec: InputSpec) -> Step:
    mean, std = (torch.tensor(values).view(-1, 1, 1) for values in (spec.mean, spec.std))

    def step(network: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        pictures, people = batch  # (P, K, C, h, w), (P,)
        faces = changed(pictures.flatten(0, 1).float() / 255)
        faces = (faces - mean.to(faces.device)) / std.to(faces.device)
        people = people.repeat_interleave(pictures.shape[1])
        embeddings, cosines = network(faces.contiguous(memory_format=torch.channels_last))
        found = triplet_loss(embeddings, people, recipe.margin)
        who = person_loss(cosines, people)
        return {"loss": found["loss"] + recipe.who * who, "triplets": found["loss"], "who": who} | {
            name: found[name] for name in ("semi_hard", "hard")
        }

    return step


def train(recipe: Recipe, start: Start, train_data: FacePictures, dev_data: FacePictures, show: Show) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    batches = PeopleBatches(train_data, start.input, recipe.each, recipe.rounds, recipe.settings.seed)
    model = WithPeople(start.model, batches.people)
    show(f"{start.architecture}: {sum(p.numel() for p in start.model.parameters()):,} parameters")
    names = ("model", "faces", "each", "rounds", "margin", "who", "frozen_stages", "backbone_rate", "smoke")
    progress = fit(
        model,
        parameter_groups(model, recipe),
        batches,
        step=step_with(recipe, start.input),
        evaluate=evaluation(dev_data, start.input),
        settings=recipe.settings,
        folder=recipe.output,
        show=show,
        recipe={name: getattr(recipe, name) for name in names}
        | {"input": start.input, "people": batches.people},
    )
    return progress.stopped


def parameter_groups(model: WithPeople, recipe: Recipe) -> list[dict]:
    """First stages of a backbone stay, its rest learns slowly; the people's directions learn fast, without decay."""
    settings = recipe.settings
    if hasattr(model.kept, "backbone"):
        groups = backbone_groups(model.kept, settings, recipe)
    else:
        groups = list(
            block_groups(list(model.kept.parameters()), settings.learning_rate, settings.weight_decay)
        )
    return [*groups, {"params": [model.directions], "lr": 5 * settings.learning_rate, "weight_decay": 0.0}]


def evaluation(data: FacePictures, spec: InputSpec) -> Evaluate:
    """ROC AUC over the pairs of `data`, those of one take left out; and over all pairs."""
    read = Decoded(lambda index: crop_pixels(data.read(index), spec))

    def evaluate(model: nn.Module) -> dict[str, float]:
        network, parts = model.kept, []
        device = next(network.parameters()).device
        for start in range(0, len(data), TOGETHER):
            faces = [read(index) for index in range(start, min(start + TOGETHER, len(data)))]
            x = torch.from_numpy(np.stack(faces)).to(device)
            parts.append(network(normalised(x, spec)).float().cpu().numpy())
        pairs = all_pairs(np.concatenate(parts), data.labels, data.takes)
        across = pairs.across_takes()
        return {
            "auc": roc_auc(across.distances, across.same),
            "auc_all": roc_auc(pairs.distances, pairs.same),
            "equal_error": equal_error(across.distances, across.same)[0],
        }

    return evaluate


def start_from(recipe: Recipe, data: FacePictures) -> Start:
    return start_embedder(recipe.model, recipe.size_hw)


def measure(recipe: Recipe, data: Mapping[str, FacePictures], dataset: str, show: Show) -> Measure:
    return measure_embedder(data, dataset, show)


PARTS = Parts(task=TASK, read_data=read_data, start_from=start_from, train=train, measure=measure)
run = run_of(PARTS)


def main(arguments: Sequence[str] | None = None) -> int:
    return run_asked(build_parser(), Recipe, about_own_faces, run, arguments)


if __name__ == "__main__":
    sys.exit(main())
