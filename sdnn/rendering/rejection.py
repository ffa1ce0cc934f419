"""The risk-coverage plot: error among accepted strips over the share of accepted ones."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final, Protocol

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from sdnn.rendering.canvas import printable
from sdnn.rendering.contact_sheet import elide
from sdnn.results import FloatArray, IntArray

COLOURS: Final = ("#1c5594", "#de5400", "#008a75", "#8c3d91", "#967000", "#484e5a")
"""Distinct for colour-blind eyes, and dark enough for letters on white; repeated from the seventh line on."""
SIZE_IN: Final = (12.4, 7.2)
"""Width and smallest height, at 100 pixels per inch; a page shows it at about two thirds."""
LABEL_IN: Final = 0.56
"""Height of a name with its second line in the legend."""
NAME_PX: Final = (20, 270)
"""Size of the letters of a name, and its greatest width."""
ERROR_TICKS: Final = (0.0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
MIN_TOP: Final = 0.05
"""Smallest end of the error axis, so that lines near zero look good."""
MIN_ACCEPTED: Final = 20
"""Accepted strips at the beginning of a line: with fewer, one wrong is more than 5 %."""


class ErrorCurve(Protocol):
    """A risk-coverage curve of K thresholds, made by `sdnn.evaluation.risk_coverage`."""

    @property
    def accepted(self) -> IntArray:
        """(K,) number of accepted strips, rising; the last is that of all."""

    @property
    def coverage(self) -> FloatArray:
        """(K,) share of accepted strips, rising to 1."""

    @property
    def error(self) -> FloatArray:
        """(K,) share of wrong strips among the accepted, 0 to 1."""


def is_short(curve: ErrorCurve) -> bool:
    """Whether a curve has too few strips for a line."""
    return not len(curve.accepted) or int(curve.accepted[-1]) < MIN_ACCEPTED


def rejection_plot(curves: Sequence[tuple[str, ErrorCurve]]) -> Image.Image:
    """The RGB picture of `rejection_figure`."""
    png = BytesIO()
    rejection_figure(curves).savefig(png, format="png", dpi="figure")
    return Image.open(png).convert("RGB")


def rejection_figure(curves: Sequence[tuple[str, ErrorCurve]]) -> Figure:
    """A plot of the error among accepted strips over the share of accepted ones.

    The error has a square-root scale, which includes zero, and keeps 0.1, 1 and 5 % apart under a line that
    ends at 30 %. A line begins where 20 strips are accepted. The legend has the error without rejection.

    Args:
        curves: Name and curve of each folder, in the order of the colours; empty ones are left out.
    """
    filled = [(name, curve) for name, curve in curves if len(curve.accepted)]
    with matplotlib.rc_context({"font.size": 14, "axes.spines.top": False, "axes.spines.right": False}):
        height_in = max(SIZE_IN[1], LABEL_IN * (len(filled) + 1))
        figure = Figure((SIZE_IN[0], height_in), dpi=100, layout="constrained")
        axes = figure.add_subplot()
        top = MIN_TOP
        for i, (_, curve) in enumerate(filled):
            first = np.searchsorted(curve.accepted, min(MIN_ACCEPTED, curve.accepted[-1]))
            axes.plot(
                100 * curve.coverage[first:],
                100 * curve.error[first:],
                color=COLOURS[i % len(COLOURS)],
                linewidth=2,
                marker="o",
                markevery=[-1],
                clip_on=False,
                # The first one on top.
                zorder=3 - i / len(filled),
            )
            top = max(top, float(curve.error[first:].max()))
        top = next(tick for tick in ERROR_TICKS if tick >= top)
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 100 * top)
        axes.set_yscale("function", functions=(lambda error: np.sqrt(np.maximum(error, 0)), np.square))
        # On an axis up to 100 %, 0.1 % would touch 0.
        ticks = [100 * tick for tick in ERROR_TICKS if tick <= top and not 0 < tick < top / 400]
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.grid(axis="y", color="#dddddd")
        axes.set_xlabel("coverage (%): strips accepted, the surest first")
        axes.set_ylabel("error among accepted strips (%)")
        legend = figure.legend(
            axes.lines, [""] * len(filled), loc="outside right upper", frameon=False, labelcolor="linecolor"
        )
        # Labels of the legend would leave out names that begin with _, and read $ as a formula.
        for text, (name, curve) in zip(legend.get_texts(), filled, strict=True):
            text.set_parse_math(False)
            text.set_text(f"{elide(printable(name), *NAME_PX)}\nall accepted: {100 * curve.error[-1]:.2f} %")
        if not filled:
            axes.text(50, 100 * top / 4, "no strips", ha="center")
        elif all(is_short(curve) for _, curve in filled):
            axes.text(
                50, 100 * top / 4, f"fewer than {MIN_ACCEPTED} strips are too few for a line", ha="center"
            )
    return figure
