"""The network that a recipe for language models starts from.

rnn, lstm, gru, transformer   ours, from random weights
char_lstm.shakespeare         a checkpoint of ours by id, or its folder: it goes on learning, with new characters if need be
"""

import json
from dataclasses import replace

import torch

from finetune.starting_point import Start, find_ours
from hub_models import loader
from hub_models.architectures.character_model import CELLS, CharacterModel
from hub_models.local import VOCABULARY, read_config
from hub_models.vocabulary import Vocabulary, checked, read_vocabulary

TASK = "language-model"
KINDS = (*CELLS, "transformer")
SIZED = ("embedding.weight", "classifier.weight", "classifier.bias")  # with a row a character


def start_character_model(name: str, text: str, **sizes: float) -> Start:
    """The network called `name` for the characters of `text`; `sizes`: of CharacterModel. BadData `model_unknown`."""
    if name in KINDS:
        vocabulary = Vocabulary(characters=tuple(sorted(set(text))), lower=False)
        model = CharacterModel(vocabulary.character_size, name, **sizes)
        return started(model, vocabulary, "random weights")
    parent = find_ours(name, TASK, KINDS, "or the folder of such a network of ours")
    files = loader.find(parent)
    known = read_vocabulary(files / VOCABULARY)
    vocabulary = replace(known, characters=(*known.characters, *sorted(set(text) - set(known.characters))))
    made_with = {
        n: v
        for n, v in read_config(files).items()
        if n in ("kind", "layers", "heads", "context", "hidden", "width")
    }
    model = CharacterModel(vocabulary.character_size, **made_with, dropout=sizes["dropout"])
    grow(loader.build(parent, "cpu"), model)
    start = started(model, vocabulary, f"{parent.id} ({parent.weights_licence})")
    return replace(start, parent=parent)


def started(model: CharacterModel, vocabulary: Vocabulary, origin: str) -> Start:
    return Start(
        model=model,
        library="ours",
        architecture="character_model",
        input=None,
        origin=origin,
        parent=None,
        files={VOCABULARY: vocabulary.to_bytes()},
    )


def grow(parent: CharacterModel, model: CharacterModel) -> None:
    """The weights of `parent`; new characters, which stand behind the known ones, keep their random rows."""
    wanted = model.state_dict()
    for name, tensor in parent.state_dict().items():
        rows = len(tensor) if name in SIZED else None
        with torch.no_grad():
            wanted[name][:rows] = tensor


def vocabulary_in(start: Start) -> Vocabulary:
    """The vocabulary that travels with the weights of `start`."""
    return Vocabulary(**checked(json.loads(start.files[VOCABULARY])))
