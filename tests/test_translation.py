"""Translators: networks step by step equal to all at once, the search, pieces, pairs, figures; Marian and `generate`."""

import gzip
import importlib
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from translation_sets import pairs, write_marian, write_pairs

from finetune.translation_networks import shape_of
from hub_models import compute
from hub_models.architectures.bahdanau import Bahdanau
from hub_models.architectures.luong import Luong
from hub_models.architectures.seq2seq import Seq2Seq
from hub_models.architectures.transformer import Transformer
from hub_models.checkpoint import Checkpoint
from hub_models.compute import Deadline
from hub_models.errors import BadData, BadInput, CheckpointError, Overloaded
from hub_models.evaluate import translation as measured
from hub_models.paired_texts import PairedTexts, open_pairs, split_pairs
from hub_models.predictors import transformers as from_transformers
from hub_models.predictors.beams import Hypothesis
from hub_models.predictors.pieces import (
    END,
    PADDING,
    SIGNS,
    START,
    UNKNOWN,
    Pieces,
    learn_pieces,
    read_pieces,
)
from hub_models.predictors.translator import MOST_PIECES, TransformerSteps, Translator
from hub_models.translation import Translation
from hub_models.word_for_word import learn_dictionary, spaced, tokens

NAMES = ("seq2seq", "bahdanau", "luong", "transformer")
WORDS = 13
ROW = Checkpoint(
    id="net.tests", task="translation", title="Net", architecture="Net", year=2020, library="transformers",
    source="local:x", model="AutoModelForSeq2SeqLM", sentence="A test.", paper="None.", weights_licence="none",
    data_licence="none", trained_on="nothing", parameters=1, megabytes=0.1, recipe="none",
)  # fmt: skip


def network(name: str, words: int = WORDS) -> torch.nn.Module:
    torch.manual_seed(0)
    sizes = SimpleNamespace(model=name, width=16, hidden=16, layers=2, heads=2, inner=24, dropout=0.1)
    made = importlib.import_module(f"hub_models.architectures.{name}").MODEL(**shape_of(sizes, words))
    for parameter in made.parameters():  # decisions that are not close
        if parameter.ndim > 1:
            parameter.data.normal_(0, 0.5)
    return made.eval()


@pytest.fixture(scope="module")
def pieces() -> Pieces:
    return learn_pieces([side for pair in pairs(40) for side in pair], 120)


@pytest.fixture(scope="module", params=NAMES)
def translator(request: pytest.FixtureRequest, pieces: Pieces) -> Translator:
    return Translator(ROW, network(request.param, pieces.size), pieces, "cpu")


# --- the networks ----------------------------------------------------------------------------------------------------

SOURCE = torch.tensor([[4, 7, 5, 9, END], [6, 8, END, PADDING, PADDING]])
TARGET = torch.tensor([[START, 5, 4, 11], [START, 12, 6, 6]])


@pytest.mark.parametrize("name", NAMES)
def test_step_by_step_is_all_at_once(name: str) -> None:
    """With its cache or its state a decoder answers as when it is given the whole translation."""
    net = network(name)
    steps = TransformerSteps(net) if isinstance(net, Transformer) else net
    mask = SOURCE != PADDING
    with torch.inference_mode():
        whole = net(SOURCE, TARGET, mask)
        memory = steps.begin(SOURCE, mask)
        for place in range(TARGET.shape[1]):
            logits, memory = steps.advance(TARGET[:, place], memory)
            torch.testing.assert_close(logits, whole[:, place], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_padding_changes_nothing(name: str) -> None:
    """The shorter sentence of a batch is answered as alone; its alignment is nothing on padding."""
    net = network(name)
    steps = TransformerSteps(net) if isinstance(net, Transformer) else net
    with torch.inference_mode():
        together = net(SOURCE, TARGET, SOURCE != PADDING)[1]
        alone = net(SOURCE[1:, :3], TARGET[1:])[0]
        looked = steps.aligned(SOURCE, TARGET, SOURCE != PADDING)
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)
    if name == "seq2seq":
        assert looked is None
    else:
        assert looked.shape == (2, 4, 5) and not looked[1, :, 3:].any()
        torch.testing.assert_close(looked.sum(-1), torch.ones(2, 4))


