"""The training loop: short, resumable at any step, the same on a CPU, a GPU and many of them.

Nothing random is carried from one step to the next: the order of the samples depends on (seed, epoch), the
augmentation of a sample on (seed, epoch, sample), dropout on (seed, step), the learning rate on the step. So the
state to keep is weights, optimizer and counters, and a run that was killed ends with the losses it would have had.
"""

import contextlib
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from accelerate.utils import broadcast_object_list, send_to_device
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from finetune.order import EpochBatches, grouped
from finetune.progress import Logs, Progress, StopOnSignal, room_on_disk
from finetune.settings import Settings, rate_factor
from finetune.state import State, best_weights, update_average
from hub_models.errors import BadData

Step = Callable[[nn.Module, object], dict[str, Tensor]]  # -> {"loss": ..., other scalars to log}
Evaluate = Callable[[nn.Module], dict[str, float]]  # the first value is the one to maximise

__all__ = ["Settings", "fit"]


def train_mode(model: nn.Module) -> None:
    """Training mode, but for parts whose weights are all frozen: no dropout there, and statistics stay."""
    model.train()
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            module.eval()


def gradients(state: State, step: Step, batches: list, stop: StopOnSignal) -> dict[str, float]:
    """Add up the gradients of `batches`; the scalars, averaged over them and over all processes.

    Sets `state.progress.stopped` where any process was asked to stop.
    """
    accelerator, scalars = state.accelerator, []
    for number, batch in enumerate(batches, 1):
        # between processes, gradients travel only with the last of the batches that make a step
        alone = accelerator.no_sync(state.model) if number < len(batches) else contextlib.nullcontext()
        with alone, accelerator.autocast():
            losses = step(state.model, send_to_device(batch, accelerator.device))
            accelerator.backward(losses["loss"] / len(batches))
        scalars.append(torch.stack([value.detach().float() for value in losses.values()]))
    figures = torch.cat(
        [torch.stack(scalars).mean(0), torch.tensor([float(stop.asked)], device=accelerator.device)]
    )
    *values, stopped = accelerator.reduce(figures, "mean").tolist()
    state.progress.stopped = stopped > 0
    return dict(zip(losses, values, strict=True))


def one_step(state: State, step: Step, batches: list, stop: StopOnSignal) -> dict[str, float]:
    """Change the weights once, from `batches`; the scalars to log."""
    settings, number, accelerator = state.settings, state.progress.step, state.accelerator
    torch.manual_seed(settings.seed * 1_000_003 + number * 31 + accelerator.process_index)
    factor = rate_factor(number, state.steps, settings.warmup)
    for group, rate in zip(state.optimizer.param_groups, state.base_rates, strict=True):
        group["lr"] = rate * factor
    scalars = gradients(state, step, batches, stop)
    if not math.isfinite(scalars["loss"]):
        raise BadData(
            "loss_not_finite",
            f"The loss became {scalars['loss']} at step {number}. "
            "Lower --learning-rate, or clip the gradient with --clip-norm 1.",
        )
    if settings.clip_norm:
        accelerator.clip_grad_norm_(state.model.parameters(), settings.clip_norm)
    state.optimizer.step()
    state.optimizer.zero_grad()
    if state.average is not None:
        update_average(state.average, state.bare, settings.ema, number)
    state.progress.step += 1
    return scalars | {"rate": settings.learning_rate * factor}


def learn(state: State, loader: DataLoader, step: Step, *, logs: Logs | None, stop: StopOnSignal) -> None:
    """The steps of an epoch, or what was left of it; fewer where the run is `stopped`."""
    train_mode(state.model)
    for batches in grouped(loader, state.settings.accumulate):
        scalars = one_step(state, step, batches, stop)
        state.tick()
        if logs:
            logs.step(scalars)
        if state.progress.stopped:
            return


def end_epoch(state: State, evaluate: Evaluate, logs: Logs | None) -> None:
    """Score the network, and keep it where it is the best so far."""
    state.scored.eval()
    with torch.inference_mode():
        # every process computes the scores and believes the first: decisions must not differ by rounding
        (scores,) = broadcast_object_list([evaluate(state.scored)])
    progress = state.progress
    progress.epoch += 1
    progress.history.append({"epoch": progress.epoch, "step": progress.step} | scores)
    score = next(iter(scores.values()))
    if score > progress.best:
        progress.best, progress.best_epoch = score, progress.epoch
        state.keep_best()
    if logs:
        logs.epoch(scores, state.settings.epochs)


def batches_of(data: Dataset, state: State) -> tuple[EpochBatches, DataLoader]:
    settings, accelerator = state.settings, state.accelerator
    order = EpochBatches(
        len(data), settings.batch, settings.seed, accelerator.process_index, accelerator.num_processes
    )
    loader = DataLoader(
        data,
        batch_sampler=order,
        num_workers=settings.workers,
        persistent_workers=settings.workers > 0,
        pin_memory=accelerator.device.type == "cuda",
    )
    return order, loader


def fit(
    model: nn.Module,
    groups: list[dict],
    data: Dataset,
    *,
    step: Step,
    evaluate: Evaluate,
    settings: Settings,
    folder: Path,
    show: Callable[[str], None] = print,
    recipe: Mapping[str, object] | None = None,
) -> Progress:
    """Train `model` on `data`, keep the best weights in `folder`/best.safetensors and load them at the end.

    `groups` are the optimizer's parameter groups (parameters, perhaps an own rate); `data[(epoch, index)]`
    gives a sample; `recipe` is refused to change on resuming, as the settings are. Ctrl-C or SIGTERM ends after
    the step in hand (`stopped`), with the best so far; calling again resumes.
    Raises BadData `resume_changed`, `loss_not_finite`; CheckpointError `checkpoint_corrupt`; Overloaded `disk_full`.
    """
    with room_on_disk(), StopOnSignal() as stop:
        folder.mkdir(parents=True, exist_ok=True)
        state = State(model, groups, settings, folder, {"samples": len(data), **(recipe or {})})
        resumed, progress, accelerator = state.resume(), state.progress, state.accelerator
        order, loader = batches_of(data, state)
        steps_an_epoch = math.ceil(len(order) / settings.accumulate)
        state.steps = steps_an_epoch * settings.epochs
        logs = Logs(folder, progress, state.steps, show) if accelerator.is_main_process else None
        if resumed and logs:
            show(f"resumed at step {progress.step}, epoch {progress.epoch + 1}")
        while not progress.stopped and not progress.is_over(settings.epochs, settings.patience):
            done = progress.step - progress.epoch * steps_an_epoch
            order.start(progress.epoch, done * settings.accumulate)
            learn(state, loader, step, logs=logs, stop=stop)
            if not progress.stopped:
                end_epoch(state, evaluate, logs)
            state.save()
        if logs:
            logs.close()
        accelerator.wait_for_everyone()
        best_weights(folder, model, needed=False)
    accelerator.end_training()
    return progress
