"""What may happen to the picture of an aligned face without its being somebody else's: for whole batches at once.

Moved a little (the points are never exact), mirrored, other light and colours, grey, blurred as small faces are, a part
covered. Everything random comes from torch's generator, which the training loop seeds for each step.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

TURN, SCALE, SHIFT = math.radians(10), 0.12, 0.08  # at most; shifts as shares of half the side
COVERED, BLURRED, GREY = 0.3, 0.25, 0.2  # shares of the pictures


def changed(faces: Tensor) -> Tensor:
    """(B, C, h, w) in 0..1 -> the same faces, each changed otherwise."""
    return covered(blurred(other_light(shifted(faces)))).clamp(0, 1)


def even(count: int, low: float, high: float, *more: int, device: torch.device) -> Tensor:
    """(count, *more) numbers, all between `low` and `high` equally likely."""
    return low + (high - low) * torch.rand(count, *more, device=device)


def shifted(faces: Tensor) -> Tensor:
    """Turned, scaled, shifted and, half of them, mirrored; what comes in from outside repeats the border."""
    count, _, height, width = faces.shape
    device = faces.device
    angle, scale = even(count, -TURN, TURN, device=device), even(count, 1 - SCALE, 1 + SCALE, device=device)
    shift = even(count, -SHIFT, SHIFT, 2, device=device)
    mirror = torch.where(torch.rand(count, device=device) < 0.5, -1.0, 1.0)
    cos, sin, aspect = scale * angle.cos(), scale * angle.sin(), height / width
    rows = [[cos * mirror, -sin * aspect, shift[:, 0]], [sin * mirror / aspect, cos, shift[:, 1]]]
    matrix = torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)  # (B, 2, 3)
    grid = F.affine_grid(matrix, list(faces.shape), align_corners=False)
    return F.grid_sample(faces, grid, padding_mode="border", align_corners=False)


def other_light(faces: Tensor) -> Tensor:
    """Colours weaker, stronger or gone, each channel's gain, brightness by an exponent, contrast."""
    count, channels = faces.shape[:2]
    device = faces.device
    grey = faces.mean(1, keepdim=True)
    strength = even(count, 0.6, 1.4, 1, 1, 1, device=device)
    strength = torch.where(
        torch.rand(count, 1, 1, 1, device=device) < GREY, torch.zeros_like(strength), strength
    )
    gain = even(count, 0.9, 1.1, channels, 1, 1, device=device)
    faces = ((grey + (faces - grey) * strength) * gain).clamp(1e-3, 1)
    faces = faces ** even(count, -0.5, 0.5, 1, 1, 1, device=device).exp()
    return (faces - 0.5) * even(count, 0.7, 1.3, 1, 1, 1, device=device) + 0.5


def blurred(faces: Tensor) -> Tensor:
    """Some of them made smaller and enlarged again, as a small face in a photograph is."""
    chosen = torch.rand(len(faces), device=faces.device) < BLURRED
    if not chosen.any():
        return faces
    sides = list(faces.shape[2:])
    share = float(even(1, 0.25, 0.7, device=faces.device))
    small = F.interpolate(faces[chosen], scale_factor=share, mode="area")
    faces = faces.clone()
    faces[chosen] = F.interpolate(small, size=sides, mode="bilinear", align_corners=False)
    return faces


def covered(faces: Tensor) -> Tensor:
    """A rectangle of one colour over some of them, 15 to 45 % of a side wide and high."""
    count, channels, height, width = faces.shape
    device = faces.device
    extent = even(count, 0.15, 0.45, 2, 1, 1, device=device)
    corner = torch.rand(count, 2, 1, 1, device=device) * (1 - extent)
    y = torch.linspace(0, 1, height, device=device)[None, :, None]
    x = torch.linspace(0, 1, width, device=device)[None, None, :]
    inside = (y >= corner[:, 0]) & (y < corner[:, 0] + extent[:, 0])
    inside = inside & (x >= corner[:, 1]) & (x < corner[:, 1] + extent[:, 1])  # (B, h, w)
    inside = inside & (torch.rand(count, 1, 1, device=device) < COVERED)
    colour = torch.rand(count, channels, 1, 1, device=device)
    return torch.where(inside[:, None], colour, faces)
