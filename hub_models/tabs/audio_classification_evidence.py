"""Class activation over time and frequency, and what the network attends to, to be heard."""

import gradio as gr

from hub_models import draw
from hub_models.loader import LOADER
from hub_models.tabs.audio_classification_layers import MODEL, pictured
from hub_models.tabs.audio_classification_seen import scaled
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.sound_pictures import mel_ticks, spectrogram
from hub_models.ui.sounds import player
from hub_models.ui.tables import table

PROBABLE = "the most probable"
ENLARGED = 6  # times, for a picture that is mixed from two


def evidence_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The last feature maps are averaged and one linear layer follows, so the logit of a class is a sum over places in "
        "time and frequency, and the map shows its terms (class activation map; Zhou et al., 2016). Below, the sound with "
        "everything made quiet that does not speak for the class: the spectrogram times the map, with the phase it had, "
        "transformed back. What you hear is what the network listens to."
    )
    menu = fitting_menu(task, shared, of_model(MODEL))
    with gr.Row():
        wanted = gr.Dropdown([PROBABLE], value=PROBABLE, label="Class", interactive=True)
        opacity = gr.Slider(0, 1, 0.55, step=0.05, label="Opacity", interactive=True)
    show = gr.Button("Show the evidence", variant="primary")
    shown, heard, facts = gr.HTML(), gr.HTML(), gr.HTML()

    def view(checkpoint, sound, name, strength):
        predictor, picture, piece, seconds = pictured(task, checkpoint, sound)
        names = gr.Dropdown(choices=[PROBABLE, *predictor.names], value=name)
        return names, *evidence(predictor, picture, piece, seconds, name, strength)

    def names_of(checkpoint):
        known = LOADER.get(checkpoint, task.id).names if checkpoint else ()
        return gr.Dropdown(choices=[PROBABLE, *known], value=PROBABLE)

    on_click(wanted.focus, names_of, [menu], [wanted], show_progress="hidden")
    on_click(
        [show.click, opacity.release, wanted.input],
        view,
        [menu, shared.input, wanted, opacity],
        [wanted, shown, heard, facts],
    )


def evidence(predictor, picture, piece, seconds, name: str, strength: float) -> tuple[str, str, str]:
    """(the map over the spectrogram, what is left of the sound, the terms of the sum) as HTML."""
    from hub_models.architectures.spectrogram import edges_of
    from hub_models.inside.class_activation import class_activation_map
    from hub_models.inside.sounds import OnPicture, attended

    network = OnPicture(predictor.network)
    logits = network(picture)[0].detach()
    shares = logits.float().softmax(0).cpu().numpy()
    index = int(shares.argmax()) if name == PROBABLE else predictor.names.index(name)
    found = class_activation_map(network, picture, index)
    grey = (scaled(picture[0, 0].cpu().numpy()) * 255).astype("uint8")
    large = grey.repeat(ENLARGED, 0).repeat(ENLARGED, 1)[:, :, None].repeat(3, axis=2)
    says = (
        f"Evidence for {predictor.names[index]} ({shares[index]:.1%}), by {found.method} at {found.layer_name}: bright "
        "where it speaks for the class."
    )
    ticks = mel_ticks(edges_of(predictor.spec))
    length = len(piece) / predictor.rate
    drawn = spectrogram(
        found.map, says, length, ticks, begin=seconds[0], height=240,
        pixels=draw.overlay(large, found.map, strength),
    )  # fmt: skip
    kept = attended(piece, predictor.spec, found.map)
    heard = player(piece, predictor.rate, "The piece as it is.") + player(
        kept, predictor.rate, f"What is left of it where the evidence for {predictor.names[index]} is."
    )
    return drawn, heard, sum_table(found, predictor.names[index], shares[index])


def sum_table(found, name: str, share: float) -> str:
    """The terms of the logit, summed over frequency for every stretch of time, and how they add up."""
    over_time = found.raw.sum(0)
    rows = [
        [f"column {i + 1} of {len(over_time)}", f"{value:+.3f}"] for i, value in enumerate(over_time.tolist())
    ]
    rows += [["bias", f"{found.bias:+.3f}"], ["logit", f"{over_time.sum() + found.bias:+.3f}"]]
    return table(["Part of the sum", f"for {name} ({share:.1%})"], rows, "The logit as a sum over time")
