"""The direction of imports, and what may stand nowhere, read from the syntax trees of all files.

    errors -> checkpoint, results -> catalog, architectures -> predictors -> loader -> task -> tasks -> ui, tabs -> app

A module of hub_models imports only what stands on a lower step of STEPS, or lies in its own package.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STEPS = (  # modules and packages of hub_models; a new one has to be given its step
    {
        "errors",
        "labels",
        "metrics",
        "preprocess",
        "picture_header",
        "results",
        "segmentation_metrics",
        "series_dates",
        "video_decoder",
        "video_header",
    },
    {"text"},
    {
        "caption",
        "continuation",
        "faces",
        "forecast",
        "heard",
        "segments",
        "series_season",
        "stylized",
        "tokens",
        "translation",
        "word_for_word",
    },
    {"account", "archive", "checkpoint", "compute", "draw"},
    {
        "draw_segments",
        "draw_faces",
        "picture",
        "sound",
        "series",
        "shapes",
        "local",
        "verify",
        "video",
        "video_writer",
        "grouping",
        "face_gallery",
        "vocabulary",
    },
    {"fetch", "data_files", "label_picture", "proposals", "architectures"},
    {"dataset", "library_file", "catalog", "inside", "text_files"},
    {
        "predictors",
        "mask_dataset",
        "landmark_dataset",
        "box_dataset",
        "labelled_texts",
        "running_text",
        "paired_texts",
        "labelled_sounds",
        "asked_pictures",
        "captioned_pictures",
        "series_files",
        "tagged_texts",
    },
    {"loader", "class_names", "face_pictures", "detection_metrics", "instance_dataset"},
    {"task", "finding_faces", "check", "runs", "instance_metrics", "class_figures"},
    {"answering"},
    {"tasks", "evaluate"},
    {"ui", "staging"},
    {"tabs", "trial"},
    {"__init__", "deploy"},
    {"__main__"},
)
STEP = {name: number for number, step in enumerate(STEPS) for name in step}
MODEL_LIBRARIES = {"timm", "torchvision", "ultralytics", "transformers", "diffusers", "onnxruntime"}
HEAVY = {"torch", "gradio", "accelerate", "sklearn", "scipy", "pandas", "matplotlib"} | MODEL_LIBRARIES
OURS = sorted(
    path for folder in ("hub_models", "finetune") for path in (ROOT / folder).rglob("*.py")
) + [path for path in [ROOT / "app.py"] if path.exists()]  # fmt: skip


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), short(path))


def package_of(path: Path) -> list[str]:
    return list(path.relative_to(ROOT).parent.parts)


@cache
def imports(path: Path) -> frozenset[str]:
    """Dotted names of all modules that `path` may import, at any level, types for annotations left out."""
    annotations = {
        id(inner)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if id(node) in annotations:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = package_of(path)
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def top(path: Path) -> set[str]:
    """The outermost packages that `path` imports."""
    return {name.split(".")[0] for name in imports(path)}


def inside(name: str) -> set[str]:
    """Modules and packages directly in hub_models that the dotted `name` reaches."""
    parts = name.split(".")
    if parts[0] != "hub_models":
        return set()
    return {parts[1]} if len(parts) > 1 and parts[1] in STEP else {"__init__"}


def owner(path: Path) -> str:
    """What in hub_models the file belongs to: `loader`, `catalog`, ..."""
    first = path.relative_to(ROOT / "hub_models").parts[0]
    return first.removesuffix(".py")


def under(*folders: str) -> list[Path]:
    return [path for path in OURS if any(short(path).startswith(folder) for folder in folders)]


def test_every_module_has_a_step() -> None:
    assert {owner(path) for path in under("hub_models/")} <= set(STEP)


@pytest.mark.parametrize("path", under("hub_models/"), ids=short)
def test_imports_point_down(path: Path) -> None:
    here = owner(path)
    reached = {name for dotted in imports(path) for name in inside(dotted)} - {here}
    assert {name for name in reached if STEP[name] >= STEP[here]} == set()


@pytest.mark.parametrize("path", OURS, ids=short)
def test_who_may_import_what(path: Path) -> None:
    where, libraries = short(path), top(path)
    if not where.startswith(("hub_models/ui/", "hub_models/tabs/", "hub_models/deploy.py", "app.py")):
        assert "gradio" not in libraries
    if where.startswith("hub_models/architectures/"):
        assert all(
            name.startswith(("torchvision.ops", "torchvision.models.detection"))
            for name in imports(path)
            if name.startswith("torchvision")
        )
        libraries = libraries - {"torchvision"}
    if not where.startswith(("hub_models/predictors/", "hub_models/inside/", "finetune/")):
        assert libraries & MODEL_LIBRARIES == set()
    if where.startswith("hub_models/inside/"):
        assert libraries & MODEL_LIBRARIES <= {"timm"}
    if where.startswith("hub_models/catalog/"):
        assert libraries <= {"hub_models"} | sys.stdlib_module_names
    if where.startswith("hub_models/architectures/"):
        assert libraries <= {"torch", "huggingface_hub", "hub_models"} | sys.stdlib_module_names
        assert all(
            name.startswith("hub_models.architectures") for name in imports(path) if "hub_models" in name
        )
    if where.startswith("hub_models/"):
        assert libraries & {"finetune", "spaces", "app", "tests"} == set()
    if where.startswith("finetune/"):
        assert {part for name in imports(path) for part in inside(name)} & {"ui", "tabs", "tasks"} == set()
        assert libraries & {"gradio", "app", "spaces"} == set()


def calls(path: Path) -> Iterator[tuple[str, ast.keyword]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield from ((ast.unparse(node.func), keyword) for keyword in node.keywords)


@pytest.mark.parametrize("path", OURS, ids=short)
def test_nothing_that_runs_code_on_loading(path: Path) -> None:
    refused = {"trust_remote_code": True, "weights_only": False}
    found = [
        f"{function}({keyword.arg}=...)"
        for function, keyword in calls(path)
        if keyword.arg in refused
        and not (isinstance(keyword.value, ast.Constant) and keyword.value.value != refused[keyword.arg])
    ]
    assert found == []
    runners = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
    assert (top(path) & runners == set()) or only_the_exception(path)


def only_the_exception(path: Path) -> bool:
    """`from pickle import UnpicklingError`, which torch.load raises, and nothing else of pickle."""
    taken = [
        ast.unparse(node)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom) and "pickle" in ast.unparse(node)
    ]
    return taken == ["from pickle import UnpicklingError"]


@pytest.mark.parametrize("path", OURS, ids=short)
def test_torch_load_is_told_to_take_tensors_only(path: Path) -> None:
    loads = [
        n for n in ast.walk(tree(path)) if isinstance(n, ast.Call) and ast.unparse(n.func) == "torch.load"
    ]
    assert all("weights_only" in {keyword.arg for keyword in call.keywords} for call in loads)


def test_spaces_is_no_package() -> None:
    assert list((ROOT / "spaces").rglob("__init__.py")) == []


def run_python(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_importing_the_package_imports_nothing_heavy() -> None:
    light = "import sys, hub_models; print(*{name.split('.')[0] for name in sys.modules})"
    assert HEAVY & set(run_python(light)) == set()
    rows = "hub_models.all_tasks(); hub_models.checkpoints(); import hub_models.__main__, hub_models.evaluate"
    assert HEAVY & set(run_python(light.replace("print", f"{rows}; print"))) == set()
