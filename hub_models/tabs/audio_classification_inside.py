"""Look inside a network that hears: how the picture is made, and what the network does with it."""

import gradio as gr

from hub_models.tabs.audio_classification_evidence import evidence_view
from hub_models.tabs.audio_classification_frame import frame_view
from hub_models.tabs.audio_classification_layers import layers_view
from hub_models.tabs.audio_classification_masking import masking_view
from hub_models.tabs.audio_classification_stft import spectrogram_view
from hub_models.task import Task
from hub_models.ui.compare_answers import answers_view
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Shared


def look_inside(task: Task, shared: Shared) -> None:
    """All views work on the sound and the checkpoint chosen in Try it; those of our network choose one that fits."""
    gr.Markdown(
        "These views use the sound and the checkpoint chosen in **Try it**. There our network is asked five times, with the "
        "sound a little earlier and later; here once, so that what is shown is one pass."
    )
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Waveform and spectrogram"):
            spectrogram_view(task, shared)
        with gr.Tab("One frame by hand"):
            frame_view(task, shared)
        with gr.Tab("Filters and feature maps"):
            layers_view(task, shared)
        with gr.Tab("Where is the evidence?"):
            evidence_view(task, shared)
        with gr.Tab("Hide and disturb"):
            masking_view(task, shared)
        with gr.Tab("Old and new side by side"):
            answers_view(
                task,
                shared,
                "One sound through every checkpoint, oldest idea first. Their classes differ: ours knows ten digits, AST "
                "527 kinds of sound or 35 words, wav2vec 2.0 ten commands, and Whisper writes what is said.",
                uploaded,
            )
