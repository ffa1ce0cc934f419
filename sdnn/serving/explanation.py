"""The evidence of a reading as JSON, for the page that draws it."""

import io
from base64 import b64encode
from typing import Any

import numpy as np
from PIL import Image

from sdnn.results import FloatArray, Reading


def explanation(reading: Reading) -> dict[str, Any] | None:
    """What the page draws of a string: strip, class map, path, spans and boxes.

    Args:
        reading: Reading with its evidence.

    Returns:
        `strip` (PNG, as a data address; ink is dark), `strip_px` (width and height), `probs` (T x 11, rounded
        to thousandths), `path` (T classes), `spans` (class, first and last column of each digit), `boxes` of
        the digits in pixels of the strip, and `window_px`, `stride_px`, `offset_px` of the class map. None
        where there is no strip.
    """
    evidence = reading.evidence
    if evidence is None or 0 in evidence.strip.ink.shape:
        return None
    ink, class_map = evidence.strip.ink, evidence.class_map
    return {
        "strip": "data:image/png;base64," + b64encode(png(1 - ink)).decode(),
        "strip_px": [ink.shape[1], ink.shape[0]],
        "probs": np.exp(class_map.log_probs).round(3).tolist(),
        "path": evidence.path.tolist(),
        "spans": [[span.label, span.first, span.last] for span in evidence.spans],
        "boxes": [[round(float(edge), 1) for edge in _edges(box)] for box in evidence.boxes],
        "window_px": class_map.window_px,
        "stride_px": class_map.stride_px,
        "offset_px": class_map.offset_px,
    }


def png(brightness: FloatArray) -> bytes:
    """A grey PNG picture.

    Args:
        brightness: (H, W), 0 black to 1 white; what lies beyond is cut off.
    """
    encoded = io.BytesIO()
    grey = np.rint(255 * np.clip(brightness, 0, 1)).astype(np.uint8)
    Image.fromarray(grey).save(encoded, "PNG", compress_level=3)
    return encoded.getvalue()


def _edges(box: Any) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom
