"""R-CNN, Fast R-CNN and Faster R-CNN: what they learn from, what they answer, and what the tab shows of them."""

from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.detection._utils import BoxCoder
from torchvision.ops import roi_align, roi_pool

from hub_models import compute
from hub_models.architectures import fast_rcnn
from hub_models.architectures.detection import Found, Targets, encode_boxes, iou_matrix
from hub_models.architectures.fast_rcnn import SAMPLED, FastRCNN, RegionHead, sample
from hub_models.architectures.faster_rcnn import FasterRCNN
from hub_models.architectures.rcnn import CONTEXT, RCNN, SIDE, warp, with_context
from hub_models.catalog import checkpoints
from hub_models.errors import Overloaded
from hub_models.inside import proposals as inside
from hub_models.local import package_file
from hub_models.predictors import proposals as predictors
from hub_models.predictors.weights import read_tensors
from hub_models.preprocess import InputSpec

SPEC = InputSpec(size_hw=(96, 128), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")
TARGETS = Targets(
    [torch.tensor([[10.0, 10, 60, 70], [80, 30, 110, 60]]), torch.tensor([[20.0, 20, 100, 90]])],
    [torch.tensor([0, 2]), torch.tensor([1])],
)


def boxes(count: int, seed: int = 0, size_hw: tuple[int, int] = (96, 128)) -> Tensor:
    """Boxes of at least 4 pixels inside a picture."""
    draw = torch.rand(count, 4, generator=torch.Generator().manual_seed(seed))
    low = draw[:, :2] * torch.tensor([size_hw[1] - 8.0, size_hw[0] - 8.0])
    room = torch.tensor([size_hw[1], size_hw[0]]) - low
    return torch.cat([low, low + 4 + draw[:, 2:] * (room - 4)], dim=1)


def seeded(kind: type[nn.Module], **arguments) -> nn.Module:
    torch.manual_seed(0)
    return kind(**arguments)


def test_whole_detectors_are_small() -> None:
    counts = {kind: sum(p.numel() for p in kind().parameters()) for kind in (FastRCNN, FasterRCNN, RCNN)}
    assert counts == {FastRCNN: 576_528, FasterRCNN: 617_356, RCNN: 3 * 5 * 1281 + 6}


@pytest.mark.parametrize("kind", [FastRCNN, FasterRCNN])
def test_loss_falls_and_reaches_every_parameter(kind: type[nn.Module]) -> None:
    network = seeded(kind).train()
    pictures = torch.randn(2, 3, 96, 128)
    more = ([boxes(40, 1), boxes(40, 2)],) if kind is FastRCNN else ()
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3)
    history = []
    for _ in range(12):
        terms = network(pictures, TARGETS, *more)
        loss = torch.stack(list(terms.values())).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(float(loss.detach()))
    names = {"L_cls", "L_reg"} | ({"rpn_L_cls", "rpn_L_reg"} if kind is FasterRCNN else set())
    assert set(terms) == names
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []
    assert np.mean(history[-3:]) < 0.7 * np.mean(history[:2])


def test_pictures_without_objects_teach_background() -> None:
    nothing = Targets([torch.zeros(0, 4)] * 2, [torch.zeros(0, dtype=torch.int64)] * 2)
    for kind in (FastRCNN, FasterRCNN):
        more = ([boxes(9), boxes(9)],) if kind is FastRCNN else ()
        terms = seeded(kind).train()(torch.randn(2, 3, 64, 64), nothing, *more)
        assert float(terms["L_reg"].detach()) == 0
        assert all(torch.isfinite(term) for term in terms.values())


