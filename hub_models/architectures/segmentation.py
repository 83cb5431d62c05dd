"""What the networks that label pixels share: chains of 3x3 convolutions, and pooling that remembers where.

Every such network is a module with an attribute `stride`, and

    network(pictures)            -> logits (B, classes, H, W)
    network.stage_maps(pictures) -> `StageMaps`, what to look at

`pictures` (B, 3, H, W) are normalised, H and W multiples of `stride`.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hub_models.architectures import conv_bn_relu


class Switches(NamedTuple):
    """Where a pooling found its largest values: SegNet's max-pooling indices, DeconvNet's switch variables."""

    indices: Tensor  # (B, C, h / 2, w / 2) int64: row * w + column in the map that was pooled
    size_hw: tuple[int, int]  # of that map


class Encoded(NamedTuple):
    """What an encoder hands on; lists from the finest stage to the coarsest."""

    x: Tensor  # (B, C, H / stride, W / stride)
    switches: list[Switches]
    maps: list[Tensor]  # (B, C, h, w) of each stage, before its pooling


class Decoded(NamedTuple):
    """What a decoder makes of it; lists from the coarsest stage to the finest."""

    logits: Tensor  # (B, classes, H, W)
    unpooled: list[Tensor]  # (B, C, h, w) sparse: at most one value in each 2x2 cell
    dense: list[Tensor]  # (B, C, h, w) after the convolutions of the stage


class StageMaps(NamedTuple):
    """One map (B, C, h, w) a stage, in the order in which they are computed."""

    encoder: list[Tensor]
    decoder: list[Tensor]


def pool(x: Tensor) -> tuple[Tensor, Switches]:
    """The largest of every 2x2 cell, and where it stood: (B, C, h, w) -> (B, C, h/2, w/2)."""
    pooled, indices = F.max_pool2d(x, 2, return_indices=True)
    return pooled, Switches(indices, tuple(x.shape[2:]))


def unpool(x: Tensor, switches: Switches) -> Tensor:
    """Every value back to its place, zeros elsewhere: (B, C, h/2, w/2) -> (B, C, h, w)."""
    return F.max_unpool2d(x, switches.indices, 2, output_size=switches.size_hw)


def cut_skips(maps: list[Tensor], skips: bool | Sequence[bool]) -> list[Tensor]:
    """An encoder's maps, finest first, with zeros where a skip connection is cut; the coarsest always stays.

    `skips`: which ones stay, finest first; one value for all of them.
    """
    kept = [skips] * (len(maps) - 1) if isinstance(skips, bool) else list(skips)
    if len(kept) != len(maps) - 1:
        raise ValueError(f"expected {len(maps) - 1} skip connections, got {len(kept)}")
    return [x if keep else torch.zeros_like(x) for x, keep in zip(maps, [*kept, True], strict=True)]


class Switching(nn.Module):
    """An encoder whose poolings remember where, and a decoder that puts values back there: SegNet, DeconvNet.

    A subclass has `encoder` and `decoder`, lists of stages, and `classifier`.
    """

    def middle(self, x: Tensor) -> Tensor:
        """What happens between encoder and decoder: nothing, where a network does not say."""
        return x

    def encode(self, x: Tensor) -> Encoded:
        """(B, 3, H, W) -> (B, C, H / stride, W / stride), and what each stage found and where."""
        switches, maps = [], []
        for stage in self.encoder:
            maps.append(stage(x))
            x, where = pool(maps[-1])
            switches.append(where)
        return Encoded(x, switches, maps)

    def decode(self, x: Tensor, switches: list[Switches]) -> Decoded:
        """(B, C, H / stride, W / stride) with the encoder's switches -> logits (B, classes, H, W)."""
        x = self.middle(x)
        unpooled, dense = [], []
        for stage, where in zip(self.decoder, reversed(switches), strict=True):
            unpooled.append(unpool(x, where))
            x = stage(unpooled[-1])
            dense.append(x)
        return Decoded(self.classifier(x), unpooled, dense)

    def stage_maps(self, x: Tensor) -> StageMaps:
        x, switches, maps = self.encode(x)
        return StageMaps(maps, self.decode(x, switches).dense)

    def forward(self, x: Tensor) -> Tensor:
        x, switches, _ = self.encode(x)
        return self.decode(x, switches).logits


class Skipping(nn.Module):
    """A decoder that also sees the encoder's maps: U-Nets.

    A subclass has `encode` (pictures -> maps, finest first), `decode` (these -> maps, coarsest first) and `classifier`.
    """

    def forward_with(self, x: Tensor, skips: bool | Sequence[bool]) -> Tensor:
        """The logits with some skip connections cut: which ones stay, finest first, or one value for all."""
        return self.classifier(self.decode(cut_skips(self.encode(x), skips))[-1])

    def stage_maps(self, x: Tensor) -> StageMaps:
        maps = self.encode(x)
        return StageMaps(maps, self.decode(maps))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.decode(self.encode(x))[-1])


def encoder_channels(widths: Sequence[int], depths: Sequence[int]) -> list[list[int]]:
    """Channels along each stage: (64, 128), (2, 2) -> [3, 64, 64], [64, 128, 128]."""
    before = (3, *widths[:-1])
    return [[b, *[width] * depth] for b, width, depth in zip(before, widths, depths, strict=True)]


def convolutions(
    channels: Sequence[int], layer: Callable[..., nn.Sequential] = conv_bn_relu
) -> nn.Sequential:
    """3x3 convolutions that keep the size: channels[0] -> channels[1] -> ..."""
    return nn.Sequential(
        *(layer(before, after, kernel_size=3, padding=1) for before, after in pairwise(channels))
    )
