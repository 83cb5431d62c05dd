"""A pretrained Marian network of the transformers library, for `--model transformers:...` of the recipe for translation.

transformers:USER/NAME       a Marian network on the Hub, in safetensors (Helsinki-NLP/opus-mt-en-fr)
transformers:FOLDER          one in a folder, as `save_pretrained` or this recipe wrote it

All weights learn; or, with --lora-rank R, thin matrices beside those of the attention (lora.py). The tokenizer travels
with the weights.
"""

import json
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

from finetune import lora, translation
from finetune.library_source import source_of
from finetune.pair_batches import Fill, Numbers
from finetune.running import Show
from finetune.starting_point import Start
from finetune.whole_run import run_of
from hub_models.errors import CheckpointError
from hub_models.local import TOKENIZER
from hub_models.paired_texts import PairedTexts

DEFAULT = "opus_mt_en_fr.opus"
FILES = (*TOKENIZER, "source.spm", "target.spm", "vocab.json")


class Whole(nn.Module):
    """The network as it is kept: tensors that are one and the same (the tables of words) come once."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self._hub_mixin_config = json.loads(network.config.to_json_string(use_diff=False))

    def state_dict(self, *args, **kwargs) -> dict[str, Tensor]:
        seen, kept = set(), {}
        for name, tensor in self.network.state_dict().items():
            if tensor.data_ptr() not in seen:
                seen.add(tensor.data_ptr())
                kept[name] = tensor
        return kept

    def load_state_dict(self, tensors: Mapping[str, Tensor], strict: bool = True) -> None:
        if strict and tensors.keys() != self.state_dict().keys():
            raise RuntimeError("expected the weights of this network")
        self.network.load_state_dict(dict(tensors), strict=False)


class Learner(lora.Learner):
    """The network while it learns: numbers (B, S), (B, T) and the mask (B, S) -> logits (B, T, words)."""

    def forward(self, source: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        return self.network(
            input_ids=source, attention_mask=mask.long(), decoder_input_ids=target, use_cache=False
        ).logits

    @property
    def kept(self) -> nn.Module:
        return Whole(super().kept)


def start_from(recipe: translation.Recipe, data: PairedTexts) -> Start:
    """The network that `recipe.model` names. BadData `model_unknown`; HubUnavailable; CheckpointError."""
    from transformers import AutoModelForSeq2SeqLM

    row, folder = source_of("transformers", recipe.model.partition(":")[2], DEFAULT, translation.TASK)
    try:
        network = AutoModelForSeq2SeqLM.from_pretrained(
            folder, use_safetensors=True, local_files_only=True, dtype=torch.float32
        )
        files = tokenizer_files(folder)
    except (OSError, ValueError) as error:
        raise CheckpointError(
            "checkpoint_foreign", f"Expected a translator and its tokenizer in {row.title}, in safetensors."
        ) from error
    return Start(
        model=Whole(network),
        library="transformers",
        architecture=network.config.model_type,
        input=None,
        origin=f"{row.title} ({row.weights_licence})",
        parent=None,
        files=files,
    )


def tokenizer_in(folder: Path):
    from transformers import AutoTokenizer

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Recommended: pip install sacremoses")
        return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def tokenizer_files(folder: Path) -> dict[str, bytes]:
    """The files of the tokenizer in `folder`, in the form that every version of the library reads."""
    with TemporaryDirectory() as written:
        tokenizer_in(folder).save_pretrained(written)
        return {name: Path(written, name).read_bytes() for name in FILES if Path(written, name).exists()}


def numbers_of(start: Start, data: PairedTexts) -> list[Numbers]:
    """The pairs as numbers of the library's pieces."""
    with TemporaryDirectory() as folder:
        for name, content in start.files.items():
            Path(folder, name).write_bytes(content)
        config = json.dumps(start.model._hub_mixin_config)
        Path(folder, "config.json").write_text(config, encoding="utf-8")
        tokenizer = tokenizer_in(Path(folder))
        sources = tokenizer(list(data.sources))["input_ids"]
        targets = tokenizer(text_target=list(data.targets))["input_ids"]
    return list(zip(sources, targets, strict=True))


def train(
    recipe: translation.Recipe, start: Start, train_data: PairedTexts, dev_data: PairedTexts, show: Show
) -> bool:
    """As `translation.train`."""
    config = start.model.network.config
    fill = Fill(config.pad_token_id, config.decoder_start_token_id)
    learner = Learner(start.model.network, recipe.lora_rank)
    on_train, on_dev = (numbers_of(start, data) for data in (train_data, dev_data))
    return translation.learn(recipe, learner, on_train, on_dev, fill, show)


run = run_of(replace(translation.PARTS, start_from=start_from, train=train))
