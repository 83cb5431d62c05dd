"""A pretrained encoder of the transformers library, for `--model transformers:...` of the recipes for texts.

transformers:USER/NAME       an encoder on the Hub, in safetensors (distilbert/distilbert-base-uncased)
transformers:FOLDER          one in a folder, as `save_pretrained` or these recipes wrote it

All weights learn, those of the encoder a tenth as fast as the last layer, which is new; or, with --lora-rank R, that layer
and thin matrices beside those of the attention (lora.py). The tokenizer travels with the weights.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from finetune import text_classification, token_classification
from finetune.library_source import pretrained, source_of
from finetune.loop import fit
from finetune.lora import Learner
from finetune.running import Show
from finetune.starting_point import Start
from finetune.whole_run import run_of
from hub_models.evaluate.named_entities import counts_by_document, scores
from hub_models.labelled_texts import LabelledTexts
from hub_models.local import TOKENIZER
from hub_models.predictors.transformers_text import AT_ONCE, spread, tokenizer_in

PAPER = (
    "Devlin, Chang, Lee, Toutanova: BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding (2019)",
    2019,
)
ENCODER_RATE = 0.1  # rate of the pretrained weights / rate of the last layer
LONGEST = 128  # pieces of a training text
HEADS = ("classifier", "pre_classifier", "score")  # what the library calls the layers that are new
NO_TAG = token_classification.NO_TAG
DEFAULTS = {"sentiment": "distilbert.sst2", "named-entities": "bert_base.conll2003"}


def start_from(recipe, data, task: str) -> Start:
    """The network that `recipe.model` names, for the classes of `data`. BadData `model_unknown`; HubUnavailable."""
    import transformers

    kind = {
        "sentiment": transformers.AutoModelForSequenceClassification,
        "named-entities": transformers.AutoModelForTokenClassification,
    }[task]
    row, folder = source_of("transformers", recipe.model.partition(":")[2], DEFAULTS[task], task)
    model = pretrained(kind, folder, data.class_names, f"an encoder in {row.title}")
    model._hub_mixin_config = json.loads(model.config.to_json_string(use_diff=False))
    return Start(
        model=model,
        library="transformers",
        architecture=model.config.model_type,
        input=None,
        origin=f"{row.title} ({row.weights_licence})",
        parent=None,
        files=tokenizer_files(folder),
    )


def tokenizer_files(folder: Path) -> dict[str, bytes]:
    """The files of the tokenizer in `folder`, in the form that every version of the library reads."""
    with TemporaryDirectory() as written:
        tokenizer_in(folder).save_pretrained(written)
        return {name: Path(written, name).read_bytes() for name in TOKENIZER if Path(written, name).exists()}


def tokenizer_of(start: Start):
    with TemporaryDirectory() as folder:
        for name, content in start.files.items():
            Path(folder, name).write_bytes(content)
        config = dict(start.model._hub_mixin_config)
        Path(folder, "config.json").write_text(json.dumps(config), encoding="utf-8")
        return tokenizer_in(Path(folder))


def learning(model: nn.Module) -> str:
    """How many parameters there are and learn, in words."""
    learns = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return f"{sum(p.numel() for p in model.parameters()):,} parameters, {learns:,} of them learn"


def unchanging(recipe, names: Sequence[str]) -> dict[str, object]:
    """What a run that is taken up again must have in common with its beginning."""
    kept = {name: getattr(recipe, name) for name in ("model", "lora_rank", "smoke")}
    return kept | {"classes": ", ".join(names)}


class Pieces(Dataset):
    """(epoch, index) -> (pieces (T,), 1 where there is one (T,), what is wanted) int64."""

    def __init__(self, encoded: Mapping[str, Tensor], wanted: Tensor) -> None:
        self.pieces, self.there, self.wanted = encoded["input_ids"], encoded["attention_mask"], wanted

    def __len__(self) -> int:
        return len(self.wanted)

    def __getitem__(self, place: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
        return self.pieces[place[1]], self.there[place[1]], self.wanted[place[1]]


def encoded(tokenizer, texts: Sequence, split: bool):
    """Texts, or sentences that are cut already (`split`), as pieces of equal length."""
    given = [list(text) if split else text for text in texts]
    return tokenizer(
        given,
        is_split_into_words=split,
        padding=True,
        truncation=True,
        max_length=LONGEST,
        return_tensors="pt",
    )


def train_classifier(recipe, start: Start, train_data, dev_data, show: Show) -> bool:
    """As `text_classification.train`."""
    tokenizer, model = tokenizer_of(start), Learner(start.model, recipe.lora_rank, HEADS)
    show(f"{start.architecture}: {learning(model)}")

    def pieces_of(data: LabelledTexts) -> Pieces:
        return Pieces(encoded(tokenizer, data.texts, split=False), torch.from_numpy(data.labels))

    on_dev = pieces_of(dev_data)

    def step(network: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> dict[str, Tensor]:
        pieces, there, labels = shortened(*batch)
        logits = network(input_ids=pieces, attention_mask=there).logits.float()
        accuracy = (logits.argmax(1) == labels).float().mean()
        return {
            "loss": F.cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing),
            "train_accuracy": accuracy,
        }

    def evaluate(network: nn.Module) -> dict[str, float]:
        logits = torch.cat([part.float().cpu() for part in logits_of(network, on_dev)])
        return {
            "accuracy": (logits.argmax(1) == on_dev.wanted).float().mean().item(),
            "dev_loss": F.cross_entropy(logits, on_dev.wanted).item(),
        }

    return fit(
        model, model.groups(recipe.settings, ENCODER_RATE), pieces_of(train_data), step=step, evaluate=evaluate,
        settings=recipe.settings, folder=recipe.output, show=show,
        recipe=unchanging(recipe, train_data.class_names),
    ).stopped  # fmt: skip


def train_tagger(recipe, start: Start, train_data, dev_data, show: Show) -> bool:
    """As `token_classification.train`; the first piece of a word has its tag."""
    tokenizer, model = tokenizer_of(start), Learner(start.model, recipe.lora_rank, HEADS)
    show(f"{start.architecture}: {learning(model)}")
    names = train_data.class_names
    cut, wanted, _ = tagged_pieces(tokenizer, train_data, names)
    on_train = Pieces(cut, wanted)
    cut, wanted, dev_words = tagged_pieces(tokenizer, dev_data, names)
    on_dev = Pieces(cut, wanted)

    def step(network: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> dict[str, Tensor]:
        pieces, there, tags = shortened(*batch)
        logits = network(input_ids=pieces, attention_mask=there).logits.float()
        return {"loss": F.cross_entropy(logits.transpose(1, 2), tags)}

    def evaluate(network: nn.Module) -> dict[str, float]:
        logits = (row for rows in logits_of(network, on_dev) for row in rows.float().softmax(2).cpu().numpy())
        return {"f1": tagged_f(logits, dev_words, dev_data, names)}

    return fit(
        model, model.groups(recipe.settings, ENCODER_RATE), on_train, step=step, evaluate=evaluate,
        settings=recipe.settings, folder=recipe.output, show=show,
        recipe=unchanging(recipe, names),
    ).stopped  # fmt: skip


def tagged_pieces(tokenizer, data, names: Sequence[str]) -> tuple[Mapping[str, Tensor], Tensor, list]:
    """(pieces of the sentences, what is wanted of each (B, T): the tag of a word at its first, the word of each)."""
    place = {tag: i for i, tag in enumerate(names)}
    cut = encoded(tokenizer, data.data.sentences, split=True)
    of_word = [cut.word_ids(row) for row in range(len(data))]
    wanted = torch.full(cut["input_ids"].shape, NO_TAG)
    for row, (words, tags) in enumerate(zip(of_word, data.data.tags, strict=True)):
        for at, word in first_pieces(words):
            wanted[row, at] = place[tags[word]]
    return cut, wanted, of_word


def tagged_f(shares: Iterable[np.ndarray], of_word: Sequence, data, names: tuple[str, ...]) -> float:
    """F of whole entities, from the probabilities (T, tags) of the pieces of each sentence."""
    sentences = zip(shares, of_word, data.data.sentences, strict=True)
    said = [tags_of(share, pieces, words, names) for share, pieces, words in sentences]
    counts = counts_by_document(data.data.tags, said, data.data.documents).sum(0)
    return float(np.nan_to_num(scores(counts)[2]))


def tags_of(
    share: np.ndarray, of_word: Sequence[int | None], words: Sequence[str], names: tuple[str, ...]
) -> tuple[str, ...]:
    """Probabilities (T, tags) of pieces -> the best possible tags of the words."""
    starts = first_pieces(of_word)
    whole = spread(share[[at for at, _ in starts]], [word for _, word in starts], len(words), names)
    return token_classification.paths_of(whole[None], [words], names)[0]


def first_pieces(of_word: Sequence[int | None]) -> list[tuple[int, int]]:
    """(place, word) of the first piece of every word; `of_word`: the word of every piece, None for marks."""
    return [
        (at, word)
        for at, word in enumerate(of_word)
        if word is not None and (at == 0 or word != of_word[at - 1])
    ]


def shortened(pieces: Tensor, there: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Without the columns that are padding for all; a class a text stays as it is."""
    longest = int(there.sum(1).max())
    return pieces[:, :longest], there[:, :longest], wanted[:, :longest] if wanted.ndim > 1 else wanted


def logits_of(network: nn.Module, data: Pieces):
    """The logits of `data`, batch by batch."""
    device = next(network.parameters()).device
    for start in range(0, len(data), AT_ONCE):
        pieces, there, _ = shortened(
            data.pieces[start : start + AT_ONCE],
            data.there[start : start + AT_ONCE],
            data.wanted[start : start + AT_ONCE],
        )
        yield network(input_ids=pieces.to(device), attention_mask=there.to(device)).logits


run_classifier = run_of(
    replace(
        text_classification.PARTS,
        start_from=lambda recipe, data: start_from(recipe, data, "sentiment"),
        train=train_classifier,
    )
)
run_tagger = run_of(
    replace(
        token_classification.PARTS,
        start_from=lambda recipe, data: start_from(recipe, data, "named-entities"),
        train=train_tagger,
    )
)
