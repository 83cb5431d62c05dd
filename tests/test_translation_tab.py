"""The tab of translation: the call, what its views compute on a visitor's sentence, what it answers to odd texts."""

import importlib
import inspect
import math
import re
from collections.abc import Iterator
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
import torch
from translation_sets import pairs

from finetune.card import CardFacts
from finetune.translation_networks import NAMES, shape_of
from finetune.write import write_checkpoint
from hub_models.architectures.transformer import sinusoids
from hub_models.checkpoint import Checkpoint, Metric
from hub_models.errors import BadInput, HubError
from hub_models.inside import translation as inside
from hub_models.loader import LOADER
from hub_models.local import TOKENIZER
from hub_models.predictors.pieces import learn_pieces
from hub_models.tabs import translation as tab
from hub_models.tabs import translation_align as align
from hub_models.tabs import translation_attention as attention
from hub_models.tabs import translation_heads as heads
from hub_models.tabs import translation_length as length
from hub_models.tabs import translation_positions as positions
from hub_models.tabs.attention_head import SHOWN, STEPS, one_step
from hub_models.tabs.translation_failures import FAILURES
from hub_models.tabs.translation_form import FORM
from hub_models.tabs.translation_seen import seen, sides
from hub_models.task import task
from hub_models.translation import Translation
from hub_models.ui.examples import texts
from hub_models.ui.frame import Preset

TASK = task("translation")
TEXT = "The red dog 3 sits in the park."
QUIET = gr.Progress()
METRIC = {"dataset": "toy", "name": "BLEU", "count": 20, "low": 0.1, "high": 0.3}


def row(name: str, pieces: object = None) -> Checkpoint:
    metrics = tuple(
        Metric(**METRIC, split=split, value=value)
        for split, value in (("dev", 0.2), ("dev, 1 to 8 words", 0.25), ("dev, above 20 words", 0.1))
    )
    return Checkpoint(
        id=f"{name}.test", task="translation", title=f"Tiny {name}", architecture=NAMES[name], year=2015,
        library="ours", source="local:x", model=name, sentence="s", paper="p", weights_licence="l", data_licence="d",
        trained_on="nothing", parameters=1, megabytes=1.0, recipe="r", metrics=metrics,
    )  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Iterator[dict[str, str]]:
    """A network of each kind with random weights, opened as visitors' runs are: name -> id."""
    facts = CardFacts(data="none", split="none", command="none", minutes=0, hardware="none", seed=0)
    pieces = learn_pieces([side for pair in pairs(40) for side in pair], 120)
    opened = {}
    for name in NAMES:
        torch.manual_seed(0)
        sizes = SimpleNamespace(model=name, width=16, hidden=16, layers=2, heads=2, inner=24, dropout=0.1)
        model = importlib.import_module(f"hub_models.architectures.{name}").MODEL(
            **shape_of(sizes, pieces.size)
        )
        folder = tmp_path_factory.mktemp("tiny") / f"tiny_{name}"
        write_checkpoint(
            folder, model=model.eval(), library="ours", class_names=(), golden_input="the dog", checkpoint=row(name),
            extra_card=facts, files={TOKENIZER[0]: pieces.content},
        )  # fmt: skip
        opened[name] = LOADER.open_local(folder).id
    yield opened
    LOADER.unload()
    for identity in opened.values():
        del LOADER.local[identity]


