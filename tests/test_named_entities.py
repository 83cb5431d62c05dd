"""Named entities: tags and spans, files of tagged words, the tagger, its recipe, evaluation and tab."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import torch
from test_text import code_of
from text_sets import tagged, write_tagged, write_tiny_bert

import hub_models
from finetune.tagged_check import check_tagged, joined, split_documents, tagged_by_part
from finetune.token_classification import main as recipe
from finetune.token_classification import tag_names
from finetune.word_vectors import common_words, word_vectors
from hub_models import catalog
from hub_models import evaluate as evaluation
from hub_models.__main__ import main as command_line
from hub_models.architectures.tagger import Tagger
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadData
from hub_models.evaluate.named_entities import by_kind, counts_by_document, scores
from hub_models.loader import LOADER
from hub_models.local import read_config, read_local
from hub_models.predictors import transformers as library
from hub_models.predictors.tagger import MOST_CHARACTERS, best_path, spelling_of, spellings
from hub_models.tabs import named_entities as tab
from hub_models.tabs.named_entities_marks import listed, marked
from hub_models.tabs.named_entities_tags import sequences
from hub_models.tabs.reading_states import choices, drawn, layers_of
from hub_models.tabs.reading_words import looked_up
from hub_models.tagged_texts import open_tagged
from hub_models.task import task
from hub_models.text import words
from hub_models.tokens import Entities, Span, spans_of, tags_of
from hub_models.vocabulary import Vocabulary

TASK = task("named-entities")
TAGS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
SMALL = [
    "--epochs",
    "10",
    "--ema",
    "0.5",
    "--batch",
    "8",
    "--hidden",
    "12",
    "--embedding",
    "8",
    "--dropout",
    "0.1",
]


# --- tags and spans: as seqeval counts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("", []),
        ("O O", []),
        ("B-PER I-PER O B-LOC", [("PER", 0, 2), ("LOC", 3, 4)]),
        ("B-PER B-PER", [("PER", 0, 1), ("PER", 1, 2)]),
        ("B-PER I-LOC I-LOC", [("PER", 0, 1), ("LOC", 1, 3)]),
        ("I-PER I-PER O I-LOC", [("PER", 0, 2), ("LOC", 3, 4)]),
        ("O I-ORG B-ORG I-ORG", [("ORG", 1, 2), ("ORG", 2, 4)]),
        ("B-creative-work I-creative-work", [("creative-work", 0, 2)]),
    ],
)
def test_spans_of_tags(tags: str, spans: list[tuple]) -> None:
    found = spans_of(tags.split())
    assert found == [Span(*span) for span in spans]
    assert spans_of(tags_of(found, len(tags.split()))) == found


def test_figures_by_hand() -> None:
    """The example of seqeval's own page: one of two entities is right, so precision, recall and F are a half."""
    truth = [("O", "O", "O", "B-MISC", "I-MISC", "I-MISC", "O"), ("B-PER", "I-PER", "O")]
    said = [("O", "O", "B-MISC", "I-MISC", "I-MISC", "I-MISC", "O"), ("B-PER", "I-PER", "O")]
    counts = counts_by_document(truth, said, np.array([0, 1]))
    assert counts.tolist() == [[0, 1, 1, 5, 7], [1, 1, 1, 3, 3]]
    assert scores(counts.sum(0)).tolist() == [0.5, 0.5, 0.5, 0.8]
    rows = {row["label"]: (row["precision"], row["recall"], row["f1"]) for row in by_kind(truth, said)}
    assert rows == {"MISC": (0.0, 0.0, 0.0), "PER": (1.0, 1.0, 1.0)}


def test_best_path_is_the_best_possible_one() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        shares = random.dirichlet(np.ones(5) * 0.5, 4).astype(np.float32)
        possible = [
            path
            for path in itertools.product(range(5), repeat=4)
            if all(
                not TAGS[b].startswith("I-") or TAGS[a][2:] == TAGS[b][2:]
                for a, b in itertools.pairwise((0, *path))
            )
        ]
        best = max(possible, key=lambda path: sum(np.log(shares[t, i] + 1e-12) for t, i in enumerate(path)))
        assert best_path(shares, TAGS).tolist() == list(best)
    assert best_path(np.zeros((0, 5), np.float32), TAGS).shape == (0,)


