"""What a person must know of a translator that was trained on their own pairs of sentences."""

from collections.abc import Sequence

from finetune.about import About, about_own, paper_of
from finetune.starting_point import Start
from finetune.translation_networks import NAMES
from hub_models.paired_texts import PairedTexts

MARIAN = (
    "Junczys-Dowmunt et al.: Marian: Fast Neural Machine Translation in C++ (2018)",
    2018,
    "",
)
LIMITS = (
    "Knows the language and the subjects of its training sentences; of others it makes fluent nonsense.",
    "Spells names and rare words from pieces, and may change them.",
    "Never says that it does not know: read what matters again, or have it read.",
)


def about_own_pairs(start: Start, data: PairedTexts, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.translation` with `arguments` on somebody's own data."""
    pretrained = start.library == "transformers"
    languages = " -> ".join(data.languages) if all(data.languages) else "source -> target"
    return about_own(
        "translation",
        start,
        recipe,
        arguments,
        options,
        network="Marian" if pretrained else NAMES[start.architecture],
        cited=MARIAN if pretrained else paper_of(start.architecture),
        does=f"to translate {languages}, on",
        trained_on=f"{languages}, {len(data):,} pairs of sentences",
        data=f"{len(data):,} sentences ({languages}) with a translation each",
        split="the data's own dev part, --dev-data, or a share split off with the seed; no source sentence is in both",
        limits=LIMITS,
    )
