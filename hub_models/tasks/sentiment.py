"""Sentiment (lecture, section 10.3): one text in, a probability for every class of opinion out.

A sequence-to-vector network: a recurrent layer reads word after word, hands its state on to itself, and what it has
in the end decides. The same weights serve every word, so a text may have any length. But a plain cell (RNN) forgets: going
back through time the gradient shrinks at every step, so that the beginning of a sentence hardly teaches it anything. The
LSTM (1997) adds a long-term state that gates write to, keep and read; the GRU (2014) does nearly as well with two gates.
Reading from both ends (bidirectional) and several layers (deep) help a little more; a Transformer that was trained on
large texts before helps most. Words reach the network as vectors that are learned with it, looked up by their number.
"""

from hub_models.answering import answer_text
from hub_models.task import Answer, Example, Task

ID = "sentiment"
DEFAULT = "bilstm.sst2"


def predict(text: str, checkpoint: str = DEFAULT) -> Answer:
    """Say which opinion a text has: probabilities of the classes that the checkpoint knows."""
    return answer_text(ID, text, checkpoint)


TASK = Task(
    id=ID,
    title="Sentiment",
    lecture="10.3",
    summary="Says whether a sentence likes or dislikes what it speaks of, with a probability for each.",
    papers=(
        "Elman: Finding structure in time (1990)",
        "Hochreiter, Schmidhuber: Long short-term memory (1997)",
        "Schuster, Paliwal: Bidirectional recurrent neural networks (1997)",
        "Pascanu, Mikolov, Bengio: On the difficulty of training recurrent neural networks (2013)",
        "Socher et al.: Recursive deep models for semantic compositionality over a sentiment treebank (2013)",
        "Cho et al.: Learning phrase representations using RNN encoder-decoder for statistical machine translation (2014)",
        "Sanh, Debut, Chaumond, Wolf: DistilBERT, a distilled version of BERT (2019)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="text_classification",
    needs=("torch", "torchvision", "transformers"),
    examples=(
        Example(
            name="praise", text="A warm, funny and beautifully acted film that I would gladly see again."
        ),
        Example(
            name="blame", text="A dull and lifeless story, badly told, with a cast that seems to be asleep."
        ),
        Example(
            name="turned", text="It promises a lot and looks wonderful, but in the end it is an empty bore."
        ),
        Example(name="not", text="This is not a bad film at all."),
        Example(name="irony", text="Exactly what the world needed: another two hours of explosions."),
        Example(name="neutral", text="The film lasts two hours and was made in France."),
        Example(name="Italian", text="Un film meraviglioso, con attori bravissimi."),
        Example(name="signs", text="<b>best</b> film ever 🎬👍 !!!"),
    ),
)
