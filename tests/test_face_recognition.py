"""Face recognition in numbers: distances, thresholds, error rates, the gallery, the networks and their predictors."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score, roc_curve

from hub_models import catalog
from hub_models.architectures.face_embedding import FaceEmbedding
from hub_models.architectures.siamese import Siamese
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadData, CheckpointError
from hub_models.evaluate import face_recognition as evaluation
from hub_models.face_gallery import (
    Calibration,
    Gallery,
    Pairs,
    all_pairs,
    best_threshold,
    equal_error,
    error_rates,
    judged,
    plane,
    rank_one,
    roc_auc,
    squared_distances,
)
from hub_models.face_gallery import roc_curve as our_roc_curve
from hub_models.face_pictures import FacePictures, split_by_person
from hub_models.faces import FIXED_PLACES
from hub_models.inside import faces as inside
from hub_models.loader import LOADER
from hub_models.predictors import timm_embedder
from hub_models.predictors.face_embedder import FaceEmbedder
from hub_models.preprocess import InputSpec

ORL = "siamese.orl"


def unit(*shape: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def row(**changes) -> Checkpoint:
    return Checkpoint(
        **{
            "id": "tiny.faces",
            "task": "face-recognition",
            "title": "Tiny",
            "architecture": "Siamese network",
            "year": 2005,
            "library": "ours",
            "source": "local:",
            "model": "siamese",
            "sentence": "A test.",
            "paper": "A test.",
            "weights_licence": "MIT",
            "data_licence": "MIT",
            "trained_on": "noise",
            "parameters": 0,
            "megabytes": 0.0,
            "recipe": "none",
        }
        | changes
    )


# --- distances and error rates ----------------------------------------------------------------------------------------


def test_the_squared_distance_is_equation_9_2():
    a, b = unit(5, 8), unit(3, 8, seed=1)
    expected = [[((x.astype(float) - y) ** 2).sum() for y in b] for x in a]
    np.testing.assert_allclose(squared_distances(a, b), expected, atol=1e-6)
    assert squared_distances(a, a).diagonal().max() < 1e-6
    np.testing.assert_allclose(squared_distances(a, -a).diagonal(), 4, atol=1e-6)


def test_area_under_the_curve_and_the_curve_are_those_of_scikit_learn():
    random = np.random.default_rng(1)
    distances = random.integers(0, 30, 400) / 10  # with ties
    same = random.random(400) < 0.3
    distances[same] *= 0.7
    assert roc_auc(distances, same) == pytest.approx(roc_auc_score(same, -distances), abs=1e-12)
    _, false, true = our_roc_curve(distances, same)
    their_false, their_true, _ = roc_curve(same, -distances, drop_intermediate=False)
    np.testing.assert_allclose((false, true), (their_false[1:], their_true[1:]), atol=1e-12)
    weights = random.integers(0, 4, 400)
    repeated = np.repeat(np.arange(400), weights)
    assert roc_auc(distances, same, weights) == pytest.approx(roc_auc(distances[repeated], same[repeated]))


def test_a_threshold_between_two_clouds_errs_never_and_one_inside_errs_in_both_ways():
    distances, same = np.array([0.1, 0.2, 0.9, 1.0]), np.array([True, True, False, False])
    assert 0.2 < best_threshold(distances, same) < 0.9
    assert equal_error(distances, same)[0] == 0
    assert error_rates(0.5, distances[same], distances[~same]) == (0, 0)
    assert error_rates(0.1, distances[same], distances[~same]) == (0, 0.5)
    assert error_rates(0.95, distances[same], distances[~same]) == (0.5, 0)
    mixed = np.array([0.1, 0.8, 0.3, 1.0])
    assert equal_error(mixed, same)[0] == 0.5


def test_pairs_of_one_take_can_be_left_out():
    people, takes = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 2])
    pairs = all_pairs(unit(4, 6), people, takes)
    assert (pairs.same.sum(), (~pairs.same).sum()) == (3, 3)
    apart = pairs.across_takes()
    assert (apart.same.sum(), (~apart.same).sum()) == (2, 3)


def test_what_was_measured_travels_as_json_and_gives_the_error_rates_back():
    random = np.random.default_rng(2)
    pairs = all_pairs(unit(60, 4, seed=3), np.repeat(np.arange(12), 5), np.arange(60))
    known = Calibration.of(pairs, 1.2, "noise")
    again = Calibration.from_json(json.loads(json.dumps(known.to_json())))
    for threshold in random.uniform(0, 4, 20):
        exact = error_rates(threshold, pairs.distances[pairs.same], pairs.distances[~pairs.same])
        assert again.error_rates(threshold) == pytest.approx(exact, abs=0.02)
    assert again.error_rates(-0.1)[0] == 0 and again.error_rates(4.1) == (1, 0)
    assert Calibration.from_json(None) is None


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": 9},
        {"threshold": "much"},
        {"same": [1.0]},
        {"different": [float("nan")] * 101},
        {"same": list(range(101, 0, -1))},
        {"measured_on": 3},
    ],
)
def test_a_foreign_calibration_is_refused(change):
    good = Calibration(1.0, np.linspace(0, 1, 101), np.linspace(1, 2, 101), "noise").to_json()
    with pytest.raises(ValueError, match=r"expected|could not convert"):
        Calibration.from_json(good | change)
    network = Siamese(dims=4, widths=(4,), grid=1, calibration=good | change)
    spec = InputSpec(size_hw=(16, 16), mean=(0.5,), std=(0.5,), colour="grey")
    with pytest.raises(CheckpointError, match="measured distances"):
        FaceEmbedder(row(), network.eval(), spec, (), "cpu")


def test_a_verdict_has_error_rates_or_there_is_none():
    known = Calibration(0.5, np.linspace(0, 1, 101), np.linspace(0.5, 2, 101), "noise")
    same = judged(0.3, known)
    assert (same.same, same.threshold, same.false_accept, same.false_reject) == (True, 0.5, 0, 0.5)
    assert "50.0%" in same.text() and "noise" in same.text()
    assert judged(0.7, known).same is False and judged(0.7, known, 0.8).same is True
    unknown = judged(0.3, None)
    assert unknown.same is None and unknown.to_json()["same"] is None
    assert "no verdict" in unknown.text() and "Probably" not in unknown.text()


# --- recognition ------------------------------------------------------------------------------------------------------


def test_the_gallery_finds_the_nearest_person_and_forgets_by_name():
    vectors = unit(4, 8)
    gallery = Gallery().enrolled("Ada", vectors[0]).enrolled("Alan", vectors[1]).enrolled("Ada", vectors[2])
    assert gallery.people == ("Ada", "Alan")
    rows = gallery.distances(vectors[2])
    assert rows[0] == ("Ada", pytest.approx(0, abs=1e-6)) and rows[1][0] == "Alan"
    alone = gallery.without("Ada")
    assert alone.names == ("Alan",) and alone.without("Alan") == Gallery()
    assert Gallery().distances(vectors[0]) == []


def test_rank_one_asks_about_other_takes_only():
    embeddings = np.eye(4, dtype=np.float32)[[0, 0, 1, 1, 1]]
    people, takes = np.array([5, 5, 7, 7, 7]), np.array([0, 0, 1, 2, 2])
    right, whose = rank_one(embeddings, people, takes, np.array([0, 2]))
    assert right.tolist() == [True, True] and whose.tolist() == [7, 7]


def test_the_plane_keeps_distances_that_lie_in_it():
    flat = np.zeros((6, 8), np.float32)
    flat[:, :2] = np.random.default_rng(0).normal(size=(6, 2))
    (points,) = plane(flat)
    np.testing.assert_allclose(
        np.linalg.norm(points[:, None] - points, axis=-1),
        np.linalg.norm(flat[:, None] - flat, axis=-1),
        atol=1e-5,
    )


# --- people are split, not pictures -----------------------------------------------------------------------------------


def faces(people: int = 6, each: int = 3) -> FacePictures:
    labels = np.repeat(np.arange(people), each)
    return FacePictures(
        people=tuple(f"p{i}" for i in range(people)),
        labels=labels,
        takes=np.arange(len(labels)),
        names=tuple(f"{i}.png" for i in range(len(labels))),
        read=lambda i: np.full((32, 32, 3), 10 * i, np.uint8),
    )


def test_a_person_is_on_one_side_of_the_split():
    rest, off = split_by_person(faces(10), 0.3, seed=1)
    assert set(rest.labels) | set(off.labels) == set(range(10)) and not set(rest.labels) & set(off.labels)
    assert len(off.counts()) == 3
    again = split_by_person(faces(10), 0.3, seed=1)[1]
    assert again.names == off.names
    with pytest.raises(BadData, match="at least four people") as error:
        split_by_person(faces(2), 0.3, seed=1)
    assert error.value.code == "people_few"


# --- networks and predictors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "network", [FaceEmbedding(dims=12, last_stage=2, width=16, grid=3), Siamese(dims=12)]
)
def test_embeddings_have_length_one_and_do_not_depend_on_their_batch(network):
    channels = 1 if isinstance(network, Siamese) else 3
    network.eval()
    x = torch.rand(3, channels, 48, 48)
    with torch.inference_mode():
        together, alone = network(x), torch.cat([network(x[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)
    torch.testing.assert_close(together.norm(dim=1), torch.ones(3))


def test_the_bundled_network_answers_and_knows_its_error_rates():
    face = np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)

    def work(predictor):
        return predictor.predict(face), predictor.predict_many([face] * 40), predictor.calibration

    one, many, known = LOADER.run(ORL, "face-recognition", work)
    np.testing.assert_allclose(many, np.tile(one.vector, (40, 1)), atol=1e-5)
    accept, reject = known.error_rates(known.threshold)
    assert 0 <= accept < 0.3 and 0 <= reject < 0.3 and "not trained on" in known.measured_on


def test_figures_of_bundled_rows_stand_beside_a_baseline_and_reach_the_aim_on_orl():
    for checkpoint in catalog.checkpoints("face-recognition"):
        if checkpoint.kind != "bundled":
            continue
        areas = [m for m in checkpoint.metrics if m.name.startswith("ROC AUC")]
        assert areas and all(m.baseline is not None and m.value > m.baseline for m in areas)
        assert {"equal error rate", "rank-1"} <= {m.name.partition(",")[0] for m in checkpoint.metrics}
    (orl,) = (c for c in catalog.checkpoints("face-recognition") if c.id == ORL)
    assert orl.metrics[0].value >= 0.97


def write_timm(folder: Path, **changes) -> Path:
    import timm
    from safetensors.torch import save_file

    more = {"img_size": 32, "patch_size": 8, "depth": 1, "embed_dim": 24, "num_heads": 2}
    network = timm.create_model("vit_tiny_patch16_224", num_classes=10, **more)
    folder.mkdir()
    save_file(network.state_dict(), folder / "model.safetensors")
    config = {"architecture": "vit_tiny_patch16_224", "num_classes": 10, "model_args": more} | changes
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_an_embedding_of_timm_is_built_as_its_folder_says_and_has_no_verdict(tmp_path):
    spec = InputSpec(size_hw=(32, 32), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear")
    checkpoint = row(library="timm", model="vit_tiny_patch16_224", source="hub:a/b", input=spec)
    predictor = timm_embedder.load(checkpoint, write_timm(tmp_path / "net"), "cpu")
    answer = predictor.predict(np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8))
    assert answer.vector.shape == (10,) and predictor.calibration is None
    for name in ("hf-hub:somebody/else", "no_such_network", 3):
        with pytest.raises(CheckpointError, match="network of timm"):
            timm_embedder.build(checkpoint, write_timm(tmp_path / f"bad{name}"[:9], architecture=name), "cpu")


def test_faces_are_framed_as_arcface_was_trained():
    side = 1000
    face = np.zeros((side, side, 3), np.uint8)
    for x, y in FIXED_PLACES[:2] * side:
        face[round(y), round(x)] = 255
    again = timm_embedder.reframed(face)
    rows, columns = np.nonzero(again[..., 0])
    assert again.shape[0] == again.shape[1]
    np.testing.assert_allclose(rows / len(again), timm_embedder.EYES_HIGH, atol=0.003)
    assert (columns[1] - columns[0]) / len(again) == pytest.approx(timm_embedder.EYES_APART, abs=0.003)
    np.testing.assert_allclose(columns.mean() / len(again), 0.5, atol=0.003)


# --- evaluation -------------------------------------------------------------------------------------------------------


class Brightness:
    """Faces of one brightness are one person to it: a predictor whose figures can be told in advance."""

    checkpoint, device, calibration = row(), "cpu", None

    def predict_many(self, faces):
        angles = np.array([face.mean() / 255 * np.pi for face in faces])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def shaded(each: int = 4) -> FacePictures:
    values = [20, 110, 200, 240]
    random = np.random.default_rng(0)
    pictures = [
        np.full((32, 32, 3), value, np.uint8) + random.integers(0, 9, (32, 32, 3), np.uint8)
        for value in values
        for _ in range(each)
    ]
    data = faces(len(values), each)
    return FacePictures(
        people=data.people, labels=data.labels, takes=data.takes, names=data.names, read=pictures.__getitem__
    )


def test_the_report_of_a_perfect_system():
    report = evaluation.evaluate(Brightness(), shaded(), name="shades")
    assert report["threshold_from"] == evaluation.OTHER_HALF
    assert report["people"] == 4 and report["pairs"] == {"same": 24, "different": 96, "same_apart": 24}
    for key, value in (("roc_auc", 1), ("equal_error", 0), ("rank_one", 1)):
        assert report[key]["value"] == value and report[key]["count"] == 4
        assert report[key]["low"] <= value <= report[key]["high"]
    assert report["accuracy"]["value"] > 0.5  # two people a half: its threshold fits the other half badly
    assert report["baseline"]["roc_auc"] < 0.9  # contrast alone says nothing here
    words = evaluation.text(json.loads(json.dumps(report)))
    assert "ROC AUC" in words and "24 pairs of one person" in words


def test_a_half_of_the_people_is_judged_by_the_threshold_of_the_other():
    labels = np.repeat(np.arange(4), 2)
    far = np.where(np.isin(labels, np.random.default_rng(0).permutation(4)[:2]), 1.0, 2.0)  # of a half
    first, second = np.triu_indices(8, 1)
    same = labels[first] == labels[second]
    pairs = Pairs(np.where(same, 0.1, 0.5) * far[first], same, np.ones(28, bool), first, second)
    limits, chosen = evaluation.crossed_limits(pairs, labels)
    assert chosen == evaluation.OTHER_HALF
    assert (limits[far == 1] > limits[far == 2]).all()  # the half with large distances gives the large limit
    two = np.repeat(np.arange(2), 4)  # a half of one person has no pair of two people
    own, chosen = evaluation.crossed_limits(all_pairs(unit(8, 4), two, np.arange(8)), two)
    assert chosen == evaluation.SAME_PEOPLE and len(set(own)) == 1


def test_without_two_people_there_is_nothing_to_measure():
    with pytest.raises(BadData) as error:
        evaluation.evaluate(Brightness(), shaded().subset(range(4)))
    assert error.value.code == "people_few"


# --- what the views compute -------------------------------------------------------------------------------------------


def test_trouble_does_what_it_says():
    face = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    np.testing.assert_array_equal(inside.Trouble().on(face), face)
    assert inside.Trouble(dark=0.5).on(face).mean() == pytest.approx(face.mean() / 2, abs=1)
    covered = inside.Trouble(cover=0.25).on(face)
    assert (covered[48:] == inside.GREY).all() and (covered[:48] == face[:48]).all()
    assert inside.Trouble(blur=4).on(face).std() < face.std() / 2
    assert np.abs(inside.Trouble(turn=20).on(face).astype(int) - face).mean() > 10


def test_distances_grow_under_trouble_and_the_map_shows_where_the_network_looks():
    embed = Brightness().predict_many
    face = np.full((64, 64, 3), 200, np.uint8)
    found = inside.distances_under(embed, face, face)
    assert set(found) == set(inside.TROUBLES)
    assert (np.diff(found["dark"]) >= 0).all() and found["dark"][0] < 1e-6 < found["dark"][-1]
    distance, change = inside.depends_on(embed, face, face)
    assert distance < 1e-6 and change.shape == (inside.CELLS, inside.CELLS) and (change > 0).all()


def test_triplets_are_easy_semi_hard_or_hard():
    assert inside.Triplet(0.2, 0.5).loss == 0 and inside.Triplet(0.2, 0.5).kind.startswith("easy")
    assert inside.Triplet(0.2, 0.3).loss == pytest.approx(0.1) and inside.Triplet(0.2, 0.3).kind.startswith(
        "semi-hard"
    )
    assert inside.Triplet(0.5, 0.3).kind.startswith("hard") and inside.Triplet(
        0.5, 0.3
    ).loss == pytest.approx(0.4)


def test_before_training_a_network_is_another_one_and_the_same_every_time():
    face = np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)

    def work(predictor):
        first, second = (predictor.untrained(None) for _ in range(2))
        return predictor.predict(face).vector, first.predict(face).vector, second.predict(face).vector

    trained, first, second = LOADER.run(ORL, "face-recognition", work)
    np.testing.assert_array_equal(first, second)
    assert np.abs(trained - first).max() > 0.01
