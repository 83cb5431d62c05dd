"""Text as an input: what is taken out, how it is cut, numbers for words, and how a text travels through every interface."""

import json
import time
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from hub_models.errors import BadData, BadInput, CheckpointError
from hub_models.labelled_texts import open_texts
from hub_models.local import GOLDEN, asked, golden_arrays, read_golden
from hub_models.predictors.reading import unknown, unread
from hub_models.task import Example
from hub_models.text import LONGEST, clean, words
from hub_models.text_files import part_of
from hub_models.vocabulary import (
    FIRST,
    UNKNOWN,
    build_vocabulary,
    read_vocabulary,
    vocabulary_in,
)


def code_of(call) -> str:
    with pytest.raises((BadData, BadInput, CheckpointError)) as told:
        call()
    assert "\n" not in told.value.message and "/tmp" not in told.value.message
    return told.value.code


# --- cleaning: rows 32 to 35 of the hostile inputs -------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "   ", "\n\t\r\n", "\u200b\u202e\ufeff", "\x00\x07", "\ud800", "\ufffd \ufffd"]
)
def test_nothing_to_read_is_said(text: str) -> None:
    assert code_of(lambda: clean(text)) == "text_empty"


def test_ten_megabytes_cost_nothing() -> None:
    text = "x" * 10_000_000
    began = time.perf_counter()
    assert code_of(lambda: clean(text)) == "text_too_long"
    assert time.perf_counter() - began < 0.1
    assert clean("x" * LONGEST)[0] == "x" * LONGEST
    assert code_of(lambda: clean("x" * (LONGEST + 1))) == "text_too_long"


@pytest.mark.parametrize("given", [None, 3, {"text": "a"}, ["a"], b"a"])
def test_what_is_no_text_is_refused(given: object) -> None:
    assert code_of(lambda: clean(given)) == "bad_value"


@pytest.mark.parametrize(
    ("text", "expected", "note"),
    [
        ("a\x00b\x1bc", "abc", "2 invisible characters taken out"),
        ("abc\u202edef\u2066", "abcdef", "2 invisible"),
        ("in\u200bvis\u2060ible\ufeff", "invisible", "3 invisible"),
        ("in\u200dvisible", "invisible", "1 invisible character taken out"),
        ("half \ud83d of it", "half \ufffd of it", "1 broken character replaced"),
        ("a\r\nb\rc", "a\nb\nc", ""),
        ("  spaces  ", "spaces", ""),
        ("cafe\u0301", "café", ""),
        ("<script>alert(1)</script>", "<script>alert(1)</script>", ""),
    ],
)
def test_what_cannot_be_seen_is_taken_out(text: str, expected: str, note: str) -> None:
    cleaned, notes = clean(text)
    assert cleaned == expected
    assert any(note in told for told in notes) if note else notes == ()
    cleaned.encode()  # valid UTF-8
    assert not {unicodedata.category(c) for c in cleaned} & {"Cc", "Cs", "Cf"} - {"Cc"} or "\n" in cleaned


@pytest.mark.parametrize("text", ["👩\u200d🔬", "می\u200cخواهم", "שלום עולם", "日本語", "👍🏽"])
def test_scripts_and_emoji_stay_as_they_are(text: str) -> None:
    assert clean(text) == (text, ())


# --- cutting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It doesn't work, it's bad!", ["It", "does", "n't", "work", ",", "it", "'s", "bad", "!"]),
        ("wo n't sit still", ["wo", "n't", "sit", "still"]),
        ("can’t we’ve", ["ca", "n’t", "we", "’ve"]),
        ("U.S. 1,000.50 at 12:30 ...", ["U.S.", "1,000.50", "at", "12:30", "..."]),
        ("Osc-Dis O'Brien @paul #tag", ["Osc-Dis", "O'Brien", "@paul", "#tag"]),
        ("see http://t.co/x?y=1 now", ["see", "http://t.co/x?y=1", "now"]),
        ("👩\u200d🔬 👍🏽!", ["👩\u200d🔬", "👍🏽", "!"]),
        ("<b>best</b>", ["<", "b", ">", "best", "<", "/", "b", ">"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
    ],
)
def test_words_and_signs(text: str, expected: list[str]) -> None:
    found = words(text)
    assert [word.text for word in found] == expected
    assert all(text[word.start : word.end] == word.text for word in found)


def test_without_hyphens_parts_stand_alone() -> None:
    text = "a re-imagining - well-made"
    assert [word.text for word in words(text, hyphens=False)] == ["a", "re", "imagining", "well", "made"]
    assert all(text[word.start : word.end] == word.text for word in words(text, hyphens=False))


