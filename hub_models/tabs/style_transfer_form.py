"""The Fine-tune form of style transfer: which picture becomes a network."""

from hub_models.ui.form import Choice, Figure, Form, batch, epochs, rate

FORM = Form(
    words=(
        "Turn one style picture into a network that paints any photograph in a single pass (Johnson et al., 2016). The "
        "data are photographs of any kind, a few hundred or more, in a folder: nothing has to be told about them. Choose "
        "one of the styles that ship, or copy the command and put your own picture behind `--style`. Content and "
        "style are judged by the classifier of the optimisation. A network takes minutes on a GPU and the better part of "
        "an hour on a CPU. A run survives a reload of this page, and a killed run resumes where it was."
    ),
    data="a folder of photographs",
    wanted="a folder or a zip of photographs",
    choices=(
        Choice(
            flag="--model",
            label="Network",
            options=(
                ("from random weights", "image-transform"),
                ("go on from the style night: another style is learned faster", "image_transform.night"),
            ),
            value="image-transform",
        ),
        Choice(
            flag="--style",
            label="Style",
            options=tuple(
                (name, name) for name in ("night", "glass", "ink", "tissue", "gravel", "bricks")
            ),
            value="ink",
        ),
        Choice(
            flag="--side",
            label="Pixels of the pieces that it sees",
            options=tuple((side, side) for side in ("128", "160", "192", "256")),
            value="128",
        ),
    ),
    figures=(
        Figure(flag="--style-weight", label="beta: weight of the style", value=10, least=0, most=1e6),
        Figure(
            flag="--style-side",
            label="Size of the strokes: pixels of the style picture",
            value=256, least=32, most=1024, whole=True,
        ),
        epochs(6),
        batch(4),
        rate(0.0015),
    ),
    score="style_taken",
    title="Share of the style cost that is gone, on held-out photographs",
)  # fmt: skip
