"""The tab of image classification: name what is in a picture, then see why."""

import gradio as gr

from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.tabs.image_classification_inside import look_inside
from hub_models.task import Task
from hub_models.ui import frame, show_picture
from hub_models.ui.asking import on_ask, picture_input, run_buttons
from hub_models.ui.components import uploaded
from hub_models.ui.failures import Failure
from hub_models.ui.frame import Preset, Shared, checkpoint_menu
from hub_models.ui.loading import loading
from hub_models.ui.tables import bars, took

# Inputs that our checkpoints are known to get wrong, and what they teach. Each is computed live.
FAILURES = (
    Failure(
        title="A cat is read as a digit",
        example="cat",
        checkpoint="lenet5.mnist",
        why="LeNet-5 only knows the ten digits. Softmax must share 100 % among them, so a picture of anything else "
        "still gets a digit, often a confident one: there is no answer “none of these”.",
    ),
    Failure(
        title="A street with a bus, seen through 32 x 32 pixels",
        example="bus",
        checkpoint="resnet20.cifar10",
        why="The networks trained on CIFAR-10 see a thumbnail. Look at what the network saw: people, bus and house "
        "melt into one another, and the centre crop has cut off a part.",
    ),
    Failure(
        title="A lion is sorted into waste",
        example="lion",
        checkpoint="efficientnet_lite0.trashnet",
        why="After fine-tuning the network has forgotten the thousand classes it came from. It answers with the six "
        "it was taught last, whatever it is shown.",
    ),
    Failure(
        title="Which cat is it?",
        example="cat",
        checkpoint="efficientnet_lite0.imagenet",
        why="Tabby, tiger cat and Egyptian cat look alike, to people too: the probability is spread over all three. "
        "Their sum says cat, and that is right; one label a picture cannot say it.",
    ),
)


def tab(task: Task, preset: Preset) -> None:
    frame(task, preset, try_it, look_inside)


def classify(task: Task, picture: str | None, checkpoint: str, progress: gr.Progress):
    """Answer in two steps, so that a download or a first load is announced before it begins."""
    path = uploaded(picture)
    for words in loading(task, checkpoint, progress):
        yield words, ""
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
    with gr.Row():
        with gr.Column(min_width=280):
            picture, example = picture_input(task, preset, example_width=60)
        with gr.Column(min_width=280):
            checkpoint = checkpoint_menu(task, preset)
            buttons = run_buttons(task, "Classify", checkpoint, example)
            answer = gr.HTML("<p>Choose a picture, then press Classify.</p>", elem_id="answer")
            sight = gr.HTML()
    on_ask(task, classify, buttons, [picture, checkpoint], [answer, sight], FAILURES)
    return Shared(checkpoint=checkpoint, input=picture)
