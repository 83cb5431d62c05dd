"""Where a network sees a class: class activation maps.

Zhou, Khosla, Lapedriza, Oliva, Torralba, "Learning Deep Features for Discriminative Localization", 2016:
if the last maps are averaged and one linear layer follows, the logit is a sum over positions, and its terms
are the map. Selvaraju and others, "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization", 2017: for any other head, the gradient of the logit says how much each map counts.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.errors import BadInput
from hub_models.inside.feature_maps import kind_of
from hub_models.inside.trace import Step, Trace, gradients, trace


@dataclass(frozen=True, kw_only=True)
class Cam:
    """`map` (H, W) float32 in 0..1 at the size of the network's input: evidence for the class.

    It is 0 where there is none, or evidence against the class. `raw` (h, w) float32: before clipping and
    scaling, at the size of the feature maps. With "CAM", raw.sum() + bias is the logit, so every cell is
    the share of its position.
    """

    map: np.ndarray
    raw: np.ndarray
    bias: float
    logit: float
    layer_name: str
    method: Literal["CAM", "Grad-CAM"]


def class_activation_map(network: nn.Module, x: Tensor, class_index: int) -> Cam:
    """CAM where the head is a global average and one linear layer (or nothing), Grad-CAM elsewhere."""
    with gradients(x) as picture:
        seen = trace(network, picture)
        classes = seen.logits.shape[1]
        if not 0 <= class_index < classes:
            raise BadInput("bad_value", f"Expected a class from 0 to {classes - 1}, got {class_index}.")
        head = _averaged_head(seen)
        if head is None:
            step, raw = _grad_cam(seen, class_index)
            bias = 0.0
        else:
            step, weight, biases = head
            maps = seen.map_of(step)[0]  # (1, C, h, w) -> (C, h, w)
            raw = torch.einsum("c,chw->hw", weight[class_index], maps) / maps[0].numel()
            bias = float(biases[class_index].detach())
    evidence = raw.detach().clamp(min=0)[None, None]
    large = F.interpolate(evidence, seen.picture_hw, mode="bilinear", align_corners=False)[0, 0]
    return Cam(
        map=(large / large.max().clamp(min=torch.finfo(large.dtype).tiny)).cpu().numpy(),
        raw=raw.detach().cpu().numpy(),
        bias=bias,
        logit=float(seen.logits[0, class_index].detach()),
        layer_name=step.name,
        method="Grad-CAM" if head is None else "CAM",
    )


def _averaged_head(seen: Trace) -> tuple[Step, Tensor, Tensor] | None:
    """The step whose maps are averaged into the classifier, with weights (classes, C) and biases (classes,).

    Found by comparing numbers, not names: the classifier's input must be the mean over positions of the maps.
    """
    classes = seen.logits.shape[1]
    weight, bias = torch.eye(classes, device=seen.logits.device), seen.logits.new_zeros(classes)
    features = seen.logits  # maps that are averaged into logits directly: Network in Network, SqueezeNet
    for step in reversed(seen.steps):
        if isinstance(step.module, nn.Linear) and torch.equal(step.returned, seen.logits):
            features, weight = step.received, step.module.weight
            bias = step.module.bias if step.module.bias is not None else bias
            break
    for step in reversed(seen.steps):
        maps = seen.map_of(step)
        if (
            maps is not None
            and maps[0, 0].numel() > 1
            and maps.shape[:2] == features.shape
            and torch.allclose(maps.mean((2, 3)), features, rtol=1e-4, atol=1e-5)
        ):
            return step, weight, bias
    return None


def _grad_cam(seen: Trace, class_index: int) -> tuple[Step, Tensor]:
    """The last feature maps before any pooling, weighted by their mean gradient: (step, (h, w)).

    In a ViT: the last tokens, of a block or normalised, where those of the picture still act on the logit.
    With a class token that is the input of the last attention; behind it, only the class token counts.
    """
    pooled = {id(step.returned) for step in seen.steps if kind_of(step.module) == "pooling"}
    for step in reversed(seen.steps):
        maps = seen.map_of(step)
        is_token_map = step.returned.ndim == 3
        if maps is None or maps[0, 0].numel() == 1 or id(step.returned) in pooled:
            continue
        is_block = any(step.module.children())
        if is_token_map and not is_block and kind_of(step.module) != "normalisation":
            continue
        (returned,) = torch.autograd.grad(
            seen.logits[0, class_index], step.returned, retain_graph=True, allow_unused=True
        )
        if returned is None:
            continue
        gradient = seen.map_of(replace(step, returned=returned))
        if is_token_map and not gradient.any():
            continue
        weights = gradient.mean((2, 3), keepdim=True)  # (1, C, 1, 1)
        return step, (weights * maps).sum(1)[0].clamp(min=0)
    raise BadInput(
        "no_feature_map", "Expected a network with feature maps; this one has none. Choose another one."
    )
