"""The networks written here: shapes, gradients, sizes known from their papers, and the Hub's file format."""

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
import torchvision
from torch import nn

from hub_models import architectures
from hub_models.architectures.alexnet import AlexNet
from hub_models.architectures.inception import GoogLeNet
from hub_models.architectures.lenet import LeNet5
from hub_models.architectures.resnet import ResNet
from hub_models.architectures.vgg import VGG

SHARED = {
    "attention",
    "detection",
    "encoder_decoder",
    "rnn_cells",
    "segmentation",
    "spectrogram",
}  # pieces of several networks
MODULES = {
    module.name: importlib.import_module(f"hub_models.architectures.{module.name}")
    for module in pkgutil.iter_modules(architectures.__path__)
    if module.name not in SHARED
}
# networks that answer with one tensor; detectors that answer with boxes have tests of their own
NAMES = [name for name, module in MODULES.items() if hasattr(module, "EXAMPLE")]

CLASSIFIERS = {
    "LeNet-5": (LeNet5, 61_706),
    "AlexNet": (AlexNet.imagenet, 60_965_224),
    "VGG-16": (VGG.imagenet16, 138_357_544),
    # Weights of table 1: stem 124,096, modules 5,842,176, linear 1,024,000; plus 8,280 biases, one a channel
    # of every convolution and class. The table's own column counts in 1,024s (3a: 159 K for 163,328).
    "GoogLeNet": (GoogLeNet.imagenet, 6_998_552),
    "ResNet-34": (ResNet.imagenet34, 21_797_672),
    "ResNet-20": (ResNet.cifar, 269_722),
}
SMALL = [AlexNet.cifar, GoogLeNet.cifar, ResNet.cifar, VGG.cifar]


def parameters(build: Callable[[], nn.Module]) -> int:
    """The number of parameters, counted without memory for them."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build().parameters())


@pytest.fixture(params=NAMES)
def architecture(request: pytest.FixtureRequest) -> ModuleType:
    torch.manual_seed(0)
    return importlib.import_module(f"hub_models.architectures.{request.param}")


def test_every_network_is_named() -> None:
    assert [name for name, module in MODULES.items() if not hasattr(module, "MODEL")] == []


def test_example_has_the_promised_shape(architecture: ModuleType) -> None:
    arguments, shape_in, shape_out = architecture.EXAMPLE
    assert architecture.MODEL(**arguments)(torch.randn(shape_in)).shape == shape_out


def test_gradient_reaches_every_parameter(architecture: ModuleType) -> None:
    arguments, shape_in, shape_out = architecture.EXAMPLE
    model = architecture.MODEL(**arguments)
    for p in model.parameters():
        if not p.any():  # a last layer may begin at zero, and lets nothing through until it has learned
            nn.init.normal_(p, std=0.1)
    (model(torch.randn(shape_in)) * torch.randn(shape_out)).sum().backward()
    without = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []


def test_survives_the_hub_format(architecture: ModuleType, tmp_path: Path) -> None:
    arguments, shape_in, _ = architecture.EXAMPLE
    model = architecture.MODEL(**arguments).eval()
    model.save_pretrained(tmp_path)
    again = architecture.MODEL.from_pretrained(tmp_path, local_files_only=True, strict=True).eval()
    picture = torch.randn(shape_in)
    with torch.no_grad():
        assert torch.equal(model(picture), again(picture))
    assert (tmp_path / "model.safetensors").is_file()


@pytest.mark.parametrize("build", [AlexNet.cifar, GoogLeNet.cifar, ResNet.cifar, VGG.cifar, LeNet5])
def test_classifier_is_the_last_layer(build: Callable[..., nn.Module]) -> None:
    model = build(classes=7)
    assert model.classifier.out_features == 7
    assert list(model.modules())[-1] is model.classifier


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_size_is_that_of_the_paper(name: str) -> None:
    build, expected = CLASSIFIERS[name]
    assert parameters(build) == expected


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(ResNet.imagenet34, torchvision.models.resnet34), (VGG.imagenet16, torchvision.models.vgg16)],
)
def test_tensors_are_those_of_torchvision(ours: Callable, theirs: Callable) -> None:
    with torch.device("meta"):
        shapes = [sorted(tuple(p.shape) for p in build().parameters()) for build in (ours, theirs)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    ("build", "size"), [(AlexNet.imagenet, 227), (GoogLeNet.imagenet, 224), (VGG.imagenet16, 224)]
)
def test_full_size_takes_the_paper_s_pictures(build: Callable[[], nn.Module], size: int) -> None:
    with torch.device("meta"):
        assert build()(torch.empty(2, 3, size, size)).shape == (2, 1000)


@pytest.mark.parametrize("build", SMALL)
def test_cifar_variant_is_small(build: Callable[[], nn.Module]) -> None:
    assert parameters(build) < 1_000_000