def entities(text: str, tags: str) -> Entities:
    cut = words(text)
    chosen = np.array([TAGS.index(tag) for tag in tags.split()], np.int64)
    shares = np.full((len(cut), len(TAGS)), 0.05, np.float32)
    shares[np.arange(len(cut)), chosen] = 0.8
    return Entities(text, cut, TAGS, shares, chosen)


def test_the_answer_says_where_names_stand() -> None:
    found = entities("Ada  Smith went to Turin.", "B-PER I-PER O O B-LOC O")
    assert found.rows() == [["Ada  Smith", "PER", "80.0%"], ["Turin", "LOC", "80.0%"]]
    told = found.to_json()
    assert told["entities"][1] == {"text": "Turin", "label": "LOC", "score": 0.8, "start": 19, "end": 24}
    assert found.text() == "Found: Ada  Smith (PER), Turin (LOC)."
    assert found.unlike(found.arrays()) == ""
    other = entities("Ada  Smith went to Turin.", "B-PER I-PER O O O O")
    assert other.text() != found.text() and found.unlike(other.arrays())
    with pytest.raises(ValueError, match="a tag a word"):
        Entities("a b", words("a b"), TAGS, np.ones((2, 5), np.float32), np.zeros(1, np.int64))


# --- data ------------------------------------------------------------------------------------------------------------


def test_columns_and_schemes(tmp_path: Path) -> None:
    (tmp_path / "train.conll").write_text(
        "EU NNP I-ORG\nrejects VBZ O\n\n\nPeter\tB-person\nBlack\tI-person\n"
    )
    data = open_tagged(tmp_path, {"person": "PER"})["train"]
    assert data.sentences == (("EU", "rejects"), ("Peter", "Black"))
    assert data.tags == (("B-ORG", "O"), ("B-PER", "I-PER"))
    assert data.class_names == ("ORG", "PER") and data.documents.tolist() == [0, 0]
    assert open_tagged(tmp_path, {"person": ""})["train"].class_names == ("ORG",)