# --- the call --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_call_translates(name: str, tiny: dict[str, str]) -> None:
    answer = TASK.predict(TEXT, tiny[name], beams=2)
    found = answer.to_json()
    assert found["given"][-1] == "<EOS>" and found["checkpoint"] == tiny[name] and found["pieces"]
    assert (found["alignment"] is None) == (name == "seq2seq")
    assert TASK.predict(TEXT, tiny[name], beams=2).result.written == answer.result.written
    assert answer.result.rows()[0][0] == answer.result.written and answer.result.rows()[1][1].endswith("%")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"beams": 0}, "1 to 16 for beams"),
        ({"beams": 17}, "1 to 16 for beams"),
        ({"beams": 1.5}, "whole number"),
        ({"beams": math.nan}, "whole number"),
        ({"penalty": -0.1}, "penalty from 0 to 3"),
        ({"penalty": math.nan}, "penalty from 0 to 3"),
        ({"penalty": 1e9}, "penalty from 0 to 3"),
    ],
)
def test_numbers_out_of_range_are_said(options: dict, says: str, tiny: dict[str, str]) -> None:
    with pytest.raises(BadInput, match=re.escape(says)) as caught:
        TASK.predict(TEXT, tiny["luong"], **options)
    assert caught.value.code == "bad_value"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text_empty"),
        (" \n\u200b ", "text_empty"),
        ("\ud800", "text_empty"),
        ("x" * 10_000_000, "text_too_long"),
        ("word " * 4_000, "text_too_long"),
    ],
)
def test_texts_that_cannot_be_used(text: str, code: str, tiny: dict[str, str]) -> None:
    with pytest.raises(HubError) as caught:
        TASK.predict(text, tiny["transformer"])
    assert caught.value.code == code and "\n" not in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "dog",
        "👩\u200d🔬 🎬",
        "هذا كلب",
        "a\x00b\x1b[31m",
        "a \u202edog\u2066",
        "<script>alert(1)</script>",
        "<EOS> <PAD>",
    ],
)
def test_odd_texts_are_read(text: str, tiny: dict[str, str]) -> None:
    for name in ("seq2seq", "transformer"):
        answer = TASK.predict(text, tiny[name], beams=1)
        answer.result.written.encode()
        shown = "".join(tab.written(answer.result)) + tab.alignment(answer.result, "x")
        assert "<script" not in shown and "alert(1)<" not in shown
    unknown = TASK.predict("жук", tiny["luong"], beams=1)
    assert any("no piece for" in note for note in unknown.notes)


# --- Try it ----------------------------------------------------------------------------------------------------------


def test_the_tab_can_be_built_with_an_example() -> None:
    with gr.Blocks() as blocks:
        TASK.tab(Preset("", "two dogs"))
    parts = list(blocks.blocks.values())
    assert any(isinstance(part, gr.Textbox) and part.value == texts(TASK)["two dogs"] for part in parts)


def test_the_answer_comes_with_its_alignment(tiny: dict[str, str]) -> None:
    (*_, (shown, looked)) = tab.translated(TASK, TEXT, tiny["bahdanau"], 2, 1.0, QUIET)
    found = TASK.predict(TEXT, tiny["bahdanau"], 2).result
    assert found.written in re.sub("<[^>]+>", "", shown) and "ms on" in shown and 'class="heat"' in looked
    (*_, (_, looked)) = tab.translated(TASK, TEXT, tiny["seq2seq"], 2, 1.0, QUIET)
    assert "does not look anywhere" in looked


def test_failures_name_examples_and_settings_that_exist() -> None:
    parameters = list(inspect.signature(TASK.predict).parameters)[2:]
    for failure in FAILURES:
        assert failure.example in texts(TASK) and len(failure.settings) == len(parameters)
        assert failure.checkpoint in {f"{name}.multi30k" for name in NAMES}


def test_the_form_s_arguments_are_taken_by_the_recipe() -> None:
    from finetune.translation_options import build_parser

    values = [choice.value for choice in FORM.choices] + [figure.value for figure in FORM.figures]
    arguments = FORM.arguments("", "mine.tsv", None, *values)
    chosen = build_parser().parse_args([*arguments, "--output", "out"])
    assert chosen.model == "transformer" and chosen.lora_rank == 0 and chosen.pieces == 3_500


# --- Look inside -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(tiny: dict[str, str]) -> gr.Blocks:
    with gr.Blocks() as blocks:
        TASK.tab(Preset(tiny["bahdanau"], ""))
    return blocks


