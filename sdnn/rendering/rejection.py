"""The risk-coverage plot: error among accepted strips against the share of them that is accepted."""

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
"""Apart for colour-blind eyes too, and dark enough for letters on white; a seventh line has the first's."""
SIZE_IN: Final = (12.4, 7.2)
"""Width and least height, at 100 pixels an inch; a page shows it at about two thirds."""
LABEL_IN: Final = 0.56
"""Height of a name with its second line in the legend."""
NAME_PX: Final = (20, 270)
"""Size of the letters of a name, and the room for it."""
ERROR_TICKS: Final = (0.0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
LEAST_TOP: Final = 0.05
"""The error axis reaches at least so far, so that lines near zero look as good as they are."""
LEAST_ACCEPTED: Final = 20
"""Lines begin where so many strips are accepted: with fewer, one wrong is more than 5 %."""


class ErrorCurve(Protocol):
    """What is drawn of a curve: `sdnn.evaluation.risk_coverage` makes them, and lies above this module.

    K is the number of thresholds.
    """

    @property
    def accepted(self) -> IntArray:
        """(K,) strips accepted, rising; the last is their number."""

    @property
    def coverage(self) -> FloatArray:
        """(K,) share of strips accepted, rising to 1."""

    @property
    def error(self) -> FloatArray:
        """(K,) share of wrong ones among the accepted, 0 to 1."""


def rejection_plot(curves: Sequence[tuple[str, ErrorCurve]]) -> Image.Image:
    """The picture of `rejection_figure`, in RGB."""
    png = BytesIO()
    rejection_figure(curves).savefig(png, format="png", dpi="figure")
    return Image.open(png).convert("RGB")


def rejection_figure(curves: Sequence[tuple[str, ErrorCurve]]) -> Figure:
    """A plot of the error among accepted strips against the share of strips that is accepted.

    The error has a square-root scale: it holds zero, and keeps 0.1, 1 and 5 % apart under a line that ends at
    30 %. A line begins where 20 strips are accepted. Its name says the error if none is rejected.

    Args:
        curves: Name and curve of each folder, in the order of their colours; one without strips is left out.
    """
    filled = [(name, curve) for name, curve in curves if len(curve.accepted)]
    with matplotlib.rc_context({"font.size": 14, "axes.spines.top": False, "axes.spines.right": False}):
        height_in = max(SIZE_IN[1], LABEL_IN * (len(filled) + 1))
        figure = Figure((SIZE_IN[0], height_in), dpi=100, layout="constrained")
        axes = figure.add_subplot()
        top = LEAST_TOP
        for i, (_, curve) in enumerate(filled):
            first = np.searchsorted(curve.accepted, min(LEAST_ACCEPTED, curve.accepted[-1]))
            axes.plot(
                100 * curve.coverage[first:],
                100 * curve.error[first:],
                color=COLOURS[i % len(COLOURS)],
                linewidth=2,
                marker="o",
                markevery=[-1],
                clip_on=False,
                # The first stands on top: it is the one that was asked for first.
                zorder=3 - i / len(filled),
            )
            top = max(top, float(curve.error[first:].max()))
        top = next(tick for tick in ERROR_TICKS if tick >= top)
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 100 * top)
        axes.set_yscale("function", functions=(lambda error: np.sqrt(np.maximum(error, 0)), np.square))
        # Under a line that ends at 100 %, 0.1 % would touch 0.
        ticks = [100 * tick for tick in ERROR_TICKS if tick <= top and not 0 < tick < top / 400]
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.grid(axis="y", color="#dddddd")
        axes.set_xlabel("coverage (%): strips accepted, the surest first")
        axes.set_ylabel("error among accepted strips (%)")
        legend = figure.legend(
            axes.lines, [""] * len(filled), loc="outside right upper", frameon=False, labelcolor="linecolor"
        )
        # Not as labels of the legend, which leaves out names that begin with _ and reads $ as a formula.
        for text, (name, curve) in zip(legend.get_texts(), filled, strict=True):
            text.set_parse_math(False)
            text.set_text(f"{elide(printable(name), *NAME_PX)}\nall accepted: {100 * curve.error[-1]:.2f} %")
        if not filled:
            axes.text(50, 100 * top / 4, "no strips", ha="center")
    return figure
