"""Components that gradio has, made to hand over files as they came: decoding is ours, in one place."""

import base64
import html
from pathlib import Path

import gradio as gr
import numpy as np
from gradio.data_classes import ImageData

from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput
from hub_models.picture import encode_jpeg, encode_png


def uploaded(path: str | None, url: str | None = None) -> Path:
    """The visitor's file; an address instead of a file is refused, wherever it points."""
    if not path:
        if url:
            raise BadInput(
                "url_refused", "Expected an uploaded file, got an address. Upload the file itself."
            )
        raise BadInput("file_missing", "Expected a file, got none. Upload one, or choose an example.")
    return Path(path)


class PictureInput(gr.Image):
    """An image component that gives the path of the file as it was uploaded, undecoded.

    No constructor of its own: gradio reads what to send to the browser from the constructor's signature.
    """

    is_template = True  # to the browser it is gradio's Image

    def preprocess(self, payload: ImageData | None) -> str | None:
        if payload is None:
            return None
        return str(uploaded(payload.path, payload.url))


def show_picture(pixels: np.ndarray, says: str, *, lossless: bool = False, width: str = "100%") -> str:
    """A result picture (H, W, 3) uint8 as HTML with alt text `says`; `lossless` for maps and masks."""
    data = encode_png(pixels) if lossless else encode_jpeg(pixels)
    kind = "png" if lossless else "jpeg"
    rendering = "pixelated" if lossless else "auto"
    return (
        f'<figure class="result"><img alt="{html.escape(says, quote=True)}" style="width:{width};'
        f'image-rendering:{rendering}" src="data:image/{kind};base64,{base64.b64encode(data).decode()}">'
        f"<figcaption>{html.escape(says)}</figcaption></figure>"
    )


def card(checkpoint: Checkpoint) -> str:
    """What a person should know of a checkpoint before trusting it, as HTML."""
    unpinned = "unpinned" if checkpoint.kind == "hub" and not checkpoint.revision else ""
    rows = {
        "What it is": f"{checkpoint.architecture} ({checkpoint.year}). {checkpoint.sentence}",
        "Trained on": checkpoint.trained_on,
        "Measured": "; ".join(m.text() for m in checkpoint.metrics) or "not measured by us",
        "Size": f"{checkpoint.parameters:,} parameters, {checkpoint.megabytes:,.1f} MB"
        + ("" if checkpoint.offline else ", downloaded on first use"),
        "Origin": f"{checkpoint.source if checkpoint.kind != 'local' else 'trained here'} {unpinned}".strip(),
        "Licences": f"weights: {checkpoint.weights_licence}; data: {checkpoint.data_licence}",
        "Paper": checkpoint.paper,
        "Differs from the paper": checkpoint.deviations,
        "Recipe": checkpoint.recipe,
    }
    body = "".join(
        f"<dt>{name}</dt><dd>{html.escape(text)}</dd>" for name, text in rows.items() if text.strip()
    )
    return f'<dl class="card">{body}</dl>'
