"""Pictures that our networks are known to get wrong, and what they teach. Each is computed live."""

from hub_models.ui.failures import Failure

FAILURES = (
    Failure(
        title="Stars are nuclei",
        example="stars",
        checkpoint="mask_rcnn.nuclei",
        why="Light blobs on black: among fluorescent nuclei, the pictures where it was taught to find anything, there is "
        "nothing else like it. It outlines galaxies as carefully as cells.",
        settings=(0.5, 0.5, 0.5),  # confidence, IoU, threshold of the mask
    ),
    Failure(
        title="A threshold for the mask is no threshold for the object",
        example="coins",
        checkpoint="mask_rcnn.nuclei",
        why="With a mask threshold of 0.9 the same objects are left, each eaten away at its rim, where the mask falls from "
        "1 to 0. Areas measured this way depend on the threshold: see the column of pixels.",
        settings=(0.5, 0.5, 0.9),
    ),
)