def press(page: gr.Blocks, button: str, text: str = TEXT, **values: object) -> list:
    """What the click on `button` answers, as text; `values`: of the components with these labels."""
    (part,) = (p for p in page.blocks.values() if isinstance(p, gr.Button) and p.value == button)
    (event,) = (e for e in page.fns.values() if (part._id, "click") in e.targets and e.outputs)
    fn = event.fn
    while hasattr(fn, "__wrapped__"):
        fn = fn.__wrapped__
    given = [
        text
        if getattr(c, "elem_id", None) == f"{TASK.id}-text"
        else values.get(getattr(c, "label", ""), getattr(c, "value", None))
        for c in event.inputs
    ]
    if inspect.isgeneratorfunction(fn):
        *_, answer = fn(*given)
    else:
        answer = fn(*given)
    return list(answer) if isinstance(answer, tuple) else [answer]


def test_the_alignment_of_a_sentence(page: gr.Blocks, tiny: dict[str, str]) -> None:
    heat, told, every = press(page, "Align", **{"Checkpoint for this view": tiny["bahdanau"]})
    found = TASK.predict(TEXT, tiny["bahdanau"]).result
    assert heat.count('scope="col" class="word"') == len(found.given)
    assert told.count("<tr>") == min(len(found.pieces), 10**6) + 1 and "All weights as numbers" in every
    turned = Translation(("a", "b", "c"), ("x", "y", "z"), "x", np.zeros(3, np.float32), np.eye(3)[[0, 2, 1]])
    assert align.turned(turned).startswith("1 of 2 steps look further left")


def test_all_systems_side_by_side(page: gr.Blocks) -> None:
    (shown,) = press(page, "Compare")
    for name in NAMES:
        assert f"Tiny {name}" in shown
    assert shown.count('class="heat"') >= 3


def test_sentences_as_one_vector(page: gr.Blocks, tiny: dict[str, str]) -> None:
    near, drawn = press(page, "Squeeze them", **{"Checkpoint for this view": tiny["seq2seq"]})
    assert "Cosines between" in near and "numbers of each vector" in drawn
    with pytest.raises(BadInput, match="2 to 8 different sentences"):
        press(
            page,
            "Squeeze them",
            **{"Checkpoint for this view": tiny["seq2seq"], "More sentences, a line each": ""},
        )
    with pytest.raises(BadInput, match="none is here"):
        press(page, "Squeeze them", **{"Checkpoint for this view": None})


def test_vectors_are_what_the_decoder_is_given(tiny: dict[str, str]) -> None:
    predictor = LOADER.get(tiny["seq2seq"], TASK.id)
    rows = [torch.tensor(predictor.numbers(text)) for text in (TEXT, "The old man", TEXT)]
    found = inside.squeezed(predictor.network, rows)
    np.testing.assert_allclose(np.diag(found.cosines), 1, atol=1e-5)
    assert found.cosines[0, 2] == pytest.approx(1, abs=1e-5) and found.distances[0, 1] > 0
    fed = inside.fed(predictor.network, torch.from_numpy(found.vectors[0]), 2, 3, (0, 1, 2), 12)
    greedy = predictor.searches([predictor.numbers(TEXT)], 1, longest=12)[0].best.numbers
    assert fed == [n for n in greedy if n != 3]
    moved = inside.changes(predictor.network, rows[0], fed[:3], 4)
    assert len(moved) == 4 + len(fed[:3]) and max(moved) <= 1 + 1e-6


@pytest.mark.parametrize("shape", ["encoder and decoder", "vector to sequence"])
def test_shapes_are_computed(shape: str, page: gr.Blocks, tiny: dict[str, str]) -> None:
    values = {"Checkpoint for this view": tiny["seq2seq"], "Shape": shape}
    (drawn,) = press(page, "Draw it on my sentence", **values)
    assert "<svg" in drawn and shape[1:] in drawn


def test_the_rounds_of_a_search(page: gr.Blocks, tiny: dict[str, str]) -> None:
    ended, steps = press(page, "Search", **{"Checkpoint": tiny["luong"], "Beams": 3})
    assert "greedy" in ended and "Beginning" in steps
    written = TASK.predict(TEXT, tiny["luong"], beams=3).result.written
    assert written[:40] in ended


