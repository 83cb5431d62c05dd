"""Look inside a classifier: filters, layers, feature maps, receptive field, class activation, attention."""

import gradio as gr

from hub_models import draw
from hub_models.errors import BadInput
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.tabs.image_classification_bench import bench_view
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.compare_answers import answers_view
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table


def opened(task: Task, picture: str | None, checkpoint: str):
    """(predictor, the network's input x (1, C, h, w), what the network sees (h, w, 3) uint8)."""
    pixels = decode_picture(uploaded(picture)).pixels
    predictor = LOADER.get(checkpoint, task.id)
    seen = predictor.crop(pixels)
    return predictor, predictor.preprocess(pixels), seen.repeat(3, axis=2) if seen.shape[2] == 1 else seen


def look_inside(task: Task, shared: Shared) -> None:
    """All views work on the picture and the checkpoint chosen in Try it."""
    gr.Markdown("These views use the picture and the checkpoint chosen in **Try it**.")
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Layers"):
            layers_view(task, shared)
        with gr.Tab("Feature maps") as maps_tab:
            feature_maps_view(task, shared, maps_tab)
        with gr.Tab("Receptive field") as field_tab:
            receptive_field_view(task, shared, field_tab)
        with gr.Tab("Class activation"):
            activation_view(task, shared)
        with gr.Tab("Attention"):
            attention_view(task, shared)
        with gr.Tab("Convolution bench"):
            bench_view(shared)
        with gr.Tab("Old and new side by side"):
            answers_view(
                task,
                shared,
                "One picture through every checkpoint, oldest architecture first. The classes differ: compare what each "
                "network was taught, how large it is, and how long it takes.",
                uploaded,
            )


def layers_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Every layer that the picture passes, with its size by formula 7.1 and its parameters by formula 7.2, "
        "the numbers put in. Watch height and width shrink while the channels grow, and see where the parameters sit."
    )
    show = gr.Button("Show the layers")
    filters, facts = gr.HTML(), gr.HTML()

    def view(picture, checkpoint):
        from hub_models.inside import feature_maps as inside
        from hub_models.inside.filters import first_filters
        from hub_models.inside.formulas import sizes_text

        predictor, x, _ = opened(task, picture, checkpoint)
        first = first_filters(predictor.network)
        found = inside.layers(predictor.network, x)
        totals = inside.totals(predictor.network, found)
        rows = [
            [
                f.name, f.kind, " x ".join(map(str, f.input_shape)), " x ".join(map(str, f.output_shape)),
                sizes_text(f.sizes) if f.sizes else "",
                f.parameters_formula.text if f.parameters_formula else "", f.parameters, f.multiplications,
            ]
            for f in found if f.kind != "activation"
        ]  # fmt: skip
        caption = (
            f"{totals.parameters:,} parameters, {totals.multiplications:,} multiplications for this picture"
        )
        count = min(64, len(first.weights))
        picture_of_filters = show_picture(
            draw.montage(first.weights[:64]),
            f"The first {count} filters of {first.layer_name}, nobody drew them: they were learned.",
            lossless=True,
            width="min(100%, 520px)",
        )
        headers = [
            "Layer",
            "Kind",
            "Input",
            "Output",
            "Size (7.1)",
            "Parameters (7.2)",
            "Parameters",
            "Multiplications",
        ]
        return picture_of_filters, table(headers, rows, caption)

    on_click(show.click, view, [shared.input, shared.checkpoint], [filters, facts])


def layer_menu(task: Task, shared: Shared, kinds: tuple[str, ...], tab: gr.Tab) -> gr.Dropdown:
    """A menu of the network's layers, filled when `tab` is opened: only the loaded network knows them."""
    layer = gr.Dropdown([], label="Layer", interactive=True)

    def names(picture, checkpoint):
        from hub_models.inside.feature_maps import layers

        if not picture:
            return gr.Dropdown(info="Choose a picture in Try it first, then come back.")
        predictor, x, _ = opened(task, picture, checkpoint)
        found = [f for f in layers(predictor.network, x) if f.kind in kinds and len(f.output_shape) == 3]
        options = [(f"{f.name}  {' x '.join(map(str, f.output_shape))}", f.name) for f in found]
        return gr.Dropdown(choices=options, value=options[0][1] if options else None, info="")

    on_click(tab.select, names, [shared.input, shared.checkpoint], [layer])
    return layer


def feature_maps_view(task: Task, shared: Shared, tab: gr.Tab) -> None:
    gr.Markdown(
        "What each filter of a layer found in your picture: bright where its pattern stands. Early maps keep the "
        "outlines, late ones answer to whole parts and have lost the place."
    )
    layer = layer_menu(task, shared, ("convolution", "pooling", "activation", "normalisation"), tab)
    maps = gr.HTML()

    def view(picture, checkpoint, name):
        from hub_models.inside.feature_maps import feature_maps

        if not name:
            raise BadInput(
                "bad_value", "Choose a layer from the menu first; it is filled once Try it has a picture."
            )
        predictor, x, _ = opened(task, picture, checkpoint)
        found = feature_maps(predictor.network, x, name)
        shape = " x ".join(map(str, found.shape))
        says = (
            f"The {len(found.maps)} most active of {found.shape[2]} feature maps of {name} ({shape}), "
            "strongest first, each on its own scale."
        )
        return show_picture(draw.montage(found.maps), says, lossless=True)

    on_click(layer.change, view, [shared.input, shared.checkpoint, layer], [maps])


