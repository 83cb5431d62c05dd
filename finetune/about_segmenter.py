"""What a person must know of a network that was trained to label pixels on their own data."""

from collections.abc import Sequence
from pathlib import Path

from finetune.about import About, block_split_of, command, hub_id_of, identifier, paper_of
from finetune.starting_point import Start
from hub_models.mask_dataset import MaskedPictures


def about_own_masks(start: Start, data: MaskedPictures, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.semantic_segmentation` with `arguments` on somebody's own data."""
    dataset, classes = Path(recipe.data).stem or "pictures", len(data.class_names)
    network, (paper, year, deviations) = named(start)
    return About(
        id=f"{start.architecture}.{identifier(dataset)}",
        title=options.name or f"{network} on {dataset}",
        architecture=network,
        year=year,
        paper=paper,
        sentence=f"{network}, trained from {start.origin} to label every pixel as one of {classes} classes of {dataset}.",
        weights_licence="unstated: yours to choose",
        dataset=dataset,
        trained_on=f"{dataset} ({len(data):,} pictures, {classes} classes)",
        data=f"{dataset}: {len(data):,} pictures with masks",
        data_licence=options.data_licence,
        data_hub_id=hub_id_of(recipe.data),
        split=block_split_of(recipe),
        command=command("semantic_segmentation", arguments),
        deviations=deviations,
        limits=("Gives every pixel one of its own classes, whatever the picture shows.",),
    )


def named(start: Start) -> tuple[str, tuple[str, int, str]]:
    """(what the network is called, (paper, year, deviations from it))."""
    if start.library == "transformers":
        from finetune.segformer import named as of_segformer

        return of_segformer(start.architecture)
    if start.library == "timm":
        paper, year, _ = paper_of("unet_lite")
        return f"U-Net on {start.architecture}", (paper, year, f"the way down is timm's {start.architecture}")
    return type(start.model).__name__, paper_of(start.architecture)
