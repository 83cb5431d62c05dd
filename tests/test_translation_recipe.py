"""Training a translator: what a run reads, that it learns, resumes, and leaves a checkpoint that opens in the hub."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from translation_sets import pairs, write_marian, write_pairs

from finetune.pair_batches import Batches, Fill, batches_in_order, encoded
from finetune.pair_check import check_pairs, pairs_by_part
from finetune.translation import main as recipe
from finetune.translation_marian import Learner, Whole
from finetune.translation_multi30k import PLANS, about
from finetune.translation_multi30k import recipe as plan_of
from finetune.translation_networks import NAMES, shape_of
from hub_models.errors import BadData
from hub_models.loader import LOADER
from hub_models.local import read_golden, read_local
from hub_models.paired_texts import PairedTexts
from hub_models.predictors import transformers as from_transformers
from hub_models.predictors.pieces import END, PADDING, START, learn_pieces

SMALL = (
    "--width",
    "16",
    "--hidden",
    "24",
    "--layers",
    "1",
    "--heads",
    "2",
    "--inner",
    "16",
    "--pieces",
    "110",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_pairs(tmp_path_factory.mktemp("pairs"), 72, 12)


def run(data: Path, output: Path, *more: str, model: str = "bahdanau") -> int:
    named = ["--model", model, "--data", str(data), "--output", str(output)]
    return recipe([*named, *SMALL, "--learning-rate", "0.02", "--batch", "8", *more])


def epochs_of(output: Path) -> list[dict]:
    return list(csv.DictReader((output / "epochs.csv").open()))


def test_it_learns_and_opens_in_the_hub(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    assert (
        run(folder, output, "--epochs", "30", "--dropout", "0", "--hidden", "32", "--data-licence", "mine")
        == 0
    )
    scores = [float(line["perplexity"]) for line in epochs_of(output)]
    assert scores[-1] < scores[0] / 4
    row = read_local(output / "checkpoint")
    assert (row.task, row.model, row.architecture) == ("translation", "bahdanau", "Bahdanau attention")
    bleu, chrf = row.metrics[:2]
    assert (bleu.name, bleu.split, chrf.name) == ("BLEU", "dev", "chrF") and bleu.value > bleu.baseline > 0
    assert bleu.low <= bleu.value <= bleu.high and any(m.split.startswith("dev, ") for m in row.metrics)
    card = (output / "checkpoint" / "README.md").read_text(encoding="utf-8")
    assert "pipeline_tag: translation" in card and "mine" in card and str(tmp_path) not in card
    opened = LOADER.open_local(output / "checkpoint")
    try:
        predictor, golden = LOADER.get(opened.id, "translation"), read_golden(output / "checkpoint")
        assert predictor.predict(golden.given).unlike(golden.arrays) == ""
        assert "chien" in predictor.predict("The red dog 3 sits in the park.").written
    finally:
        LOADER.unload()
        del LOADER.local[opened.id]


@pytest.mark.parametrize("model", ["seq2seq", "luong", "transformer"])
def test_every_network_trains_and_a_twin_gives_the_same(model: str, folder: Path, tmp_path: Path) -> None:
    first, twin = tmp_path / "first", tmp_path / "twin"
    for output in (first, twin):
        assert run(folder, output, "--smoke", model=model) == 0
    weights = (first / "best.safetensors").read_bytes()
    assert (twin / "best.safetensors").read_bytes() == weights
    assert run(folder, first, "--smoke", model=model) == 0  # the same command again changes nothing
    assert (first / "best.safetensors").read_bytes() == weights and len(epochs_of(first)) == 2
    assert run(folder, first, "--smoke", "--publish-only", model=model) == 0
    assert read_local(first / "checkpoint").model == model


def test_going_on_from_a_checkpoint_of_ours(folder: Path, tmp_path: Path, capsys) -> None:
    assert run(folder, tmp_path / "first", "--smoke", model="transformer") == 0
    try:
        assert run(folder, tmp_path / "second", "--smoke", model=str(tmp_path / "first" / "checkpoint")) == 0
    finally:
        LOADER.local.clear()
    first, second = (read_local(tmp_path / name / "checkpoint") for name in ("first", "second"))
    assert first.parameters == second.parameters and second.model == "transformer"
    pieces = [
        (tmp_path / name / "checkpoint" / "tokenizer.json").read_bytes() for name in ("first", "second")
    ]
    assert pieces[0] == pieces[1]
    assert run(folder, tmp_path / "third", model="nothing.here") == 1
    assert "seq2seq, bahdanau, luong, transformer" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing")  # peft asks transformers by an old name
@pytest.mark.parametrize("rank", ["0", "2"])
def test_a_network_of_the_library_learns_whole_or_by_thin_matrices(
    rank: str, folder: Path, tmp_path: Path
) -> None:
    marian = write_marian(tmp_path / "marian")
    output = tmp_path / "run"
    arguments = ("--smoke", "--lora-rank", rank)
    assert run(folder, output, *arguments, model=f"transformers:{marian}") == 0
    made = output / "checkpoint"
    row = read_local(made)
    assert (
        row.library == "transformers" and (made / "source.spm").is_file() and (made / "vocab.json").is_file()
    )
    assert "lora" not in (made / "model.safetensors").read_bytes()[:20_000].decode("latin-1").lower()
    old = from_transformers.build(row, marian, "cpu").state_dict()
    new = from_transformers.build(row, made, "cpu").state_dict()
    assert old.keys() == new.keys()
    changed = {
        name.rpartition(".")[0].rpartition(".")[2]
        for name in old
        if not torch.allclose(old[name], new[name], atol=2e-3)
    }
    assert changed <= {"q_proj", "v_proj"} if rank == "2" else {"fc1", "shared"} <= changed
    assert changed
    predictor = from_transformers.load(row, made, "cpu")
    golden = read_golden(made)
    assert predictor.predict(golden.given).unlike(golden.arrays) == ""


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing")
def test_what_is_kept_of_thin_matrices_is_their_product(tmp_path: Path) -> None:
    network = from_transformers.build(read_row(), write_marian(tmp_path), "cpu")
    learner = Learner(network, 2)
    learning = [name for name, p in learner.named_parameters() if p.requires_grad]
    assert learning and all("lora" in name for name in learning)
    with torch.no_grad():
        for name, parameter in learner.named_parameters():
            if "lora" in name:
                parameter.normal_()
    kept = Whole(network)
    before = {name: tensor.clone() for name, tensor in kept.state_dict().items()}
    assert learner.kept.state_dict().keys() == before.keys()
    kept.load_state_dict(learner.kept.state_dict())
    numbers, target = torch.tensor([[3, 4, 5, 0]]), torch.tensor([[6, 7]])
    mask = torch.ones_like(numbers, dtype=torch.bool)
    with torch.inference_mode():
        ours = learner.eval()(numbers, target, mask)
        merged = kept.eval().network(input_ids=numbers, decoder_input_ids=target).logits
    torch.testing.assert_close(ours, merged, atol=1e-4, rtol=1e-4)
    with pytest.raises(RuntimeError, match="weights of this network"):
        kept.load_state_dict({"a": torch.zeros(1)})


def read_row():
    from test_translation import ROW

    return ROW


# --- what is read ----------------------------------------------------------------------------------------------------


def test_shared_and_repeated_pairs_are_left_out() -> None:
    train = PairedTexts(sources=("A dog", "a dog", "x", "x", "y"), targets=("un chien", "le", "a", "a", "b"))
    dev = PairedTexts(sources=("a  DOG",), targets=("un chien",))
    kept, report = check_pairs(train, dev)
    assert kept.sources == ("x", "y")
    assert "also in dev: 2" in report and "there twice: 1" in report
    same = PairedTexts(sources=("x", "y"), targets=("x", "y"))
    with pytest.raises(BadData, match="equal on both sides"):
        check_pairs(same, dev)
    with pytest.raises(BadData, match="got 0 and 1"):
        check_pairs(dev, dev)


def test_a_share_is_split_off_where_there_is_no_dev(tmp_path: Path) -> None:
    (tmp_path / "all.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in pairs(40)), encoding="utf-8")
    found = pairs_by_part(str(tmp_path), "", 0.1, 0, "", "")
    assert (len(found["train"]), len(found["dev"])) == (36, 4)
    other = write_pairs(tmp_path / "other", 6, 3)
    assert len(pairs_by_part(str(tmp_path / "all.tsv"), str(other), 0.1, 0, "", "")["dev"]) == 3


def test_batches_hold_sentences_of_similar_length() -> None:
    rows = PairedTexts(
        *[], sources=tuple("dog " * (1 + i % 9) for i in range(50)), targets=("un chien",) * 50
    )
    made = encoded(rows, learn_pieces(["dog dog", "un chien"] * 3, 30))
    batches = Batches(made, 8, 0, Fill())
    assert len(batches) == 6
    for epoch in (0, 1):
        lengths = [(batches[epoch, i][0] != PADDING).sum(1) for i in range(6)]
        assert all(int(found.max() - found.min()) <= 6 for found in lengths)
    source, target = batches[0, 0]
    assert torch.equal(source, Batches(made, 8, 0, Fill())[0, 0][0]) and (target[:, 0] == START).all()
    assert {int(n) for n in target[target != PADDING][-1:]} == {END}
    assert not all(torch.equal(batches[0, i][0], batches[1, i][0]) for i in range(6))
    assert sum(len(batch[0]) for batch in batches_in_order(made, 7, Fill())) == 50


@pytest.mark.parametrize("network", PLANS)
def test_plans_of_multi30k(network: str, tmp_path: Path) -> None:
    made, told = plan_of(network, tmp_path, tmp_path / "out"), about(network)
    assert told.id == f"{network}.multi30k" and told.title == NAMES[network] and made.storage != "fp16"
    assert told.command.startswith(f"python -m finetune.translation_multi30k {network} ")
    assert "non-commercial" in told.data_licence and "order words alike" in told.data
    shape = shape_of(made, made.pieces)
    assert (
        json.dumps(shape)
        and made.settings.mixed_precision == "bf16"
        and np.isfinite(made.settings.learning_rate)
    )
