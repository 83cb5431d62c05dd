"""Ultralytics' own training of a YOLO detector, with the state, logs and ends of this project's runs.

Its augmentation (mosaic, colour, scale, flips), loss, optimizer, moving average and validation are the library's.
Ours are: where the pictures come from, the mAP@0.5 that chooses the weights, and a state that is tensors only.
All that is random is seeded anew with each epoch, and the state is written at its end: a run that was killed goes on
from there and, on a CPU, ends with the weights it would have had.
"""

import math
import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import nn

from finetune.boxed_pictures import BoxAugmentation
from finetune.progress import Logs, Progress, StopOnSignal, write_whole
from finetune.settings import Settings
from finetune.state import FREE_TO_CHANGE, State, read_state
from finetune.yolo_data import YoloPictures
from hub_models.box_dataset import BoxedPictures
from hub_models.errors import BadData
from hub_models.predictors.ultralytics_offline import ultralytics

ultralytics()
from ultralytics.models.yolo.detect import DetectionTrainer  # noqa: E402, quiet first

CHANGES = {  # what is not named keeps the library's own value
    "none": dict.fromkeys(("mosaic", "hsv_h", "hsv_s", "hsv_v", "translate", "scale", "fliplr"), 0.0),
    "photo": {},
    "any_way_up": {"flipud": 0.5},
}


class Interrupted(Exception):
    """A signal asked the run to stop; what the unfinished epoch changed is given up."""


