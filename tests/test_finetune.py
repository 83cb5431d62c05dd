"""Fine-tuning: a killed run ends as the uninterrupted one, the data is checked, the settings do what they say."""

import csv
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate.state import AcceleratorState
from finetune_runs import SETTINGS, SPEC, TinyNet, labelled, main, step, train, train_and_die, write_folder
from hub_server import HubServer
from safetensors.torch import load_file

from finetune.data_check import check_data, few, train_and_dev
from finetune.freezing import blocks, parameter_groups
from finetune.image_classification import main as recipe_main
from finetune.order import EpochBatches
from finetune.pictures import AugmentedPictures
from finetune.progress import Progress, cut
from finetune.settings import rate_factor
from finetune.starting_point import start_from
from finetune.state import update_average
from hub_models.errors import BadData, BadInput, CheckpointError, HubError, Overloaded
from hub_models.loader import Loader

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["finetune.image_classification", "finetune_runs"])
RESULTS = ("log.csv", "epochs.csv", "best.safetensors")


@pytest.fixture(autouse=True)
def fresh_accelerate() -> Iterator[None]:
    """accelerate keeps the precision of the first run of a process."""
    yield
    AcceleratorState._reset_state()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uninterrupted")
    train(folder)
    return folder


def same_run(one: Path, other: Path) -> bool:
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in RESULTS)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


# Resuming


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("step", 0),
        ("step", 3),
        ("step", 5),
        ("evaluate", 0),
        ("evaluate", 1),
        ("save", 4),
        ("save", 7),
        ("epoch", 1),
    ],
)
def test_killed_run_ends_as_the_uninterrupted_one(
    uninterrupted: Path, tmp_path: Path, where: str, count: int
) -> None:
    process = FORKS.Process(target=train_and_die, args=(tmp_path, where, count))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    _, progress = train(tmp_path)
    assert (progress.step, progress.epoch) == (15, 3)
    assert same_run(tmp_path, uninterrupted)


def test_two_runs_of_one_seed_are_equal_and_of_two_seeds_are_not(uninterrupted: Path, tmp_path: Path) -> None:
    train(tmp_path / "same", replace(SETTINGS, save_seconds=1e9))
    train(tmp_path / "other", replace(SETTINGS, seed=4))
    assert same_run(tmp_path / "same", uninterrupted)
    assert not same_run(tmp_path / "other", uninterrupted)


def test_signal_ends_after_the_step_in_hand_and_resume_goes_on(uninterrupted: Path, tmp_path: Path) -> None:
    calls = []

    def step_and_ask(network, batch):
        calls.append(1)
        if len(calls) == 8:
            os.kill(os.getpid(), signal.SIGTERM)
        return step(network, batch)

    model, progress = train(tmp_path, step=step_and_ask)
    assert (progress.stopped, progress.step, progress.epoch, progress.best_epoch) == (True, 8, 1, 1)
    kept = load_file(tmp_path / "best.safetensors")
    assert all(torch.equal(kept[name], tensor) for name, tensor in model.state_dict().items())
    assert not train(tmp_path)[1].stopped
    assert same_run(tmp_path, uninterrupted)


def test_finished_run_is_not_trained_again(tmp_path: Path) -> None:
    settings = replace(SETTINGS, epochs=9, patience=2)

    def never_better(network):
        return {"accuracy": 0.5, "dev_loss": 1.0}

    words = []
    assert train(tmp_path, settings, evaluate=never_better, show=words.append)[1].epoch == 3
    assert words[-1] == "stopped early: no better score since epoch 1"
    assert train(tmp_path, settings, evaluate=never_better)[1].epoch == 3
    assert Progress(epoch=1, best_epoch=0).is_over(9, 1)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"settings": replace(SETTINGS, learning_rate=0.1)}, "learning_rate was 0.05 and is 0.1"),
        ({"recipe": {"augment": "photo"}}, "augment was None and is photo"),
        ({"model": torch.nn.Sequential(torch.nn.Linear(3, 2))}, "another network"),
    ],
)
def test_resume_with_another_recipe_is_refused(tmp_path: Path, changed: dict, says: str) -> None:
    train(tmp_path, replace(SETTINGS, epochs=1))
    with pytest.raises(BadData, match=says) as error:
        train(tmp_path, **{"settings": replace(SETTINGS, epochs=1)} | changed)
    assert error.value.code == "resume_changed"
    train(tmp_path, replace(SETTINGS, epochs=1, save_seconds=5.0))