def test_documents_stay_whole(tmp_path: Path) -> None:
    write_tagged(tmp_path, 50, 10)
    data = open_tagged(tmp_path)
    assert np.unique(data["train"].documents).tolist() == list(range(1, 11))
    train, dev = split_documents(data["train"], 0.2, 0)
    assert (len(train), len(dev)) == (40, 10) and not set(train.documents) & set(dev.documents)
    assert len(np.unique(joined([train, dev, dev]).documents)) == 12
    train, dev, report = check_tagged(data["train"], data["train"].subset([0, 1]))
    assert len(train) < 50 and "also in dev" in report and "50" not in report.split("\n")[0]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "data_missing"),
        ("word O\nother O\n", "data_missing"),
        ("no tag here\n", "data_shape"),
        ("alone\n", "data_shape"),
        ("caf\udce9 O\n", "data_unreadable"),
        ("".join(f"w B-{i}\n" for i in range(101)), "data_shape"),
    ],
)
def test_files_that_cannot_be_used(content: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert code_of(lambda: open_tagged(tmp_path)) == code


# --- the network -----------------------------------------------------------------------------------------------------


def test_padding_changes_nothing_and_gradients_reach_all() -> None:
    torch.manual_seed(0)
    network = Tagger(9, 8, 5, 6, 4, 5, 7).eval()
    numbers = torch.tensor([[2, 3, 4], [5, 0, 0]])
    characters = torch.randint(2, 8, (2, 3, 4)) * (numbers != 0)[:, :, None]
    together = network(numbers, characters)
    assert together.shape == (2, 3, 5)
    alone = network(numbers[1:, :1], torch.nn.functional.pad(characters[1:, :1], (0, 3)))
    assert torch.allclose(alone[0, 0], together[1, 0], atol=1e-6)
    network.train()(numbers, characters)[numbers != 0].sum().backward()
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_long_words_are_spelled_by_both_ends() -> None:
    vocabulary = Vocabulary(characters=("a", "b"))
    long = "a" * 30 + "b" * 30
    assert spelling_of(long, vocabulary) == [2] * (MOST_CHARACTERS // 2) + [3] * (MOST_CHARACTERS // 2)
    assert spellings([["ab", "?"], ["b"]], vocabulary, 2)[:, :, :3].tolist() == [
        [[2, 3, 0], [1, 0, 0]], [[3, 0, 0], [0, 0, 0]],
    ]  # fmt: skip


# --- the recipe ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Iterator[tuple[Path, str]]:
    """(folder of a run, id of its checkpoint): a tagger that learned two kinds of names."""
    folder = tmp_path_factory.mktemp("run")
    data = write_tagged(folder / "names")
    arguments = ["--model", "bilstm", "--data", str(data), "--output", str(folder / "names_run"), *SMALL]
    assert recipe([*arguments, "--learning-rate", "0.02"]) == 0
    yield folder, LOADER.open_local(folder / "names_run" / "checkpoint").id
    LOADER.unload()
    LOADER.local.clear()


def test_a_run_ends_in_a_checkpoint_that_answers(trained: tuple[Path, str]) -> None:
    folder, identity = trained
    files = folder / "names_run" / "checkpoint"
    checkpoint = read_local(files)
    assert (checkpoint.task, checkpoint.input) == ("named-entities", None)
    assert read_config(files)["label_names"] == list(tag_names(("LOC", "PER")))
    assert checkpoint.metrics[0].name == "entity F" and checkpoint.metrics[0].value > 0.9
    answer = hub_models.predict("named-entities", "Grace Smith went to Kyoto 1999", checkpoint=identity)
    assert [(n, k) for n, k, _ in answer.result.rows()] == [("Grace Smith", "PER"), ("Kyoto", "LOC")]
    assert command_line(["check", str(files)]) == 0
    assert "pipeline_tag: token-classification" in (files / "README.md").read_text()


def test_evaluation_counts(trained: tuple[Path, str], capsys) -> None:
    folder, identity = trained
    report = evaluation.evaluate("named-entities", identity, folder / "names")
    assert (report["split"], report["count"], report["sentences"], report["documents"]) == ("dev", 40, 20, 4)
    assert report["f1"]["low"] <= report["f1"]["value"] <= report["f1"]["high"]
    assert 0 < report["baseline"]["f1"] <= 1
    arguments = ["evaluate", "named-entities", "--checkpoint", str(folder / "names_run" / "checkpoint")]
    assert command_line([*arguments, "--data", str(folder / "names"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["f1"] == report["f1"]
    assert "commonest tag of each word" in evaluation.text(report)


def test_foreign_kinds_are_said(trained: tuple[Path, str], tmp_path: Path) -> None:
    _, identity = trained
    (tmp_path / "test.conll").write_text("a B-GENE\n")
    with pytest.raises(BadData) as told:
        evaluation.evaluate("named-entities", identity, tmp_path)
    assert told.value.code == "classes_unknown"


def test_training_goes_on_from_a_checkpoint(trained: tuple[Path, str], tmp_path: Path) -> None:
    folder, identity = trained
    arguments = [
        "--model",
        identity,
        "--data",
        str(folder / "names"),
        "--output",
        str(tmp_path / "more"),
        *SMALL,
        "--smoke",
    ]
    assert recipe(arguments) == 0
    assert "100% of its weights" in (tmp_path / "more" / "checkpoint" / "README.md").read_text()


def test_a_share_of_the_documents_is_split_off(trained: tuple[Path, str]) -> None:
    folder, _ = trained
    parts = tagged_by_part(str(folder / "names" / "train.conll"), "", 0.2, 0)
    assert (len(parts["train"]), len(parts["dev"])) == (40, 10)


def test_a_pretrained_encoder_is_fine_tuned_and_lends_its_vectors(
    trained: tuple[Path, str], tmp_path: Path
) -> None:
    folder, _ = trained
    start = write_tiny_bert(tmp_path / "bert", "BertForTokenClassification", ("O", "B-X"))
    arguments = ["--model", f"transformers:{start}", "--data", str(folder / "names"), "--output", str(tmp_path / "bert_run"),
                 "--epochs", "2", "--batch", "8"]  # fmt: skip
    assert recipe(arguments) == 0
    files = tmp_path / "bert_run" / "checkpoint"
    predictor = library.load(read_local(files), files, "cpu")
    assert predictor.names == TAGS
    found = predictor.predict("Ada went to <b>Turin</b> 日本")
    assert found.probabilities.shape == (len(words(found.written)), 5)
    assert len(predictor.predict("word " * 200).words) == 200 and predictor.remarks("word " * 200)
    assert command_line(["check", str(files)]) == 0

    assert common_words(str(start), 3, {"fine"}) == ("warm", "funny", "lovely")
    vectors = word_vectors(str(start), ["fine", "warm", "dull", "zz"], 3)
    assert vectors.shape == (4, 3) and vectors.std() == pytest.approx(0.5) and abs(vectors.mean()) < 1e-5
    assert code_of(lambda: word_vectors(str(start), ["fine"], 99)) == "bad_value"
    assert code_of(lambda: word_vectors(str(tmp_path), ["fine"], 3)) == "model_unknown"
    arguments = ["--model", "bilstm", "--data", str(folder / "names"), "--output", str(tmp_path / "lent"), *SMALL, "--smoke",
                 "--vectors", str(start), "--more-words", "4"]  # fmt: skip
    assert recipe(arguments) == 0
    assert "vectors of the words" in (tmp_path / "lent" / "checkpoint" / "README.md").read_text()


# --- the catalogue and the tab ---------------------------------------------------------------------------------------

BUNDLED = [row for row in catalog.checkpoints("named-entities") if row.kind == "bundled"]
EXAMPLES = {example.name: example.text for example in TASK.examples}


@pytest.mark.parametrize("row", BUNDLED, ids=lambda row: row.id)
def test_bundled_taggers_find_the_people_of_the_lecture(row: Checkpoint) -> None:
    found = LOADER.get(row.id, TASK.id).predict(EXAMPLES["lecture"])
    assert [(name, kind) for name, kind, _ in found.rows()] == [
        ("Harry Potter", "PER"),
        ("Hermione Granger", "PER"),
    ]


@pytest.mark.parametrize("row", BUNDLED, ids=lambda row: row.id)
def test_views_of_a_bundled_tagger(row: Checkpoint) -> None:
    predictor = LOADER.get(row.id, TASK.id)
    numbers, vectors = looked_up(TASK)(EXAMPLES["history"], row.id)
    assert "London" in numbers and "<table" in vectors
    cut = [word.text for word in predictor.cut(EXAMPLES["history"])]
    found = layers_of(predictor, cut)
    assert list(found) == ["layer 1, forwards", "layer 1, from the end"]
    with torch.inference_mode():
        states = predictor.network.states(*predictor.preprocess([cut]))[0].numpy()
    assert np.allclose(np.concatenate([one.hidden for one in found.values()], 1), states, atol=1e-4)
    one = next(iter(found.values()))
    assert all("<table" in drawn((cut, found), "layer 1, forwards", what) for what in choices(one))


def test_names_are_marked_and_html_stays_text() -> None:
    found = entities("<b>Ada</b> & Turin", "O O O B-PER O O O O O B-LOC")
    shown = marked(found) + listed(found) + sequences(found)
    assert "<b>Ada" not in shown and "&lt;" in shown and "person" in shown and "place" in shown
    assert listed(entities("nothing here", "O O")) == "<p>No name found.</p>"


def test_the_tab_answers_and_says_what_is_wrong() -> None:
    shown = list(tab.find(TASK, EXAMPLES["lecture"], TASK.default, gr.Progress()))[-1][0]
    assert "<mark" in shown
    assert code_of(lambda: list(tab.find(TASK, " ", TASK.default, gr.Progress()))) == "text_empty"


def test_tagged_set_is_what_it_says() -> None:
    assert tagged(1).startswith("-DOCSTART- O\n\nAda B-PER\nSmith I-PER\n")


def test_the_failures_are_real() -> None:
    said = {f.title: TASK.predict(EXAMPLES[f.example], f.checkpoint) for f in tab.FAILURES}
    found = {
        title: [(name, kind) for name, kind, _ in answer.result.rows()] for title, answer in said.items()
    }
    assert not {"harry potter", "hermione granger"} & {name for name, _ in found["Without capital letters"]}
    assert {kind for _, kind in found["One word, three kinds"]} == {"LOC"}
    assert any("another language" in note for note in said["German"].notes)
