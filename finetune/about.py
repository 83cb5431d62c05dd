"""What a person must know of a new checkpoint and no measurement tells: name, paper, data, licences."""

import importlib
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from finetune.starting_point import Start
from hub_models.dataset import LabelledPictures

UNSTATED = "unstated: ask the owner of the data"
YOURS = "unstated: yours to choose"


@dataclass(frozen=True, kw_only=True)
class OfData:
    """Facts of a data set, and of every network that a recipe trains on it."""

    dataset: str  # as a figure names it: "CIFAR-10"
    trained_on: str
    data: str  # what the data is and where it comes from
    data_licence: str
    data_hub_id: str = ""
    weights_licence: str = "Apache-2.0"
    split: str
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class About(OfData):
    """Facts for the row of the catalogue and for the model card."""

    id: str  # architecture.dataset
    title: str
    architecture: str  # the name that the lecture uses
    year: int  # of the paper
    paper: str
    sentence: str  # for the student
    command: str
    deviations: str = ""  # from the paper


AboutFor = Callable[[Start, LabelledPictures], About]  # (network, training data) -> facts
Cited = tuple[str, int, str]  # paper, year, deviations from it


def paper_of(architecture: str) -> Cited:
    """(paper, year, deviations) as the docstring of `hub_models/architectures/<architecture>.py` tells them."""
    told = importlib.import_module(f"hub_models.architectures.{architecture}").__doc__
    title, authors, year = re.search(r'after "([^"]+)"\W+\(([^;]+); (\d{4})\)', told).groups()
    deviations = re.search(r"Deviations: (.+?)\n\n", told, re.DOTALL)[1]
    title, deviations = " ".join(title.split()).rstrip("."), " ".join(deviations.split())
    return f"{' '.join(authors.split())}: {title} ({year})", int(year), deviations


def about_own_data(start: Start, data: LabelledPictures, recipe, arguments: Sequence[str], options) -> About:
    """Facts for a run of `python -m finetune.image_classification` with `arguments` on somebody's own data."""
    parent, classes = start.parent, len(data.class_names)
    dataset = Path(recipe.data).stem or "pictures"
    if parent:
        paper, year, deviations, architecture = (
            parent.paper,
            parent.year,
            parent.deviations,
            parent.architecture,
        )
    elif start.library == "ours":
        paper, year, deviations = paper_of(start.architecture)
        architecture = type(start.model).__name__
    else:
        cited = str(start.model.pretrained_cfg.get("paper_ids") or "")
        paper = cited or f"see the documentation of timm, model {start.architecture}"
        arxiv = re.search(r"arXiv:(\d\d)\d\d\.", cited)
        year, deviations, architecture = (
            2000 + int(arxiv[1]) if arxiv else date.today().year,
            "",
            start.architecture,
        )
    title = options.name or f"{parent.title if parent else architecture} on {dataset}"
    how = f"starting from {start.origin}" if start.origin != "random weights" else "from random weights"
    return About(
        id=f"{identifier(parent.model if parent else start.architecture)}.{identifier(dataset)}",
        title=title,
        architecture=architecture,
        year=year,
        paper=paper,
        sentence=f"{architecture}, trained {how} to tell {classes} classes of {dataset} apart.",
        weights_licence=weights_licence(start),
        dataset=dataset,
        trained_on=f"{dataset} ({len(data):,} pictures, {classes} classes)",
        data=f"{dataset}: {len(data):,} labelled pictures",
        data_licence=options.data_licence,
        data_hub_id=hub_id_of(recipe.data),
        split="the data's own dev part, --dev-data, or a share split off with the seed; no picture is in both",
        command=command("image_classification", arguments),
        deviations=deviations,
        limits=("Knows only its own classes, and gives one of them to any picture.",),
    )


def about_network(
    module: str, of: OfData, identity: str, title: str, architecture: str, sentence: str, *named: str
) -> About:
    """Facts for a network of `architectures` in the recipe finetune.`module`; `identity` is architecture.dataset.

    `named`: the arguments that choose this network, where the recipe has several.
    """
    paper, year, deviations = paper_of(identity.partition(".")[0])
    return About(
        id=identity,
        title=title,
        architecture=architecture,
        year=year,
        paper=paper,
        sentence=sentence,
        command=command(module, [*named, "--data-dir", "DIR", "--output", f"runs/{identity}"]),
        deviations=deviations,
        **asdict(of),
    )


def about_own(
    module: str,
    start: Start,
    recipe,
    arguments: Sequence[str],
    options,
    *,
    network: str,  # what it is called
    cited: Cited,
    trained_on: str,  # how many of what
    data: str,  # the same in more words
    limits: tuple[str, ...],
    apart: str = "no picture is in both",
    split: str = "",  # "": as a Recipe with blocks splits
    does: str = "",  # the sentence for the student, up to the name of the data
    sentence: str = "",  # or all of it; {} stands for the name of the data
    kind: str = "",  # what the id begins with, and the title; "": the architecture, and `network`
    title: str = "",
) -> About:
    """Facts for a run of `python -m finetune.MODULE` with `arguments` on somebody's own data."""
    dataset, (paper, year, deviations) = Path(recipe.data).stem or "data", cited
    sentence = sentence or f"{network}, trained from {start.origin} {does} {{}}."
    return About(
        id=f"{kind or start.architecture}.{identifier(dataset)}",
        title=options.name or f"{title or network} on {dataset}",
        architecture=network,
        year=year,
        paper=paper,
        sentence=sentence.replace("{}", dataset),
        weights_licence=licence_of(start),
        dataset=dataset,
        trained_on=f"{dataset} ({trained_on})",
        data=f"{dataset}: {data}",
        data_licence=options.data_licence,
        data_hub_id=hub_id_of(recipe.data),
        split=split or block_split_of(recipe, apart),
        command=command(module, arguments),
        deviations=deviations,
        limits=limits,
    )


def hub_id_of(data: str) -> str:
    """The Hub data set that `--data` names; "": it is a folder or a file."""
    return data if re.fullmatch(r"[\w.-]+/[\w.-]+", data) and not Path(data).exists() else ""


def block_split_of(recipe, apart: str = "no picture is in both") -> str:
    """How the dev pictures of a Recipe with blocks were found."""
    return (
        f"the data's own dev part, --dev-data, or {recipe.dev_share:.0%} of the pictures, split off in blocks of "
        f"{recipe.dev_block} consecutive ones; {apart}"
    )


def licence_of(start: Start) -> str:
    """Of weights that somebody trained on their own data."""
    if start.library == "ultralytics":
        return "AGPL-3.0"
    return start.parent.weights_licence if start.parent else YOURS


def weights_licence(start: Start) -> str:
    if start.parent or start.origin == "random weights":
        return licence_of(start)
    return str(
        start.model.pretrained_cfg.get("license") or "unstated: see the card of the pretrained weights"
    )


def identifier(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_") or "pictures"


def command(recipe: str, arguments: Sequence[str]) -> str:
    """The line for the shell, without folders of this machine."""
    return shlex.join(["python", "-m", f"finetune.{recipe}", *map(without_folders, arguments)])


def without_folders(word: str) -> str:
    """/home/me/data -> data, segformer:/home/me/net -> segformer:net; anything else as it is."""
    kind, colon, rest = word.rpartition(":")
    return f"{kind}{colon}{Path(rest).name}" if Path(rest).is_absolute() else word
