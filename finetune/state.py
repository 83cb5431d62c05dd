"""What a run is at one moment: weights, optimizer, moving average, counters; and its two files on disk."""

import copy
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from pickle import UnpicklingError

import torch
from accelerate import Accelerator
from safetensors.torch import save
from torch import nn

from finetune.progress import Progress, write_whole
from finetune.settings import Settings
from hub_models.errors import BadData, BadInput, CheckpointError
from hub_models.predictors.weights import read_tensors

FREE_TO_CHANGE = ("workers", "save_seconds")  # settings that do not change what is learned


def update_average(average: nn.Module, model: nn.Module, decay: float, step: int) -> None:
    """Exponential moving average of all weights and statistics; its memory is short at first."""
    decay = min(decay, (1 + step) / (10 + step))
    current = model.state_dict()
    for name, tensor in average.state_dict().items():
        if tensor.is_floating_point():
            tensor.lerp_(current[name], 1 - decay)
        else:
            tensor.copy_(current[name])


class State:
    """`folder`/resume.pt holds all that the rest of the run depends on, `folder`/best.safetensors the result.

    `recipe` is what else must be the same when the run is taken up again: data, network, augmentation, ...
    """

    def __init__(
        self,
        model: nn.Module,
        groups: list[dict],
        settings: Settings,
        folder: Path,
        recipe: Mapping[str, object],
    ) -> None:
        self.settings, self.folder = settings, folder
        self.steps = 0  # of the whole run
        self.progress = Progress()
        self.began = self.saved = time.monotonic()
        try:
            self.accelerator = Accelerator(mixed_precision=settings.mixed_precision, cpu=on_cpu())
        except ValueError as error:
            raise BadInput(
                "bad_value",
                f"Expected a --precision that this machine has, got {settings.mixed_precision}: {error}",
            ) from error
        self.recipe = {name: str(value) for name, value in recipe.items()}
        self.recipe["processes"] = str(self.accelerator.num_processes)
        model.to(memory_format=torch.channels_last)  # convolutions are faster so, most of all in bfloat16
        # copied before accelerate wraps it: the average is evaluated in float32, as the demo computes
        self.average = copy.deepcopy(model).to(self.accelerator.device) if settings.ema else None
        optimizer = make_optimizer(groups, settings)
        self.base_rates = [group["lr"] for group in optimizer.param_groups]
        self.bare = model  # without the wrapper of distributed training
        self.model, self.optimizer = self.accelerator.prepare(model, optimizer)

    @property
    def scored(self) -> nn.Module:
        """The network that is evaluated and kept: the moving average where there is one."""
        return self.bare if self.average is None else self.average

    def tick(self) -> None:
        """Count the seconds, and save when the last time is long ago."""
        now = time.monotonic()
        self.progress.seconds = now - self.began
        if now - self.saved > self.settings.save_seconds:
            self.save()
            self.saved = now

    def save(self) -> None:
        """Write resume.pt (the main process only)."""
        if not self.accelerator.is_main_process:
            return
        scaler = self.accelerator.scaler
        state = {
            "model": self.bare.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "scaler": None if scaler is None else scaler.state_dict(),
            "progress": asdict(self.progress),
            "settings": asdict(self.settings),
            "recipe": self.recipe,
        }
        write_whole(self.folder / "resume.pt", lambda file: torch.save(state, file))

    def resume(self) -> bool:
        """Take up a run that was stopped or killed in this folder. False where there is none."""
        path = self.folder / "resume.pt"
        if not path.exists():
            return False
        state = read_state(path)
        self.refuse_changes(state["settings"], asdict(self.settings), FREE_TO_CHANGE)
        self.refuse_changes(state.get("recipe", self.recipe), self.recipe)
        try:
            self.bare.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, ValueError) as error:
            raise BadData(
                "resume_changed",
                "This folder holds a run of another network. Use the same command to resume, or another --output.",
            ) from error
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        if self.accelerator.scaler is not None:
            self.accelerator.scaler.load_state_dict(state["scaler"])
        self.progress = Progress(**state["progress"] | {"stopped": False})
        self.began = time.monotonic() - self.progress.seconds
        return True

    @staticmethod
    def refuse_changes(then: Mapping, now: Mapping, ignored: tuple[str, ...] = ()) -> None:
        changed = [
            f"{name} was {then.get(name)} and is {value}"
            for name, value in now.items()
            if name not in ignored and then.get(name) != value
        ]
        if changed:
            raise BadData(
                "resume_changed",
                f"This folder holds a run with other settings: {'; '.join(changed)}. "
                "Use the same settings to resume, or another --output to start anew.",
            )

    def keep_best(self) -> None:
        """Write best.safetensors (the main process only)."""
        if self.accelerator.is_main_process:
            weights = {k: v.detach().cpu().contiguous() for k, v in kept(self.scored).state_dict().items()}
            write_whole(self.folder / "best.safetensors", lambda file: file.write(save(weights)))


def on_cpu() -> bool:
    """Without a GPU, accelerate must be told so, or many processes would each train alone."""
    return not torch.accelerator.is_available()


def make_optimizer(groups: list[dict], settings: Settings) -> torch.optim.Optimizer:
    if settings.optimizer == "sgd":
        return torch.optim.SGD(
            groups, settings.learning_rate, 0.9, weight_decay=settings.weight_decay, nesterov=True
        )
    return torch.optim.AdamW(groups, settings.learning_rate, weight_decay=settings.weight_decay)


def read_state(path: Path) -> dict:
    """What `State.save` wrote; tensors and plain values only, no code is run."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if not {"model", "optimizer", "average", "progress", "settings"} <= state.keys():
            raise ValueError("parts are missing")
    except (
        RuntimeError,
        OSError,
        EOFError,
        UnpicklingError,
        ValueError,
        LookupError,
        AttributeError,
    ) as error:
        raise CheckpointError(
            "checkpoint_corrupt",
            f"Expected the state of a run in {path.name}, but it is damaged or not ours. "
            f"Delete {path.name} to start anew, or use another --output.",
        ) from error
    return state


def progress_in(folder: Path) -> Progress:
    """The counters of the run in `folder`, as they were saved last."""
    path = folder / "resume.pt"
    return Progress(**read_state(path)["progress"]) if path.exists() else Progress()


def kept(model: nn.Module) -> nn.Module:
    """The part of a model under training that the checkpoint keeps: what it calls `kept`, or all of it."""
    return getattr(model, "kept", model)


def best_weights(folder: Path, model: nn.Module, needed: bool) -> bool:
    """Give `model` the best weights of the run in `folder`. False where there are none yet; where `needed`, an error.

    CheckpointError `checkpoint_missing`, `checkpoint_corrupt`, `checkpoint_foreign`.
    """
    path = folder / "best.safetensors"
    if not path.exists() and not needed:
        return False
    tensors = read_tensors(path)
    try:
        kept(model).load_state_dict(tensors)
    except RuntimeError as error:
        raise CheckpointError(
            "checkpoint_foreign",
            f"Expected the weights of this network in {path.name}, found those of another.",
        ) from error
    return True
