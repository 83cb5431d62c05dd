"""The training loop: short, resumable at any step, the same on a CPU, a GPU and many of them.

Nothing random is carried from one step to the next: the order of the samples depends on (seed, epoch), the
augmentation of a sample on (seed, epoch, sample), dropout on (seed, step), the learning rate on the step. So the
state to keep is weights, optimizer and counters, and a run that was killed ends with the losses it would have had.
"""

import contextlib
import copy
import itertools
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import torch
from accelerate import Accelerator
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Sampler

from finetune.progress import Logs, Progress, StopOnSignal
from hub_models.errors import BadData

Step = Callable[[nn.Module, object], dict[str, Tensor]]  # -> {"loss": ..., other scalars to log}
Evaluate = Callable[[nn.Module], dict[str, float]]  # the first value is the one to maximise


@dataclass(frozen=True, kw_only=True)
class Settings:
    epochs: int
    batch: int  # samples a process sees at once
    learning_rate: float
    accumulate: int = 1  # batches whose gradients are summed before the weights change
    weight_decay: float = 5e-4
    optimizer: Literal["sgd", "adamw"] = "sgd"
    warmup: float = 0.1  # share of all steps over which the rate rises; then it falls as half a cosine
    mixed_precision: Literal["no", "bf16", "fp16"] = "no"
    ema: float = 0.0  # decay of the moving average of the weights, 0 = none
    patience: int = 0  # epochs without a better score after which training stops, 0 = never
    clip_norm: float = 0.0  # largest norm of the gradient, 0 = unlimited
    workers: int = 0
    seed: int = 0
    save_seconds: float = 30.0


class EpochSampler(Sampler):
    """Yields (epoch, index), so that a data set can draw the augmentation of a sample from (seed, epoch, index)."""

    def __init__(self, length: int, seed: int) -> None:
        self.length, self.seed, self.epoch = length, seed, 0

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[tuple[int, int]]:
        order = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
        return ((self.epoch, i) for i in torch.randperm(self.length, generator=order).tolist())


def rate_factor(step: int, steps: int, warmup: float) -> float:
    """Linear from 0 to 1 over the first `warmup` share of the steps, then half a cosine down to 0."""
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


def train_mode(model: nn.Module) -> None:
    """Training mode, but for layers whose own weights are all frozen: their statistics stay as they are."""
    model.train()
    for module in model.modules():
        own = list(module.parameters(recurse=False))
        if own and not any(p.requires_grad for p in own):
            module.eval()