@pytest.mark.parametrize(
    "text", ["x" * 20_000, "n't" * 6_000, "-" * 20_000, "a-" * 10_000, "👍" * 20_000, "." * 20_000]
)
def test_no_text_makes_cutting_slow(text: str) -> None:
    began = time.perf_counter()
    words(text)
    assert time.perf_counter() - began < 2


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_a_vocabulary_keeps_the_commonest_words() -> None:
    sentences = [["A", "film", "of", "1999"], ["a", "FILM", "of", "2001"], ["a", "bore"]]
    vocabulary = build_vocabulary(sentences, least=2, characters=True, digits=True)
    assert vocabulary.words == ("a", "0000", "film", "of")
    assert vocabulary.numbers(["A", "1984", "bore"]) == [FIRST, FIRST + 1, UNKNOWN]
    assert [vocabulary.entry(n) for n in (0, 1, 2)] == ["(padding)", "(unknown)", "a"]
    assert "f" in vocabulary.characters and vocabulary.character_numbers("f~")[1] == UNKNOWN
    assert build_vocabulary(sentences, least=1, most=2).words == ("a", "film")
    assert vocabulary_in(vocabulary.to_bytes()) == vocabulary


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"nonsense", b'{"words": 3}', b'{"words": [1]}', b'{"words": ["a", "a"]}', b'{"words": [""]}',
        b'{"other": []}', b'{"lower": "yes"}', b'{"characters": ["ab"]}', b'{"words": ["\\ud800"]}', b"[" * 100_000,
        json.dumps({"words": ["x" * 101]}).encode(),
    ],
)  # fmt: skip
def test_a_foreign_vocabulary_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "vocabulary.json").write_bytes(content)
    assert code_of(lambda: read_vocabulary(tmp_path / "vocabulary.json")) == "checkpoint_corrupt"


def test_a_missing_vocabulary_is_said(tmp_path: Path) -> None:
    assert code_of(lambda: read_vocabulary(tmp_path / "vocabulary.json")) == "checkpoint_missing"


def test_remarks_say_what_was_not_read() -> None:
    assert unread(512, 512, "words") == () and "first 512 of 600 words" in unread(600, 512, "words")[0]
    assert unknown([], 0, 5) == ()
    assert unknown(["xyzzy"], 1, 5) == ("not in its vocabulary: xyzzy",)
    assert "another language" in unknown(["un", "due"], 4, 5)[0]


# --- golden texts and examples ---------------------------------------------------------------------------------------


def test_a_golden_input_may_be_a_picture_a_text_a_series_or_two_of_them(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    answer = {"probabilities": np.array([0.25, 0.75], np.float32)}
    picture, series = np.zeros((2, 3, 3), np.uint8), np.zeros(5, np.float32)
    for given in ("naïve 日本", picture, series, (picture, "what colour?")):
        save_file(golden_arrays(given) | answer, tmp_path / GOLDEN)
        golden = read_golden(tmp_path)
        assert all(np.array_equal(*pair) for pair in zip(asked(golden.given), asked(given), strict=True))
        assert list(golden.arrays) == ["probabilities"]
    for wrong in (
        answer,
        answer | golden_arrays("a") | golden_arrays(series),
        answer | {"text": np.array([0xFF], np.uint8)},
        answer | {"text": np.zeros((2, 2), np.uint8)},
        golden_arrays("alone"),
    ):
        save_file(wrong, tmp_path / GOLDEN)
        assert code_of(lambda: read_golden(tmp_path)) == "checkpoint_foreign"


def test_an_example_is_a_file_or_a_text() -> None:
    assert Example(name="a", text="b").place == ""
    for wrong in ({}, {"place": "a/b", "text": "c"}):
        with pytest.raises(ValueError, match="place or a text"):
            Example(name="a", **wrong)


# --- tables of labelled texts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", 'a "fine" film\tgood\nbad , bad\tpoor\n'),
        ("a.tsv", '\ufefflabel\ttext\ngood\ta "fine" film\npoor\tbad , bad\n'),
        ("a.csv", '"a ""fine"" film",good\r\n"bad , bad",poor\r\n'),
        ("a.csv", 'id,sentence,label\n1,"a ""fine"" film",good\n2,"bad , bad",poor\n'),
    ],
)
def test_tables_of_texts(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content.encode())
    (data,) = open_texts(tmp_path / name).values()
    assert data.texts == ('a "fine" film', "bad , bad")
    assert [data.class_names[i] for i in data.labels] == ["good", "poor"]


def test_parts_numbers_and_unusable_rows(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("one\t0\n\t1\ntwo\t1\nthree\t\n")
    (tmp_path / "dev.tsv").write_text("four\t1\n")
    data = open_texts(tmp_path, ("negative", "positive"))
    assert set(data) == {"train", "dev"}
    assert (data["train"].texts, data["train"].skipped) == (("one", "two"), 2)
    assert data["dev"].class_names == ("negative", "positive") and data["dev"].labels.tolist() == [1]
    assert code_of(lambda: open_texts(tmp_path, ("only one",))) == "classes_unknown"
    assert [part_of(n) for n in ("train/a.txt", "wnut17.dev.conll", "x.csv", "valid.tsv")] == [
        "train", "dev", "all", "dev",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.tsv", b"no class here\n", "data_shape"),
        ("a.tsv", b"", "data_missing"),
        ("a.tsv", b"caf\xe9\t1\n", "data_unreadable"),
        ("a.csv", b'"never closed,1\n', "data_unreadable"),
        ("a.bin", b"a\t1\n", "data_missing"),
        ("a.tsv", b"".join(f"t\t{i}\n".encode() for i in range(1001)), "data_shape"),
    ],
)
def test_tables_that_cannot_be_used(name: str, content: bytes, code: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert code_of(lambda: open_texts(tmp_path)) == code
