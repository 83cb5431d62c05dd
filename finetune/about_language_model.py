"""What a person must know of a language model that was trained on their own text."""

from collections.abc import Sequence

from finetune.about import About, about_own
from finetune.starting_point import Start
from hub_models.running_text import BLOCK, RunningText

NAMES = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU", "transformer": "Transformer"}
PAPERS = {
    "rnn": ("Elman: Finding Structure in Time (1990)", 1990),
    "lstm": ("Hochreiter, Schmidhuber: Long Short-Term Memory (1997)", 1997),
    "gru": (
        "Cho et al.: Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation (2014)",
        2014,
    ),
    "transformer": ("Vaswani et al.: Attention Is All You Need (2017)", 2017),
}
DEVIATIONS = {
    "rnn": "reads characters and is trained with Adam on windows of text",
    "lstm": "with the forget gate of Gers, Schmidhuber, Cummins (2000); reads characters",
    "gru": "the reset gate stands after the matrix, as in cuDNN; reads characters, without a decoder",
    "transformer": "only the decoder's masked layers, normalised before each part, small; reads characters",
}
LIMITS = (
    "Writes what sounds like its training text, and means nothing by it.",
    "Knows only the characters of its training text; others count as one unknown character.",
)


def about_own_text(start: Start, data: RunningText, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.language_model` with `arguments` on somebody's own text."""
    kind = start.model.kind
    return about_own(
        "language_model",
        start,
        recipe,
        arguments,
        options,
        network=NAMES[kind],
        title=f"Character {NAMES[kind]}",
        kind=f"char_{kind}",
        cited=(*PAPERS[kind], DEVIATIONS[kind]),
        does="to guess the next character of",
        trained_on=f"{len(data):,} characters",
        data=f"{len(data):,} characters of text",
        split=split_words(recipe.dev_share),
        limits=LIMITS,
    )


def split_words(share: float) -> str:
    return (
        f"the data's own dev part, --dev-data, or {share:.0%} of the text, split off in blocks of about {BLOCK:,} "
        "characters that end at a blank line; a block's neighbours may be of the other part"
    )
