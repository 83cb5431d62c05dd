"""Looking again at a picture whose objects are tiny: when, and which answer is taken."""

from dataclasses import replace

import numpy as np
import pytest

from hub_models.predictors.closer import (
    CLOSER,
    CROWD,
    SURE,
    TINY,
    enlarged,
    is_tiny_crowd,
    look_closer,
    seen_sides,
)
from hub_models.preprocess import InputSpec
from hub_models.segments import Instances

SPEC = InputSpec(size_hw=(96, 128), mean=(0.5,) * 3, std=(0.5,) * 3)
SIZE_HW = (192, 256)  # the network sees it half as large


def squares(count: int, side: float, score: float = 0.9) -> Instances:
    """So many objects of `side` pixels of the picture given, one beside the other."""
    rows, columns = np.divmod(np.arange(count) * side, SIZE_HW[1] // side * side)
    x, y = columns, rows * side
    boxes = np.stack([x, y, x + side, y + side], 1).astype(np.float32)
    masks = tuple(np.ones((28, 28), np.float32) for _ in range(count))
    return Instances(
        ("nucleus",), boxes, np.zeros(count, np.int64), np.full(count, score, np.float32), masks, SIZE_HW
    )


@pytest.mark.parametrize(
    ("found", "again"),
    [
        (squares(CROWD, 2 * TINY - 1), True),
        (squares(CROWD, 2 * TINY + 1), False),  # not tiny
        (squares(CROWD - 1, 4), False),  # no crowd
        (squares(CROWD, 4, SURE - 0.01), False),  # not certain enough to count
        (squares(0, 4), False),
    ],
)
def test_only_a_crowd_of_tiny_objects_is_looked_at_again(found: Instances, again: bool) -> None:
    asked = []

    def find(spec: InputSpec) -> Instances:
        asked.append(spec.size_hw)
        return found

    assert look_closer(find, SPEC) is found
    assert asked == [(96, 128), (CLOSER * 96, CLOSER * 128)][: 1 + again]
    assert is_tiny_crowd(found, SPEC) == again


def test_the_second_look_is_the_answer() -> None:
    near = squares(3, 5)
    assert look_closer(lambda spec: near if spec == enlarged(SPEC) else squares(CROWD, 4), SPEC) is near


def test_candidates_for_one_object_count_once() -> None:
    found = squares(1, 100)
    many = replace(
        found,
        boxes_xyxy=np.repeat(found.boxes_xyxy, 50, 0),
        labels=np.zeros(50, np.int64),
        scores=np.full(50, 0.9, np.float32),
        masks=found.masks * 50,
    )
    assert len(seen_sides(many, SPEC)) == 1


def test_sides_count_in_what_the_network_sees() -> None:
    found = squares(4, 10)
    assert np.allclose(seen_sides(found, SPEC), 5)
    assert np.allclose(seen_sides(found, enlarged(SPEC)), 15)
