"""What we say about the inside of a network, held against torch, timm and arithmetic by hand."""

import threading

import numpy as np
import pytest
import timm
import torch
from torch import nn
from torch.nn import functional as F

from hub_models.architectures.inception import GoogLeNet
from hub_models.architectures.lenet import LeNet5
from hub_models.architectures.resnet import ResNet
from hub_models.architectures.vgg import VGG
from hub_models.errors import BadInput
from hub_models.inside.attention import attention_rollout, attentions
from hub_models.inside.class_activation import class_activation_map
from hub_models.inside.convolution import PRESETS, convolve, parse_kernel, pool, window_numbers
from hub_models.inside.feature_maps import feature_maps, layers, totals
from hub_models.inside.filters import first_filters
from hub_models.inside.receptive_field import by_recurrence, receptive_field
from hub_models.inside.trace import twin

TIMM = [
    "test_byobnet",
    "test_convnext",
    "test_efficientnet",
    "test_efficientnet_gn",
    "test_mambaout",
    "test_nfnet",
    "test_resnet",
    "test_vit",
    "test_vit4",
    "tf_mobilenetv3_small_minimal_100",  # pads as TensorFlow does
]
OURS = {"lenet": (LeNet5, 1), "vgg": (VGG, 3), "resnet": (ResNet.cifar, 3), "inception": (GoogLeNet.cifar, 3)}


@pytest.fixture(scope="module")
def network_of():
    """Random weights, one network a name."""
    made = {}

    def get(name):
        if name not in made:
            torch.manual_seed(0)
            network = OURS[name][0]() if name in OURS else timm.create_model(name, num_classes=10)
            for module in network.modules():
                if isinstance(module, nn.BatchNorm2d):  # else the identity, of which tests would not notice
                    module.running_mean.uniform_(-0.1, 0.1)
            made[name] = network.eval().requires_grad_(False)
        return made[name]

    return get


def picture(name="resnet", side=None):
    channels, default = (OURS[name][1], 32) if name in OURS else (3, 160)
    side = side or default
    return torch.rand(1, channels, side, side, generator=torch.Generator().manual_seed(1))


# Layers


@pytest.mark.parametrize("name", [*OURS, *TIMM])
def test_formulas_give_what_is_measured(network_of, name):
    network = network_of(name)
    facts = layers(network, picture(name))
    assert facts
    for layer in facts:
        if layer.sizes and len(layer.output_shape) == 3:
            assert tuple(size.value for size in layer.sizes) == layer.output_shape[:2], layer
            assert layer.size_text.endswith(str(layer.sizes[1].value))
        if layer.parameters_formula:
            assert layer.parameters_formula.value == layer.parameters, layer
        assert layer.parameters_formula or layer.kind == "activation"
        if layer.kind == "convolution":
            assert layer.sizes
    total = totals(network, facts)
    assert total.parameters == sum(p.numel() for p in network.parameters())
    assert total.elsewhere >= 0
    if name in OURS:
        assert total.elsewhere == 0


def test_lenet_layer_by_layer(network_of):
    facts = {layer.name: layer for layer in layers(network_of("lenet"), picture("lenet"))}
    shapes = [facts[f"features.{name}"].output_shape for name in ("c1", "s2", "c3", "s4")]
    assert shapes == [(28, 28, 6), (14, 14, 6), (10, 10, 16), (5, 5, 16)]
    c1 = facts["features.c1"]
    assert (c1.input_shape, c1.f, c1.p, c1.s) == ((32, 32, 1), (5, 5), (0, 0, 0, 0), (1, 1))
    assert c1.parameters_formula.text == "5×5×1×6 + 6 = 156"
    assert c1.size_text == "n_H = n_W = ⌊(32 + 2·0 − 5) / 1 + 1⌋ = 28"
    assert c1.multiplications == 28 * 28 * 6 * 25
    assert facts["features.s2"].parameters_formula.value == 0
    assert facts["classifier"].parameters_formula.text == "84×10 + 10 = 850"
    assert facts["classifier"].multiplications == 840


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 8, 3, padding=2, dilation=2),
        nn.Conv2d(4, 8, (1, 7), stride=(1, 3), padding=(0, 3)),
        nn.Conv2d(4, 8, 3, groups=2, bias=False),
        nn.Conv2d(4, 4, 3, groups=4, stride=2),
        nn.Conv2d(4, 8, 4, padding="same"),
        nn.Conv2d(4, 8, 5, padding="valid"),
        nn.MaxPool2d(3, 2, 1, ceil_mode=True),
        nn.MaxPool2d(2, 2, 1, ceil_mode=True),
        nn.AvgPool2d(3, 2, ceil_mode=True),
        nn.MaxPool2d(3, 1, 2 // 2, dilation=2),
        nn.AdaptiveAvgPool2d(1),
        timm.layers.create_conv2d(4, 8, 3, stride=2, padding="same"),
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [(12, 12), (13, 18), (16, 11)])
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # slow, says torch
def test_single_layers(layer, size):
    (facts,) = layers(nn.Sequential(layer).eval(), torch.rand(1, 4, *size))
    assert tuple(value.value for value in facts.sizes) == facts.output_shape[:2]
    assert facts.parameters_formula.value == facts.parameters == sum(p.numel() for p in layer.parameters())
    if isinstance(layer, nn.Conv2d):
        n_h, n_w, n_c = facts.output_shape
        f_h, f_w = layer.kernel_size
        assert facts.multiplications == f_h * f_w * 4 // layer.groups * n_h * n_w * n_c


