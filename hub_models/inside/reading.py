"""What a network that reads text makes of the words: vectors and their neighbours, the answer as it grows, what counts."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from hub_models.vocabulary import FIRST, PADDING, UNKNOWN, Vocabulary

AT_ONCE = 64  # texts in a batch


def cosines(vectors: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Cosine of the angle between each of `vectors` (N, D) and `wanted` (D,): (N,) in -1..1."""
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(wanted)
    return vectors @ wanted / np.maximum(lengths, 1e-12)


def nearest(
    vectors: np.ndarray, wanted: np.ndarray, count: int, left_out: Sequence[int] = ()
) -> list[tuple[int, float]]:
    """The `count` rows of `vectors` (N, D) in the direction nearest to `wanted`, with their cosines, nearest first."""
    near = cosines(vectors, wanted)
    near[[PADDING, UNKNOWN, *left_out]] = -np.inf
    order = np.argsort(-near, kind="stable")[:count]
    return [(int(i), float(near[i])) for i in order if np.isfinite(near[i])]


def neighbours(
    vectors: np.ndarray, vocabulary: Vocabulary, word: str, count: int = 8
) -> list[tuple[str, float]]:
    """The words whose vectors lie nearest to that of `word`; empty for one that has no number."""
    (number,) = vocabulary.numbers([word])
    if number == UNKNOWN:
        return []
    return [(vocabulary.entry(i), near) for i, near in nearest(vectors, vectors[number], count, [number])]


def analogy(
    vectors: np.ndarray, vocabulary: Vocabulary, words: tuple[str, str, str], count: int = 8
) -> list[tuple[str, float]]:
    """`a` is to `b` as `c` to what? The words nearest to b - a + c (Mikolov, Yih, Zweig; 2013); empty: one is unknown."""
    a, b, c = vocabulary.numbers(words)
    if min(a, b, c) < FIRST:
        return []
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return [
        (vocabulary.entry(i), near)
        for i, near in nearest(vectors, unit[b] - unit[a] + unit[c], count, [a, b, c])
    ]


def answers(network: nn.Module, rows: Sequence[Tensor]) -> np.ndarray:
    """Sentences of numbers, each (T,) int64 -> probabilities (sentences, classes)."""
    found = []
    with torch.inference_mode():
        for start in range(0, len(rows), AT_ONCE):
            batch = pad_sequence(list(rows[start : start + AT_ONCE]), batch_first=True, padding_value=PADDING)
            found.append(network(batch).float().softmax(1).cpu().numpy())
    return np.concatenate(found)


def after_each_word(network: nn.Module, numbers: Tensor) -> np.ndarray:
    """What the network would answer if the text (T,) ended there: probabilities (T, classes) after every word."""
    return answers(network, [numbers[: end + 1] for end in range(len(numbers))])


def without_each_word(network: nn.Module, numbers: Tensor) -> np.ndarray:
    """How much each class loses when a word of (T,) becomes unknown: (T, classes), positive where the word speaks for it."""
    changed = []
    for place in range(len(numbers)):
        one = numbers.clone()
        one[place] = UNKNOWN
        changed.append(one)
    whole, *without = answers(network, [numbers, *changed])
    return whole - np.array(without)
