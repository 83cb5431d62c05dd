"""The network that a recipe for captions starts from.

caption-lstm            the picture as one vector, given at every step (lecture, section 10.8)
caption-attention       the picture as 49 regions, at which it looks before each word (section 10.9.1)
caption_lstm.flickr8k   a checkpoint of ours by id, or its folder: its weights and its words; new words are added
"""

from typing import Protocol

import torch

from finetune.starting_point import Start, copy_fitting, find_ours
from hub_models import loader
from hub_models.architectures import caption_attention, caption_lstm
from hub_models.architectures.caption_lstm import CaptionLSTM
from hub_models.captioned_pictures import CaptionedPictures
from hub_models.local import VOCABULARY, read_config
from hub_models.predictors.captioner import EOS, SOS, sayable
from hub_models.vocabulary import Vocabulary, build_vocabulary, read_vocabulary

TASK = "image-captioning"
MODELS = {"caption-lstm": caption_lstm, "caption-attention": caption_attention}
RULES = Vocabulary()  # how captions are cut into words


class Shaped(Protocol):
    """What a Recipe says of a network of ours."""

    model: str
    least_count: int
    embedding: int
    hidden: int
    dropout: float


def everything_said(data: CaptionedPictures) -> list[str]:
    """All captions to learn the language from: those of pictures that are not there too."""
    return [caption for found in (*data.captions, *data.sentences) for caption in found]


def words_of(data: CaptionedPictures, least: int) -> tuple[str, ...]:
    """The words that stand at least `least` times in the captions."""
    said = (sayable(caption, RULES) for caption in everything_said(data))
    return build_vocabulary(said, least=least).words


def start_caption_network(recipe: Shaped, data: CaptionedPictures) -> Start:
    """The network that `recipe.model` names, for the words of `data`. BadData `model_unknown`."""
    own = words_of(data, recipe.least_count)
    if recipe.model in MODELS:
        architecture = recipe.model.replace("-", "_")
        vocabulary = Vocabulary(words=(SOS, EOS, *own))
        model = MODELS[recipe.model].MODEL(
            words=vocabulary.size, embedding=recipe.embedding, hidden=recipe.hidden, dropout=recipe.dropout,
            known=len(data),
        )  # fmt: skip
        origin, parent = "random weights", None
    else:
        parent = find_ours(
            recipe.model, TASK, [*MODELS, "transformers:HUB_ID"], "or the folder of such a network of ours"
        )
        files = loader.find(parent)
        known, config = read_vocabulary(files / VOCABULARY).words, read_config(files)
        vocabulary = Vocabulary(words=(*known, *(word for word in own if word not in set(known))))
        architecture, kind = parent.model, MODELS[parent.model.replace("_", "-")].MODEL
        model = kind(
            words=vocabulary.size, embedding=config["embedding"], hidden=config["hidden"], dropout=recipe.dropout,
            known=len(data),
        )  # fmt: skip
        kept = taken(loader.build(parent, "cpu"), model)
        origin = f"{parent.id} ({parent.weights_licence}), {kept:.0%} of its weights"
    return Start(
        model=model,
        library="ours",
        architecture=architecture,
        input=None,
        origin=origin,
        parent=parent,
        files={VOCABULARY: vocabulary.to_bytes()},
    )


def taken(source: CaptionLSTM, model: CaptionLSTM) -> float:
    """Give `model` the weights of `source`, whose words are the first of its own; the share that came along."""
    share = copy_fitting(source, model)
    count = source.embedding.num_embeddings
    if count < model.embedding.num_embeddings:
        with torch.no_grad():
            model.embedding.weight[:count] = source.embedding.weight
            model.bias[:count] = source.bias
        size = sum(p.numel() for p in model.parameters())
        share += (source.embedding.weight.numel() + source.bias.numel()) / size
    return share
