"""The filters of the first convolution, every layer with its sizes, and what each filter finds in the spectrogram."""

import gradio as gr

from hub_models import draw
from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.tabs.audio_classification_seen import opened
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.fitting import fitting_menu, of_model
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

MODEL = "spectrogram_cnn"
HEADERS = [
    "Layer",
    "Kind",
    "Input",
    "Output",
    "Size (7.1)",
    "Parameters (7.2)",
    "Parameters",
    "Multiplications",
]
WAITING = "Choose a sound in Try it first, then come back."


def pictured(task: Task, checkpoint: str | None, sound: str | None):
    """(predictor, the picture (1, 1, mels, frames) that its convolutions see, the piece (length,), from when to when)."""
    if not checkpoint:
        raise BadInput(
            "no_checkpoint", "Expected a spectrogram network of ours, but none is here. Train one."
        )
    predictor = LOADER.get(checkpoint, task.id)
    piece, seconds = predictor.piece(opened(sound).at(predictor.rate))
    return predictor, picture_of(predictor, piece), piece, seconds


def picture_of(predictor, piece):
    """(length,) float32 -> (1, 1, mels, frames) on the device."""
    import torch

    with torch.inference_mode():
        return predictor.network.picture(torch.from_numpy(piece)[None].to(predictor.device))


def layers_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "From here on it is a network for pictures: filters slide over the spectrogram, and each answers where its pattern "
        "stands. A rising edge along the frequencies is a formant, one along the time is where a sound begins, a slanted "
        "one is a formant that glides."
    )
    menu = fitting_menu(task, shared, of_model(MODEL))
    show = gr.Button("Show filters and layers", variant="primary")
    filters, facts = gr.HTML(), gr.HTML()
    layer = gr.Dropdown([], label="Feature maps of the layer", interactive=True)
    maps = gr.HTML()

    def view(checkpoint, sound):
        from hub_models.inside import feature_maps as inside
        from hub_models.inside.filters import first_filters
        from hub_models.inside.sounds import OnPicture

        predictor, picture, _, _ = pictured(task, checkpoint, sound)
        network = OnPicture(predictor.network)
        first = first_filters(network)
        found = inside.layers(network, picture)
        options = [
            (f"{f.name}  {' x '.join(map(str, f.output_shape))}", f.name)
            for f in found
            if f.kind in ("convolution", "pooling", "activation") and len(f.output_shape) == 3
        ]
        shown = show_picture(
            draw.montage(first.weights[:, ::-1], size=48),
            f"The {len(first.weights)} filters of {first.layer_name}: time to the right, frequency upwards; all learned.",
            lossless=True,
            width="min(100%, 520px)",
        )
        rows, caption = layer_rows(network, found)
        return shown, table(HEADERS, rows, caption), gr.Dropdown(choices=options, value=options[0][1])

    def feature_maps_of(checkpoint, sound, name):
        from hub_models.inside.feature_maps import feature_maps
        from hub_models.inside.sounds import OnPicture

        if not name:
            return f"<p>{WAITING}</p>"
        predictor, picture, _, _ = pictured(task, checkpoint, sound)
        found = feature_maps(OnPicture(predictor.network), picture, name, most=48)
        shape = " x ".join(map(str, found.shape))
        says = (
            f"The {len(found.maps)} most active of {found.shape[2]} feature maps of {name} ({shape}), strongest first, "
            "each on its own scale: time to the right, frequency upwards."
        )
        return show_picture(draw.montage(found.maps[:, ::-1], columns=6), says, lossless=True)

    on_click(show.click, view, [menu, shared.input], [filters, facts, layer])
    on_click(layer.change, feature_maps_of, [menu, shared.input, layer], [maps])


def layer_rows(network, found) -> tuple[list[list[object]], str]:
    """(a row a layer, what they cost together)."""
    from hub_models.inside.feature_maps import totals
    from hub_models.inside.formulas import sizes_text

    rows = [
        [
            f.name, f.kind, " x ".join(map(str, f.input_shape)), " x ".join(map(str, f.output_shape)),
            sizes_text(f.sizes) if f.sizes else "",
            f.parameters_formula.text if f.parameters_formula else "", f.parameters, f.multiplications,
        ]
        for f in found if f.kind != "activation"
    ]  # fmt: skip
    whole = totals(network, found)
    return rows, f"{whole.parameters:,} parameters, {whole.multiplications:,} multiplications for this sound"
