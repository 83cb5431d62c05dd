"""Face verification and recognition on crops of video frames: 287 people in the public eye, three or four videos each.

    python -m finetune.face_recognition_youtube --data-dir DIR --output runs/face_embedding.youtube_faces

DIR holds train.npz (name, identity, landmarks) and train.zip with the crops: the facial keypoints of Udacity's
P1_Facial_Keypoints, on frames of YouTube Faces. In Ada_Lovelace_21.jpg the tens digit is the video and the unit the
frame: two frames of one video show the same clothes, light and room, so figures are given without such pairs too.

A fifth of the people is left out of the training: the same people that finetune.face_landmarks_youtube leaves out, so
that the points that turn their faces upright come from a network that does not know them either.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from finetune.about import About, command, paper_of
from finetune.about_faces import ARCHITECTURES, LIMITS
from finetune.dataset_recipe import dataset_main
from finetune.face_data import FoundFaces, checked
from finetune.face_recognition import PARTS, Recipe
from finetune.loop import Settings
from finetune.running import Show
from finetune.whole_run import run_of
from hub_models.errors import BadData
from hub_models.face_pictures import FacePictures, split_by_person
from hub_models.faces import align
from hub_models.landmark_dataset import open_landmarks

MODULE = "face_recognition_youtube"
FOUND = "dev, faces found by the demo"


@dataclass(frozen=True)
class Aligned:
    """`aligned(i)`: the face of crop i, turned upright by its true points."""

    read: Callable[[int], np.ndarray]
    points: np.ndarray  # (N, 68, 2)

    def __call__(self, i: int) -> np.ndarray:
        return align(self.read(i), self.points[i])


def video_of(name: str) -> str:
    """training/Ada_Lovelace_21.jpg -> Ada_Lovelace_2. BadData `data_shape`."""
    match = re.fullmatch(r"(?:.*/)?(.+_\d)\d\.\w+", name)
    if match is None:
        raise BadData("data_shape", f"Expected names such as Ada_Lovelace_21.jpg, got {Path(name).name}.")
    return match[1]


def read_videos(recipe: Recipe, show: Show) -> dict[str, FacePictures]:
    """ "train" and "dev" with upright faces by their true points, and dev as the demo finds and turns them."""
    crops = open_landmarks(recipe.data)["train"]
    people, labels = np.unique(crops.people, return_inverse=True)
    _, takes = np.unique([video_of(name) for name in crops.names], return_inverse=True)
    faces = FacePictures(
        people=tuple(people.tolist()),
        labels=labels,
        takes=takes,
        names=crops.names,
        read=Aligned(crops.read, crops.points),
    )
    train, dev = split_by_person(faces, recipe.dev_share, recipe.settings.seed)
    parts = checked(train, dev, recipe, show)
    if recipe.smoke:
        return parts
    found = replace(faces, read=FoundFaces(crops.read))
    return parts | {FOUND: split_by_person(found, recipe.dev_share, recipe.settings.seed)[1]}


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model=network.replace("_", "-"),
        data=str(data_dir),
        output=output,
        rounds=4,
        storage="int5",
        settings=Settings(
            epochs=14,
            batch=16,
            learning_rate=5e-3,
            weight_decay=1e-3,
            optimizer="adamw",
            ema=0.99,
            clip_norm=5.0,
            seed=seed,
        ),
    )


def about(network: str) -> About:
    paper, year, deviations = paper_of(network)
    return About(
        id=f"{network}.youtube_faces",
        title=ARCHITECTURES[network],
        architecture=ARCHITECTURES[network],
        year=year,
        paper=paper,
        sentence="A face becomes a point; the nearer two points lie, the more probably they are one person, known or new.",
        weights_licence="Apache-2.0",
        dataset="YouTube Faces crops",
        trained_on="YouTube Faces crops (3,495 faces of 287 people in three or four videos each)",
        data="3,495 crops of video frames of 287 people in the public eye (udacity/P1_Facial_Keypoints on GitHub; frames of "
        "YouTube Faces: Wolf, Hassner, Maoz: Face Recognition in Unconstrained Videos with Matched Background Similarity, "
        "2011); first weights from ImageNet-1k",
        data_licence="annotations MIT (Udacity); frames of YouTube Faces: research and teaching only",
        split="a fifth of the people, drawn with the seed, gave the dev figures and chose the best epoch, so they are a "
        "little optimistic; the other people trained. Each half of the dev people "
        "was judged by the threshold that is best for the other half. "
        "Pictures that were taken together are frames of one video",
        command=command(MODULE, ["--data-dir", "DIR", "--output", f"runs/{network}.youtube_faces"]),
        deviations=deviations,
        limits=(
            *LIMITS,
            "230 people trained it, on television: networks in use have seen hundreds of thousands and err far less.",
        ),
    )


run = run_of(replace(PARTS, read_data=read_videos))

if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, ["face_embedding"], run_recipe=run))
