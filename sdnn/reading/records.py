"""The records that go through the pipeline: a page, its lines, and each view of a line."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property

from sdnn.decoding.consensus import Hypothesis, Proposal
from sdnn.detection import Detections, LineCrop, TextLine
from sdnn.detection.detector import heatmap
from sdnn.detection.maps import DetectionMaps
from sdnn.reading.views import View, strips_of
from sdnn.results import ClassMap, FloatArray, Geometry, IntArray, Reading, Strip


@dataclass(eq=False)
class ViewOutput:
    """A line as one view shows it, and what comes of it.

    Attributes:
        strip: Input of the net; its way back leads to the page.
        class_map: Output of the net.
        unconstrained: What the decoder reads on the class map.
        constrained: The same under the constraint; the same proposal where there is none.
    """

    strip: Strip
    class_map: ClassMap = field(init=False)
    unconstrained: Proposal = field(init=False)
    constrained: Proposal = field(init=False)


@dataclass(eq=False)
class Line:
    """A line of digits on a page, with all that becomes known of it.

    Attributes:
        found: Where the detector found it, in pixels of the page.
        page_from_line: (2, 3) affine matrix that takes pixels of the writing to pixels of the page.
        crop: What is written there.
        outputs: Its views; all but the first only where that is not confident.
        turned: The same line read the other way, where the detector does not know which way is up.
        way: Probability that it runs this way and not the other.
        unconstrained: String on which the views agree.
        constrained: The same under the constraint; None where its maps have too few columns for any string.
        path: (T,) class of each column of the best view, on the path that spells the text; None where the
            decoder allows none.
        digit_marginals: (L, 10) probability of each digit at each position of the text.
        reading: Text, digits and their boxes, as the views alone have them.
    """

    found: TextLine
    page_from_line: FloatArray
    crop: LineCrop
    outputs: list[ViewOutput] = field(default_factory=list)
    turned: "Line | None" = None
    way: float = 1.0
    unconstrained: Hypothesis = field(init=False)
    constrained: Hypothesis | None = field(init=False)
    path: IntArray | None = field(init=False)
    digit_marginals: FloatArray = field(init=False)
    reading: Reading = field(init=False)

    @property
    def hypothesis(self) -> Hypothesis:
        """The string that is shown: the constrained one where it is possible."""
        return self.constrained or self.unconstrained

    @property
    def best(self) -> ViewOutput:
        """The view that is most confident in the string."""
        return self.outputs[int(self.hypothesis.log_probs.argmax())]

    @property
    def proposal(self) -> Proposal:
        """What the decoder reads on that view alone."""
        return self.best.constrained if self.constrained else self.best.unconstrained

    @property
    def ways(self) -> "list[Line]":
        """The line, and the same read the other way where it may run so."""
        return [self, self.turned] if self.turned else [self]

    @property
    def better_way(self) -> "Line":
        """The line in the way that reads better, which is as probable as its share of the confidence."""
        if self.turned is None:
            return self
        upright, upset = self.unconstrained.confidence, self.turned.unconstrained.confidence
        better = self.turned if upset > upright else self
        better.way = max(upright, upset) / max(upright + upset, 1e-9)
        return better

    def add_views(self, views: Sequence[View], geometry: Geometry) -> list[ViewOutput]:
        """New views of the writing."""
        strips = strips_of(self.crop, views, geometry)
        added = [ViewOutput(strip.on_page(self.page_from_line)) for strip in strips]
        self.outputs += added
        return added


@dataclass(eq=False)
class Page:
    """A page of a picture.

    Attributes:
        source: Name of the picture.
        number: Of the page, from 1.
        size_px: Width and height.
        lines: Its lines in reading order.
        doubt: Probability that there is a digit although no line was found.
        brightness: (H, W), 0 black to 1 white; None unless readings are to come with their evidence.
        detections: What the detector saw; None unless readings are to come with their evidence.
        error: Why it cannot be read; None where it can.
        elapsed_ms: Time that it took so far.
    """

    source: str
    number: int = 1
    size_px: tuple[int, int] = (0, 0)
    lines: list[Line] = field(default_factory=list)
    doubt: float = 0.0
    brightness: FloatArray | None = None
    detections: Detections | None = None
    error: str | None = None
    elapsed_ms: float = 0.0

    @cached_property
    def heat(self) -> FloatArray | None:
        """(H, W) probability of each pixel to be ink of a digit; None unless it is kept."""
        return heatmap(self.detections, self.size_px[::-1]) if self.detections else None

    @property
    def held_bytes(self) -> int:
        """Memory that it takes."""
        inks = sum(line.crop.layers.nbytes for line in self.lines)
        kept = 0 if self.brightness is None else self.brightness.nbytes
        levels = self.detections.levels if self.detections else ()
        maps = {*levels, *(line.found.maps for line in self.lines)}  # shared by lines of the same scale
        return inks + kept + sum(map(_bytes_of, maps))


def _bytes_of(maps: DetectionMaps) -> int:
    return sum(getattr(maps, each.name).nbytes for each in fields(maps))
