"""Image captioning: the result, data, networks, the captioner, the views' numbers, figures, and how they are said."""

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from caption_sets import MODELS, drawn, said_of, tiny_captioner, write_captions
from PIL import Image

from hub_models import compute
from hub_models.caption import Caption
from hub_models.captioned_pictures import open_captions
from hub_models.compute import Deadline
from hub_models.errors import BadData, BadInput, Overloaded
from hub_models.evaluate import image_captioning as measured
from hub_models.inside.captions import contributions, nearest_training, placed, strongest, with_and_without
from hub_models.predictors.captioner import BEAMS, sayable
from hub_models.predictors.generation import ARGMAX, Choosing
from hub_models.predictors.regions import CHANNELS, PLACES, Regions, regions, squeezed
from hub_models.tasks.image_captioning import way

LSTM, ATTENTION = "caption_lstm", "caption_attention"


@pytest.fixture(scope="module", params=MODELS)
def captioner(request: pytest.FixtureRequest):
    return tiny_captioner(request.param)


@pytest.fixture(scope="module")
def seen() -> torch.Tensor:
    return regions("cpu")(drawn(4))


# --- the result ------------------------------------------------------------------------------------------------------


def caption(**more: object) -> Caption:
    facts = {
        "words": ("a", "man", "'s", "dog"),
        "log_probabilities": np.log(np.array([0.5, 0.5, 1, 0.25], np.float32)),
    }
    return Caption(**(facts | more))


def test_a_caption_reads_as_a_sentence():
    found = caption(ending=math.log(0.5), others=(("a cat", -3.0),))
    assert found.caption == "a man's dog"
    assert found.text() == "Caption: a man's dog."
    assert found.log_probability == pytest.approx(math.log(0.5**3 * 0.25))
    assert found.to_json()["others"] == [{"caption": "a cat", "log_probability": -3.0}]
    assert found.rows()[-1][:2] == ["(end)", "50.0%"]
    assert "attention" not in found.to_json()
    assert "ended before" in Caption((), np.zeros(0, np.float32)).text()


@pytest.mark.parametrize(
    "more",
    [
        {"log_probabilities": np.zeros(3, np.float32)},
        {"log_probabilities": np.full(4, np.nan, np.float32)},
        {"log_probabilities": np.full(4, 0.5, np.float32)},
        {"attention": np.zeros((4, 7, 6), np.float32)},
        {"attention": np.full((4, 7, 7), np.nan, np.float32)},
    ],
)
def test_an_impossible_caption_is_refused(more):
    with pytest.raises(ValueError, match="expected"):
        caption(**more)


def test_a_caption_is_compared_with_a_golden_one():
    found = caption(attention=np.full((4, 7, 7), 1 / 49, np.float32))
    golden = found.arrays()
    assert found.unlike(golden) == ""
    assert "words" in caption(words=("a", "cat", "'s", "dog")).unlike(golden)
    assert "log_probabilities" in found.unlike(
        golden | {"log_probabilities": golden["log_probabilities"] - 1}
    )
    assert "attention" in found.unlike(golden | {"attention": golden["attention"] * 2})
    assert "expected" in caption().unlike(golden)


# --- data ------------------------------------------------------------------------------------------------------------


def write_pictures(folder: Path, *names: str) -> None:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawn(number)).save(folder / name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("captions.json", '{"a.png": ["one", "two"], "b.png": "three", "gone.png": ["four"]}'),
        (
            "captions.json",
            '[{"file": "a.png", "captions": ["one", "two"]}, {"image": "b.png", "caption": "three"}, '
            '{"file": "gone.png", "captions": ["four"]}]',
        ),
        ("Flickr8k.token.txt", "a.png#0\tone\na.png#1\ttwo\nb.png#0\tthree\ngone.png#0\tfour\n"),
        ("captions.txt", "image,caption\na.png,one\na.png,two\nb.png,three\ngone.png,four\n"),
        ("metadata.csv", "file_name,text\na.png,one\na.png,two\nb.png,three\ngone.png,four\n"),
    ],
)
def test_every_layout_says_the_same(name: str, content: str, tmp_path):
    write_pictures(tmp_path, "images/a.png", "images/b.png")
    (tmp_path / name).write_text(content)
    (data,) = open_captions(tmp_path).values()
    assert data.names == ("a.png", "b.png")
    assert data.captions == (("one", "two"), ("three",))
    assert data.sentences == (("four",),)
    assert data.missing == ("gone.png",)
    assert data.read(1).shape == (64, 80, 3)


