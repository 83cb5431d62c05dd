"""SegFormer of the transformers library, for `--model segformer ...`: a transformer that labels pixels.

segformer                       nvidia/segformer-b0-finetuned-ade-512-512 from the Hub, trained on ADE20K
segformer:USER/NAME             another SegFormer on the Hub, in safetensors
segformer:FOLDER                one in a folder, as `save_pretrained` or this recipe wrote it

The network gives maps of a quarter of its input; they are enlarged before the loss. It sees every picture squeezed into
--size (height x width), or into what its picture processor says.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from finetune.freezing import block_groups
from finetune.library_source import pretrained, source_of, start_of_library
from finetune.pictures import normalised
from finetune.semantic_segmentation import PARTS, TASK, Recipe, Way, train_by
from finetune.starting_point import Start
from finetune.whole_run import run_of
from hub_models.errors import BadData
from hub_models.mask_dataset import MaskedPictures
from hub_models.preprocess import InputSpec

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
    model = pretrained(
        SegformerForSemanticSegmentation, folder, data.class_names, f"a SegFormer in {row.title}"
    )
    processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    wanted = recipe.size_hw or (processor.size["height"], processor.size["width"])
    height, width = (-(-side // STRIDE) * STRIDE for side in wanted)
    processor.size = {"height": height, "width": width}
    spec = InputSpec(
        size_hw=(height, width),
        mean=tuple(processor.image_mean),
        std=tuple(processor.image_std),
        interpolation="bilinear",
    )
    return start_of_library(row, model, processor, spec)


def parameter_groups(model: nn.Module, recipe: Recipe) -> list[dict]:
    """The encoder learns slowly, the head, which is new, fast; biases and normalisation without decay."""
    settings, groups = recipe.settings, []
    for part, factor in ((model.segformer, recipe.backbone_rate), (model.decode_head, 1.0)):
        groups += block_groups(
            list(part.parameters()), settings.learning_rate * factor, settings.weight_decay
        )
    return groups


def logits(network: nn.Module, pictures: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """Normalised pictures (B, 3, h, w) -> (B, classes, *size_hw), enlarged from a quarter of h and w."""
    return F.interpolate(network(pixel_values=pictures).logits.float(), size=size_hw, mode="bilinear")


def probabilities(network: nn.Module, pixels: np.ndarray, spec: InputSpec) -> Tensor:
    """(H, W, 3) uint8 -> (classes, h / 4, w / 4) that cover the whole picture, as the demo would answer."""
    squeezed = Image.fromarray(pixels).resize(spec.size_hw[::-1], Image.Resampling.BILINEAR)
    x = torch.from_numpy(np.array(squeezed)).permute(2, 0, 1)[None].to(next(network.parameters()).device)
    return network(pixel_values=normalised(x, spec)).logits[0].float().softmax(0)


WAY = Way(stride=STRIDE, groups=parameter_groups, logits=logits, probabilities=probabilities)
run = run_of(replace(PARTS, start_from=start_from, train=partial(train_by, WAY)))
