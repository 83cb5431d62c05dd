"""Pictures that our detectors are known to get wrong, and what they teach. Each is computed live."""

from hub_models.ui.failures import Failure

START = (0.5, 0.5)  # confidence and IoU as they are at first

FAILURES = (
    Failure(
        title="Old coins are blood cells",
        example="coins",
        checkpoint="faster_rcnn.bccd",
        why="Round and of the right size: in blood smears, the only pictures where it was taught to find anything, that is "
        "a cell. Nothing taught it what else is round, so it finds every coin and is sure of it.",
        settings=START,
    ),
    Failure(
        title="So are the eyes of a cat",
        example="cat",
        checkpoint="faster_rcnn.bccd",
        why="Background is a class too, but the network has only seen that of a microscope. On anything else its scores "
        "mean little: it is as sure of the eyes as of most cells. Move the confidence up and they stay.",
        settings=START,
    ),
    Failure(
        title="Coffee full of white cells",
        example="coffee",
        checkpoint="overfeat.bccd",
        why="On blood smears OverFeat is one of the best here. But a window of wood or porcelain is like no window that it "
        "was shown as background, and softmax must choose: hundreds of windows become cells, many with above 99 %.",
        settings=START,
    ),
    Failure(
        title="Cells that touch are missed",
        example="blood 1",
        checkpoint="faster_rcnn.bccd",
        why="Experts count 15 red cells here. Where cells are pressed together there is no outline, and no box is at least "
        "50 % certain. Move the confidence down: they come, and wrong ones with them. Precision and recall trade.",
        settings=START,
    ),
    Failure(
        title="Non-max suppression removes neighbours",
        example="blood 2",
        checkpoint="yolo11_small.bccd",
        why="With an IoU threshold of 0.02 two boxes may hardly touch, so of two cells side by side only the more certain "
        "one is left. Move the slider back to 0.5 and the others return.",
        settings=(0.5, 0.02),
    ),
)
