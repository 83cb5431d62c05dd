"""The tab of image classification: name what is in a picture, then see why."""

import html

import gradio as gr

from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.tabs.image_classification_inside import look_inside
from hub_models.task import Task
from hub_models.ui import PictureInput, frame, on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.examples import available, example_buttons, failure_buttons, link_button
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.tables import bars, took

# Inputs that our checkpoints are known to get wrong, and what they teach. Each is computed live.
FAILURES = (
    (
        "A cat is read as a digit",
        "cat",
        "lenet5.mnist",
        "LeNet-5 only knows the ten digits. Softmax must share 100 % among them, so a picture of anything else "
        "still gets a digit, often a confident one: there is no answer “none of these”.",
    ),
    (
        "A street with a bus, seen through 32 x 32 pixels",
        "bus",
        "resnet20.cifar10",
        "The networks trained on CIFAR-10 see a thumbnail. Look at what the network saw: people, bus and house "
        "melt into one another, and the centre crop has cut off a part.",
    ),
    (
        "A lion is sorted into waste",
        "lion",
        "efficientnet_lite0.trashnet",
        "After fine-tuning the network has forgotten the thousand classes it came from. It answers with the six "
        "it was taught last, whatever it is shown.",
    ),
    (
        "Which cat is it?",
        "cat",
        "efficientnet_lite0.imagenet",
        "Tabby, tiger cat and Egyptian cat look alike, to people too: the probability is spread over all three. "
        "Their sum says cat, and that is right; one label a picture cannot say it.",
    ),
)


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside)


def classify(task: Task, picture: str | None, checkpoint: str, progress: gr.Progress):
    """Answer in two steps, so that a download or a first load is announced before it begins."""
    path = uploaded(picture)
    row = LOADER.checkpoint(checkpoint, task.id)
    if all(c.id != checkpoint for c, _ in LOADER.loaded()):
        how = f"Downloading {row.megabytes:,.0f} MB and loading" if not row.offline else "Loading"
        yield f"<p>{how} {html.escape(row.title)} ({html.escape(row.weights_licence)}) ...</p>", ""
        LOADER.get(checkpoint, task.id, lambda done, total: progress((done, total), desc=how, unit="bytes"))
    answer = task.predict(path, checkpoint)
    seen = LOADER.get(checkpoint, task.id).crop(decode_picture(path).pixels)
    if seen.shape[2] == 1:
        seen = seen.repeat(3, axis=2)
    sight = show_picture(
        seen,
        f"What the network saw: {seen.shape[1]} x {seen.shape[0]} pixels. {answer.result.text()}",
        lossless=seen.shape[0] <= 64,
        width="min(100%, 224px)",
    )
    yield bars(answer.result) + took(answer), sight


def try_it(task: Task, preset: Preset) -> Shared:
    """Picture, checkpoint, answer."""
    examples = available(task)
    with gr.Row():
        with gr.Column(min_width=280):
            picture = PictureInput(
                value=str(examples[preset.example]) if preset.example in examples else None,
                label="Picture: upload, camera or paste",
                sources=["upload", "webcam", "clipboard"],
                height=300,
            )
            example = gr.State(preset.example)
            example_buttons(examples, picture, example)
        with gr.Column(min_width=280):
            checkpoint = checkpoint_menu(task, preset)
            with gr.Row():
                run = gr.Button("Classify", variant="primary")
                stop = gr.Button("Cancel", min_width=60)
                link_button(task, checkpoint, example)
            answer = gr.HTML("<p>Choose a picture, then press Classify.</p>", elem_id="answer")
            sight = gr.HTML()

    def go(given: str | None, identity: str, progress=gr.Progress()):  # noqa: B008 (gradio's way to ask for it)
        yield from classify(task, given, identity, progress)

    on_click([run.click, picture.upload], go, [picture, checkpoint], [answer, sight], stop=stop)
    with gr.Accordion("Where it goes wrong, and why", open=False):
        failure_buttons(task, examples, FAILURES, classify, [picture, checkpoint, answer, sight])
    return Shared(checkpoint=checkpoint, input=picture)
