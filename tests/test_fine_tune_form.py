"""The form of Fine-tune: what its controls say is what the recipe's own parser takes; curves and runs of each task."""

import importlib
import json
from itertools import product

import pytest

from hub_models import runs
from hub_models.errors import BadInput
from hub_models.tabs import localization_form, object_detection_form, semantic_segmentation_form
from hub_models.ui.finetune import command, curves, look
from hub_models.ui.form import CLASSIFICATION, Choice, Form

FORMS = {
    "image_classification": (CLASSIFICATION, "finetune.options"),
    "object_detection": (object_detection_form.FORM, "finetune.detection_options"),
    "localization": (localization_form.FORM, "finetune.localization_options"),
    "semantic_segmentation": (semantic_segmentation_form.FORM, "finetune.segmentation_options"),
}


def settings(control) -> list:
    """All that a control can say."""
    if isinstance(control, Choice):
        return [value for _, value in control.options]
    return [control.value, control.least]


def test_the_command_of_classification():
    values = [control.value for control in CLASSIFICATION.controls]
    arguments = CLASSIFICATION.arguments("resnet20.cifar10", "my pictures", None, *values)
    assert command("image_classification", "waste", arguments) == (
        "python -m finetune.image_classification --model resnet20.cifar10 --data 'my pictures' --freeze-blocks head "
        "--augment photo --epochs 5 --batch 32 --learning-rate 0.005 --output runs/waste"
    )


@pytest.mark.parametrize("recipe", FORMS)
def test_the_recipe_understands_every_setting(recipe: str) -> None:
    form, options = FORMS[recipe]
    parser = importlib.import_module(options).build_parser()
    for values in product(*(settings(control) for control in form.controls)):
        arguments = form.arguments("an.id", "", "data.zip", *values)
        chosen = parser.parse_args([*arguments, "--output", "runs/mine"])
        assert chosen.data == "data.zip"
        assert chosen.epochs in (form.figures[0].value, 1)
        assert chosen.model == ("an.id" if form.takes_checkpoint else values[0])


@pytest.mark.parametrize("recipe", FORMS)
def test_each_control_begins_with_something_it_offers(recipe: str) -> None:
    form, _ = FORMS[recipe]
    for choice in form.choices:
        assert choice.value in settings(choice)
    for figure in form.figures:
        assert figure.least <= figure.value <= figure.most


@pytest.fixture
def root(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HUB_RUNS", str(tmp_path))
    return tmp_path


def write_run(root, name: str, recipe: str, **files: str) -> None:
    folder = root / name
    folder.mkdir()
    (folder / "command.json").write_text(json.dumps({"recipe": recipe, "arguments": []}))
    for file, text in files.items():
        (folder / file.replace("_", ".")).write_text(text)


DETECTION = FORMS["object_detection"][0]


@pytest.mark.parametrize(
    ("form", "files", "loss", "score"),
    [
        (DETECTION, {}, [], []),
        (DETECTION, {"log_csv": "step,loss\n1,4\n2,4\n"}, [("training", 4), ("training", 4)], []),
        (
            DETECTION,
            {"log_csv": "step,loss,L_cls\n1,4,3\n", "epochs_csv": "step,epoch,map50\n1,1,0.25\n"},
            [("training", 4)],
            [("dev", 0.25)],
        ),
        (
            CLASSIFICATION,
            {"log_csv": "step,loss,train_accuracy\n1,2,0.5\n", "epochs_csv": "step,epoch,dev_loss,accuracy\n1,1,3,0.75\n"},
            [("training", 2), ("dev", 3)],
            [("training", 0.5), ("dev", 0.75)],
        ),
    ],
)  # fmt: skip
def test_curves_show_the_columns_that_the_recipe_writes(root, form: Form, files, loss, score) -> None:
    write_run(root, "mine", "any", **files)
    drawn = curves("mine", form)
    assert list(zip(drawn[0]["of"], drawn[0]["loss"], strict=True)) == loss
    assert list(zip(drawn[1]["of"], drawn[1]["score"], strict=True)) == score
    assert len(look("mine", form)) == len(look(None, form)) == 5


def test_a_tab_lists_the_runs_of_its_own_recipe(root) -> None:
    write_run(root, "waste", "image_classification")
    write_run(root, "cells", "object_detection")
    assert runs.names("object_detection") == ["cells"]
    assert sorted(runs.names()) == ["cells", "waste"]
    with pytest.raises(BadInput, match="The run waste belongs to another task"):
        runs.start("waste", "object_detection", [])


def test_the_status_names_its_metric(root) -> None:
    word = {"state": "training", "step": 3, "steps": 9, "epoch": 1, "best": 0.5, "metric": "mAP@0.5"}
    write_run(root, "cells", "object_detection", status_json=json.dumps(word))
    assert "best mAP@0.5 so far 50.0%" in runs.status("cells").text()
    write_run(root, "waste", "image_classification", status_json=json.dumps(word | {"metric": "accuracy"}))
    assert "best accuracy so far 50.0%" in runs.status("waste").text()
