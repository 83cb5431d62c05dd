"""The points of faces on crops of video frames: 68 points of 287 people in the public eye.

    python -m finetune.face_landmarks_youtube landmark_heatmaps --data-dir DIR --output runs/landmark_heatmaps

DIR holds train.npz (name, identity, landmarks) and train.zip with the crops: the facial keypoints of Udacity's
P1_Facial_Keypoints, on frames of YouTube Faces, cut out so that the points fill 59 % of a square. A fifth of the people
is left out of the training.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from finetune.about import About, command, paper_of
from finetune.about_landmarks import ARCHITECTURES, LIMITS
from finetune.dataset_recipe import dataset_main
from finetune.face_landmarks import Recipe, run
from finetune.loop import Settings

MODULE = "face_landmarks_youtube"


@dataclass(frozen=True)
class Plan:
    """What differs from network to network."""

    model: str  # as the recipe calls it
    sentence: str  # for the student
    epochs: int


PLANS = {
    "landmarks": Plan(
        "regression", "A picture of a face goes in, the coordinates of 68 points come out: a dense layer.", 12
    ),
    "landmark_heatmaps": Plan(
        "heatmaps",
        "A map for each point says where it probably lies; the mean of the map is the point (soft-argmax).",
        14,
    ),
}


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    plan = PLANS[network]
    return Recipe(
        model=plan.model,
        data=str(data_dir),
        output=output,
        dev_share=0.2,
        storage="int8" if network == "landmarks" else "int5",  # a regression feels every bit
        settings=Settings(
            epochs=plan.epochs,
            batch=32,
            learning_rate=3e-3,
            weight_decay=0.02,
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
        sentence=PLANS[network].sentence,
        weights_licence="Apache-2.0",
        dataset="YouTube Faces crops",
        trained_on="YouTube Faces crops (3,495 faces of 287 people, 68 points)",
        data="3,495 crops of video frames of 287 people in the public eye with 68 points each (udacity/P1_Facial_Keypoints "
        "on GitHub; frames of YouTube Faces: Wolf, Hassner, Maoz: Face Recognition in Unconstrained Videos with Matched "
        "Background Similarity, 2011); first weights from ImageNet-1k",
        data_licence="annotations MIT (Udacity); frames of YouTube Faces: research and teaching only",
        split="a fifth of the people, drawn with the seed, gave the dev figure and chose the weights, so it is a little "
        "optimistic; the other people trained",
        command=command(MODULE, [network, "--data-dir", "DIR", "--output", f"runs/{network}.youtube_faces"]),
        deviations=deviations,
        limits=(
            *LIMITS,
            "The points it learned from were placed by a program and now and then checked; some are wrong.",
            "Knows faces of adults on television; children, profiles and faces seen from below are rare there.",
        ),
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, list(PLANS), run_recipe=run))