def test_a_sample_is_a_quarter_objects() -> None:
    near = TARGETS.boxes[0][0] + torch.randn(100, 4, generator=torch.Generator().manual_seed(0))
    proposals = torch.cat([near, boxes(200)])
    torch.manual_seed(0)
    regions, labels, truths = sample(proposals, *(part[0] for part in TARGETS))
    assert len(regions) == SAMPLED and int((labels > 0).sum()) == SAMPLED // 4
    overlap = iou_matrix(regions, TARGETS.boxes[0])
    assert torch.equal(labels > 0, overlap.max(1).values >= 0.5)
    objects = labels > 0
    assert torch.equal(labels[objects], TARGETS.labels[0][overlap.argmax(1)[objects]] + 1)
    assert torch.equal(truths[objects], TARGETS.boxes[0][overlap.argmax(1)[objects]])


def test_true_boxes_learn_too() -> None:
    regions, labels, _ = sample(torch.zeros(0, 4), *(part[0] for part in TARGETS))
    assert sorted(labels.tolist()) == [1, 3] and len(regions) == 2


def test_multi_task_loss_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cross-entropy over all regions; smooth L1 of the true class's offsets, over objects, a share of all regions."""
    head = seeded(RegionHead, classes=3, channels=4, stride=8, hidden=5, pooling="max").eval()
    regions, labels = boxes(3), torch.tensor([0, 2, 3])
    truths = regions + torch.tensor([1.0, -1, 3, 2])
    monkeypatch.setattr(fast_rcnn, "sample", lambda *picture: (regions, labels, truths))
    shared = torch.randn(1, 4, 12, 16)
    with torch.no_grad():
        classification, regression = head.losses(shared, [regions], Targets([truths], [labels]))
        logits, offsets = head(shared, [regions])
    assert classification == pytest.approx(float(F.cross_entropy(logits, labels)))
    wanted = BoxCoder((10.0, 10.0, 5.0, 5.0)).encode([truths], [regions])[0]  # torchvision's, with our spread
    expected = sum(
        float(F.smooth_l1_loss(offsets[i, labels[i] - 1], wanted[i], reduction="sum")) for i in (1, 2)
    )
    assert regression == pytest.approx(expected / 3, rel=1e-4)


@pytest.mark.parametrize(("pooling", "reference"), [("max", roi_pool), ("align", roi_align)])
def test_head_pools_regions_of_the_picture(pooling: str, reference) -> None:
    head = RegionHead(3, 4, 8, 5, pooling)
    shared, regions = torch.randn(2, 4, 12, 16), [boxes(5, 1), boxes(3, 2)]
    rows = torch.cat(
        [torch.cat([torch.full((len(r), 1), i), r], 1) for i, r in enumerate(map(Tensor, regions))]
    )
    options = {} if pooling == "max" else {"sampling_ratio": 2, "aligned": True}
    assert torch.equal(head.pool(shared, regions), reference(shared, rows, 7, 1 / 8, **options))


def fitted(network: FastRCNN | FasterRCNN, label: int, offsets: tuple[float, ...]) -> nn.Module:
    """The network with a head that says class `label` and `offsets` of every region."""
    head = network.head
    with torch.no_grad():
        for layer in (head.classifier, head.regressor):
            layer.weight.zero_()
            layer.bias.zero_()
        head.classifier.bias[label + 1] = 9.0
        head.regressor.bias.view(-1, 4)[label] = torch.tensor(offsets) / torch.tensor(fast_rcnn.OFFSET_SPREAD)
    return network.eval()


def test_fast_rcnn_answers_in_pixels_of_the_picture() -> None:
    """The head moves every proposal by a tenth of its width; the picture is twice the network's size."""
    network = fitted(seeded(FastRCNN), 1, (0.1, 0, 0, np.log(0.5)))
    detector = predictors.FastRCNNPredictor(None, network, SPEC, ("a", "b", "c"), "cpu")
    pixels = np.random.default_rng(0).integers(0, 256, (192, 256, 3), np.uint8)
    given = np.array([[40, 20, 100, 120], [200, 100, 240, 180]], np.float32)
    found = detector.judge(pixels, given)
    assert found.size_hw == (192, 256)
    best = found.chosen(np.flatnonzero(found.labels == 1))
    expected = [[46, 45, 106, 95], [204, 120, 244, 160]]
    order = best.boxes_xyxy[:, 0].argsort()
    assert best.boxes_xyxy[order] == pytest.approx(np.array(expected), abs=0.01)
    assert best.scores == pytest.approx(np.exp(9) / (np.exp(9) + 3), abs=1e-4)
    assert len(detector.candidates(pixels)) > len(best)  # with proposals of its own


