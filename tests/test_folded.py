"""Folding normalisations into convolutions changes nothing but the number of steps."""

import pytest
import timm
import torch
from torch import nn

from hub_models.predictors.folded import folded

FAMILIES = (  # timm's name, whether it may be folded
    ("resnet18", True),
    ("tf_efficientnet_lite0", True),
    ("mobilenetv3_small_050", True),
    ("mobilevit_xxs", True),
    ("densenet121", True),  # normalises before it convolves
    ("vit_tiny_patch16_224", True),  # nothing to fold
    ("repvit_m0_9", False),  # holds side by side what it does not use one after the other
)


def normalisations(network: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())


def made(name: str) -> nn.Module:
    """The network with random weights, and statistics that are not those of a fresh normalisation."""
    torch.manual_seed(0)
    network = timm.create_model(name, pretrained=False).eval().requires_grad_(False)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 1.5)
    return network


@pytest.mark.parametrize(("name", "folds"), FAMILIES)
def test_same_logits(name: str, folds: bool) -> None:
    network = made(name)
    example, other = torch.rand(2, 1, 3, 224, 224)
    before = normalisations(network)
    quick = folded(network, example)
    assert (quick is not network) == folds
    assert normalisations(network) == before
    with torch.inference_mode():
        wanted = network(other)
        torch.testing.assert_close(quick(other), wanted, atol=1e-3 * float(wanted.abs().max()), rtol=0)


def test_what_is_folded_and_what_is_shared() -> None:
    network = made("resnet18")
    quick = folded(network, torch.rand(1, 3, 224, 224))
    assert (normalisations(network), normalisations(quick)) == (20, 0)
    assert quick.fc.weight is network.fc.weight
    assert quick.conv1.weight is not network.conv1.weight
