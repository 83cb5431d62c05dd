"""The hub on the command line: python -m hub_models COMMAND. docs/command-line.md shows each and its JSON keys.

What a person got wrong is one sentence on standard error, with --json {"error": {"code", "message"}} on standard
output, and exit code 1. Progress goes to standard error, so that standard output holds the answer and nothing else.
"""

import argparse
import csv
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import hub_models
from hub_models import local
from hub_models.checkpoint import Checkpoint
from hub_models.errors import BadInput, HubError
from hub_models.loader import LOADER, find
from hub_models.task import Task
from hub_models.task import task as find_task

Run = Callable[[argparse.Namespace], int]  # a command: prints, and returns the exit code


class Told:
    """A download on standard error: first what comes and under which licence, then how much is here."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint, self.announced = checkpoint, False

    def __call__(self, so_far: int, in_all: int) -> None:
        if not self.announced:
            self.announced = True
            row = self.checkpoint
            say(f"Downloading {row.place}: {in_all / 1e6:,.1f} MB, licence {row.weights_licence}")
        counted(so_far / 1e6, in_all / 1e6, "MB")


def say(words: str) -> None:
    print(words, file=sys.stderr)


def counted(so_far: float, in_all: float, unit: str) -> None:
    """One line that is written over; nothing where nobody watches."""
    if sys.stderr.isatty():
        end = "\n" if so_far >= in_all else ""
        print(f"\r{so_far:,.0f} of {in_all:,.0f} {unit}", end=end, file=sys.stderr, flush=True)


def show_json(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def error_json(error: HubError) -> dict:
    return {"error": {"code": error.code, "message": error.message}}


def as_json(row: Checkpoint) -> dict:
    """All fields of a checkpoint, and whether it works without internet."""
    elsewhere = {"source": row.source, "sha256": row.sha256, "revision": row.revision, "offline": row.offline}
    return local.checkpoint_to_json(row) | elsewhere


def origin(row: Checkpoint) -> str:
    """Where the weights are, for people."""
    if row.kind == "library":
        return f"offered by {row.library} itself, at {row.place}"
    if row.kind == "hub":
        return f"Hugging Face Hub, {row.place}, {f'revision {row.revision}' if row.revision else 'unpinned'}"
    words = {"bundled": "in this repository", "package": f"in the package {row.place.split('/')[0]}"}
    return words.get(row.kind, f"in the folder {row.place}")


def list_(options: argparse.Namespace) -> int:
    rows = hub_models.checkpoints(options.task)
    if options.json:
        show_json([as_json(row) for row in rows])
        return 0
    width = max((len(row.id) for row in rows), default=0)
    for row in rows:
        unpinned = ", unpinned" if row.kind == "hub" and not row.revision else ""
        where = "offline" if row.offline else f"download{unpinned}"
        about = f"{row.title}, {row.trained_on}"
        print(f"{row.id:{width}}  {row.megabytes:7,.1f} MB  {where:18}  {row.task:22}  {about}")
    return 0


def info(options: argparse.Namespace) -> int:
    row = LOADER.resolve(options.id)
    if options.json:
        show_json(as_json(row))
        return 0
    facts = {
        "task": row.task,
        "paper": row.paper,
        "differs": row.deviations,
        "trained on": row.trained_on,
        "data": row.data_licence,
        "weights": row.weights_licence,
        "origin": origin(row),
        "sha256": row.sha256 or "",
        "library": f"{row.library}, {row.model}",
        "size": f"{row.parameters:,} parameters, {row.megabytes:,.1f} MB",
        "recipe": row.recipe,
        "measured": "\n            ".join(metric.text() for metric in row.metrics) or "not by us",
    }
    print(f"{row.id}: {row.title} ({row.architecture}, {row.year})\n{row.sentence}\n")
    print("\n".join(f"{name:10}  {value}" for name, value in facts.items() if value))
    return 0


def predict(options: argparse.Namespace) -> int:
    chosen = find_task(options.task)
    row = LOADER.resolve(options.checkpoint or chosen.default, chosen.id)
    if options.out and not options.out.parent.is_dir():  # said before the work, not after it
        raise BadInput("bad_value", f"Expected --out in a folder that exists, got {options.out}.")
    if not row.offline:
        LOADER.get(row.id, chosen.id, Told(row))
    given = read_options(chosen, options.option)
    size = len(chosen.inputs)
    groups = [options.inputs[i : i + size] for i in range(0, len(options.inputs), size)]
    answers: list[dict] = []
    for group in groups:
        try:
            answer = hub_models.predict(chosen.id, *group, checkpoint=row.id, **given)
        except BadInput as error:
            if len(groups) == 1:
                raise
            answers.append(error_json(error))
            say(f"{called(group)}: {error.message}")
            continue
        answers.append(answer.to_json())
        if not options.json:
            took = f"{answer.seconds:.3f} s on {answer.device}, {answer.checkpoint}"
            table = [f"  {'  '.join(cells)}" for cells in answer.result.rows()]
            print("\n".join([called(group), *table, *answer.notes, took, ""]))
    result = answers[0] if len(groups) == 1 else answers
    if options.json:
        show_json(result)
    if options.out and options.out.suffix == ".csv":
        pairs = zip(groups, answers, strict=True)
        write_csv(options.out, [row for group, answer in pairs for row in records(called(group), answer)])
    elif options.out:
        options.out.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return int(any("error" in answer for answer in answers))


def called(group: list[str]) -> str:
    """The inputs of one question, as they are shown: bytes that are no text as a sign for them."""
    return " ".join(group).encode("utf-8", "replace").decode()


def read_options(chosen: Task, words: list[str]) -> dict[str, float | str]:
    """["confidence=0.3"] -> {"confidence": 0.3}, by the types of the task's own options."""
    found: dict[str, float | str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if name in chosen.optional_files and equals:
            found[name] = value
            continue
        files = [f"{name}=FILE" for name in chosen.optional_files]
        known = ", ".join([*(f"{n}={default}" for n, default in chosen.options.items()), *files]) or "none"
        if name not in chosen.options or not equals:
            raise BadInput(
                "bad_value", f"Expected --option NAME=VALUE with one of {known}, got {word[:60]!r}."
            )
        try:
            found[name] = type(chosen.options[name])(value)
        except ValueError as error:
            raise BadInput("bad_value", f"Expected a number for {name}, got {value[:60]!r}.") from error
    return found


def records(name: str, answer: dict) -> list[dict]:
    """The rows of a table for one answer: one for each entry of its list."""
    if "error" in answer:
        return [{"input": name, "error": answer["error"]["message"]}]
    shared = {key: value for key, value in answer.items() if not isinstance(value, list)}
    entries = next((value for value in answer.values() if isinstance(value, list)), [{}])
    return [{"input": name} | entry | shared for entry in entries]


def write_csv(path: Path, rows: list[dict]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)


def evaluate(options: argparse.Namespace) -> int:
    from hub_models import evaluate as evaluation

    chosen = find_task(options.task)
    row = LOADER.resolve(options.checkpoint, chosen.id)
    counts = "texts" if chosen.reads else "pictures"
    report = evaluation.evaluate(
        options.task, row.id, options.data, lambda done, total: counted(done, total, counts), Told(row)
    )
    if options.json:
        show_json(report)
    else:
        print(evaluation.text(report))
    return 0


def fetch(options: argparse.Namespace) -> int:
    row = LOADER.resolve(options.id)
    if not row.offline:
        from hub_models import library_file
        from hub_models.fetch import plan

        planned = library_file.plan(row) if row.kind == "library" else plan(row)
        size = f"{planned.bytes / 1e6:,.1f} MB" if planned.bytes else f"about {row.megabytes:,.1f} MB"
        print(f"{row.title}: {size}{', here already' if planned.cached else ''}")
        print(f"origin   {origin(row)}\nweights  {planned.licence}\ndata     {row.data_licence}", flush=True)
    find(row, lambda so_far, in_all: counted(so_far / 1e6, in_all / 1e6, "MB"))
    print(f"{row.id} is ready, {origin(row) if row.offline else 'in the cache'}.")
    return 0


def check(options: argparse.Namespace) -> int:
    from hub_models.check import faults

    kept = [row.id for row in hub_models.checkpoints() if row.kind in ("bundled", "package")]
    failed = False
    for name in options.ids or kept:
        try:
            wrong = faults(LOADER.resolve(name))
        except HubError as error:
            wrong = [error.message]
        failed |= bool(wrong)
        print(f"FAILED {name}: {'; '.join(wrong)}" if wrong else f"ok     {name}", flush=True)
    return int(failed)


def deploy(options: argparse.Namespace) -> int:
    from hub_models.deploy import main_deploy

    main_deploy(find_task(options.task).id, options.repo, options.dry_run, options.private)
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m hub_models", description="The models, without the app.")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def command(run: Run, says: str, *positional: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(run.__name__.rstrip("_"), help=says, description=says)
        sub.set_defaults(run=run)
        for name in positional:
            sub.add_argument(name, metavar=name.upper())
        return sub

    print_json = {"action": "store_true", "help": "print JSON"}
    weights = "id of the catalogue, or a folder that a recipe wrote"
    sub = command(list_, "the catalogue")
    sub.add_argument("--task", help="of this task only")
    sub.add_argument("--json", **print_json)
    sub = command(info, "all that is known about a checkpoint", "id")
    sub.add_argument("--json", **print_json)
    sub = command(predict, "ask a task about one input, or about each of several", "task")
    sub.add_argument("inputs", metavar="INPUT", nargs="+")
    sub.add_argument("--checkpoint", help=f"{weights}; else the task's own choice")
    sub.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="of the task: confidence=0.3"
    )
    sub.add_argument("--json", **print_json)
    sub.add_argument("--out", type=Path, metavar="FILE", help="write JSON there; to NAME.csv, a table")
    sub = command(evaluate, "measure a checkpoint on labelled data", "task")
    sub.add_argument("--checkpoint", required=True, help=weights)
    sub.add_argument("--data", required=True, type=Path, metavar="DIR", help="labelled data of the task")
    sub.add_argument("--json", **print_json)
    command(fetch, "download weights of the Hub, after saying what comes", "id")
    sub = command(check, "recompute what the catalogue says about the weights that are kept here")
    sub.add_argument("ids", metavar="ID", nargs="*", help=f"{weights}; else all")
    sub = command(deploy, "put one task on a Hugging Face Space", "task")
    sub.add_argument("--repo", required=True, metavar="USER/NAME")
    sub.add_argument("--dry-run", type=Path, metavar="DIR", help="write the files there instead of uploading")
    sub.add_argument("--private", action="store_true")
    return top


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0; 1 for an error of a person or a check that failed. argparse itself exits with 2."""
    options = parser().parse_args(arguments)
    try:
        try:
            code = options.run(options)
        except HubError as error:
            code = 1
            if getattr(options, "json", False):
                show_json(error_json(error))
            else:
                say(error.message)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (head, less) has seen enough; Python would complain at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
