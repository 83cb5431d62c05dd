"""What a person must know of a network that was trained on their own questions about pictures."""

from collections.abc import Sequence

from finetune.about import About, about_own, paper_of
from finetune.starting_point import Start
from hub_models.asked_pictures import AskedPictures


def about_own_questions(
    start: Start, data: AskedPictures, recipe, arguments: Sequence[str], options
) -> About:
    """Facts for a run of `python -m finetune.visual_question_answering` with `arguments` on somebody's own data."""
    if start.library == "transformers":
        from finetune.question_transformers import PAPER

        network, cited = "ViLT", (*PAPER, "")
    else:
        network, cited = f"VQA, {start.model.fusion}", paper_of(start.architecture)
    answers = len(data.class_names)
    return about_own(
        "visual_question_answering",
        start,
        recipe,
        arguments,
        options,
        network=network,
        cited=cited,
        does=f"to answer questions with one of {answers} answers, on",
        trained_on=f"{len(data):,} questions about {len(data.names):,} pictures, {answers} answers",
        data=f"{len(data):,} questions about {len(data.names):,} pictures, each with an answer",
        limits=(
            "Knows only its own answers, and gives one of them to any question.",
            "Knows the kinds of pictures and the words of its training questions; of others it guesses.",
            "What questions give away without the picture is learned too: compare with a run with --blind.",
        ),
    )
