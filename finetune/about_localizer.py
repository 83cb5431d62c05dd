"""What a person must know of a localizer that was trained on their own data."""

from collections.abc import Sequence
from pathlib import Path

from finetune.about import About, block_split_of, command, hub_id_of, identifier, paper_of
from finetune.starting_point import Start
from hub_models.box_dataset import BoxedPictures


def about_own_objects(start: Start, data: BoxedPictures, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.localization` with `arguments` on somebody's own data."""
    dataset, classes = Path(recipe.data).stem or "pictures", len(data.class_names)
    objects = sum(len(boxes) for boxes in data.boxes)
    paper, year, deviations = paper_of(start.architecture)
    without = (
        f", and pictures of {Path(recipe.background_dir).name} without objects"
        if recipe.background_dir
        else ""
    )
    return About(
        id=f"{start.architecture}.{identifier(dataset)}",
        title=options.name or f"Localizer on {dataset}",
        architecture="Classification with localization",
        year=year,
        paper=paper,
        sentence=f"One answer a picture, trained from {start.origin}: is one of {classes} classes of {dataset} there, "
        "which, and in which box.",
        weights_licence="unstated: yours to choose",
        dataset=dataset,
        trained_on=f"{dataset} ({len(data):,} pictures, {objects:,} objects of {classes} classes)",
        data=f"{dataset}: {len(data):,} pictures with {objects:,} boxes{without}",
        data_licence=options.data_licence,
        data_hub_id=hub_id_of(recipe.data),
        split=block_split_of(recipe, "no picture, and no crop of one, is in both"),
        command=command("localization", arguments),
        deviations=deviations,
        limits=(
            "Says one object at most, of its own classes; where there are several, the answer is a mixture.",
        ),
    )
