"""Classifiers of the hub against the bare libraries, on the same pictures with the same number of threads.

    python -m benchmarks.classification [CHECKPOINT ...] [--rounds 20]

Without names: all checkpoints that work offline. Bare is what one writes by hand: the network, the evaluation
transform of timm or torchvision, softmax. The classes of transformers are compared with
`pipeline("image-classification")`, at random weights, which cost as much time as trained ones.
"""

import argparse
import itertools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import timm.data
import torch
import transformers
from PIL import Image
from torchvision import transforms
from torchvision.transforms import InterpolationMode

from benchmarks.timing import Row, in_turn, table
from hub_models import catalog, compute
from hub_models.checkpoint import Checkpoint
from hub_models.loader import LOADER, build
from hub_models.picture import decode_picture
from hub_models.predictors.transformers import load
from hub_models.preprocess import InputSpec
from hub_models.task import task
from hub_models.ui.examples import available

TASK = "image-classification"
LIBRARY = {"ours": "torch"}  # what a library is called when the hub is left out
SMALL_VIT = {"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 1536}  # ViT-Small, 12 layers


def pictures() -> list[np.ndarray]:
    """The examples of the task, decoded: (H, W, 3) uint8."""
    return [decode_picture(path).pixels for path in available(task(TASK)).values()]


def compared(what: str, ours: Callable, bare: Callable, rounds: int) -> Row:
    """`ours` takes pixels, `bare` a Pillow image; every round asks both for the next picture."""
    pixels = pictures()
    asked, also = itertools.cycle(pixels), itertools.cycle([Image.fromarray(p) for p in pixels])
    times = in_turn(lambda: ours(next(asked)), lambda: bare(next(also)), rounds)
    return Row(what=what, ours=times[0], bare=times[1], unit="ms")


def bare_classifier(checkpoint: Checkpoint) -> Callable[[Image.Image], torch.Tensor]:
    """Pillow image -> probabilities (classes,), without the hub."""
    network, transform = build(checkpoint, LOADER.device), bare_transform(checkpoint)

    def classify(picture: Image.Image) -> torch.Tensor:
        with torch.inference_mode():
            return network(transform(picture)[None].to(LOADER.device))[0].softmax(0).cpu()

    return classify


def bare_transform(checkpoint: Checkpoint) -> Callable[[Image.Image], torch.Tensor]:
    """timm's evaluation transform, or torchvision's steps for a network of ours."""
    spec: InputSpec = checkpoint.input
    if checkpoint.library == "timm":
        return timm.data.create_transform(
            (spec.channels, *spec.size_hw),
            interpolation=spec.interpolation,
            mean=spec.mean,
            std=spec.std,
            crop_pct=spec.crop,
        )
    inside = spec.size_hw[0] - 2 * spec.border
    return transforms.Compose(
        [
            transforms.Grayscale() if spec.colour != "RGB" else transforms.Lambda(lambda picture: picture),
            transforms.Resize(int(inside / spec.crop), InterpolationMode(spec.interpolation)),
            transforms.CenterCrop(inside),
            transforms.Pad(spec.border),
            transforms.ToTensor(),
            transforms.Normalize(spec.mean, spec.std),
        ]
    )


def against_bare(checkpoint: Checkpoint, rounds: int) -> Row:
    predictor, bare = LOADER.get(checkpoint.id), bare_classifier(checkpoint)
    if (
        checkpoint.input.colour != "grey_light_on_dark"
    ):  # the hub turns ink on paper into chalk on a blackboard
        for pixels in pictures():
            found, wanted = predictor.predict(pixels).probabilities, bare(Image.fromarray(pixels)).numpy()
            np.testing.assert_allclose(found, wanted, atol=1e-3)
    return compared(
        f"{checkpoint.id}, bare {LIBRARY.get(checkpoint.library, checkpoint.library)}",
        predictor.predict,
        bare,
        rounds,
    )


def against_pipeline(
    network: transformers.PreTrainedModel, processor: transformers.BaseImageProcessor, rounds: int
) -> Row:
    """`network` saved and opened again by the hub and by transformers.pipeline."""
    row = LOADER.checkpoint("vit_base_transformers.imagenet")
    with tempfile.TemporaryDirectory() as folder:
        network.save_pretrained(folder)
        processor.save_pretrained(folder)
        ours = load(row, Path(folder), LOADER.device)
        bare = transformers.pipeline("image-classification", model=folder, device=LOADER.device)
        return compared(f"{type(network).__name__}, pipeline", ours.predict, bare, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description="Classifiers of the hub against the bare libraries.")
    offline = [c.id for c in catalog.checkpoints(TASK) if c.offline]
    parser.add_argument("checkpoints", nargs="*", default=offline, help=f"default: {' '.join(offline)}")
    parser.add_argument(
        "--rounds", type=int, default=20, help="calls whose median is taken (default %(default)s)"
    )
    options = parser.parse_args()
    transformers.utils.logging.disable_progress_bar()
    plan = compute.plan()
    print(f"{plan.device}, {plan.threads} of {compute.cores()} cores, load {os.getloadavg()[0]:.1f}\n")
    rows = [against_bare(LOADER.checkpoint(name, TASK), options.rounds) for name in options.checkpoints]
    vit = transformers.ViTForImageClassification(transformers.ViTConfig(num_labels=1000, **SMALL_VIT))
    rows.append(against_pipeline(vit, transformers.ViTImageProcessor(), options.rounds))
    resnet = transformers.ResNetForImageClassification(transformers.ResNetConfig(num_labels=1000))
    rows.append(against_pipeline(resnet, transformers.ConvNextImageProcessor(), options.rounds))
    print(table(rows))


if __name__ == "__main__":
    main()