def receptive_field_view(task: Task, shared: Shared, tab: gr.Tab) -> None:
    gr.Markdown(
        "One unit of a feature map sees only a part of the picture. The orange frame is all it can depend on; the "
        "colours show what it does depend on here, which is less and strongest in the middle."
    )
    layer = layer_menu(task, shared, ("convolution", "pooling"), tab)
    with gr.Row():
        down = gr.Slider(0, 100, 50, step=1, label="Unit: percent from the top", interactive=True)
        across = gr.Slider(0, 100, 50, step=1, label="percent from the left", interactive=True)
    show = gr.Button("Show its receptive field")
    field, facts = gr.HTML(), gr.HTML()

    def view(picture, checkpoint, name, y, x_percent):
        from hub_models.inside.feature_maps import feature_maps
        from hub_models.inside.receptive_field import receptive_field

        if not name:
            raise BadInput(
                "bad_value", "Choose a layer from the menu first; it is filled once Try it has a picture."
            )
        predictor, x, seen = opened(task, picture, checkpoint)
        height, width, _ = feature_maps(predictor.network, x, name, most=1).shape
        unit = (min(height - 1, int(height * y / 100)), min(width - 1, int(width * x_percent / 100)))
        found = receptive_field(predictor.network, x, name, unit)
        factor = max(1, 448 // seen.shape[0])
        large = draw.overlay(seen, found.effective, 0.6).repeat(factor, 0).repeat(factor, 1)
        framed = draw.outline(large, tuple(side * factor for side in found.box_xyxy), width=3)
        size = " x ".join("all" if side is None else str(side) for side in found.size_hw)
        says = f"Unit {unit} of {name} can see {size} pixels (frame); colours show what moves it in this picture."
        rows = [
            ["Feature map", f"{found.map_hw[0]} x {found.map_hw[1]}"],
            ["Receptive field, uncut", size],
            ["Its box in the picture (x0, y0, x1, y1)", str(found.box_xyxy)],
            ["Share of the gradient in the middle half of the box", f"{middle_share(found):.0%}"],
        ]
        return show_picture(framed, says, width="min(100%, 448px)"), table(["Fact", "Value"], rows)

    on_click(show.click, view, [shared.input, shared.checkpoint, layer, down, across], [field, facts])


def middle_share(found) -> float:
    """Part of the gradient's size that falls on the middle half (by side) of the theoretical box."""
    left, top, right, bottom = found.box_xyxy
    dy, dx = (bottom - top) // 4, (right - left) // 4
    total = float(found.effective.sum())
    inner = found.effective[top + dy : bottom - dy, left + dx : right - dx].sum()
    return float(inner) / total if total else 0.0


def activation_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "Where in the picture is the evidence for a class? The map weighs the last feature maps by what they "
        "contribute to the class (CAM, Zhou et al. 2016; Grad-CAM, Selvaraju et al. 2017, for other heads)."
    )
    with gr.Row():
        wanted = gr.Textbox(
            label="Class (empty: the most probable one)", placeholder="tabby", interactive=True
        )
        opacity = gr.Slider(0, 1, 0.55, step=0.05, label="Opacity", interactive=True)
    show = gr.Button("Show the evidence")
    shown, facts = gr.HTML(), gr.HTML()

    def view(picture, checkpoint, name, strength):
        from hub_models.inside.class_activation import class_activation_map

        predictor, x, seen = opened(task, picture, checkpoint)
        labels = predictor.postprocess(predictor.forward(x))
        index = class_named(predictor.names, name, int(labels.probabilities.argmax()))
        found = class_activation_map(predictor.network, x, index)
        factor = max(1, 448 // seen.shape[0])
        large = draw.overlay(seen, found.map, strength).repeat(factor, 0).repeat(factor, 1)
        says = (
            f"Evidence for {predictor.names[index]} ({labels.probabilities[index]:.1%}), by {found.method} "
            f"at {found.layer_name or 'the last layer'}."
        )
        rows = [[n, f"{p:.1%}"] for n, p in labels.top(5)]
        return show_picture(large, says, width="min(100%, 448px)"), table(["Class", "Probability"], rows)

    on_click(
        [show.click, opacity.release],
        view,
        [shared.input, shared.checkpoint, wanted, opacity],
        [shown, facts],
    )


def class_named(names: tuple[str, ...], wanted: str, default: int) -> int:
    """Index of the class that `wanted` names, in any case; the beginning of a name is enough."""
    wanted = wanted.strip().lower()
    if not wanted:
        return default
    hits = [i for i, n in enumerate(names) if n.lower() == wanted] or [
        i for i, n in enumerate(names) if n.lower().startswith(wanted)
    ]
    if not hits:
        some = ", ".join(names[:8])
        raise BadInput(
            "bad_value", f"Expected a class this checkpoint knows ({some}, ...), got {wanted[:60]!r}."
        )
    return hits[0]


def attention_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A Vision Transformer has no filters that slide: every patch looks at every other one. Attention rollout "
        "(Abnar and Zuidema, 2020) follows these looks through all layers back to the picture. Choose a ViT in "
        "*Try it* (it needs a download the first time)."
    )
    show = gr.Button("Show the attention")
    shown = gr.HTML()

    def view(picture, checkpoint):
        from hub_models.inside.attention import attention_rollout

        predictor, x, seen = opened(task, picture, checkpoint)
        found = attention_rollout(predictor.network, x)
        whole = show_picture(
            draw.overlay(seen, found.map, 0.6),
            f"Attention rollout through all {len(found.per_layer)} layers.",
            width="min(100%, 448px)",
        )
        return whole + show_picture(
            draw.montage(found.per_layer, columns=6),
            "Attention to the patches in each layer, first to last.",
            lossless=True,
        )

    on_click(show.click, view, [shared.input, shared.checkpoint], [shown])