def test_no_proposal_no_object() -> None:
    detector = predictors.FastRCNNPredictor(None, seeded(FastRCNN).eval(), SPEC, ("a", "b", "c"), "cpu")
    assert len(detector.predict(np.zeros((3, 4, 3), np.uint8))) == 0


@pytest.mark.parametrize("kind", [FastRCNN, FasterRCNN])
def test_detect_gives_found_inside_the_picture(kind: type[nn.Module]) -> None:
    network = seeded(kind).eval()
    pictures = torch.randn(2, 3, 96, 128)
    more = ([boxes(30, 1), boxes(7, 2)],) if kind is FastRCNN else ()
    with torch.inference_mode():
        found = network.detect(pictures, *more)
        again = network.detect(pictures[1:], *(([more[0][1]],) if more else ()))
    assert [type(f) for f in found] == [Found, Found]
    for one in found:
        assert one.boxes.shape == (len(one.scores), 4) and len(one.scores) <= 1000
        assert (one.boxes >= 0).all() and (one.boxes <= torch.tensor([128, 96, 128, 96])).all()
        assert ((one.scores >= 0.01) & (one.scores <= 1)).all() and one.labels.max() < 3
    assert torch.allclose(
        found[1].boxes, again[0].boxes, atol=1e-3
    )  # a picture is its neighbour's business no more


@pytest.mark.parametrize("kind", [FastRCNN, FasterRCNN])
def test_survives_the_hub_format(kind: type[nn.Module], tmp_path: Path) -> None:
    arguments = {"classes": 2, "hidden": 8} | ({"anchor_sides": [16, 32]} if kind is FasterRCNN else {})
    network = seeded(kind, **arguments).eval()
    network.save_pretrained(tmp_path)
    again = kind.from_pretrained(tmp_path, local_files_only=True, strict=True).eval()
    more = ([boxes(5)],) if kind is FastRCNN else ()
    with torch.inference_mode():
        one, other = (n.detect(torch.ones(1, 3, 96, 128), *more)[0] for n in (network, again))
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


# ---- R-CNN's windows and learners


def test_window_has_context_on_all_sides() -> None:
    wide = with_context(torch.tensor([[100.0, 50, 182, 132]]))  # 82 pixels become 82 of 96
    assert torch.equal(wide, torch.tensor([[93.0, 43, 189, 139]]))
    assert SIDE == 96 and abs(CONTEXT / SIDE - 16 / 227) < 0.003


def test_warping_stretches_the_window() -> None:
    """A picture whose red rises to the right and green downwards, window 41 x 20.5: middle and corners are known."""
    y, x = torch.meshgrid(torch.arange(120.0), torch.arange(200.0), indexing="ij")
    picture = torch.stack([x, y, torch.ones_like(x)])[None]
    window = warp(picture, torch.tensor([[60.0, 40, 101, 60.5]]))[0]
    assert window.shape == (3, 96, 96)
    half_pixel = 0.5
    for row, column in ((0, 0), (7, 7), (48, 48), (95, 95)):
        assert window[0, row, column] == pytest.approx(60 + (column - 7 + 0.5) * 0.5 - half_pixel, abs=0.02)
        assert window[1, row, column] == pytest.approx(40 + (row - 7 + 0.5) * 0.25 - half_pixel, abs=0.02)
    assert torch.allclose(window[2], torch.tensor(1.0))