def update_average(average: nn.Module, model: nn.Module, decay: float, step: int) -> None:
    """Exponential moving average of all weights and statistics; its memory is short at first."""
    decay = min(decay, (1 + step) / (10 + step))
    current = model.state_dict()
    for name, tensor in average.state_dict().items():
        if tensor.is_floating_point():
            tensor.lerp_(current[name], 1 - decay)
        else:
            tensor.copy_(current[name])


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write beside `path`, then rename: a kill leaves the old file or the new one, never half of one."""
    unfinished = path.with_name(path.name + ".unfinished")
    write(unfinished)
    os.replace(unfinished, path)


def grouped(batches: Iterable, size: int) -> Iterator[list]:
    """Consecutive batches in lists of `size`; the last may be shorter."""
    iterator = iter(batches)
    while group := list(itertools.islice(iterator, size)):
        yield group


def no_sync(model: nn.Module, accelerator: Accelerator, *, unless: bool) -> contextlib.AbstractContextManager:
    """Between processes, add up the gradients only with the last of the batches that make a step."""
    return contextlib.nullcontext() if unless else accelerator.no_sync(model)


class Run:
    """One training run in `folder`: weights, optimizer, average, counters, and their file on disk."""

    def __init__(self, model: nn.Module, groups: list[dict], settings: Settings, folder: Path) -> None:
        self.settings, self.folder, self.progress = settings, folder, Progress()
        self.accelerator = Accelerator(
            mixed_precision=settings.mixed_precision, cpu=not torch.cuda.is_available()
        )
        if settings.optimizer == "sgd":
            optimizer = torch.optim.SGD(
                groups, settings.learning_rate, 0.9, weight_decay=settings.weight_decay, nesterov=True
            )
        else:
            optimizer = torch.optim.AdamW(
                groups, settings.learning_rate, weight_decay=settings.weight_decay
            )
        self.base_rates = [group["lr"] for group in optimizer.param_groups]
        self.model, self.optimizer = self.accelerator.prepare(model, optimizer)
        self.average = copy.deepcopy(self.bare) if settings.ema else None
        self.path = folder / "resume.pt"

    @property
    def bare(self) -> nn.Module:
        """The network without the wrapper of distributed training."""
        return self.accelerator.unwrap_model(self.model)

    @property
    def scored(self) -> nn.Module:
        """The network that is evaluated and kept: the moving average where there is one."""
        return self.bare if self.average is None else self.average

    def save(self) -> None:
        """Write all that the rest of the run depends on (the main process only)."""
        if not self.accelerator.is_main_process:
            return
        state = {
            "model": self.bare.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "progress": asdict(self.progress),
            "settings": asdict(self.settings),
        }
        write_whole(self.path, lambda path: torch.save(state, path))

    def resume(self) -> bool:
        """Take up a run that was stopped or killed in this folder. False where there is none."""
        if not self.path.exists():
            return False
        state = torch.load(self.path, map_location="cpu", weights_only=True)
        changed = {
            name: (state["settings"].get(name), value)
            for name, value in asdict(self.settings).items()
            if name not in ("workers", "save_seconds") and state["settings"].get(name) != value
        }
        if changed:
            raise BadData(
                "resume_changed",
                f"This folder holds a run with other settings (then, now): {changed}. "
                "Use the same settings to resume, or another output folder to start anew.",
            )
        self.bare.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.progress = Progress(**state["progress"])
        return True

    def keep_best(self) -> None:
        weights = {k: v.detach().cpu().contiguous() for k, v in self.scored.state_dict().items()}
        write_whole(self.folder / "best.safetensors", lambda path: save_file(weights, path))


def fit(
    model: nn.Module,
    groups: list[dict],
    data: Dataset,
    step: Step,
    evaluate: Evaluate,
    settings: Settings,
    folder: Path,
    show: Callable[[str], None] = print,
) -> Progress:
    """Train `model` on `data`, keep the best weights in `folder`/best.safetensors and load them at the end.

    `groups` are the optimizer's parameter groups (parameters, perhaps an own rate); `data[(epoch, index)]`
    gives a sample. Ctrl-C or SIGTERM ends after the step in hand, with the best so far; calling again resumes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(model, groups, settings, folder)
    accelerator, progress = run.accelerator, run.progress
    if run.resume():
        progress = run.progress
        show(f"resumed at step {progress.step}, epoch {progress.epoch + 1}")
    sampler = EpochSampler(len(data), settings.seed)
    loader = accelerator.prepare(
        DataLoader(
            data,
            settings.batch,
            sampler=sampler,
            drop_last=len(data) >= settings.batch * accelerator.num_processes,
            num_workers=settings.workers,
            persistent_workers=settings.workers > 0,
        )
    )
    steps_an_epoch = math.ceil(len(loader) / settings.accumulate)
    steps = steps_an_epoch * settings.epochs
    logs = Logs(folder, progress, show) if accelerator.is_main_process else None
    began, last_save = time.monotonic() - progress.seconds, time.monotonic()
    with StopOnSignal() as stop:
        while progress.epoch < settings.epochs and not stop.asked:
            sampler.epoch = progress.epoch
            done = progress.step - progress.epoch * steps_an_epoch
            rest = accelerator.skip_first_batches(loader, done * settings.accumulate)
            for batches in grouped(rest, settings.accumulate):
                train_mode(run.model)
                torch.manual_seed(settings.seed * 1_000_003 + progress.step * 31 + accelerator.process_index)
                factor = rate_factor(progress.step, steps, settings.warmup)
                for group, rate in zip(run.optimizer.param_groups, run.base_rates, strict=True):
                    group["lr"] = rate * factor
                scalars: dict[str, float] = {}
                for number, batch in enumerate(batches):
                    last = number + 1 == len(batches)
                    with accelerator.autocast(), no_sync(run.model, accelerator, unless=last):
                        losses = step(run.model, batch)
                        accelerator.backward(losses["loss"] / len(batches))
                    for name, value in losses.items():
                        scalars[name] = scalars.get(name, 0.0) + value.item() / len(batches)
                if settings.clip_norm:
                    accelerator.clip_grad_norm_(run.model.parameters(), settings.clip_norm)
                run.optimizer.step()
                run.optimizer.zero_grad()
                if not math.isfinite(scalars["loss"]):
                    raise BadData(
                        "loss_not_finite",
                        f"The loss became {scalars['loss']} at step {progress.step}. "
                        "Lower --learning-rate, or clip the gradient with --clip-norm 1.",
                    )
                if run.average is not None:
                    update_average(run.average, run.bare, settings.ema, progress.step)
                progress.step += 1
                progress.seconds = time.monotonic() - began
                if logs:
                    logs.step(scalars | {"rate": settings.learning_rate * factor}, steps)
                if stop.asked or time.monotonic() - last_save > settings.save_seconds:
                    run.save()
                    last_save = time.monotonic()
                if stop.asked:
                    break
            else:
                run.scored.eval()
                scores = evaluate(run.scored)
                progress.epoch += 1
                progress.history.append({"epoch": progress.epoch, "step": progress.step} | scores)
                score = next(iter(scores.values()))
                if score > progress.best:
                    progress.best, progress.best_epoch = score, progress.epoch
                    if accelerator.is_main_process:
                        run.keep_best()
                if logs:
                    logs.epoch(scores, settings.epochs)
                run.save()
                if settings.patience and progress.epoch - progress.best_epoch >= settings.patience:
                    show(f"stopped early: no better score for {settings.patience} epochs")
                    break
    accelerator.wait_for_everyone()
    if (folder / "best.safetensors").exists():
        run.bare.load_state_dict(load_file(folder / "best.safetensors"))
    accelerator.end_training()
    return progress
