"""The tab of image captioning: a caption grows word by word, then what made it so."""

import html
import time
from collections.abc import Iterator

import gradio as gr

from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.tabs.image_captioning_failures import FAILURES
from hub_models.tabs.image_captioning_form import FORM
from hub_models.tabs.image_captioning_inside import look_inside
from hub_models.tabs.image_captioning_seen import sentence
from hub_models.task import Answer, Task
from hub_models.tasks.image_captioning import MOST_BEAMS, MOST_WORDS, way
from hub_models.ui import frame
from hub_models.ui.asking import on_ask, picture_input, run_buttons
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.loading import loading
from hub_models.ui.tables import table, took

WAITING = "<p>Choose a picture, then press Describe.</p>"
HEADERS = ("Word", "Probability", "What else there was")


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def described(
    task: Task,
    picture: str | None,
    checkpoint: str,
    beams: float,
    temperature: float,
    length_power: float,
    words: float,
    seed: float,
    progress: gr.Progress,
) -> Iterator[tuple[str, str]]:
    """(the caption so far, its numbers): word by word, in the end with probabilities and other beams."""
    choosing, length = way(beams, temperature, length_power, words, seed)
    decoded = decode_picture(uploaded(picture))
    for told in loading(task, checkpoint, progress):
        yield told, ""
    predictor = LOADER.get(checkpoint, task.id)
    began = time.perf_counter()
    if hasattr(predictor, "writing"):
        regions, so_far = predictor.preprocess(decoded.pixels), ((), False, ())
        for so_far in predictor.writing(regions, choosing, length):
            words = " ".join(map(predictor.named, so_far[0]))
            yield f'<p style="font-size:1.4rem">{html.escape(words)} ...</p>', ""
        result = predictor.told(regions, *so_far)
    else:
        result = LOADER.run(
            checkpoint, task.id, lambda found: found.predict(decoded.pixels, choosing, length)
        )
    answer = Answer(
        result=result,
        seconds=time.perf_counter() - began,
        device=LOADER.device,
        checkpoint=checkpoint,
        notes=decoded.notes,
    )
    kept = [[caption, f"{log:.2f}"] for caption, log in result.others]
    beside = table(["Also kept by the beam search", "Log probability"], kept) if kept else ""
    yield sentence(result), table(HEADERS, result.rows()) + beside + took(answer)


def try_it(task: Task, preset: Preset) -> Shared:
    """Picture, checkpoint, ways of choosing; the caption grows while one watches."""
    with gr.Row():
        with gr.Column(min_width=280):
            picture, example = picture_input(task, preset)
            checkpoint = checkpoint_menu(task, preset)
            buttons = run_buttons(task, "Describe", checkpoint, example)
            controls = choosing_controls()
        with gr.Column(min_width=280):
            shown = gr.HTML(WAITING, elem_id="answer")
            numbers = gr.HTML()
    on_ask(task, described, buttons, [picture, checkpoint, *controls], [shown, numbers], FAILURES)
    return Shared(checkpoint=checkpoint, input=picture, controls=tuple(controls))


def choosing_controls() -> list[gr.components.Component]:
    """Beams, temperature, length power, words and seed, in the order of `predict`."""
    with gr.Accordion("How a word is chosen", open=True):
        beams = gr.Slider(
            1, MOST_BEAMS, 5, step=1, interactive=True, label="Beams",
            info="Above 1: so many beginnings are followed, and nothing is drawn.",
        )  # fmt: skip
        with gr.Row():
            temperature = gr.Slider(
                0, 2, 0.0, step=0.1, interactive=True, min_width=140, label="Temperature",
                info="With 1 beam. 0: always the most probable.",
            )  # fmt: skip
            power = gr.Slider(
                0, 1.5, 0.7, step=0.1, interactive=True, min_width=140, label="Length power",
                info="Of beams: log probability / length to this power.",
            )  # fmt: skip
        with gr.Row():
            words = gr.Slider(
                1, MOST_WORDS, MOST_WORDS, step=1, interactive=True, min_width=140, label="Most words"
            )
            seed = gr.Number(
                0, precision=0, minimum=0, interactive=True, min_width=140, label="Seed of the draws"
            )
    return [beams, temperature, power, words, seed]
