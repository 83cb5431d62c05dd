"""The tab of language models: what is written while one watches, what its views compute, what it answers to odd texts."""

import html
import inspect
import math
import re
from collections.abc import Iterator

import gradio as gr
import numpy as np
import pytest
import torch

from finetune.card import CardFacts
from finetune.write import write_checkpoint
from hub_models.architectures.character_model import CharacterModel
from hub_models.checkpoint import Checkpoint
from hub_models.continuation import Continuation, Guessed
from hub_models.errors import BadInput, HubError
from hub_models.inside.over_length import bytes_in, costs
from hub_models.loader import LOADER
from hub_models.local import VOCABULARY
from hub_models.tabs import language_model as tab
from hub_models.tabs import language_model_attention as attention
from hub_models.tabs import language_model_choosing as choosing
from hub_models.tabs import language_model_compare as compare
from hub_models.tabs import language_model_heads as heads
from hub_models.tabs import language_model_next as following
from hub_models.tabs import language_model_states as states
from hub_models.tabs.attention_head import SHOWN, STEPS, one_step
from hub_models.tabs.language_model_form import FORM
from hub_models.tabs.language_model_passage import HEADERS, coloured, figures, passage
from hub_models.tabs.reading_states import choices
from hub_models.task import task
from hub_models.tasks.language_model import prompt
from hub_models.ui.examples import texts
from hub_models.ui.frame import Preset
from hub_models.vocabulary import Vocabulary

TASK = task("language-model")
ALPHABET = "\n" + "".join(chr(c) for c in range(32, 127))
KINDS = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU", "transformer": "Transformer"}
QUIET = gr.Progress()


def row(kind: str) -> Checkpoint:
    return Checkpoint(
        id=f"char_{kind}.test", task="language-model", title=f"Tiny {kind}", architecture=KINDS[kind], year=2000,
        library="ours", source="local:x", model="character_model", sentence="s", paper="p", weights_licence="l",
        data_licence="d", trained_on="nothing", parameters=1, megabytes=1.0, recipe="r",
    )  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Iterator[dict[str, str]]:
    """A network of each kind with random weights, opened as visitors' runs are: kind -> id."""
    facts = CardFacts(data="none", split="none", command="none", minutes=0, hardware="none", seed=0)
    vocabulary, opened = Vocabulary(characters=tuple(ALPHABET), lower=False), {}
    for kind in KINDS:
        torch.manual_seed(0)
        folder = tmp_path_factory.mktemp("tiny") / f"tiny_{kind}"
        model = CharacterModel(
            vocabulary.character_size, kind, width=8, hidden=12, heads=2, layers=2, context=64
        )
        write_checkpoint(
            folder, model=model.eval(), library="ours", class_names=(), golden_input="golden", checkpoint=row(kind),
            extra_card=facts, files={VOCABULARY: vocabulary.to_bytes()},
        )  # fmt: skip
        opened[kind] = LOADER.open_local(folder).id
    yield opened
    LOADER.unload()
    for identity in opened.values():
        del LOADER.local[identity]


def guess(text: str, probabilities: list[float]) -> Guessed:
    return Guessed(
        tuple(text), np.log(np.array(probabilities, np.float32)), np.arange(len(text), dtype=np.int64)
    )


# --- the call --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_call_scores_and_writes(kind: str, tiny: dict[str, str]) -> None:
    answer = TASK.predict("Romeo", tiny[kind], length=12)
    found = answer.to_json()
    assert found["given"] == "Romeo" and len(found["written"]) == 12 and len(found["parts"]) == 12
    assert found["log_probability"] < 0 and found["checkpoint"] == tiny[kind]
    again = TASK.predict("Romeo", tiny[kind], length=12)
    assert again.result.written.text == answer.result.written.text
    other = TASK.predict("Romeo", tiny[kind], length=12, seed=1)
    assert other.result.written.text != answer.result.written.text


