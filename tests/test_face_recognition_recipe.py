"""The recipe of face recognition: triplets, batches of people, data checks, runs, what the checkpoint keeps."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import TripletMarginMiner
from torch import nn

from finetune import face_recognition, face_recognition_youtube
from finetune.eigenfaces import Eigenfaces
from finetune.face_batches import PeopleBatches
from finetune.face_changes import changed
from finetune.face_data import read_data
from finetune.face_options import build_parser
from finetune.state import best_weights
from finetune.triplets import all_triplets, semi_hard, squared_distances, triplet_loss
from hub_models.errors import BadData
from hub_models.face_pictures import FacePictures
from hub_models.loader import LOADER
from hub_models.local import read_config, read_local
from hub_models.preprocess import InputSpec
from hub_models.tabs.face_recognition_form import FORM
from hub_models.ui.form import Choice

GREY = InputSpec(size_hw=(16, 16), mean=(0.5,), std=(0.5,), interpolation="bilinear", colour="grey")


def batch(people: int = 5, each: int = 4, dims: int = 8, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Embeddings that are nearer within a person, but not by much."""
    torch.manual_seed(seed)
    centres = torch.randn(people, dims).repeat_interleave(each, 0)
    rows = nn.functional.normalize(centres + 0.9 * torch.randn(people * each, dims), dim=1)
    return rows, torch.arange(people).repeat_interleave(each)


# --- triplets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("margin", [0.1, 0.2, 0.7])
def test_loss_and_gradient_are_those_of_pytorch_metric_learning(seed, margin):
    rows, people = batch(seed=seed)
    ours, theirs = (rows.clone().requires_grad_() for _ in range(2))
    found = triplet_loss(ours, people, margin)["loss"]
    distance = LpDistance(normalize_embeddings=True, p=2, power=2)
    mined = TripletMarginMiner(margin, "semihard", distance=distance)(theirs, people)
    expected = TripletMarginLoss(margin, distance=distance)(theirs, people, mined)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)
    found.backward()
    expected.backward()
    # theirs also goes through the normalisation, ours does not: compare along the sphere
    along = ours.grad - (ours.grad * rows).sum(1, keepdim=True) * rows
    torch.testing.assert_close(along, theirs.grad, atol=1e-5, rtol=1e-4)


def test_every_triplet_is_found_and_the_semi_hard_ones_are_between_right_and_right_by_a_margin():
    rows, people = batch(3, 3)
    listed = set(zip(*(index.tolist() for index in all_triplets(people)), strict=True))
    expected = {
        (a, p, n)
        for a, p, n in itertools.product(range(9), repeat=3)
        if a != p and people[a] == people[p] and people[a] != people[n]
    }
    assert listed == expected and len(listed) == 9 * 2 * 6
    distances = squared_distances(rows, rows)
    for a, p, n in zip(*semi_hard(distances, people, 0.2), strict=True):
        assert distances[a, p] < distances[a, n] < distances[a, p] + 0.2


def test_a_batch_without_semi_hard_triplets_costs_nothing():
    rows = torch.eye(4)[[0, 0, 1, 1]].requires_grad_()
    found = triplet_loss(rows, torch.tensor([0, 0, 1, 1]))
    assert found["loss"] == 0 and found["semi_hard"] == 0 and found["hard"] == 0
    found["loss"].backward()
    assert (rows.grad == 0).all()


# --- batches and changes ----------------------------------------------------------------------------------------------


