"""Text as an input: cleaned and checked in one place, and cut into words.

What a visitor types may hold anything that a string can hold. `clean` takes out what cannot be seen (controls, marks
that turn the direction of reading, zero-width characters, halves of characters) and says so; `words` cuts the rest
into words and signs, with the place of each in the text.
"""

import re
import unicodedata
from dataclasses import dataclass

from hub_models.errors import BadInput

LONGEST = 20_000  # characters: about ten pages
REPLACEMENT = "\ufffd"  # stands where half a character stood
JOINERS = "\u200c\u200d"  # of emoji and of scripts whose letters join; anywhere else they only hide
BREAKS = "\n\t"  # controls that are kept
LETTERS = (
    r"[\w\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0dff\u200c\u200d]"  # with their marks
)
ENDINGS = r"['’](?:s|m|d|re|ve|ll)\b"  # it's, I'm, you'd, they're, we've, she'll
WORD = re.compile(
    r"https?://\S+"
    r"|(?:[A-Za-z]\.){2,}"  # U.S.
    r"|\d+(?:[.,:]\d+)*(?![\w])"  # 1,000.5 and 12:30
    rf"|{LETTERS}+(?=n['’]t\b)|n['’]t\b|{ENDINGS}"  # does n't, it 's: as treebanks cut them
    rf"|O['’]{LETTERS}+|[@#]{LETTERS}+"
    rf"|{LETTERS}+(?:-{LETTERS}+)*"
    r"|\.{2,}"
    r"|[^\w\s](?:[\ufe0f\U0001f3fb-\U0001f3ff]|\u200d[^\w\s])*",  # a sign, or an emoji of several parts
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Word:
    """A word or sign, and where it stands: `text` is characters `start` to below `end` of what was cut."""

    text: str
    start: int
    end: int


def clean(text: str, longest: int = LONGEST) -> tuple[str, tuple[str, ...]]:
    """(the text as it is used, what was done to it). BadInput `text_empty`, `text_too_long`, `bad_value`.

    The length is checked first, so a text of 10 MB costs nothing. What comes back is valid UTF-8 in normal form C.
    """
    if not isinstance(text, str):
        raise BadInput("bad_value", f"Expected text, got {type(text).__name__}.")
    if len(text) > longest:
        raise BadInput(
            "text_too_long",
            f"Expected a text of at most {longest:,} characters, got {len(text):,}. Give a part of it.",
        )
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept, hidden, halves = [], 0, 0
    for place, character in enumerate(plain):
        kind = unicodedata.category(character)
        if kind == "Cs":
            halves += 1
            kept.append(REPLACEMENT)
        elif kind in ("Cc", "Cf") and character not in BREAKS and not joins(plain, place):
            hidden += 1
        else:
            kept.append(character)
    found = "".join(kept).strip()
    if not found or not any(c != REPLACEMENT and not c.isspace() for c in found):
        raise BadInput("text_empty", "Expected a text, got nothing that can be read. Type one.")
    notes = []
    if hidden:
        notes.append(f"{hidden} invisible character{'s' * (hidden > 1)} taken out")
    if halves:
        notes.append(f"{halves} broken character{'s' * (halves > 1)} replaced")
    return found, tuple(notes)


def joins(text: str, place: int) -> bool:
    """Whether the joiner at `place` stands between two characters that it can join."""
    if text[place] not in JOINERS or not 0 < place < len(text) - 1:
        return False
    return all(
        c > "\u00ff" and not c.isspace() and c not in JOINERS for c in (text[place - 1], text[place + 1])
    )


def words(text: str, hyphens: bool = True) -> tuple[Word, ...]:
    """The words and signs of `text`, in order. Without `hyphens`, parts of joined-up words stand alone and - is none."""
    found = [Word(match[0], match.start(), match.end()) for match in WORD.finditer(text)]
    if hyphens:
        return tuple(found)
    cut = []
    for word in found:
        if "-" not in word.text or "://" in word.text:
            cut.append(word)
            continue
        parts = re.finditer("[^-]+", word.text)
        cut += [Word(part[0], word.start + part.start(), word.start + part.end()) for part in parts]
    return tuple(cut)