@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"not a state", lambda b: b[::-1]]
)
def test_damaged_state_is_said(tmp_path: Path, damage) -> None:
    train(tmp_path, replace(SETTINGS, epochs=1))
    path = tmp_path / "resume.pt"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CheckpointError, match=r"Delete resume\.pt to start anew") as error:
        train(tmp_path, replace(SETTINGS, epochs=1))
    assert error.value.code == "checkpoint_corrupt"


@pytest.mark.parametrize("name", ["resume.pt", "best.safetensors", "status.json"])
def test_full_disk_leaves_the_old_state(uninterrupted: Path, tmp_path: Path, name: str) -> None:
    calls = []

    def fill_disk(network, batch):
        calls.append(1)
        if len(calls) == 2:
            (tmp_path / f"{name}.unfinished").symlink_to("/dev/full")
        return step(network, batch)

    with pytest.raises(Overloaded) as error:
        train(tmp_path, step=fill_disk)
    assert error.value.code == "disk_full"
    assert not (tmp_path / f"{name}.unfinished").exists()
    train(tmp_path)
    assert same_run(tmp_path, uninterrupted)


def test_logs_keep_whole_lines_up_to_the_step(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("step,loss\n1,0.5\n2,0.4\n3,0.3\n4,0.")
    cut(path, "step", 2)
    assert path.read_text() == "step,loss\n1,0.5\n2,0.4\n"


# What the settings do


def test_infinite_loss_is_refused_before_the_weights_change(tmp_path: Path) -> None:
    model = TinyNet()

    def infinite(network, batch):
        return {"loss": step(network, batch)["loss"] * float("nan")}

    with pytest.raises(BadData, match="Lower --learning-rate") as error:
        train(tmp_path, model=model, step=infinite)
    assert error.value.code == "loss_not_finite"
    assert all(p.isfinite().all() for p in model.parameters())


def test_two_batches_of_8_make_the_gradient_of_one_of_16(tmp_path: Path) -> None:
    weights = {}
    for name, batch, accumulate in (("one", 16, 1), ("two", 8, 2)):
        torch.manual_seed(1)
        settings = replace(SETTINGS, epochs=1, batch=batch, accumulate=accumulate, ema=0.0)
        # 40 pictures are two batches of 16 or five of 8: the first two steps are the same
        captured = weights.setdefault(name, [])

        def keep(network, batch, captured=captured):
            captured.append(torch.cat([p.detach().flatten() for p in network.parameters()]).clone())
            return step(network, batch)

        train(tmp_path / name, settings, model=TinyNet(norm=False), step=keep)
    assert len(weights["one"]) == 2
    # the rates differ as 2 and 3 steps make an epoch; so compare directions of the first step
    first = weights["one"][1] - weights["one"][0]
    second = weights["two"][2] - weights["two"][0]
    torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-7)


def test_frozen_blocks_stay_with_their_statistics(tmp_path: Path) -> None:
    model = TinyNet()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    groups = parameter_groups(model, 0.05, 1.0, 0.0, 1)
    train(tmp_path, model=model, groups=groups)
    changed = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert not [name for name in changed if name.startswith("features.0")]
    assert {"features.1.0.weight", "features.1.1.running_mean", "classifier.weight"} <= changed


@pytest.mark.parametrize(
    ("name", "count"),
    [("architecture:resnet", 5), ("architecture:lenet", 5), ("scratch:mobilenetv3_small_050", 9)],
)
def test_freezing_and_rates_follow_the_blocks(name: str, count: int) -> None:
    model = start_from(name, 3, None, None).model
    layers = blocks(model)
    assert len(layers) == count
    assert sorted(n for layer in layers for n in layer) == sorted(n for n, _ in model.named_parameters())
    assert {n.split(".")[0] for n in layers[-1]} == {"classifier"}
    groups = parameter_groups(model, 0.1, 0.5, 0.01, count - 2)
    assert sorted({round(g["lr"], 6) for g in groups}) == [0.05, 0.1]
    assert all(g["weight_decay"] == (0.01 if g["params"][0].ndim > 1 else 0.0) for g in groups)
    parameter_groups(model, 0.1, 1.0, 0.0, "head")
    assert {n for n, p in model.named_parameters() if p.requires_grad} == set(layers[-1])
    with pytest.raises(BadData, match=f"from 0 to {count - 1}"):
        parameter_groups(model, 0.1, 1.0, 0.0, count)


