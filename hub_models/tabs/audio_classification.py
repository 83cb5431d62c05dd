"""The tab of audio classification: what a sound is, live from the microphone too, then how a sound becomes a picture."""

import html
from collections.abc import Iterator

import gradio as gr

from hub_models.heard import Heard, Transcript
from hub_models.loader import LOADER
from hub_models.sound import Sound, decode_sound
from hub_models.tabs.audio_classification_failures import FAILURES
from hub_models.tabs.audio_classification_form import FORM
from hub_models.tabs.audio_classification_inside import look_inside
from hub_models.tabs.audio_classification_live import live_view, spotted, words_table
from hub_models.tabs.audio_classification_seen import piece_of, seen_as
from hub_models.task import Answer, Task
from hub_models.ui import frame
from hub_models.ui.asking import run_buttons
from hub_models.ui.click import on_click
from hub_models.ui.components import uploaded
from hub_models.ui.failures import failure_buttons
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.loading import loading, with_progress
from hub_models.ui.sounds import sound_input
from hub_models.ui.tables import bars, table, took

WAITING = "<p>Choose or record a sound, then press Listen.</p>"
STEP = 0.25  # seconds from one piece to the next, along a longer sound
MOST_ALONG = 30.0  # seconds of a sound that are gone along


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside, FORM)


def listen(
    task: Task, sound: str | None, checkpoint: str, progress: gr.Progress
) -> Iterator[tuple[str, str, str]]:
    """(answer, what the network sees, what is heard along the sound): first that a download or a load begins."""
    path = uploaded(sound)
    for words in loading(task, checkpoint, progress):
        yield words, "", ""
    answer = task.predict(path, checkpoint)
    decoded = decode_sound(path)
    yield told(answer), seen(task, decoded, checkpoint, answer), along(task, decoded, checkpoint, answer)


def told(answer: Answer) -> str:
    """The answer in a sentence, the bars, time and notes."""
    result = answer.result
    words = f"<p><b>{html.escape(result.text())}</b></p>"
    shown = bars(result) if result.top() else ""
    if isinstance(result, Transcript):
        shown = table(["Seconds", "Words"], result.rows())
    return words + shown + took(answer)


def seen(task: Task, sound: Sound, checkpoint: str, answer: Answer) -> str:
    """The spectrogram of the piece that was classified."""
    predictor = LOADER.get(checkpoint, task.id)
    samples, (begin, end) = piece_of(predictor, sound)
    if isinstance(answer.result, Heard):
        says = f"What the network is asked about: {begin:.2f} to {end:.2f} s of {sound.seconds:.2f} s, as a spectrogram."
    else:
        says = f"The spectrogram of the first {end:.1f} s of {sound.seconds:.2f} s."
    return seen_as(predictor, samples, says, begin)


def along(task: Task, sound: Sound, checkpoint: str, answer: Answer) -> str:
    """Of a sound that is longer than a piece, what is heard in it one after another."""
    if not isinstance(answer.result, Heard) or sound.seconds <= 1.1:
        return ""
    samples = sound.samples[: round(MOST_ALONG * sound.rate)]
    cut = Sound(samples=samples, rate=sound.rate)

    def work(predictor):
        return predictor.along(cut.at(predictor.rate), STEP)

    return words_table(spotted(LOADER.run(checkpoint, task.id, work)), cut.seconds)


def try_it(task: Task, preset: Preset) -> Shared:
    """Checkpoint; a sound and its answer, or the microphone that goes on and on."""
    checkpoint = checkpoint_menu(task, preset)
    with gr.Tabs():
        with gr.Tab("A sound"):
            sound = sound_part(task, preset, checkpoint)
        with gr.Tab("Live: spot words"):
            live_view(task, checkpoint)
    return Shared(checkpoint=checkpoint, input=sound)


def sound_part(task: Task, preset: Preset, checkpoint: gr.Dropdown) -> gr.components.Component:
    with gr.Row():
        with gr.Column(min_width=280):
            sound, example = sound_input(task, preset)
            run, stop = run_buttons(task, "Listen", checkpoint, example)
        with gr.Column(min_width=280):
            answer = gr.HTML(WAITING, elem_id="answer")
    sight, passage = gr.HTML(), gr.HTML()
    asked, outputs = [sound, checkpoint], [answer, sight, passage]

    def go(*given):
        yield from listen(task, *given)

    on_click([run.click, sound.upload, sound.stop_recording], with_progress(go), asked, outputs, stop=stop)
    with gr.Accordion("Where it goes wrong, and why", open=False):
        failure_buttons(task, FAILURES, listen, asked, outputs)
    return sound