def test_no_length_is_a_score_alone(tiny: dict[str, str]) -> None:
    assert TASK.predict("Romeo", tiny["gru"], length=0).result.written.parts == ()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"length": 2001}, "0 to 2,000 for length"),
        ({"length": 1.5}, "whole number"),
        ({"length": math.nan}, "whole number"),
        ({"temperature": -0.1}, "temperature from 0 to 10"),
        ({"temperature": math.nan}, "temperature from 0 to 10"),
        ({"top_p": 0}, "top_p above 0"),
        ({"top_k": -1}, "0 to 1,000 for top_k"),
        ({"beams": 0}, "1 to 16 for beams"),
        ({"beams": 17}, "1 to 16 for beams"),
        ({"seed": -1}, "for seed"),
    ],
)
def test_numbers_out_of_range_are_said(options: dict, says: str, tiny: dict[str, str]) -> None:
    with pytest.raises(BadInput, match=re.escape(says)) as caught:
        TASK.predict("Romeo", tiny["gru"], **options)
    assert caught.value.code == "bad_value"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text_empty"),
        (" \n\t ", "text_empty"),
        ("\u200b\u202e", "text_empty"),
        ("x" * 20_001, "text_too_long"),
        ("x" * 10_000_000, "text_too_long"),
    ],
)
def test_texts_that_cannot_be_used(text: str, code: str, tiny: dict[str, str]) -> None:
    with pytest.raises(HubError) as caught:
        TASK.predict(text, tiny["gru"])
    assert caught.value.code == code and len(caught.value.message) < 300


@pytest.mark.parametrize(
    "text",
    [
        "🍐 salad",
        "مرحبا بالعالم",
        "a\x00b\x1bc",
        "a\ud800b",
        "\u202eabc",
        "naïve café",
        "<script>alert(1)</script>",
        "日本語",
        "x",
    ],
)
@pytest.mark.parametrize("kind", ["lstm", "transformer"])
def test_odd_texts_are_read(text: str, kind: str, tiny: dict[str, str]) -> None:
    answer = TASK.predict(text, tiny[kind], length=5)
    found = answer.to_json()
    found["written"].encode()
    found["given"].encode()
    assert not {"\x00", "\x1b", "\u202e", "\ud800"} & set(found["given"])
    strange = set(prompt(text)[0]) - set(ALPHABET)
    assert bool(strange) == any("does not know" in note for note in answer.notes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", "a"), ("a\n", "a\n"), ("a  ", "a "), ("  a \r\n\r\n", "a\n"), ("a\nb", "a\nb")],
)
def test_what_stands_behind_a_text_stays(text: str, expected: str) -> None:
    assert prompt(text)[0] == expected


def test_the_tab_can_be_built_with_an_example() -> None:
    with gr.Blocks() as blocks:
        TASK.tab(Preset("", "Romeo"))
    parts = list(blocks.blocks.values())
    buttons = {part.value for part in parts if isinstance(part, gr.Button)}
    assert {"Write", "Compare", "Show what it expects", "Compute the attention", "Measure"} <= buttons
    assert any(isinstance(part, gr.Textbox) and part.value == "ROMEO:\n" for part in parts)


# --- Try it ----------------------------------------------------------------------------------------------------------


def controls(length: float = 30, temperature: float = 0.8, beams: float = 1) -> tuple[float, ...]:
    return length, temperature, 0, 1.0, beams, 0


@pytest.mark.parametrize("beams", [1, 3])
def test_it_is_written_while_one_watches(beams: int, tiny: dict[str, str], monkeypatch) -> None:
    monkeypatch.setattr(tab, "OFTEN", 0.0)
    seen = list(tab.continued(TASK, "Romeo", tiny["gru"], *controls(beams=beams), QUIET))
    growing = [re.sub("<[^>]+>", "", shown) for shown, _ in seen[:-1] if "span" in shown]
    assert len(growing) == 30 and all(html.unescape(g).startswith("Romeo") for g in growing)
    assert len(html.unescape(growing[-1])) == len("Romeo") + 30
    shown, numbers = seen[-1]
    assert "steps a second" in numbers and "Perplexity" in numbers and "underline" in shown
    assert html.unescape(re.sub("<[^>]+>", "", shown)).startswith(html.unescape(growing[-1]))