class YoloRun(DetectionTrainer):
    """One run. `network` is a DetectionModel; `recipe` is refused to change on resuming, as the settings are.

    `backbone`: names of layers that stay as they are, first letters of the names of all its weights, and their rate
    as a share of the others'.
    """

    dataset = YoloPictures
    losses = ("box_loss", "cls_loss", "dfl_loss")  # by the library's names

    def __init__(
        self,
        network: nn.Module,
        train: BoxedPictures,
        dev: BoxedPictures,
        *,
        settings: Settings,
        size: int,
        augment: BoxAugmentation,
        backbone: tuple[list[str], list[str], float],
        folder: Path,
        recipe: dict[str, object],
        stop: StopOnSignal,
        show: Callable[[str], None] = print,
    ) -> None:
        self.settings, self.folder, self.show, self.stop_asked = settings, folder, show, stop
        self.pictures = {"train": train, "val": dev}
        self.recipe = {name: str(value) for name, value in recipe.items()}
        self.progress, self.logs = Progress(), None
        threads = torch.get_num_threads()
        frozen, self.backbone, self.backbone_rate = backbone
        super().__init__(overrides=self.options(size) | CHANGES[augment])
        self.args.freeze = frozen
        torch.set_num_threads(threads)  # the library sets its own number
        self.model = network
        self.callbacks = defaultdict(list)  # none of the library's reports
        self.add_callback("on_train_epoch_start", YoloRun.seed_epoch)
        self.add_callback("on_train_batch_end", YoloRun.after_step)

    def options(self, size: int) -> dict:
        """The settings in the library's words; what is not named keeps its default there."""
        s = self.settings
        return {
            "model": "ours.yaml", "task": "detect", "data": "boxes", "imgsz": size, "epochs": s.epochs, "batch": s.batch,
            "nbs": s.batch * s.accumulate, "lr0": s.learning_rate, "lrf": 0.01, "cos_lr": True,
            "optimizer": "AdamW" if s.optimizer == "adamw" else "SGD", "momentum": 0.9,
            "weight_decay": s.weight_decay, "warmup_epochs": s.warmup * s.epochs, "warmup_bias_lr": 0.0,
            "patience": s.patience or s.epochs, "workers": s.workers, "seed": s.seed, "deterministic": False,
            "amp": s.mixed_precision != "no", "close_mosaic": max(1, s.epochs // 10), "plots": False,
            "val": True, "pretrained": False, "exist_ok": True, "verbose": False,
            "save_dir": str(self.folder / "ultralytics"),
            "device": "0" if torch.cuda.is_available() else "cpu",
        }  # fmt: skip

    def get_dataset(self) -> dict:
        names = dict(enumerate(self.pictures["train"].class_names))
        return {"train": "train", "val": "val", "names": names, "nc": len(names), "channels": 3}

    def build_dataset(self, img_path: str, mode: str = "train", batch: int | None = None) -> YoloPictures:
        augment = mode == "train"
        return self.dataset(
            self.pictures[mode], imgsz=self.args.imgsz, augment=augment, hyp=self.args, rect=not augment,
            batch_size=batch, stride=self.stride, pad=0.0 if augment else 0.5,
        )  # fmt: skip

    def build_optimizer(self, model: nn.Module, **options: object) -> torch.optim.Optimizer:
        """The library's groups of weights, those of the backbone split off with their own rate."""
        optimizer = super().build_optimizer(model, **options)
        inside = {id(p) for n, p in model.named_parameters() if n.startswith(tuple(self.backbone))}
        if self.backbone and self.backbone_rate != 1:
            for group in list(optimizer.param_groups):
                slow = [p for p in group["params"] if id(p) in inside]
                group["params"] = [p for p in group["params"] if id(p) not in inside]
                optimizer.add_param_group({**group, "params": slow, "lr": group["lr"] * self.backbone_rate})
        return optimizer

    def seed_epoch(self) -> None:
        seed = self.settings.seed * 1_000_003 + self.epoch
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        self.train_loader.generator.manual_seed(seed)
        self.train_loader.reset()  # a new iterator draws from the generator, in a resumed run as in any other

    def after_step(self) -> None:
        """Write down the step's losses; the end of the run where a signal asked for it."""
        losses = {name: float(self.loss_items[name]) for name in self.losses}
        total = sum(losses.values())
        if not math.isfinite(total):
            raise BadData(
                "loss_not_finite",
                f"The loss became {total} at step {self.progress.step}. Lower --learning-rate.",
            )
        self.progress.step += 1
        self.progress.seconds = time.monotonic() - self.began
        self.logs.step({"loss": total} | losses | {"rate": self.optimizer.param_groups[0]["lr"]})
        if self.stop_asked.asked:
            raise Interrupted

    def validate(self) -> tuple[dict, float]:
        """The dev part: (the library's figures, the first of `scores`, by which the weights are chosen)."""
        figures = self.validator(self)
        scores = self.scores(figures, sum(figures[f"val/{name}"] for name in self.losses))
        score = next(iter(scores.values()))
        progress = self.progress
        progress.epoch = self.epoch + 1
        progress.history.append({"epoch": progress.epoch, "step": progress.step} | scores)
        if score > progress.best:
            progress.best, progress.best_epoch = score, progress.epoch
            weights = {k: v.detach().cpu().contiguous() for k, v in self.ema.ema.state_dict().items()}
            write_whole(self.folder / "best.safetensors", lambda file: file.write(save(weights)))
        self.logs.epoch(scores, self.settings.epochs)
        figures.pop("fitness", None)
        return figures, score

    def scores(self, figures: dict, dev_loss: float) -> dict[str, float]:
        """What the logs say of the dev part."""
        return {
            "map50": figures["metrics/mAP50(B)"],
            "dev_loss": dev_loss,
            "map": figures["metrics/mAP50-95(B)"],
        }

    def save_model(self) -> bool:
        """Write resume.pt: tensors, numbers and words only."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.ema.ema.state_dict(),
            "updates": self.ema.updates,
            "scaler": self.scaler.state_dict(),
            "progress": asdict(self.progress),
            "settings": asdict(self.settings),
            "recipe": self.recipe,
        }
        write_whole(self.folder / "resume.pt", lambda file: torch.save(state, file))
        self.stop |= self.stop_asked.asked
        return True

    def resume_training(self, ckpt: None) -> None:
        """Take up the run in the folder, where there is one; open its logs."""
        path = self.folder / "resume.pt"
        if path.exists():
            state = read_state(path)
            State.refuse_changes(state["settings"], asdict(self.settings), FREE_TO_CHANGE)
            State.refuse_changes(state["recipe"], self.recipe)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.ema.ema.load_state_dict(state["average"])
            self.ema.updates = state["updates"]
            self.scaler.load_state_dict(state["scaler"])
            self.progress = Progress(**state["progress"])
            self.start_epoch = self.progress.epoch
            self.stopper.best_fitness, self.stopper.best_epoch = self.progress.best, self.progress.best_epoch
            self.show(f"resumed at step {self.progress.step}, epoch {self.progress.epoch + 1}")
        self.began = time.monotonic() - self.progress.seconds
        self.logs = Logs(self.folder, self.progress, len(self.train_loader) * self.settings.epochs, self.show)

    def save_metrics(self, metrics: dict) -> None:
        """Nothing: `epochs.csv` is written with the validation."""

    def final_eval(self) -> None:
        """Nothing: the demo's own predictor measures the weights, as for every other network."""

    def _handle_nan_recovery(self, epoch: int) -> bool:
        return False  # `after_step` ends such a run