@pytest.mark.parametrize("name", ["bahdanau", "luong"])
def test_the_attention_is_that_of_the_lecture(name: str) -> None:
    """What is computed once or for all steps together equals BahdanauAttention and LuongAttention step by step."""
    net = network(name)
    with torch.inference_mode():
        memory = net.begin(SOURCE, SOURCE != PADDING)
        keys, _, mask = memory.source
        looked = net.aligned(SOURCE, TARGET, mask)
        for place in range(TARGET.shape[1]):
            query = memory.state[0]  # Bahdanau looks before its step
            _, memory = net.advance(TARGET[:, place], memory)
            if isinstance(net, Luong):
                query = memory.state[0]  # Luong after it
            _, weights = net.attention(query, keys, mask)
            torch.testing.assert_close(weights, looked[:, place], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_reaches_every_parameter_and_the_hub_format_keeps_all(name: str, tmp_path: Path) -> None:
    net = network(name)
    logits = net(SOURCE, TARGET, SOURCE != PADDING)
    assert logits.shape == (2, 4, WORDS)
    (logits * torch.randn_like(logits)).sum().backward()
    assert [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []
    net.save_pretrained(tmp_path)
    again = type(net).from_pretrained(tmp_path, local_files_only=True, strict=True).eval()
    with torch.no_grad():
        assert torch.equal(net(SOURCE, TARGET), again(SOURCE, TARGET))


def test_a_shared_table_is_one_table() -> None:
    net = Transformer(WORDS, WORDS, 8, 2, 1, 8, shared=True)
    assert "source.weight" not in net.state_dict() and net.source_table is net.target
    with pytest.raises(ValueError, match="one vocabulary to share, got 5 and 6"):
        Transformer(5, 6, 8, 2, 1, 8, shared=True)


def test_sizes() -> None:
    """The bundled networks have about a million weights each, of which the table takes 448,000."""
    built = [Seq2Seq(3500), Bahdanau(3500), Luong(3500), Transformer(3500, 3500, 128, 4, 3, 256, shared=True)]
    counts = [sum(p.numel() for p in net.parameters()) for net in built]
    assert all(900_000 < count < 1_500_000 for count in counts), counts


# --- pieces of words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "The old man 6 sits near the lake.",
        "Le chien rouge 3 est assis près du lac.",
        "Le garçon grand dans la rue",
    ],
)
def test_pieces_there_and_back(pieces: Pieces, text: str) -> None:
    numbers = pieces.numbers(text)
    assert numbers[-1] == END and pieces.text(numbers) == text
    assert pieces.all_numbers([text, "dog"])[0] == numbers


def test_signs_in_a_text_are_letters(pieces: Pieces) -> None:
    """Who types <EOS> does not end the sentence."""
    assert not {START, END, PADDING} & set(pieces.numbers("the <EOS> <PAD> <SOS> dog")[:-1])
    assert pieces.entries[:4] == SIGNS


def test_unknown_letters_are_told(pieces: Pieces) -> None:
    assert pieces.unknown("the жук dog 🎬") == ("ж", "у", "к", "🎬")
    assert pieces.unknown("the dog") == ()
    assert UNKNOWN in pieces.numbers("жук")


