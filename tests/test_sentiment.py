"""Sentiment: recurrent networks that read, their predictor, recipe, evaluation, tab, and hostile texts."""

import json
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from test_text import code_of
from text_sets import sentences, write_texts, write_tiny_bert

import hub_models
from finetune.text_check import check_texts, texts_by_part
from finetune.text_classification import main as recipe
from finetune.text_networks import NAMES, SHAPES, called
from hub_models import catalog
from hub_models import evaluate as evaluation
from hub_models.__main__ import main as command_line
from hub_models.architectures.text_classifier import TextClassifier
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadData
from hub_models.inside.reading import after_each_word, analogy, neighbours, without_each_word
from hub_models.loader import LOADER
from hub_models.local import read_config, read_local
from hub_models.predictors import ours
from hub_models.predictors import transformers as library
from hub_models.tabs import reading_states, reading_words, sentiment_gradients
from hub_models.tabs import sentiment as tab
from hub_models.task import task
from hub_models.text import words as cut
from hub_models.ui import compare_answers
from hub_models.ui.heat import colour, heat_table, tinted
from hub_models.ui.unrolled import SHAPES as DRAWN_SHAPES
from hub_models.ui.unrolled import unrolled
from hub_models.ui.use_it import code
from hub_models.vocabulary import Vocabulary

TASK = task("sentiment")
NUMBERS = torch.tensor([[2, 3, 4, 5], [3, 2, 0, 0], [4, 0, 0, 0]])
SMALL = [
    "--epochs",
    "6",
    "--batch",
    "10",
    "--hidden",
    "8",
    "--embedding",
    "8",
    "--least-count",
    "1",
    "--dropout",
    "0.1",
]


# --- networks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pooling", ["last", "mean", "max"])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize(("layers", "both_ways"), [(1, False), (1, True), (2, True)])
def test_padding_changes_nothing(cell: str, layers: int, both_ways: bool, pooling: str) -> None:
    torch.manual_seed(0)
    network = TextClassifier(9, 3, cell, 6, 5, layers, both_ways, pooling).eval()
    together = network(NUMBERS)
    assert together.shape == (3, 3)
    for row, length in enumerate((4, 2, 1)):
        assert torch.allclose(network(NUMBERS[row : row + 1, :length])[0], together[row], atol=1e-6)


def test_the_last_state_of_each_direction_decides() -> None:
    torch.manual_seed(0)
    network = TextClassifier(9, 2, "lstm", 6, 5, 1, True, "last").eval()
    states = network.states(NUMBERS[1:2, :2])[0]
    expected = network.classifier(torch.cat([states[1, :5], states[0, 5:]]))
    assert torch.allclose(network(NUMBERS[1:2])[0], expected, atol=1e-6)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_gradients_reach_every_weight_and_training_leaves_words_out(cell: str) -> None:
    torch.manual_seed(0)
    network = TextClassifier(9, 2, cell, 6, 5, word_dropout=0.5)
    network(NUMBERS).sum().backward()
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []
    assert not network.embedding.weight.grad[0].any()  # padding stays zero
    assert not torch.equal(network.embed(NUMBERS), network.embed(NUMBERS))
    network.eval()
    assert torch.equal(network.embed(NUMBERS), network.embed(NUMBERS))


def test_survives_the_hub_format(tmp_path: Path) -> None:
    network = TextClassifier(9, 2, "gru", 6, 5).eval()
    network.save_pretrained(tmp_path)
    again = TextClassifier.from_pretrained(tmp_path, local_files_only=True, strict=True).eval()
    assert torch.equal(network(NUMBERS), again(NUMBERS))


@pytest.mark.parametrize("name", SHAPES)
def test_networks_are_called_as_the_lecture_calls_them(name: str) -> None:
    assert called(TextClassifier(9, 2, embedding=4, hidden=4, **SHAPES[name])) in NAMES.values()


# --- what is looked at -----------------------------------------------------------------------------------------------

VECTORS = np.array([[0, 0], [0, 0], [1, 0], [0.9, 0.1], [0, 1], [-1, 0.1]], np.float32)
WORDS = Vocabulary(words=("good", "fine", "tree", "bad"))