def test_dilation_and_groups_stand_in_the_text():
    conv = nn.Conv2d(4, 8, 3, padding=2, dilation=2, groups=2, bias=False)
    (facts,) = layers(nn.Sequential(conv), torch.rand(1, 4, 9, 9))
    assert facts.size_text == "n_H = n_W = ⌊(9 + 2·2 − (2·(3 − 1) + 1)) / 1 + 1⌋ = 9"
    assert facts.parameters_formula.text == "3×3×(4/2)×8 (no bias) = 144"


def test_a_layer_that_runs_twice_is_counted_once():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x):
            return self.conv(self.conv(x))

    network = Twice().eval()
    facts = layers(network, picture())
    assert [(layer.name, layer.parameters) for layer in facts] == [("conv", 84), ("conv#2", 0)]
    assert totals(network, facts).elsewhere == 0
    assert receptive_field(network, picture(), "conv#2", (9, 9)).size_hw == (5, 5)


def test_feature_maps_are_the_most_active_ones(network_of):
    network, x = network_of("resnet"), picture()
    expected = network.stem(x)[0].numpy()
    found = feature_maps(network, x, "stem", most=5)
    assert found.shape == (32, 32, 16)
    assert found.maps.shape == (5, 32, 32)
    assert (np.diff(found.means) <= 0).all()
    assert found.means[0] == pytest.approx(expected.mean((1, 2)).max())
    np.testing.assert_array_equal(found.maps, expected[found.channels])


@pytest.mark.parametrize(
    ("name", "layer", "shape"),
    [
        ("lenet", "classifier", (1, 1, 10)),
        ("test_vit", "blocks.2", (10, 10, 64)),
        ("test_vit", "patch_embed.proj", (10, 10, 64)),
        ("test_convnext", "stages.1.blocks.0.mlp.fc1", (20, 20, 128)),  # channels last inside
        ("test_mambaout", "stages.1", None),
    ],
)
def test_feature_maps_of_vectors_tokens_and_channels_last(network_of, name, layer, shape):
    found = feature_maps(network_of(name), picture(name), layer)
    height, width, channels = found.shape
    assert shape is None or (height, width) == shape[:2]
    assert height == width
    assert len(found.maps) == min(64, channels)


def test_a_convolution_before_an_inplace_relu_keeps_its_negative_values():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True)).eval()
    assert feature_maps(network, picture(), "0").maps.min() < 0
    assert network[1].inplace


@pytest.mark.parametrize("ask", [feature_maps, lambda n, x, name: receptive_field(n, x, name, (0, 0))])
def test_an_unknown_layer_is_answered_with_near_ones(network_of, ask):
    with pytest.raises(BadInput, match=r"features\.c1") as error:
        ask(network_of("lenet"), picture("lenet"), "features.c9")
    assert error.value.code == "layer_unknown"


@pytest.mark.parametrize(
    ("name", "layer", "shape"),
    [
        ("lenet", "features.c1", (6, 5, 5, 1)),
        ("test_vit", "patch_embed.proj", (64, 16, 16, 3)),
        ("resnet", "stem.0", (16, 3, 3, 3)),
    ],
)
def test_first_filters(network_of, name, layer, shape):
    filters = first_filters(network_of(name))
    assert (filters.layer_name, filters.weights.shape) == (layer, shape)
    assert filters.weights.min() >= 0
    assert filters.weights.max() <= 1
    np.testing.assert_array_equal(filters.weights > 0.5, filters.raw > 0)


