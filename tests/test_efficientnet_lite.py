"""EfficientNet-Lite0 of ours against timm's, with the weights that the package carries."""

import pytest
import timm
import torch
from torch import nn

from finetune.backbone import IMAGENET_ROW, imagenet_backbone
from hub_models.architectures.efficientnet_lite import (
    EfficientNetLite0,
    EfficientNetLite0Classifier,
    SameConv2d,
    imagenet_tensors,
)
from hub_models.catalog import checkpoints
from hub_models.loader import find
from hub_models.predictors.weights import read_tensors

SIZES = [(64, 96), (97, 65), (75, 98)]
STAGE_OF_STRIDE = {4: 1, 8: 2, 16: 4, 32: 6}


@pytest.fixture(scope="module")
def tensors() -> dict[str, torch.Tensor]:
    (row,) = (c for c in checkpoints() if c.id == IMAGENET_ROW)
    return read_tensors(find(row))


@pytest.fixture(scope="module")
def theirs(tensors: dict[str, torch.Tensor]) -> nn.Module:
    network = timm.create_model("tf_efficientnet_lite0").eval()
    network.load_state_dict(dict(zip(network.state_dict(), tensors.values(), strict=True)))
    return network


@pytest.mark.parametrize("size", SIZES)
def test_logits_are_those_of_timm(
    tensors: dict[str, torch.Tensor], theirs: nn.Module, size: tuple[int, int]
) -> None:
    ours = EfficientNetLite0Classifier().eval()
    ours.load_state_dict(dict(zip(ours.state_dict(), tensors.values(), strict=True)))
    pictures = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(ours(pictures), theirs(pictures), atol=1e-4, rtol=0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("last_stage", [3, 6])
def test_features_are_those_of_timm(theirs: nn.Module, size: tuple[int, int], last_stage: int) -> None:
    backbone = EfficientNetLite0(last_stage)
    imagenet_backbone(backbone)
    pictures = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        maps = backbone.eval().features(pictures)
        assert torch.equal(backbone(pictures), maps[-1])
        x, expected = theirs.bn1(theirs.conv_stem(pictures)), []
        for block in theirs.blocks[: last_stage + 1]:
            x = block(x)
            expected.append(x)
    assert backbone.strides == (4, 8, 16, 32)[: len(maps)]
    for number, (stride, channels) in enumerate(zip(backbone.strides, backbone.channels, strict=True)):
        assert maps[number].shape == (1, channels, -(-size[0] // stride), -(-size[1] // stride))
        stage = min(STAGE_OF_STRIDE[stride], last_stage)
        torch.testing.assert_close(maps[number], expected[stage], atol=1e-4, rtol=0)


def parameters(*modules: nn.Module) -> int:
    return sum(p.numel() for module in modules for p in module.parameters())


def test_size_is_that_of_timm(theirs: nn.Module) -> None:
    assert parameters(EfficientNetLite0Classifier()) == parameters(theirs) == 4_652_008
    stages = parameters(theirs.conv_stem, theirs.bn1, theirs.blocks[:4])
    assert parameters(EfficientNetLite0(3)) == stages == 253_984


@pytest.mark.parametrize(("kernel", "size", "expected"), [(3, 8, 4), (3, 9, 5), (5, 7, 4), (5, 8, 4)])
def test_odd_padding_goes_right_and_below(kernel: int, size: int, expected: int) -> None:
    layer = SameConv2d(1, 1, kernel, stride=2, bias=False)
    nn.init.ones_(layer.weight)
    total = layer(torch.ones(1, 1, size, size))[0, 0]
    assert total.shape == (expected, expected)
    padded = (expected - 1) * 2 + kernel - size
    assert total[0, 0] == (kernel - padded // 2) ** 2
    assert total[-1, -1] == (kernel - (padded - padded // 2)) ** 2


def test_too_few_tensors_are_refused(tensors: dict[str, torch.Tensor]) -> None:
    with pytest.raises(ValueError):
        imagenet_tensors(dict(list(tensors.items())[:-1]))
    with pytest.raises(ValueError, match="expected a last stage"):
        EfficientNetLite0(7)
