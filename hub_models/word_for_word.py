"""The simplest translator: word for word, with a dictionary learned from pairs of sentences (IBM model 1).

Nobody says which word of a sentence belongs to which of its translation. Expectation maximisation begins with no opinion,
shares out every word of the translation among all words of the sentence by what it believes of them, counts, believes the
counts, and repeats (Brown, Della Pietra, Della Pietra, Mercer: "The Mathematics of Statistical Machine Translation", 1993).
Every translator that learns has to beat it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

NAME = "word for word, IBM model 1"
NOTHING = ""  # a word of the translation may come from no word of the sentence
TOKEN = re.compile(r"\w+(?:-\w+)*'?|[^\w\s]")  # words, l' and d', signs
ROUNDS = 6


def tokens(text: str) -> list[str]:
    return TOKEN.findall(text.replace("’", "'"))


@dataclass(frozen=True)
class Dictionary:
    """`word_of`: a word in small letters -> its most probable translation."""

    word_of: dict[str, str]

    def translate(self, text: str) -> str:
        """Every word in its place; those that the dictionary does not know stay as they are."""
        found = [self.word_of.get(word.lower(), word) for word in tokens(text)]
        return spaced(found)


def spaced(words: Sequence[str]) -> str:
    """Words as a sentence: no space after l' and before a full stop or comma, a capital at the beginning."""
    text = re.sub(r" ([.,;])", r"\1", " ".join(words)).replace("' ", "'")
    return text[:1].upper() + text[1:]


def learn_dictionary(sources: Sequence[str], targets: Sequence[str], rounds: int = ROUNDS) -> Dictionary:
    """Expectation maximisation on pairs of sentences."""
    given = [[NOTHING, *tokens(text.lower())] for text in sources]
    wanted = [tokens(text.lower()) for text in targets]
    of_source = {word: i for i, word in enumerate(dict.fromkeys(w for row in given for w in row))}
    of_target = {word: i for i, word in enumerate(dict.fromkeys(w for row in wanted for w in row))}
    # every word of a translation beside every word of its sentence
    left, right, place, count = [], [], [], 0
    for row, other in zip(given, wanted, strict=True):
        a, b = np.array([of_source[w] for w in row]), np.array([of_target[w] for w in other], int)
        left.append(np.tile(a, len(b)))
        right.append(np.repeat(b, len(a)))
        place.append(np.repeat(np.arange(count, count + len(b)), len(a)))
        count += len(b)
    left, right, place = (np.concatenate(parts) for parts in (left, right, place))
    pairs, of_pair = np.unique(left * len(of_target) + right, return_inverse=True)
    source_of = pairs // len(of_target)
    belief = np.ones(len(pairs))
    for _ in range(rounds):
        shares = belief[of_pair]
        shares /= np.bincount(place, shares, count)[place]
        counts = np.bincount(of_pair, shares, len(pairs))
        belief = counts / np.bincount(source_of, counts, len(of_source))[source_of]
    order = np.lexsort((belief, source_of))
    last = np.flatnonzero(np.diff(source_of[order], append=-1))  # the most probable of each word
    words, translations = list(of_source), list(of_target)
    best = {words[source_of[order[i]]]: translations[pairs[order[i]] % len(of_target)] for i in last}
    best.pop(NOTHING, None)
    return Dictionary(best)
