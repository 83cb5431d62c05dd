"""A tagger around a network of ours: text -> words -> numbers of words and characters -> a tag for every word."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from hub_models.predictors.reading import Reads, padded
from hub_models.text import Word
from hub_models.tokens import OUTSIDE, Entities
from hub_models.vocabulary import Vocabulary

AT_ONCE = 32  # sentences in a batch
MOST_CHARACTERS = 20  # of a word that are looked at: its beginning and its end
IMPOSSIBLE = -1e9


def spelling_of(word: str, vocabulary: Vocabulary) -> list[int]:
    """Numbers of the characters of `word`; of a long one, those of its beginning and its end."""
    half = MOST_CHARACTERS // 2
    if len(word) > MOST_CHARACTERS:
        word = word[:half] + word[-half:]
    return vocabulary.character_numbers(word)


def spellings(sentences: Sequence[Sequence[str]], vocabulary: Vocabulary, length: int) -> Tensor:
    """Numbers of characters (B, `length`, MOST_CHARACTERS) int64, 0 behind the ends."""
    out = torch.zeros(len(sentences), length, MOST_CHARACTERS, dtype=torch.int64)
    for row, words in enumerate(sentences):
        for place, word in enumerate(words[:length]):
            letters = spelling_of(word, vocabulary)
            out[row, place, : len(letters)] = torch.tensor(letters, dtype=torch.int64)
    return out


def follows(tags: Sequence[str]) -> np.ndarray:
    """(tags, tags) float32: 0 where the second may follow the first, else IMPOSSIBLE: I-X only after B-X or I-X."""
    allowed = [
        [not after.startswith("I-") or (before[2:] == after[2:] and before != OUTSIDE) for after in tags]
        for before in tags
    ]
    return np.where(allowed, 0.0, IMPOSSIBLE).astype(np.float32)


def best_path(probabilities: np.ndarray, tags: Sequence[str]) -> np.ndarray:
    """The most probable possible sequence of tags (T,) int64, by dynamic programming (Viterbi, 1967).

    `probabilities` (T, tags) of each word by itself.
    """
    scores, moves = np.log(probabilities.astype(np.float64) + 1e-12), follows(tags)
    if not len(scores):
        return np.zeros(0, np.int64)
    best, came_from = scores[0] + moves[tags.index(OUTSIDE)], []
    for step in scores[1:]:
        through = best[:, None] + moves  # (before, after)
        came_from.append(through.argmax(0))
        best = through.max(0) + step
    path = [int(best.argmax())]
    for back in reversed(came_from):
        path.append(int(back[path[-1]]))
    return np.array(path[::-1], np.int64)


class Tagger(Reads):
    """`names`: all tags of IOB2. Safe to call from several threads at once."""

    def preprocess(self, sentences: Sequence[Sequence[str]]) -> tuple[Tensor, Tensor]:
        """Words -> their numbers (B, T) and those of their characters (B, T, C), int64."""
        numbers = padded([self.vocabulary.numbers(words) for words in sentences], self.device)
        return numbers, spellings(sentences, self.vocabulary, numbers.shape[1]).to(self.device)

    def forward(self, numbers: Tensor, characters: Tensor) -> Tensor:
        """-> logits (B, T, tags)."""
        with torch.inference_mode():
            return self.network(numbers, characters)

    def probabilities(self, sentences: Sequence[Sequence[str]]) -> list[np.ndarray]:
        """Of every sentence the probabilities (words, tags) float32 of its words."""
        found = []
        for start in range(0, len(sentences), AT_ONCE):
            together = sentences[start : start + AT_ONCE]
            shares = self.forward(*self.preprocess(together)).float().softmax(2).cpu().numpy()
            found += [share[: len(words)] for share, words in zip(shares, together, strict=True)]
        return found

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
        """The tags of sentences that are cut already."""
        paths = (best_path(share, self.names) for share in self.probabilities(sentences))
        return [tuple(self.names[i] for i in path) for path in paths]

    def postprocess(self, text: str, words: tuple[Word, ...], probabilities: np.ndarray) -> Entities:
        return Entities(text, words, self.names, probabilities, best_path(probabilities, self.names))

    def predict(self, text: str) -> Entities:
        words = self.cut(text)
        return self.postprocess(text, words, self.probabilities([[word.text for word in words]])[0])