def test_the_same_settings_write_what_the_call_writes(tiny: dict[str, str]) -> None:
    (*_, (shown, _)) = tab.continued(TASK, "Romeo", tiny["lstm"], *controls(), QUIET)
    written = TASK.predict("Romeo", tiny["lstm"], length=30).result.written.text
    assert html.unescape(re.sub("<[^>]+>", "", shown)).startswith("Romeo" + written)


def test_html_in_a_text_is_shown_not_run(tiny: dict[str, str]) -> None:
    text = "<img src=x onerror=alert(1)>"
    for shown, numbers in tab.continued(TASK, text, tiny["gru"], *controls(5), QUIET):
        assert "<img" not in shown + numbers
    kept = LOADER.run(tiny["gru"], TASK.id, lambda p: following.expectations(p, text))
    assert "<img" not in following.all_steps(kept) + following.after(kept, 3)
    assert "<img" not in passage(text, text)


def test_a_passage_is_coloured_by_what_was_improbable() -> None:
    found = Continuation(guess("ab", [1.0, 0.5]), guess("c", [0.01]))
    shown = coloured(found)
    strengths = [float(a) for a in re.findall(r"rgba\(\d+,\d+,\d+,([\d.]+)\)", shown)]
    assert strengths == pytest.approx([0.0, 0.35, 0.69], abs=0.01)
    assert 'title="50.0%, guess 2"' in shown


def test_figures_of_a_passage() -> None:
    found = Continuation(guess("ab", [0.5, 0.5]), guess("c", [0.25]))
    rows = figures(found)
    assert [len(r) for r in rows] == [len(HEADERS)] * 2
    assert rows[0][1:4] == ["2", f"{2 * math.log(0.5):.1f}", "2.00"] and rows[1][3] == "4.00"


def test_failures_name_examples_and_settings_that_exist() -> None:
    parameters = list(inspect.signature(TASK.predict).parameters)[2:]
    for failure in tab.FAILURES:
        assert failure.example in texts(TASK)
        assert len(failure.settings) == len(parameters)
        count, temperature, k, p, beams, seed = failure.settings
        tab.way(temperature, k, p, beams, seed)
        assert 0 <= count <= tab.MOST_WRITTEN


def test_the_form_s_arguments_are_taken_by_the_recipe() -> None:
    from finetune.language_model_options import build_parser

    values = [choice.value for choice in FORM.choices] + [figure.value for figure in FORM.figures]
    arguments = FORM.arguments("", "mine.txt", None, *values)
    chosen = build_parser().parse_args([*arguments, "--output", "out"])
    assert chosen.model == "lstm" and chosen.window == 128


# --- Look inside -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_expected_is_what_the_score_says(kind: str, tiny: dict[str, str]) -> None:
    text = "hear me"
    found, logs, names = LOADER.run(tiny[kind], TASK.id, lambda p: following.expectations(p, text))
    assert logs.shape == (len(text), following.BEST)
    predictor = LOADER.get(tiny[kind], TASK.id)
    for place in (0, 3):
        whole, _ = predictor.advance(predictor.numbers(text[: place + 1])[None])
        assert float(whole.max()) == pytest.approx(float(logs[place][0]), abs=1e-4)
        best = predictor.entries[int(whole.argmax())]
        assert names[place][0] == following.name_of(best)
    shown = following.after((found, logs, names), 3)
    assert "Really came: r." in shown and shown.count("<tr>") == following.BEST + 1


def test_only_the_end_of_a_long_text_is_listed(tiny: dict[str, str]) -> None:
    text = "word " * 100
    found, logs, _ = LOADER.run(tiny["gru"], TASK.id, lambda p: following.expectations(p, text))
    assert len(found.parts) == len(logs) == following.MOST
    predictor = LOADER.get(tiny["gru"], TASK.id)
    np.testing.assert_allclose(
        found.log_probabilities, predictor.score(text).log_probabilities[-following.MOST :]
    )


