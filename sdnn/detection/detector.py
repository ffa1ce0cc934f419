"""The detector's net swept over a picture at several scales."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from sdnn.affine import apply_affine
from sdnn.detection.detections import Detections
from sdnn.detection.line_selection import select_lines
from sdnn.detection.maps import HEIGHTS_PX, STRIDE_PX, DetectionMaps
from sdnn.errors import ModelError, UnreadableInput
from sdnn.models.metadata import DETECTOR_MULTIPLE_PX, DetectorMetadata
from sdnn.models.session import check_finite, open_session
from sdnn.preprocessing.contrast import local_contrast
from sdnn.results import Box, FloatArray

BUNDLED: Final = Path(__file__).parents[1] / "weights" / "detector.onnx"
CONTRAST_PX: Final = 49
"""Side of the square that local contrast is taken over."""
MARGIN_PX: Final = 8
"""Width by which the edges of a picture are repeated."""
COARSEST_PX: Final = 26
"""Greatest short side of a picture at its coarsest scale, which detects digits that fill it."""
FINEST_LEVEL: Final = -1
"""The finest scale, twice that of the picture, for digits of 6 to 12 pixels."""
MAX_SWEPT_PX: Final = 1600
"""Greatest short side at which the whole picture is swept; finer scales see only areas of small digits."""
MIN_CLOSER: Final = 0.35
"""Probability of a cell whose area is swept at a finer scale."""
AREA_MARGIN_PX: Final = 64
"""Margin of that area, at the scale of the cell."""
MIN_CLEAR_LINE: Final = 0.8
"""Probability of a cell of a line above which the sweep ends unless small digits are likely."""
MIN_LIKELY_CLOSER: Final = 0.15
"""Probability of a cell at which small digits are likely."""
MAX_LEVEL_PIXELS: Final = 16_000_000
"""Pixels of a picture, or of its area, at one scale: some 5 seconds, and 600 MB. Finer scales are left out.

