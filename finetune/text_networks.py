"""The network that a recipe for classes of texts starts from.

rnn, lstm, gru          one layer that reads forwards, and answers from its last state (lecture, sections 10.3 to 10.7)
bilstm, bigru           both ways, and the largest value of every number of the state
deep-lstm               two layers, both ways
lstm.sst2               a checkpoint of ours by id, or its folder: all weights that still fit, its words and its shape
"""

from typing import Protocol

from finetune.starting_point import Start, copy_fitting, find_ours
from hub_models import loader
from hub_models.architectures.text_classifier import TextClassifier
from hub_models.labelled_texts import LabelledTexts
from hub_models.local import VOCABULARY, read_config
from hub_models.vocabulary import build_vocabulary, read_vocabulary

ARCHITECTURE = "text_classifier"
SHAPES: dict[str, dict[str, object]] = {
    "rnn": {"cell": "rnn"},
    "lstm": {"cell": "lstm"},
    "gru": {"cell": "gru"},
    "bilstm": {"cell": "lstm", "both_ways": True, "pooling": "max"},
    "bigru": {"cell": "gru", "both_ways": True, "pooling": "max"},
    "deep-lstm": {"cell": "lstm", "both_ways": True, "pooling": "max", "layers": 2},
}
NAMES = {  # (cell, both ways, layers) -> as the lecture calls it
    ("rnn", False, 1): "RNN",
    ("lstm", False, 1): "LSTM",
    ("gru", False, 1): "GRU",
    ("lstm", True, 1): "Bidirectional LSTM",
    ("gru", True, 1): "Bidirectional GRU",
    ("lstm", True, 2): "Deep bidirectional LSTM",
}
PAPERS = {
    "rnn": ("Elman: Finding Structure in Time (1990)", 1990),
    "lstm": ("Hochreiter, Schmidhuber: Long Short-Term Memory (1997)", 1997),
    "gru": (
        "Cho, van Merriënboer, Gulcehre, Bahdanau, Bougares, Schwenk, Bengio: Learning Phrase Representations using RNN "
        "Encoder-Decoder for Statistical Machine Translation (2014)",
        2014,
    ),
    "both_ways": ("Schuster, Paliwal: Bidirectional Recurrent Neural Networks (1997)", 1997),
}


class Shaped(Protocol):
    """What a Recipe says of a network of ours."""

    model: str
    least_count: int
    embedding: int
    hidden: int
    dropout: float
    word_dropout: float


def start_text_network(recipe: Shaped, data: LabelledTexts, task: str) -> Start:
    """The network that `recipe.model` names, for the classes and words of `data`. BadData `model_unknown`."""
    if recipe.model in SHAPES:
        rules = build_vocabulary([], hyphens=False)
        sentences = [[word.text for word in rules.cut(text)] for text in data.texts]
        vocabulary = build_vocabulary(sentences, least=recipe.least_count, hyphens=False)
        model = TextClassifier(
            vocabulary.size, len(data.class_names), embedding=recipe.embedding, hidden=recipe.hidden,
            dropout=recipe.dropout, word_dropout=recipe.word_dropout, **SHAPES[recipe.model],
        )  # fmt: skip
        origin, parent = "random weights", None
    else:
        parent = find_ours(
            recipe.model, task, [*SHAPES, "transformers:HUB_ID"], "or the folder of such a network of ours"
        )
        files = loader.find(parent)
        vocabulary = read_vocabulary(files / VOCABULARY)
        shape = {
            name: read_config(files)[name] for name in ("cell", "embedding", "hidden", "layers", "both_ways")
        }
        model = TextClassifier(
            vocabulary.size, len(data.class_names), **shape, pooling=read_config(files)["pooling"],
            dropout=recipe.dropout, word_dropout=recipe.word_dropout,
        )  # fmt: skip
        kept = copy_fitting(loader.build(parent, "cpu"), model)
        origin = f"{parent.id} ({parent.weights_licence}), {kept:.0%} of its weights"
    return Start(
        model=model,
        library="ours",
        architecture=ARCHITECTURE,
        input=None,
        origin=origin,
        parent=parent,
        files={VOCABULARY: vocabulary.to_bytes()},
    )


def called(model: TextClassifier) -> str:
    """As the lecture calls the network."""
    layer = model.recurrent
    key = layer.mode.lower().partition("_")[0], layer.bidirectional, layer.num_layers
    return NAMES.get(key, f"{key[0].upper()} of {key[2]} layers{', both ways' * key[1]}")


def cited(model: TextClassifier) -> tuple[str, int]:
    """(paper, year) of its idea: reading both ways, else the cell."""
    layer = model.recurrent
    return PAPERS["both_ways" if layer.bidirectional else layer.mode.lower().partition("_")[0]]