def test_no_filters_without_convolution():
    with pytest.raises(BadInput, match="no_filters"):
        first_filters(nn.Linear(2, 2))


# Receptive field

LENET_FIELDS = {"c1": (5, 1), "s2": (6, 2), "c3": (14, 2), "s4": (16, 4)}  # layer -> side, step


@pytest.mark.parametrize("layer", LENET_FIELDS)
def test_field_of_lenet_equals_the_recurrence(network_of, layer):
    windows = [(5, 1, 1), (2, 2, 1), (5, 1, 1), (2, 2, 1)][: list(LENET_FIELDS).index(layer) + 1]
    side, step = by_recurrence(windows)
    assert (side, step) == LENET_FIELDS[layer]
    field = receptive_field(network_of("lenet"), picture("lenet"), f"features.{layer}", (1, 2))
    assert field.size_hw == (side, side)
    assert field.box_xyxy == (2 * step, step, 2 * step + side, step + side)  # no padding: nothing is cut
    outside = field.effective.copy()
    outside[step : step + side, 2 * step : 2 * step + side] = 0
    assert not outside.any()
    assert field.effective.max() == 1


def test_field_of_vgg_equals_the_recurrence_and_is_cut_at_the_border(network_of):
    windows = []
    for block in (1, 2, 3):
        windows += [(3, 1, 1), (3, 1, 1), (2, 2, 1)]
        side, _ = by_recurrence(windows)
        field = receptive_field(network_of("vgg"), picture("vgg"), f"features.block{block}.pool", (0, 0))
        assert field.size_hw == (side, side)
        left = -sum(2 * 2**b for b in range(block))  # two paddings of one cell a block
        assert field.box_xyxy == (0, 0, min(32, left + side), min(32, left + side))


