"""Serving the page: options, limits, and nothing that leaves the machine."""

import argparse
import os
import socket
import sys
from pathlib import Path

import gradio as gr

from hub_models.task import tasks
from hub_models.ui import guard
from hub_models.ui.examples import available

HERE = Path(__file__).parent
LARGEST_UPLOAD = "200mb"
EVERYONE = "0.0.0.0"  # on a Space, visitors come from outside the container
FONTS = ["system-ui", "sans-serif"]  # of the person's own system: nothing to fetch
MONO = ["ui-monospace", "monospace"]


def options(argv: list[str] | None = None) -> argparse.Namespace:
    """Where GRADIO_SERVER_NAME or GRADIO_SERVER_PORT is set it is the default; on a Space all may come in."""
    parser = argparse.ArgumentParser(description="The demo hub in a browser.")
    host = os.environ.get(
        "GRADIO_SERVER_NAME", EVERYONE if os.environ.get("SYSTEM") == "spaces" else "127.0.0.1"
    )
    parser.add_argument("--host", default=host, help="0.0.0.0 lets other machines in (default %(default)s)")
    port = os.environ.get("GRADIO_SERVER_PORT", "7860")
    parser.add_argument("--port", type=int, default=port, help="default %(default)s")
    parser.add_argument(
        "--share", action="store_true", help="a public address for 72 hours, through gradio's servers"
    )
    parser.add_argument("--mcp", action="store_true", help="also serve every task as an MCP tool")
    parser.add_argument(
        "--queue-size", type=int, default=100, help="requests that may wait (default %(default)s)"
    )
    return parser.parse_args(argv)


def theme() -> gr.themes.Base:
    return gr.themes.Soft(primary_hue="indigo", neutral_hue="slate", font=FONTS, font_mono=MONO)


def port_is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def launch(blocks: gr.Blocks, chosen: argparse.Namespace, *, wait: bool = True) -> gr.Blocks:
    """Serve `blocks`; returns after the server has stopped, or at once when not `wait`."""
    blocks.queue(max_size=chosen.queue_size, api_open=False)  # nobody goes past the queue
    blocks.launch(
        server_name=chosen.host,
        server_port=chosen.port,
        share=chosen.share,
        mcp_server=chosen.mcp,
        theme=theme(),
        css_paths=[HERE / "page.css"],
        head_paths=[HERE / "head.html"],
        max_file_size=LARGEST_UPLOAD,
        state_session_capacity=200,
        enable_monitoring=False,
        run_history=False,
        show_error=False,
        ssr_mode=False,
        quiet=True,
        footer_links=["api", "settings"],
        allowed_paths=[str(path) for task in tasks() for path in available(task).values()],
        prevent_thread_lock=True,
        app_kwargs={"middleware": guard.middleware(blocks)},
    )
    print(f"The hub is open at {blocks.local_url}", flush=True)
    if wait:
        blocks.block_thread()
    return blocks


def main(blocks_of, argv: list[str] | None = None) -> None:
    """Parse the options, build the page, serve it."""
    chosen = options(argv)
    if not port_is_free(chosen.host, chosen.port):
        sys.exit(
            f"Port {chosen.port} on {chosen.host} is taken, perhaps by a hub that is already running. "
            f"Close it, or choose another: python app.py --port {chosen.port + 1}"
        )
    launch(blocks_of(), chosen)