def test_parts_and_packed_tables(tmp_path):
    write_pictures(tmp_path, "a.png", "b.png")
    (tmp_path / "captions_val.json").write_text('{"b.png": ["two"]}')
    with gzip.open(tmp_path / "captions_train.json.gz", "wt") as file:
        json.dump({"a.png": ["one", "one", " ", "\x00"]}, file)
    parts = open_captions(tmp_path)
    assert {name: data.names for name, data in parts.items()} == {"train": ("a.png",), "dev": ("b.png",)}
    assert parts["train"].captions == (("one",),)
    assert parts["train"].empty == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "captions_unreadable"),
        ('{"a": ["no picture"]}', "captions_missing"),
        ("[]", "captions_missing"),
        ('{"gone.png": ["one"]}', "pictures_missing"),
        ('{"a.png": [""]}', "pictures_missing"),
        ("[" * 100_000, "captions_unreadable"),
    ],
)
def test_what_is_no_data_is_refused(content: str, code: str, tmp_path):
    write_pictures(tmp_path, "a.png")
    (tmp_path / "captions.json").write_text(content)
    with pytest.raises(BadData) as caught:
        open_captions(tmp_path)
    assert caught.value.code == code


def test_a_small_file_that_becomes_a_large_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("hub_models.captioned_pictures.LARGEST_TABLE", 1000)
    write_pictures(tmp_path, "a.png")
    (tmp_path / "captions.json.gz").write_bytes(gzip.compress(b" " * 100_000))
    with pytest.raises(BadData, match="at most"):
        open_captions(tmp_path)


# --- regions and networks --------------------------------------------------------------------------------------------


def test_regions_are_those_of_the_classifier_of_imagenet():
    from hub_models.architectures.efficientnet_lite import EfficientNetLite0Classifier
    from hub_models.catalog import checkpoints
    from hub_models.local import package_file
    from hub_models.predictors.regions import BACKBONE, SPEC
    from hub_models.predictors.weights import read_tensors
    from hub_models.preprocess import normalise

    (backbone,) = (c for c in checkpoints("image-classification") if c.id == BACKBONE)
    whole = EfficientNetLite0Classifier().eval()
    tensors = read_tensors(package_file(backbone.place))
    whole.load_state_dict(dict(zip(whole.state_dict(), tensors.values(), strict=True)))
    pixels = drawn(2)
    found = Regions()(pixels)
    assert found.shape == (PLACES, CHANNELS)
    with torch.inference_mode():
        logits = whole(torch.from_numpy(normalise(squeezed(pixels), SPEC))[None])
    assert torch.allclose(whole.classifier(found.mean(0)), logits[0], atol=1e-2)
    assert regions("cpu") is regions("cpu")


@pytest.mark.parametrize("shape", [(1, 1), (1, 2000), (300, 20)])
def test_a_picture_of_any_shape_has_its_regions(shape):
    assert Regions()(np.full((*shape, 3), 90, np.uint8)).isfinite().all()


def test_step_by_step_is_the_same_as_in_one_go(captioner, seen):
    network, numbers = captioner.network, torch.tensor([[2, 4, 5, 8, 6], [2, 7, 4, 4, 3]])
    whole = network(seen[None].expand(2, -1, -1), numbers)
    telling, steps = network.begin(seen[None]).chosen(torch.tensor([0, 0])), []
    for step in numbers.unbind(1):
        logits, telling, _ = network.read(step[:, None], telling)
        steps.append(logits[:, 0])
    assert torch.allclose(torch.stack(steps, 1), whole, atol=1e-5)
    some = torch.tensor([[True, True, False, False, True]] * 2)
    assert torch.allclose(network(seen[None], numbers, each=2, where=some), whole[some], atol=1e-5)
    turned = telling.chosen(torch.tensor([1, 0]))
    assert torch.equal(turned.state[0][0], telling.state[0][1])