def test_neighbours_by_hand() -> None:
    near = neighbours(VECTORS, WORDS, "Good", 3)
    assert [word for word, _ in near] == ["fine", "tree", "bad"]
    assert near[0][1] == pytest.approx(0.9 / np.hypot(0.9, 0.1))
    assert neighbours(VECTORS, WORDS, "unheard") == []
    assert analogy(VECTORS, WORDS, ("good", "unheard", "bad")) == []
    assert [word for word, _ in analogy(VECTORS, WORDS, ("good", "tree", "bad"), 5)] == ["fine"]


def test_word_by_word() -> None:
    torch.manual_seed(0)
    network = TextClassifier(9, 2, "gru", 6, 5).eval()
    after = after_each_word(network, NUMBERS[0])
    assert after.shape == (4, 2) and np.allclose(after.sum(1), 1, atol=1e-6)
    with torch.inference_mode():
        assert np.allclose(after[-1], network(NUMBERS[:1]).softmax(1)[0], atol=1e-6)
        unknown = NUMBERS[:1].clone()
        unknown[0, 2] = 1
        expected = (network(NUMBERS[:1]).softmax(1) - network(unknown).softmax(1))[0]
    assert np.allclose(without_each_word(network, NUMBERS[0])[2], expected, atol=1e-6)


# --- data ------------------------------------------------------------------------------------------------------------


def test_the_check_leaves_out_and_says(tmp_path: Path) -> None:
    write_texts(tmp_path, 20, 6)
    text, label = sentences(1, first=20)[0]
    with (tmp_path / "train.tsv").open("a") as file:
        file.write(f"{text.upper()}\t{label}\nboth\tpositive\nBoth \tnegative\n\tpositive\n")
    parts = texts_by_part(str(tmp_path), "", 0.15, 0, None)
    train, dev, report = check_texts(parts["train"], parts["dev"])
    assert (len(train), len(dev)) == (20, 6)
    assert (
        "also in dev: 1" in report
        and "different classes: 2" in report
        and "no usable text or class: 1" in report
    )
    assert "10 negative, 10 positive" in report


def test_a_share_is_split_off(tmp_path: Path) -> None:
    write_texts(tmp_path, 20, 6)
    (tmp_path / "dev.tsv").unlink()
    parts = texts_by_part(str(tmp_path), "", 0.25, 0, None)
    assert (len(parts["train"]), len(parts["dev"])) == (15, 5)
    assert not set(parts["train"].texts) & set(parts["dev"].texts)
    assert parts["dev"].texts == texts_by_part(str(tmp_path), "", 0.25, 0, None)["dev"].texts


def test_data_that_cannot_teach_is_refused(tmp_path: Path) -> None:
    write_texts(tmp_path, 10, 6)
    data = texts_by_part(str(tmp_path), "", 0.15, 0, None)
    assert code_of(lambda: check_texts(data["train"].subset([0, 2]), data["dev"])) == "data_one_class"
    assert code_of(lambda: check_texts(data["train"].subset([]), data["dev"])) == "data_missing"


# --- the recipe ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Iterator[tuple[Path, str]]:
    """(folder of a run, id of its checkpoint): a GRU that learned which adjective is good."""
    folder = tmp_path_factory.mktemp("run")
    data = write_texts(folder / "films")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUB_RUNS", str(folder / "none"))
        code = recipe(["--model", "gru", "--data", str(data), "--output", str(folder / "gru_run"), *SMALL,
                       "--learning-rate", "0.02", "--data-licence", "CC0 1.0"])  # fmt: skip
        assert code == 0
        yield folder, LOADER.open_local(folder / "gru_run" / "checkpoint").id
    LOADER.unload()
    LOADER.local.clear()


def test_a_run_ends_in_a_checkpoint_that_answers(trained: tuple[Path, str]) -> None:
    folder, identity = trained
    checkpoint = read_local(folder / "gru_run" / "checkpoint")
    assert (checkpoint.task, checkpoint.library, checkpoint.input) == ("sentiment", "ours", None)
    assert {m.split for m in checkpoint.metrics} == {"dev", "train"}
    assert checkpoint.metrics[0].baseline_name == "bag of words"
    card = (folder / "gru_run" / "checkpoint" / "README.md").read_text()
    assert "pipeline_tag: text-classification" in card and "Your own text." in card and "pixels" not in card
    answer = hub_models.predict("sentiment", "What a lovely story", checkpoint=identity)
    assert answer.result.names == ("negative", "positive")
    assert any("not in its vocabulary: What" in note for note in answer.notes)


