"""The networks that label pixels: sizes and counts of their papers, switches, skips, and pictures of any size."""

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from finetune.about import paper_of
from finetune.backbone import imagenet_backbone
from hub_models.architectures.deconvnet import DeconvNet
from hub_models.architectures.efficientnet_lite import EfficientNetLite0
from hub_models.architectures.enet import ENet
from hub_models.architectures.fcn import FCN, upsampling
from hub_models.architectures.segmentation import cut_skips, encoder_channels, pool, unpool
from hub_models.architectures.segnet import SegNet
from hub_models.architectures.unet import UNet
from hub_models.architectures.unet_lite import UNetLite

NAMES = ["segnet", "unet", "enet", "unet_lite", "fcn", "deconvnet"]
SLIM = [SegNet, UNet, ENet, UNetLite, FCN, DeconvNet]
VGG_STAGES = ([3, 64, 64], [64, 128, 128], [128, *[256] * 3], [256, *[512] * 3], [512, *[512] * 3])


def count(build: Callable[[], nn.Module]) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build().parameters())


def chain(channels: list[int], per_channel: int) -> int:
    """3x3 convolutions along `channels`; `per_channel` more numbers each: 1 bias, or 2 of batch normalisation."""
    return sum(9 * a * b + per_channel * b for a, b in pairwise(channels))


def paper_sizes() -> dict[str, tuple[Callable[[], nn.Module], int]]:
    """What the papers' layers add up to, counted by hand."""
    down = sum(chain(stage, 2) for stage in VGG_STAGES)
    up = [stage[::-1] for stage in reversed(VGG_STAGES)]
    segnet_up = sum(chain(stage, 2) for stage in [*up[:-1], [64, 64]]) + 9 * 64 * 11 + 11
    deconv_up = sum(chain(stage, 2) for stage in [*up[:-1], [64, 64, 64]]) + 64 * 21 + 21
    fc6, fc7 = 7 * 7 * 512 * 4096, 4096 * 4096
    between = (fc6 + 2 * 4096) + (fc7 + 2 * 4096) + (fc6 + 2 * 512)
    widths = (64, 128, 256, 512, 1024)
    unet = sum(chain([before, w, w], 2) for before, w in zip((3, *widths), widths, strict=False))
    for fine, coarse in pairwise(widths):
        unet += 2 * 2 * coarse * fine + fine + chain([2 * fine, fine, fine], 2)
    vgg = sum(chain(stage, 1) for stage in VGG_STAGES) + fc6 + 4096 + fc7 + 4096
    scores = [(width + 1) * 21 for width in (4096, 512, 256)]
    enlarge = [21 * 21 * (2 * factor) ** 2 for factor in (2, 2, 8, 16, 32)]
    return {
        "SegNet": (SegNet.paper, down + segnet_up),
        "DeconvNet": (DeconvNet.paper, down + between + deconv_up),
        "U-Net": (UNet.paper, unet + 64 * 2 + 2),
        "FCN-8s": (FCN.paper, vgg + sum(scores) + sum(enlarge[:3])),
        "FCN-16s": (lambda: FCN.paper(finest=16), vgg + sum(scores[:2]) + enlarge[0] + enlarge[3]),
        "FCN-32s": (lambda: FCN.paper(finest=32), vgg + scores[0] + enlarge[4]),
    }


ABOUT = {"SegNet": 29.44, "DeconvNet": 251.79, "U-Net": 31.04, "FCN-8s": 134.49}  # millions


@pytest.mark.parametrize("name", paper_sizes())
def test_paper_size(name: str) -> None:
    build, expected = paper_sizes()[name]
    assert count(build) == expected
    if name in ABOUT:
        assert round(expected / 1e6, 2) == ABOUT[name]


