"""What a person must know of a network that was trained on their own texts, or sentences of tagged words."""

from collections.abc import Sequence

from finetune.about import About, Cited, about_own, paper_of
from finetune.starting_point import Start
from finetune.text_networks import called, cited
from hub_models.labelled_texts import LabelledTexts


def about_own_texts(start: Start, data: LabelledTexts, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.text_classification` with `arguments` on somebody's own data."""
    network, paper = named(start)
    classes = len(data.class_names)
    return about_own(
        "text_classification",
        start,
        recipe,
        arguments,
        options,
        network=network,
        cited=paper,
        does=f"to tell {classes} classes of texts apart, on",
        trained_on=f"{len(data):,} texts, {classes} classes",
        data=f"{len(data):,} texts with a class each",
        split="the data's own dev part, --dev-data, or a share split off with the seed; no text is in both",
        limits=(
            "Knows only its own classes, and gives one of them to any text.",
            "Knows the language and the subjects of its training texts, and words that stand there.",
        ),
    )


def about_own_tagged(start: Start, data, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.token_classification` with `arguments`; `data`: its training sentences."""
    network, paper = named(start)
    kinds = sorted({name[2:] for name in data.class_names if "-" in name})
    return about_own(
        "token_classification",
        start,
        recipe,
        arguments,
        options,
        network=network,
        cited=paper,
        does=f"to find {', '.join(kinds)[:200]} in texts, on",
        trained_on=f"{len(data):,} sentences, {len(kinds)} kinds of entities",
        data=f"{len(data):,} sentences with a tag for each word",
        split="the data's own dev part, --dev-data, or a share of the documents split off with the seed",
        limits=(
            "Finds only its own kinds of entities, in texts like those of its training.",
            "Capital letters matter to it: a text without them hides its names.",
        ),
    )


def named(start: Start) -> tuple[str, Cited]:
    """(what the network is called, whom to cite)."""
    if start.library == "transformers":
        from finetune.text_transformers import PAPER

        return start.model.config.model_type, (*PAPER, "")
    of_file = paper_of(start.architecture)
    if start.architecture == "adapted_encoder":
        return "MiniLM with adapters", of_file
    if start.architecture == "tagger":
        return "BiLSTM tagger", of_file
    return called(start.model), (*cited(start.model), of_file[2])