def test_check_recomputes_it(trained: tuple[Path, str], capsys) -> None:
    folder, _ = trained
    assert command_line(["check", str(folder / "gru_run" / "checkpoint")]) == 0
    (folder / "gru_run" / "checkpoint" / "vocabulary.json").rename(folder / "kept")
    assert command_line(["check", str(folder / "gru_run" / "checkpoint")]) == 1
    assert "vocabulary" in capsys.readouterr().out
    (folder / "kept").rename(folder / "gru_run" / "checkpoint" / "vocabulary.json")


def test_training_goes_on_from_a_checkpoint_and_resumes(
    trained: tuple[Path, str], tmp_path: Path, capsys
) -> None:
    folder, identity = trained
    arguments = [
        "--model",
        identity,
        "--data",
        str(folder / "films"),
        "--output",
        str(tmp_path / "more"),
        *SMALL,
    ]
    assert recipe([*arguments, "--smoke"]) == 0
    again = read_local(tmp_path / "more" / "checkpoint")
    kept, first = (
        read_config(tmp_path / "more" / "checkpoint"),
        read_config(folder / "gru_run" / "checkpoint"),
    )
    assert (kept["cell"], kept["words"]) == (first["cell"], first["words"])
    assert "100% of its weights" in (tmp_path / "more" / "checkpoint" / "README.md").read_text()
    assert again.recipe.startswith("python -m finetune.text_classification")
    assert recipe([*arguments, "--smoke", "--word-dropout", "0.4"]) == 1
    assert "resume_changed" in capsys.readouterr().err


def test_packed_weights_answer_alike(trained: tuple[Path, str]) -> None:
    from finetune.write import packed
    from hub_models.predictors.weights import unpacked

    folder, _ = trained
    files = folder / "gru_run" / "checkpoint"
    network = ours.build(read_local(files), files, "cpu")
    small = TextClassifier(
        **{k: read_config(files)[k] for k in ("words", "classes", "cell", "embedding", "hidden")}
    )
    small.load_state_dict(unpacked(packed(network.state_dict(), "int8")))
    numbers = torch.randint(2, network.embedding.num_embeddings, (3, 7))
    assert torch.allclose(small.eval()(numbers), network(numbers), atol=0.05)


@pytest.mark.parametrize(
    ("model", "code"), [("resnet", "model_unknown"), ("transformers:nonsense", "model_unknown")]
)
def test_unknown_models_are_said(
    model: str, code: str, trained: tuple[Path, str], tmp_path: Path, capsys
) -> None:
    folder, _ = trained
    arguments = ["--model", model, "--data", str(folder / "films"), "--output", str(tmp_path / "x")]
    assert recipe(arguments) == 1
    assert code in capsys.readouterr().err


def test_a_pretrained_encoder_is_fine_tuned(trained: tuple[Path, str], tmp_path: Path) -> None:
    """Its new classes, its own tokenizer beside it, and the predictor that every transformers row uses."""
    folder, _ = trained
    start = write_tiny_bert(
        tmp_path / "bert", "BertForSequenceClassification", ("LABEL_0", "LABEL_1", "LABEL_2")
    )
    arguments = ["--model", f"transformers:{start}", "--data", str(folder / "films"), "--output", str(tmp_path / "run"),
                 "--epochs", "2", "--batch", "10", "--learning-rate", "0.01"]  # fmt: skip
    assert recipe(arguments) == 0
    files = tmp_path / "run" / "checkpoint"
    assert {"tokenizer.json", "tokenizer_config.json"} <= {path.name for path in files.iterdir()}
    row = read_local(files)
    predictor = library.load(row, files, "cpu")
    found = predictor.predict("a <b>lovely</b> film")
    assert found.names == ("negative", "positive")
    many = predictor.predict_many(["a lovely film", "a dull and boring story with an awful cast"])
    assert np.allclose(many[0], predictor.predict("a lovely film").probabilities, atol=1e-5)
    assert predictor.remarks("a film") == () and "first 64" in predictor.remarks("film " * 100)[0]
    assert command_line(["check", str(files)]) == 0