def test_outside_the_picture_is_the_mean_colour() -> None:
    window = warp(torch.ones(1, 3, 50, 50), torch.tensor([[-40.0, 0, 42, 50]]))[0]
    assert float(window[:, :, :40].abs().max()) == 0 and float(window[:, 48, 70].min()) == 1
    shown = inside.warped_window(torch.ones(1, 3, 50, 50), np.array([-40, 0, 42, 50]), (0.5,) * 3, (0.5,) * 3)
    assert (
        shown.shape == (96, 96, 3)
        and shown[48, 10].tolist() == [128] * 3
        and shown[48, 70].tolist() == [255] * 3
    )


def test_features_are_timms() -> None:
    """The network of the package, without its last layer, is timm's with the same weights."""
    (row,) = (c for c in checkpoints() if c.id == predictors.BACKBONE)
    tensors = read_tensors(package_file(row.place))
    theirs = timm.create_model("tf_efficientnet_lite0", num_classes=1000)
    theirs.load_state_dict(dict(zip(theirs.state_dict(), tensors.values(), strict=True)))
    theirs.reset_classifier(0)
    picture, some = torch.randn(1, 3, 96, 128), boxes(20)
    with torch.inference_mode():
        ours = predictors.WindowFeatures()(picture, some)
        assert ours.shape == (20, 1280)
        assert torch.allclose(ours, theirs.eval()(warp(picture, some)), atol=1e-3)


def test_svm_scores_are_probabilities_of_margins() -> None:
    network = seeded(RCNN)
    with torch.no_grad():
        network.steepness.copy_(torch.tensor([2.0, 1.0, 0.5]))
        network.shift.copy_(torch.tensor([0.0, -1.0, 0.25]))
    features = torch.randn(6, 1280)
    with torch.no_grad():
        answer = network(features)
        margins = features @ network.svm.weight.T + network.svm.bias
    expected = 1 / (
        1 + torch.exp(-(margins * torch.tensor([2.0, 1.0, 0.5]) + torch.tensor([0.0, -1.0, 0.25])))
    )
    assert torch.allclose(answer[:, :, 0], expected, atol=1e-5)


def test_rcnn_answers_in_pixels_of_the_picture() -> None:
    network = seeded(RCNN).eval()
    with torch.no_grad():
        network.svm.weight.zero_()
        network.svm.bias.copy_(torch.tensor([-9.0, 2.0, -9.0]))
        network.regressor.weight.zero_()
        network.regressor.bias.zero_()
        network.regressor.bias[5] = 0.5  # dy of class 1
    detector = predictors.RCNNPredictor(None, network, SPEC, ("a", "b", "c"), "cpu")
    pixels = np.random.default_rng(0).integers(0, 256, (192, 256, 3), np.uint8)
    found = detector.judge(pixels, np.array([[40, 20, 100, 120]], np.float32))
    assert found.boxes_xyxy.tolist() == [[40, 70, 100, 170]] and found.labels.tolist() == [1]
    assert found.scores == pytest.approx(1 / (1 + np.exp(-2)))
    assert detector.bytes > 13e6  # the network of the package counts

    token = compute.CURRENT.set(compute.Deadline(cancelled=lambda: True))
    try:
        with pytest.raises(Overloaded):
            detector.judge(pixels, np.array([[40, 20, 100, 120]], np.float32))
    finally:
        compute.CURRENT.reset(token)


def test_offsets_of_the_papers_are_undone() -> None:
    windows, objects = boxes(50, 1), boxes(50, 2)
    answer = torch.cat([torch.ones(50, 1), encode_boxes(objects, windows)], 1)[:, None]

    class Told(RCNN):
        def forward(self, features: Tensor) -> Tensor:
            return answer

    found = Told(classes=1).detect(torch.zeros(50, 1280), windows, (96, 128))
    assert torch.allclose(found.boxes, objects, atol=1e-3)


# ---- what the tab shows


