"""The convolution bench: one kernel, one picture, and every number on the way.

As in the lecture, the kernel is laid on the picture as it is (not flipped), products are summed.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from hub_models.errors import BadInput
from hub_models.inside.formulas import output_size, sizes_text

Padding = Literal["valid", "same"]
LARGEST_KERNEL = 11  # as large as AlexNet's first filters
MOST_CHARACTERS = 4000


@dataclass(frozen=True, kw_only=True)
class Convolved:
    """`output` (n_H', n_W') float64; `size_formula`: formula 7.1 with numbers; `p`: padding on each side."""

    output: np.ndarray
    size_formula: str
    p: int


@dataclass(frozen=True, kw_only=True)
class Window:
    """One position of the kernel. `patch`, `kernel`, `products`: (f, f) or (f, f, 3); total = products.sum().

    `box_xyxy`: the pixels under the kernel, ends excluded; over the border where they are padding.
    """

    patch: np.ndarray
    kernel: np.ndarray
    products: np.ndarray
    total: float
    box_xyxy: tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A kernel (f, f) and one sentence on what it answers to."""

    kernel: np.ndarray
    sentence: str


def convolve(
    plane: np.ndarray, kernel: np.ndarray, padding: Padding = "valid", stride: int = 1, dilation: int = 1
) -> Convolved:
    """Slide `kernel` (f, f) over `plane` (H, W) or (H, W, 3).

    On RGB the kernel is three equal sheets, or (f, f, 3); everything under it is summed into one number.
    """
    sheets = _sheets(plane, kernel)
    windows, p = _windows(plane, len(kernel), padding, stride, dilation)
    return Convolved(
        output=np.einsum("yxijc,ijc->yx", windows, sheets),
        size_formula=_sizes(plane, len(kernel), p, stride, dilation),
        p=p,
    )


def window_numbers(
    plane: np.ndarray,
    kernel: np.ndarray,
    padding: Padding = "valid",
    stride: int = 1,
    dilation: int = 1,
    *,
    row: int,
    col: int,
) -> Window:
    """What is multiplied and summed for the cell (row, col) of the output."""
    sheets = _sheets(plane, kernel)
    windows, p = _windows(plane, len(kernel), padding, stride, dilation)
    if not (0 <= row < windows.shape[0] and 0 <= col < windows.shape[1]):
        raise BadInput(
            "bad_value",
            f"Expected a cell of the {windows.shape[0]} x {windows.shape[1]} output, got ({row}, {col}).",
        )
    patch = windows[row, col].copy()  # (f, f, C)
    if plane.ndim == 2:
        patch, sheets = patch[:, :, 0], sheets[:, :, 0]
    left, top = col * stride - p, row * stride - p
    reach = dilation * (len(kernel) - 1) + 1
    products = patch * sheets
    return Window(
        patch=patch,
        kernel=sheets.copy(),
        products=products,
        total=float(products.sum()),
        box_xyxy=(left, top, left + reach, top + reach),
    )


def pool(plane: np.ndarray, f: int = 2, s: int = 2, kind: Literal["max", "average"] = "max") -> Convolved:
    """Replace each f x f neighbourhood of `plane` (H, W), every `s` cells, by its maximum or mean."""
    windows, _ = _windows(plane, f, "valid", s, 1)
    summary = np.max if kind == "max" else np.mean
    return Convolved(
        output=summary(windows[..., 0], axis=(2, 3)), size_formula=_sizes(plane, f, 0, s, 1), p=0
    )


def parse_kernel(text: str) -> np.ndarray:
    """Rows of numbers, one a line or separated by `;`; columns by blanks or commas; 1/9 is a number too."""
    if len(text) > MOST_CHARACTERS:
        raise BadInput(
            "bad_value", f"Expected at most {MOST_CHARACTERS} characters of kernel, got {len(text)}."
        )
    lines = text.replace("−", "-").replace(";", "\n").splitlines()  # the minus sign of typesetters
    rows = [line.replace(",", " ").split() for line in lines if line.strip()]
    side = len(rows)
    if any(len(row) != side for row in rows):
        lengths = ", ".join(str(len(row)) for row in rows[:12])
        raise BadInput(
            "bad_value",
            f"Expected as many numbers in each row as rows, got {side} rows of {lengths} numbers.",
        )
    if side % 2 == 0 or side > LARGEST_KERNEL:
        raise BadInput(
            "bad_value",
            f"Expected an odd number of rows up to {LARGEST_KERNEL}: a kernel has a centre; got {side}.",
        )
    return np.array([[_number(word) for word in row] for row in rows])