def test_an_encoder_learns_through_thin_matrices(trained: tuple[Path, str], tmp_path: Path, capsys) -> None:
    """LoRA: queries and values move by a matrix of the rank that was asked for, nothing else of the encoder moves."""
    folder, _ = trained
    start = write_tiny_bert(tmp_path / "bert", "BertForSequenceClassification", ("a", "b"))
    arguments = ["--model", f"transformers:{start}", "--data", str(folder / "films"), "--output", str(tmp_path / "run"),
                 "--epochs", "2", "--batch", "10", "--learning-rate", "0.01"]  # fmt: skip
    assert recipe([*arguments, "--lora-rank", "2"]) == 0
    before, after = (
        load_file(path / "model.safetensors") for path in (Path(start), tmp_path / "run" / "checkpoint")
    )
    moved = {
        n: (after[n].float() - before[n]) for n in before if "classifier" not in n and after[n].ndim == 2
    }
    moved = {n: change for n, change in moved.items() if change.abs().max() > 1e-3}  # fp16 is kept
    assert moved and all(n.split(".")[-2] in ("query", "value") for n in moved)
    for change in moved.values():
        sizes = torch.linalg.svdvals(change)
        assert sizes[2] < 0.05 * sizes[0]
    assert command_line(["check", str(tmp_path / "run" / "checkpoint")]) == 0
    assert recipe([*arguments, "--lora-rank", "1"]) == 1
    assert "resume_changed" in capsys.readouterr().err


# --- evaluation ------------------------------------------------------------------------------------------------------


