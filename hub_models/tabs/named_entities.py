"""The tab of named entities: the names in a text, then how each word gets its tag."""

from collections.abc import Iterator

import gradio as gr

from hub_models.tabs.named_entities_form import FORM
from hub_models.tabs.named_entities_inside import look_inside
from hub_models.tabs.named_entities_marks import listed, marked
from hub_models.task import Task
from hub_models.ui import frame
from hub_models.ui.asking import on_ask, run_buttons, text_input
from hub_models.ui.failures import Failure
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.loading import loading
from hub_models.ui.tables import took

WAITING = "<p>Type a text, then press Find the names.</p>"
# Texts that our tagger is known to read wrongly, and what they teach. Each is computed live.
FAILURES = (
    Failure(
        title="Without capital letters",
        example="small letters",
        checkpoint="tagger.wikigold",
        why="Two words of the lecture's sentence were never seen, and the look of a word is all that is known of a new "
        "one: a "
        "small letter says that it is no name. What is still found stands in the vocabulary, which does not look at "
        "case.",
    ),
    Failure(
        title="One word, three kinds",
        example="two kinds",
        checkpoint="tagger.wikigold",
        why="Washington is a man, a city and a part of a university's name. Only the words around tell which; the "
        "network saw "
        "the place so often that its neighbours do not change its mind.",
    ),
    Failure(
        title="German",
        example="German",
        checkpoint="tagger.wikigold",
        why="All of its sentences are English. Most words here share the vector of the unknown, and German writes "
        "every noun "
        "with a capital letter, which in English is the strongest sign of a name.",
    ),
)


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def find(task: Task, text: str, checkpoint: str, progress: gr.Progress) -> Iterator[tuple[str]]:
    """First that a download or a load begins, then the answer."""
    for words in loading(task, checkpoint, progress):
        yield (words,)
    answer = task.predict(text, checkpoint)
    yield (marked(answer.result) + listed(answer.result) + took(answer),)


def try_it(task: Task, preset: Preset) -> Shared:
    """Text, checkpoint, answer."""
    with gr.Row():
        with gr.Column(min_width=280):
            text, example = text_input(task, preset, "A text with names")
        with gr.Column(min_width=280):
            checkpoint = checkpoint_menu(task, preset)
            buttons = run_buttons(task, "Find the names", checkpoint, example)
            answer = gr.HTML(WAITING, elem_id="answer")
    on_ask(task, find, buttons, [text, checkpoint], [answer], FAILURES)
    return Shared(checkpoint=checkpoint, input=text)
