"""The Use it part: the same call as Python, command line, HTTP and MCP, and the Space."""

import inspect
from pathlib import Path

import gradio as gr

from hub_models.task import Task
from hub_models.ui.click import on_click


def code(task: Task, checkpoint: str, base: str) -> tuple[str, str, str, str]:
    """(Python, command line, HTTP, MCP) for one call of `task` with `checkpoint` at the server `base`."""
    files = [p.name for p in inspect.signature(task.predict).parameters.values() if p.annotation is Path]
    named = ", ".join(f'"my_{name}"' for name in files)
    python = (
        "import hub_models\n\n"
        f'answer = hub_models.predict("{task.id}", {named}, checkpoint="{checkpoint}")\n'
        "print(answer.to_json())"
    )
    shell = f"python -m hub_models predict {task.id} {' '.join(f'my_{n}' for n in files)} --checkpoint {checkpoint} --json"
    upload = "\n".join(
        f"{name.upper()}=$(curl -s {base}/gradio_api/upload -F files=@my_{name} | tr -d '[]\"')"
        for name in files
    )
    data = ", ".join(
        '{\\"path\\": \\"$' + name.upper() + '\\", \\"meta\\": {\\"_type\\": \\"gradio.FileData\\"}}'
        for name in files
    )
    http = (
        f"{upload}\n"
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
            http = gr.Code(first[2], language="shell", label="Upload, ask, wait for the answer")
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
