"""The records of the pipeline: a page, its lines, and the views of a line."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property

from sdnn.decoding.consensus import Candidate, Hypothesis
from sdnn.detection import Detections, LineCrop, TextLine
from sdnn.reading.views import View
from sdnn.results import ClassMap, FloatArray, Geometry, IntArray, Reading, Strip


@dataclass(eq=False)
class ViewOutput:
    """A view of a line on its way through the net and the decoder.

    Attributes:
        strip: Input of the net, mapped to the page.
        class_map: Output of the net.
        unconstrained: Candidate of the decoder.
        constrained: Candidate under the constraint; the same one without a constraint.
    """

    strip: Strip
    class_map: ClassMap = field(init=False)
    unconstrained: Candidate = field(init=False)
    constrained: Candidate = field(init=False)


@dataclass(eq=False)
class Line:
    """A line of digits on its way through the pipeline.

    Attributes:
        text_line: The line by the detector, in pixels of the page.
        page_from_line: (2, 3) affine map from pixels of the crop to pixels of the page.
        crop: Ink of the line.
        outputs: Views; all but the first only where that is not confident.
        reversed: The same line in the other reading direction, where the detector doubts the direction.
        direction_probability: Probability of the reading direction.
        unconstrained: Most probable string over all views.
        constrained: Most probable string under the constraint; None where the maps have too few columns.
        path: (T,) class of each column of the best view, on the path that spells the text; None where the
            decoder allows none.
        digit_marginals: (L, 10) probability of each digit at each position of the text.
        reading: Text, digits and boxes, by the views alone.
    """

    text_line: TextLine
    page_from_line: FloatArray
    crop: LineCrop
    outputs: list[ViewOutput] = field(default_factory=list)
    reversed: "Line | None" = None
    direction_probability: float = 1.0
    unconstrained: Hypothesis = field(init=False)
    constrained: Hypothesis | None = field(init=False)
    path: IntArray | None = field(init=False)
    digit_marginals: FloatArray = field(init=False)
    reading: Reading = field(init=False)

    @property
    def hypothesis(self) -> Hypothesis:
        """The string of the reading: the constrained one where it is possible."""
        return self.constrained or self.unconstrained

    @property
    def best_view(self) -> ViewOutput:
        """The view that is most confident in the string."""
        return self.outputs[int(self.hypothesis.log_probs.argmax())]

    @property
    def directions(self) -> "list[Line]":
        """The line in each reading direction that it may have."""
        return [self, self.reversed] if self.reversed else [self]

    @property
    def best_direction(self) -> "Line":
        """The line in the more confident direction, whose probability is its share of the confidence."""
        if self.reversed is None:
            return self
        confidence, other = self.unconstrained.confidence, self.reversed.unconstrained.confidence
        best = self.reversed if other > confidence else self
        best.direction_probability = max(confidence, other) / max(confidence + other, 1e-9)
        return best

    def add_views(self, views: Sequence[View], geometry: Geometry) -> list[ViewOutput]:
        """Adds views, and returns them."""
        strips = [view.strip_of(self.crop, geometry).on_page(self.page_from_line) for view in views]
        added = [ViewOutput(strip) for strip in strips]
        self.outputs += added
        return added


@dataclass(eq=False)
class Page:
    """A page of a picture.

    Attributes:
        source: Name of the picture.
        number: Number of the page, from 1.
        size_px: Width and height.
        lines: Lines in reading order.
        missed: Probability of a digit where no line was found.
        brightness: (H, W) brightness, 0 black to 1 white; None unless readings keep their evidence.
        detections: Output of the detector; None unless readings keep their evidence.
        error: Reason why the page cannot be read; None where it can.
        elapsed_ms: Time spent on it so far.
    """

    source: str
    number: int = 1
    size_px: tuple[int, int] = (0, 0)
    lines: list[Line] = field(default_factory=list)
    missed: float = 0.0
    brightness: FloatArray | None = None
    detections: Detections | None = None
    error: str | None = None
    elapsed_ms: float = 0.0

    def forget_output(self) -> None:
        """Undoes a reading that was cut short, so that the page can be read again."""
        for found in self.lines:
            for line in found.directions:
                del line.outputs[1:]

    @cached_property
    def digit_ink(self) -> FloatArray | None:
        """(H, W) probability of each pixel to be ink of a digit; None without detections."""
        return self.detections.digit_ink(self.size_px[::-1]) if self.detections else None

    @property
    def memory_bytes(self) -> int:
        """Memory of its arrays."""
        arrays = [line.crop.layers for line in self.lines]
        if self.brightness is not None:
            arrays.append(self.brightness)
        levels = self.detections.levels if self.detections else ()
        # Lines of the same scale share their maps.
        for maps in {*levels, *(line.text_line.maps for line in self.lines)}:
            arrays += [getattr(maps, each.name) for each in fields(maps)]
        return sum(array.nbytes for array in arrays)