They would show digits of less than 0.8 mm on a whole page A4, whatever its resolution.
"""
BAND_PIXELS: Final = 2_000_000
"""Pixels of one run of the net, whose maps take some 300 MB."""
OVERLAP_PX: Final = 128
"""Rows that bands share: more than the reach of the net."""


class Detector:
    """Finder of the lines of digits on pictures.

    Attributes:
        metadata: Metadata of its model file.
        sha256: Checksum of the file.
    """

    def __init__(self, path: Path = BUNDLED, threads: int | None = None) -> None:
        """Loads a detector.

        Args:
            path: File (.onnx).
            threads: Number of threads; by default one per processor.

        Raises:
            ModelError: When the file is missing, damaged, or not a detector of this package.
        """
        self._path = path
        self._session, self.sha256, self.metadata = open_session(path, threads, DetectorMetadata)
        if self.metadata.scale != (STRIDE_PX, HEIGHTS_PX, CONTRAST_PX):
            raise ModelError(f"{path}: a detector for other sizes; use its sdnn version")

    def __reduce__(self) -> tuple[type["Detector"], tuple[Path, int]]:
        """Pickles the path; in another process it is one of several detectors, and has one thread."""
        return Detector, (self._path, 1)

    def __call__(self, picture: FloatArray) -> Detections:
        """The lines on a picture.

        Args:
            picture: (H, W) float32, 0 black to 1 white.

        Raises:
            UnreadableInput: When the picture is too long for its height or width, or has too many lines; the
                message lacks the name of the picture.
        """
        levels = tuple(self._levels(picture))
        return Detections(tuple(select_lines(levels)), levels)

    def _levels(self, picture: FloatArray) -> Iterator[DetectionMaps]:
        """The maps at each scale, the coarsest first; finer ones only where they may show more."""
        short = min(picture.shape)
        coarsest = max(0, int(np.ceil(np.log2(max(1.0, short / COARSEST_PX)))))
        area = whole = Box(0, 0, picture.shape[1], picture.shape[0])
        highest = 0.0
        for level in range(coarsest, FINEST_LEVEL - 1, -1):
            if _scaled_pixels(area, 2.0**-level) > MAX_LEVEL_PIXELS:
                if level == coarsest:
                    raise UnreadableInput("too long for its other side; cut it into pieces")
                return
            maps = self.maps_at(picture, 2.0**-level, area)
            yield maps
            highest = max(highest, float(maps.line.max()))
            if short * 2.0 ** (1 - level) > MAX_SWEPT_PX or level == 0:
                closer = _area_closer(maps, whole)
                if closer is None:
                    return
                area = closer
            elif highest >= MIN_CLEAR_LINE and float(maps.closer.max()) < MIN_LIKELY_CLOSER:
                return

    def maps_at(self, picture: FloatArray, scale: float, area: Box | None = None) -> DetectionMaps:
        """The maps of a part of the picture at one scale.

        Args:
            picture: (H, W) brightness.
            scale: Pixels of the scaled picture per pixel of the picture.
            area: Part in pixels of the picture; by default all of it.
        """
        left, top = 0, 0
        if area is not None:
            left, top, right, bottom = area.rounded()
            picture = picture[top:bottom, left:right]
        rows, columns = (max(1, round(length * scale)) for length in picture.shape)
        if scale != 1:
            interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            picture = np.asarray(
                cv2.resize(picture, (columns, rows), interpolation=interpolation), np.float32
            )
        down, right = ((-(length + 2 * MARGIN_PX)) % DETECTOR_MULTIPLE_PX for length in picture.shape)
        padded = cv2.copyMakeBorder(
            picture, MARGIN_PX, MARGIN_PX + down, MARGIN_PX, MARGIN_PX + right, cv2.BORDER_REPLICATE
        )
        maps, ink = self._sweep(local_contrast(np.asarray(padded, dtype=np.float32), CONTRAST_PX))
        picture_from_map = np.array(
            [[1 / scale, 0.0, left - MARGIN_PX / scale], [0.0, 1 / scale, top - MARGIN_PX / scale]]
        )
        return DetectionMaps.from_net(maps, ink, picture_from_map)

    def _sweep(self, contrast: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The net's output; a large picture goes through the net in overlapping bands."""
        rows, columns = contrast.shape
        band = max(2 * OVERLAP_PX, BAND_PIXELS // columns // DETECTOR_MULTIPLE_PX * DETECTOR_MULTIPLE_PX)
        if rows <= band + 2 * OVERLAP_PX:
            return self._run(contrast)
        parts = []
        for first in range(0, rows, band):
            top, bottom = max(0, first - OVERLAP_PX), min(rows, first + band + OVERLAP_PX)
            maps, ink = self._run(contrast[top:bottom])
            above, kept = first - top, min(band, rows - first)
            cells = slice(above // STRIDE_PX, (above + kept) // STRIDE_PX)
            parts.append((maps[:, cells], ink[above : above + kept]))
        return np.concatenate([maps for maps, _ in parts], axis=1), np.concatenate([ink for _, ink in parts])

    def _run(self, contrast: FloatArray) -> tuple[FloatArray, FloatArray]:
        maps, ink = self._session.run(None, {"contrast": contrast[None, None]})
        check_finite([maps, ink], self._path)
        return maps[0], ink[0]


def _scaled_pixels(area: Box, scale: float) -> float:
    """Pixels of a part of the picture at a scale, with the margins."""
    return (area.width * scale + 2 * MARGIN_PX) * (area.height * scale + 2 * MARGIN_PX)


def _area_closer(maps: DetectionMaps, whole: Box) -> Box | None:
    """The part of the picture with digits too small for a scale; None without any."""
    rows, columns = np.nonzero(maps.closer >= MIN_CLOSER)
    if not len(rows):
        return None
    low, high = np.array([columns.min(), rows.min()]), np.array([columns.max(), rows.max()]) + 1
    corners = np.stack([low * STRIDE_PX - AREA_MARGIN_PX, high * STRIDE_PX + AREA_MARGIN_PX])
    edges = apply_affine(maps.picture_from_map, corners).ravel().tolist()
    area = Box(*edges).clipped(whole.right, whole.bottom)
    return area if area.width >= 1 and area.height >= 1 else None