@pytest.mark.parametrize("norm", ["first", "after"])
def test_every_attention_is_that_of_the_network(norm: str, tiny: dict[str, str]) -> None:
    """Masked and across, all layers: the outputs are what the layers' own attention answers."""
    predictor = LOADER.get(tiny["transformer"], TASK.id)
    network = predictor.network
    if norm == "after":
        from hub_models.architectures.transformer import Transformer

        network = Transformer(30, 30, 8, 2, 2, 8).eval()
    source, target = torch.tensor([4, 9, 6, 3]), torch.tensor([2, 8, 5])
    wanted, handles = [], []
    for layers in (network.encoder, network.decoder):
        for layer in layers:
            for part in ("attention", "to_memory"):
                if hasattr(layer, part):
                    handles.append(
                        getattr(layer, part).register_forward_hook(
                            lambda module, given, out: wanted.append((module, out[0][0]))
                        )
                    )
    with torch.inference_mode():
        network(source[None], target[None])
    for handle in handles:
        handle.remove()
    looks = inside.looks_of(network, source, target)
    assert [look.place for look in looks] == [inside.SELF] * 2 + [inside.MASKED] * 2 + [inside.ACROSS] * 2
    outputs = [output.numpy() for _, output in wanted]
    for look in looks:
        assert any(
            o.shape == look.steps.output.shape and np.allclose(o, look.steps.output, atol=1e-5)
            for o in outputs
        )
    assert not looks[2].steps.mask[0, 1:].any() and looks[4].steps.weights.shape == (2, 3, 4)


def test_attention_step_by_step(page: gr.Blocks, tiny: dict[str, str]) -> None:
    kept, _, _, shown = press(
        page, "Compute the attention", **{"Checkpoint for this view": tiny["transformer"]}
    )
    assert "queries" in shown
    found = seen(TASK, TEXT, tiny["transformer"], SHOWN)
    all_of_them = attention.attentions(TASK, TEXT, tiny["transformer"])
    assert len(all_of_them) == len(found.looks)
    for one in all_of_them:
        for step in STEPS:
            assert 'class="heat"' in one_step(all_of_them, one.name, "1", step, "piece")
    masked = "decoder, to itself (masked), layer 1"
    assert "minus infinity" in one_step(all_of_them, masked, "2", STEPS[2], "piece")
    assert one_step(None, None, "1", STEPS[0], "piece") == "" and kept is not None
    assert sides(found, inside.ACROSS) == (found.read, found.given)
    with pytest.raises(BadInput, match="Transformer"):
        seen(TASK, TEXT, None, 4)


def test_all_heads_and_masks(page: gr.Blocks, tiny: dict[str, str]) -> None:
    masks, shown = press(page, "Show all heads", **{"Checkpoint for this view": tiny["transformer"]})
    assert shown.count("<img") == 2 * 3 * 2  # layers, kinds, heads
    assert "causal mask" in masks and "&lt;PAD&gt;" in masks
    one_back = np.eye(6, k=-1, dtype=np.float32)
    one_back[0, 0] = 1
    words = tuple("abcdef")
    assert heads.habit(one_back, words, words) == "mostly one back (83%)"
    at_b = np.zeros((6, 6), np.float32)
    at_b[:, 1] = 1
    assert heads.habit(at_b, words, words) == "most at b (100% on average)"


def test_positions_are_the_network_s() -> None:
    np.testing.assert_allclose(positions.sinusoids(20, 16), sinusoids(20, 16).numpy(), atol=1e-4)
    assert "20 positions" in positions.drawn(20, 16) and "<svg" in positions.drawn(20, 16)


def test_quality_over_length_comes_from_the_checkpoints(page: gr.Blocks, tiny: dict[str, str]) -> None:
    assert [first for first, _ in length.groups_of(row("luong"))] == [1, 20]
    shown = length.measured(TASK)
    assert "Tiny luong" in shown and "above 20 words" in shown and "<svg" in shown
    assert length.beginnings("a b c d e f g h") == ["a b", "a b c d", "a b c d e f", "a b c d e f g h"]
    assert length.beginnings("a") == ["a"]
    (told,) = press(page, "Translate the beginnings", "The dog")
    assert "Mean probability of a piece" in told
