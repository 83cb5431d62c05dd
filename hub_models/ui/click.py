"""What happens on a click: one lane for all tabs, errors as sentences, bugs as tracebacks in the log."""

import asyncio
import contextvars
import functools
import inspect
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import anyio.to_thread
import gradio as gr
from gradio.context import LocalContext

from hub_models import compute
from hub_models.compute import Deadline
from hub_models.errors import BadInput, HubError

LANE = "compute"  # one name for every event that computes: all tabs share the same few workers
LOOK_EVERY = 0.25  # seconds between two looks at whether anybody still waits
T = TypeVar("T")
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


def guarded(fn: Callable, seconds: float | None = None, inputs: Sequence = ()) -> Callable:
    """`fn` with its exceptions made into sentences and, given `seconds`, with a deadline.

    Number fields among `inputs` that were emptied are said. Generators stay generators, so that they can be cancelled.
    """
    if seconds is not None:
        return timed(guarded(fn, inputs=inputs), seconds)
    if inspect.isgeneratorfunction(fn):

        @functools.wraps(fn)
        def stream(*args, **kwargs):
            try:
                check_numbers(inputs, args)
                yield from fn(*args, **kwargs)
            except gr.Error:
                raise
            except Exception as error:
                raise sentence(error) from error

        return stream

    @functools.wraps(fn)
    def call(*args, **kwargs):
        try:
            check_numbers(inputs, args)
            return fn(*args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            raise sentence(error) from error

    return call


def check_numbers(inputs: Sequence, values: Sequence) -> None:
    """An emptied number field reaches Python as None. What gradio fills in itself may stand before the values."""
    given = [value for value in values if not isinstance(value, gr.Progress)]
    for component, value in zip(inputs, given, strict=False):
        if isinstance(component, gr.Number | gr.Slider) and value is None:
            raise BadInput("bad_value", f"Expected a number for “{component.label}”, got nothing.")


def timed(fn: Callable, seconds: float) -> Callable:
    """`fn` that gives its place in the lane back when `seconds` are over or the visitor has gone.

    Python cannot stop a thread: work that does not ask `compute.check()` between its steps goes on until it is
    done, but nobody waits for it.
    """
    if inspect.isgeneratorfunction(fn):

        @functools.wraps(fn)
        async def stream(*args, **kwargs):
            with waiting(seconds) as deadline:
                steps, end = fn(*args, **kwargs), object()
                while (step := await in_time(lambda: next(steps, end), deadline)) is not end:
                    yield step

        return stream

    @functools.wraps(fn)
    async def call(*args, **kwargs):
        with waiting(seconds) as deadline:
            return await in_time(lambda: fn(*args, **kwargs), deadline)

    return call


@contextmanager
def waiting(seconds: float) -> Iterator[Deadline]:
    """The deadline of one answer; passed as soon as nobody waits for it."""
    left = threading.Event()
    gone = visitor_gone()
    deadline = Deadline(seconds, cancelled=lambda: left.is_set() or gone())
    try:
        yield deadline
    finally:
        left.set()


async def in_time(work: Callable[[], T], deadline: Deadline) -> T:
    """`work()` in a thread, given up when `deadline` passes."""
    context = contextvars.copy_context()
    context.run(compute.CURRENT.set, deadline)
    inside = functools.partial(context.run, work)
    result = asyncio.create_task(anyio.to_thread.run_sync(inside, abandon_on_cancel=True))
    try:
        while not (await asyncio.wait([result], timeout=LOOK_EVERY))[0]:
            deadline.check()
        return result.result()
    except HubError as error:
        raise sentence(error) from error
    finally:
        result.cancel()


def visitor_gone() -> Callable[[], bool]:
    """Whether the program or the browser that waits for the running event has closed its connection."""
    blocks, event_id = LocalContext.blocks.get(None), LocalContext.event_id.get(None)
    if blocks is None or event_id is None:
        return lambda: False

    def gone() -> bool:
        running = [event for job in blocks._queue.active_jobs if job for event in job]
        return any(event._id == event_id and not event.alive for event in running)

    return gone


def on_click(
    triggers: Sequence | Callable,
    fn: Callable,
    inputs: Sequence = (),
    outputs: Sequence = (),
    *,
    stop: gr.Button | None = None,
    light: bool = False,
    show_progress: str = "minimal",
    seconds: float | None = None,
    every: float = 0.5,
):
    """Call `fn` when one of `triggers` fires. `stop` cancels it; `light` work (no model) skips the lane.

    `seconds`: how long heavy work may take, `compute.longest_answer()` when not said; `every`: seconds between two
    frames, where a camera is the trigger.
    """
    triggers = list(triggers) if isinstance(triggers, list | tuple) else [triggers]
    event = gr.on(
        triggers,
        guarded(fn, None if light else seconds or compute.longest_answer(), inputs),
        list(inputs),
        list(outputs),
        api_visibility="private",
        concurrency_id=None if light else LANE,
        concurrency_limit=None if light else compute.lanes(),
        # queued even if light: what is not queued cannot show an error, a warning or progress
        show_progress=show_progress,
        trigger_mode="always_last",
        stream_every=every,
    )
    if stop is not None:
        stop.click(None, None, None, cancels=[event], api_visibility="private", queue=False)
    return event
