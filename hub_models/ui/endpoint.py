"""The public call of a task: one named endpoint with a described schema, for HTTP, gradio_client and MCP."""

import inspect
import math
from pathlib import Path
from typing import Literal, TypedDict

import gradio as gr
from gradio.utils import get_upload_folder

from hub_models import compute
from hub_models.errors import BadInput
from hub_models.task import MAYBE_FILE, Task
from hub_models.ui.click import LANE, guarded
from hub_models.ui.components import uploaded
from hub_models.ui.consent import forget

FILE = (
    "the file itself. As a tool of an assistant: a data URL, data:image/png;base64,... of at most 20 MB. Over HTTP: "
    "the path that POST /gradio_api/upload answered. Web addresses are refused"
)


class FileMeta(TypedDict):
    _type: Literal["gradio.FileData"]


class UploadedFile(TypedDict, total=False):
    """A file uploaded to this server before the call, as gradio's clients send it."""

    path: str
    orig_name: str
    meta: FileMeta


def given_file(value: object, name: str) -> Path:
    """The uploaded file that `value` stands for: inside the upload folder, nowhere else."""
    if not isinstance(value, dict):
        raise BadInput("bad_request", f"Expected an uploaded file for {name!r}, got {type(value).__name__}.")
    path = uploaded(value.get("path"), value.get("url"))
    folder = Path(get_upload_folder()).resolve()
    if not path.resolve().is_relative_to(folder) or not path.is_file():
        raise BadInput(
            "file_refused", f"Expected a file uploaded to this server for {name!r}. Upload it first."
        )
    return path


def given_as(value: object, parameter: inspect.Parameter) -> object:
    """What came over the wire, as the parameter of `predict` wants it."""
    if parameter.annotation is Path:
        return given_file(value, parameter.name)
    if parameter.annotation == MAYBE_FILE:
        return None if value is None else given_file(value, parameter.name)
    return (given_number if parameter.annotation is float else given_text)(value, parameter)


def given_text(value: object, parameter: inspect.Parameter) -> str:
    if value is None and parameter.default is not inspect.Parameter.empty:
        return parameter.default
    if not isinstance(value, str):
        raise BadInput("bad_request", f"Expected text for {parameter.name!r}, got {type(value).__name__}.")
    return value


def given_number(value: object, parameter: inspect.Parameter) -> float:
    if value is None and parameter.default is not inspect.Parameter.empty:
        return parameter.default
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput("bad_value", f"Expected a number for {parameter.name!r}, got {str(value)[:40]!r}.")
    return float(value)


def endpoint(task: Task) -> None:
    """Register `task.predict` under the task's id in the Blocks that is open."""
    signature = inspect.signature(task.predict, eval_str=True)
    sent = {Path: UploadedFile, MAYBE_FILE: UploadedFile | None}
    parameters = [
        p.replace(annotation=sent.get(p.annotation, p.annotation)) for p in signature.parameters.values()
    ]

    def call(*values: object) -> dict:
        given = [given_as(v, p) for v, p in zip(values, signature.parameters.values(), strict=True)]
        try:
            return task.predict(*given).to_json()
        finally:
            for path in given if task.forgets else ():
                if isinstance(path, Path):
                    forget(path)

    call.__name__ = task.module
    call.__doc__ = description(task)
    call.__signature__ = signature.replace(parameters=parameters, return_annotation=dict)
    call.__annotations__ = {p.name: p.annotation for p in parameters} | {"return": dict}
    gr.api(
        with_signature_of(call, guarded(call, compute.longest_answer())),
        api_name=task.id,
        api_description=call.__doc__,
        concurrency_id=LANE,
        concurrency_limit=compute.lanes(),
    )


def with_signature_of(call, wrapped):
    """`wrapped` described as `call`, for the schema."""
    wrapped.__signature__, wrapped.__annotations__ = call.__signature__, call.__annotations__
    return wrapped


def description(task: Task) -> str:
    """What MCP and the API page say of the endpoint."""
    lines = [task.summary, "", "Args:"]
    for parameter in inspect.signature(task.predict).parameters.values():
        what = f"default {parameter.default!r}"
        if parameter.default is inspect.Parameter.empty:
            what = FILE if parameter.annotation is Path else "the text itself"
        if "Path" in str(parameter.annotation) and parameter.default is None:
            what = f"may be left out. Else {FILE}"
        lines.append(f"    {parameter.name}: {what}")
    return "\n".join(lines)