@pytest.mark.parametrize("build", [SegNet.paper, DeconvNet.paper, FCN.paper])
def test_encoders_are_those_of_vgg16(build: Callable[[], nn.Module]) -> None:
    with torch.device("meta"):
        ours, theirs = build().encoder, torchvision.models.vgg16().features
    shapes = [
        [tuple(m.weight.shape) for m in network.modules() if isinstance(m, nn.Conv2d)]
        for network in (ours, theirs)
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("model", SLIM)
def test_slim_networks_are_small(model: type[nn.Module]) -> None:
    assert count(model) < 900_000
    assert isinstance(model(classes=7).classifier, nn.Conv2d | nn.ConvTranspose2d)


@pytest.mark.parametrize("name", NAMES)
def test_docstring_cites_the_paper(name: str) -> None:
    paper, year, deviations = paper_of(name)
    assert 2015 <= year <= 2017
    assert paper.endswith(f"({year})")
    assert deviations


@pytest.mark.parametrize("model", SLIM)
@pytest.mark.parametrize("training", [True, False])
def test_logits_have_the_picture_s_size(model: type[nn.Module], training: bool) -> None:
    torch.manual_seed(0)
    network = model(classes=4).train(training)
    size = (network.stride * 2, network.stride * 3)
    with torch.no_grad():
        assert network(torch.randn(2, 3, *size)).shape == (2, 4, *size)


@pytest.mark.parametrize("model", SLIM)
def test_channels_last_changes_nothing(model: type[nn.Module]) -> None:
    torch.manual_seed(0)
    network, x = model().eval(), torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        plain = network(x)
        last = network.to(memory_format=torch.channels_last)(x.to(memory_format=torch.channels_last))
    torch.testing.assert_close(plain, last, rtol=1e-3, atol=1e-3 * plain.abs().max().item())


@pytest.mark.parametrize("model", SLIM)
def test_stages_end_in_what_the_logits_are_made_of(model: type[nn.Module]) -> None:
    torch.manual_seed(0)
    network, x = model().eval(), torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        encoder, decoder = network.stage_maps(x)
        last = network.enlarge if model is FCN else network.classifier
        assert torch.equal(last(decoder[-1]), network(x))
    heights = [map.shape[2] for map in (*encoder, *decoder)]
    smallest = heights.index(min(heights))
    assert heights[: smallest + 1] == sorted(heights[: smallest + 1], reverse=True)
    assert heights[smallest:] == sorted(heights[smallest:])


# Pooling that remembers


def grid(values: list[list[float]]) -> torch.Tensor:
    return torch.tensor(values)[None, None]


def test_unpooling_puts_values_back() -> None:
    x = grid([[1.0, 2, 0, 7], [3, 0, 5, 1], [9, 1, 1, 1], [2, 2, 1, 4]])
    pooled, switches = pool(x)
    assert torch.equal(pooled, grid([[3.0, 7], [9, 4]]))
    assert torch.equal(
        unpool(pooled * 10, switches), grid([[0.0, 0, 0, 70], [30, 0, 0, 0], [90, 0, 0, 0], [0, 0, 0, 40]])
    )


@pytest.mark.parametrize("model", [SegNet, DeconvNet])
def test_unpooled_maps_are_sparse_and_made_dense(model: type[nn.Module]) -> None:
    torch.manual_seed(0)
    network, x = model().eval(), torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        encoded = network.encode(x)
        decoded = network.decode(encoded.x, encoded.switches)
    assert len(encoded.maps) == len(decoded.unpooled) == len(decoded.dense)
    for before, sparse, dense in zip(encoded.maps, decoded.unpooled[::-1], decoded.dense[::-1], strict=True):
        assert sparse.shape == before.shape
        assert dense.shape[2:] == before.shape[2:]
        assert F.avg_pool2d((sparse != 0).float(), 2).max() <= 0.25
        assert (dense != 0).float().mean() > (sparse != 0).float().mean()


@pytest.mark.parametrize("model", [SegNet, DeconvNet])
def test_decoder_follows_the_switches(model: type[nn.Module]) -> None:
    torch.manual_seed(0)
    network, x = model().eval(), torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        encoded, other = network.encode(x), network.encode(torch.randn(1, 3, 64, 96))
        assert not torch.equal(
            network.decode(encoded.x, encoded.switches).logits,
            network.decode(encoded.x, other.switches).logits,
        )


def test_fc6_of_deconvnet_sees_the_whole_picture() -> None:
    with torch.device("meta"):
        network, x = DeconvNet.paper(), torch.empty(2, 3, 224, 224)
        assert network.fc6(network.encode(x).x).shape == (2, 4096, 1, 1)
        assert network(x).shape == (2, 21, 224, 224)


def test_deconvnet_and_segnet_differ_in_the_decoder_only() -> None:
    with torch.device("meta"):
        one, other = SegNet(), DeconvNet()
    assert {n: p.shape for n, p in one.encoder.named_parameters()} == {
        n: p.shape for n, p in other.encoder.named_parameters()
    }
    assert not any(isinstance(m, nn.ConvTranspose2d) for m in one.modules())


def test_encoder_channels() -> None:
    assert encoder_channels((64, 128, 256, 512, 512), (2, 2, 3, 3, 3)) == [list(s) for s in VGG_STAGES]


# U-Net


def test_sizes_of_unet() -> None:
    with torch.device("meta"):
        encoder, decoder = UNet.paper().stage_maps(torch.empty(2, 3, 576, 576))
    assert [tuple(m.shape[1:]) for m in encoder] == [
        (64, 576, 576), (128, 288, 288), (256, 144, 144), (512, 72, 72), (1024, 36, 36)
    ]  # fmt: skip
    assert [tuple(m.shape[1:]) for m in decoder] == [tuple(m.shape[1:]) for m in encoder[-2::-1]]


@pytest.mark.parametrize("model", [UNet, UNetLite])
def test_skip_connections_can_be_cut(model: type[nn.Module]) -> None:
    torch.manual_seed(0)
    network, x = model().eval(), torch.randn(1, 3, 64, 96)
    skips = len(network.merge)
    with torch.inference_mode():
        whole = network(x)
        assert torch.equal(network.forward_with(x, True), whole)
        assert torch.equal(network.forward_with(x, [True] * skips), whole)
        assert torch.equal(network.forward_with(x, False), network.forward_with(x, [False] * skips))
        for number in range(skips):
            assert not torch.equal(network.forward_with(x, [n != number for n in range(skips)]), whole)
    with pytest.raises(ValueError, match=f"expected {skips} skip connections, got {skips + 1}"):
        network.forward_with(x, [True] * (skips + 1))


def test_cut_skips_leaves_zeros() -> None:
    maps = [torch.ones(1, 1, n, n) for n in (4, 2, 1)]
    assert [m.mean().item() for m in cut_skips(maps, False)] == [0, 0, 1]
    assert [m.mean().item() for m in cut_skips(maps, [True, False])] == [1, 0, 1]


@pytest.mark.parametrize(("last_stage", "stride", "skips"), [(3, 16, 3), (4, 16, 3), (5, 32, 4), (6, 32, 4)])
def test_unet_lite_goes_up_from_any_stage(last_stage: int, stride: int, skips: int) -> None:
    torch.manual_seed(0)
    network = UNetLite(last_stage=last_stage).eval()
    assert (network.stride, len(network.merge)) == (stride, skips)
    assert (
        count(lambda: UNetLite(last_stage=last_stage)) - count(lambda: EfficientNetLite0(last_stage))
        <= 250_000
    )
    x = torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        maps = network.encode(x)
        assert [64 // m.shape[2] for m in maps] == [2, 4, 8, 16, 32][: skips + 1]
        for ours, theirs in zip(maps[1:], network.backbone.features(x), strict=True):
            assert torch.equal(ours, theirs)


def test_unet_lite_takes_the_weights_of_imagenet() -> None:
    network = UNetLite()
    imagenet_backbone(network.backbone)
    assert network.backbone.stem[1].running_mean.any()


# ENet


TABLE_1 = {  # of the paper, for 512x512 pictures and 20 classes: (channels, height)
    "initial": (16, 256),
    "down1": (64, 128),  # bottleneck 1.0
    "stage1": (64, 128),  # 4x bottleneck 1.x
    "down2": (128, 64),  # bottleneck 2.0
    "stage2": (128, 64),  # 2.1 to 2.8 and 3.1 to 3.8
    "up4": (64, 128),  # bottleneck 4.0
    "stage4": (64, 128),  # 4.1 and 4.2
    "up5": (16, 256),  # bottleneck 5.0
    "stage5": (16, 256),  # 5.1
    "classifier": (20, 512),  # fullconv
}


def test_sizes_of_enet() -> None:
    seen = {}

    def write_down(name: str) -> Callable:
        def hook(module: nn.Module, args: tuple, output: object) -> None:
            output = output[0] if isinstance(output, tuple) else output
            seen[name] = (output.shape[1], output.shape[2])

        return hook

    with torch.device("meta"):
        network = ENet(classes=20)
        for name in TABLE_1:
            network.get_submodule(name).register_forward_hook(write_down(name))
        network(torch.empty(2, 3, 512, 512))
    assert seen == TABLE_1


def bottleneck(channels: int, middle: int) -> int:
    """Weights of three convolutions, batch normalisation and PReLU, and a PReLU after the sum."""
    few = channels // 4
    return 2 * channels * few + middle * few * few + 2 * 3 * few + 2 * channels + channels


def between_sizes(before: int, after: int, first: int, main: int) -> int:
    """A bottleneck that changes the size; `first`: weights a pair of channels of its first convolution."""
    few = after // 4
    branch = first * before * few + 9 * few * few + few * after + 2 * 3 * few + 2 * after
    return branch + main + after


def test_count_of_enet() -> None:
    section = sum(bottleneck(128, middle) for middle in (9, 9, 10, 9, 9, 9, 10, 9))
    expected = (
        (27 * 13 + 3 * 16)
        + between_sizes(16, 64, 4, 0) + 4 * bottleneck(64, 9)
        + between_sizes(64, 128, 4, 0) + 2 * section
        + between_sizes(128, 64, 1, 128 * 64 + 2 * 64) + 2 * bottleneck(64, 9)
        + between_sizes(64, 16, 1, 64 * 16 + 2 * 16) + bottleneck(16, 9)
        + 4 * 16 * 20 + 20
    )  # fmt: skip
    assert count(lambda: ENet(classes=20)) == expected
    assert round(expected / 1e6, 2) == 0.36


def test_convolutions_of_enet() -> None:
    convolutions = [
        m for m in ENet().stage2.modules() if isinstance(m, nn.Conv2d) and m.kernel_size != (1, 1)
    ]
    section = [(3, 3, 1), (3, 3, 2), (5, 1, 1), (1, 5, 1), (3, 3, 4)]
    section += [(3, 3, 1), (3, 3, 8), (5, 1, 1), (1, 5, 1), (3, 3, 16)]
    assert [(*m.kernel_size, m.dilation[0]) for m in convolutions] == 2 * section
    drops = [m.p for m in ENet().modules() if isinstance(m, nn.Dropout2d)]
    assert drops == [0.01] * 5 + [0.1] * (len(drops) - 5)


def test_downsampling_of_enet_keeps_the_strongest_beside_its_branch() -> None:
    torch.manual_seed(0)
    down = ENet().down1.eval()
    nn.init.zeros_(down.branch[2][0].weight)  # leaves the pooling and the maps of zeros
    x = torch.rand(1, 16, 8, 8)
    with torch.inference_mode():
        y, switches = down(x)
    assert torch.equal(y[:, :16], F.max_pool2d(x, 2))
    assert not y[:, 16:].any()
    assert torch.equal(x.flatten(2).gather(2, switches.indices.flatten(2)), y[:, :16].flatten(2))


# FCN


@pytest.mark.parametrize("factor", [2, 8, 16, 32])
def test_upsampling_begins_as_bilinear(factor: int) -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 3, 5, 6)
    with torch.inference_mode():
        ours = upsampling(3, factor)(x)
    theirs = F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)
    inner = slice(factor, -factor)  # zeros lie around ours, the border's own values around theirs
    assert ours.shape == theirs.shape
    torch.testing.assert_close(ours[..., inner, inner], theirs[..., inner, inner])


@pytest.mark.parametrize(("finest", "strides"), [(32, [32]), (16, [32, 16]), (8, [32, 16, 8])])
def test_fcn_adds_finer_scores(finest: int, strides: list[int]) -> None:
    torch.manual_seed(0)
    network = FCN(classes=4, finest=finest).eval()
    with torch.inference_mode():
        maps = network.encode(torch.randn(1, 3, 64, 96))
        scores = network.decode(maps)
        assert [(m.shape[1], 64 // m.shape[2]) for m in scores] == [(4, stride) for stride in strides]
        for number, stride in enumerate(strides[1:], 1):
            finer = network.scores[f"stride{stride}"](maps[3 if stride == 16 else 2])
            torch.testing.assert_close(
                scores[number], network.doubled[f"stride{stride}"](scores[number - 1]) + finer
            )


def test_fcn_refuses_other_strides() -> None:
    with pytest.raises(ValueError, match="expected finest 8, 16 or 32"):
        FCN(finest=4)
