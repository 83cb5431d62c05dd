"""Machine translation with attention (lecture, sections 10.9 and 10.10): a sentence in, the same in another language out.

The two sentences need not be equally long, nor in the same order, so a network reads all of the first before it writes the
second. The encoder-decoder (2014) squeezes what it read into one vector and writes from that: the longer the sentence, the
more is lost. With attention the encoder hands over all of its states, and before each word the decoder looks at them again:
weights alpha say how much at which, made by a small network (Bahdanau, 2015) or by a product (Luong, 2015). The weights are
an alignment of the two sentences that nobody had to teach. The Transformer (2017) leaves recurrence out: attention alone, in
many heads, over positions that sines and cosines tell apart, with masks that hide what is to be guessed. Each of them is
trained on pairs of sentences, guessing each piece of the translation from those before it, and writes by beam search.
"""

from hub_models.answering import answer_text
from hub_models.errors import BadInput
from hub_models.task import Answer, Example, Task

ID = "translation"
DEFAULT = "transformer.multi30k"
MOST_BEAMS = 16
MOST_PENALTY = 3.0


def predict(text: str, checkpoint: str = DEFAULT, beams: float = 4, penalty: float = 1.0) -> Answer:
    """Translate a sentence. `beams` 1: greedy; `penalty`: the power of the length by which log probabilities are divided."""
    return answer_text(ID, text, checkpoint, *way(beams, penalty))


def way(beams: float, penalty: float) -> tuple[int, float]:
    """(beams, length penalty), checked. BadInput `bad_value`; NaN is none."""
    if not 1 <= beams <= MOST_BEAMS or beams != int(beams):
        raise BadInput(
            "bad_value", f"Expected a whole number from 1 to {MOST_BEAMS} for beams, got {beams:g}."
        )
    if not 0 <= penalty <= MOST_PENALTY:
        raise BadInput("bad_value", f"Expected a penalty from 0 to {MOST_PENALTY:g}, got {penalty:g}.")
    return int(beams), penalty


TASK = Task(
    id=ID,
    title="Translation with attention",
    lecture="10.9",
    summary="Translates a sentence, and shows at which words it looked for each piece that it wrote.",
    papers=(
        "Cho et al.: Learning phrase representations using RNN encoder-decoder for statistical machine translation (2014)",
        "Sutskever, Vinyals, Le: Sequence to sequence learning with neural networks (2014)",
        "Bahdanau, Cho, Bengio: Neural machine translation by jointly learning to align and translate (2015)",
        "Luong, Pham, Manning: Effective approaches to attention-based neural machine translation (2015)",
        "Sennrich, Haddow, Birch: Neural machine translation of rare words with subword units (2016)",
        "Vaswani et al.: Attention is all you need (2017)",
        "Post: A call for clarity in reporting BLEU scores (2018)",
        "Tiedemann, Thottingal: OPUS-MT, building open translation services for the world (2020)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="translation",
    needs=("torch", "transformers", "sentencepiece"),
    examples=(
        Example(name="a red coat", text="A young woman in a red coat is reading a book."),
        Example(name="two dogs", text="Two dogs are running through the snow."),
        Example(
            name="a street",
            text="A man in a blue shirt is riding a bicycle down a busy street while people watch.",
        ),
        Example(
            name="long",
            text="Two men in blue shirts are playing guitar on a stage in front of a large crowd while a woman in a black "
            "dress sings into a microphone.",
        ),
        Example(
            name="too long",
            text="A group of people wearing warm clothes are standing in front of a large white building with tall "
            "windows, while a man with a camera takes a picture of two small children who are playing with a brown dog "
            "on the wet grass.",
        ),
        Example(name="Harry Potter", text="Harry Potter and Hermione Granger invented a new spell."),
        Example(
            name="an agreement",
            text="The agreement on the European Economic Area was signed in August 1992.",
        ),
        Example(name="Italian", text="Un uomo con un cappello nero suona la chitarra."),
        Example(name="signs", text="<b>A man</b> smiles 🎬👍 !!!"),
    ),
)