def chain(windows):
    modules = []
    for f, s, dilation in windows:
        conv = nn.Conv2d(2 if modules else 3, 2, f, s, padding=dilation * (f - 1) // 2, dilation=dilation)
        modules += [conv, nn.ReLU()]
    return nn.Sequential(*modules).eval()


@pytest.mark.parametrize(
    "windows",
    [
        [(3, 1, 2)],
        [(7, 2, 1), (3, 2, 1)],
        [(5, 1, 1), (3, 1, 4)],
        [(1, 1, 1)],
        [(3, 2, 1)] * 4,
        [(3, 3, 2)] * 2,
    ],
)
def test_field_of_chains_equals_the_recurrence(windows):
    network = chain(windows)
    side, _ = by_recurrence(windows)
    field = receptive_field(network, picture(), str(len(network) - 1), (0, 1))
    assert field.size_hw == (side, side)


def test_field_of_branches_is_that_of_the_widest_path(network_of):
    resnet = network_of("resnet")  # 1 + 2 * 3 convolutions of 3x3 in the stem and the first stage
    assert receptive_field(resnet, picture(), "stages.0", (4, 4)).size_hw == (15, 15)
    stages = [(3, 1, 1)] * 7 + [(3, 2, 1)] + [(3, 1, 1)] * 5 + [(3, 2, 1)] + [(3, 1, 1)] * 5
    side, _ = by_recurrence(stages)
    assert side == 81  # larger than the picture
    field = receptive_field(resnet, picture(), "stages", (4, 4))
    assert (field.size_hw, field.box_xyxy) == ((81, 81), (0, 0, 32, 32))


@pytest.mark.parametrize("layer", ["pool", "classifier"])
def test_field_behind_the_global_average(network_of, layer):
    if layer == "classifier":
        with pytest.raises(BadInput, match="no_feature_map"):
            receptive_field(network_of("resnet"), picture(), layer, (0, 0))
        return
    field = receptive_field(network_of("resnet"), picture(), layer, (0, 0))
    assert (field.box_xyxy, field.size_hw) == ((0, 0, 32, 32), (None, None))


@pytest.mark.parametrize(
    ("name", "layer", "box", "size"),
    [
        ("test_vit", "patch_embed.proj", (32, 16, 48, 32), (16, 16)),
        ("test_vit", "blocks.0", (0, 0, 160, 160), (None, None)),
        ("test_efficientnet", "blocks.4", (0, 0, 160, 160), (None, None)),  # squeeze-and-excitation sees all
        ("test_convnext", "stem.0", (8, 4, 12, 8), (4, 4)),
    ],
)
def test_field_of_other_networks(network_of, name, layer, box, size):
    network, x = network_of(name), picture(name)
    field = receptive_field(network, x, layer, (1, 2))
    assert (field.box_xyxy, field.size_hw) == (box, size)
    assert field.effective.shape == (160, 160)


@pytest.mark.parametrize(
    ("name", "layer", "side"),
    [
        ("resnet50", "layer4", 427),  # by hand: stem 11, then 3 + 4 + 6 + 3 blocks with the stride in the 3x3
        ("mobilenetv3_small_100", "blocks", None),  # squeeze-and-excitation with a gate that may saturate
        ("swin_tiny_patch4_window7_224", "patch_embed.proj", 4),  # takes no larger picture
    ],
)
def test_field_of_networks_of_timm(name, layer, side):
    network = timm.create_model(name).eval().requires_grad_(False)
    assert receptive_field(network, picture(side=224), layer, (3, 3)).size_hw == (side, side)


@pytest.mark.parametrize("name", ["inception", "test_byobnet", "test_resnet", "test_convnext", "test_nfnet"])
def test_the_effective_field_lies_in_the_theoretical_one(network_of, name):
    network, x = network_of(name), picture(name)
    maps = [f for f in layers(network, x) if f.kind == "convolution" and f.output_shape[0] > 4]
    for layer in (maps[1], maps[len(maps) // 2]):
        field = receptive_field(network, x, layer.name, (2, 1))
        left, top, right, bottom = field.box_xyxy
        outside = field.effective.copy()
        outside[top:bottom, left:right] = 0
        assert not outside.any()
        assert field.size_hw[0] is None or field.size_hw[0] >= bottom - top


def test_max_pooling_and_dead_units_hide_nothing_from_the_theoretical_field():
    network = nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)).eval()
    nn.init.constant_(network[0].weight, -1)
    nn.init.zeros_(network[0].bias)
    field = receptive_field(network, picture(), "2", (3, 3))
    assert field.box_xyxy == (5, 5, 9, 9)
    assert not field.effective.any()  # every unit is switched off


def test_a_cell_outside_is_refused(network_of):
    with pytest.raises(BadInput, match="28 x 28"):
        receptive_field(network_of("lenet"), picture("lenet"), "features.c1", (28, 0))


# Class activation


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("resnet", "CAM"),
        ("inception", "CAM"),
        ("test_resnet", "CAM"),
        ("test_efficientnet", "CAM"),
        ("test_byobnet", "CAM"),
        ("lenet", "Grad-CAM"),
        ("vgg", "Grad-CAM"),
        ("test_convnext", "Grad-CAM"),
        ("test_vit", "Grad-CAM"),
        ("test_vit4", "Grad-CAM"),
    ],
)
@pytest.mark.parametrize("class_index", [0, 7])
def test_class_activation_map(network_of, name, method, class_index):
    network, x = network_of(name), picture(name)
    cam = class_activation_map(network, x, class_index)
    assert cam.method == method
    assert cam.map.shape == tuple(x.shape[2:])
    assert cam.map.dtype == np.float32
    assert cam.map.min() >= 0
    assert cam.map.max() in (0, pytest.approx(1))
    assert cam.logit == pytest.approx(float(network(x)[0, class_index]), abs=1e-4)
    if method == "CAM":
        assert cam.raw.sum() + cam.bias == pytest.approx(cam.logit, abs=1e-4)


def test_grad_cam_takes_the_maps_before_the_last_pooling(network_of):
    assert class_activation_map(network_of("lenet"), picture("lenet"), 0).raw.shape == (10, 10)
    assert class_activation_map(network_of("vgg"), picture("vgg"), 0).raw.shape == (8, 8)


def test_cam_without_a_linear_layer():
    network = nn.Sequential(nn.Conv2d(3, 10, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()
    cam = class_activation_map(network, picture(), 3)
    assert cam.method == "CAM"
    assert cam.raw.sum() == pytest.approx(cam.logit, abs=1e-5)


def test_grad_cam_of_a_vit_uses_the_last_tokens_that_matter(network_of):
    cam = class_activation_map(network_of("test_vit"), picture("test_vit"), 1)
    assert cam.raw.shape == (10, 10)
    assert cam.layer_name.endswith("norm1")


@pytest.mark.parametrize("class_index", [-1, 10])
def test_a_class_that_is_not_there(network_of, class_index):
    with pytest.raises(BadInput, match="from 0 to 9"):
        class_activation_map(network_of("lenet"), picture("lenet"), class_index)


def test_no_map_in_a_network_without_maps():
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 10)).eval()
    with pytest.raises(BadInput, match="no_feature_map"):
        class_activation_map(network, picture(), 0)


