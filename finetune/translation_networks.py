"""The network that a recipe for translation starts from.

seq2seq, bahdanau, luong, transformer   ours, from random weights, with pieces of words learned from both languages
transformer.multi30k                    a checkpoint of ours by id, or its folder: its pieces, its shape, all its weights
"""

import importlib
from collections.abc import Mapping
from typing import Protocol

from torch import nn

from finetune.starting_point import Start, find_ours
from hub_models import loader
from hub_models.local import TOKENIZER, read_config
from hub_models.paired_texts import PairedTexts
from hub_models.predictors.pieces import Pieces, learn_pieces, read_pieces

TASK = "translation"
NAMES = {
    "seq2seq": "Encoder-decoder without attention",
    "bahdanau": "Bahdanau attention",
    "luong": "Luong attention",
    "transformer": "Transformer",
}
FILE = TOKENIZER[0]


class Shaped(Protocol):
    """What a Recipe says of a network of ours."""

    model: str
    pieces: int
    width: int
    hidden: int
    layers: int
    heads: int
    inner: int
    dropout: float


def start_translator(recipe: Shaped, data: PairedTexts) -> Start:
    """The network that `recipe.model` names, for the sentences of `data`. BadData `model_unknown`."""
    if recipe.model in NAMES:
        pieces = learn_pieces([*data.sources, *data.targets], recipe.pieces)
        arguments = shape_of(recipe, pieces.size)
        return started(recipe.model, arguments, pieces, "random weights")
    parent = find_ours(
        recipe.model, TASK, [*NAMES, "transformers:HUB_ID"], "or the folder of such a network of ours"
    )
    files = loader.find(parent)
    pieces, config = read_pieces(files / FILE), read_config(files)
    built = loader.build(parent, "cpu")
    known = importlib.import_module(f"hub_models.architectures.{parent.model}").MODEL.__init__
    names = known.__code__.co_varnames[1 : known.__code__.co_argcount]
    arguments = {name: config[name] for name in names if name in config} | {"dropout": recipe.dropout}
    start = started(parent.model, arguments, pieces, f"{parent.id} ({parent.weights_licence})", parent)
    start.model.load_state_dict(built.state_dict())
    return start


def shape_of(recipe: Shaped, words: int) -> Mapping[str, object]:
    """The arguments of the network called `recipe.model`."""
    if recipe.model == "transformer":
        return {
            "source_words": words, "target_words": words, "d": recipe.width, "heads": recipe.heads,
            "layers": recipe.layers, "inner": recipe.inner, "dropout": recipe.dropout, "norm_first": True, "shared": True,
        }  # fmt: skip
    sizes = {"words": words, "embedding": recipe.width, "dropout": recipe.dropout}
    if recipe.model == "luong":
        return sizes | {"encoder": recipe.hidden // 2}  # both directions together are as wide as the decoder
    return sizes | {"encoder": 3 * recipe.hidden // 4, "hidden": recipe.hidden}


def started(
    architecture: str, arguments: Mapping[str, object], pieces: Pieces, origin: str, parent=None
) -> Start:
    model: nn.Module = importlib.import_module(f"hub_models.architectures.{architecture}").MODEL(**arguments)
    return Start(
        model=model,
        library="ours",
        architecture=architecture,
        input=None,
        origin=origin,
        parent=parent,
        files={FILE: pieces.content},
    )
