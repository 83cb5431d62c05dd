"""The network that a recipe for questions about pictures starts from.

vqa-product, vqa-concatenation, vqa-bilinear    ours, from random weights: how picture and question are fused
vqa_product.easy                                a checkpoint of ours by id, or its folder: all weights that still fit,
                                                its words and its shape
"""

from typing import Protocol

from finetune.starting_point import Start, copy_fitting, find_ours
from hub_models import loader
from hub_models.architectures.vqa import VisualQuestionAnswerer
from hub_models.asked_pictures import AskedPictures
from hub_models.local import VOCABULARY, read_config
from hub_models.predictors.question_answerer import is_drawing
from hub_models.preprocess import InputSpec
from hub_models.vocabulary import build_vocabulary, read_vocabulary

TASK = "visual-question-answering"
ARCHITECTURE = "vqa"
FUSIONS = {f"vqa-{fusion}": fusion for fusion in ("product", "concatenation", "bilinear")}
SHAPE = ("fusion", "features", "channels", "embedding", "hidden")
LOOKED_AT = 50  # training pictures that say of what kind all are
DRAWINGS = InputSpec(size_hw=(64, 64), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")


class Shaped(Protocol):
    """What a Recipe says of a network of ours."""

    model: str
    regions: str  # "own": a small network trained with the rest; "imagenet": given features
    least_count: int
    embedding: int
    hidden: int
    dropout: float
    word_dropout: float


def start_answerer(recipe: Shaped, data: AskedPictures, features: int) -> Start:
    """The network that `recipe.model` names, for the words and answers of `data`. BadData `model_unknown`.

    `features`: numbers of a given region, where `recipe.regions` is "imagenet".
    """
    if recipe.model in FUSIONS:
        rules = build_vocabulary([], hyphens=False)
        cut = [[word.text for word in rules.cut(question)] for question in data.questions]
        vocabulary = build_vocabulary(cut, least=recipe.least_count, hyphens=False)
        seen = features if recipe.regions == "imagenet" else 0
        shape = {"fusion": FUSIONS[recipe.model], "features": seen, "channels": 64}
        shape |= {"embedding": recipe.embedding, "hidden": recipe.hidden}
        origin, parent = "random weights", None
    else:
        parent = find_ours(
            recipe.model, TASK, [*FUSIONS, "transformers:HUB_ID"], "or the folder of such a network of ours"
        )
        files = loader.find(parent)
        vocabulary = read_vocabulary(files / VOCABULARY)
        shape = {name: read_config(files)[name] for name in SHAPE}
    model = VisualQuestionAnswerer(
        vocabulary.size,
        len(data.class_names),
        dropout=recipe.dropout,
        word_dropout=recipe.word_dropout,
        taught=kind_of(data),
        **shape,
    )
    if parent is not None:
        kept = copy_fitting(loader.build(parent, "cpu"), model)
        origin = f"{parent.id} ({parent.weights_licence}), {kept:.0%} of its weights"
    return Start(
        model=model,
        library="ours",
        architecture=ARCHITECTURE,
        input=None if shape["features"] else DRAWINGS,
        origin=origin,
        parent=parent,
        files={VOCABULARY: vocabulary.to_bytes()},
    )


def kind_of(data: AskedPictures) -> str:
    """What most of some of its pictures are."""
    some = range(0, len(data.names), max(1, len(data.names) // LOOKED_AT))
    drawn = [is_drawing(data.read(i)) for i in some]
    return "drawings" if sum(drawn) > len(drawn) / 2 else "photographs"
