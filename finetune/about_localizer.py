"""What a person must know of a localizer that was trained on their own data."""

from collections.abc import Sequence
from pathlib import Path

from finetune.about import About, about_own, paper_of
from finetune.starting_point import Start
from hub_models.box_dataset import BoxedPictures


def about_own_objects(start: Start, data: BoxedPictures, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.localization` with `arguments` on somebody's own data."""
    classes, objects = len(data.class_names), sum(len(boxes) for boxes in data.boxes)
    empty = Path(recipe.background_dir).name if recipe.background_dir else ""
    return about_own(
        "localization",
        start,
        recipe,
        arguments,
        options,
        network="Classification with localization",
        title="Localizer",
        cited=paper_of(start.architecture),
        sentence=f"One answer a picture, trained from {start.origin}: is one of {classes} classes of {{}} there, which, "
        "and in which box.",
        trained_on=f"{len(data):,} pictures, {objects:,} objects of {classes} classes",
        data=f"{len(data):,} pictures with {objects:,} boxes"
        + (f", and pictures of {empty} without objects" if empty else ""),
        limits=(
            "Says one object at most, of its own classes; where there are several, the answer is a mixture.",
        ),
        apart="no picture, and no crop of one, is in both",
    )
