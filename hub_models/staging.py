"""Stage one task as a folder that runs alone, as a Hugging Face Space or with `python app.py`.

app.py              the page of this task
hub_models/         without the files and the bundled checkpoints of other tasks
README.md           from spaces/TASK/README.md, its front matter made complete
requirements.txt    the lines of the repository's list that this task needs
LICENSE
"""

import re
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import yaml

from hub_models.catalog import checkpoints
from hub_models.errors import BadInput
from hub_models.task import Task, tasks
from hub_models.task import task as find_task

ROOT = Path(__file__).parent.parent
PYTHON = "3.12"  # Spaces run 3.10 unless told otherwise, and transformers 5 needs 3.11
# Gradio runs without the package spaces too, but a person who adds a GPU to the Space needs it.
SHARED_NEEDS = (
    "gradio",
    "spaces",
    "huggingface-hub",
    "safetensors",
    "numpy",
    "pillow",
    "pandas",
    "matplotlib",
)
OF_ONE_TASK = ("tabs", "tasks", "catalog", "evaluate")  # folders of hub_models with a file or more a task
OF_LIBRARY = {  # files that only a task with this library among its needs runs on
    "av": (
        "video.py", "video_decoder.py", "video_header.py", "video_writer.py",
        "ui/camera.py", "ui/clip_files.py", "ui/video.py",
    ),
    "scikit-image": (
        "grouping.py", "proposals.py", "predictors/proposals.py", "predictors/instances.py",
        "predictors/torchvision_instances.py", "predictors/transformers_instances.py",
        "predictors/transformers_sam.py", "inside/instances.py",
    ),
    "onnxruntime": ("predictors/onnxruntime.py",),
    "soundfile": (
        "sound.py", "heard.py", "labelled_sounds.py", "inside/sounds.py", "predictors/sound_classifier.py",
        "predictors/sound_pieces.py", "predictors/transformers_sounds.py", "ui/sounds.py", "ui/sound_pictures.py",
    ),
    "ultralytics": tuple(f"predictors/ultralytics{part}.py" for part in ("", "_instances", "_offline", "_pickle")),
}  # fmt: skip
SUFFIXES = (".py", ".txt", ".html", ".css", ".json", ".safetensors", ".md", ".jpg", ".png", ".flac", ".csv")
APP = '''"""{title}: one task of the hub, alone."""

from hub_models.task import task
from hub_models.ui import serve
from hub_models.ui.single import single


def build():
    return single(task("{identity}"))


if __name__ == "__main__":
    serve.main(build, ["--mcp"])
'''


@dataclass(frozen=True, kw_only=True)
class Staged:
    """A folder that is ready to be tried and uploaded."""

    folder: Path
    task: Task
    files: tuple[str, ...]  # paths inside the folder, in order
    bytes: int  # of all of them

    def text(self) -> str:
        return f"{len(self.files)} files, {self.bytes / 1e6:,.1f} MB"


def stage(task_id: str, folder: Path) -> Staged:
    """Write the files of `task_id` to `folder`, new or empty.

    BadInput: `task_unknown`, `space_missing` (the task has no folder in spaces/), `folder_taken`.
    """
    task = find_task(task_id)
    front = read_front(task)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(
            "folder_taken",
            f"Expected a new or empty folder for the files of the Space, but {folder} holds something. "
            "Remove it or name another.",
        )
    for name in code_files(task):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    (folder / "app.py").write_text(APP.format(title=task.title, identity=task.id), encoding="utf-8")
    (folder / "requirements.txt").write_text("\n".join(requirements(task)) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(readme(task, *front), encoding="utf-8")
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = tuple(path.relative_to(folder).as_posix() for path in paths)
    return Staged(folder=folder, task=task, files=names, bytes=sum(p.stat().st_size for p in paths))


def code_files(task: Task) -> list[str]:
    """Paths in the repository of what `task` runs on, in order."""
    package = ROOT / "hub_models"
    asked = [row for row in checkpoints() if row.id in task.asks]
    bundled = {row.place for row in (*checkpoints(task.id), *asked) if row.kind == "bundled"}
    catalogues = {row.task.replace("-", "_") for row in asked}
    foreign = {name for library, names in OF_LIBRARY.items() if library not in task.needs for name in names}
    kept = ["LICENSE"]
    for path in sorted(package.rglob("*")):
        first, *rest = path.relative_to(package).parts
        if path.suffix not in SUFFIXES or not path.is_file():
            continue
        if path.relative_to(package).as_posix() in foreign:
            continue
        asked_for = first == "catalog" and path.stem in catalogues
        if first in OF_ONE_TASK and owner(path.stem) not in (None, task) and not asked_for:
            continue
        if first == "checkpoints" and rest[0] not in bundled:
            continue
        kept.append(path.relative_to(ROOT).as_posix())
    return kept


def owner(stem: str) -> Task | None:
    """Whose file `stem`.py is: that of the task whose name it has, alone or with more behind it; None: of all."""
    owners = [task for task in tasks() if f"{stem}_".startswith(f"{task.module}_")]
    return max(owners, key=lambda task: len(task.module), default=None)


def requirements(task: Task) -> list[str]:
    """The lines of requirements.txt, with their ranges, that a Space of `task` installs."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    lines = {
        distribution(line): line.split("#")[0].strip() for line in text.splitlines() if distribution(line)
    }
    wanted = [distribution(name) for name in (*SHARED_NEEDS, *task.needs)]
    if unknown := set(wanted) - set(lines):
        raise ValueError(
            f"{task.id} needs {', '.join(sorted(unknown))}, which requirements.txt does not have"
        )
    return [lines[name] for name in dict.fromkeys(wanted)]


def distribution(line: str) -> str:
    """The name in a line of requirements.txt, in the one spelling that compares: dashes, lower case."""
    name = re.match(r"[A-Za-z0-9._-]*", line)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def read_front(task: Task) -> tuple[dict, str]:
    """(front matter, text) of the README that spaces/ has for `task`."""
    path = ROOT / "spaces" / task.id / "README.md"
    if not path.exists():
        there = ", ".join(sorted(p.parent.name for p in ROOT.glob("spaces/*/README.md"))) or "none"
        raise BadInput(
            "space_missing",
            f"Expected a task with a README in spaces/ ({there}); {task.id} has none yet. Write one first.",
        )
    _, front, text = path.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), text


def readme(task: Task, front: dict, text: str) -> str:
    """README.md of the Space: what Hugging Face reads to build it, then the text for visitors."""
    models = list(dict.fromkeys(row.place for row in checkpoints(task.id) if row.kind == "hub"))
    whole = front | {
        "sdk": "gradio",
        "sdk_version": version("gradio"),  # the one that the files were tried with
        "python_version": PYTHON,
        "app_file": "app.py",
        "models": models,
    }
    return f"---\n{yaml.safe_dump(whole, sort_keys=False, allow_unicode=True)}---\n{text}"
