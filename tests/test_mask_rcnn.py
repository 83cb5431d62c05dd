"""Mask R-CNN: its losses by hand, what it finds, and how answers become objects of the picture."""

from itertools import chain

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hub_models.architectures.mask_rcnn import (
    MASK_SIDE,
    MOST_MASKED,
    FoundMasks,
    MaskRCNN,
    MaskTargets,
    part_of_masks,
)
from hub_models.predictors.instances import SEPARATED, cut_mask, select_instances, separate, to_instances
from hub_models.segments import Instances, between_cells

TERMS = ["rpn_L_cls", "rpn_L_box", "L_cls", "L_box", "L_mask"]


def tiny(classes: int = 2) -> MaskRCNN:
    torch.manual_seed(0)
    return MaskRCNN(classes, width=16, hidden=16, mask_width=8, anchor_sides=(8.0, 16.0))


def discs(*placed: tuple[float, float, float, int]) -> tuple[Tensor, MaskTargets]:
    """A dark picture (1, 3, 64, 64) with bright discs (x, y, radius, class) and their targets."""
    y, x = torch.meshgrid(torch.arange(64) + 0.5, torch.arange(64) + 0.5, indexing="ij")
    picture = torch.full((1, 3, 64, 64), -0.8)
    for cx, cy, radius, label in placed:
        picture[0, label, (x - cx) ** 2 + (y - cy) ** 2 < radius**2] = 0.9
    places = (torch.arange(56) + 0.5) / 28 - 1
    disc = (places[:, None] ** 2 + places**2 < 1).float()
    boxes = torch.tensor([(cx - r, cy - r, cx + r, cy + r) for cx, cy, r, _ in placed]).reshape(-1, 4)
    labels = torch.tensor([label for *_, label in placed], dtype=torch.int64)
    return picture, MaskTargets([boxes], [labels], [disc.expand(len(placed), 56, 56)], [boxes])


def both(*scenes: tuple[Tensor, MaskTargets]) -> tuple[Tensor, MaskTargets]:
    pictures, targets = zip(*scenes, strict=True)
    return torch.cat(pictures), MaskTargets(*(list(chain(*of)) for of in zip(*targets, strict=True)))


def test_the_size_of_the_default() -> None:
    model = MaskRCNN()
    assert sum(p.numel() for p in model.parameters()) == 579_269
    branch = sum(p.numel() for p in model.mask.parameters())
    assert branch == (64 * 9 + 1) * 48 + (48 * 9 + 1) * 48 + (48 * 4 + 1) * 48 + 48 + 1
    assert model.stride == 16 and model.mask.stride == 4


def test_shapes_of_what_is_found() -> None:
    model = tiny().eval()
    with torch.inference_mode():
        shared = model.shared_map(torch.rand(2, 3, 64, 96))
        found = model.detect(torch.rand(2, 3, 64, 96))
    assert shared.shape == (2, 16, 16, 24) and len(found) == 2
    for boxes, labels, scores, masks in found:
        count = len(scores)
        assert 0 < count <= MOST_MASKED
        assert boxes.shape == (count, 4) and labels.shape == (count,) and masks.shape == (count, 28, 28)
        assert masks.min() >= 0 and masks.max() <= 1 and set(labels.tolist()) <= {0, 1}
        assert (scores.diff() <= 0).all() and (boxes[:, 2:] > boxes[:, :2]).all()


def test_five_terms_of_the_loss_each_teach() -> None:
    model = tiny().train()
    terms = model(*both(discs((20, 20, 9, 0), (44, 40, 12, 1)), discs((30, 30, 14, 1))))
    assert list(terms) == TERMS and all(term.ndim == 0 and term > 0 for term in terms.values())
    terms["L_mask"].backward()
    assert model.mask.masks.weight.grad.abs().sum() > 0 and model.neck.fine[0].weight.grad.abs().sum() > 0
    assert model.head.classifier.weight.grad is None


@pytest.mark.parametrize("scenes", [[discs()], [discs(), discs((30, 30, 14, 1))]])
def test_pictures_without_objects(scenes: list) -> None:
    model = tiny().train()
    terms = model(*both(*scenes))
    total = torch.stack(list(terms.values())).sum()
    assert torch.isfinite(total) and (terms["L_mask"] == 0) == (len(scenes) == 1)
    total.backward()
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in model.parameters())


