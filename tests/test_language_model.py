"""Language models: the network, ways of choosing, how a text is scored and continued, what is measured."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from hub_models.architectures.character_model import CharacterModel
from hub_models.checkpoint import Checkpoint
from hub_models.compute import CURRENT, Deadline
from hub_models.continuation import Continuation, Guessed
from hub_models.errors import BadData, Overloaded
from hub_models.evaluate.language_model import evaluate, text
from hub_models.inside.character_counts import CharacterCounts
from hub_models.predictors.character_generator import CharacterGenerator
from hub_models.predictors.generation import Choosing, guessed, search, shares, write, writing, written
from hub_models.running_text import BLOCK, RunningText, cut, open_texts, split
from hub_models.vocabulary import FIRST, Vocabulary

ALPHABET = "\n abcdef"
KINDS = ("rnn", "lstm", "gru", "transformer")
ROW = Checkpoint(
    id="char_lstm.test",
    task="language-model",
    title="Test",
    architecture="LSTM",
    year=1997,
    library="ours",
    source="local:nowhere",
    model="character_model",
    sentence="For tests.",
    paper="none",
    weights_licence="none",
    data_licence="none",
    trained_on="nothing",
    parameters=0,
    megabytes=0.0,
    recipe="none",
)


def network(kind: str, **options: object) -> CharacterModel:
    torch.manual_seed(0)
    sizes = {"width": 8, "hidden": 12, "layers": 2, "heads": 2, "context": 16} | options
    return CharacterModel(FIRST + len(ALPHABET), kind, **sizes).eval()


def generator(kind: str = "lstm", **options: object) -> CharacterGenerator:
    model = network(kind, **options)
    with torch.no_grad():  # decisions that are not close
        model.classifier.weight.mul_(8)
    vocabulary = Vocabulary(characters=tuple(ALPHABET), lower=False)
    return CharacterGenerator(ROW, model, vocabulary, (), "cpu")


# the network


@pytest.mark.parametrize("kind", KINDS)
def test_shape_and_gradients(kind: str) -> None:
    model = network(kind).train()
    logits = model(torch.randint(2, 10, (3, 7)))
    assert logits.shape == (3, 7, FIRST + len(ALPHABET))
    (logits * torch.randn_like(logits)).sum().backward()
    assert [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_sees_what_comes(kind: str) -> None:
    model, numbers = network(kind), torch.randint(2, 10, (1, 8))
    changed = numbers.clone()
    changed[0, 5] = 11 - changed[0, 5]
    before, after = (model(n) for n in (numbers, changed))
    torch.testing.assert_close(before[:, :5], after[:, :5])
    assert not torch.allclose(before[:, 5:], after[:, 5:])


@pytest.mark.parametrize("kind", KINDS)
def test_reading_in_parts_is_reading_at_once(kind: str) -> None:
    model, numbers = network(kind), torch.randint(2, 10, (2, 12))
    whole, memory, parts = model.read(numbers)[0], None, []
    for part in numbers.split([5, 1, 6], 1):
        states, memory = model.read(part, memory)
        parts.append(states)
    torch.testing.assert_close(torch.cat(parts, 1), whole)


@pytest.mark.parametrize("kind", KINDS)
def test_memory_follows_the_chosen_texts(kind: str) -> None:
    model, numbers = network(kind), torch.randint(2, 10, (2, 6))
    rows, more = torch.tensor([1, 1, 0]), torch.randint(2, 10, (3, 2))
    memory = model.read(numbers)[1]
    found = model.read(more, memory.chosen(rows))[0]
    whole = model.read(torch.cat([numbers[rows], more], 1))[0][:, -2:]
    torch.testing.assert_close(found, whole)
    again = model.read(more[:2], memory)[0]  # the memory given was not changed
    torch.testing.assert_close(again, model.read(torch.cat([numbers, more[:2]], 1))[0][:, -2:])


def test_a_transformer_reads_on_when_its_window_is_full() -> None:
    """Of 16 characters the later 8 are kept, so the 17th sees 8 before it."""
    model, numbers = network("transformer"), torch.randint(2, 10, (1, 40))
    states, memory = model.read(numbers)
    assert states.shape == (1, 40, 8) and memory.cache.length <= model.context
    torch.testing.assert_close(states[:, 16], model.read(numbers[:, 8:17])[0][:, -1])


@pytest.mark.parametrize("kind", KINDS)
def test_survives_the_hub_format(kind: str, tmp_path: Path) -> None:
    model, numbers = network(kind), torch.randint(2, 10, (1, 5))
    model.save_pretrained(tmp_path)
    again = CharacterModel.from_pretrained(tmp_path, local_files_only=True, strict=True).eval()
    torch.testing.assert_close(again(numbers), model(numbers))


# ways of choosing

LOGS = np.log(np.array([0.5, 0.3, 0.15, 0.05]))


@pytest.mark.parametrize(
    ("choosing", "expected"),
    [
        (Choosing(), [0.5, 0.3, 0.15, 0.05]),
        (Choosing(temperature=0), [1, 0, 0, 0]),
        (Choosing(temperature=0.5), np.array([0.25, 0.09, 0.0225, 0.0025]) / 0.365),
        (Choosing(top_k=2), [0.625, 0.375, 0, 0]),
        (Choosing(top_k=9), [0.5, 0.3, 0.15, 0.05]),
        (Choosing(top_p=0.5), [1, 0, 0, 0]),
        (Choosing(top_p=0.6), [0.625, 0.375, 0, 0]),
        (Choosing(top_p=0.01), [1, 0, 0, 0]),
        (Choosing(top_k=3, top_p=0.8), np.array([0.5, 0.3, 0, 0]) / 0.8),
    ],
)
def test_shares(choosing: Choosing, expected: Sequence[float]) -> None:
    np.testing.assert_allclose(shares(LOGS, choosing), expected, atol=1e-9)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
@pytest.mark.parametrize(("top_k", "top_p"), [(0, 1.0), (5, 1.0), (0, 0.7), (6, 0.5)])
def test_shares_are_those_of_transformers(temperature: float, top_k: int, top_p: float) -> None:
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    logits = torch.randn(1, 40, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3
    theirs = TemperatureLogitsWarper(temperature)(None, logits)
    theirs = TopKLogitsWarper(top_k)(None, theirs) if top_k else theirs
    theirs = TopPLogitsWarper(top_p)(None, theirs) if top_p < 1 else theirs
    ours = shares(
        logits.log_softmax(-1)[0].numpy(), Choosing(temperature=temperature, top_k=top_k, top_p=top_p)
    )
    np.testing.assert_allclose(ours, theirs.softmax(-1)[0], atol=1e-9)


@dataclass
class Chain:
    """A writer whose next part depends on the last one alone, by a table; the last entry is <EOS>."""

    table: np.ndarray  # (entries, entries) probabilities

    @property
    def end(self) -> int:
        return len(self.table) - 1

    def texts(self, numbers: Sequence[int]) -> tuple[str, ...]:
        return tuple("abcdefgh"[n] for n in numbers)

    def advance(self, numbers: Tensor, memory: object) -> tuple[Tensor, "Chain"]:
        return torch.from_numpy(self.table[numbers[:, -1].numpy()]).log(), self

    def chosen(self, rows: Tensor) -> "Chain":
        return self


def chain(seed: int = 0) -> Chain:
    return Chain(np.random.default_rng(seed).dirichlet(np.ones(4), 4))


def best_by_trying_all(writer: Chain, first: int, length: int) -> tuple[float, tuple[int, ...]]:
    """Over all texts that end within `length` parts, and all that have not ended then."""
    found = []
    for count in range(length + 1):
        for parts in itertools.product(range(writer.end), repeat=count):
            whole = (*parts, writer.end) if count < length else parts
            steps = zip((first, *whole), whole, strict=False)
            found.append((sum(math.log(writer.table[a, b]) for a, b in steps), parts))
    return max(found)


@pytest.mark.parametrize("seed", range(6))
def test_a_wide_beam_finds_the_most_probable_text(seed: int) -> None:
    writer = chain(seed)
    (*_, ranked) = search(writer, torch.tensor([0]), 4, beams=200)
    best, parts = best_by_trying_all(writer, 0, 4)
    assert ranked[0].log_probability == pytest.approx(best)
    assert tuple(step.number for step in ranked[0].steps) == parts


@pytest.mark.parametrize("seed", range(6))
def test_one_beam_is_argmax(seed: int) -> None:
    writer, prompt = chain(seed), torch.tensor([0])
    greedy = [s.number for s in write(writer, prompt, 5, Choosing(temperature=0))]
    (*_, ranked) = search(writer, prompt, 5, beams=1)
    assert [step.number for step in ranked[0].steps] == greedy


def test_a_beam_is_never_less_probable_than_argmax_where_it_is_wide() -> None:
    """Where argmax is a trap: a is most probable at first, but only b leads to something certain."""
    table = np.array(
        [[0.01, 0.5, 0.48, 0.01], [0.3, 0.3, 0.2, 0.2], [0.005, 0.005, 0.985, 0.005], [0.25] * 4]
    )
    writer, prompt = Chain(table), torch.tensor([0])
    greedy, beam = (written(writer, prompt, 4, c) for c in (Choosing(temperature=0), Choosing(beams=3)))
    assert greedy.text[0] == "b" and beam.text == "cccc"
    assert beam.log_probability > greedy.log_probability


def test_drawing_follows_the_distribution_and_the_seed() -> None:
    writer, prompt = chain(), torch.tensor([0])
    first = [next(write(writer, prompt, 1, Choosing(seed=s)), None) for s in range(600)]
    counts = np.bincount([writer.end if step is None else step.number for step in first], minlength=4)
    np.testing.assert_allclose(counts / 600, writer.table[0], atol=0.07)
    twice = [written(writer, prompt, 20, Choosing(seed=7)).text for _ in range(2)]
    assert twice[0] == twice[1]


def test_it_ends_at_the_end() -> None:
    table = np.array([[0.1, 0.8, 0.1], [0.05, 0.05, 0.9], [0.3, 0.3, 0.4]])
    assert written(Chain(table), torch.tensor([0]), 50, Choosing(temperature=0)).text == "b"
    assert written(Chain(table), torch.tensor([0]), 50, Choosing(beams=2)).text == "b"


@pytest.mark.parametrize("choosing", [Choosing(), Choosing(beams=2)])
def test_writing_can_be_cancelled(choosing: Choosing) -> None:
    stopped = False
    token = CURRENT.set(Deadline(60, cancelled=lambda: stopped))
    try:
        predictor = generator()
        steps = writing(predictor, predictor.numbers("a"), 1000, choosing)
        next(steps)
        stopped = True
        with pytest.raises(Overloaded) as caught:
            for _ in steps:
                pass
        assert caught.value.code == "cancelled"
    finally:
        CURRENT.reset(token)


# scoring and writing characters


@pytest.mark.parametrize("kind", KINDS)
def test_a_score_is_the_product_of_the_next_character_s_probabilities(kind: str) -> None:
    predictor, given = generator(kind, context=64), "abc\nfed a"
    found = predictor.score(given)
    expected = []
    for place, character in enumerate(given):
        logs, _ = predictor.advance(predictor.numbers(given[:place])[None])
        expected.append(float(logs[0, predictor.entries.index(character)]))
    np.testing.assert_allclose(found.log_probabilities, expected, atol=1e-4)
    assert found.log_probability == pytest.approx(sum(expected), abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_scores_as_it_was_written(kind: str) -> None:
    predictor = generator(kind, context=64)
    for choosing in (Choosing(temperature=0), Choosing(seed=1), Choosing(beams=3)):
        more = written(predictor, predictor.numbers("abc"), 12, choosing)
        whole = predictor.score("abc" + more.text)
        np.testing.assert_allclose(whole.log_probabilities[3:], more.log_probabilities, atol=1e-4)
        assert whole.ranks[3:].tolist() == more.ranks.tolist()


def test_all_probabilities_sum_to_one_without_padding_and_unknown() -> None:
    logs, _ = generator().advance(generator().numbers("abc")[None])
    assert torch.isinf(logs[0, :FIRST]).all()
    assert float(logs.exp().sum()) == pytest.approx(1, abs=1e-5)


def test_unknown_characters_are_read_and_said() -> None:
    predictor = generator()
    found = predictor.score("a☃b")
    assert found.known.tolist() == [True, False, True] and np.isnan(found.log_probabilities[1])
    assert predictor.remarks("a☃b") == (
        "this network does not know ☃, and reads each as the unknown character",
    )
    assert predictor.remarks("ab") == ()


def test_predict_scores_and_continues() -> None:
    answer = generator().predict("abc", 5)
    assert answer.given.text == "abc" and len(answer.written.parts) == 5
    found = answer.to_json()
    assert found["written"] == answer.written.text and len(found["parts"]) == 5
    assert generator().predict("abc").written.parts == ()
    assert ["text given", "abc"] in answer.rows() and "abc" not in answer.text()


def test_a_golden_answer_is_about_the_text_given() -> None:
    answer = generator().predict("abc")
    assert answer.unlike(answer.arrays()) == ""
    moved = {"log_probabilities": answer.arrays()["log_probabilities"] - 0.5}
    assert "0.5" in answer.unlike(moved)
    assert "expected" in answer.unlike({"log_probabilities": np.zeros(7, np.float32)})


def test_the_result_checks_itself() -> None:
    with pytest.raises(ValueError, match="a part"):
        Guessed(("a", "b"), np.zeros(1, np.float32), np.zeros(2, np.int64))
    with pytest.raises(ValueError, match="above 0"):
        Guessed(("a",), np.ones(1, np.float32), np.zeros(1, np.int64))
    nothing = Continuation(Guessed(("☃",), np.array([np.nan], np.float32), np.array([-1])))
    assert nothing.to_json()["given_perplexity"] is None and nothing.given.log_probability == 0


def test_steps_become_a_text() -> None:
    predictor = generator()
    steps = list(write(predictor, predictor.numbers("a"), 3, Choosing(temperature=0)))
    assert guessed(predictor, steps).text == "".join(predictor.entries[s.number] for s in steps)
    assert all(step.rank == 0 for step in steps)


# counting


def test_counts_by_hand() -> None:
    """After "ab" comes "c" twice and "d" once; with two kinds of three seen, the shorter beginning counts for 2 / 5."""
    counts = CharacterCounts("abcd", order=2)
    counts.learn("abcabcabd")
    unigram = {c: (n + 4 * 0.25) / (9 + 4) for c, n in zip("abcd", (3, 3, 2, 1), strict=True)}
    bigram = (2 + 2 * unigram["c"]) / (3 + 2)
    assert counts.probability("b", "c") == pytest.approx(bigram)
    assert counts.probability("ab", "c") == pytest.approx((2 + 2 * bigram) / (3 + 2))
    assert counts.probability("zz", "c") == pytest.approx(unigram["c"])


@pytest.mark.parametrize("before", ["", "a", "ab", "xyz", "abca"])
def test_counts_sum_to_one(before: str) -> None:
    counts = CharacterCounts("abcdxyz", order=3)
    counts.learn("abcabdxxyzab")
    assert counts.distribution(before).sum() == pytest.approx(1, abs=1e-5)


def test_counts_that_learn_as_they_read_never_look_ahead() -> None:
    counts = CharacterCounts("ab", order=2)
    first = counts.log_probabilities("abab", learning=True)
    assert first[0] == pytest.approx(math.log(0.5)) and first[3] > first[1]


# text, and what is measured on it


def test_blocks_end_at_blank_lines_and_lose_nothing() -> None:
    speeches = [f"Speaker {i}:\n" + "Word after word. " * 40 for i in range(40)]
    blocks = cut("\n\n".join(speeches))
    assert "\n\n".join(blocks) == "\n\n".join(speeches)
    assert all(BLOCK <= len(block) <= 2 * BLOCK for block in blocks[:-1])
    assert all(block.startswith("Speaker") for block in blocks)


def test_one_long_line_is_cut_nowhere_but_many_are() -> None:
    assert len(cut("x" * 50_000)) == 1
    assert len(cut("\n".join(["x" * 100] * 500))) > 3


def test_a_split_is_seeded_and_keeps_blocks_apart() -> None:
    data = RunningText(blocks=tuple(f"block {i}" for i in range(20)))
    train, dev = split(data, 0.1, seed=0)
    assert len(dev.blocks) == 2 and set(train.blocks) | set(dev.blocks) == set(data.blocks)
    assert not set(train.blocks) & set(dev.blocks)
    assert split(data, 0.1, seed=0) == (train, dev) and split(data, 0.1, seed=1) != (train, dev)
    with pytest.raises(BadData) as caught:
        split(RunningText(blocks=("one",)), 0.1, 0)
    assert caught.value.code == "data_too_small"


def test_texts_are_found_by_part(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("first\r\nsecond")
    (tmp_path / "val.txt").write_text("third")
    found = open_texts(tmp_path)
    assert found["train"].text == "first\nsecond" and found["dev"].text == "third"
    (tmp_path / "one.txt").write_bytes("\ufeffalone".encode())
    assert open_texts(tmp_path / "one.txt")["all"].text == "alone"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.txt", b"\xff\xfe\x00x", "data_unreadable"),
        ("a.txt", b"  \n", "data_unreadable"),
        ("a.pdf", b"x", "data_missing"),
    ],
)
def test_files_that_are_no_text(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadData) as caught:
        open_texts(tmp_path / name)
    assert caught.value.code == code and str(tmp_path) not in caught.value.message


def test_a_report_is_recomputed_from_the_scores() -> None:
    predictor = generator()
    data = RunningText(blocks=("abc def", "fed\ncba", "aa☃a"))
    report = evaluate(predictor, data, name="test")
    scores = [predictor.score(block) for block in data.blocks]
    total, count = sum(s.log_probability for s in scores), sum(s.characters for s in scores)
    assert report["count"] == count == 17 and report["unknown"] == 1 and report["blocks"] == 3
    assert report["perplexity"]["value"] == pytest.approx(math.exp(-total / count), rel=1e-5)
    assert report["perplexity"]["low"] <= report["perplexity"]["value"] <= report["perplexity"]["high"]
    first = sum(int((s.ranks == 0).sum()) for s in scores)
    assert report["accuracy"]["value"] == pytest.approx(first / count, abs=1e-6)
    assert "perplexity per character" in text(report)


def test_a_baseline_that_saw_the_training_text_is_better() -> None:
    predictor = generator()
    data, train = RunningText(blocks=("abc abc",)), RunningText(blocks=("abc abc abc abc " * 20,))
    alone, with_train = (evaluate(predictor, data, train=t)["baseline"] for t in (None, train))
    assert with_train["perplexity"] < alone["perplexity"]
    assert "training" in with_train["name"] and "before" in alone["name"]


def test_text_in_another_alphabet_cannot_be_measured() -> None:
    with pytest.raises(BadData) as caught:
        evaluate(generator(), RunningText(blocks=("☃☃☃",)))
    assert caught.value.code == "data_unreadable"
