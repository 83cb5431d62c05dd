"""SegFormer of the transformers library, for `--model segformer ...`: a transformer that labels pixels.

segformer                       nvidia/segformer-b0-finetuned-ade-512-512 from the Hub, trained on ADE20K
segformer:USER/NAME             another SegFormer on the Hub, in safetensors
segformer:FOLDER                one in a folder, as `save_pretrained` or this recipe wrote it

The network gives maps of a quarter of its input; they are enlarged before the loss. It sees every picture squeezed into
--size (height x width), or into what its picture processor says.
"""

import json
from functools import partial

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from finetune.decoded import Decoded
from finetune.freezing import block_groups
from finetune.library_source import source_of
from finetune.loop import Evaluate, Settings, Step, fit
from finetune.masked_pictures import AugmentedMasks
from finetune.pictures import normalised
from finetune.running import Show, recipe_run
from finetune.semantic_segmentation import TASK, Recipe, loss_of, work
from finetune.starting_point import Start
from hub_models.errors import BadData, CheckpointError
from hub_models.mask_dataset import MaskedPictures
from hub_models.predictors.segmenter import to_semantic_map
from hub_models.preprocess import InputSpec
from hub_models.segmentation_metrics import confusion_of, mean_iou, pixel_accuracy

DEFAULT = "segformer_b0.ade20k"
KIND, STRIDE = "segformer", 32
PAPER = "Xie, Wang, Yu, Anandkumar, Alvarez, Luo: SegFormer: Simple and Efficient Design for Semantic Segmentation (2021)"


def named(architecture: str) -> tuple[str, tuple[str, int, str]]:
    """(what the network is called, (whom to cite, year, deviations from that))."""
    return "SegFormer", (PAPER, 2021, "")


def start_from(recipe: Recipe, data: MaskedPictures) -> Start:
    """The network that `recipe.model` names, for the classes of `data`. BadData `model_unknown`; HubUnavailable."""
    from transformers import AutoConfig, AutoImageProcessor, SegformerForSemanticSegmentation

    row, folder = source_of(KIND, recipe.model.partition(":")[2], DEFAULT, TASK)
    if AutoConfig.from_pretrained(folder, local_files_only=True).model_type != KIND:
        raise BadData("model_unknown", f"Expected a SegFormer in {row.title}, found another network.")
    names = data.class_names
    try:
        model = SegformerForSemanticSegmentation.from_pretrained(
            folder, use_safetensors=True, local_files_only=True, dtype=torch.float32,
            id2label=dict(enumerate(names)), label2id={name: i for i, name in enumerate(names)},
            ignore_mismatched_sizes=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise CheckpointError(
            "checkpoint_foreign", f"Expected whole weights of a SegFormer in safetensors in {row.title}."
        ) from error
    processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    wanted = recipe.size_hw or (processor.size["height"], processor.size["width"])
    height, width = (-(-side // STRIDE) * STRIDE for side in wanted)
    processor.size = {"height": height, "width": width}
    model._hub_mixin_config = json.loads(model.config.to_json_string(use_diff=False))
    spec = InputSpec(
        size_hw=(height, width),
        mean=tuple(processor.image_mean),
        std=tuple(processor.image_std),
        interpolation="bilinear",
    )
    return Start(
        model=model, library="transformers", architecture=KIND, input=spec,
        origin=f"{row.title} ({row.weights_licence})", parent=None, processor=processor.to_json_string(),
    )  # fmt: skip


def train(
    recipe: Recipe, start: Start, train_data: MaskedPictures, dev_data: MaskedPictures, show: Show
) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    settings, spec = recipe.settings, start.input
    show(f"{start.architecture}: {sum(p.numel() for p in start.model.parameters()):,} parameters")
    names = ("model", "loss", "class_weights", "augment", "crop_hw", "backbone_rate", "smoke")
    unchanging = {name: getattr(recipe, name) for name in names}
    progress = fit(
        start.model,
        parameter_groups(start.model, settings, recipe),
        AugmentedMasks(train_data, recipe.crop_hw or spec.size_hw, STRIDE, recipe.augment, settings.seed),
        step=step_with(recipe, spec, train_data),
        evaluate=evaluation(dev_data, spec),
        settings=settings,
        folder=recipe.output,
        show=show,
        recipe=unchanging | {"input": spec, "classes": ", ".join(train_data.class_names)},
    )
    return progress.stopped


def parameter_groups(model: nn.Module, settings: Settings, recipe: Recipe) -> list[dict]:
    """The encoder learns slowly, the head, which is new, fast; biases and normalisation without decay."""
    groups: list[dict] = []
    for part, factor in ((model.segformer, recipe.backbone_rate), (model.decode_head, 1.0)):
        groups += block_groups(
            list(part.parameters()), settings.learning_rate * factor, settings.weight_decay
        )
    return groups


def step_with(recipe: Recipe, spec: InputSpec, data: MaskedPictures) -> Step:
    loss = loss_of(recipe, data)

    def step(network: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        pictures, labels = batch
        logits = network(pixel_values=normalised(pictures, spec)).logits.float()
        terms = loss(F.interpolate(logits, size=labels.shape[1:], mode="bilinear"), labels)
        return {"loss": torch.stack(list(terms.values())).sum(), **terms}

    return step


def evaluation(data: MaskedPictures, spec: InputSpec) -> Evaluate:
    """Mean IoU on `data`, in the size of its masks, as the demo would answer."""
    read = Decoded(data.read, lambda pair: pair[0].nbytes + pair[1].nbytes)
    size_wh = spec.size_hw[::-1]

    def evaluate(network: nn.Module) -> dict[str, float]:
        device, confusion = next(network.parameters()).device, 0
        for index in range(len(data)):
            pixels, labels = read(index)
            squeezed = np.array(Image.fromarray(pixels).resize(size_wh, Image.Resampling.BILINEAR))
            x = normalised(torch.from_numpy(squeezed).permute(2, 0, 1)[None].to(device), spec)
            probabilities = network(pixel_values=x).logits[0].float().softmax(0)
            found = to_semantic_map(probabilities, data.class_names, labels.shape)
            confusion = confusion + confusion_of(labels, found.labels, len(data.class_names))
        return {"mean_iou": float(mean_iou(confusion)), "accuracy": float(pixel_accuracy(confusion))}

    return evaluate


run = recipe_run(partial(work, start_from=start_from, train=train))
