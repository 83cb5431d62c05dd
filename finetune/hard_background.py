"""What a classifier of windows takes for objects where there are none: the examples from which it learns most."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file
from safetensors.numpy import save as save_arrays

from finetune.pictures import normalised
from finetune.progress import write_whole
from finetune.window_crops import EMPTY, Letterboxed, Window
from hub_models.architectures.overfeat import OverFeat

SURE, HARD_EACH = 0.2, 60  # background that is this certainly an object is hard; the hardest of each picture


def hard_background(
    network: OverFeat, pictures: Letterboxed, path: Path, show: Callable[[str], None]
) -> tuple[Window, ...]:
    """Windows without an object of which the network is sure that they hold one; kept at `path`, as the run resumes."""
    if not path.exists():
        found = []
        with torch.inference_mode():
            for number in range(len(pictures.data)):
                seen = torch.from_numpy(pictures.read(number).transpose(2, 0, 1).copy())[None]
                device = next(network.parameters()).device
                windows, probabilities, _ = network.eval().answers(normalised(seen.to(device), pictures.spec))
                certain = 1 - probabilities[0, :, -1].cpu()
                order = certain.argsort(descending=True)[: int((certain >= SURE).sum())].numpy()
                chosen = windows.cpu().numpy()[order]
                empty = pictures.overlaps(number, chosen).max(axis=1, initial=0) < EMPTY
                found += [(number, *window) for window in chosen[empty][:HARD_EACH]]
        rows = np.array(found, np.float32).reshape(-1, 5)
        write_whole(path, lambda file: file.write(save_arrays({"hard": rows})))
    rows = load_file(path)["hard"]
    show(f"{len(rows):,} hard background windows in {len(pictures.data):,} training pictures")
    return tuple(Window(int(row[0]), row[1:].astype(float), -1) for row in rows)
