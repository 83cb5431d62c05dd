"""The tab of language models: a text is continued while one watches, two texts are compared, then how it is done."""

import time
from collections.abc import Iterator

import gradio as gr

from hub_models.continuation import Continuation
from hub_models.loader import LOADER
from hub_models.tabs.language_model_form import FORM
from hub_models.tabs.language_model_inside import look_inside
from hub_models.tabs.language_model_passage import HEADERS, coloured, figures, passage
from hub_models.task import Answer, Task
from hub_models.tasks.language_model import MOST_BEAMS, MOST_WRITTEN, prompt, way, whole
from hub_models.ui import frame, on_click
from hub_models.ui.asking import on_ask, run_buttons, text_input
from hub_models.ui.failures import Failure
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.loading import loading
from hub_models.ui.tables import table, took

WAITING = "<p>Type how it begins, then press Write.</p>"
OFTEN = 0.15  # seconds between two pictures of a text that is being written
PAIR = ("The apple and pair salad", "The apple and pear salad")
# Texts that our networks are known to handle badly, and what they teach. Each is computed live.
FAILURES = (
    Failure(
        title="Argmax goes round in circles",
        example="Romeo",
        checkpoint="char_lstm.shakespeare",
        why="Always the most probable character: soon it has written what it wrote before, and so comes to the same place "
        "again. The most probable text is not a typical one; a little chance helps.",
        settings=(300, 0.0, 0, 1.0, 1, 0),
    ),
    Failure(
        title="Too hot",
        example="a citizen",
        checkpoint="char_lstm.shakespeare",
        why="Temperature 2 makes the distribution so flat that rare characters are drawn again and again: words fall apart.",
        settings=(300, 2.0, 0, 1.0, 1, 0),
    ),
    Failure(
        title="It knows only plays of around 1600",
        example="today",
        checkpoint="char_lstm.shakespeare",
        why="Weather reports are not in its training text: the perplexity of the beginning is high, and what follows is a "
        "play again. It means nothing by what it writes.",
        settings=(200, 0.8, 0, 1.0, 1, 0),
    ),
)


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def continued(
    task: Task,
    text: str,
    checkpoint: str,
    length: float,
    temperature: float,
    top_k: float,
    top_p: float,
    beams: float,
    seed: float,
    progress: gr.Progress,
) -> Iterator[tuple[str, str]]:
    """(the text so far, its figures): part by part, in the end coloured by probability."""
    from hub_models.predictors.generation import guessed, writing

    count, choosing = whole("length", length, 0, MOST_WRITTEN), way(temperature, top_k, top_p, beams, seed)
    given, notes = prompt(text or "")
    for words in loading(task, checkpoint, progress):
        yield words, ""
    predictor = LOADER.get(checkpoint, task.id)
    began, shown, steps = time.perf_counter(), 0.0, ()
    for steps in writing(predictor, predictor.numbers(given), count, choosing):
        if time.perf_counter() - shown > OFTEN:
            shown = time.perf_counter()
            yield passage(given, "".join(predictor.texts([step.number for step in steps]))), ""
    seconds = time.perf_counter() - began
    result = Continuation(predictor.score(given), guessed(predictor, steps))
    answer = Answer(
        result=result,
        seconds=seconds,
        device=LOADER.device,
        checkpoint=checkpoint,
        notes=notes + predictor.remarks(given),
    )
    speed = f"<p>{len(steps) / seconds:,.0f} steps a second.</p>" if steps else ""
    yield coloured(result), table(HEADERS, figures(result)) + speed + took(answer)


def try_it(task: Task, preset: Preset) -> Shared:
    """Text, checkpoint, ways of choosing; the text goes on while one watches."""
    with gr.Row():
        with gr.Column(min_width=280):
            text, example = text_input(task, preset, "How it begins")
            checkpoint = checkpoint_menu(task, preset)
            buttons = run_buttons(task, "Write", checkpoint, example)
            controls = choosing_controls()
        with gr.Column(min_width=280):
            shown = gr.HTML(WAITING, elem_id="answer")
            numbers = gr.HTML()
    on_ask(task, continued, buttons, [text, checkpoint, *controls], [shown, numbers], FAILURES)
    two_texts(task, checkpoint)
    return Shared(checkpoint=checkpoint, input=text, controls=tuple(controls))


def choosing_controls() -> list[gr.components.Component]:
    """Length, temperature, top-k, top-p, beams and seed, in the order of `predict`."""
    with gr.Accordion("How the next one is chosen", open=True):
        length = gr.Slider(
            0, 1000, 200, step=10, interactive=True, label="Characters, or pieces of words, to write"
        )
        temperature = gr.Slider(
            0,
            2,
            0.8,
            step=0.05,
            interactive=True,
            label="Temperature",
            info="0: always the most probable (argmax).",
        )
        with gr.Row():
            top_k = gr.Slider(
                0,
                50,
                0,
                step=1,
                interactive=True,
                min_width=140,
                label="Top-k",
                info="Only from the k best. 0: from all.",
            )
            top_p = gr.Slider(
                0.05, 1, 1.0, step=0.05, interactive=True, min_width=140, label="Top-p",
                info="Only from the best that have p together.",
            )  # fmt: skip
        with gr.Row():
            beams = gr.Slider(
                1, MOST_BEAMS, 1, step=1, interactive=True, min_width=140, label="Beams",
                info="Above 1: beam search, nothing is drawn.",
            )  # fmt: skip
            seed = gr.Number(
                0, precision=0, minimum=0, interactive=True, min_width=140, label="Seed of the draws"
            )
    return [length, temperature, top_k, top_p, beams, seed]


def two_texts(task: Task, checkpoint: gr.Dropdown) -> None:
    """Which of two texts is more probable (equation 10.4)?"""
    with gr.Accordion("Which of two texts is more probable?", open=False):
        gr.Markdown(
            "The probability of a text is the product of those of its parts, each given all before it (lecture, "
            "section 10.4). It is so small that its logarithm is shown. The longer of two texts is less probable "
            "for its length alone: the perplexity per character says which is the better guess. "
            "A network that has read plays alone has seen too little of salads to be right about these two."
        )
        with gr.Row():
            first = gr.Textbox(PAIR[0], label="First text", interactive=True, min_width=200)
            second = gr.Textbox(PAIR[1], label="Second text", interactive=True, min_width=200)
        compare = gr.Button("Compare", variant="primary")
        shown = gr.HTML()

    def view(a, b, identity):
        answers = [task.predict(one or "", identity, length=0).result for one in (a, b)]
        logs = [answer.given.log_probability for answer in answers]
        better = "first" if logs[0] > logs[1] else "second"
        factor = abs(logs[0] - logs[1])
        says = f"The {better} text is more probable, by a factor of e to the power of {factor:.2f}."
        rows = [
            [name, *figures(answer)[0][1:]] for name, answer in zip(("first", "second"), answers, strict=True)
        ]
        return f"<p>{says}</p>" + table(HEADERS, rows) + "".join(coloured(answer) for answer in answers)

    on_click([compare.click, first.submit, second.submit], view, [first, second, checkpoint], [shown])
