"""A contest as a picture: bars for wall time and for memory, from zero, on linear scales. SVG, nothing else needed."""
import math
from dataclasses import dataclass
from html import escape

LABELS, GAP, ROW, TOP, BOTTOM, VALUE = 128, 36, 26, 74, 34, 64  # pixels; VALUE is kept free for the number behind a bar
INK, PALE, GRID, OURS, THEIRS = "#1f2933", "#616e7c", "#e4e7eb", "#c2410c", "#9aa5b1"


@dataclass
class Bar:
    label: str
    value: float
    least: float = None  # the spread, drawn as a line
    most: float = None
    ours: bool = False


@dataclass
class Panel:
    title: str
    bars: list
    width: int
    number: str  # how a value is written: a format specification


def step_of(largest):
    """The distance of grid lines: 1, 2 or 5 times a power of ten, at most five of them."""
    rough = max(largest, 1e-9) / 5
    power = 10 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)


def text(x, y, content, colour=INK, anchor="start", size=12, weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" font-size="{size}" '
            f'font-weight="{weight}">{escape(content)}</text>')


def line(x1, y1, x2, y2, colour, width=1):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def grid(panel, left, scale, largest, bottom):
    step, out = step_of(largest), []
    for i in range(int(largest / step) + 1):
        x = left + i * step * scale
        out += [line(x, TOP - 8, x, bottom, GRID), text(x, bottom + 16, f"{i * step:g}", PALE, "middle", 11)]
    return out


def bar(panel, one, left, y, scale):
    width = max(one.value * scale, 1)
    out = [f'<rect x="{left:.1f}" y="{y + 4:.1f}" width="{width:.1f}" height="{ROW - 9}" fill="{OURS if one.ours else THEIRS}"/>']
    end = one.value
    if one.most is not None and one.most > one.least:
        end = one.most
        out.append(line(left + one.least * scale, y + ROW / 2 - 0.5, left + one.most * scale, y + ROW / 2 - 0.5, INK))
    label = format(one.value, panel.number)
    out.append(text(left + max(end * scale, 1) + 6, y + ROW / 2 + 4, label, OURS if one.ours else INK, weight="bold" if one.ours else
                    "normal"))
    return out


def draw_panel(panel, left, bottom):
    largest = max((max(one.value, one.most or 0) for one in panel.bars), default=0) or 1
    scale = (panel.width - VALUE) / largest
    out = [text(left, TOP - 18, panel.title, PALE), *grid(panel, left, scale, largest, bottom)]
    for i, one in enumerate(panel.bars):
        out += bar(panel, one, left, TOP + i * ROW, scale)
    return [*out, line(left, TOP - 8, left, bottom, INK)]


def figure(title, panels):
    """SVG text. The panels' bars stand in the same order; the labels are those of the first panel."""
    rows = len(panels[0].bars)
    bottom = TOP + rows * ROW
    width, height = LABELS + sum(panel.width + GAP for panel in panels), bottom + BOTTOM
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
           'font-family="Helvetica, Arial, sans-serif">', f"<title>{escape(title)}</title>",
           f'<rect width="{width}" height="{height}" rx="6" fill="#ffffff"/>', text(16, 28, title, size=15, weight="bold")]
    for i, one in enumerate(panels[0].bars):
        out.append(text(LABELS - 10, TOP + i * ROW + ROW / 2 + 4, one.label, OURS if one.ours else INK, "end",
                        weight="bold" if one.ours else "normal"))
    left = LABELS
    for panel in panels:
        out += draw_panel(panel, left, bottom)
        left += panel.width + GAP
    return "\n".join([*out, "</svg>", ""])
