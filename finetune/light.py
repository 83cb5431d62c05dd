"""Other light: the cheapest change of a picture that leaves its objects where they are."""

import torch
from torch import Tensor


def other_light(pictures: Tensor) -> Tensor:
    """(B, 3, h, w) normalised -> the same, each colour 15 % stronger or weaker, each picture lighter or darker."""
    gain = 1 + 0.3 * (torch.rand(len(pictures), 3, 1, 1, device=pictures.device) - 0.5)
    shift = 0.3 * (torch.rand(len(pictures), 1, 1, 1, device=pictures.device) - 0.5)
    return pictures * gain + shift
