"""Language modelling and sentence generation (lecture, section 10.4): a text in, its probability and what comes next out.

A language model gives a probability to every text: "the apple and pear salad" gets a higher one than "the apple and pair
salad". By the rule of products it is enough to guess what comes next after all that came before, so a recurrent network
reads one character (or piece of a word) after the other and answers with a distribution over the next. It learns from any
text, without labels: the loss at each step is minus the logarithm of the probability that it gave to what really came
(equation 10.5), and the exponential of its mean is the perplexity, the number of equally probable ways on that it was left
with. To write, it starts from <SOS>, chooses from its distribution, and reads its own choice: the most probable (argmax), or
drawn at random, more or less boldly (temperature), perhaps from the best alone (top-k, top-p); beam search follows several
beginnings at once.
"""

from hub_models.answering import timed
from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.task import Answer, Example, Task
from hub_models.text import clean

ID = "language-model"
DEFAULT = "char_lstm.shakespeare"
MOST_WRITTEN = 2_000  # characters or pieces of words
MOST_BEAMS = 16
MOST_TOP_K = 1_000


def predict(
    text: str,
    checkpoint: str = DEFAULT,
    length: float = 200,
    temperature: float = 0.8,
    top_k: float = 0,
    top_p: float = 1.0,
    beams: float = 1,
    seed: float = 0,
) -> Answer:
    """Say how probable a text is, and write `length` more characters (or pieces of words) after it.

    `temperature` 0: the most probable; `top_k` 0 and `top_p` 1: drawn from all; `beams` above 1: beam search.
    """
    count, choosing = whole("length", length, 0, MOST_WRITTEN), way(temperature, top_k, top_p, beams, seed)
    given, notes = prompt(text)

    def work(predictor):
        return *timed(predictor.predict, given, count, choosing), predictor.remarks(given)

    result, seconds, remarks = LOADER.run(checkpoint, ID, work)
    return Answer(
        result=result, seconds=seconds, device=LOADER.device, checkpoint=checkpoint, notes=notes + remarks
    )


def prompt(text: str) -> tuple[str, tuple[str, ...]]:
    """The text as it is read, and what was done to it. A space or an end of line behind it stays: it decides what fits."""
    found, notes = clean(text)
    behind = text[len(text.rstrip()) :]
    return found + ("\n" if "\n" in behind else " " if behind else ""), notes


def way(temperature: float, top_k: float, top_p: float, beams: float, seed: float):
    """The Choosing for these numbers. BadInput `bad_value`."""
    from hub_models.predictors.generation import Choosing

    if not 0 <= temperature <= 10:
        raise BadInput("bad_value", f"Expected a temperature from 0 to 10, got {temperature:g}.")
    if not 0 < top_p <= 1:
        raise BadInput("bad_value", f"Expected top_p above 0 and at most 1, got {top_p:g}.")
    return Choosing(
        temperature=temperature,
        top_k=whole("top_k", top_k, 0, MOST_TOP_K),
        top_p=top_p,
        beams=whole("beams", beams, 1, MOST_BEAMS),
        seed=whole("seed", seed, 0, 2**32 - 1),
    )


def whole(name: str, value: float, least: int, most: int) -> int:
    """A whole number from `least` to `most`. BadInput `bad_value`; NaN is none."""
    if not least <= value <= most or value != int(value):
        raise BadInput(
            "bad_value", f"Expected a whole number from {least} to {most:,} for {name}, got {value:g}."
        )
    return int(value)


TASK = Task(
    id=ID,
    title="Language modelling and sentence generation",
    lecture="10.4",
    summary="Says how probable a text is, character by character, and writes on from where it ends.",
    papers=(
        "Elman: Finding structure in time (1990)",
        "Hochreiter, Schmidhuber: Long short-term memory (1997)",
        "Sutskever, Martens, Hinton: Generating text with recurrent neural networks (2011)",
        "Cho et al.: Learning phrase representations using RNN encoder-decoder for statistical machine translation (2014)",
        "Vaswani et al.: Attention is all you need (2017)",
        "Holtzman et al.: The curious case of neural text degeneration (2020)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="language_model",
    needs=("torch", "transformers"),
    examples=(
        Example(name="a citizen", text="First Citizen:\nBefore we proceed any further, hear me speak.\n"),
        Example(name="Romeo", text="ROMEO:\n"),
        Example(name="a question", text="What say you to this, my lord?\n"),
        Example(name="pear salad", text="The apple and pear salad"),
        Example(name="pair salad", text="The apple and pair salad"),
        Example(name="today", text="The weather report for the weekend says that"),
    ),
)
