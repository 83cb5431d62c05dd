"""A pretrained network of the transformers library, for `--model transformers:...` of the recipe for sounds.

transformers:USER/NAME       a network on the Hub, in safetensors (MIT/ast-finetuned-audioset-10-10-0.4593)
transformers:FOLDER          one in a folder, as `save_pretrained` or this recipe wrote it

All weights learn, those of the body a tenth as fast as the last layer, which is new; or the last layer alone (`--freeze`);
or it and additions of low rank to the layers that make queries and values (`--lora-rank R`; Hu et al.: LoRA, 2021), which
are merged into the weights in the end. Sounds are changed before the library's own feature extractor sees them.
"""

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from finetune.about import identifier
from finetune.audio_classification import PARTS, TASK, Recipe
from finetune.freezing import block_groups
from finetune.library_source import pretrained, source_of
from finetune.loop import fit
from finetune.progress import write_whole
from finetune.running import Show
from finetune.sound_changes import Changes, changed_sounds
from finetune.sound_networks import PRETRAINED_RATE
from finetune.starting_point import Start
from finetune.state import best_weights
from finetune.whole_run import run_of
from hub_models.errors import BadData
from hub_models.labelled_sounds import LabelledSounds
from hub_models.local import PROCESSOR
from hub_models.predictors.sound_pieces import loudest, piece_at
from hub_models.predictors.transformers_sounds import extractor_in

DEFAULT = "ast.audioset"
BEST, APART = (
    "best.safetensors",
    "best_apart.safetensors",
)  # weights of a run; of one with LoRA, before they are merged
BODY_RATE = 0.1  # rate of the pretrained weights / rate of the last layer
LONGEST = 4.0  # seconds of a training sound
HEADS = ("classifier", "projector")  # what the library calls the layers that are new
LORA_LAYERS = ("query", "value", "q_proj", "v_proj")  # AST's names and wav2vec2's
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


class Heard(Dataset):
    """(epoch, index) -> (samples (L,) float32, how many of them are sound, class)."""

    def __init__(self, data: LabelledSounds) -> None:
        most = round(LONGEST * PRETRAINED_RATE)
        rows = [data.read(i).samples for i in range(len(data))]
        rows = [piece_at(row, loudest(row, most), most) if len(row) > most else row for row in rows]
        self.lengths = torch.tensor([len(row) for row in rows])
        self.sounds = torch.zeros(len(rows), int(self.lengths.max()))
        for number, row in enumerate(rows):
            self.sounds[number, : len(row)] = torch.from_numpy(row)
        self.labels = torch.from_numpy(data.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
        return self.sounds[place[1]], self.lengths[place[1]], self.labels[place[1]]


def logits_of(network: nn.Module, extractor, waveforms: Tensor) -> Tensor:
    """(B, T) at the network's rate -> (B, classes)."""
    rows = [row.cpu().numpy().astype(np.float32) for row in waveforms]
    made = extractor(rows, sampling_rate=PRETRAINED_RATE, padding=True, return_tensors="pt")
    name = extractor.model_input_names[0]
    return network(**{name: made[name].to(waveforms.device)}).logits


def learning_parts(model: nn.Module, recipe: Recipe) -> tuple[nn.Module, list[dict]]:
    """(what is trained, the groups of the optimizer)."""
    settings = recipe.settings
    if recipe.lora:
        from peft import LoraConfig, get_peft_model

        heads = [name for name in HEADS if hasattr(model, name)]
        config = LoraConfig(
            r=recipe.lora, lora_alpha=2 * recipe.lora, target_modules=list(LORA_LAYERS), modules_to_save=heads
        )
        wrapped = get_peft_model(model, config)
        chosen = [p for p in wrapped.parameters() if p.requires_grad]
        return wrapped, list(block_groups(chosen, settings.learning_rate, settings.weight_decay))
    groups = []
    for head, factor in ((False, BODY_RATE), (True, 1.0)):
        chosen = [p for name, p in model.named_parameters() if name.startswith(HEADS) == head]
        if recipe.freeze and not head:
            for parameter in chosen:
                parameter.requires_grad_(False)
        else:
            groups += block_groups(chosen, settings.learning_rate * factor, settings.weight_decay)
    return model, groups


def train(
    recipe: Recipe, start: Start, train_data: LabelledSounds, dev_data: LabelledSounds, show: Show
) -> bool:
    """As `audio_classification.train`."""
    extractor, bare = extractor_of(start), start.model
    restore(recipe.output)
    model, groups = learning_parts(bare, recipe)
    learns = sum(p.numel() for group in groups for p in group["params"])
    show(
        f"{start.architecture}: {sum(p.numel() for p in bare.parameters()):,} parameters, {learns:,} of them learn"
    )
    changes, on_dev = (Changes(tempo=0.0, tract=0.0) if recipe.changes else None), Heard(dev_data)

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

    progress = fit(
        model, groups, Heard(train_data), step=step, evaluate=evaluate, settings=recipe.settings,
        folder=recipe.output, show=show,
        recipe={
            "model": recipe.model, "freeze": recipe.freeze, "lora": recipe.lora, "smoke": recipe.smoke,
            "classes": ", ".join(train_data.class_names),
        },
    )  # fmt: skip
    if recipe.lora:
        merge(model, recipe.output, bare)
    return progress.stopped


def restore(folder: Path) -> None:
    """Before a run with LoRA goes on: its best weights as the run wrote them, apart from the additions to them."""
    if (folder / APART).exists():
        (folder / APART).replace(folder / BEST)


def merge(model: nn.Module, folder: Path, bare: nn.Module) -> None:
    """After it: the best weights with what LoRA added to them, as the library's own network has them; also in `bare`."""
    if not best_weights(folder, model, needed=False):
        return
    merged = model.merge_and_unload().state_dict()
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in merged.items()}
    bare.load_state_dict(weights)
    (folder / BEST).replace(folder / APART)
    write_whole(folder / BEST, lambda file: file.write(save(weights)))


run_pretrained = run_of(replace(PARTS, start_from=start_from, train=train))
