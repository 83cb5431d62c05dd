"""What a network that labels pixels is taught with: cross-entropy, focal loss, Dice loss; and weights for rare classes.

Void pixels count for nothing in any of them.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from hub_models.mask_dataset import VOID

LossName = Literal["cross-entropy", "focal", "dice"]
WeightsName = Literal["none", "median", "log"]
GAMMA = 2.0  # of the focal loss: the value of the paper's table 1
LOG_OFFSET = 1.02  # ENet, section 5.2
HEAVIEST = 10.0  # weight of a class that hardly occurs

Loss = Callable[[Tensor, Tensor], dict[str, Tensor]]  # (logits (B, C, H, W), labels (B, H, W)) -> terms


def loss_named(name: LossName, weights: Tensor | None) -> Loss:
    """The terms to add up, by name. `weights` (classes,) or None."""

    def loss(logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
        at = None if weights is None else weights.to(logits.device)
        if name == "focal":
            return {"focal": focal(logits, labels, at)}
        entropy = F.cross_entropy(logits, labels, at, ignore_index=VOID)
        if name == "dice":
            return {"cross_entropy": entropy, "dice": dice(logits, labels)}
        return {"cross_entropy": entropy}

    return loss


def focal(logits: Tensor, labels: Tensor, weights: Tensor | None, gamma: float = GAMMA) -> Tensor:
    """Cross-entropy times (1 - p)^gamma, p the probability of the true class: what is learned already counts less.

    Source: "Focal Loss for Dense Object Detection" (Lin, Goyal, Girshick, He, Dollar; 2017), equation 4, averaged over
    the pixels that are not void, by their weights.
    """
    entropy = F.cross_entropy(logits, labels, reduction="none", ignore_index=VOID)  # (B, H, W), 0 at void
    known = labels != VOID
    weight = known.to(logits.dtype) if weights is None else weights[labels.where(known, 0)] * known
    return (weight * (1 - torch.exp(-entropy)) ** gamma * entropy).sum() / weight.sum().clamp(min=1e-6)


def dice(logits: Tensor, labels: Tensor) -> Tensor:
    """1 - the mean Dice coefficient 2 |A and B| / (|A| + |B|) of the classes that occur in the batch.

    Source: "V-Net" (Milletari, Navab, Ahmadi; 2016), equation 5, without the squares; probabilities in place of sets.
    """
    known = labels != VOID
    probabilities = logits.softmax(1) * known[:, None]
    truth = F.one_hot(labels.where(known, 0), logits.shape[1]).permute(0, 3, 1, 2) * known[:, None]
    shared = (probabilities * truth).sum((0, 2, 3))
    sizes = (probabilities + truth).sum((0, 2, 3))
    occurs = truth.sum((0, 2, 3)) > 0
    coefficients = 2 * shared / sizes.clamp(min=1e-6)
    return 1 - (coefficients * occurs).sum() / occurs.sum().clamp(min=1)


def class_weights(name: WeightsName, frequencies: Tensor) -> Tensor | None:
    """Weights (classes,) from (2, classes) frequencies (`masked_pictures.class_frequencies`), with a mean of 1.

    "median": median frequency / frequency in pictures with the class (SegNet, section 4.1, after Eigen and Fergus,
    2015); "log": 1 / ln(1.02 + frequency) (ENet, section 5.2). A class that never occurs gets the largest.
    """
    if name == "none":
        return None
    if name == "median":
        among = frequencies[1]
        weights = among[among > 0].median() / among.clamp(min=1e-9)
    else:
        weights = 1 / torch.log(LOG_OFFSET + frequencies[0])
    weights = weights.clamp(max=HEAVIEST * weights.median())
    return weights / weights.mean()
