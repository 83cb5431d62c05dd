"""What a person must know of a style network that was trained on their own picture."""

from collections.abc import Sequence
from pathlib import Path

from finetune.about import About, block_split_of, command, hub_id_of, identifier, paper_of
from finetune.starting_point import Start
from hub_models.data_files import Photographs

LIMITS = (
    "Knows one style, at one size of strokes: the larger the picture, the finer they look on it.",
    "Flat parts such as sky are filled with strokes too, and faces lose their features.",
)


def style_name(place: str) -> str:
    """night of night and of .../style_night.jpg: how the style is called."""
    return identifier(Path(place).stem).removeprefix("style_")


def about_own_style(start: Start, data: Photographs, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.style_transfer` with `arguments` on somebody's own picture."""
    paper, year, deviations = paper_of(start.architecture)
    dataset, style = Path(recipe.data).stem or "photographs", style_name(recipe.style)
    return About(
        id=f"{start.architecture}.{style}",
        title=options.name or f"One style: {style}",
        architecture="Image transformation network",
        year=year,
        paper=paper,
        sentence=f"Trained for one style ({style}): any photograph takes it on in a single pass.",
        weights_licence="unstated: yours to choose",
        dataset=dataset,
        trained_on=f"{dataset} ({len(data):,} photographs) and one picture of the style {style}",
        data=f"{dataset}: {len(data):,} photographs; the style picture {Path(recipe.style).name}",
        data_licence=options.data_licence,
        data_hub_id=hub_id_of(recipe.data),
        split=block_split_of(recipe, apart="no photograph is in both"),
        command=command("style_transfer", arguments),
        deviations=deviations,
        limits=LIMITS,
    )
