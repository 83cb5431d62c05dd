"""A small Siamese network on grey portraits: the ORL faces of AT&T Laboratories Cambridge.

    python -m finetune.face_recognition_orl --data-dir DIR --output runs/siamese.orl

DIR holds a folder a person (s1, s2, ...) with ten pictures of 92 x 112 pixels each, taken between 1992 and 1994. They
are framed and upright already: the square in the middle has the eyes where `faces.align` would put them.
"""

import sys
from pathlib import Path

from finetune.about import About, command, paper_of
from finetune.about_faces import ARCHITECTURES, LIMITS
from finetune.dataset_recipe import dataset_main
from finetune.face_recognition import Recipe, run
from finetune.loop import Settings

MODULE = "face_recognition_orl"


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model=network,
        data=str(data_dir),
        output=output,
        faces="whole",
        dev_share=0.3,
        each=5,
        rounds=8,
        who=0.0,
        storage="int8",
        settings=Settings(
            epochs=30,
            batch=12,
            learning_rate=3e-3,
            weight_decay=1e-2,
            optimizer="adamw",
            ema=0.99,
            clip_norm=5.0,
            seed=seed,
        ),
    )


def about(network: str) -> About:
    paper, year, deviations = paper_of(network)
    return About(
        id=f"{network}.orl",
        title=f"{ARCHITECTURES[network]} (small)",
        architecture=ARCHITECTURES[network],
        year=year,
        paper=paper,
        sentence="Two pictures pass one small network, and all that is learned is how far apart the two answers should be.",
        weights_licence="Apache-2.0",
        dataset="ORL faces",
        trained_on="ORL faces (300 grey portraits of 30 people)",
        data="ORL database of faces: 10 grey portraits each of 30 of its 40 people (AT&T Laboratories Cambridge; Samaria, "
        "Harter: Parameterisation of a stochastic model for human face identification, 1994)",
        data_licence="AT&T Laboratories Cambridge: credit required",
        split="30 % of the people, drawn with the seed, gave the dev figures and chose the best epoch, so they are a little "
        "optimistic; the other people trained. Each half of the dev people "
        "was judged by the threshold that is best for the other half",
        command=command(MODULE, ["--data-dir", "DIR", "--output", f"runs/{network}.orl"]),
        deviations=deviations,
        limits=(
            *LIMITS,
            "Portraits of one room and light: on other photographs it errs often.",
        ),
    )


if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, ["siamese"], run_recipe=run))
