"""IoU of two boxes that are dragged or typed, and a box in a picture of another size."""

import base64
import html

import gradio as gr
import numpy as np

from hub_models.draw import COLOURS
from hub_models.inside.boxes import Box, iou
from hub_models.inside.overlap import overlap_rows, parse_box, parse_size, scaling_rows
from hub_models.picture import decode_picture, encode_jpeg, fit_within
from hub_models.ui import on_click
from hub_models.ui.components import uploaded
from hub_models.ui.frame import Shared
from hub_models.ui.tables import table

CANVAS = 640  # pixels of the longer side of the picture below the boxes
FIRST = (0.25, 0.2, 0.6, 0.65), (0.4, 0.35, 0.8, 0.8)  # shares of the picture at which A and B begin

# Moves a box, or its lower right corner, with the pointer; says the areas while it moves, and the boxes at the end.
DRAG = """
const parts = (svg, name) => ['x', 'y', 'width', 'height'].map(k => +svg.querySelector(name).getAttribute(k));
const put = (el, x, y, w, h) => { el.setAttribute('x', x); el.setAttribute('y', y);
  el.setAttribute('width', Math.max(0, w)); el.setAttribute('height', Math.max(0, h)); };
const show = svg => {
  const [ax, ay, aw, ah] = parts(svg, '.a'), [bx, by, bw, bh] = parts(svg, '.b');
  const x = Math.max(ax, bx), y = Math.max(ay, by);
  const w = Math.max(0, Math.min(ax + aw, bx + bw) - x), h = Math.max(0, Math.min(ay + ah, by + bh) - y);
  put(svg.querySelector('.shared'), x, y, w, h);
  for (const n of ['a', 'b']) {
    const [px, py, pw, ph] = parts(svg, '.' + n), c = svg.querySelector('.corner-' + n), s = +c.getAttribute('width');
    put(c, px + pw - s / 2, py + ph - s / 2, s, s);
    const t = svg.querySelector('.name-' + n); t.setAttribute('x', px + s / 3); t.setAttribute('y', py + s); }
  const both = w * h, union = aw * ah + bw * bh - both;
  element.querySelector('.says').textContent =
    `intersection ${Math.round(both)}, union ${Math.round(union)}, IoU ${(both / union).toFixed(3)}`;
};
let held = null;
element.addEventListener('pointerdown', e => {
  const svg = e.target.closest('svg.overlap'), name = e.target.dataset && e.target.dataset.box;
  if (!svg || !name) return;
  e.preventDefault();
  held = { svg, name, corner: e.target.dataset.corner, from: [e.clientX, e.clientY], was: parts(svg, '.' + name) };
});
window.addEventListener('pointermove', e => {
  if (!held) return;
  const { svg, name, corner, from, was } = held, [, , W, H] = svg.getAttribute('viewBox').split(' ').map(Number);
  const scale = W / svg.getBoundingClientRect().width;
  const dx = Math.round((e.clientX - from[0]) * scale), dy = Math.round((e.clientY - from[1]) * scale);
  const [x, y, w, h] = was, clamp = (v, low, high) => Math.min(Math.max(v, low), high);
  if (corner) put(svg.querySelector('.' + name), x, y, clamp(w + dx, 4, W - x), clamp(h + dy, 4, H - y));
  else put(svg.querySelector('.' + name), clamp(x + dx, 0, W - w), clamp(y + dy, 0, H - h), w, h);
  show(svg);
});
window.addEventListener('pointerup', () => {
  if (!held) return;
  const box = n => { const [x, y, w, h] = parts(held.svg, '.' + n); return [x, y, x + w, y + h].join(', '); };
  const moved = { a: box('a'), b: box('b') };
  held = null;
  trigger('release', moved);
});
"""


def overlap_view(shared: Shared) -> None:
    gr.Markdown(
        "Intersection over union (lecture, section 8.7): the area that two boxes share, divided by the area that they "
        "cover together. Drag a box, or its corner, or type its numbers. From 0.5 on a prediction counts as right."
    )
    with gr.Row():
        with gr.Column(scale=3, min_width=280):
            canvas = gr.HTML(js_on_load=DRAG, elem_id="overlap")
        with gr.Column(scale=2, min_width=280):
            first = gr.Textbox(label="Box A: x0, y0, x1, y1", interactive=True)
            second = gr.Textbox(label="Box B: x0, y0, x1, y1", interactive=True)
            with gr.Row():
                start = gr.Button("Start on my picture", variant="primary")
                show = gr.Button("Compute")
            facts = gr.HTML()

    def begin(picture):
        pixels = canvas_pixels(picture)
        size = np.tile(pixels.shape[1::-1], 2)
        boxes = [np.round(np.array(shares) * size) for shares in FIRST]
        return drawing(pixels, *boxes), *(box_text(box) for box in boxes), numbers(*boxes)

    def compute(picture, one, other):
        boxes = parse_box(one, "box A"), parse_box(other, "box B")
        return drawing(canvas_pixels(picture), *boxes), numbers(*boxes)

    def dragged(event: gr.EventData):
        boxes = parse_box(event.a, "box A"), parse_box(event.b, "box B")
        return *(box_text(box) for box in boxes), numbers(*boxes)

    on_click(start.click, begin, [shared.input], [canvas, first, second, facts], light=True)
    on_click(
        [show.click, first.submit, second.submit],
        compute,
        [shared.input, first, second],
        [canvas, facts],
        light=True,
    )
    on_click(canvas.release, dragged, [], [first, second, facts], light=True, show_progress="hidden")