def test_attention_is_a_distribution_and_the_other_network_has_none(seen):
    numbers = torch.tensor([[2, 4, 5]])
    network = tiny_captioner(ATTENTION).network
    _, _, looked = network.read(numbers, network.begin(seen[None]))
    assert looked.shape == (1, 3, PLACES)
    assert torch.allclose(looked.sum(2), torch.ones(1, 3), atol=1e-5)
    network = tiny_captioner(LSTM).network
    assert network.read(numbers, network.begin(seen[None]))[2] is None


def test_no_picture_is_the_same_wherever_it_is_not(captioner):
    network, numbers = captioner.network, torch.tensor([[2, 4, 5]])
    none = torch.zeros(1, PLACES, CHANNELS)
    assert torch.allclose(network(none, numbers), network(none[:, :1], numbers), atol=1e-5)


def test_twice_the_contrast_is_no_other_picture(captioner, seen):
    """Features are levelled to one length."""
    numbers = torch.tensor([[2, 4, 5]])
    network = captioner.network
    assert torch.allclose(network(seen[None], numbers), network(3 * seen[None], numbers), atol=1e-4)


@pytest.mark.parametrize("model", MODELS)
def test_the_gradient_reaches_every_weight(model: str):
    network = MODELS[model](9, features=6, embedding=4, hidden=5, dropout=0.0)
    logits = network(torch.randn(2, 49, 6), torch.tensor([[2, 4, 5], [2, 6, 7]]))
    (logits * torch.randn_like(logits)).sum().backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


# --- the captioner ---------------------------------------------------------------------------------------------------


def test_words_are_said_without_signs(captioner):
    assert sayable("A man 's DOG, running .", captioner.vocabulary) == ["a", "man", "'s", "dog", "running"]


@pytest.mark.parametrize(
    "choosing", [ARGMAX, BEAMS, Choosing(temperature=1.0, seed=3)], ids=["greedy", "beams", "drawn"]
)
def test_what_is_told_is_what_was_chosen(captioner, choosing):
    found = captioner.predict(drawn(4), choosing, 6)
    again = captioner.predict(drawn(4), choosing, 6)
    assert found.words == again.words
    assert len(found.words) <= 6
    assert len(found.alternatives) == len(found.words) + 1
    assert all(sum(share for _, share in step) <= 1.001 for step in found.alternatives)
    assert (found.attention is not None) == captioner.network.looks
    for place, log in enumerate(found.log_probabilities):
        listed = dict(found.alternatives[place])
        if found.words[place] in listed:
            assert math.log(listed[found.words[place]]) == pytest.approx(float(log), abs=1e-4)


def test_greedy_takes_the_first_alternative_and_beams_find_more(captioner):
    greedy = captioner.predict(drawn(4), ARGMAX, 6)
    firsts = [step[0][0] for step in greedy.alternatives]
    assert [*greedy.words, "(end)"][: len(greedy.words)] == firsts[: len(greedy.words)]
    beams = captioner.predict(drawn(4), Choosing(beams=5), 6)
    if not math.isnan(greedy.ending):
        assert beams.log_probability >= greedy.log_probability - 1e-4
    logs = [beams.log_probability, *(log for _, log in beams.others)]
    assert logs == sorted(logs, reverse=True)


def test_what_is_never_said_has_no_probability(captioner, seen):
    logs, _ = captioner.writer(seen).advance(torch.tensor([[2]]))
    assert torch.isinf(logs[0, :3]).all()
    assert logs.exp().sum().item() == pytest.approx(1, abs=1e-4)


def test_a_visitor_who_leaves_stops_it(captioner):
    token = compute.CURRENT.set(Deadline(cancelled=lambda: True))
    try:
        with pytest.raises(Overloaded):
            captioner.predict(drawn(4))
    finally:
        compute.CURRENT.reset(token)


