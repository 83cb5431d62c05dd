"""What the views on segmentation show, held against torch: unpooling, transposed convolution, skips, windows."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from hub_models.architectures.deconvnet import DeconvNet
from hub_models.architectures.enet import ENet
from hub_models.architectures.fcn import FCN
from hub_models.architectures.segnet import SegNet
from hub_models.architectures.unet import UNet
from hub_models.architectures.unet_lite import UNetLite
from hub_models.errors import BadInput
from hub_models.inside.cost import cost
from hub_models.inside.pixel_windows import around, fields, pixel_windows
from hub_models.inside.receptive_field import receptive_field
from hub_models.inside.segmentation import (
    pooling_switches,
    stages,
    transposed_convolution,
    unpooling_example,
    without_skips,
)

TWO = {"classes": 3, "widths": [4, 6], "depths": [1, 1]}
TINY = {
    "SegNet": (SegNet, TWO),
    "DeconvNet": (DeconvNet, TWO | {"hidden": 6}),
    "U-Net": (UNet, {"classes": 3, "widths": [4, 6, 8]}),
    "U-Net lite": (UNetLite, {"classes": 3, "last_stage": 1, "widths": [4, 6]}),
    "ENet": (ENet, {"classes": 3, "widths": [4, 8, 8], "early": 1, "sections": 0}),
    "FCN": (FCN, {"classes": 3, "widths": [4] * 5, "depths": [1] * 5, "hidden": 4}),
}


def network_of(name: str) -> nn.Module:
    torch.manual_seed(0)
    model, arguments = TINY[name]
    network = model(**arguments)
    with torch.no_grad():
        for _ in range(2):
            network(torch.randn(4, 3, 64, 64))  # so that batch normalisation knows means and scales
    return network.eval().requires_grad_(False)


def picture(height: int = 64, width: int = 96) -> torch.Tensor:
    return torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(1))


# Unpooling


@pytest.mark.parametrize(
    ("at", "corner"),
    [((0, 0), (0, 0)), ((5, 8), (2, 6)), ((4, 7), (2, 4)), ((9, 13), (6, 10)), ((8, 3), (6, 0))],
)
def test_unpooling_example_is_what_torch_does(at: tuple[int, int], corner: tuple[int, int]) -> None:
    plane = np.random.default_rng(0).integers(-3, 4, (10, 14)).astype(np.float32)  # with equal values
    found = unpooling_example(plane, *at)
    assert found.corner == corner
    top, left = corner
    np.testing.assert_array_equal(found.values, plane[top : top + 4, left : left + 4])
    pooled, indices = F.max_pool2d(torch.from_numpy(found.values)[None, None], 2, return_indices=True)
    np.testing.assert_array_equal(found.pooled, pooled[0, 0])
    np.testing.assert_array_equal(found.switches[..., 0] * 4 + found.switches[..., 1], indices[0, 0])
    np.testing.assert_array_equal(found.unpooled, F.max_unpool2d(pooled, indices, 2)[0, 0])


@pytest.mark.parametrize("side", [3, 12])
def test_unpooling_example_wants_whole_cells_within_the_map(side: int) -> None:
    with pytest.raises(BadInput, match=f"Expected an even side up to 10 for this map, got {side}"):
        unpooling_example(np.zeros((10, 14)), 0, 0, side)


# Transposed convolution


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("side", [2, 3, 4])
@pytest.mark.parametrize("padding", [0, 1])
def test_transposed_convolution_is_torch_s(stride: int, side: int, padding: int) -> None:
    random = np.random.default_rng(0)
    patch, kernel = random.normal(size=(3, 4)), random.normal(size=(side, side))
    found = transposed_convolution(patch, kernel, stride, padding)
    theirs = F.conv_transpose2d(
        torch.from_numpy(patch)[None, None],
        torch.from_numpy(kernel)[None, None],
        stride=stride,
        padding=padding,
    )
    np.testing.assert_allclose(found.output, theirs[0, 0])
    overlaps = F.conv_transpose2d(
        torch.ones(1, 1, 3, 4), torch.ones(1, 1, side, side), stride=stride, padding=padding
    )
    np.testing.assert_array_equal(found.overlaps, overlaps[0, 0])
    height, width = found.output.shape
    assert found.size_formula.split(", ")[0].endswith(f"= {height}")
    assert found.size_formula.endswith(f"= {width}")


def test_stamps_add_up() -> None:
    kernel = np.array([[1.0, 2], [3, 4]])
    found = transposed_convolution(np.array([[1.0, 10]]), kernel, stride=1)
    assert [(s.at, s.corner, s.value) for s in found.stamps] == [((0, 0), (0, 0), 1), ((0, 1), (0, 1), 10)]
    np.testing.assert_array_equal(found.stamps[1].stamped, 10 * kernel)
    np.testing.assert_array_equal(found.stamps[0].total, [[1, 2, 0], [3, 4, 0]])
    np.testing.assert_array_equal(found.stamps[1].total, [[1, 12, 20], [3, 34, 40]])
    np.testing.assert_array_equal(found.output, [[1, 12, 20], [3, 34, 40]])
    np.testing.assert_array_equal(found.overlaps, [[1, 2, 1], [1, 2, 1]])


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"),
    [(np.ones((2, 3)), 1, 0), (np.ones((2, 2)), 0, 0), (np.ones((2, 2)), 1, 1)],
)
def test_transposed_convolution_refuses(kernel: np.ndarray, stride: int, padding: int) -> None:
    with pytest.raises(BadInput, match="Expected a square kernel"):
        transposed_convolution(np.ones((1, 1)), kernel, stride, padding)


# Switches and stages


@pytest.mark.parametrize("name", ["SegNet", "DeconvNet"])
@pytest.mark.parametrize("stage", [0, 1])
def test_switches_of_a_stage(name: str, stage: int) -> None:
    network, x = network_of(name), picture()
    found = pooling_switches(network, x, stage, most=3)
    side = (64 >> stage, 96 >> stage)
    assert found.before.shape == found.unpooled.shape == (3, *side)
    assert found.dense.shape[1:] == side
    pooled = F.max_pool2d(torch.from_numpy(found.before), 2).numpy()
    np.testing.assert_array_equal(found.pooled, pooled)
    rows, columns = np.indices(found.rows.shape[1:])
    np.testing.assert_array_equal(found.rows // 2, np.broadcast_to(rows, found.rows.shape))
    np.testing.assert_array_equal(found.columns // 2, np.broadcast_to(columns, found.columns.shape))
    elsewhere = found.unpooled.copy()
    for map, down, across in zip(elsewhere, found.rows, found.columns, strict=True):
        map[down, across] = 0
    assert not elsewhere.any()
    assert 0 < found.filled[0] <= 0.25
    assert found.filled[1] > found.filled[0]
    means = found.before.mean(axis=(1, 2))
    assert (np.diff(means) <= 0).all()


def test_switches_of_no_stage() -> None:
    with pytest.raises(BadInput, match="Expected a stage from 0 to 1, got 2"):
        pooling_switches(network_of("SegNet"), picture(), 2)


STAGES = {
    "SegNet": ["encoder 1: 64×96, 4", "encoder 2: 32×48, 6", "decoder 1: 32×48, 4", "decoder 2: 64×96, 4"],
    "DeconvNet": ["encoder 1: 64×96, 4", "encoder 2: 32×48, 6", "decoder 1: 32×48, 4", "decoder 2: 64×96, 4"],
    "U-Net": [
        "encoder 1: 64×96, 4", "encoder 2: 32×48, 6", "encoder 3: 16×24, 8",
        "decoder 1: 32×48, 6", "decoder 2: 64×96, 4",
    ],
    "U-Net lite": [
        "encoder 1: 32×48, 16", "encoder 2: 16×24, 24", "decoder 1: 32×48, 6", "decoder 2: 64×96, 4",
    ],
    "ENet": [
        "encoder 1: 32×48, 4", "encoder 2: 16×24, 8", "encoder 3: 8×12, 8",
        "decoder 1: 16×24, 8", "decoder 2: 32×48, 4",
    ],
    "FCN": [
        "encoder 1: 32×48, 4", "encoder 2: 16×24, 4", "encoder 3: 8×12, 4", "encoder 4: 4×6, 4",
        "encoder 5: 2×3, 4", "decoder 1: 2×3, 3", "decoder 2: 4×6, 3", "decoder 3: 8×12, 3",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", TINY)
def test_stages(name: str) -> None:
    network, x = network_of(name), picture()
    found = stages(network, x, most=3)
    assert [stage.name for stage in found] == [f"{text} channels" for text in STAGES[name]]
    way = network.stage_maps(x)
    for stage, map in zip(found, [*way.encoder, *way.decoder], strict=True):
        assert stage.width == map.shape[1]
        assert len(stage.maps) == 3
        np.testing.assert_array_equal(stage.maps, map[0].numpy()[stage.channels])
        assert stage.maps[0].mean() == pytest.approx(map[0].mean((1, 2)).max().item(), abs=1e-6)


# Skip connections


@pytest.mark.parametrize("name", ["U-Net", "U-Net lite"])
def test_skips_decide_labels(name: str) -> None:
    network, x = network_of(name), picture()
    found = without_skips(network, x)
    assert found.whole.shape == found.cut.shape == (64, 96)
    np.testing.assert_array_equal(found.whole, network(x)[0].argmax(0))
    assert 0 < found.share == found.changed.mean()
    assert without_skips(network, x, True).share == 0


# A window around every pixel


@pytest.mark.parametrize("name", [name for name in TINY if name != "FCN"])
def test_a_window_of_the_whole_field_answers_as_one_pass_does(name: str) -> None:
    network, x = network_of(name), picture(128, 160)
    found = pixel_windows(network, x, grid=(3, 4))
    assert found.agreement == 1
    assert found.largest_difference < 1e-4
    sides = found.windows[..., 2:] - found.windows[..., :2]
    assert (sides < (160, 128)).any()  # not just the picture itself
    assert not (found.windows % network.stride).any()
    assert found.all_windows_ms == pytest.approx(found.window_ms * 128 * 160)
    assert found.times_slower > 1


@pytest.mark.parametrize("name", ["SegNet", "DeconvNet", "U-Net", "U-Net lite", "ENet"])
def test_pixels_outside_the_field_do_not_matter(name: str) -> None:
    network, x = network_of(name), picture(128, 160)
    row, column = 61, 75
    ((left, top, right, bottom),) = fields(network, x, [(row, column)])
    assert (right - left, bottom - top) < (160, 128)
    outside = torch.randn(1, 3, 128, 160, generator=torch.Generator().manual_seed(2))
    outside[:, :, top:bottom, left:right] = x[:, :, top:bottom, left:right]
    torch.testing.assert_close(network(outside)[..., row, column], network(x)[..., row, column])
    field = receptive_field(network, x, "classifier", (row, column))
    assert field.box_xyxy == (left, top, right, bottom)


def test_the_field_of_segnet_by_hand() -> None:
    """How far the labels at a multiple of 4 see, from the last layer of a SegNet of one convolution a stage back."""
    low, high = -1, 1  # classifier
    low, high = low // 2, high // 2  # unpooling fills the cell of each value
    low, high = low - 1, high + 1  # decoder, half the size
    low, high = low // 2, high // 2  # unpooling
    low, high = 2 * low, 2 * high + 1  # pooling takes two
    low, high = low - 1, high + 1  # encoder, half the size
    low, high = 2 * low, 2 * high + 1  # pooling
    low, high = low - 1, high + 1  # encoder
    (box,) = fields(network_of("SegNet"), picture(128, 160), [(64, 80)])
    assert box == (80 + low, 64 + low, 80 + high + 1, 64 + high + 1)


def test_smaller_windows_know_less() -> None:
    network, x = network_of("U-Net"), picture(128, 160)
    found = pixel_windows(network, x, used_hw=(100, 160), grid=(3, 4), side=10)
    sides = found.windows[..., 2:] - found.windows[..., :2]
    assert (sides == 12).all()  # rounded up to the stride of 4
    assert found.rows.tolist() == [16, 50, 83]
    assert found.columns.tolist() == [20, 60, 100, 140]
    assert found.largest_difference > 1e-3
    assert 0 <= found.agreement <= 1


@pytest.mark.parametrize(
    ("pixel", "box"),
    [((0, 0), (0, 0, 16, 16)), ((17, 40), (32, 8, 48, 24)), ((63, 95), (80, 48, 96, 64))],
)
def test_a_window_lies_around_its_pixel(pixel: tuple[int, int], box: tuple[int, int, int, int]) -> None:
    assert around(pixel, 16, 8, (64, 96)) == box


# Cost


def test_cost_of_segnet_by_hand() -> None:
    network = network_of("SegNet")
    found = cost(network, picture(64, 96), passes=1)
    full, half = 64 * 96, 32 * 48
    assert found.multiply_adds == 9 * (full * 3 * 4 + half * 4 * 6 + half * 6 * 4 + full * 4 * 3)
    assert found.parameters == sum(p.numel() for p in network.parameters())
    assert found.milliseconds > 0


@pytest.mark.parametrize("name", ["U-Net", "DeconvNet", "ENet"])
def test_transposed_convolutions_are_counted(name: str) -> None:
    network, x = network_of(name), picture(64, 96)
    counted = 0

    def count(layer: nn.Module, args: tuple, output: torch.Tensor) -> None:
        nonlocal counted
        # one multiplication a weight, for each number that comes out of a convolution or goes into a transposed one
        numbers = args[0] if isinstance(layer, nn.ConvTranspose2d) else output
        counted += numbers.numel() * layer.weight[0].numel()

    handles = [
        layer.register_forward_hook(count)
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    ]
    network(x)
    for handle in handles:
        handle.remove()
    assert cost(network, x, passes=1).multiply_adds == counted
