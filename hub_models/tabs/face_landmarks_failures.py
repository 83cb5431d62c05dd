"""Pictures on which finder or points are known to go wrong, and what they teach. Each is computed live."""

from hub_models.tasks.face_landmarks import DEFAULT
from hub_models.ui.failures import Failure

FAILURES: tuple[Failure, ...] = (
    Failure(
        title="Half of a face is invented",
        example="cameraman",
        checkpoint=DEFAULT,
        why="He is seen from the side, yet gets two eyes and both ends of a jaw: the network has 68 points to place and "
        "cannot say that some are not to be seen. They lie where faces from the front have them. In its training nobody "
        "was turned so far.",
    ),
    Failure(
        title="A face in the crowd behind",
        example="footballers",
        checkpoint=DEFAULT,
        why="At the least certainty of 0.7 a blurred piece of the stand counts as a face, and gets its 68 points like any "
        "other: the network for points never says that there is no face. Raise the certainty, and it is gone.",
    ),
)
