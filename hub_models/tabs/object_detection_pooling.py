"""RoI pooling of one region: the shared map under it, cut into 7 x 7 bins, and the largest value of each."""

import numpy as np
from PIL import Image, ImageDraw

from hub_models import draw
from hub_models.ui import show_picture
from hub_models.ui.tables import table

WIDE = 640  # pixels of the map as it is shown
TILE = 28  # pixels of a pooled value


def pooling(shared: np.ndarray, region: np.ndarray, stride: int) -> str:
    """The strongest channel of the map (C, h, w) under `region` (4,), in pixels of the network's picture, as HTML."""
    from hub_models.inside.proposals import roi_pooling, strongest_channel

    number = strongest_channel(shared, region, stride)
    channel = shared[number]
    found = roi_pooling(channel, region, stride)
    largest = float(channel.max()) or 1.0
    map_hw = " x ".join(map(str, channel.shape))
    says = (
        f"Channel {number + 1} of {len(shared)} of the shared map, {map_hw} cells of {stride} pixels, the one that "
        f"stands out most under the region. Lines: the {len(found.pooled)} x {len(found.pooled)} bins of the region."
    )
    pooled = draw.heat(found.pooled / largest).repeat(TILE, 0).repeat(TILE, 1)
    rows, columns = found.window.shape
    after = f"RoI pooling keeps the largest value of each bin: {rows} x {columns} cells become 7 x 7."
    whole = show_picture(with_bins(channel / largest, found.rows, found.columns), says, lossless=True)
    small = show_picture(pooled, after, lossless=True, width=f"{pooled.shape[1]}px")
    values = [[f"{value:.2f}" for value in row] for row in found.pooled]
    headers = [str(column) for column in range(1, 1 + found.pooled.shape[1])]
    return f'<div class="pair">{whole}{small}</div>{table(headers, values, "The pooled values, row by row")}'


def with_bins(channel: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Map (h, w) in 0..1 as colours, enlarged, with the bins `rows` and `columns` (7, 2) framed."""
    side = max(1, WIDE // channel.shape[1])
    picture = Image.fromarray(draw.heat(channel).repeat(side, 0).repeat(side, 1))
    pen = ImageDraw.Draw(picture)
    for top, bottom in rows:
        for left, right in columns:
            if top < bottom and left < right:
                pen.rectangle(
                    (left * side, top * side, right * side - 1, bottom * side - 1), outline=draw.COLOURS[0]
                )
    return np.array(picture)
