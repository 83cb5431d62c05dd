"""Beam search, round by round: the beginnings that are followed, what has ended, and what wins."""

import gradio as gr

from hub_models.loader import LOADER
from hub_models.task import Task
from hub_models.tasks.translation import way
from hub_models.text import clean
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

HEADERS = ("Step", "Beam", "Beginning", "Its last piece", "Log probability", "Divided by length^penalty")
MOST_ROWS = 400


def beams_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "A translation's probability is the product over its pieces. **Greedy** takes the most probable piece each "
        "time, and cannot take it back when the sentence gets stuck. **Beam search** follows the several most "
        "probable beginnings: each is continued with every piece, and of all continuations the best survive, "
        "perhaps several of one beginning and none of another. What reaches `<EOS>` has ended. Short sentences have "
        "fewer factors below 1, so before they are compared the logarithms are divided by the length to the power "
        "of the **penalty**. The search ends when no beginning can beat what has ended. Beams and penalty: in **Try "
        "it**."
    )
    show = gr.Button("Search", variant="primary")
    ended, shown = gr.HTML(), gr.HTML()

    def view(text, checkpoint, beams, penalty):
        cleaned, _ = clean(text or "")
        count, power = way(beams, penalty)

        def work(predictor):
            rounds = predictor.rounds(cleaned, count, power)
            greedy = predictor.rounds(cleaned, 1, power)
            return rounds, greedy, predictor

        rounds, greedy, predictor = LOADER.run(checkpoint, task.id, work)
        last = rounds[-1].ended or rounds[-1].going
        rows = [
            ["greedy" if one is greedy_best(greedy) else f"{rank}", predictor.text(one.numbers), len(one.numbers),
             f"{one.total:.2f}", f"{one.score(power):.3f}"]
            for rank, one in [*enumerate(last, 1), ("", greedy_best(greedy))]
        ]  # fmt: skip
        ends = table(
            ("Place", "Translation", "Pieces", "Log probability", "Divided"),
            rows,
            "What has ended, best first; below, what greedy writes.",
        )
        return ends, steps_table(rounds, predictor, power)

    on_click(show.click, view, [shared.input, shared.checkpoint, *shared.controls], [ended, shown])


def greedy_best(rounds):
    last = rounds[-1]
    return (last.ended or last.going)[0]


def steps_table(rounds, predictor, power: float) -> str:
    """A row a beginning that is followed, and one for each that has ended in this step."""
    rows, known = [], set()
    for number, one in enumerate(rounds, 1):
        for beam, going in enumerate(one.going, 1):
            rows.append(line(number, str(beam), going, predictor, power))
        for done in one.ended:
            if done.numbers not in known and len(done.numbers) == number:
                known.add(done.numbers)
                rows.append(line(number, "ended", done, predictor, power))
    more = f" The first {MOST_ROWS} of {len(rows)} rows." if len(rows) > MOST_ROWS else ""
    return table(HEADERS, rows[:MOST_ROWS], f"{len(rounds)} steps.{more}")


def line(number: int, beam: str, one, predictor, power: float) -> list[object]:
    return [
        number, beam, predictor.text(one.numbers), predictor.pieces_of(one.numbers[-1:])[0], f"{one.total:.2f}",
        f"{one.score(power):.3f}",
    ]  # fmt: skip
