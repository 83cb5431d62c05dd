"""Language models of transformers: tiny networks of the real classes, and the library's own answers."""

from pathlib import Path

import numpy as np
import pytest
import torch

from hub_models.checkpoint import Checkpoint
from hub_models.predictors import transformers as from_transformers
from hub_models.predictors.generation import Choosing, written
from hub_models.predictors.transformers_generator import TransformersGenerator

LONGEST = 48  # pieces that the tiny networks look at
BEGINNING = "the apple and pear salad"
ROW = Checkpoint(
    id="net.tests", task="language-model", title="Net", architecture="Net", year=2020, library="transformers",
    source="local:x", model="AutoModelForCausalLM", sentence="A test.", paper="None.", weights_licence="none",
    data_licence="none", trained_on="nothing", parameters=1, megabytes=0.1, recipe="none",
)  # fmt: skip


def tokenizer():
    """A small byte-level BPE, as GPT-2 has a large one."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    made = ByteLevelBPETokenizer()
    text = [f"{BEGINNING}, the pear and the apple were sweet; the salad of pears and apples"] * 4
    made.train_from_iterator(
        text, vocab_size=300, min_frequency=1, special_tokens=["<|endoftext|>"], show_progress=False
    )
    end = "<|endoftext|>"
    return PreTrainedTokenizerFast(tokenizer_object=made._tokenizer, bos_token=end, eos_token=end)


def network(kind: str, entries: int) -> torch.nn.Module:
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = {"vocab_size": entries, "bos_token_id": 0, "eos_token_id": 0}
    if kind == "gpt2":
        made = GPT2LMHeadModel(GPT2Config(**sizes, n_positions=LONGEST, n_embd=16, n_layer=2, n_head=2))
    else:
        config = LlamaConfig(
            **sizes, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
            num_key_value_heads=1, max_position_embeddings=LONGEST, tie_word_embeddings=True,
        )  # fmt: skip
        made = LlamaForCausalLM(config)
    for parameter in made.parameters():  # decisions that are not close
        parameter.data.mul_(3)
    return made.eval()


@pytest.fixture(scope="module", params=["gpt2", "llama"])
def predictor(request: pytest.FixtureRequest, tmp_path_factory) -> TransformersGenerator:
    folder: Path = tmp_path_factory.mktemp(request.param)
    words = tokenizer()
    words.save_pretrained(folder)
    network(request.param, len(words)).save_pretrained(folder)
    return from_transformers.load(ROW, folder, "cpu")


def test_a_score_is_the_library_s_loss(predictor: TransformersGenerator) -> None:
    found = predictor.score(BEGINNING)
    numbers = predictor.numbers(BEGINNING)[None]
    with torch.no_grad():
        loss = predictor.network(numbers, labels=numbers).loss  # a mean over all pieces but the first
    assert found.log_probability == pytest.approx(-float(loss) * len(found.parts), rel=1e-4)
    assert found.text == BEGINNING and found.characters == len(BEGINNING)


def theirs(predictor: TransformersGenerator, **options: object) -> str:
    numbers = predictor.numbers(BEGINNING)[None]
    out = predictor.network.generate(
        numbers, attention_mask=torch.ones_like(numbers), max_new_tokens=10, pad_token_id=0, **options
    )
    return predictor.tokenizer.decode(out[0, numbers.shape[1] :], skip_special_tokens=True)


def test_argmax_is_the_library_s(predictor: TransformersGenerator) -> None:
    ours = predictor.predict(BEGINNING, 10).written
    assert ours.text == theirs(predictor, do_sample=False)


def test_beam_search_is_the_library_s(predictor: TransformersGenerator) -> None:
    """Without its correction for length, and until its beams cannot be passed any more."""
    ours = written(predictor, predictor.numbers(BEGINNING), 10, Choosing(beams=3))
    expected = theirs(predictor, do_sample=False, num_beams=3, length_penalty=0.0, early_stopping="never")
    assert ours.text == expected


def test_what_is_written_scores_as_it_was_written(predictor: TransformersGenerator) -> None:
    more = written(predictor, predictor.numbers(BEGINNING), 8, Choosing(temperature=0))
    numbers = predictor.numbers(BEGINNING).tolist()
    logs = []
    for step in more.log_probabilities:
        found, _ = predictor.advance(torch.tensor([numbers]))
        numbers.append(int(found.argmax()))
        logs.append(float(found.max()))
        assert logs[-1] == pytest.approx(float(step), abs=1e-4)


@pytest.mark.parametrize("text", ["naïve ☃ 🍐 salad", "русский текст", "a  b\n\nc ", "🍐"])
def test_pieces_make_the_text_again(text: str, predictor: TransformersGenerator) -> None:
    numbers, parts = predictor.pieces(text)
    assert "".join(parts) == text and len(numbers) == len(parts) + 1
    assert "".join(predictor.texts(numbers[1:].tolist())) == text


def test_a_text_longer_than_the_network_can_look_back(predictor: TransformersGenerator) -> None:
    text = " ".join([BEGINNING] * 40)
    found = predictor.score(text)
    assert (
        len(found.parts) > 3 * LONGEST and found.text == text and np.isfinite(found.log_probabilities).all()
    )
    head = predictor.score(BEGINNING)
    np.testing.assert_allclose(found.log_probabilities[: len(head.parts)], head.log_probabilities, atol=1e-4)
    assert predictor.remarks(text) and not predictor.remarks(BEGINNING)
    assert len(predictor.predict(text, 4).written.parts) <= 4


def test_writing_past_what_the_network_can_look_at(predictor: TransformersGenerator) -> None:
    """Past its limit it goes on from the later half of what it could see, not from nothing."""
    begin = predictor.numbers(BEGINNING)
    more = torch.randint(1, 200, (LONGEST - len(begin),), generator=torch.Generator().manual_seed(0))
    full = torch.cat([begin, more])
    _, memory = predictor.advance(full[None])
    found, _ = predictor.advance(torch.tensor([[7]]), memory)
    tail = torch.cat([full, torch.tensor([7])])[-(LONGEST // 2) :]
    torch.testing.assert_close(found, predictor.advance(tail[None])[0])
    written_on = written(predictor, begin, 2 * LONGEST, Choosing(seed=3))
    assert np.isfinite(written_on.log_probabilities).all()
