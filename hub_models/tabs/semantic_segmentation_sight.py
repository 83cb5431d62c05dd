"""The picture under its colour-coded map, as two layers: the browser mixes them, and says which pixel was clicked."""

import base64
import html
import math

from hub_models import draw_segments
from hub_models.picture import encode_png
from hub_models.tabs.semantic_segmentation_seen import Seen
from hub_models.ui.tables import bars, frame_of

# A click, or a finger, moves the mark there and tells the pixel of the picture given: row and column, from 0
PICK = """
element.addEventListener('click', e => {
  const layers = e.target.closest('.layers');
  if (!layers) return;
  const frame = layers.getBoundingClientRect();
  const share = (at, side) => Math.min(Math.max(at / side, 0), 0.999999);
  const x = share(e.clientX - frame.left, frame.width), y = share(e.clientY - frame.top, frame.height);
  const mark = layers.querySelector('.mark');
  mark.style.left = 100 * x + '%'; mark.style.top = 100 * y + '%'; mark.hidden = false;
  trigger('release', { row: Math.floor(y * layers.dataset.rows), column: Math.floor(x * layers.dataset.columns) });
});
"""
# The slider: nothing is sent to the server
MIX = "value => { document.querySelectorAll('.layers .map').forEach(map => { map.style.opacity = value; }); }"
LAYER = "position:absolute;inset:0;width:100%;height:100%;image-rendering:pixelated;border-radius:4px"
MARK = (
    "position:absolute;width:18px;height:18px;margin:-9px 0 0 -9px;border:3px solid white;border-radius:50%;"
    "outline:2px solid black;pointer-events:none;outline-offset:0"
)


def sight(seen: Seen, opacity: float, row: int | None = None, column: int | None = None) -> str:
    """Picture and map with the legend below, a mark on the pixel (row, column) of the picture given."""
    painted = draw_segments.coloured(seen.found.labels)
    picture, map = (base64.b64encode(data).decode() for data in (seen.picture, encode_png(painted)))
    rows, columns = seen.size_hw
    says = html.escape(f"Colour-coded map. {seen.found.text()}", quote=True)
    where = (
        f"left:{100 * (column + 0.5) / columns:.3f}%;top:{100 * (row + 0.5) / rows:.3f}%"
        if row is not None
        else ""
    )
    return (
        f'<figure class="result"><div class="layers" data-rows="{rows}" data-columns="{columns}" '
        f'style="position:relative;display:inline-block;max-width:100%;line-height:0;cursor:crosshair">'
        f'<img alt="The picture given, under its map" src="data:image/jpeg;base64,{picture}">'
        f'<img class="map" alt="{says}" src="data:image/png;base64,{map}" style="{LAYER};opacity:{opacity:g}">'
        f'<span class="mark" aria-hidden="true" style="{MARK};{where}"{"" if where else " hidden"}></span></div>'
        f"{draw_segments.class_legend(seen.found)}</figure>"
    )


def pixel(seen: Seen, row: int, column: int) -> str:
    """The probabilities of all classes at a pixel of the picture given, the largest first."""
    found = seen.at(row, column)
    name, probability = found.top(1)[0]
    words = f"Row {row:,}, column {column:,}: {name}, {probability:.1%}"
    return f"<p><b>{html.escape(words)}</b></p>{bars(found, 6)}"


def class_table(seen: Seen) -> str:
    """Every class that occurs: colour, share, pixels of the picture given, how certain the network is there."""
    whole = math.prod(seen.size_hw)
    body = ""
    for label, count in seen.pixels:
        certain = seen.certainty[label]
        sure = "" if math.isnan(certain) else f"{certain:.0%}"
        numbers = "".join(
            f'<td class="number" style="min-width:0">{text}</td>'
            for text in (f"{count / whole:.1%}", f"{count:,}", sure)
        )
        words = draw_segments.swatch(label), html.escape(seen.found.names[label])
        named = "".join(f'<td style="min-width:0">{word}</td>' for word in words)
        body += f"<tr>{named}{numbers}</tr>"
    heads = ("Colour", "Class", "Share", "Pixels", "Certainty")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    caption = f"{len(seen.pixels)} of {len(seen.found.names)} classes occur"
    return (
        f'<div class="{frame_of(len(seen.pixels))}"><table class="facts"><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
