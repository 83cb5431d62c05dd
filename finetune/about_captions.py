"""What a person must know of a network that was trained on their own pictures with captions."""

from collections.abc import Sequence

from finetune.about import About, about_own, paper_of
from finetune.starting_point import Start
from hub_models.captioned_pictures import CaptionedPictures

NAMES = {"caption_lstm": "CNN and LSTM", "caption_attention": "CNN and LSTM with attention"}
LIBRARY_NAMES = {"blip": "BLIP", "git": "GIT"}
LIBRARY_PAPERS = {
    "blip": (
        "Li, Li, Xiong, Hoi: BLIP: Bootstrapping Language-Image Pre-training for Unified Vision-Language Understanding "
        "and Generation (2022)",
        2022,
        "",
    ),
    "git": (
        "Wang, Yang, Hu, Li, Lin, Gan, Liu, Liu, Wang: GIT: A Generative Image-to-text Transformer for Vision and Language "
        "(2022)",
        2022,
        "",
    ),
}  # fmt: skip
LIMITS = (
    "Says what is usual for pictures like this one: colours, numbers, and who does what, are often guessed.",
    "Knows only things that its training captions name; it describes any picture as one of those, and never says that it "
    "does not know.",
    "Calls people men, women, boys and girls by their looks, as its training captions do. It is not to be used to tell "
    "anything about a person.",
)


def about_own_captions(
    start: Start, data: CaptionedPictures, recipe, arguments: Sequence[str], options
) -> About:
    """Facts for a run of `python -m finetune.image_captioning` with `arguments`."""
    count = sum(map(len, data.captions))
    ours = start.library == "ours"
    kind = start.architecture
    return about_own(
        "image_captioning",
        start,
        recipe,
        arguments,
        options,
        network=NAMES[kind] if ours else LIBRARY_NAMES.get(kind, kind.upper()),
        cited=paper_of(kind) if ours else LIBRARY_PAPERS.get(kind, ("see the card of the weights", 2022, "")),
        does="to describe pictures of",
        trained_on=f"{len(data):,} pictures with {count:,} captions",
        data=f"{len(data):,} pictures with {count:,} captions",
        limits=LIMITS,
        apart="all captions of a picture are on one side",
    )
