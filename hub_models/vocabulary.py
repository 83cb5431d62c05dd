"""From words and characters to numbers: the vocabulary of a network, which travels with its weights.

0 fills up sentences that are shorter than others, 1 is whatever is not in the list, then the entries in their order:
the number of an entry is the place of the only 1 in its one-hot vector (lecture, section 10.2).
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from hub_models.errors import CheckpointError
from hub_models.text import Word, words

PADDING, UNKNOWN = 0, 1
FIRST = 2  # number of the first entry
MOST_ENTRIES = 200_000
LONGEST_ENTRY = 100  # characters
LARGEST_FILE = 16 * 1024**2  # bytes


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What a network has a number for. `words` as they are compared: after `plain`; `characters` one by one.

    `lower`: case tells it nothing. `hyphens`: joined-up words are one word. `digits`: every digit counts as 0, so
    that years and amounts share their forms.
    """

    words: tuple[str, ...] = ()
    characters: tuple[str, ...] = ()
    lower: bool = True
    hyphens: bool = True
    digits: bool = False

    def __post_init__(self) -> None:
        for name, entries in (("words", self.words), ("characters", self.characters)):
            if len(entries) > MOST_ENTRIES:
                raise ValueError(f"expected at most {MOST_ENTRIES:,} {name}, got {len(entries):,}")
            if len(set(entries)) < len(entries):
                twice = Counter(entries).most_common(1)[0][0]
                raise ValueError(f"expected every entry of {name} once, got {twice[:40]!r} again")
            if any(not entry or len(entry) > LONGEST_ENTRY for entry in entries):
                raise ValueError(f"expected {name} of 1 to {LONGEST_ENTRY} characters")
        if any(len(character) != 1 for character in self.characters):
            raise ValueError("expected single characters")

    @cached_property
    def number_of(self) -> dict[str, int]:
        return {word: FIRST + i for i, word in enumerate(self.words)}

    @cached_property
    def number_of_character(self) -> dict[str, int]:
        return {character: FIRST + i for i, character in enumerate(self.characters)}

    @property
    def size(self) -> int:
        """Numbers of words, padding and unknown included: rows of an embedding."""
        return FIRST + len(self.words)

    @property
    def character_size(self) -> int:
        return FIRST + len(self.characters)

    def cut(self, text: str) -> tuple[Word, ...]:
        """The words and signs of `text`, as this vocabulary cuts them."""
        return words(text, self.hyphens)

    def plain(self, word: str) -> str:
        """`word` as it is looked up."""
        word = word.replace("’", "'")
        word = word.lower() if self.lower else word
        return "".join("0" if c.isdigit() else c for c in word) if self.digits else word

    def numbers(self, found: Iterable[str]) -> list[int]:
        """A number a word."""
        return [self.number_of.get(self.plain(word), UNKNOWN) for word in found]

    def character_numbers(self, text: str) -> list[int]:
        """A number a character."""
        return [self.number_of_character.get(character, UNKNOWN) for character in text]

    def entry(self, number: int) -> str:
        """What `number` stands for."""
        return (
            ("(padding)", "(unknown)", *self.words)[number] if number < FIRST else self.words[number - FIRST]
        )

    def to_bytes(self) -> bytes:
        """The contents of vocabulary.json."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=0).encode()


def read_vocabulary(path: Path) -> Vocabulary:
    """The vocabulary in a file, which may come from anyone. CheckpointError `checkpoint_missing`, `checkpoint_corrupt`."""
    try:
        return vocabulary_in(path.read_bytes())
    except OSError as error:
        raise CheckpointError(
            "checkpoint_missing",
            f"Expected the vocabulary of this network in {path.name}, found none. Make or fetch it again.",
        ) from error


def vocabulary_in(content: bytes) -> Vocabulary:
    """The inverse of `to_bytes`. CheckpointError `checkpoint_corrupt`."""
    try:
        if len(content) > LARGEST_FILE:
            raise ValueError(f"it is larger than {LARGEST_FILE} bytes")
        return Vocabulary(**checked(json.loads(content)))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            "checkpoint_corrupt",
            "Expected the vocabulary of this network beside its weights, but it cannot be used. Make or fetch it again.",
        ) from error


def checked(values: object) -> dict:
    """The fields of a Vocabulary in a JSON value; ValueError where it is none."""
    kinds = {"words": list, "characters": list, "lower": bool, "hyphens": bool, "digits": bool}
    if not isinstance(values, dict) or not set(values) <= set(kinds):
        raise ValueError("expected an object with the fields of a vocabulary")
    for name, value in values.items():
        if not isinstance(value, kinds[name]):
            raise ValueError(f"expected {kinds[name].__name__} for {name}")
        if isinstance(value, list):
            if not all(isinstance(entry, str) for entry in value):
                raise ValueError(f"expected strings in {name}")
            "".join(value).encode()  # UnicodeEncodeError, a ValueError, at half a character
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def build_vocabulary(
    sentences: Iterable[Sequence[str]],
    *,
    least: int = 2,
    most: int = 20_000,
    characters: bool = False,
    lower: bool = True,
    hyphens: bool = True,
    digits: bool = False,
) -> Vocabulary:
    """The words that stand at least `least` times in `sentences`, the commonest `most` of them, commonest first."""
    rules = Vocabulary(lower=lower, hyphens=hyphens, digits=digits)
    counts: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    for sentence in sentences:
        counts.update(rules.plain(word) for word in sentence)
        letters.update(character for word in sentence for character in word)
    kept = sorted(
        (w for w, n in counts.items() if n >= least and len(w) <= LONGEST_ENTRY),
        key=lambda w: (-counts[w], w),
    )
    common = sorted((c for c, n in letters.items() if n >= least), key=lambda c: (-letters[c], c))
    return Vocabulary(
        words=tuple(kept[:most]),
        characters=tuple(common) if characters else (),
        lower=lower,
        hyphens=hyphens,
        digits=digits,
    )