# Attention


@pytest.mark.parametrize("name", ["test_vit", "test_vit4"])
def test_attention_rows_sum_to_one(network_of, name):
    rows, grid = attentions(network_of(name), picture(name))
    assert grid == (10, 10)
    assert rows.shape[-2:] == (101, 101)
    np.testing.assert_allclose(rows.sum(-1), 1, atol=1e-5)


def test_rollout_follows_the_paper(network_of):
    network, x = network_of("test_vit"), picture("test_vit")
    rows, _ = attentions(network, x)
    rollout = attention_rollout(network, x)
    product = np.eye(101)
    for layer in rows:
        mixed = layer.mean(0) + np.eye(101)
        product = mixed / mixed.sum(1, keepdims=True) @ product
    np.testing.assert_allclose(rollout.rolled[-1], product[0, 1:].reshape(10, 10), atol=1e-5)
    assert rollout.class_token
    assert rollout.map.shape == (160, 160)
    assert rollout.map.max() == pytest.approx(1)
    assert rollout.per_layer.shape == (len(rows), 10, 10)
    np.testing.assert_allclose(rollout.heads.mean(1), rollout.per_layer, atol=1e-6)


def test_rollout_without_class_token():
    network = timm.create_model("test_vit", class_token=False, global_pool="avg", num_classes=10).eval()
    rollout = attention_rollout(network, picture("test_vit"))
    assert not rollout.class_token
    assert rollout.per_layer.sum((1, 2)) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("name", ["resnet", "lenet", "test_convnext", "test_maxvit"])
def test_no_attention_over_patches(network_of, name):
    with pytest.raises(BadInput, match="no_attention"):
        attention_rollout(network_of(name), picture(name))


def test_attention_of_transformers():
    transformers = pytest.importorskip("transformers")
    config = transformers.ViTConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=32,
        patch_size=8,
        num_labels=3,
    )
    network = transformers.ViTForImageClassification(config).eval()
    before = network.config._attn_implementation
    rows, grid = attentions(network, picture())
    assert (rows.shape, grid) == ((2, 2, 17, 17), (4, 4))
    np.testing.assert_allclose(rows.sum(-1), 1, atol=1e-5)
    assert network.config._attn_implementation == before == "sdpa"
    assert class_activation_map(network, picture(), 2).raw.shape == (4, 4)
    assert [f for f in layers(network, picture()) if f.kind == "linear"]


# The shared network


def ask_everything(network, x, layer):
    return [
        first_filters(network).weights,
        feature_maps(network, x, layer).maps,
        receptive_field(network, x, layer, (1, 1)).effective,
        class_activation_map(network, x, 0).raw,
        np.array(totals(network, layers(network, x)).multiplications),
    ]


@pytest.mark.parametrize(("name", "layer"), [("resnet", "stages.1"), ("test_vit", "blocks.1")])
def test_the_network_given_is_never_changed(network_of, name, layer):
    network, x = network_of(name), picture(name)
    weights = {key: value.clone() for key, value in network.state_dict().items()}
    flags = [dict(vars(m), _parameters=0, _buffers=0, _modules=0) for m in network.modules()]
    calls = []
    handle = network.register_forward_hook(lambda *_: calls.append(1))
    try:
        with torch.inference_mode():  # as the app calls it
            expected = ask_everything(network, x, layer)
            if name == "test_vit":
                attention_rollout(network, x)
    finally:
        handle.remove()
    results = {}

    def work(number):
        results[number] = ask_everything(network, x, layer)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for found in results.values():
        for array, other in zip(expected, found, strict=True):
            np.testing.assert_allclose(array, other, atol=1e-6)
    assert len(results) == 4
    assert all(torch.equal(value, weights[key]) for key, value in network.state_dict().items())
    after = [dict(vars(m), _parameters=0, _buffers=0, _modules=0) for m in network.modules()]
    assert str(after) == str(flags)
    assert all(not m._forward_hooks for m in network.modules())


def test_a_twin_shares_every_weight(network_of):
    network = network_of("test_resnet")
    copied = twin(network)
    for tensor, other in zip(network.state_dict().values(), copied.state_dict().values(), strict=True):
        assert tensor.data_ptr() == other.data_ptr()
    assert all(a is not b for a, b in zip(network.modules(), copied.modules(), strict=True))


# The bench


