"""The network unrolled along the visitor's series: an answer after every value, or only the last one, with many steps."""

import gradio as gr

from hub_models.forecast import shown
from hub_models.tabs.time_series_given import forecaster, given_series, season_for
from hub_models.task import Task
from hub_models.ui import on_click
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table
from hub_models.ui.unrolled import unrolled

STEPS = 8
SHAPES = {
    "sequence to sequence": "After every value the network says which comes next. In training each of these answers is "
    "compared with the value that came, so a series of T values gives T lessons.",
    "sequence to vector": "When it is asked for a forecast, only the last answer counts. It is a vector: all the next "
    "steps.",
    "encoder and decoder": "First all values are read, then the answers are made one by one, each from the one before. "
    "This network has no decoder of its own: it reads its answers as if they had come (the view **Step by step**).",
}


def shape_view(task: Task, shared: Shared) -> None:
    gr.Markdown(
        "The same cell at every step, unrolled along the newest values of your series (lecture, section 10.3.3): the "
        "value below, the state in the middle, the answer above."
    )
    shape = gr.Radio(list(SHAPES), value="sequence to sequence", label="Shape", interactive=True)
    show = gr.Button("Draw it on my series", variant="primary")
    drawn, facts = gr.HTML(), gr.HTML()

    def view(path, checkpoint, period, chosen):
        from hub_models.inside.series import one_step_answers

        given = given_series(path)
        predictor, season = forecaster(task, checkpoint), season_for(given, period)
        count = min(STEPS, len(given))
        read = predictor.encoded(given.values, season)
        answers = one_step_answers(predictor.network, read)[-count:]
        values = given.values[-count:]
        ahead = predictor.all_at_once(given.values, season, count)
        outputs = {
            "sequence to sequence": [shown(v) for v in answers],
            "sequence to vector": [f"{shown(ahead[0])} ..."],
            "encoder and decoder": [shown(v) for v in predictor.one_at_a_time(given.values, season, count)],
        }[chosen]
        says = f"{chosen[0].upper()}{chosen[1:]}. {SHAPES[chosen]}"
        picture = unrolled([shown(v) for v in values], chosen, outputs=outputs, says=says)
        rows = [
            [
                label,
                shown(value),
                shown(said),
                shown(given.values[i + 1]) if i + 1 < len(given) else "not known yet",
            ]
            for i, label, value, said in zip(
                range(len(given) - count, len(given)),
                given.labels(len(given) - count, count),
                values,
                answers,
                strict=True,
            )
        ]
        return picture, table(
            ["Step", "Value read", "Says of the next", "What came"], rows, "An answer after every value."
        )

    on_click(
        [show.click, shape.input],
        view,
        [shared.input, shared.checkpoint, shared.controls[1], shape],
        [drawn, facts],
    )
