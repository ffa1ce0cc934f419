"""The detector swept over a picture at the scales that matter."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from sdnn.detection.maps import HEIGHTS_PX, STRIDE_PX, DetectionMaps
from sdnn.detection.text_lines import Detections, group_lines
from sdnn.errors import ModelError
from sdnn.models.metadata import MAPS, TRAIN_DETECTOR, DetectorMetadata
from sdnn.models.session import entries_of, has_interface, open_session
from sdnn.preprocessing.contrast import local_contrast
from sdnn.preprocessing.normalization import pixel_centre_affine
from sdnn.results import Box, FloatArray

BUNDLED: Final = Path(__file__).parents[1] / "weights" / "detector.onnx"
WINDOW_PX: Final = 49
"""Side of the square that local contrast is taken over."""
MULTIPLE_PX: Final = 16
"""Sides of what the net sees are multiples of this."""
MARGIN_PX: Final = 8
"""Picture goes on by so much beyond its edge."""
COARSEST_PX: Final = 26
"""Short side of a picture at its coarsest scale, at most: that scale answers for digits that fill it."""
ALWAYS_PX: Final = 1600
"""Short side up to which every scale is looked at; beyond it only where a coarser one asks for it."""
FINEST: Final = -1
"""The finest scale: twice that of the picture, for digits of 6 to 12 pixels."""
LEAST_CLOSER: Final = 0.35
"""Probability of smaller digits from which on a finer scale is looked at."""
SURE: Final = 0.8
"""Probability of a line from which on finer scales are looked at only where a coarser one hints at digits."""
HINT: Final = 0.15
"""Probability of smaller digits, anywhere, that is such a hint."""
AROUND_PX: Final = 64
"""Surroundings that are looked at, too, at the scale that asks."""
BAND_PX: Final = 2_000_000
"""Pixels that go through the net at a time: some 300 MB of maps."""
OVERLAP_PX: Final = 128
"""Rows that bands see of each other: more than the net sees around a place."""


class Detector:
    """A detector's model file ready to look at pictures.

    Attributes:
        metadata: What the file says about itself.
        sha256: Checksum of the file.
    """

    def __init__(self, path: Path = BUNDLED, threads: int | None = None) -> None:
        """Loads a detector.

        Args:
            path: File (.onnx).
            threads: That calculate together; as many as processors where None.

        Raises:
            ModelError: When the file is missing, damaged, or not a detector of this package.
        """
        self._session, self.sha256 = open_session(path, threads, TRAIN_DETECTOR)
        self._path = path
        self.metadata = DetectorMetadata.from_entries(entries_of(self._session), where=str(path))
        if self.metadata.scale != (STRIDE_PX, HEIGHTS_PX, WINDOW_PX):
            raise ModelError(f"{path}: a detector for other sizes; use its sdnn version")
        outputs = {"maps": (None, MAPS, None, None), "ink": (None, None, None)}
        if not has_interface(self._session, ["contrast"], outputs):
            raise ModelError(
                f"{path}: has not the inputs and outputs of a detector; make one with: {TRAIN_DETECTOR}"
            )

    def __reduce__(self) -> tuple[type["Detector"], tuple[Path, int]]:
        """Goes to another process by its file; there it is one of several, and has one thread."""
        return Detector, (self._path, 1)

    def __call__(self, picture: FloatArray) -> Detections:
        """The lines on a picture.

        Args:
            picture: (H, W) float32, 0 black to 1 white.
        """
        levels = tuple(self._levels(picture))
        return Detections(tuple(group_lines(levels)), levels)

    def _levels(self, picture: FloatArray) -> Iterator[DetectionMaps]:
        """The maps at each scale, the coarsest first; finer ones only where they may show more."""
        short = min(picture.shape)
        coarsest = max(0, int(np.ceil(np.log2(max(1.0, short / COARSEST_PX)))))
        area = whole = Box(0, 0, picture.shape[1], picture.shape[0])
        surest = 0.0
        for level in range(coarsest, FINEST - 1, -1):
            maps = self.maps_at(picture, 2.0**-level, area)
            yield maps
            surest = max(surest, float(maps.line.max()))
            finer_px = short * 2.0 ** (1 - level)
            if finer_px > ALWAYS_PX or level == 0:
                closer = _area_closer(maps, whole)
                if closer is None:
                    return
                area = closer
            elif surest >= SURE and float(maps.closer.max()) < HINT:
                return

    def maps_at(self, picture: FloatArray, scale: float, area: Box | None = None) -> DetectionMaps:
        """What the net says of a part of the picture at one scale.

        Args:
            picture: (H, W) brightness.
            scale: Pixels for each pixel of the picture.
            area: In pixels of the picture; by default all of it.
        """
        left, top = 0, 0
        if area is not None:
            left, top, right, bottom = area.rounded()
            picture = picture[top:bottom, left:right]
        rows, columns = (max(1, round(length * scale)) for length in picture.shape)
        if scale != 1:
            way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            picture = np.asarray(cv2.resize(picture, (columns, rows), interpolation=way), dtype=np.float32)
        down, right = ((-(length + 2 * MARGIN_PX)) % MULTIPLE_PX for length in picture.shape)
        seen = cv2.copyMakeBorder(
            picture, MARGIN_PX, MARGIN_PX + down, MARGIN_PX, MARGIN_PX + right, cv2.BORDER_REPLICATE
        )
        contrast = local_contrast(np.asarray(seen, dtype=np.float32), WINDOW_PX)
        maps, ink = self._swept(contrast)
        back = np.array(
            [[1 / scale, 0.0, left - MARGIN_PX / scale], [0.0, 1 / scale, top - MARGIN_PX / scale]]
        )
        return DetectionMaps.from_net(maps, ink, back)

    def _swept(self, contrast: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The net's answers; a large picture goes through it in bands, which see a little of each other."""
        rows, columns = contrast.shape
        band = max(2 * OVERLAP_PX, BAND_PX // columns // MULTIPLE_PX * MULTIPLE_PX)
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
        return maps[0], ink[0]


def _area_closer(maps: DetectionMaps, whole: Box) -> Box | None:
    """The part of the picture where there are digits too small for a scale; None without any."""
    rows, columns = np.nonzero(maps.closer >= LEAST_CLOSER)
    if not len(rows):
        return None
    low, high = np.array([columns.min(), rows.min()]), np.array([columns.max(), rows.max()]) + 1
    corners = np.stack([low * STRIDE_PX - AROUND_PX, high * STRIDE_PX + AROUND_PX])
    matrix = maps.picture_from_map
    (left, top), (right, bottom) = corners @ matrix[:, :2].T + matrix[:, 2]
    area = Box(float(left), float(top), float(right), float(bottom)).clipped(whole.right, whole.bottom)
    return area if area.width >= 1 and area.height >= 1 else None


def heatmap(detections: Detections, shape: tuple[int, ...]) -> FloatArray:
    """(H, W) probability of each pixel of a picture to be ink of a digit, the highest over all scales."""
    rows, columns = shape
    total = np.zeros((rows, columns), np.float32)
    for maps in detections.levels:
        matrix = pixel_centre_affine(maps.picture_from_map)
        np.maximum(
            total, cv2.warpAffine(maps.ink, matrix, (columns, rows), flags=cv2.INTER_LINEAR), out=total
        )
    return total