@pytest.mark.parametrize("f", [1, 3, 5])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("channels", [0, 3])
def test_convolve_equals_torch(f, padding, stride, dilation, channels):
    random = np.random.default_rng(f + stride)
    plane, kernel = random.normal(size=(17, 14, channels)[: 3 if channels else 2]), random.normal(size=(f, f))
    p = dilation * (f - 1) // 2 if padding == "same" else 0
    planes = torch.from_numpy(plane.reshape(17, 14, -1).transpose(2, 0, 1).copy())[None]
    weight = torch.from_numpy(kernel).expand(1, planes.shape[1], f, f)
    expected = F.conv2d(planes, weight, stride=stride, padding=p, dilation=dilation)[0, 0].numpy()
    found = convolve(plane, kernel, padding, stride, dilation)
    np.testing.assert_allclose(found.output, expected, atol=1e-12)
    assert found.size_formula.endswith(f"= {expected.shape[1]}")
    row, col = expected.shape[0] - 1, expected.shape[1] // 2
    window = window_numbers(plane, kernel, padding, stride, dilation, row=row, col=col)
    assert window.total == pytest.approx(expected[row, col])
    np.testing.assert_allclose(window.patch * window.kernel, window.products)
    left, top, right, bottom = window.box_xyxy
    assert right - left == bottom - top == dilation * (f - 1) + 1
    if left >= 0 and top >= 0 and right <= 14 and bottom <= 17:
        np.testing.assert_array_equal(plane[top:bottom:dilation, left:right:dilation], window.patch)


@pytest.mark.parametrize(("f", "s"), [(2, 2), (3, 2), (3, 1), (1, 3)])
def test_pool_equals_torch(f, s):
    plane = np.random.default_rng(0).normal(size=(11, 8))
    tensor = torch.from_numpy(plane)[None, None]
    np.testing.assert_allclose(pool(plane, f, s, "max").output, F.max_pool2d(tensor, f, s)[0, 0])
    np.testing.assert_allclose(pool(plane, f, s, "average").output, F.avg_pool2d(tensor, f, s)[0, 0])


def test_three_different_sheets():
    plane, kernel = np.ones((5, 5, 3)), np.zeros((3, 3, 3))
    kernel[1, 1] = 1, 2, 4
    assert (convolve(plane, kernel).output == 7).all()


@pytest.mark.parametrize("name", PRESETS)
def test_presets(name):
    preset = PRESETS[name]
    side = len(preset.kernel)
    assert preset.kernel.shape == (side, side)
    assert side % 2 == 1
    assert preset.sentence.endswith(".")
    even = convolve(np.full((9, 9), 0.7), preset.kernel).output
    total = 0 if "edges" in name or name == "Laplacian" else 1
    np.testing.assert_allclose(even, 0.7 * total, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "kernel"),
    [
        ("1", [[1]]),
        ("1 2 3\n4 5 6\n7 8 9\n", [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        ("0, −1, 0; -1,5,-1; 0,-1,0", [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        ("1/4 0 0\n\n0 .5 0\n0 0 1e-3", [[0.25, 0, 0], [0, 0.5, 0], [0, 0, 0.001]]),
    ],
)
def test_parse_kernel(text, kernel):
    np.testing.assert_array_equal(parse_kernel(text), kernel)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "odd number of rows"),
        ("1 2\n3 4", "odd number of rows"),
        ("1 2 3\n4 5 6", "2 rows of 3, 3"),
        ("1 2 3\n4 5\n7 8 9", "rows of 3, 2, 3"),
        ("1 2 3\n4 five 6\n7 8 9", "'five'"),
        ("nan", "finite"),
        ("inf", "finite"),
        ("1/0", "numbers"),
        ("1/2/3", "numbers"),
        ("\n".join(["1 " * 13] * 13), "up to 11"),
        ("1 " * 9000, "characters"),
    ],
)
def test_parse_kernel_refuses(text, reason):
    with pytest.raises(BadInput, match=reason) as error:
        parse_kernel(text)
    assert error.value.code == "bad_value"


@pytest.mark.parametrize(
    "ask",
    [
        lambda: convolve(np.ones((4, 9)), np.ones((5, 5))),
        lambda: convolve(np.ones((9, 9)), np.ones((3, 3)), stride=0),
        lambda: pool(np.ones((3, 3)), 4, 2),
        lambda: window_numbers(np.ones((5, 5)), np.ones((3, 3)), row=3, col=0),
        lambda: window_numbers(np.ones((5, 5)), np.ones((3, 3)), row=0, col=-1),
    ],
)
def test_the_bench_refuses(ask):
    with pytest.raises(BadInput, match="bad_value"):
        ask()