def test_moving_average_moves_by_its_decay() -> None:
    average, model = torch.nn.BatchNorm1d(2), torch.nn.BatchNorm1d(2)
    model.weight.data.fill_(3.0)
    model.num_batches_tracked.fill_(7)
    update_average(average, model, 0.9, step=1000)
    torch.testing.assert_close(average.weight.data, torch.full((2,), 1.2))
    assert average.num_batches_tracked == 7
    update_average(average, model, 0.9, step=0)  # its memory is short at first: 1 / 10
    torch.testing.assert_close(average.weight.data, torch.full((2,), 1.2 * 0.1 + 3.0 * 0.9))


def test_rate_rises_then_falls() -> None:
    factors = [rate_factor(i, 100, 0.1) for i in range(100)]
    assert np.argmax(factors) in (9, 10)
    assert factors[0] == 0.1
    assert factors[-1] < 0.001
    assert factors[10:] == sorted(factors[10:], reverse=True)


def test_order_depends_on_seed_and_epoch_and_is_shared_out() -> None:
    whole = EpochBatches(20, 4, seed=1)
    first = list(whole)
    shares = [list(EpochBatches(20, 2, 1, process, 2)) for process in (0, 1)]
    assert [sorted(a + b) for a, b in zip(*shares, strict=True)] == [sorted(batch) for batch in first]
    whole.start(0, 3)
    assert list(whole) == first[3:]
    whole.start(1, 0)
    assert [i for batch in whole for _, i in batch] != [i for batch in first for _, i in batch]
    assert [len(batch) for batch in EpochBatches(3, 8, 0)] == [3]
    assert [[len(batch) for batch in EpochBatches(3, 8, 0, p, 2)] for p in (0, 1)] == [[2], [2]]
    assert [len(batch) for batch in EpochBatches(1, 8, 0, 3, 4)] == [1]


@pytest.mark.parametrize("augment", ["digits", "shift", "photo", "strong"])
def test_augmentation_depends_on_seed_epoch_and_index_only(augment: str) -> None:
    data = labelled(8, side=16)
    spec = replace(SPEC, size_hw=(16, 16))
    pictures = AugmentedPictures(data, spec, augment, seed=1)
    wanted = pictures[2, 5][0]
    torch.manual_seed(99)
    pictures[0, 1]
    assert torch.equal(pictures[2, 5][0], wanted)
    assert torch.equal(AugmentedPictures(data, spec, augment, seed=1)[2, 5][0], wanted)
    others = [pictures[3, 5][0], pictures[2, 6][0], AugmentedPictures(data, spec, augment, seed=2)[2, 5][0]]
    assert not any(torch.equal(other, wanted) for other in others)


# The data


def test_unreadable_and_shared_pictures_are_left_out(tmp_path: Path) -> None:
    write_folder(tmp_path / "train", labelled(12))
    write_folder(tmp_path / "val", labelled(12).subset([10, 11]))
    (tmp_path / "train" / "class 0" / "torn.jpg").write_bytes(b"\xff\xd8\xff torn")
    train_data, dev_data = train_and_dev(str(tmp_path), "", 0.2, 1, 0)
    train_data, dev_data, report = check_data(train_data, dev_data, threads=2)
    assert (len(train_data), len(dev_data)) == (10, 2)
    assert report.counts == {"train": {"class 0": 5, "class 1": 5}, "dev": {"class 0": 1, "class 1": 1}}
    assert report.shared == (
        ("train/class 0/10.png", "val/class 0/0.png"),
        ("train/class 1/11.png", "val/class 1/1.png"),
    )
    assert len(report.unreadable) == 1
    assert "torn.jpg" in report.text()
    assert str(tmp_path) not in report.text()


