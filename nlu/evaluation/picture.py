"""Draws the reliability diagram as a small SVG by hand: no plotting library for ten points."""

from __future__ import annotations

from collections.abc import Sequence

from nlu.evaluation.calibration import Bin, expected_error

WIDTH, HEIGHT = 420, 470
LEFT, TOP, SIDE = 60, 40, 320  # the square that the points lie in
FLOOR = TOP + SIDE
COUNTS = 60  # height of the bars that tell how many guesses each point stands for
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)

_STYLE = (
    "text{font:12px sans-serif;fill:#444}.frame{fill:#fff;stroke:#999}.grid{stroke:#e4e4e4}"
    ".ideal{stroke:#999;stroke-dasharray:5 4}.line{fill:none;stroke:#0b6e99;stroke-width:2}"
    ".point{fill:#0b6e99}.count{fill:#0b6e99;opacity:.18}"
)


def reliability_diagram(bins: Sequence[Bin]) -> str:
    """A point for each bin that holds a guess; on the dashed line a probability means what it says."""
    filled = [one for one in bins if one.count]
    most = max((one.count for one in filled), default=1)
    total = sum(one.count for one in bins)
    heading = f"{total} phrasings, expected calibration error {expected_error(bins):.1%}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-label="Reliability diagram: {heading}">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24">{heading}</text>',
        f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}"/>',
        *(line for tick in TICKS for line in _tick(tick)),
        *(_bar(one, most) for one in filled),
        f'<line class="ideal" x1="{LEFT}" y1="{FLOOR}" x2="{LEFT + SIDE}" y2="{TOP}"/>',
        f'<polyline class="line" points="{" ".join(f"{_x(one.said)},{_y(one.right)}" for one in filled)}"/>',
        *(_point(one) for one in filled),
        f'<text x="{LEFT + SIDE / 2:.0f}" y="{FLOOR + 38}" text-anchor="middle">probability of the best guess</text>',
        f'<text x="{LEFT + SIDE / 2:.0f}" y="{FLOOR + 56}" text-anchor="middle">bars: how many guesses</text>',
        f'<text x="18" y="{TOP + SIDE / 2:.0f}" text-anchor="middle" '
        f'transform="rotate(-90 18 {TOP + SIDE / 2:.0f})">of these right</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _x(share: float) -> float:
    return round(LEFT + share * SIDE, 1)


def _y(share: float) -> float:
    return round(FLOOR - share * SIDE, 1)


def _tick(share: float) -> tuple[str, ...]:
    return (
        f'<line class="grid" x1="{LEFT}" y1="{_y(share)}" x2="{LEFT + SIDE}" y2="{_y(share)}"/>',
        f'<text x="{LEFT - 8}" y="{_y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>',
        f'<text x="{_x(share)}" y="{FLOOR + 18}" text-anchor="middle">{share:.0%}</text>',
    )


def _bar(one: Bin, most: int) -> str:
    height = round(COUNTS * one.count / most, 1)
    width = round((one.high - one.low) * SIDE - 2, 1)
    return f'<rect class="count" x="{_x(one.low) + 1:.1f}" y="{FLOOR - height:.1f}" width="{width}" height="{height}"/>'


def _point(one: Bin) -> str:
    about = f"said {one.said:.1%}, right {one.right:.1%}, {one.count} guesses"
    return f'<circle class="point" cx="{_x(one.said)}" cy="{_y(one.right)}" r="5"><title>{about}</title></circle>'