@pytest.mark.parametrize(
    ("part", "name"), [("\n", "end of line"), (" ", "space"), (" the", "␣the"), ("a", "a"), ("\n\n", "⏎⏎")]
)
def test_parts_can_be_read_in_a_table(part: str, name: str) -> None:
    assert following.name_of(part) == name


def test_repetitions_are_counted() -> None:
    assert choosing.repeated(guess("abcdefgh", [0.5] * 8)) == 0
    assert choosing.repeated(guess("abababab", [0.5] * 8)) == pytest.approx(3 / 5)
    assert choosing.repeated(guess("ab", [0.5] * 2)) == 0


def test_every_way_of_choosing_is_a_way() -> None:
    for _, *values in choosing.WAYS:
        assert tab.way(*values, 0).beams >= 1


@pytest.mark.parametrize(("kind", "gates"), [("rnn", 0), ("lstm", 4), ("gru", 3)])
def test_states_of_every_character(kind: str, gates: int, tiny: dict[str, str]) -> None:
    found = LOADER.run(tiny[kind], TASK.id, lambda p: states.layers_of(p, "hear"))
    assert list(found) == ["layer 1", "layer 2"]
    one = found["layer 1"]
    assert one.hidden.shape == (4, 12) and len(one.gates) == gates
    assert (one.cell is not None) == (kind == "lstm") and choices(one)


def test_attention_of_the_first_characters(tiny: dict[str, str]) -> None:
    found = attention.attentions(TASK, "hear me speak, and more", tiny["transformer"])
    words = found[0].looking
    assert len(words) == SHOWN and words[4] == "space" and [one.name for one in found] == ["1", "2"]
    for step in STEPS:
        shown = one_step(found, "2", "1", step, "character")
        assert shown.count('scope="col" class="word"') % SHOWN == 0 and "hidden" not in shown
    masked = one_step(found, "1", "1", STEPS[2], "character")
    assert "minus infinity" in masked and "√4 = 2.00" in masked
    assert "what each character looks for" in one_step(found, "1", "1", STEPS[0], "character")
    assert one_step(None, "1", "1", STEPS[0], "character") == ""


def test_without_a_transformer_there_is_a_sentence() -> None:
    with pytest.raises(BadInput, match="Transformer"):
        attention.attended(TASK, "text", None, 4)


def test_habits_of_heads() -> None:
    one_back = np.eye(6, k=-1, dtype=np.float32)
    one_back[0, 0] = 1
    assert heads.habit(one_back) == "most often one back (100% of the characters)"
    assert heads.habit(np.eye(6, dtype=np.float32)) == "most often at itself (100% of the characters)"
    assert heads.habit(np.ones((1, 1), np.float32)) == "one character only"
    assert "16 positions" in heads.positions(16, 32)


def test_costs_grow_as_the_lecture_says() -> None:
    found = {(c.kind, c.length): c for c in costs(lengths=(32, 64))}
    rnn, transformer = (
        (found["lstm", 32], found["lstm", 64]),
        (found["transformer", 32], found["transformer", 64]),
    )
    assert rnn[0].remembered == rnn[1].remembered and rnn[0].weights_of_attention == 0
    # keys and values of float32, and the characters themselves: three layers, 96 wide
    assert [one.remembered for one in transformer] == [n * (3 * 2 * 96 * 4 + 8) for n in (32, 64)]
    assert transformer[1].weights_of_attention == 4 * transformer[0].weights_of_attention
    assert all(c.reading > 0 and c.learning > 0 and c.writing > 0 for c in found.values())


def test_bytes_of_a_state() -> None:
    model = CharacterModel(9, "lstm", width=4, hidden=5)
    assert bytes_in(model.read(torch.tensor([[2, 3]]))[1]) == 2 * 5 * 4


def test_old_and_new_on_one_text(tiny: dict[str, str]) -> None:
    checkpoint = LOADER.checkpoint(tiny["gru"])
    cells = compare.row(TASK, checkpoint, "Romeo")
    assert len(cells) == len(compare.COLUMNS) and float(cells[2]) > 1 and len(cells[3]) == compare.WRITTEN
    with pytest.raises(BadInput):
        compare.row(TASK, checkpoint, "  ")