def test_skewed_classes_are_said(tmp_path: Path) -> None:
    data = labelled(60)
    skewed = data.subset([i for i in range(60) if data.labels[i] == 0 or i < 4])
    _, _, report = check_data(skewed, labelled(8, side=9))
    assert "skewed: the largest class has 15 times as many" in report.text()


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda folder: None, "data_missing"),
        (lambda folder: folder.mkdir(), "data_missing"),
        (lambda folder: write_folder(folder, labelled(12, classes=1)), "data_one_class"),
        (lambda folder: folder.with_suffix(".zip").write_bytes(b"PK torn"), "archive_unreadable"),
        (lambda folder: write_folder(folder, labelled(4)), "data_missing"),  # too few to split
        (lambda folder: write_folder(folder / "test", labelled(4)), "data_missing"),
    ],
)
def test_data_that_cannot_be_learned_is_refused(tmp_path: Path, make, code: str) -> None:
    make(tmp_path / "data")
    place = next(tmp_path.glob("*.zip"), tmp_path / "data")
    with pytest.raises(BadData) as error:
        check_data(*train_and_dev(str(place), "", 0.2, 1, 0))
    assert error.value.code == code
    assert str(tmp_path) not in error.value.message


def test_class_without_readable_pictures_is_refused() -> None:
    data = labelled(20)
    with pytest.raises(BadData, match="class 1") as error:
        check_data(data.subset(range(0, 20, 2)), data.subset([1]))
    assert error.value.code == "data_empty_class"


def test_dev_data_is_matched_by_class_names(tmp_path: Path) -> None:
    write_folder(tmp_path / "a", labelled(12, classes=3))
    write_folder(tmp_path / "b", labelled(12, classes=3).subset([1, 2, 5]))
    _, dev = train_and_dev(str(tmp_path / "a"), str(tmp_path / "b"), 0.2, 1, 0)
    assert [dev.class_names[i] for i in dev.labels] == ["class 1", "class 2", "class 2"]
    write_folder(tmp_path / "c", replace(labelled(2), class_names=("cat", "dog")))
    with pytest.raises(BadData, match="cat, dog"):
        train_and_dev(str(tmp_path / "a"), str(tmp_path / "c"), 0.2, 1, 0)


def test_few_pictures_are_of_every_class() -> None:
    data = labelled(100, classes=4)
    assert np.bincount(few(data, 20, 0).labels).tolist() == [5, 5, 5, 5]
    assert np.bincount(few(data, 1, 0).labels).tolist() == [2, 2, 2, 2]


def picture_files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.png")}


FETCH = """
import sys
from finetune.hub_dataset import open_data
from hub_models.errors import HubError
try:
    print({k: len(v) for k, v in open_data(sys.argv[1]).items()})
except HubError as error:
    print(error.code)
"""


def test_hub_data_sets(hub: HubServer, hub_env: dict[str, str], tmp_path: Path) -> None:
    write_folder(tmp_path / "p", labelled(6))
    files = picture_files(tmp_path / "p")
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    packed = (tmp_path / "p.zip").read_bytes()
    in_folders = {f"data/{split}/{name}": data for split in ("train", "test") for name, data in files.items()}
    hub.seed("dataset", "student/folder", in_folders | {"README.md": b"#", "extra.bin": b"0"})
    hub.seed("dataset", "student/zips", {"data/train.zip": packed, "data/val-1.zip": packed})
    hub.seed("dataset", "student/onezip", {"all.zip": packed})
    hub.seed("dataset", "student/parquet", {"data/train-00000.parquet": b"PAR1"})
    script = (
        f"names = {['student/folder', 'student/zips', 'student/onezip', 'student/parquet', 'student/none']}\n"
    )
    script += (
        "for name in names:\n    import sys; sys.argv = ['', name]\n" + "    " + FETCH.replace("\n", "\n    ")
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=hub_env, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == [
        "{'test': 6, 'train': 6}",
        "{'train': 6, 'dev': 6}",
        "{'all': 6}",
        "data_parquet",
        "hub_not_found",
    ]
    assert not [r.path for r in hub.requests if r.path.endswith("extra.bin")]


# The command line


def wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("pictures"), labelled(40, side=32))


def options(pictures: Path, output: Path, *more: str) -> list[str]:
    common = ["--model", "architecture:lenet", "--augment", "digits", "--batch", "8", "--dropout", "0"]
    return [*common, "--data", str(pictures), "--output", str(output), *more]