def test_evaluation_counts(trained: tuple[Path, str], capsys) -> None:
    folder, identity = trained
    report = evaluation.evaluate("sentiment", identity, folder / "films")
    assert (report["split"], report["count"]) == ("dev", 20)
    assert report["bag_of_words"]["accuracy"] > 0.9 and report["baseline"]["accuracy"] == 0.5
    assert sum(map(sum, report["confusion"])) == 20
    assert "bag of words" in evaluation.text(report)
    arguments = [
        "evaluate",
        "sentiment",
        "--checkpoint",
        str(folder / "gru_run" / "checkpoint"),
        "--data",
        str(folder / "films"),
    ]
    assert command_line([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["accuracy"] == report["accuracy"]


def test_foreign_classes_are_said(trained: tuple[Path, str], tmp_path: Path) -> None:
    _, identity = trained
    (tmp_path / "test.tsv").write_text("a\thappy\nb\tsad\n")
    with pytest.raises(BadData) as told:
        evaluation.evaluate("sentiment", identity, tmp_path)
    assert told.value.code == "classes_unknown"


# --- the catalogue ---------------------------------------------------------------------------------------------------

BUNDLED = [row for row in catalog.checkpoints("sentiment") if row.kind == "bundled"]


@pytest.mark.parametrize("row", BUNDLED, ids=lambda row: row.id)
def test_bundled_networks_know_praise_from_blame(row: Checkpoint) -> None:
    predictor = LOADER.get(row.id, "sentiment")
    examples = {example.name: example.text for example in TASK.examples}
    assert predictor.predict(examples["praise"]).top(1)[0][0] == "positive"
    assert predictor.predict(examples["blame"]).top(1)[0][0] == "negative"
    assert row.megabytes <= 0.5


def test_the_best_reaches_its_aim() -> None:
    best = max(metric.value for row in BUNDLED for metric in row.metrics if metric.split == "dev")
    assert best >= 0.80


# --- the tab ---------------------------------------------------------------------------------------------------------


def told(generator) -> list:
    return list(generator)


def test_the_tab_answers_and_html_stays_text() -> None:
    shown = told(tab.read(TASK, "<script>alert(1)</script> lovely", TASK.default, gr.Progress()))[-1][0]
    assert "<script>" not in shown and "positive" in shown
    assert "&lt;" not in shown or "script" in shown


@pytest.mark.parametrize("text", ["", "\u202e", "x" * 30_000])
def test_the_tab_says_what_is_wrong(text: str) -> None:
    assert code_of(lambda: told(tab.read(TASK, text, TASK.default, gr.Progress()))) in (
        "text_empty",
        "text_too_long",
    )


def test_words_are_looked_up() -> None:
    numbers, vectors = reading_words.looked_up(TASK)("A <b>funny</b> xyzzyq film", TASK.default)
    assert (
        "one-hot" in numbers.lower() and "<b>" not in numbers + vectors and "as every unknown word" in numbers
    )
    assert vectors.count('<th scope="row">') == reading_words.SHOWN


@pytest.mark.parametrize(
    "row", [row for row in BUNDLED if row.model in reading_words.READERS], ids=lambda row: row.id
)
def test_states_and_gates_are_drawn(row: Checkpoint) -> None:
    predictor = LOADER.get(row.id, "sentiment")
    words = ["not", "a", "bad", "film"]
    found = reading_states.layers_of(predictor, words)
    network = predictor.network
    assert len(found) == network.recurrent.num_layers * (2 if network.recurrent.bidirectional else 1)
    with torch.inference_mode():
        states = network.states(torch.tensor([predictor.vocabulary.numbers(words)]))[0].numpy()
    last = [one for one in found.values() if one.layer == network.recurrent.num_layers - 1]
    assert np.allclose(np.concatenate([one.hidden for one in last], 1), states, atol=1e-4)
    for name, one in found.items():
        for what in reading_states.choices(one):
            assert "<table" in reading_states.drawn((words, found), name, what)


@pytest.mark.parametrize("identity", ["rnn.sst2", "lstm.sst2", "gru.sst2"])
def test_gradients_reach_further_back_after_training(identity: str) -> None:
    text = "this is a long and rather quiet film about a man who is not at all what he seems"
    words = [word.text for word in cut(text)]
    predictor = LOADER.get(identity, "sentiment")
    norms, trained_factor = sentiment_gradients.gradients(predictor, words)
    assert norms.shape == (len(words),) and np.isfinite(norms).all() and norms[-1] > 0
    before, fresh_factor = sentiment_gradients.gradients(predictor, words, fresh=True)
    assert fresh_factor < 0.8 < trained_factor
    assert np.array_equal(before, sentiment_gradients.gradients(predictor, words, fresh=True)[0])


def test_comparison_lists_every_network() -> None:
    for checkpoint in BUNDLED:
        year, title, taught, said, *_ = compare_answers.row(TASK, checkpoint, "a lovely film")
        assert (year, title, taught) == (str(checkpoint.year), checkpoint.title, "SST-2")
        assert said.startswith("positive")


def test_heat_is_escaped_and_bounded() -> None:
    values = np.linspace(-2, 2, 200).reshape(2, 100)
    shown = heat_table(["<i>"] * 100, ["a", "<b>"], values, "<u>")
    assert "<i>" not in shown and "<b>" not in shown and "<u>" not in shown and "40 more words" in shown
    assert colour(9).endswith("1.00)") and colour(-0.5) == "rgba(0,114,178,0.50)"
    assert "<i>" not in tinted(["<i>"], [0.5], "x")


@pytest.mark.parametrize("shape", DRAWN_SHAPES)
def test_every_shape_is_drawn(shape: str) -> None:
    shown = unrolled(["<a>", "b", "c"], shape, says="<x>")
    states = {"bidirectional": 6, "encoder and decoder": 6}.get(shape, 3)
    assert shown.count("<rect") == states and "<a>" not in shown and "<x>" not in shown


def test_the_code_for_other_programs_quotes_the_text() -> None:
    python, shell, http, _ = code(TASK, "gru.sst2", "http://127.0.0.1:1")
    text = TASK.examples[0].text
    assert json.dumps(text) in python and f"'{text}'" in shell
    assert f'\\"{text}\\"' in http and "upload" not in http


def test_on_the_command_line(capsys) -> None:
    assert (
        command_line(["predict", "sentiment", "lovely", "awful and dull", "\udcff film", " ", "--json"]) == 1
    )
    answers = json.loads(capsys.readouterr().out)
    assert [a.get("labels", [{}])[0].get("label") for a in answers[:2]] == ["positive", "negative"]
    assert answers[3]["error"]["code"] == "text_empty"
    assert command_line(["predict", "sentiment", "x \udcff film"]) == 0
    assert "x ? film" in capsys.readouterr().out


def test_the_failures_are_real() -> None:
    examples = {example.name: example.text for example in TASK.examples}
    wrong = {}
    for failure in tab.FAILURES:
        answer = TASK.predict(examples[failure.example], failure.checkpoint)
        wrong[failure.title] = (answer.result.top(1)[0][0], answer.notes)
    said = {title: label for title, (label, _) in wrong.items()}
    assert said["“Not a bad film”"] == "negative" and said["An opinion that turns"] == "positive"
    assert any("another language" in note for note in wrong["Praise in Italian"][1])
    assert TASK.predict(examples["turned"], "gru.sst2").result.top(1)[0][0] == "negative"
