"""YOLO, on a grid and with anchors: labels, responsibility, loss, anchors from data, and what the tab shows of it."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.ops import box_iou, generalized_box_iou_loss

from hub_models.architectures.detection import Targets
from hub_models.architectures.yolo_anchors import YoloAnchors, giou
from hub_models.architectures.yolo_grid import YoloGrid, boxes_in_pixels, cell_label, pairwise_iou
from hub_models.inside.anchors import cluster_anchors, shape_iou
from hub_models.inside.yolo import empty_label, grid_depth, grid_view, label_of, output_depth, shape_text

ANCHORS = ((20.0, 20.0), (60.0, 40.0), (40.0, 60.0))
NAMES = ("Platelets", "RBC", "WBC")
SIZE = (96, 128)  # height, width: 6 x 8 cells of 16 pixels, 3 x 4 of 32
LIKELY = 12.0  # before sigmoid and softmax: 1 - 6e-6


def grid() -> YoloGrid:
    torch.manual_seed(0)
    return YoloGrid(3, boxes=2, width=16)


def anchors() -> YoloAnchors:
    torch.manual_seed(0)
    return YoloAnchors(3, ANCHORS, width=16)


NETWORKS = pytest.mark.parametrize("build", [grid, anchors])


def objects(count: int = 5, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Boxes with their midpoints in different cells of either grid, and classes."""
    rng = np.random.default_rng(seed)
    cells = rng.permutation(12)[:count]
    midpoints = np.stack([cells % 4, cells // 4], 1) * 32 + rng.uniform(2, 30, (count, 2))
    halves = rng.uniform(6, 32, (count, 2))
    boxes = np.concatenate([midpoints - halves, midpoints + halves], 1)
    return torch.tensor(boxes, dtype=torch.float32), torch.tensor(rng.integers(0, 3, count))


def batch() -> tuple[Tensor, Targets]:
    """Two pictures, the second without any object."""
    boxes, labels = objects()
    targets = Targets([boxes, torch.zeros(0, 4)], [labels, torch.zeros(0, dtype=torch.int64)])
    return torch.randn(2, 3, *SIZE, generator=torch.Generator().manual_seed(0)), targets


def perfect(network: nn.Module, targets: Targets) -> Tensor:
    """The numbers of a head that has learned `targets` by heart."""
    rows, columns = (side // network.stride for side in SIZE)
    label = network.label(targets, (rows, columns))
    if isinstance(network, YoloGrid):
        label = label[:, None]  # (B, 1, rows, columns, 5 + C): the first box of a cell says it
    certain = LIKELY * (2 * label[..., :1] - 1)
    midpoint = label[..., 1:3].clamp(1e-6, 1 - 1e-6).logit()
    classes = LIKELY * label[..., 5:]
    if isinstance(network, YoloGrid):
        box = torch.cat([certain, midpoint, (label[..., 3:5] / 7).sqrt() - 0.5], -1)
        silent = torch.zeros_like(box)
        silent[..., 0] = -LIKELY
        parts = torch.cat([box, silent, classes], -1)[:, 0]  # (B, rows, columns, 2 * 5 + C)
        return parts.permute(0, 3, 1, 2)
    anchors_hw = torch.tensor(ANCHORS).flip(1).view(-1, 1, 1, 2) / network.stride
    sides = (label[..., 3:5] / anchors_hw).clamp(min=1e-6).log()
    parts = torch.cat([certain, midpoint, sides, classes], -1)  # (B, A, rows, columns, 5 + C)
    return parts.permute(0, 1, 4, 2, 3).flatten(1, 2)


@pytest.mark.parametrize(
    ("build", "expected"), [(grid, (2, 2 * 5 + 3, 3, 4)), (anchors, (2, 3 * (1 + 4 + 3), 6, 8))]
)
def test_output_has_the_promised_shape(build, expected: tuple[int, ...]) -> None:
    assert build()(torch.zeros(2, 3, *SIZE)).shape == expected


def test_size_is_small() -> None:
    with torch.device("meta"):
        counts = [sum(p.numel() for p in network.parameters()) for network in (YoloGrid(), YoloAnchors())]
    assert all(300_000 < count < 600_000 for count in counts), counts


def test_label_of_the_lecture() -> None:
    # one object in a picture of 100 x 100 pixels, 3 x 3 cells: its midpoint is the middle of the middle cell
    row, column, label = cell_label([20.0, 30.0, 80.0, 70.0], 1, 3, 100 / 3, (3, 3))
    assert (row, column) == (1, 1)
    torch.testing.assert_close(label, torch.tensor([1, 0.5, 0.5, 1.2, 1.8, 0, 1, 0]))


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ([0.0, 0.0, 10.0, 10.0], (0, 0)),
        ([27.0, 5.0, 37.0, 15.0], (0, 1)),  # the midpoint 32 is the first pixel of the second cell
        ([120.0, 90.0, 140.0, 110.0], (2, 3)),  # the midpoint lies outside: the nearest cell
    ],
)
def test_cell_with_the_midpoint_is_responsible(box: list[float], expected: tuple[int, int]) -> None:
    assert cell_label(box, 0, 3, 32, (3, 4))[:2] == expected
    view = grid_view(grid().eval(), torch.zeros(1, 3, *SIZE))
    answer = view.responsible(box)
    assert (answer.row, answer.column) == expected


@NETWORKS
def test_label_gives_the_boxes_back(build) -> None:
    network, (_, targets) = build(), batch()
    label = network.label(targets, tuple(side // network.stride for side in SIZE))
    owned = label[..., 0] == 1
    assert owned.flatten(1).sum(1).tolist() == [5, 0]
    boxes, classes = boxes_in_pixels(label[..., 1:5], network.stride)[owned], label[owned][:, 5:].argmax(1)
    order, expected = boxes[:, 0].argsort(), targets.boxes[0][:, 0].argsort()
    torch.testing.assert_close(boxes[order], targets.boxes[0][expected])
    assert torch.equal(classes[order], targets.labels[0][expected])


@NETWORKS
def test_perfect_head_has_no_loss_and_finds_everything(build, monkeypatch: pytest.MonkeyPatch) -> None:
    network, (pictures, targets) = build().eval(), batch()
    raw = perfect(network, targets)
    terms = network.losses(raw, targets)
    assert {name: float(term) for name, term in terms.items() if term > 1e-3} == {}
    monkeypatch.setattr(network, "forward", lambda pictures: raw)
    found, nothing = network.detect(pictures)
    sure = found.scores > 0.9
    assert sure.sum() == 5
    assert not (nothing.scores > 0.1).any()
    overlap = box_iou(found.boxes[sure], targets.boxes[0])
    assert (overlap.amax(0) > 0.999).all()
    assert torch.equal(found.labels[sure], targets.labels[0][overlap.argmax(1)])


MISTAKES = {  # part of equation 8.1 -> (its place, what becomes of its numbers)
    "p_c": (0, lambda number: -number),
    "b_x": (1, lambda number: number + 2),
    "b_y": (2, lambda number: number - 2),
    "b_h": (3, lambda number: number + 0.5),
    "b_w": (4, lambda number: number - 0.5),
    "c_1": (5, lambda number: LIKELY - number),
    "c_2": (6, lambda number: LIKELY - number),
    "c_3": (7, lambda number: LIKELY - number),
}


@NETWORKS
@pytest.mark.parametrize("part", MISTAKES)
def test_every_mistake_costs(build, part: str) -> None:
    network, (_, targets) = build(), batch()
    place, change = MISTAKES[part]
    channels = [place + 8 * a for a in range(3)]
    if isinstance(network, YoloGrid):  # 2 * (1 + 4) + 3 numbers, the classes once
        channels = [place] if place < 5 else [place + 5]
    raw = perfect(network, targets)
    right, wrong = raw, raw.clone()
    wrong[:, channels] = change(raw[:, channels])
    costs = [float(sum(network.losses(numbers, targets).values())) for numbers in (right, wrong)]
    assert costs[1] > costs[0] + 0.1


@NETWORKS
def test_training_lowers_the_loss(build) -> None:
    network, (pictures, targets) = build(), batch()
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
    totals = []
    for _ in range(8):
        total = torch.stack(list(network(pictures, targets).values())).sum()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(float(total.detach()))
    assert totals[-1] < 0.9 * totals[0], totals


@NETWORKS
def test_pictures_without_objects_have_a_finite_loss(build) -> None:
    network = build()
    none = Targets([torch.zeros(0, 4)], [torch.zeros(0, dtype=torch.int64)])
    terms = network(torch.randn(1, 3, *SIZE), none)
    torch.stack(list(terms.values())).sum().backward()
    assert all(torch.isfinite(term) for term in terms.values())
    assert all(torch.isfinite(p.grad).all() for p in network.parameters() if p.grad is not None)


def test_of_a_cell_s_boxes_the_nearest_learns() -> None:
    network, (_, targets) = grid(), batch()
    raw = perfect(network, targets)
    worse = raw.clone()
    worse[:, 3:5] += 0.3  # the first box of each cell too large, the second as it should be
    worse[:, 6:10] = raw[:, 1:5]
    worse.requires_grad_()
    network.losses(worse, targets)["sides"].backward()
    assert worse.grad[:, :10].abs().max() < 1e-4  # the second box is right, and the first is not asked


def test_each_object_has_one_anchor() -> None:
    network = anchors()
    chosen = [network.anchor_of(box) for box in ([0, 0, 18, 25], [5, 5, 85, 60], [0, 0, 30, 70])]
    assert chosen == [0, 1, 2]
    label = network.label(Targets([torch.tensor([[0.0, 0, 30, 70]])], [torch.tensor([1])]), (6, 8))
    assert label[..., 0].nonzero().tolist() == [[0, 2, 2, 0]]


def test_two_objects_in_a_cell_need_anchors() -> None:
    both = Targets(
        [torch.tensor([[20.0, 30, 80, 70], [40, 40, 60, 60]])], [torch.tensor([1, 0])]
    )  # one midpoint, (50, 50)
    assert grid().label(both, (3, 4))[..., 0].sum() == 1
    assert anchors().label(both, (6, 8))[..., 0].sum() == 2


def test_overlap_is_that_of_torchvision() -> None:
    some, others = objects(8, 1)[0], objects(8, 2)[0]
    torch.testing.assert_close(pairwise_iou(some, others), box_iou(some, others).diagonal())
    torch.testing.assert_close(1 - giou(some, others), generalized_box_iou_loss(some, others))


def test_clusters_are_found() -> None:
    rng = np.random.default_rng(0)
    true = np.array([[25, 25], [68, 40], [60, 130]])
    wh = np.concatenate([centre * rng.uniform(0.9, 1.1, (50, 2)) for centre in true])
    found = cluster_anchors(wh, 3)
    np.testing.assert_allclose(found.wh, true, rtol=0.04)
    assert np.bincount(found.of).tolist() == [50, 50, 50]
    assert found.mean_iou > 0.88
    assert cluster_anchors(wh, 1).mean_iou < found.mean_iou
    with pytest.raises(ValueError, match="at least 3 different boxes"):
        cluster_anchors(wh[:2], 3)


def test_clusters_compare_shapes_by_overlap() -> None:
    assert shape_iou(np.array([[10.0, 20.0]]), np.array([[20.0, 10.0], [10.0, 20.0]])).tolist() == [
        [100 / 300, 1.0]
    ]


def test_view_is_what_the_network_says() -> None:
    network, (pictures, _) = anchors().eval(), batch()
    nn.init.normal_(network.head.weight)
    nn.init.normal_(network.head.bias)
    view, x = grid_view(network, pictures[:1]), pictures[:1]
    assert (view.rows, view.columns, view.anchors, view.stride) == (6, 8, 3, 16)
    assert view.classes.shape == (6, 8, 3)
    np.testing.assert_allclose(view.classes.sum(-1), 1, atol=1e-5)
    assert view.anchors_wh.tolist() == [list(wh) for wh in ANCHORS]
    np.testing.assert_array_equal(view.confidence, view.all_confidences.max(0))
    with torch.inference_mode():
        found = network.detect(x)[0]
    best = found.scores.argmax()
    row, column = np.unravel_index(view.scores().max(-1).argmax(), (6, 8))
    np.testing.assert_allclose(view.scores().max(), found.scores[best], atol=1e-6)
    np.testing.assert_allclose(view.boxes_xyxy[row, column], found.boxes[best], atol=1e-4)
    assert view.cell_xyxy(1, 2) == (32, 16, 48, 32)


def test_view_names_the_anchor_of_a_box() -> None:
    view = grid_view(anchors().eval(), torch.zeros(1, 3, *SIZE))
    answer = view.responsible(view.all_boxes_xyxy[2, 3, 4])
    assert (answer.row, answer.column, answer.anchor) == (3, 4, 2)
    assert answer.iou == pytest.approx(1, abs=1e-5)
    assert grid_view(grid().eval(), torch.zeros(1, 3, *SIZE)).anchors_wh is None


def test_label_is_written_out() -> None:
    view = grid_view(grid().eval(), torch.zeros(1, 3, *SIZE))
    box = (20.0, 30.0, 84.0, 62.0)
    shown = label_of(box, 1, NAMES, view)
    row, column, vector = cell_label(list(box), 1, 3, 32, (3, 4))
    assert (shown.row, shown.column) == (row, column) == (1, 1)
    np.testing.assert_allclose(shown.vector, vector.numpy())
    assert shown.rows()[:2] == [["p_c", "1.00"], ["b_x", "0.62"]]
    assert shown.rows()[6] == ["c_2 (RBC)", "1.00"]
    assert empty_label(0, 0, NAMES).rows()[:2] == [["p_c", "0"], ["b_x", "?"]]


@pytest.mark.parametrize(("count", "classes", "depth"), [(3, 3, 24), (5, 20, 125), (1, 3, 8)])
def test_formula_8_4(count: int, classes: int, depth: int) -> None:
    formula = output_depth(count, classes)
    assert formula.value == depth
    assert formula.text == f"A · (1 + 4 + C) = {count} · (1 + 4 + {classes}) = {depth}"


def test_depth_of_the_first_yolo() -> None:
    assert grid_depth(2, 20).value == 30  # the paper's 7 x 7 x 30 on Pascal VOC
    for network, expected in ((grid(), "3 × 4 × 13"), (anchors(), "6 × 8 × 24")):
        view = grid_view(network.eval(), torch.zeros(1, 3, *SIZE))
        assert shape_text(view).startswith(f"S × S × depth = {expected}")
        assert network.head.out_channels == int(expected.split()[-1])