def test_smoke_from_folder_to_checkpoint(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    output = tmp_path / "mine"
    assert recipe_main(options(pictures, output, "--smoke", "--name", "My digits", "--ema", "0.5")) == 0
    loader = Loader(device="cpu")
    checkpoint = loader.open_local(output / "checkpoint")
    assert (checkpoint.id, checkpoint.title, checkpoint.year) == ("local.mine", "My digits", 1998)
    assert [m.split for m in checkpoint.metrics] == ["dev", "train"]
    assert checkpoint.metrics[0].count == 6
    predictor = loader.get(checkpoint.id)
    assert predictor.names == ("class 0", "class 1")
    assert predictor.predict(labelled(1, side=32).read(0)).probabilities.shape == (2,)
    status = json.loads((output / "status.json").read_text())
    assert (status["state"], status["epoch"], status["steps"]) == ("finished", 2, 8)
    assert (output / "tensorboard").is_dir()
    best = max(float(row["accuracy"]) for row in rows(output / "epochs.csv"))
    assert checkpoint.metrics[0].value == pytest.approx(best, abs=1e-6)
    card = (output / "checkpoint" / "README.md").read_text() + (
        output / "checkpoint" / "config.json"
    ).read_text()
    assert str(tmp_path) not in card
    assert "Checkpoint(" in capsys.readouterr().out
    assert recipe_main(options(pictures, output, "--smoke", "--ema", "0.5", "--publish-only")) == 0
    assert loader.open_local(output / "checkpoint").sha256 == checkpoint.sha256


def test_terminated_command_keeps_the_best_and_says_stopped(pictures: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    arguments = options(pictures, output, "--epochs", "5000")
    process = FORKS.Process(target=main, args=(arguments, tmp_path / "log"))
    process.start()
    wait_for((output / "best.safetensors").exists)
    os.kill(process.pid, signal.SIGTERM)
    process.join(60)
    log = (tmp_path / "log").read_text()
    assert process.exitcode == 0, log
    status = json.loads((output / "status.json").read_text())
    assert (status["state"], status["message"]) == ("stopped", "The best weights so far are kept.")
    assert Loader(device="cpu").open_local(output / "checkpoint").metrics


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (["--data", "nowhere"], "data_missing"),
        (["--model", "resnet99"], "model_unknown"),
        (["--model", "architecture:vgg", "--size", "64"], "bad_value"),
        (["--freeze-blocks", "9"], "bad_value"),
        (["--publish-only"], "checkpoint_missing"),
    ],
)
def test_errors_are_one_sentence(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture, change: list[str], code: str
) -> None:
    assert recipe_main([*options(pictures, tmp_path / "run"), *change]) == 1
    said = capsys.readouterr().err
    assert said.endswith(f"[{code}]\n")
    assert said.count("\n") == 1
    assert str(tmp_path) not in said
    status = json.loads((tmp_path / "run" / "status.json").read_text())
    assert status["state"] == "failed"
    assert status["message"] in said


def test_push_is_checked_before_the_first_epoch(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*unused) -> None:
        raise BadInput("bad_value", "Expected a repository.")

    monkeypatch.setattr("finetune.image_classification.preflight", refuse)
    assert recipe_main(options(pictures, tmp_path / "run", "--push-to-hub", "student/mine")) == 1
    assert not (tmp_path / "run" / "log.csv").exists()


def test_failed_push_leaves_the_checkpoint_and_the_command(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ready:
        def text(self) -> str:
            return "ready"

    def fail(*unused, **named) -> None:
        raise HubError("hub_unreachable", "Expected an answer from the Hub.")

    monkeypatch.setattr("finetune.image_classification.preflight", lambda *unused: Ready())
    monkeypatch.setattr("finetune.running.push", fail)
    assert recipe_main(options(pictures, tmp_path / "run", "--smoke", "--push-to-hub", "student/mine")) == 1
    assert "python -m finetune.publish" in capsys.readouterr().out
    assert (tmp_path / "run" / "checkpoint" / "model.safetensors").exists()


def test_two_processes_train_together(pictures: Path, tmp_path: Path) -> None:
    # what `accelerate launch` starts on GPUs; on a CPU it starts one process only, without MPI
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    command = [
        *launch,
        "-m",
        "finetune.image_classification",
        *options(pictures, tmp_path / "run", "--smoke"),
    ]
    done = subprocess.run(
        command,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("epoch 2/2") == 1  # only the first process talks
    assert len(rows(tmp_path / "run" / "log.csv")) == 4  # 34 pictures, two batches of two times 8, two epochs
    assert json.loads((tmp_path / "run" / "status.json").read_text())["state"] == "finished"
    state = torch.load(tmp_path / "run" / "resume.pt", weights_only=True)
    assert state["recipe"]["processes"] == "2"
