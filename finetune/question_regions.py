"""Photographs for the training of an answerer: the features of their regions, computed once by a frozen network."""

from pathlib import Path

import numpy as np
import torch

from finetune.question_batches import Stored
from finetune.region_features import region_features
from finetune.running import Show
from hub_models.asked_pictures import AskedPictures
from hub_models.data_files import Photographs

VIEWS = 6  # of a training picture: whole, mirrored, and pieces of it


def stored_regions(
    data: AskedPictures, folder: Path | str, output: Path, show: Show, views: int = 1
) -> Stored:
    """Features (N, views, 49, 1280) float16 of all pictures of `data`; kept in `folder`, so that a second run is quick."""
    photographs = Photographs(names=data.names, read=data.read)
    found = region_features(photographs, views, Path(folder), output, show)
    kept = np.stack([np.stack([found(i, view) for view in range(views)]) for i in range(len(photographs))])
    return Stored(kept=torch.from_numpy(kept), see=torch.Tensor.float, views=views)
