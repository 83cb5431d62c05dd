"""Train a network that gives photographs one style, in one pass.

    python -m finetune.style_transfer --style painting.jpg --data DIR --output runs/mine

DIR is a folder or a zip of photographs of any kind; nothing has to be told about them. A classifier, which is not changed,
says how far content and style of a picture are from what is wanted (Johnson, Alahi, Fei-Fei, 2016). Run the same command
again to resume. The result, `OUTPUT/checkpoint`, opens in the hub's tab and can be pushed; `OUTPUT/dev.jpg` shows how the
dev photographs look after each epoch.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from finetune.about_style import about_own_style, style_name
from finetune.finish import Measure
from finetune.freezing import block_groups
from finetune.loop import Evaluate, Settings, Step, fit
from finetune.perceptual import PerceptualLoss, Weights, as_tensor, loss_network
from finetune.photographs import Pieces, checked_photographs, middles, photographs_by_part, style_picture
from finetune.pictures import normalised
from finetune.running import Show
from finetune.starting_point import Start, find_ours, gone_on_from
from finetune.style_figures import DEV_PICTURES, EXAMPLES, grid, measure_stylizer
from finetune.style_options import build_parser, recipe_values
from finetune.whole_run import Parts, run_asked, run_of
from finetune.write import Storage
from hub_models.architectures.image_transform import MODEL
from hub_models.data_files import Photographs
from hub_models.evaluate.style_transfer import JUDGE
from hub_models.loader import LOADER
from hub_models.picture import encode_jpeg
from hub_models.predictors.gatys import as_pixels
from hub_models.predictors.style_pictures import in_size
from hub_models.preprocess import InputSpec

TASK = "style-transfer"
SPEC = InputSpec(size_hw=(512, 512), mean=(0.5,) * 3, std=(0.5,) * 3)  # a larger picture is shrunk to that


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    style: str  # one that ships, by name, or a file
    data: str
    output: Path
    settings: Settings
    model: str = "image-transform"  # or a checkpoint of ours, to go on from: another style learns faster so
    dev_data: str = ""
    dev_share: float = 0.1
    dev_block: int = 1
    side: int = 128  # pixels of the pieces that are shown
    style_side: int = 256  # pixels of the style picture's longer side: how large its strokes become
    width: int = 16
    blocks: int = 4
    loss_network: str = "gatys.vgg_small"
    weights: Weights = field(default_factory=Weights)
    card_examples: bool = True  # dev photographs stand in the card, and on the Hub after a push
    storage: Storage = "fp16"
    smoke: bool = False


def read_data(recipe: Recipe, show: Show) -> dict[str, Photographs]:
    """ "train" and "dev", checked; the style picture is looked at too."""
    style_picture(recipe.style, recipe.output)
    parts = photographs_by_part(
        recipe.data, recipe.dev_data, recipe.dev_share, recipe.dev_block, recipe.settings.seed
    )
    if recipe.smoke:
        few = 8 * recipe.settings.batch * recipe.settings.accumulate
        parts = {name: part.subset(range(min(few, len(part)))) for name, part in parts.items()}
    names = (style_name(recipe.style),)
    checked = checked_photographs(parts, show)
    return {part: replace(data, class_names=names) for part, data in checked.items()}


def start_from(recipe: Recipe, data: Photographs) -> Start:
    model = MODEL(recipe.width, recipe.blocks)
    if recipe.model != "image-transform":
        parent = find_ours(
            recipe.model, TASK, ["image-transform"], "or the folder of a style network of ours"
        )
        return gone_on_from(parent, model, SPEC)
    return Start(
        model=model,
        library="ours",
        architecture="image_transform",
        input=SPEC,
        origin="random weights",
        parent=None,
    )


def loss_of(recipe: Recipe) -> PerceptualLoss:
    style = in_size(style_picture(recipe.style, recipe.output), recipe.style_side)
    return PerceptualLoss(*loss_network(recipe.loss_network), style, recipe.weights)


def train(recipe: Recipe, start: Start, train_data: Photographs, dev_data: Photographs, show: Show) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    model, settings, loss = start.model, recipe.settings, loss_of(recipe)
    show(f"{start.architecture}: {sum(p.numel() for p in model.parameters()):,} parameters")
    names = ("model", "side", "style_side", "width", "blocks", "loss_network", "weights", "smoke")
    progress = fit(
        model,
        list(block_groups(list(model.parameters()), settings.learning_rate, settings.weight_decay)),
        Pieces(train_data, recipe.side, settings.seed),
        step=step_with(loss),
        evaluate=evaluation(loss, dev_data, recipe),
        settings=settings,
        folder=recipe.output,
        show=show,
        recipe={name: getattr(recipe, name) for name in names} | {"style": recipe.style},
    )
    return progress.stopped


def step_with(loss: PerceptualLoss) -> Step:
    def step(network: nn.Module, batch: Tensor) -> dict[str, Tensor]:
        photographs = (batch.float() / 255).contiguous(memory_format=torch.channels_last)
        terms = loss(photographs, network(normalised(batch, SPEC)))
        return {"loss": torch.stack(list(terms.values())).sum(), **terms}

    return step


def evaluation(loss: PerceptualLoss, data: Photographs, recipe: Recipe) -> Evaluate:
    """The loss on the middles of dev photographs, made negative because the largest score is kept.

    `style_taken`: 1 where nothing of the style cost is left, 0 where it is still that of the photographs.
    """
    pictures = middles(data, DEV_PICTURES, recipe.side)
    undone: list[float] = []  # style cost of each photograph itself

    def evaluate(network: nn.Module) -> dict[str, float]:
        device = next(network.parameters()).device
        totals: dict[str, float] = {}
        answers, taken = [], 0.0
        for number, pixels in enumerate(pictures):
            photograph = as_tensor(pixels).to(device)
            if len(undone) == number:
                undone.append(float(loss.costs(photograph, photograph)[1]))
            generated = network(normalised(photograph * 255, SPEC)).float()
            content, style = loss.costs(photograph, generated)
            for name, term in loss.terms(content, style, generated).items():
                totals[name] = totals.get(name, 0.0) + float(term) / len(pictures)
            taken += (1 - float(style) / undone[number]) / len(pictures)
            answers.append(as_pixels(generated))
        seen = encode_jpeg(grid([pictures[:EXAMPLES], answers[:EXAMPLES]]))
        (recipe.output / "dev.jpg").write_bytes(seen)
        return {"minus_loss": -sum(totals.values()), **totals, "style_taken": taken}

    return evaluate


def measure(recipe: Recipe, data: Mapping[str, Photographs], dataset: str, show: Show) -> Measure:
    judge = LOADER.get(JUDGE, TASK)
    style = style_picture(recipe.style, recipe.output)
    return measure_stylizer(data["dev"], style, dataset, show, judge, recipe.card_examples)


PARTS = Parts(task=TASK, read_data=read_data, start_from=start_from, train=train, measure=measure)
run = run_of(PARTS)


def main(arguments: Sequence[str] | None = None) -> int:
    return run_asked(build_parser(), Recipe, about_own_style, run, arguments, recipe_values)


if __name__ == "__main__":
    sys.exit(main())
