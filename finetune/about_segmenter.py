"""What a person must know of a network that was trained to label pixels on their own data."""

from collections.abc import Sequence

from finetune.about import About, Cited, about_own, paper_of
from finetune.starting_point import Start
from hub_models.mask_dataset import MaskedPictures


def about_own_masks(start: Start, data: MaskedPictures, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.semantic_segmentation` with `arguments` on somebody's own data."""
    classes = len(data.class_names)
    network, cited = named(start)
    return about_own(
        "semantic_segmentation",
        start,
        recipe,
        arguments,
        options,
        network=network,
        cited=cited,
        does=f"to label every pixel as one of {classes} classes of",
        trained_on=f"{len(data):,} pictures, {classes} classes",
        data=f"{len(data):,} pictures with masks",
        limits=("Gives every pixel one of its own classes, whatever the picture shows.",),
    )


def named(start: Start) -> tuple[str, Cited]:
    """(what the network is called, (paper, year, deviations from it))."""
    if start.library == "transformers":
        from finetune.segformer import named as of_segformer

        return of_segformer(start.architecture)
    if start.library == "timm":
        paper, year, _ = paper_of("unet_lite")
        return f"U-Net on {start.architecture}", (paper, year, f"the way down is timm's {start.architecture}")
    return type(start.model).__name__, paper_of(start.architecture)