def test_the_same_texts_give_the_same_pieces(pieces: Pieces) -> None:
    assert learn_pieces([side for pair in pairs(40) for side in pair], 120).content == pieces.content


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "checkpoint_missing"),
        (b"", "checkpoint_corrupt"),
        (b"{}", "checkpoint_corrupt"),
        (b"\xff\xfe", "checkpoint_corrupt"),
        (b'{"version": "1.0", "model": {"type": "BPE", "vocab": {}, "merges": []}}', "checkpoint_corrupt"),
        (b" " * (16 * 1024**2 + 1), "checkpoint_corrupt"),
    ],
)
def test_a_foreign_vocabulary_is_refused(content: bytes | None, code: str, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        read_pieces(path)
    assert caught.value.code == code and str(tmp_path) not in str(caught.value)


# --- the search ------------------------------------------------------------------------------------------------------


def test_greedy_takes_the_most_probable(translator: Translator) -> None:
    given = translator.numbers("The red dog 3 sits in the park.")
    written = translator.searches([given], 1, longest=9)[0].best.numbers
    target = torch.tensor([[START, *written[:-1]]])
    with torch.inference_mode():
        logits = translator.network(torch.tensor([given]), target)[0]
    logits = logits.clone()
    logits[:, list(translator.signs.never)] = -torch.inf
    assert logits.argmax(-1).tolist() == list(written)


@pytest.mark.parametrize("beams", [1, 3])
def test_many_at_a_time_are_each_alone(translator: Translator, beams: int) -> None:
    texts = [a for a, _ in pairs(5)] + [
        "dog",
        "The old man sits near the lake and near the lake and in the park.",
    ]
    assert translator.predict_many(texts, beams) == [translator.predict(t, beams).written for t in texts]


def test_more_beams_find_no_less_probable_translations(translator: Translator) -> None:
    texts = [translator.numbers(a) for a, _ in pairs(6)]
    totals = [
        np.mean([one.best.score(1.0) for one in translator.searches(texts, beams, 1.0)]) for beams in (1, 8)
    ]
    assert totals[1] >= totals[0] - 1e-6


def test_a_translation_tells_what_it_is_made_of(translator: Translator) -> None:
    found = translator.predict("The red dog", 2)
    assert found.pieces and found.given[-1] == "<EOS>" and found.to_json()["translation"] == found.written
    assert (found.alignment is None) == isinstance(translator.network, Seq2Seq)
    assert found.unlike(found.arrays()) == ""
    rounds = translator.rounds("The red dog", 3)
    assert all(len(one.going) <= 3 and len(one.ended) <= 3 for one in rounds)
    best = (rounds[-1].ended or rounds[-1].going)[0]
    assert translator.text(best.numbers) == translator.predict("The red dog", 3).written


def test_a_search_can_be_cancelled(translator: Translator) -> None:
    token = compute.CURRENT.set(Deadline(cancelled=lambda: True))
    try:
        with pytest.raises(Overloaded) as caught:
            translator.predict("The red dog")
        assert caught.value.code == "cancelled"
    finally:
        compute.CURRENT.reset(token)


def test_a_long_text_is_refused_in_words(translator: Translator) -> None:
    with pytest.raises(BadInput, match=f"at most {MOST_PIECES} pieces") as caught:
        translator.predict("dog " * 500)
    assert caught.value.code == "text_too_long"


def test_pieces_of_another_network_are_refused(pieces: Pieces, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_bytes(pieces.content)
    with pytest.raises(CheckpointError, match=f"Expected {WORDS} pieces of words for this network"):
        Translator.from_folder(ROW, network("luong"), tmp_path, "cpu")


def test_scores_divide_by_length() -> None:
    long, short = Hypothesis((1, 2, 3, 4), (-1.0,) * 4), Hypothesis((1, 3), (-1.2, -1.2))
    assert short.score(0.0) > long.score(0.0) and long.score(1.0) > short.score(1.0)


# --- the result ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("logs", "alignment", "says"),
    [
        ([-0.1], None, "a logarithm a piece"),
        ([-0.1, 0.3], None, "none above 0"),
        ([-0.1, np.nan], None, "finite"),
        ([-0.1, -0.2], np.ones((2, 2)), r"an alignment \(2, 3\)"),
    ],
)
def test_a_wrong_translation_is_refused(logs: list[float], alignment, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Translation(("a", "b", "c"), ("x", "y"), "x y", np.array(logs, np.float32), alignment)


def test_a_changed_translation_is_told() -> None:
    one = Translation(("a",), ("x",), "x", np.array([-0.5], np.float32))
    assert "expected 'x', got 'y'" in Translation(("a",), ("y",), "y", one.log_probabilities).unlike(
        one.arrays()
    )
    assert "differs by" in Translation(("a",), ("x",), "x", one.log_probabilities - 1).unlike(one.arrays())


# --- pairs of sentences ----------------------------------------------------------------------------------------------


def test_two_files_a_language_each(tmp_path: Path) -> None:
    for part, count in (("train", 6), ("val", 2)):
        for side, language in ((0, "en"), (1, "fr")):
            text = "\n".join(pair[side] for pair in pairs(count)) + "\n"
            (tmp_path / f"{part}.{language}.gz").write_bytes(gzip.compress(text.encode()))
    found = open_pairs(tmp_path)
    assert {part: len(data) for part, data in found.items()} == {"train": 6, "dev": 2}
    assert found["train"].languages == ("en", "fr") and found["train"].targets[0] == pairs(1)[0][1]
    back = open_pairs(tmp_path, "fr", "en")["dev"]
    assert back.sources[0] == pairs(1)[0][1]
    (tmp_path / "train.de").write_text("eins")
    with pytest.raises(BadData, match="files of two languages, got"):
        open_pairs(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train.tsv", "a dog\tun chien\na cat\tun chat\n"),
        ("train.tsv", "en\tfr\na dog\tun chien\na cat\tun chat\n"),
        ("all.csv", 'target,source\n"un chien","a dog"\n"un chat","a cat"\n'),
        ("all.csv", "id,source,target\n1,a dog,un chien\n2,a cat,un chat\n"),
    ],
)
def test_tables(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    for path in (tmp_path / name, tmp_path):
        (data,) = open_pairs(path).values()
        assert (data.sources, data.targets) == (("a dog", "a cat"), ("un chien", "un chat"))
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.write(tmp_path / name, name)
    assert len(next(iter(open_pairs(tmp_path / "set.zip").values()))) == 2


@pytest.mark.parametrize(
    ("files", "code", "says"),
    [
        ({"a.tsv": "one column\n"}, "data_shape", "row 1 of a.tsv, got 1 column"),
        ({"a.csv": 'x,"y\n'}, "data_unreadable", "a quote that does not end"),
        ({"train.en": "a\nb\n", "train.fr": "a\n"}, "data_shape", "got 2 in en and 1 in fr"),
        ({"train.en.gz": "not packed", "train.fr": "a"}, "data_unreadable", "whole .gz"),
        ({"train.en": "a"}, "data_shape", "two languages"),
        ({"a.tsv": "\n"}, "data_missing", "Expected a .tsv"),
        ({"notes.md": "x"}, "data_shape", "two languages, got md"),
    ],
)
def test_wrong_files_are_told(files: dict[str, str], code: str, says: str, tmp_path: Path) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(BadData, match=says) as caught:
        open_pairs(tmp_path)
    assert caught.value.code == code and str(tmp_path) not in str(caught.value)


def test_what_is_empty_is_skipped_and_a_split_is_seeded(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("a dog\tun chien\n\u200b\tun chat\na cat\t \n")
    data = open_pairs(tmp_path)["all"]
    assert len(data) == 1 and data.skipped == 2
    whole = PairedTexts(sources=tuple("abcdefghij"), targets=tuple("klmnopqrst"))
    train, dev = split_pairs(whole, 0.2, 3)
    assert sorted(train.sources + dev.sources) == list("abcdefghij") and len(dev) == 2
    assert split_pairs(whole, 0.2, 3)[1] == dev
    with pytest.raises(BadData, match="enough pairs"):
        split_pairs(whole.subset([0]), 0.2, 3)


# --- the simplest translator, and figures ----------------------------------------------------------------------------


def test_a_dictionary_is_learned_without_being_told_which_word_is_which() -> None:
    rows = pairs(36)
    dictionary = learn_dictionary(*zip(*rows, strict=True))
    assert {w: dictionary.word_of[w] for w in ("dog", "red", "lake")} == {
        "dog": "chien",
        "red": "rouge",
        "lake": "lac",
    }
    assert "chien" in dictionary.translate("A dog that nobody knows.")
    assert dictionary.translate("nobody") == "Nobody"  # what it does not know stays
    assert tokens("L'homme d’un vélo, 3!") == ["L'", "homme", "d'", "un", "vélo", ",", "3", "!"]
    assert spaced(["l'", "homme", "rit", "."]) == "L'homme rit."


def test_figures_are_sacrebleu_s(translator: Translator) -> None:
    from sacrebleu.metrics import BLEU

    rows = pairs(24)
    data = PairedTexts(sources=tuple(a for a, _ in rows), targets=tuple(b for _, b in rows))

    class Says:
        checkpoint, device = ROW, "cpu"

        def predict_many(self, texts):
            return [b if i % 3 else b.replace("est assis", "dort") for i, (_, b) in enumerate(rows)][
                : len(texts)
            ]

    report = measured.evaluate(Says(), data, name="toy", split="dev", train=data)
    said = Says().predict_many(data.sources)
    assert report["bleu"]["value"] == pytest.approx(
        BLEU().corpus_score(said, [list(data.targets)]).score / 100, abs=1e-6
    )
    counted = measured.bleu_counts(said, data.targets)
    assert measured.bleu_of(counted.sum(0)) == pytest.approx(report["bleu"]["value"], abs=1e-6)
    assert report["bleu"]["low"] <= report["bleu"]["value"] <= report["bleu"]["high"] < 1
    assert [one["name"] for one in report["baselines"]] == ["word for word, IBM model 1", "the source copied"]
    assert sum(group["bleu"]["count"] for group in report["by_length"]) == 24
    assert "BLEU" in measured.text(report) and json.dumps(report, allow_nan=False)


def test_the_command_line_measures(translator: Translator, tmp_path: Path) -> None:
    with pytest.raises(BadData, match="Expected pairs of sentences"):
        measured.evaluate(translator, PairedTexts(sources=(), targets=()))
    data = next(iter(open_pairs(write_pairs(tmp_path, 12, 4)).values()))
    report = measured.evaluate(translator, data.subset(range(3)))
    assert report["count"] == 3 and report["by_length"] == []


# --- the library's networks ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def marian(tmp_path_factory):
    folder = write_marian(tmp_path_factory.mktemp("marian"))
    return from_transformers.load(ROW, folder, "cpu")


@pytest.mark.filterwarnings("ignore")  # the library's own, about options of greedy search
@pytest.mark.parametrize("penalty", [0.0, 1.0, 1.7])
@pytest.mark.parametrize("beams", [1, 2, 4])
def test_our_search_is_that_of_generate(marian, beams: int, penalty: float) -> None:
    network, pad = marian.network, marian.network.config.pad_token_id
    for text, longest in (
        (pairs(1)[0][0], 14),
        ("The old man", 5),
        ("dog", 25),
        ("a tall boy on the street", 20),
    ):
        given = marian.numbers(text)
        theirs = network.generate(
            torch.tensor([given]), num_beams=beams, length_penalty=penalty, max_new_tokens=longest, do_sample=False,
            early_stopping=False, bad_words_ids=[[pad]], renormalize_logits=True,
        )[0].tolist()  # fmt: skip
        ours = marian.searches([given], beams, penalty, longest)[0].best
        assert list(ours.numbers) == [n for n in theirs[1:] if n != pad]


def test_marian_with_its_cache_is_marian_without(marian) -> None:
    given = marian.numbers("The red dog 3 sits in the park.")
    written = marian.searches([given], 1, longest=8)[0].best
    with torch.inference_mode():
        logits = marian.network(
            input_ids=torch.tensor([given]),
            decoder_input_ids=torch.tensor([[marian.signs.start, *written.numbers[:-1]]]),
        ).logits[0]
    logits = logits.clone()
    logits[:, list(marian.signs.never)] = -torch.inf
    logs = logits.log_softmax(-1)
    assert logs.argmax(-1).tolist() == list(written.numbers)
    np.testing.assert_allclose(logs.max(-1).values.numpy(), written.logs, atol=1e-4)


def test_marian_translates_many_as_one_by_one(marian) -> None:
    texts = [pairs(3)[i][0] for i in range(3)] + ["dog"]
    assert marian.predict_many(texts) == [marian.predict(text).written for text in texts]
    found = marian.predict("The red dog", 2)
    assert found.alignment.shape == (len(found.pieces), len(found.given))
    np.testing.assert_allclose(found.alignment.sum(1), 1, atol=1e-5)
    assert marian.remarks("the 🎬") == ("1 pieces of the text are unknown to this network",)
    with pytest.raises(BadInput, match="at most 64 pieces"):
        marian.predict("dog " * 200)
