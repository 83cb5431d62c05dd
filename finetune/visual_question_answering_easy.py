"""The three ways of fusing picture and question, on drawings of one shape each: easy-VQA.

    python -m finetune.visual_question_answering_easy vqa-product --output runs/vqa_product.easy

The data is inside the Python package easy-vqa (MIT): 4,000 pictures of 64 x 64 pixels with 38,575 questions to train,
1,000 with 9,673 to test. 600 of the training pictures, with all their questions, choose the weights; the test part
chooses nothing. --data-dir names another folder of that layout.
"""

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from finetune.about import About, command, paper_of
from finetune.dataset_recipe import dataset_main
from finetune.loop import Settings
from finetune.question_networks import ARCHITECTURE, FUSIONS
from finetune.visual_question_answering import LEARNING, Recipe, run
from hub_models.errors import BadData

MODULE = "visual_question_answering_easy"
EPOCHS, BATCH = 10, 16  # pictures, with 8 questions each: colours are compared late in training


@dataclass(frozen=True)
class Plan:
    """What differs from network to network."""

    title: str
    sentence: str  # for the student
    paper: str = ""  # "": that of the architecture
    year: int = 2015


PLANS = {
    "vqa-product": Plan(
        "VQA by product",
        "Multiplies the vector of the picture and that of the question number by number: what both find large, stays.",
    ),
    "vqa-concatenation": Plan(
        "VQA by concatenation",
        "Puts both vectors one behind the other; the layer after it must learn how they go together.",
    ),
    "vqa-bilinear": Plan(
        "VQA, bilinear",
        "Multiplies every number of the picture's vector by every number of the question's: all pairs are there to learn "
        "from.",
        "Fukui, Park, Yang, Rohrbach, Darrell, Rohrbach: Multimodal Compact Bilinear Pooling for Visual Question Answering "
        "and Visual Grounding (2016)",
        2016,
    ),
}


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model=network,
        data=str(data_dir),
        output=output,
        least_count=1,
        storage="int5",
        settings=Settings(
            **LEARNING | {"epochs": EPOCHS, "batch": BATCH, "mixed_precision": "bf16"}, seed=seed
        ),
    )


def about(network: str) -> About:
    plan, (paper, _, deviations) = PLANS[network], paper_of(ARCHITECTURE)
    identity = f"{network.replace('-', '_')}.easy"
    return About(
        id=identity,
        title=plan.title,
        architecture=f"Fusion by {FUSIONS[network]}" if network != "vqa-bilinear" else "Bilinear fusion",
        year=plan.year,
        paper=plan.paper or paper,
        sentence=plan.sentence,
        weights_licence="Apache-2.0",
        dataset="easy-VQA",
        trained_on="easy-VQA (3,400 drawings of one shape each, 13 answers)",
        data="easy-VQA: drawings of one shape on a pale ground, with questions made from 107 patterns (Victor Zhou, 2019; "
        "Python package easy-vqa)",
        data_licence="MIT",
        split="600 of the 4,000 training pictures, with all their questions, chose the weights (dev); the official test "
        "part chose nothing",
        command=command(MODULE, [network, "--output", f"runs/{identity}"]),
        deviations=deviations,
        limits=(
            "Knows drawings with one circle, rectangle or triangle in one of eight colours, and nothing else: it answers "
            "about a photograph as if it were such a drawing.",
            "Knows 27 words; a word that is not among them (colour for color, square for rectangle) is as any other unknown "
            "word.",
            "Says one of 13 answers to any question, and cannot say that the question does not fit the picture.",
        ),
    )


def packaged() -> Path:
    """The data inside the package. BadData `data_missing`."""
    found = find_spec("easy_vqa")
    if found is None:
        raise BadData(
            "data_missing", "Expected the package easy-vqa, which holds the data. pip install easy-vqa"
        )
    return Path(found.origin).parent / "data"


if __name__ == "__main__":
    given = sys.argv[1:]
    if "--data-dir" not in given:
        given += ["--data-dir", str(packaged())]
    sys.exit(dataset_main(MODULE, recipe, about, list(PLANS), given, run_recipe=run))
