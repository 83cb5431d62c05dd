"""Visual question answering: the network, its data, drawings, predictor, recipe, evaluation and questions from captions."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from question_sets import as_easy_vqa, asked_of, drawing, write_questions
from test_text import code_of

import hub_models
from finetune import visual_question_answering_easy as easy
from finetune import visual_question_answering_flickr8k as flickr8k
from finetune.caption_questions import (
    DOG,
    DOGS,
    PEOPLE_MORE,
    PEOPLE_ONE,
    Asked,
    balanced,
    colour_of,
    count_in,
    questions_of,
    words_of,
)
from finetune.question_check import check_questions, questions_by_part
from finetune.visual_question_answering import main as recipe
from hub_models import catalog
from hub_models import evaluate as evaluation
from hub_models.__main__ import main as command_line
from hub_models.architectures.attention import scaled_dot_product
from hub_models.architectures.vqa import BILINEAR, VisualQuestionAnswerer, fuse
from hub_models.asked_pictures import open_questions
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadData, BadInput
from hub_models.evaluate.visual_question_answering import question_type
from hub_models.inside.questions import drawn_questions, fused, looked, two_vectors, without_each_word
from hub_models.loader import LOADER
from hub_models.local import read_config, read_golden, read_local
from hub_models.picture import encode_png
from hub_models.predictors import ours
from hub_models.predictors.question_answerer import is_drawing
from hub_models.shapes import COLOURS, OTHER_COLOURS, SHAPES, Drawing, draw_shape

TASK = "visual-question-answering"
FUSIONS = ("product", "concatenation", "bilinear")
NUMBERS = torch.tensor([[2, 3, 4, 5], [3, 2, 0, 0], [4, 0, 0, 0], [2, 2, 3, 0]])
SMALL = ["--hidden", "16", "--embedding", "8", "--least-count", "1", "--epochs", "12", "--batch", "8",
         "--learning-rate", "0.01", "--dropout", "0", "--word-dropout", "0"]  # fmt: skip


def network(fusion: str = "product", **more) -> VisualQuestionAnswerer:
    torch.manual_seed(0)
    return VisualQuestionAnswerer(9, 3, fusion, channels=12, embedding=6, hidden=8, **more).eval()


# --- the network -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fusion", FUSIONS)
def test_padding_changes_nothing_and_pictures_are_seen_once(fusion: str) -> None:
    model, pictures = network(fusion), torch.rand(2, 3, 64, 64)
    together = model(pictures, NUMBERS)  # two questions for each picture
    assert together.shape == (4, 3)
    for row, length in enumerate((4, 2, 1, 3)):
        alone = model(pictures[row // 2][None], NUMBERS[row : row + 1, :length])[0]
        assert torch.allclose(alone, together[row], atol=1e-5)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_attention_is_shared_out(fusion: str) -> None:
    model = network(fusion)
    regions = model.regions(torch.rand(4, 3, 64, 64))
    assert regions.shape == (4, 64, 12)
    reading = model.read(regions, NUMBERS)
    assert torch.allclose(reading.over_regions.sum(2), torch.ones(4, 4), atol=1e-5)
    assert torch.allclose(reading.over_words.sum(1), torch.ones(4), atol=1e-5)
    assert not reading.over_words[NUMBERS == 0].any()
    assert torch.allclose(reading.over_picture.sum(1), torch.ones(4), atol=1e-5)
    found = (reading.over_picture[:, None] @ regions)[:, 0]
    assert torch.allclose(model.even_picture(found), reading.picture, atol=1e-4)
    states, _ = model.reader(model.embed(NUMBERS))
    by_hand, weights = scaled_dot_product(model.ask(states), model.key(regions), regions)
    assert torch.allclose(weights, reading.over_regions) and by_hand.shape == (4, 4, 12)


def test_a_question_without_words_has_an_answer() -> None:
    model = network()
    logits = model(torch.rand(1, 3, 64, 64), torch.zeros(1, 3, dtype=torch.int64))
    assert logits.isfinite().all()


def test_fusions_by_hand() -> None:
    v, q = torch.tensor([[0.5, -1.0]]), torch.tensor([[2.0, 3.0]])
    assert fuse(v, q, "product").tolist() == [[1.0, -3.0]]
    assert fuse(v, q, "concatenation").tolist() == [[0.5, -1.0, 2.0, 3.0]]
    assert fuse(v, q, "bilinear").tolist() == [[1.0, 1.5, -2.0, -3.0]]
    found = fused(v[0], q[0])
    assert found["bilinear"].reshape(2, 2).diagonal().tolist() == found["product"].tolist()


@pytest.mark.parametrize("fusion", FUSIONS)
def test_what_is_taken_away_does_not_count(fusion: str) -> None:
    model, numbers = network(fusion), NUMBERS[:1]
    one, other = (model.regions(torch.rand(1, 3, 64, 64)) for _ in range(2))
    blind = [model.read(regions, numbers, see=0.0) for regions in (one, other)]
    if fusion != "concatenation":  # a product with zero is zero
        assert not (model.read(one, numbers, 0.0).picture).any()
    assert torch.allclose(blind[0].picture, blind[1].picture)
    deaf = model.read(one, numbers, hear=0.0)
    assert not deaf.question.any()


@pytest.mark.parametrize("fusion", FUSIONS)
def test_gradients_reach_every_weight(fusion: str) -> None:
    model = network(fusion, word_dropout=0.2).train()
    (model(torch.rand(2, 3, 64, 64), NUMBERS) * torch.randn(4, 3)).sum().backward()
    # the bias of the keys shifts all scores of a word alike, which softmax does not feel
    without = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert set(without) <= {"key.bias"}


def test_sizes_and_the_hub_format(tmp_path: Path) -> None:
    counts = {}
    for fusion in FUSIONS:
        model = VisualQuestionAnswerer(29, 13, fusion)
        counts[fusion] = sum(p.numel() for p in model.parameters())
        assert counts[fusion] < 200_000
    assert model.hidden_layer.in_features == BILINEAR**2
    assert counts["product"] < counts["concatenation"] < counts["bilinear"]
    regions = network(features=20, taught="photographs")
    regions.save_pretrained(tmp_path)
    again = VisualQuestionAnswerer.from_pretrained(tmp_path, local_files_only=True, strict=True).eval()
    given = torch.rand(1, 49, 20)
    assert (
        torch.equal(regions(given, NUMBERS[:1]), again(given, NUMBERS[:1])) and again.taught == "photographs"
    )


# --- drawings --------------------------------------------------------------------------------------------------------


def test_drawings_are_what_they_say() -> None:
    for shape in SHAPES:
        for colour, rgb in COLOURS.items():
            pixels = draw_shape(Drawing(shape=shape, colour=colour))
            assert pixels.shape == (64, 64, 3) and tuple(pixels[32, 32]) == rgb
            assert is_drawing(pixels)
    covered = {s: (draw_shape(Drawing(shape=s, colour="black")) < 100).all(2).sum() for s in SHAPES}
    assert covered["triangle"] < covered["circle"] < covered["rectangle"] + 200
    assert not set(COLOURS) & set(OTHER_COLOURS)


@pytest.mark.parametrize(
    "wrong", [{"shape": "star"}, {"colour": "mauve"}, {"x": 1.5}, {"size": float("nan")}]
)
def test_wrong_drawings_are_refused(wrong: dict) -> None:
    with pytest.raises(BadInput):
        Drawing(**{"shape": "circle", "colour": "red"} | wrong)


def test_photographs_are_no_drawings() -> None:
    from hub_models.task import task
    from hub_models.ui.examples import available

    found = {name: is_drawing(decoded(path)) for name, path in available(task(TASK)).items()}
    assert found == {"circle": True, "triangle": True, "rectangle": True, "two shapes": True} | dict.fromkeys(
        ("cat", "bus", "coffee"), False
    )


def decoded(path: Path) -> np.ndarray:
    from hub_models.picture import decode_picture

    return decode_picture(path).pixels


def test_drawn_questions_say_what_is_there() -> None:
    answers = Counter()
    for what, asked in drawn_questions():
        for question, answer in asked:
            answers[answer] += 1
            if question == "what color is the shape?":
                assert answer == what.colour
    assert answers["yes"] == answers["no"]


# --- data ------------------------------------------------------------------------------------------------------------


def test_both_layouts_are_read(tmp_path: Path) -> None:
    data = open_questions(write_questions(tmp_path / "own", 6, 2))
    assert {part: (len(found), len(found.names)) for part, found in data.items()} == {
        "train": (18, 6), "test": (6, 2),
    }  # fmt: skip
    first = data["train"]
    assert np.array_equal(first.read(0), draw_shape(drawing(0)))
    told = {(first.questions[i], first.class_names[first.labels[i]]) for i in first.by_picture()[0]}
    assert told == set(asked_of(drawing(0)))
    other = open_questions(as_easy_vqa(tmp_path / "easy"))["all"]
    assert other.questions == first.questions and len(other.names) == 6


def test_the_package_is_read() -> None:
    from finetune.visual_question_answering_easy import packaged

    data = open_questions(packaged())
    assert (len(data["train"]), len(data["test"])) == (38_575, 9_673)
    assert len(data["train"].class_names) == 13


def test_subsets_keep_what_belongs_together(tmp_path: Path) -> None:
    data = open_questions(as_easy_vqa(tmp_path / "easy"))["all"]
    some = data.of_pictures([4, 1])
    assert len(some) == 6 and np.array_equal(some.read(0), data.read(4))
    assert {some.questions[i] for i in some.by_picture()[1]} == {q for q, _ in asked_of(drawing(1))}
    assert some.among(("yes",)).labels.max() == 0 and (some.among(("yes",)).labels == -1).any()


WRONG = {
    "no list": ("[]", "data_shape"),
    "no JSON": ("{", "data_unreadable"),
    "not a list": ('{"a": 1}', "data_shape"),
    "a number": ("[1]", "data_shape"),
    "fields": ('[{"image": "0.png", "question": "a?"}]', "data_shape"),
    "no picture": ('[{"image": "none.png", "question": "a?", "answer": "b"}]', "pictures_missing"),
    "outside": ('[{"image": "../../0.png", "question": "a?", "answer": "b"}]', "pictures_missing"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_lists_are_said(name: str, tmp_path: Path) -> None:
    content, code = WRONG[name]
    folder = as_easy_vqa(tmp_path / "easy", 2)
    (folder / "questions.json").write_text(content)
    with pytest.raises(BadData) as told:
        open_questions(folder)
    assert told.value.code == code and str(tmp_path) not in told.value.message


def test_the_check_leaves_out_and_says(tmp_path: Path, capsys) -> None:
    folder = write_questions(tmp_path / "data", 12, 4)
    train = folder / "train"
    rows = json.loads((train / "questions.json").read_text())
    rows += [
        {"image": "0.png", "question": "", "answer": "yes"},
        {"image": "0.png", "question": "x" * 600, "answer": "yes"},
        *({"image": f"{i}.png", "question": "what is it?", "answer": f"unique {i}"} for i in (1, 5, 9)),
        {"image": "broken.png", "question": "what is it?", "answer": "yes"},
        {"image": "again.png", "question": "what is it?", "answer": "yes"},
    ]
    (train / "images" / "broken.png").write_bytes(b"no picture")
    (train / "images" / "again.png").write_bytes(encode_png(draw_shape(drawing(12))))  # of the test part
    (train / "questions.json").write_text(json.dumps(rows))
    lines: list[str] = []
    parts = check_questions(questions_by_part(str(folder), "", 0.25, 1, 0), 2, lines.append)
    said = "\n".join(lines)
    assert "broken.png" in said and "pictures of another part: 1" in said and "less than 2 times" in said
    assert "2 without a usable question or answer" in said
    assert not any("unique" in name for name in parts["train"].class_names)
    seen = {part: {data.read(i).tobytes() for i in range(len(data.names))} for part, data in parts.items()}
    assert not seen["train"] & seen["dev"] and not seen["train"] & seen["test"]


def test_data_that_cannot_teach_is_refused(tmp_path: Path) -> None:
    folder = as_easy_vqa(tmp_path / "easy", 1)
    assert code_of(lambda: questions_by_part(str(folder), "", 0.15, 1, 0)) == "data_missing"
    assert code_of(lambda: check_questions(parts_of(tmp_path / "more"), 99, print)) == "data_one_class"


def parts_of(folder: Path) -> dict:
    return questions_by_part(str(as_easy_vqa(folder)), "", 0.3, 1, 0)


# --- questions from captions -----------------------------------------------------------------------------------------


CAPTIONS = [
    "A black dog runs through the water .",
    "A black dog splashing in a lake",
    "The dog is running in the water",
    "a wet dog",
    "A black dog in the ocean .",
]


def test_questions_from_captions() -> None:
    asked = {one.question: one.answer for one in questions_of("a.jpg", CAPTIONS)}
    assert asked["is there a dog?"] == asked["is there water?"] == "yes"
    assert asked["is there snow?"] == asked["is there a man?"] == "no"
    assert asked["what color is the dog?"] == "black" and asked["how many dogs are there?"] == "1"
    assert "is there sand?" not in asked  # the ocean hints at it


@pytest.mark.parametrize(
    ("caption", "people"),
    [("a man and a woman", "2"), ("two men talk", "2"), ("three children and a dog", "3"), ("a man", "1"),
     ("a group of people", "many"), ("several boys", "many"), ("a dog", ""), ("two boys and three girls", "many"),
     ("people walk", "many")],
)  # fmt: skip
def test_people_are_counted(caption: str, people: str) -> None:
    assert count_in(words_of(caption), PEOPLE_ONE, PEOPLE_MORE) == people


def test_dogs_and_colours() -> None:
    assert count_in(words_of("two dogs"), DOG, DOGS) == "2"
    said = [words_of(text) for text in ("a black and white dog", "a black dog", "a black dog")]
    assert colour_of("dog", said) == "" and colour_of("dog", said[1:]) == "black"
    assert colour_of("dog", said[2:]) == ""  # one caption is not enough


def test_every_answer_is_as_frequent() -> None:
    rows = [Asked(f"{i}.jpg", "is there a dog?", "yes" if i % 3 else "no") for i in range(60)]
    rows += [Asked(f"{i}.jpg", "is there snow?", "no") for i in range(60)]
    rows += [Asked("0.jpg", "how many dogs are there?", "1"), Asked("1.jpg", "how many dogs are there?", "2")]
    kept = balanced(rows, 0)
    assert Counter((one.question, one.answer) for one in kept) == {
        ("is there a dog?", "yes"): 20, ("is there a dog?", "no"): 20,
    }  # fmt: skip
    assert kept == balanced(list(reversed(rows)), 0)


def test_captions_become_parts_without_a_common_picture(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    captions = {}
    for number in range(80):
        (tmp_path / "images" / f"{number}.png").write_bytes(encode_png(draw_shape(drawing(number))))
        captions[f"{number}.png"] = [CAPTIONS[0] if number % 2 else "A man is sitting on a chair"] * 5
    (tmp_path / "captions.json").write_text(json.dumps(captions))
    asked = flickr8k.recipe("vqa-product", tmp_path, tmp_path / "run")
    lines: list[str] = []
    parts = flickr8k.read_data(asked, lines.append)
    assert set(parts) == {"train", "dev"} and not set(parts["train"].names) & set(parts["dev"].names)
    for data in parts.values():
        counts = Counter(zip(data.questions, data.labels.tolist(), strict=True))
        by_question = {}
        for (question, _), count in counts.items():
            by_question.setdefault(question, set()).add(count)
        assert all(len(found) == 1 for found in by_question.values()) and data.labels.min() >= 0
    (tmp_path / "images" / "3.png").unlink()
    assert code_of(lambda: flickr8k.read_data(asked, lines.append)) == "pictures_missing"


@pytest.mark.parametrize("fusion", FUSIONS)
def test_the_recipes_say_what_they_make(fusion: str, tmp_path: Path) -> None:
    facts, plan = easy.about(f"vqa-{fusion}"), easy.recipe(f"vqa-{fusion}", tmp_path, tmp_path)
    assert facts.id == f"vqa_{fusion}.easy" and f"vqa-{fusion}" in facts.command and plan.storage == "int5"
    assert flickr8k.about("vqa-product").id == "vqa_attention.flickr8k"


# --- the recipe ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Iterator[tuple[Path, str]]:
    """(folder of a run, id of its checkpoint): a network that learned three colours and two shapes."""
    folder = tmp_path_factory.mktemp("run")
    data = write_questions(folder / "drawings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUB_RUNS", str(folder / "none"))
        code = recipe(["--model", "vqa-product", "--data", str(data), "--output", str(folder / "vqa_run"), *SMALL,
                       "--data-licence", "CC0 1.0"])  # fmt: skip
        assert code == 0
        yield folder, LOADER.open_local(folder / "vqa_run" / "checkpoint").id
    LOADER.unload()
    LOADER.local.clear()


def test_a_run_ends_in_a_checkpoint_that_answers(trained: tuple[Path, str]) -> None:
    folder, identity = trained
    files = folder / "vqa_run" / "checkpoint"
    row = read_local(files)
    assert (row.task, row.library, row.model) == (TASK, "ours", "vqa") and row.input.size_hw == (64, 64)
    assert [m.split for m in row.metrics] == ["dev", "test", "train"]
    assert read_config(files)["taught"] == "drawings"
    pixels, question = read_golden(files).given
    assert pixels.shape == (64, 64, 3) and question.endswith("?")
    card = (files / "README.md").read_text()
    assert "pipeline_tag: visual-question-answering" in card and "predict(pixels, text)" in card
    picture = folder / "drawings" / "test" / "images" / "24.png"
    answer = hub_models.predict(TASK, picture, "what colour is the shape?", checkpoint=identity)
    assert set(answer.result.names) == {"blue", "circle", "green", "no", "red", "triangle", "yes"}
    assert answer.notes == ("not in its vocabulary: colour",)


def test_photographs_are_outside_of_what_it_knows(trained: tuple[Path, str], tmp_path: Path) -> None:
    _, identity = trained
    path = tmp_path / "noise.png"
    path.write_bytes(encode_png(np.random.default_rng(0).integers(0, 255, (80, 90, 3), np.uint8)))
    answer = hub_models.predict(TASK, path, "is there a circle?", checkpoint=identity)
    assert any("looks like a photograph" in note for note in answer.notes)


def test_check_recomputes_it(trained: tuple[Path, str], capsys) -> None:
    folder, _ = trained
    assert command_line(["check", str(folder / "vqa_run" / "checkpoint")]) == 0
    assert "ok" in capsys.readouterr().out


def test_training_goes_on_from_a_checkpoint_and_resumes(
    trained: tuple[Path, str], tmp_path: Path, capsys
) -> None:
    folder, identity = trained
    arguments = [
        "--model",
        identity,
        "--data",
        str(folder / "drawings"),
        "--output",
        str(tmp_path / "more"),
        *SMALL,
    ]
    assert recipe([*arguments, "--smoke"]) == 0
    kept, first = (read_config(place / "checkpoint") for place in (tmp_path / "more", folder / "vqa_run"))
    assert [kept[n] for n in ("fusion", "words", "hidden")] == [
        first[n] for n in ("fusion", "words", "hidden")
    ]
    assert "100% of its weights" in (tmp_path / "more" / "checkpoint" / "README.md").read_text()
    assert recipe([*arguments, "--smoke", "--word-dropout", "0.4"]) == 1
    assert "resume_changed" in capsys.readouterr().err


@pytest.mark.parametrize("fusion", ["concatenation", "bilinear"])
def test_the_other_fusions_train_and_blind_is_blind(fusion: str, trained: tuple[Path, str], tmp_path) -> None:
    folder, _ = trained
    data = str(folder / "drawings")
    arguments = [
        "--model",
        f"vqa-{fusion}",
        "--data",
        data,
        "--output",
        str(tmp_path / "run"),
        *SMALL,
        "--smoke",
    ]
    assert recipe([*arguments, "--blind", "--augment", "shift"]) == 0
    files = tmp_path / "run" / "checkpoint"
    predictor = ours.load(read_local(files), files, "cpu")
    assert predictor.network.fusion == fusion


def test_photographs_are_given_imagenet_regions(trained: tuple[Path, str], tmp_path: Path) -> None:
    """The features of a frozen network: what is stored holds none of its weights."""
    folder, _ = trained
    data = str(folder / "drawings")
    arguments = [
        "--model",
        "vqa-product",
        "--data",
        data,
        "--output",
        str(tmp_path / "run"),
        *SMALL,
        "--smoke",
    ]
    assert recipe([*arguments, "--regions", "imagenet"]) == 0
    files = tmp_path / "run" / "checkpoint"
    row = read_local(files)
    assert row.input is None and row.parameters < 200_000
    predictor = ours.load(row, files, "cpu")
    seen = looked(predictor, draw_shape(drawing(0)), "is there a circle?")
    assert seen.maps.shape == (5, 7, 7) and predictor.network.taught == "drawings"


@pytest.mark.parametrize("model", ["resnet", "transformers:nonsense"])
def test_unknown_models_are_said(model: str, trained: tuple[Path, str], tmp_path: Path, capsys) -> None:
    folder, _ = trained
    arguments = ["--model", model, "--data", str(folder / "drawings"), "--output", str(tmp_path / "x")]
    assert recipe(arguments) == 1
    assert "model_unknown" in capsys.readouterr().err


# --- inside ----------------------------------------------------------------------------------------------------------


def test_what_is_looked_at_is_what_answers(trained: tuple[Path, str]) -> None:
    _, identity = trained
    predictor, pixels, question = (
        LOADER.get(identity, TASK),
        draw_shape(drawing(3)),
        "what color is the shape?",
    )
    found = looked(predictor, pixels, question)
    assert found.words == ("what", "color", "is", "the", "shape", "?") and found.maps.shape == (6, 8, 8)
    assert np.allclose(found.maps.sum((1, 2)), 1, atol=1e-5) and found.whole.sum() == pytest.approx(
        1, abs=1e-4
    )
    assert np.allclose(found.probabilities, predictor.predict(pixels, question).probabilities, atol=1e-6)
    regions = predictor.look(pixels)
    numbers = torch.tensor(predictor.vocabulary.numbers(found.words))
    without = without_each_word(predictor.network, regions, numbers)
    unknown = numbers.clone()
    unknown[1] = 1
    with torch.inference_mode():
        shares = predictor.network.read(regions, unknown[None]).logits.softmax(1)[0].numpy()
    assert np.allclose(without[1], found.probabilities - shares, atol=1e-5)
    picture, asked = two_vectors(predictor.network, regions, numbers)
    with torch.inference_mode():
        expected = predictor.read(regions, [question]).fused[0]
    assert torch.allclose(fuse(picture[None], asked[None], "product")[0], expected, atol=1e-5)


# --- evaluation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "kind"),
    [("Is there a cat?", "yes or no"), ("does the image contain a circle?", "yes or no"),
     ("what colour is it?", "what colour"), ("What is the color of the dog?", "what colour"),
     ("what is the blue shape?", "what"), ("how many dogs?", "how many"), ("name it", "other"), ("island?", "other")],
)  # fmt: skip
def test_kinds_of_questions(question: str, kind: str) -> None:
    assert question_type(question) == kind


def test_evaluation_counts(trained: tuple[Path, str], capsys) -> None:
    folder, identity = trained
    report = evaluation.evaluate(TASK, identity, folder / "drawings")
    assert (report["split"], report["count"], report["pictures"]) == ("test", 18, 6)
    names = [row["name"] for row in report["baselines"]]
    assert names == [
        "most frequent answer", "most frequent of its type", "question only", "picture only",
    ]  # fmt: skip
    assert sum(row["count"] for row in report["by_type"]) == 18 and report["outside"] == 0
    for figure in (report["accuracy"], *report["baselines"], report["without_picture"]):
        assert figure["low"] <= figure["value"] <= figure["high"] and figure["count"] == 18
    assert sum(map(sum, report["confusion"])) == 18
    said = evaluation.text(report)
    assert "question only" in said and "network without picture" in said and "yes or no" in said
    arguments = ["evaluate", TASK, "--checkpoint", str(folder / "vqa_run" / "checkpoint"), "--data",
                 str(folder / "drawings")]  # fmt: skip
    assert command_line([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] == report["accuracy"]


def test_answers_that_it_does_not_know_are_counted(trained: tuple[Path, str], tmp_path: Path) -> None:
    _, identity = trained
    folder = as_easy_vqa(tmp_path / "easy", 2)
    (folder / "questions.json").write_text(
        '[["what is it?", "a zebra", 0], ["is there a circle?", "yes", 0]]'
    )
    report = evaluation.evaluate(TASK, identity, folder)
    assert report["outside"] == 1 and report["count"] == 2
    assert "1 questions have an answer" in evaluation.text(report)


# --- the catalogue ---------------------------------------------------------------------------------------------------

BUNDLED = [row for row in catalog.checkpoints(TASK) if row.kind == "bundled"]
DRAWINGS = [row for row in BUNDLED if row.id.endswith(".easy")]


@pytest.mark.parametrize("row", DRAWINGS, ids=lambda row: row.id)
def test_bundled_networks_know_drawings(row: Checkpoint) -> None:
    """Drawn by other code than the data, at other places."""
    predictor = LOADER.get(row.id, TASK)
    right = []
    for what, asked in drawn_questions():
        said = predictor.answers(predictor.look(draw_shape(what)), [question for question, _ in asked])
        right += [answer == truth for answer, (_, truth) in zip(said, asked, strict=True)]
    assert np.mean(right) > 0.85
    (figure,) = (m for m in row.metrics if m.split == "test")
    assert figure.count == 9_673 and figure.baseline_name == "question only"
    assert row.megabytes <= 0.25


def test_the_best_reaches_its_aim() -> None:
    best = max((m.value for row in DRAWINGS for m in row.metrics if m.split == "test"), default=1.0)
    assert best >= 0.97


def test_photographs_beat_the_question_alone() -> None:
    for row in BUNDLED:
        if row.id.endswith(".flickr8k"):
            figure = row.metrics[0]
            assert figure.low > figure.baseline
