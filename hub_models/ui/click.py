"""What happens on a click: one lane for all tabs, errors as sentences, bugs as tracebacks in the log."""

import functools
import inspect
import logging
from collections.abc import Callable, Sequence

import gradio as gr

from hub_models import compute
from hub_models.errors import HubError

LANE = "compute"  # one name for every event that computes: all tabs share the same few workers
LOG = logging.getLogger("hub_models")


def sentence(error: BaseException) -> gr.Error:
    """An exception as the person sees it: a HubError in its own words, anything else as one plain line."""
    if isinstance(error, HubError):
        return gr.Error(error.message, title=error.code, print_exception=False, duration=12)
    LOG.exception("a bug, not a wrong input", exc_info=error)
    return gr.Error(
        "Something broke inside the hub, and it is not your input's fault. The log has the details; "
        "please report them. The next request works.",
        title="internal_error",
        print_exception=False,
    )


def guarded(fn: Callable) -> Callable:
    """`fn` with its exceptions made into sentences; generators stay generators, so that they can be cancelled."""
    if inspect.isgeneratorfunction(fn):

        @functools.wraps(fn)
        def stream(*args, **kwargs):
            try:
                yield from fn(*args, **kwargs)
            except gr.Error:
                raise
            except Exception as error:
                raise sentence(error) from error

        return stream

    @functools.wraps(fn)
    def call(*args, **kwargs):
        try:
            return fn(*args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            raise sentence(error) from error

    return call


def on_click(
    triggers: Sequence | Callable,
    fn: Callable,
    inputs: Sequence = (),
    outputs: Sequence = (),
    *,
    stop: gr.Button | None = None,
    light: bool = False,
    show_progress: str = "minimal",
):
    """Call `fn` when one of `triggers` fires. `stop` cancels it; `light` work (no model) skips the lane."""
    triggers = list(triggers) if isinstance(triggers, list | tuple) else [triggers]
    event = gr.on(
        triggers,
        guarded(fn),
        list(inputs),
        list(outputs),
        api_visibility="private",
        concurrency_id=None if light else LANE,
        concurrency_limit=None if light else compute.lanes(),
        queue=not light,
        show_progress=show_progress,
        trigger_mode="always_last",
    )
    if stop is not None:
        stop.click(None, None, None, cancels=[event], api_visibility="private", queue=False)
    return event