def test_twenty_steps_lower_the_loss() -> None:
    model = tiny().train()
    batch = both(discs((20, 20, 9, 0), (44, 40, 12, 1)), discs((30, 30, 14, 1)))
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3)
    history = []
    for _ in range(25):
        terms = model(*batch)
        optimizer.zero_grad()
        torch.stack(list(terms.values())).sum().backward()
        optimizer.step()
        history.append([term.item() for term in terms.values()])
    first, last = np.array(history[:3]).mean(0), np.array(history[-3:]).mean(0)
    assert last.sum() < 0.7 * first.sum()
    assert last[TERMS.index("L_mask")] < 0.9 * first[TERMS.index("L_mask")]


class Says(nn.Module):
    """A mask branch that answers 1 for class 0 and -2 for class 1, everywhere."""

    def forward(self, shared: Tensor, regions: list[Tensor]) -> Tensor:
        count = sum(map(len, regions))
        return torch.tensor([1.0, -2.0])[None, :, None, None].expand(count, 2, MASK_SIDE, MASK_SIDE)


def test_the_mask_loss_by_hand() -> None:
    """Two regions with objects and one of background; each sees its own class's map alone."""
    model = tiny()
    model.mask = Says()
    half = torch.zeros(2, 56, 56)
    half[:, :, 28:] = 1  # the right half
    boxes = torch.tensor([(0.0, 0, 20, 20), (30.0, 30, 50, 50)])
    targets = MaskTargets([boxes], [torch.tensor([0, 1])], [half], [boxes])
    regions = torch.tensor([(0.0, 0, 20, 20), (40.0, 30, 50, 50), (2.0, 2, 9, 9)])
    classes, nearest = torch.tensor([1, 2, 0]), torch.tensor([0, 1, 0])
    loss = model.mask_loss(torch.zeros(1, 16, 16, 16), [regions], [classes], [nearest], targets)
    first = (np.log1p(np.exp(-1)) + np.log1p(np.exp(1))) / 2  # half of the cells are 1, half 0
    second = np.log1p(np.exp(2))  # the region is the right half of its object: all 1
    assert float(loss) == pytest.approx((first + second) / 2, rel=1e-5)


def test_parts_of_masks_as_numpy_reads_them() -> None:
    random = np.random.default_rng(3)
    masks = (random.random((6, 9, 9)) > 0.5).astype(np.float32)
    corners, lengths = random.uniform(0, 40, (2, 6, 2)), random.uniform(4, 30, (2, 6, 2))
    boxes, regions = (np.concatenate([c, c + s], 1) for c, s in zip(corners, lengths, strict=True))
    regions[0] = boxes[0]
    read = part_of_masks(*(torch.tensor(a, dtype=torch.float64) for a in (masks, boxes, regions)))
    for mask, box, region, ours in zip(masks, boxes, regions, read.numpy(), strict=True):
        steps = (np.arange(MASK_SIDE) + 0.5) / MASK_SIDE
        x, y = (region[a] + steps * (region[a + 2] - region[a]) for a in (0, 1))
        values = between_cells(mask[None], y - box[1], x - box[0], (box[3] - box[1], box[2] - box[0]))[0]
        inside = ((y > box[1]) & (y < box[3]))[:, None] & ((x > box[0]) & (x < box[2]))[None]
        assert np.array_equal(ours, (values * inside >= 0.5).astype(float))
    assert part_of_masks(torch.ones(1, 56, 56), torch.zeros(1, 4), torch.zeros(1, 4)).isfinite().all()


# --- from answers to objects -----------------------------------------------------------------------------------------


def found_masks(*rows: tuple[tuple[float, float, float, float], int, float]) -> FoundMasks:
    """Masks of which the left half is 0 and the right half 1."""
    mask = torch.zeros(len(rows), 28, 28)
    mask[:, :, 14:] = 1
    return FoundMasks(
        torch.tensor([box for box, _, _ in rows]).reshape(-1, 4),
        torch.tensor([label for _, label, _ in rows], dtype=torch.int64),
        torch.tensor([score for _, _, score in rows]),
        mask,
    )