@pytest.mark.parametrize(
    "values", [(0, 0, 0.7, 20, 0), (11, 0, 0.7, 20, 0), (1.5, 0, 0.7, 20, 0), (5, -1, 0.7, 20, 0),
               (5, math.nan, 0.7, 20, 0), (5, 0, 3, 20, 0), (5, 0, 0.7, 21, 0), (5, 0, 0.7, 20, -1)],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(values):
    with pytest.raises(BadInput, match="Expected"):
        way(*values)


# --- what the views count --------------------------------------------------------------------------------------------


def test_contributions_add_up_to_a_directional_derivative(captioner, seen):
    """Features are levelled, so the whole picture made stronger changes nothing: contributions sum to about 0."""
    numbers = (4, 5, 8)
    maps = contributions(captioner, seen, numbers)
    assert maps.shape == (3, 7, 7)
    assert np.abs(maps.sum((1, 2))).max() < 1e-3
    step = torch.zeros_like(seen)
    step[10] = 1e-3 * seen[10]
    before, after = (captioner.told(s, numbers).log_probabilities for s in (seen, seen + step))
    assert np.allclose((after - before) / 1e-3, maps[:, 10 // 7, 10 % 7], atol=2e-2)


def test_strongest_regions_are_named():
    weights = np.zeros((7, 7))
    weights[0, 6], weights[3, 3] = 2, 3
    assert strongest(weights)[:2] == [(4, 4, 3.0), (1, 7, 2.0)]
    assert [placed(4, 4), placed(1, 7), placed(6, 3)] == ["centre", "top right", "bottom middle"]


def test_the_language_alone_tells_otherwise(captioner, seen):
    with_, without = with_and_without(captioner, seen, (4, 5))
    assert with_.words == without.words == ("a", "red")
    assert not np.allclose(with_.log_probabilities, without.log_probabilities)


@pytest.mark.parametrize("model", MODELS)
def test_the_nearest_training_picture_is_the_picture_itself(model: str, seen):
    captioner = tiny_captioner(model, known=2)
    network = captioner.network
    network.known_pictures[0] = -network.vector(seen[None])[0]
    network.known_pictures[1] = network.vector(seen[None])[0]
    network.known_captions[1, :4] = torch.tensor([4, 5, 8, 3])
    first, second = nearest_training(captioner, seen)
    assert first == ("a red square", pytest.approx(1, abs=1e-5))
    assert second[1] == pytest.approx(-1, abs=1e-5)
    assert nearest_training(tiny_captioner(model), seen) == []


# --- figures ---------------------------------------------------------------------------------------------------------

SAID = ["a dog runs on grass", "a man in a hat"]
TOLD = [
    ["a dog is running on the grass", "dog runs on grass"],
    ["a man wearing a hat", "the man in a hat sits"],
]


def test_figures_are_those_of_sacrebleu():
    from sacrebleu.metrics import BLEU

    found = measured.figures(SAID, TOLD)
    columns = [[captions[i] for captions in TOLD] for i in range(2)]
    for order in measured.ORDERS:
        whole = BLEU(max_ngram_order=order, tokenize="none").corpus_score(SAID, columns)
        assert found[f"bleu_{order}"]["value"] == pytest.approx(whole.score / 100, abs=1e-5)
    assert found["chrf"]["low"] <= found["chrf"]["value"] <= found["chrf"]["high"]
    assert measured.figures([TOLD[0][0]], TOLD[:1])["bleu_4"]["value"] == pytest.approx(1)


def test_consensus_is_the_caption_most_like_the_others():
    assert measured.consensus(["a dog runs", "a dog runs fast", "the cat"]) == "a dog runs"
    assert measured.consensus(["alone"]) == "alone"


def test_a_report_has_baselines_and_words(captioner, tmp_path):
    data = next(iter(open_captions(write_captions(tmp_path, 6)).values()))
    known = measured.neighbours_in(data, regions("cpu"))
    report = measured.evaluate(captioner, data, name="shapes", split="dev", known=known)
    assert (report["count"], report["references"]) == (6, 2.0)
    constant, nearest = report["baselines"]
    assert nearest["bleu_4"] > 0.9  # each picture is its own neighbour
    assert constant["bleu_1"] < 1
    assert known.typical in {caption for number in range(6) for caption in said_of(number)}
    words = measured.text(report)
    assert "BLEU-4" in words
    assert "nearest picture" in words
    json.dumps(report, allow_nan=False)