def _number(word: str) -> float:
    try:
        above, _, below = word.partition("/")
        number = float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError) as error:
        raise BadInput("bad_value", f"Expected numbers in the kernel, got {word[:20]!r}.") from error
    if not np.isfinite(number):
        raise BadInput("bad_value", f"Expected finite numbers in the kernel, got {word[:20]!r}.")
    return number


def _sheets(plane: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Kernel (f, f) or (f, f, C) -> (f, f, C), one sheet a channel of the plane."""
    channels = 1 if plane.ndim == 2 else plane.shape[2]
    sheets = kernel[:, :, None] if kernel.ndim == 2 else kernel
    return np.broadcast_to(sheets, (*kernel.shape[:2], channels)).astype(np.float64)


def _windows(
    plane: np.ndarray, f: int, padding: Padding, stride: int, dilation: int
) -> tuple[np.ndarray, int]:
    """Every position of an f x f window: (n_H', n_W', f, f, C), and the padding p."""
    if stride < 1 or dilation < 1 or f < 1:
        raise BadInput("bad_value", f"Expected f, s and dilation from 1, got {f}, {stride} and {dilation}.")
    reach = dilation * (f - 1) + 1  # cells from the first to the last number of the kernel
    p = (reach - 1) // 2 if padding == "same" else 0  # (f - 1) / 2 without dilation
    padded = np.pad(plane.reshape(*plane.shape[:2], -1).astype(np.float64), ((p, p), (p, p), (0, 0)))
    if min(padded.shape[:2]) < reach:
        height, width = plane.shape[:2]
        raise BadInput(
            "bad_value",
            f"Expected a picture at least as large as the kernel's {reach} x {reach} cells, "
            f"got {height} x {width}; choose a smaller kernel, less dilation or same padding.",
        )
    windows = sliding_window_view(padded, (reach, reach), axis=(0, 1))  # (H', W', C, reach, reach)
    windows = windows[::stride, ::stride, :, ::dilation, ::dilation]
    return windows.transpose(0, 1, 3, 4, 2), p


def _sizes(plane: np.ndarray, f: int, p: int, stride: int, dilation: int) -> str:
    height, width = (output_size(n, f=f, p=(p, p), s=stride, dilation=dilation) for n in plane.shape[:2])
    return sizes_text((height, width))


def _preset(rows: list[list[float]], sentence: str, scale: float = 1) -> Preset:
    return Preset(kernel=np.array(rows, np.float64) * scale, sentence=sentence)


PRESETS: dict[str, Preset] = {
    "identity": _preset(
        [[0, 0, 0], [0, 1, 0], [0, 0, 0]], "Copies the pixel in the centre: nothing changes."
    ),
    "blur": _preset([[1, 1, 1]] * 3, "Takes the mean of nine pixels, so fine detail is lost.", 1 / 9),
    "Gaussian blur": _preset(
        [[1, 4, 6, 4, 1], [4, 16, 24, 16, 4], [6, 24, 36, 24, 6], [4, 16, 24, 16, 4], [1, 4, 6, 4, 1]],
        "A weighted mean in which near pixels count more than far ones.",
        1 / 256,
    ),
    "sharpen": _preset(
        [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "Adds to each pixel what sets it apart from its neighbours."
    ),
    "Sobel, vertical edges": _preset(
        [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        "Right minus left: large where a dark area meets a bright one to its right.",
    ),
    "Sobel, horizontal edges": _preset(
        [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
        "Below minus above: large where a dark area lies on a bright one.",
    ),
    "diagonal edges": _preset(
        [[0, 1, 2], [-1, 0, 1], [-2, -1, 0]],
        "Upper right minus lower left: answers to edges along the other diagonal.",
    ),
    "Laplacian": _preset(
        [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
        "Neighbours minus centre: zero on even areas and ramps, large at edges and dots.",
    ),
    "emboss": _preset(
        [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
        "Looks like a relief lit from the lower right: one side of an edge shines.",
    ),
}