def test_objects_are_cut_at_the_border_of_the_picture() -> None:
    found = found_masks(
        ((-20.0, 4.0, 20.0, 24.0), 1, 0.6),  # its right half is in the picture
        ((40.0, 8.0, 120.0, 48.0), 0, 0.9),  # its left half
        ((130.0, 0.0, 150.0, 9.0), 0, 0.8),  # in the padding
    )
    objects = to_instances(found, 2.0, ("a", "b"), (30, 40))
    assert objects.scores.tolist() == pytest.approx([0.9, 0.6]) and objects.labels.tolist() == [0, 1]
    assert objects.boxes_xyxy.tolist() == [[20, 4, 40, 24], [0, 2, 10, 12]]
    assert objects.areas().tolist() == [0, 10 * 10]
    assert len(to_instances(found_masks(), 1.0, ("a",), (9, 9))) == 0


def test_a_cut_mask_shows_what_the_whole_one_showed() -> None:
    y, x = np.mgrid[:28, :28]
    mask = (0.5 + 0.5 * np.sin(x / 3) * np.cos(y / 4)).astype(np.float32)
    whole, cut = np.array([-3.0, -6, 25, 22]), np.array([0.0, 0, 25, 20])
    names = ("a",), np.zeros(1, np.int64), np.ones(1, np.float32)

    def soft(box: np.ndarray, of: np.ndarray) -> np.ndarray:
        boxes = box[None].astype(np.float32)
        return Instances(names[0], boxes, names[1], names[2], (of,), (30, 30)).soft_mask(0)[0]

    assert np.abs(soft(whole, mask)[:20, :25] - soft(cut, cut_mask(mask, whole, cut))).max() < 0.02
    assert cut_mask(mask, whole, whole) is mask


def test_thresholds_come_after_the_network() -> None:
    boxes = ((0.0, 0.0, 10.0, 10.0), (0.0, 0.0, 10.0, 9.0), (0.0, 0.0, 10.0, 9.0), (20.0, 0.0, 30.0, 10.0))
    found = found_masks(*zip(boxes, (0, 0, 1, 0), (0.9, 0.8, 0.7, 0.3), strict=True))
    objects = to_instances(found, 1.0, ("a", "b"), (40, 40))
    for confidence, iou, suppresses, scores in (
        (0.5, 0.5, True, [0.9, 0.7]),
        (0.1, 0.5, True, [0.9, 0.7, 0.3]),
        (0.5, 0.95, True, [0.9, 0.8, 0.7]),
        (0.5, 0.5, False, [0.9, 0.8, 0.7]),
        (0.95, 0.5, True, []),
    ):
        chosen = select_instances(objects, confidence, iou, suppresses)
        assert chosen.scores.tolist() == pytest.approx(scores) and len(chosen.masks) == len(scores)


def probabilities() -> np.ndarray:
    """(3, 12, 16): two objects of 6 x 5 side by side whose border is one column wide, and a speck of three pixels."""
    maps = np.zeros((3, 12, 16), np.float32)
    maps[0] = 0.9
    for left, inside in ((2, 0.8), (8, 0.6)):
        maps[:, 2:8, left : left + 5] = np.array([0.1, inside, 0.9 - inside])[:, None, None]
    maps[:, 2:8, 7] = np.array([0.0, 0.1, 0.9])[:, None]
    maps[:, 10, 1:4] = np.array([0.1, 0.8, 0.1])[:, None]
    return maps


def test_touching_objects_are_taken_apart() -> None:
    assert SEPARATED == ("background", "inside", "border")
    objects = separate(torch.from_numpy(probabilities()), ("cell",), (24, 32))
    assert objects.scores.tolist() == pytest.approx([0.8, 0.6]) and objects.names == ("cell",)
    areas = objects.areas()
    assert areas.sum() == 4 * 6 * 11, "the border between them belongs to one or the other, pixel by pixel"
    assert areas.min() >= 4 * 6 * 5
    numbers = objects.label_map()
    assert (numbers[4:16, 4:14] == 1).all() and (numbers[4:16, 16:26] == 2).all()
    assert numbers[:4].max() == 0 and numbers[16:].max() == 0, "the speck is noise"


def test_a_picture_without_inside() -> None:
    maps = torch.zeros(3, 6, 8)
    maps[0] = 1
    assert len(separate(maps, ("cell",), (30, 40))) == 0
    maps[0], maps[2] = 0, 1  # border alone
    assert len(separate(maps, ("cell",), (30, 40))) == 0
