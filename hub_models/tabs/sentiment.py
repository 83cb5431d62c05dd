"""The tab of sentiment: what a sentence feels, then how a recurrent network reads it."""

from collections.abc import Iterator

import gradio as gr

from hub_models.tabs.sentiment_form import FORM
from hub_models.tabs.sentiment_inside import look_inside
from hub_models.task import Task
from hub_models.ui import frame
from hub_models.ui.asking import on_ask, run_buttons, text_input
from hub_models.ui.failures import Failure
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.loading import loading
from hub_models.ui.tables import bars, took

WAITING = "<p>Type a sentence, then press Read.</p>"
# Texts that our networks are known to read wrongly, and what they teach. Each is computed live.
FAILURES = (
    Failure(
        title="“Not a bad film”",
        example="not",
        checkpoint="bilstm.sst2",
        why="*Bad* alone speaks so strongly that *not* cannot turn it. Few of the 6,920 sentences say something good "
        "by denying "
        "something bad, so the network has hardly seen it. Look at **Word by word**: what does *not* do?",
    ),
    Failure(
        title="A fact becomes an opinion",
        example="neutral",
        checkpoint="deep_lstm.sst2",
        why="There is no class for neutral: the data leaves such sentences out, and softmax must give its 100 % to the "
        "two "
        "that there are.",
    ),
    Failure(
        title="Praise in Italian",
        example="Italian",
        checkpoint="gru.sst2",
        why="Of these words it knows *film* and a few that look like English ones; all others share one vector, that "
        "of the "
        "unknown. What comes out is a guess, and the note below the answer says so.",
    ),
    Failure(
        title="An opinion that turns",
        example="turned",
        checkpoint="deep_lstm.sst2",
        why="The largest values over all words decide in this network, wherever they occurred: *looks wonderful* is "
        "not taken "
        "back by what follows *but*. The GRU, which answers from its last state, gets it right.",
    ),
)


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def read(task: Task, text: str, checkpoint: str, progress: gr.Progress) -> Iterator[tuple[str]]:
    """First that a download or a load begins, then the answer."""
    for words in loading(task, checkpoint, progress):
        yield (words,)
    answer = task.predict(text, checkpoint)
    yield (bars(answer.result) + took(answer),)


def try_it(task: Task, preset: Preset) -> Shared:
    """Text, checkpoint, answer."""
    with gr.Row():
        with gr.Column(min_width=280):
            text, example = text_input(task, preset, "A sentence about a film")
        with gr.Column(min_width=280):
            checkpoint = checkpoint_menu(task, preset)
            buttons = run_buttons(task, "Read", checkpoint, example)
            answer = gr.HTML(WAITING, elem_id="answer")
    on_ask(task, read, buttons, [text, checkpoint], [answer], FAILURES)
    return Shared(checkpoint=checkpoint, input=text)
