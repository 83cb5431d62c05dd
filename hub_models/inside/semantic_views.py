"""What the views of semantic segmentation compute beside `segmentation.py`: the switches of ENet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from hub_models.architectures.segmentation import unpool
from hub_models.errors import BadInput
from hub_models.inside.segmentation import StageSwitches, most_active

if TYPE_CHECKING:
    from hub_models.architectures.enet import ENet


def enet_switches(network: ENet, x: Tensor, stage: int, most: int = 8) -> StageSwitches:
    """As `pooling_switches`, for the two poolings of ENet: 0 the one at half size, 1 that at a quarter.

    The branch beside the pooling is left out of `unpooled`, and is in `dense`.
    """
    with torch.inference_mode():
        maps, switches = network.encode(x)
        if not 0 <= stage < len(switches):
            raise BadInput("bad_value", f"Expected a stage from 0 to {len(switches) - 1}, got {stage}.")
        decoded = network.decode(maps[-1], switches)
        upsampling, given = ((network.up5, decoded[0]), (network.up4, maps[-1]))[stage]
        unpooled = unpool(upsampling.main(given), switches[stage])
    before, channels = most_active(maps[stage], most)
    indices = switches[stage].indices[0].cpu().numpy()[channels]
    rows, columns = np.divmod(indices, before.shape[2])
    pooled = np.take_along_axis(before.reshape(len(before), -1), indices.reshape(len(before), -1), 1)
    return StageSwitches(
        channels=channels,
        before=before,
        pooled=pooled.reshape(indices.shape),
        rows=rows,
        columns=columns,
        unpooled=unpooled[0].float().cpu().numpy()[channels],
        dense=most_active(decoded[-1 - stage], most)[0],
    )
