"""The Use it part: the same call as Python, command line, HTTP and MCP, and the Space."""

import json
import shlex
from pathlib import Path

import gradio as gr

from hub_models.task import Task
from hub_models.ui.click import on_click

SENTENCE = "Your own text."


def code(task: Task, checkpoint: str, base: str) -> tuple[str, str, str, str]:
    """(Python, command line, HTTP, MCP) for one call of `task` with `checkpoint` at the server `base`."""
    # name of each input -> what stands for it: a file, or for a text an example
    text = next((example.text for example in task.examples if example.text), SENTENCE)
    given = {name: f"my_{name}" if kind is Path else text for name, kind in task.inputs.items()}
    files = [name for name, kind in task.inputs.items() if kind is Path]
    named = ", ".join(json.dumps(value, ensure_ascii=False) for value in given.values())
    python = (
        "import hub_models\n\n"
        f'answer = hub_models.predict("{task.id}", {named}, checkpoint="{checkpoint}")\n'
        "print(answer.to_json())"
    )
    shell = f"python -m hub_models predict {task.id} {shlex.join(given.values())} --checkpoint {checkpoint} --json"
    upload = "".join(
        f"{name.upper()}=$(curl -s {base}/gradio_api/upload -F files=@my_{name} | tr -d '[]\"')\n"
        for name in files
    )
    data = ", ".join(
        '{\\"path\\": \\"$' + name.upper() + '\\", \\"meta\\": {\\"_type\\": \\"gradio.FileData\\"}}'
        if name in files
        else in_double_quotes(json.dumps(value))
        for name, value in given.items()
    )
    http = (
        f"{upload}"
        f"ID=$(curl -s {base}/gradio_api/call/{task.id} -H 'Content-Type: application/json' \\\n"
        f'  -d "{{\\"data\\": [{data}, \\"{checkpoint}\\"]}}" | cut -d\'"\' -f4)\n'
        f"curl -sN {base}/gradio_api/call/{task.id}/$ID"
    )
    mcp = (
        '{\n  "mcpServers": {\n    "vision-multimedia-hub": {\n'
        f'      "url": "{base}/gradio_api/mcp/"\n'
        "    }\n  }\n}"
    )
    return python, shell, http, mcp


def in_double_quotes(words: str) -> str:
    """`words` for a shell's string in double quotes."""
    return "".join("\\" + c if c in '\\"$`' else c for c in words)


def use_it(task: Task, checkpoint: gr.Dropdown) -> None:
    """Four panels of code that follow the chosen checkpoint, and how to make a Space of this tab."""
    first = code(task, checkpoint.value, "http://127.0.0.1:7860")
    gr.Markdown("The same call from your own program. The code follows the checkpoint chosen in *Try it*.")
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Python"):
            python = gr.Code(first[0], language="python", label="In this repository")
        with gr.Tab("Command line"):
            shell = gr.Code(first[1], language="shell", label="Prints one JSON object")
        with gr.Tab("HTTP"):
            http = gr.Code(
                first[2],
                language="shell",
                label="Ask, wait for the answer" if task.reads else "Upload, ask, wait for the answer",
            )
        with gr.Tab("MCP"):
            mcp = gr.Code(first[3], language="json", label="For an assistant, when the app runs with --mcp")
        with gr.Tab("Space"):
            gr.Code(
                f"python -m hub_models deploy {task.id} --repo YOU/{task.id} --dry-run staged\n"
                f"python -m hub_models deploy {task.id} --repo YOU/{task.id}",
                language="shell",
                label="This tab alone as a Hugging Face Space: first look at the files, then upload",
            )

    def follow(identity: str, request: gr.Request) -> tuple[str, str, str, str]:
        return code(task, identity, f"{request.request.url.scheme}://{request.headers['host']}")

    on_click(
        checkpoint.change,
        follow,
        [checkpoint],
        [python, shell, http, mcp],
        light=True,
        show_progress="hidden",
    )
