"""A pretrained network of the transformers library, for `--model transformers:...` of the recipe for sounds.

transformers:USER/NAME       a network on the Hub, in safetensors (MIT/ast-finetuned-audioset-10-10-0.4593)
transformers:FOLDER          one in a folder, as `save_pretrained` or this recipe wrote it

All weights learn, those of the body a tenth as fast as the last layer, which is new; or the last layer alone (`--freeze`);
or it and thin matrices beside those of the attention (`--lora-rank R`, lora.py). Sounds are changed before the library's
own feature extractor sees them.
"""

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from finetune.about import identifier
from finetune.audio_classification import PARTS, TASK, Recipe, Waveforms
from finetune.library_source import pretrained, source_of
from finetune.loop import fit
from finetune.lora import Learner
from finetune.running import Show
from finetune.sound_changes import Changes, changed_sounds
from finetune.sound_networks import PRETRAINED_RATE
from finetune.starting_point import Start
from finetune.whole_run import run_of
from hub_models.errors import BadData
from hub_models.labelled_sounds import LabelledSounds
from hub_models.local import PROCESSOR
from hub_models.predictors.transformers_sounds import extractor_in

DEFAULT = "ast.audioset"
BODY_RATE = 0.1  # rate of the pretrained weights / rate of the last layer
LONGEST = round(4.0 * PRETRAINED_RATE)  # samples of a training sound
HEADS = ("classifier", "projector")  # what the library calls the layers that are new
PAPERS = {
    "audio-spectrogram-transformer": (
        "Gong, Chung, Glass: AST: Audio Spectrogram Transformer (2021)",
        2021,
        "",
    ),
    "wav2vec2": ("Baevski, Zhou, Mohamed, Auli: wav2vec 2.0 (2020)", 2020, ""),
}


def cited(model: nn.Module) -> tuple[str, int, str]:
    """(paper, year, deviations from it)."""
    name = model.config.model_type
    return PAPERS.get(name, (f"see the documentation of transformers, {name}", 2021, ""))


def start_from(recipe: Recipe, data: LabelledSounds) -> Start:
    """The network that `recipe.model` names, for the classes of `data`. BadData `model_unknown`; HubUnavailable."""
    import transformers

    row, folder = source_of("transformers", recipe.model.partition(":")[2], DEFAULT, TASK)
    kind = transformers.AutoModelForAudioClassification
    model = pretrained(kind, folder, data.class_names, f"a classifier of sounds in {row.title}")
    extractor = extractor_in(folder)
    if extractor.sampling_rate != PRETRAINED_RATE:
        raise BadData(
            "model_unknown",
            f"Expected a network for {PRETRAINED_RATE:,} samples a second, got one for {extractor.sampling_rate:,}.",
        )
    model._hub_mixin_config = json.loads(model.config.to_json_string(use_diff=False))
    return Start(
        model=model,
        library="transformers",
        architecture=identifier(model.config.model_type),
        input=None,
        origin=f"{row.title} ({row.weights_licence})",
        parent=None,
        processor=extractor.to_json_string(),
    )


def extractor_of(start: Start):
    with TemporaryDirectory() as folder:
        Path(folder, PROCESSOR).write_text(start.processor, encoding="utf-8")
        Path(folder, "config.json").write_text(json.dumps(start.model._hub_mixin_config), encoding="utf-8")
        return extractor_in(Path(folder))


def logits_of(network: nn.Module, extractor, waveforms: Tensor) -> Tensor:
    """(B, T) at the network's rate -> (B, classes)."""
    rows = [row.cpu().numpy().astype(np.float32) for row in waveforms]
    made = extractor(rows, sampling_rate=PRETRAINED_RATE, padding=True, return_tensors="pt")
    name = extractor.model_input_names[0]
    return network(**{name: made[name].to(waveforms.device)}).logits


def learner_of(model: nn.Module, recipe: Recipe) -> Learner:
    """What is trained: all of it, its last layers alone, or these and thin matrices."""
    if recipe.freeze and not recipe.lora:
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name.startswith(HEADS))
    return Learner(model, recipe.lora, HEADS)


def train(
    recipe: Recipe, start: Start, train_data: LabelledSounds, dev_data: LabelledSounds, show: Show
) -> bool:
    """As `audio_classification.train`."""
    extractor, model = extractor_of(start), learner_of(start.model, recipe)
    groups = model.groups(recipe.settings, BODY_RATE)
    learns = sum(p.numel() for group in groups for p in group["params"])
    show(
        f"{start.architecture}: {sum(p.numel() for p in start.model.parameters()):,} parameters, {learns:,} of them learn"
    )
    changes, on_dev = (
        (Changes(tempo=0.0, tract=0.0) if recipe.changes else None),
        Waveforms(dev_data, LONGEST),
    )

    def step(network: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> dict[str, Tensor]:
        sounds, lengths, labels = batch
        if changes is not None:
            sounds = changed_sounds(sounds, lengths, sounds.shape[1], PRETRAINED_RATE, changes)
        logits = logits_of(network, extractor, sounds).float()
        accuracy = (logits.argmax(1) == labels).float().mean()
        loss = F.cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing)
        return {"loss": loss, "train_accuracy": accuracy}

    def evaluate(network: nn.Module) -> dict[str, float]:
        device, batch = next(network.parameters()).device, recipe.settings.batch
        parts = [logits_of(network, extractor, part.to(device)) for part in on_dev.sounds.split(batch)]
        found = torch.cat([part.float().cpu() for part in parts])
        return {
            "accuracy": (found.argmax(1) == on_dev.labels).float().mean().item(),
            "dev_loss": F.cross_entropy(found, on_dev.labels).item(),
        }

    return fit(
        model, groups, Waveforms(train_data, LONGEST), step=step, evaluate=evaluate, settings=recipe.settings,
        folder=recipe.output, show=show,
        recipe={
            "model": recipe.model, "freeze": recipe.freeze, "lora": recipe.lora, "smoke": recipe.smoke,
            "classes": ", ".join(train_data.class_names),
        },
    ).stopped  # fmt: skip


run_pretrained = run_of(replace(PARTS, start_from=start_from, train=train))
