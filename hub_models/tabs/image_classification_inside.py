"""Look inside a classifier: filters, layers, receptive field, class activation, attention, convolution by hand."""

import html

import gradio as gr
import numpy as np

from hub_models import draw
from hub_models.errors import BadInput, HubError
from hub_models.loader import LOADER
from hub_models.picture import decode_picture, fit_within
from hub_models.task import Task
from hub_models.ui import on_click, show_picture
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Shared
from hub_models.ui.tables import problem, table


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
            comparison_view(task, shared)


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


def bench_view(shared: Shared) -> None:
    from hub_models.inside.convolution import PRESETS

    gr.Markdown(
        "Convolution by hand (lecture, section 7.1.1): the kernel slides over your picture, here made grey; what "
        "lies under it is multiplied and summed. Type a kernel of your own, or choose one."
    )
    first = list(PRESETS)[3]
    with gr.Row():
        with gr.Column(min_width=240):
            preset = gr.Dropdown(list(PRESETS), value=first, label="Kernel", interactive=True)
            about = gr.Markdown(PRESETS[first].sentence)
            kernel = gr.Textbox(
                kernel_text(PRESETS[first].kernel),
                label="Its numbers, a row a line",
                lines=4,
                interactive=True,
            )
            padding = gr.Radio(["valid", "same"], value="valid", label="Padding", interactive=True)
            stride = gr.Slider(1, 4, 1, step=1, label="Stride s", interactive=True)
            dilation = gr.Slider(1, 4, 1, step=1, label="Dilation", interactive=True)
            pooling = gr.Radio(
                ["none", "max", "average"], value="none", label="then 2x2 pooling", interactive=True
            )
            with gr.Row():
                down = gr.Slider(0, 100, 50, step=1, label="Window: percent from the top", interactive=True)
                across = gr.Slider(0, 100, 50, step=1, label="from the left", interactive=True)
            show = gr.Button("Convolve", variant="primary")
        with gr.Column(min_width=280):
            result, numbers = gr.HTML(), gr.HTML()

    def choose(name):
        return kernel_text(PRESETS[name].kernel), PRESETS[name].sentence

    on_click(preset.change, choose, [preset], [kernel, about], light=True, show_progress="hidden")
    inputs = [shared.input, kernel, padding, stride, dilation, pooling, down, across]
    again = [down.release, across.release, stride.release, dilation.release, padding.input, pooling.input]
    on_click([show.click, kernel.submit, *again], convolve_by_hand, inputs, [result, numbers])


def kernel_text(kernel: np.ndarray) -> str:
    return "\n".join("  ".join(f"{value:.4g}" for value in row) for row in kernel)


def convolve_by_hand(
    picture, kernel_words, padding, stride, dilation, pooling, down, across
) -> tuple[str, str]:
    """(pictures before and after, the numbers of one window) as HTML."""
    from hub_models.inside import convolution as bench

    pixels = fit_within(decode_picture(uploaded(picture)).pixels, 256)
    grey = (pixels @ np.array([0.299, 0.587, 0.114])).astype(np.float64)  # luma of ITU-R BT.601
    kernel = bench.parse_kernel(kernel_words)
    stride, dilation = int(stride), int(dilation)
    done = bench.convolve(grey, kernel, padding, stride, dilation)
    height, width = done.output.shape
    row, col = min(height - 1, int(height * down / 100)), min(width - 1, int(width * across / 100))
    window = bench.window_numbers(grey, kernel, padding, stride, dilation, row=row, col=col)
    before = draw.outline(np.repeat(grey[:, :, None], 3, 2).astype(np.uint8), window.box_xyxy)
    shown, size = done.output, done.size_formula
    if pooling != "none":
        pooled = bench.pool(done.output, 2, 2, pooling)
        shown, size = pooled.output, f"{size}; pooled: {pooled.size_formula}"
    says_after = f"After the kernel: {shown.shape[0]} x {shown.shape[1]}. {size}"
    pictures = (
        '<div class="pair">'
        + show_picture(before, "Your picture, grey, with the window framed.")
        + show_picture(draw.grey_tile(shown), says_after, lossless=True)
        + "</div>"
    )
    pairs = zip(window.patch.ravel(), window.kernel.ravel(), strict=True)
    products = [f"{pixel:.0f} · {weight:.3g}" for pixel, weight in pairs]
    side = len(kernel)
    rows = [products[start : start + side] for start in range(0, side * side, side)]
    grid = table([f"column {n + 1}" for n in range(side)], rows, f"The window of output cell ({row}, {col})")
    terms = " + ".join(f"({product})" for product in products)
    return pictures, f"{grid}<p>{html.escape(terms)} = <b>{window.total:.2f}</b></p>"


def comparison_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "One picture through every checkpoint, oldest architecture first. The classes differ: compare what each "
        "network was taught, how large it is, and how long it takes."
    )
    with gr.Row():
        downloads = gr.Checkbox(label="Also those that need a download", interactive=True)
        show = gr.Button("Compare", variant="primary")
        stop = gr.Button("Cancel")
    shown = gr.HTML()

    def view(picture, with_downloads):
        path = uploaded(picture)
        rows = []
        for row in sorted(LOADER.menu(task.id), key=lambda c: c.year):
            if not row.offline and not with_downloads:
                continue
            try:
                answer = task.predict(path, row.id)
                answer = min(
                    (answer, task.predict(path, row.id)), key=lambda a: a.seconds
                )  # the first call warms up
                said, milliseconds = (
                    answer.result.text().removeprefix("Most probable classes: "),
                    f"{answer.seconds * 1000:.1f}",
                )
            except HubError as error:
                said, milliseconds = error.message, ""
            rows.append(
                [row.year, row.title, row.trained_on, said, milliseconds, row.parameters, row.megabytes]
            )
            yield table(
                ["Year", "Network", "Trained on", "Says", "ms", "Parameters", "MB"],
                [[str(r[0]), *r[1:]] for r in rows],
            )
        if not rows:
            yield problem("No checkpoint is here.")

    on_click(show.click, view, [shared.input, downloads], [shown], stop=stop)