@pytest.mark.parametrize("stride", [8, 16])
def test_roi_pooling_is_torchvisions(stride: int) -> None:
    shared = torch.randn(3, 12, 16)
    regions = torch.cat(
        [boxes(60), boxes(20, 4) + 0.5, torch.tensor([[-30.0, 5, 20, 40], [100, 80, 190, 150]])]
    )
    theirs = roi_pool(shared[None], [regions], 7, 1 / stride)
    for region, expected in zip(regions.numpy(), theirs.numpy(), strict=True):
        for channel in range(3):
            ours = inside.roi_pooling(shared[channel].numpy(), region, stride)
            assert np.array_equal(ours.pooled, expected[channel])


def test_roi_pooling_step_by_step() -> None:
    """A region of 70 x 40 pixels at stride 8: 8.75 cells from 1.25, rounded to the cells 1 to 10, bins of 10 / 7."""
    channel = np.arange(12 * 16, dtype=np.float32).reshape(12, 16)
    steps = inside.roi_pooling(channel, np.array([10, 24, 80, 64]), 8)
    assert steps.region.tolist() == [1.25, 3, 10, 8]
    assert steps.cells.tolist() == [1, 3, 10, 8]
    assert steps.columns.tolist() == [[1, 3], [2, 4], [3, 6], [5, 7], [6, 9], [8, 10], [9, 11]]
    assert steps.rows.tolist() == [[3, 4], [3, 5], [4, 6], [5, 7], [6, 8], [7, 9], [8, 9]]
    assert np.array_equal(steps.window, channel[3:9, 1:11])
    assert steps.winners[0, 0].tolist() == [3, 2] and steps.pooled[0, 0] == 3 * 16 + 2


def test_strongest_channel_stands_out_under_the_region() -> None:
    shared = np.zeros((4, 12, 16), np.float32)
    shared[2, 5, 5] = 3.0
    shared[1] = 5.0  # high everywhere
    assert inside.strongest_channel(shared, np.array([30, 30, 60, 60]), 8) == 2


def test_proposals_of_the_rpn_are_anchors_that_moved() -> None:
    network = seeded(FasterRCNN).train()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
    with torch.no_grad():
        network.shared_map(torch.randn(2, 3, 96, 128))  # statistics, so that places differ
        network.rpn.head.bbox_pred.weight.mul_(20)
        network.rpn.head.cls_logits.weight.mul_(200)
    network.eval()
    x = torch.randn(1, 3, 96, 128)
    seen = inside.region_proposals(network, x)
    rows, columns = 12, 16
    assert seen.anchors.shape == seen.moved.shape == (rows, columns, 12, 4)
    assert seen.objectness.shape == (rows, columns, 12) and seen.objectness_map().shape == (rows, columns)
    assert (np.diff(seen.scores) <= 0).all() and len(seen.scores) <= 150
    cut = np.clip(seen.moved[tuple(seen.origins.T)], 0, (128, 96, 128, 96))
    assert np.allclose(cut, seen.proposals, atol=1e-4)
    with torch.inference_mode():
        found = network.detect(x)[0]
    assert seen.certainty.max() == pytest.approx(float(found.scores.max()), abs=1e-5)
    best = int(seen.certainty.argmax())
    assert np.allclose(seen.refined[best], found.boxes[0], atol=1e-3) and seen.labels[best] == found.labels[0]


def test_anchors_stand_around_their_cell() -> None:
    seen = inside.region_proposals(seeded(FasterRCNN).eval(), torch.randn(1, 3, 96, 128))
    assert seen.stride == 8 and seen.cell_at(41, 15) == (2, 5) and seen.cell_at(999, -5) == (0, 15)
    anchors = seen.anchors[2, 5]
    centre, side = (anchors[:, :2] + anchors[:, 2:]) / 2, anchors[:, 2:] - anchors[:, :2]
    assert np.array_equal(centre, np.broadcast_to((40, 16), (12, 2)))
    assert np.sqrt(side.prod(1)) == pytest.approx(np.tile([32, 64, 128, 256], 3), rel=0.05)
    ratio = side[:, 1] / side[:, 0]
    assert ratio == pytest.approx(np.repeat([0.5, 1, 2], 4), rel=0.05)
