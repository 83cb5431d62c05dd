"""What the views of visual question answering take from Try it: pixels, a cleaned question, a network of ours."""

import numpy as np

from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.task import Task
from hub_models.tasks.visual_question_answering import LONGEST
from hub_models.text import clean
from hub_models.ui.components import uploaded
from hub_models.ui.fitting import of_model

OURS = of_model("vqa")


def given(picture: str | None, question: str | None) -> tuple[np.ndarray, str]:
    """(pixels (H, W, 3) uint8 RGB, the question as it is read)."""
    return decode_picture(uploaded(picture)).pixels, clean(question or "", LONGEST)[0]


def answerer(task: Task, checkpoint: str | None):
    """The predictor of a network of ours that answers. BadInput where none is here."""
    if not checkpoint:
        raise BadInput("bad_value", "Expected a checkpoint of ours that answers questions, but none is here.")
    return LOADER.get(checkpoint, task.id)


def numbers_of(predictor, question: str):
    """The numbers of its words (T,) int64."""
    import torch

    words = [word.text for word in predictor.cut(question)]
    return torch.tensor(predictor.vocabulary.numbers(words), device=predictor.device)
