"""Questions about photographs, made by rules from their captions: Flickr8k.

    python -m finetune.visual_question_answering_flickr8k --data-dir DIR --output runs/vqa_attention.flickr8k

DIR holds captions.json (picture -> five captions) and the pictures, in images/ or beside it. `caption_questions.py` makes
the questions; they are split by picture, and in each part every answer to a question is there equally often, so that the
question alone gives nothing away. The photographs are described by a frozen ImageNet network, which is not stored again.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from finetune.about import About, command, paper_of
from finetune.caption_questions import Asked, balanced, questions_of
from finetune.data_check import listed
from finetune.dataset_recipe import dataset_main
from finetune.loop import Settings
from finetune.question_check import check_questions, few
from finetune.question_networks import ARCHITECTURE
from finetune.running import Show
from finetune.visual_question_answering import LEARNING, PARTS, Recipe
from finetune.whole_run import run_of
from hub_models.asked_pictures import AskedPictures
from hub_models.data_files import FromFiles
from hub_models.errors import BadData

MODULE = "visual_question_answering_flickr8k"
IDENTITY = "vqa_attention.flickr8k"
DEV_SHARE = 0.25  # of the pictures: 213 of 850
LEARNED_SO = {"epochs": 24, "learning_rate": 2e-3, "weight_decay": 0.1}
LEAST_IN_DEV = 2  # an answer that stands less often there is not asked for


def recipe(network: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    return Recipe(
        model=network,
        data=str(data_dir),
        output=output,
        dev_share=DEV_SHARE,
        regions="imagenet",
        features=str(output.parent / "flickr8k_features"),
        questions_at_once=4,
        augment="shift",
        least_count=1,
        dropout=0.3,
        storage="int5",
        settings=Settings(**LEARNING | LEARNED_SO, seed=seed),
    )


def read_data(recipe: Recipe, show: Show) -> dict[str, AskedPictures]:
    """ "train" and "dev", split by picture, each balanced by itself."""
    folder = Path(recipe.data)
    captions = captions_in(folder)
    names = sorted(captions)
    order = np.random.default_rng(recipe.settings.seed).permutation(len(names))
    off = round(recipe.dev_share * len(names))
    asked = {
        part: [one for i in np.sort(chosen) for one in questions_of(names[i], captions[names[i]])]
        for part, chosen in (("train", order[off:]), ("dev", order[:off]))
    }
    train = balanced(asked["train"], recipe.settings.seed)
    taught = {(one.question, one.answer) for one in train}
    dev = [one for one in asked["dev"] if (one.question, one.answer) in taught]
    kept = {"train": train, "dev": balanced(dev, recipe.settings.seed, LEAST_IN_DEV)}
    parts = {part: asked_pictures(folder, those) for part, those in kept.items()}
    if recipe.smoke:
        parts = {part: few(data, 64, recipe.settings.seed) for part, data in parts.items()}
    return check_questions(parts, recipe.least_answers, show)


def captions_in(folder: Path) -> dict[str, Sequence[str]]:
    """Picture -> its captions. BadData `data_missing`, `data_unreadable`."""
    path = folder / "captions.json"
    if not path.is_file():
        raise BadData(
            "data_missing", f"Expected captions.json and pictures in {folder.name}, found no captions.json."
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadData(
            "data_unreadable", f"Expected JSON in captions.json, but it cannot be read: {error}."
        ) from error
    missing = [name for name in found if not place_of(folder, name).is_file()]
    if missing:
        raise BadData(
            "pictures_missing",
            f"Expected the pictures of captions.json, {listed(tuple(missing[:3]))} are missing.",
        )
    return found


def place_of(folder: Path, name: str) -> Path:
    return folder / "images" / name if (folder / "images").is_dir() else folder / name


def asked_pictures(folder: Path, asked: Sequence[Asked]) -> AskedPictures:
    names = sorted({one.image for one in asked})
    answers = tuple(sorted({one.answer for one in asked}))
    place = {name: i for i, name in enumerate(names)}
    return AskedPictures(
        class_names=answers,
        names=tuple(names),
        read=FromFiles(tuple(place_of(folder, name) for name in names)),
        questions=tuple(one.question for one in asked),
        pictures=np.array([place[one.image] for one in asked], np.int64),
        labels=np.array([answers.index(one.answer) for one in asked], np.int64),
    )


def about(network: str) -> About:
    paper, year, deviations = paper_of(ARCHITECTURE)
    return About(
        id=IDENTITY,
        title="VQA on photographs",
        architecture="Attention over regions",
        year=year,
        paper=paper,
        sentence="Asks the 49 regions that an ImageNet network sees in a photograph, word by word; what it was taught are "
        "questions made from captions.",
        weights_licence="Apache-2.0",
        dataset="Flickr8k questions",
        trained_on="Flickr8k questions (made from the captions of 621 photographs)",
        data="questions made by rules from the captions of 850 photographs of Flickr8k (Hodosh, Young, Hockenmaier: Framing "
        "Image Description as a Ranking Task, 2013), the same number of each answer to a question",
        data_licence="non-commercial research and education; photographs belong to their authors",
        split="a quarter of the pictures, with all their questions, chose the weights (dev) and gave the figures",
        command=command(MODULE, ["--data-dir", "DIR", "--output", f"runs/{IDENTITY}"]),
        deviations=deviations,
        limits=(
            "Its answers come from captions: what their writers left out counts as absent, so some of its training answers "
            "are wrong.",
            "Was taught eleven things (dog, man, woman, child, person, water, grass, sand, snow, ball, bicycle). "
            "Any other question is a guess.",
            "Hardly learned to count or to name colours: few of its questions ask for that, and on dev pictures it is no "
            "better at them than the question alone.",
            "Most of its photographs show people or dogs, so what is no person looks like a dog to it.",
        ),
    )


run = run_of(replace(PARTS, read_data=read_data))

if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, ["vqa-product"], run_recipe=run))
