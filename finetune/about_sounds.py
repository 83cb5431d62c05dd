"""What a person must know of a network that was trained on their own sounds."""

from collections.abc import Sequence

from finetune.about import About, about_own, paper_of
from finetune.starting_point import Start
from hub_models.labelled_sounds import LabelledSounds


def about_own_sounds(start: Start, data: LabelledSounds, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.audio_classification` with `arguments` on somebody's own data."""
    if start.library == "transformers":
        from finetune.sound_transformers import cited

        network, paper = start.model.config.model_type, cited(start.model)
    else:
        network, paper = "Spectrogram CNN", paper_of(start.architecture)
    classes = len(data.class_names)
    split = f"the data's own dev part, --dev-data, or {recipe.dev_share:.0%} split off with the seed"
    split += "; no group is in both" if recipe.group_part else "; no sound is in both, but speakers may be"
    return about_own(
        "audio_classification",
        start,
        recipe,
        arguments,
        options,
        network=network,
        cited=paper,
        does=f"to tell {classes} classes of sounds apart, on",
        trained_on=f"{len(data):,} sounds, {classes} classes",
        data=f"{len(data):,} sounds with a class each",
        split=split,
        limits=(
            "Knows only its own classes, and gives one of them to any sound that is loud enough.",
            "Hears one piece of fixed length: of a longer sound the loudest.",
        ),
    )