def canvas_pixels(picture: str | None) -> np.ndarray:
    return fit_within(decode_picture(uploaded(picture)).pixels, CANVAS)


def box_text(box: np.ndarray) -> str:
    return ", ".join(f"{side:g}" for side in box)


def numbers(first: np.ndarray, second: np.ndarray) -> str:
    good = iou(first, second).value >= 0.5
    verdict = "A good prediction: at least 0.5." if good else "Below 0.5: not good enough."
    return table(["", "The numbers put in", "gives"], overlap_rows(first, second)) + f"<p>{verdict}</p>"


def drawing(pixels: np.ndarray, first: np.ndarray, second: np.ndarray) -> str:
    """The picture with both boxes and what they share, as SVG that DRAG can move."""
    height, width = pixels.shape[:2]
    grip = max(10, round(max(height, width) / 28))  # a thumb on a phone must be able to hold it
    data = base64.b64encode(encode_jpeg(pixels)).decode()
    found = iou(first, second)
    says = f"intersection {found.intersection:.0f}, union {found.union:.0f}, IoU {found.value:.3f}"
    shared = found.shared_xyxy or (0, 0, 0, 0)
    both = (("a", first, f"rgb{COLOURS[0]}", ""), ("b", second, f"rgb{COLOURS[1]}", f"{grip / 2} {grip / 3}"))
    frames = "".join(
        f'<rect class="{name}" data-box="{name}" {place(box)} fill="{colour}" fill-opacity="0.25" stroke="{colour}" '
        f'stroke-width="{grip / 6:.1f}" stroke-dasharray="{dashes}" style="cursor:move"/>'
        for name, box, colour, dashes in both
    )
    corners = "".join(
        f'<text class="name-{name}" x="{box[0] + grip / 3}" y="{box[1] + grip}" font-size="{grip}" font-weight="bold" '
        f'fill="white" stroke="black" stroke-width="{grip / 6}" paint-order="stroke" pointer-events="none">'
        f"{name.upper()}</text>"
        f'<rect class="corner-{name}" data-box="{name}" data-corner="1" x="{box[2] - grip / 2}" '
        f'y="{box[3] - grip / 2}" width="{grip}" height="{grip}" fill="{colour}" stroke="black" '
        f'style="cursor:nwse-resize"/>'
        for name, box, colour, _ in both
    )
    return (
        f'<figure class="result"><svg class="overlap" role="img" aria-label="{html.escape(says, quote=True)}" '
        f'viewBox="0 0 {width} {height}" style="width:100%;touch-action:none;user-select:none">'
        f'<image href="data:image/jpeg;base64,{data}" width="{width}" height="{height}"/>'
        f'<rect class="shared" {place(shared)} fill="white" fill-opacity="0.55" pointer-events="none"/>'
        f"{frames}{corners}</svg>"
        f'<figcaption class="says" aria-live="polite">{html.escape(says)}</figcaption></figure>'
    )


def place(box: Box) -> str:
    return f'x="{box[0]:g}" y="{box[1]:g}" width="{box[2] - box[0]:g}" height="{box[3] - box[1]:g}"'


def scaling_view() -> None:
    gr.Markdown(
        "A network sees the picture at a size of its own, and its boxes are in pixels of that size. To draw them on "
        "your picture they are scaled (lecture, section 8.5.2): divide by the old side, multiply by the new one. "
        "The fields begin with the example of the notes, which print 211.97 and 544.47 for y: a slip of the pen, as the "
        "numbers here show."
    )
    with gr.Row():
        box = gr.Textbox("116, 132, 241, 340", label="Box: xmin, ymin, xmax, ymax", interactive=True)
        old = gr.Textbox("416 x 416", label="Old size: width x height", interactive=True)
        new = gr.Textbox("1000 x 667", label="New size: width x height", interactive=True)
    show = gr.Button("Scale", variant="primary")
    facts = gr.HTML(scaling("116, 132, 241, 340", "416 x 416", "1000 x 667"))
    triggers = [show.click, box.submit, old.submit, new.submit]
    on_click(triggers, scaling, [box, old, new], [facts], light=True)


def scaling(box: str, old: str, new: str) -> str:
    """The four formulas with the numbers put in, as HTML."""
    rows = scaling_rows(
        parse_box(box, "the box"), parse_size(old, "the old size"), parse_size(new, "the new size")
    )
    return table(["", "old / old side · new side", "gives", "pixel"], rows, "In the picture of the new size")
