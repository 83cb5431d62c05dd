"""Sentences with a tag for each word, in the columns of CoNLL: a word and its tag in every line.

    EU B-ORG
    rejects O

The word is the first column, the tag the last, spaces or a tab between them; an empty line ends a sentence, a line with
-DOCSTART- a document. Tags without B (IO) and with it (IOB2) are both understood and come out as IOB2. Files named
train, dev (val, valid) and test are the parts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from hub_models.errors import BadData
from hub_models.text_files import text_files
from hub_models.tokens import OUTSIDE, Span, spans_of, tags_of

SUFFIXES = (".conll", ".txt", ".tsv", ".bio", ".iob", ".iob2")
DOCUMENT = "-DOCSTART-"
BLOCK = 10  # sentences that count as one document where none are marked
MOST_KINDS = 100
NO_WORD = "\ufffd"  # stands for a word of nothing that can be seen


@dataclass(frozen=True, kw_only=True)
class TaggedTexts:
    """Sentences of words and their tags, IOB2; `class_names`: kinds of entities; `documents` (N,) int64."""

    class_names: tuple[str, ...]
    sentences: tuple[tuple[str, ...], ...]
    tags: tuple[tuple[str, ...], ...]
    documents: np.ndarray

    def __len__(self) -> int:
        return len(self.sentences)

    def subset(self, indices: Sequence[int]) -> "TaggedTexts":
        """The sentences at `indices`, in that order, with the same kinds."""
        chosen = np.asarray(indices, np.int64)
        return replace(
            self,
            sentences=tuple(self.sentences[i] for i in chosen),
            tags=tuple(self.tags[i] for i in chosen),
            documents=self.documents[chosen],
        )

    def spans(self) -> list[list[Span]]:
        """The entities of every sentence."""
        return [spans_of(tags) for tags in self.tags]


def open_tagged(path: str | Path, kinds: Mapping[str, str] | None = None) -> dict[str, TaggedTexts]:
    """The sentences at `path`, by part. `kinds`: what a kind of the files is to be called, "": it counts as outside.

    Raises BadData: `data_missing`, `data_unreadable`, `data_shape`.
    """
    parts = {}
    for part, files in text_files(path, SUFFIXES).items():
        sentences: list[tuple[str, ...]] = []
        tags: list[tuple[str, ...]] = []
        documents: list[int] = []
        for name, content in files:
            first = documents[-1] + 1 if documents else 0
            for document, words, marks in sentences_of(PurePosixPath(name).name, content):
                sentences.append(words)
                tags.append(renamed(marks, kinds or {}))
                documents.append(first + document)
        parts[part] = (tuple(sentences), tuple(tags), np.array(documents, np.int64))
    found = sorted({tag[2:] for _, tags, _ in parts.values() for t in tags for tag in t if tag != OUTSIDE})
    if not found:
        raise BadData("data_missing", "Expected words with tags such as B-PER, found no entity.")
    if len(found) > MOST_KINDS:
        raise BadData(
            "data_shape",
            f"Expected at most {MOST_KINDS} kinds of entities, got {len(found):,}: is the tag the last column?",
        )
    return {
        part: TaggedTexts(class_names=tuple(found), sentences=sentences, tags=tags, documents=documents)
        for part, (sentences, tags, documents) in parts.items()
    }


def renamed(tags: Sequence[str], kinds: Mapping[str, str]) -> tuple[str, ...]:
    spans = (Span(kinds.get(kind, kind), first, last) for kind, first, last in spans_of(tags))
    return tags_of([span for span in spans if span.kind], len(tags))


def sentences_of(name: str, content: str) -> Iterator[tuple[int, tuple[str, ...], list[str]]]:
    """(document, words, tags) of every sentence. BadData `data_shape`."""
    marked = DOCUMENT in content
    document, number, words, tags = 0, 0, [], []
    for line_number, line in enumerate([*content.split("\n"), ""], 1):
        cells = (line.split("\t") if "\t" in line else line.split()) if line.strip() else []
        if cells and cells[0] != DOCUMENT:
            if len(cells) < 2 or not is_tag(cells[-1].strip()):
                raise BadData(
                    "data_shape",
                    f"Expected a word and a tag (O, B-PER, I-PER, ...) in line {line_number:,} of {name}, got "
                    f"{line[:60]!r}.",
                )
            words.append("".join(cells[0].split()) or NO_WORD)
            tags.append(cells[-1].strip())
            continue
        if words:
            yield (document if marked else number // BLOCK), tuple(words), tags
            number, words, tags = number + 1, [], []
        document += bool(cells)


def is_tag(word: str) -> bool:
    mark, dash, kind = word.partition("-")
    return word == OUTSIDE or (mark in ("B", "I") and bool(dash) and 0 < len(kind) <= 60)
