"""A pretrained ViLT of the transformers library, for `--model transformers:...` of the recipe for questions.

transformers:USER/NAME       a ViLT on the Hub, in safetensors
transformers:FOLDER          one in a folder, as `save_pretrained` or this recipe wrote it

All weights learn, those of the body a tenth as fast as the last layers, which are new. With `--lora-rank R` these learn, and
thin matrices beside those of the attention (lora.py). Picture processor and tokenizer travel with the weights.
"""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from finetune import visual_question_answering as ours
from finetune.library_source import pretrained, source_of
from finetune.loop import fit
from finetune.lora import Learner
from finetune.running import Show
from finetune.starting_point import Start
from finetune.text_transformers import tokenizer_files, tokenizer_of
from finetune.whole_run import run_of
from hub_models.asked_pictures import AskedPictures
from hub_models.errors import BadData
from hub_models.predictors.transformers_detector import LAST, processor_of

PAPER = (
    "Kim, Son, Kim: ViLT: Vision-and-Language Transformer Without Convolution or Region Supervision (2021)",
    2021,
)
DEFAULT = "vilt_b32.vqa2"
BODY_RATE = 0.1  # rate of the pretrained weights / rate of the last layers
HEADS = ("classifier",)  # what the library calls the layers that are new
LONGEST = 40  # pieces of a question that ViLT reads


def start_from(recipe: ours.Recipe, data: AskedPictures) -> Start:
    """The network that `recipe.model` names, for the answers of `data`. BadData `model_unknown`; HubUnavailable."""
    from transformers import AutoModelForVisualQuestionAnswering

    row, folder = source_of("transformers", recipe.model.partition(":")[2], DEFAULT, ours.TASK)
    kind = AutoModelForVisualQuestionAnswering
    model = pretrained(kind, folder, data.class_names, f"a network that answers questions in {row.title}")
    if model.config.model_type != "vilt":
        raise BadData(
            "model_unknown",
            f"Expected a ViLT, which chooses from a fixed set of answers, got {model.config.model_type}.",
        )
    model._hub_mixin_config = json.loads(model.config.to_json_string(use_diff=False))
    return Start(
        model=model,
        library="transformers",
        architecture=model.config.model_type,
        input=None,
        origin=f"{row.title} ({row.weights_licence})",
        parent=None,
        processor=processor_of(folder).to_json_string(),
        files=tokenizer_files(folder),
    )


class Places(Dataset):
    """(epoch, index) -> index: the pictures differ in size, so a batch is made where it is used."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, place: tuple[int, int]) -> int:
        return place[1]


class Batches:
    """Questions about pictures as the library's processor and tokenizer make them."""

    def __init__(self, start: Start, data: AskedPictures) -> None:
        import transformers

        settings = json.loads(start.processor)
        kind = getattr(transformers, settings["image_processor_type"])
        self.processor, self.tokenizer, self.data = kind.from_dict(settings), tokenizer_of(start), data

    def of(self, places: Sequence[int], device: torch.device) -> dict[str, Tensor]:
        pictures = [self.data.read(int(self.data.pictures[i])) for i in places]
        seen = self.processor(images=pictures, return_tensors="pt", input_data_format=LAST)
        words = self.tokenizer(
            [self.data.questions[i] for i in places],
            padding=True, truncation=True, max_length=LONGEST, return_tensors="pt",
        )  # fmt: skip
        return {name: tensor.to(device) for name, tensor in {**words, **seen}.items()}


def train(
    recipe: ours.Recipe, start: Start, train_data: AskedPictures, dev_data: AskedPictures, show: Show
) -> bool:
    """As `visual_question_answering.train`."""
    learner = Learner(start.model, recipe.lora, HEADS)
    groups = learner.groups(recipe.settings, BODY_RATE)
    learns = sum(p.numel() for group in groups for p in group["params"])
    count = sum(p.numel() for p in start.model.parameters())
    show(f"{start.architecture}: {count:,} parameters, {learns:,} of them learn")
    on_train, on_dev = (Batches(start, data) for data in (train_data, dev_data))
    labels, dev_labels = (torch.from_numpy(data.labels) for data in (train_data, dev_data))

    def step(network: nn.Module, places: Tensor) -> dict[str, Tensor]:
        wanted = labels[places.cpu()].to(places.device)
        logits = network(**on_train.of(places.tolist(), places.device)).logits.float()
        loss = F.cross_entropy(logits, wanted, label_smoothing=recipe.label_smoothing)
        return {"loss": loss, "train_accuracy": (logits.argmax(1) == wanted).float().mean()}

    def evaluate(network: nn.Module) -> dict[str, float]:
        device, batch = next(network.parameters()).device, recipe.settings.batch
        parts = np.array_split(np.arange(len(dev_data)), -(-len(dev_data) // batch))
        answers = (network(**on_dev.of(part.tolist(), device)).logits for part in parts)
        found = torch.cat([logits.float().cpu() for logits in answers])
        known = dev_labels >= 0
        return {
            "accuracy": (found.argmax(1) == dev_labels).float().mean().item(),
            "dev_loss": F.cross_entropy(found[known], dev_labels[known]).item(),
        }

    return fit(
        learner, groups, Places(len(train_data)), step=step, evaluate=evaluate, settings=recipe.settings,
        folder=recipe.output, show=show,
        recipe={
            "model": recipe.model, "lora": recipe.lora, "smoke": recipe.smoke,
            "label_smoothing": recipe.label_smoothing, "answers": ", ".join(train_data.class_names),
        },
    ).stopped  # fmt: skip


run_answerer = run_of(replace(ours.PARTS, start_from=start_from, train=train))