def pictures(people: int = 6, takes: int = 3, each: int = 2, side: int = 32) -> FacePictures:
    """A pattern a person, another brightness a take."""
    random = np.random.default_rng(1)
    patterns = random.integers(0, 200, (people, side // 4, side // 4, 3)).repeat(4, 1).repeat(4, 2)
    labels = np.repeat(np.arange(people), takes * each)
    take = np.repeat(np.arange(people * takes), each)
    noise = random.integers(0, 20, (len(labels), side, side, 3))
    images = (patterns[labels] + 10 * (take % takes)[:, None, None, None] + noise).astype(np.uint8)
    return FacePictures(
        people=tuple(f"p{i}" for i in range(people)),
        labels=labels,
        takes=take,
        names=tuple(f"{i}.png" for i in range(len(labels))),
        read=images.__getitem__,
    )


def test_a_sample_is_one_person_from_as_many_takes_as_there_are():
    data = pictures()
    batches = PeopleBatches(data, GREY, each=4, rounds=2, seed=3)
    assert len(batches) == 12 and batches.people == 6
    shown = {}
    for index in range(data.labels.size):
        shown[batches.read(index).tobytes()] = index
    for epoch, place in itertools.product(range(3), range(12)):
        x, person = batches[(epoch, place)]
        assert x.shape == (4, 1, 16, 16) and x.dtype == torch.uint8 and person == place % 6
        found = [shown[picture.numpy().tobytes()] for picture in x]
        assert set(data.labels[found]) == {person}
        assert len(set(data.takes[found[:3]])) == 3 and len(set(found)) == 4
        torch.testing.assert_close(batches[(epoch, place)][0], x)
    assert not torch.equal(batches[(0, 0)][0], batches[(1, 0)][0])


@pytest.mark.parametrize("channels", [1, 3])
def test_changed_faces_stay_pictures_and_differ(channels):
    torch.manual_seed(0)
    faces = torch.rand(24, channels, 24, 20)
    before = faces.clone()
    found = changed(faces)
    assert found.shape == faces.shape and found.min() >= 0 and found.max() <= 1
    torch.testing.assert_close(faces, before)
    assert ((found - before).abs().flatten(1).mean(1) > 0.01).all()


def test_eigenfaces_know_a_face_under_another_light():
    data = pictures(20, takes=4)
    given = [data.read(i) for i in range(len(data))]
    vectors = Eigenfaces(given).embed(given)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    nearest = (vectors @ vectors.T - 2 * np.eye(len(vectors))).argmax(1)
    assert (data.labels[nearest] == data.labels).mean() > 0.7  # of 20 people: by chance 0.05


# --- the data ---------------------------------------------------------------------------------------------------------


def write(folder, data: FacePictures):
    for i in range(len(data)):
        place = folder / data.people[data.labels[i]]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(data.read(i)).save(place / data.names[i])
    return folder


def recipe(data, output, **changes) -> face_recognition.Recipe:
    settings = face_recognition.Settings(
        epochs=2, batch=4, learning_rate=3e-3, optimizer="adamw", ema=0.9, seed=1
    )
    chosen = {
        "model": "siamese",
        "faces": "whole",
        "size_hw": (32, 32),
        "each": 3,
        "who": 0.5,
        "dev_share": 0.3,
    }
    return face_recognition.Recipe(data=str(data), output=output, settings=settings, **chosen | changes)


def test_people_are_apart_and_those_with_one_picture_are_left_out(tmp_path):
    folder = write(tmp_path / "faces", pictures(8))
    (folder / "lonely").mkdir()
    Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(folder / "lonely" / "a.png")
    (folder / "p0" / "broken.jpg").write_bytes(b"no picture")
    said = []
    found = read_data(recipe(folder, tmp_path / "run"), said.append)
    people = [set(part.counts()) for part in found.values()]
    assert not people[0] & people[1] and people[0] | people[1] == {f"p{i}" for i in range(8)}
    assert found["train"].class_names == ()  # no name travels with the weights
    assert any("broken.jpg" in words for words in said)


def test_a_person_in_both_parts_is_refused(tmp_path):
    folder = tmp_path / "faces"
    write(folder / "train", pictures(4))
    write(folder / "val", pictures(3))
    with pytest.raises(BadData, match="in both") as error:
        read_data(recipe(folder, tmp_path / "run"), lambda words: None)
    assert error.value.code == "people_shared"


def test_too_few_people_are_said(tmp_path):
    folder = write(tmp_path / "faces", pictures(3))
    with pytest.raises(BadData) as error:
        read_data(recipe(folder, tmp_path / "run"), lambda words: None)
    assert error.value.code == "people_few"


def test_the_video_is_the_tens_digit():
    assert face_recognition_youtube.video_of("training/Ada_Lovelace_21.jpg") == "Ada_Lovelace_2"
    assert face_recognition_youtube.video_of("test/Ada_Lovelace_22.jpg") == "Ada_Lovelace_2"
    with pytest.raises(BadData):
        face_recognition_youtube.video_of("face.jpg")


# --- runs -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run on patterns that stand for people, from the command line."""
    place = tmp_path_factory.mktemp("run")
    folder = write(place / "patterns", pictures(12, takes=4))
    words = f"--model siamese --data {folder} --output {place / 'run'} --faces whole --size 32 --epochs 3 --batch 4"
    assert face_recognition.main([*words.split(), "--rounds", "4", "--seed", "2"]) == 0
    return place


def test_a_run_learns_and_its_checkpoint_opens_with_what_was_measured(trained):
    checkpoint = read_local(trained / "run" / "checkpoint")
    figures = {metric.name: metric for metric in checkpoint.metrics}
    assert figures["ROC AUC"].value > 0.9 and figures["ROC AUC"].baseline_name == "eigenfaces"
    config = read_config(trained / "run" / "checkpoint")
    assert config["label_names"] == [] and config["calibration"]["measured_on"].startswith("measured on")
    assert not [name for name in json.dumps(config).split('"') if name in {f"p{i}" for i in range(12)}]
    opened = LOADER.open_local(trained / "run" / "checkpoint")
    try:
        known = LOADER.run(opened.id, "face-recognition", lambda predictor: predictor.calibration)
        assert known.threshold == pytest.approx(config["calibration"]["threshold"])
    finally:
        del LOADER.local[opened.id]


def test_only_the_network_is_kept_of_a_run(trained):
    network = face_recognition.start_embedder("siamese", (32, 32)).model
    assert best_weights(trained / "run", network, needed=True)
    card = (trained / "run" / "checkpoint" / "README.md").read_text()
    assert "0 classes" not in card and "directions" not in card and "eigenfaces" in card


def test_a_run_goes_on_from_a_checkpoint_and_resumes(trained, capsys):
    parent, data, output = (trained / name for name in ("run/checkpoint", "patterns", "more"))
    words = f"--model {parent} --data {data} --output {output} --faces whole"
    assert face_recognition.main([*words.split(), "--smoke"]) == 0
    assert face_recognition.main([*words.split(), "--smoke"]) == 0
    assert "resumed at step" in capsys.readouterr().out


def test_a_network_with_a_backbone_starts_from_imagenet_and_keeps_its_first_stages(tmp_path):
    start = face_recognition.start_embedder("face-embedding", None)
    chosen = recipe("", tmp_path, model="face-embedding", size_hw=None)
    model = face_recognition.WithPeople(start.model, 5)
    groups = face_recognition.parameter_groups(model, chosen)
    learning = {id(p) for group in groups for p in group["params"]}
    assert id(start.model.backbone.stem[0].weight) not in learning and id(model.directions) in learning
    assert id(start.model.embed.weight) in learning
    assert "imagenet" in start.origin and start.input.size_hw == (96, 96)
    bad = replace(chosen, model="vgg_small.cifar10")
    with pytest.raises(BadData, match="Expected --model to be one of") as error:
        face_recognition.start_from(bad, pictures())
    assert error.value.code == "model_unknown"


def test_the_form_says_what_the_recipe_understands():
    parser = build_parser()
    settings = [
        [value for _, value in control.options]
        if isinstance(control, Choice)
        else [control.value, control.least]
        for control in FORM.controls
    ]
    for values in itertools.product(*settings):
        chosen = parser.parse_args([*FORM.arguments("", "", "data.zip", *values), "--output", "runs/mine"])
        assert chosen.data == "data.zip" and chosen.model == values[0] and chosen.each >= 2
    assert not FORM.takes_checkpoint
