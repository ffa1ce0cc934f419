"""The net of 1992: a digit net of the 1989 kind on whole strips, read by zones of four widths.

What the net is, down to the last layer, with its output for a strip of W pixels (maps x rows x columns):

::

    conv 5x5       4 x 24 x W-4
    average 2x2    4 x 12 x (W-4)/2
    conv 5x5      12 x  8 x (W-12)/2
    average 2x2   12 x  4 x T            T = (W-12)/4 feature columns, one every 4 px, each of 16 px
    zones         10 for each width, at each feature column

A *zone* is a stretch of feature columns with ten outputs, one for each digit; no class says that there is
none, unless one more output is asked for. A zone of 5 columns is a window of 32 px, one of 4, 3 and 2 a
window of 28, 24 and 20. All read with the weights of the widest: where a narrow zone has no columns of its
own, on its right, it reads background, the features that blank paper has.

Reference:
    Matan et al. 1992: four output maps on zones of width 5, 4, 3 and 2 that share their weights. Le Cun et
    al. 1989 (NIPS 2) for the layers, of which the paper of 1992 prints no sizes. Its 2,578 parameters come
    out with 20 kernels between 4 and 12 maps, with a coefficient and a bias for each map that is averaged,
    and with 4 columns below the outputs. Ours, where the papers are silent or we differ: strips of 28 px, all
    48 kernels, which leaves 3,758 parameters, the missing columns on the right, ink from 0 to 1, and after
    every layer but the last the squashing function 1.7159 tanh(2x/3) of the same authors.
"""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from sdnn.results import DIGITS, Geometry

GEOMETRY: Final = Geometry(height_px=28, text_height_px=20, window_px=16, stride_px=4)
"""Of the feature columns: what one of them sees, and how far apart they are."""
ZONE_WIDTHS: Final = (5, 4, 3, 2)
"""Feature columns of the zones, the paper's."""
WIDEST: Final = 5
"""Feature columns for which there are weights."""
MAPS: Final = (4, 12)
"""Feature maps of the two convolutions."""
FEATURE_ROWS: Final = 4


class Subsampling(nn.Module):
    """Averages over squares of 2 x 2, times a coefficient, plus a bias: one of each for a map."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(torch.ones(maps))
        self.bias = nn.Parameter(torch.zeros(maps))

    def forward(self, maps: Tensor) -> Tensor:
        """(B, M, H, W) to (B, M, H/2, W/2); an odd column at the end is dropped."""
        averages = functional.avg_pool2d(maps, 2)
        return averages * self.coefficient[:, None, None] + self.bias[:, None, None]


class Net1992(nn.Module):
    """Maps strips to the logits of each zone.

    Attributes:
        zone_widths: Feature columns of each kind of zone.
    """

    def __init__(self, zone_widths: Sequence[int] = ZONE_WIDTHS, classes: int = len(DIGITS)) -> None:
        """With random weights.

        Args:
            zone_widths: Feature columns of each kind of zone.
            classes: Outputs of each zone.

        Raises:
            ValueError: When a zone is wider than the widest there are weights for, or a single column.
        """
        super().__init__()
        if not zone_widths or not all(2 <= width <= WIDEST for width in zone_widths):
            raise ValueError(f"zones of {[*zone_widths]} feature columns: give widths from 2 to {WIDEST}")
        self.zone_widths = tuple(zone_widths)
        first, second = MAPS
        self.first = nn.Conv2d(1, first, 5)
        self.first_average = Subsampling(first)
        self.second = nn.Conv2d(first, second, 5)
        self.second_average = Subsampling(second)
        self.output = nn.Conv1d(second * FEATURE_ROWS, classes, WIDEST)

    def forward(self, strips: Tensor) -> Tensor:
        """Logits of every zone.

        What a zone says of blank paper is the same for every width; to that each column adds what its
        features are off the background's. So a narrow zone is the kernel of the widest with its right columns
        cut off, exactly.

        Args:
            strips: (B, 1, 28, W), 0 paper to 1 ink, W at least 16.

        Returns:
            (B, T, Z, C) logits of the zones of each width that begin at each column, T = (W - 12) // 4.
            Those that reach beyond the last column read background there.
        """
        background = self.features(torch.zeros_like(strips[:1, :, :, : GEOMETRY.window_px]))
        departures = self.features(strips) - background
        of_blank = self.output(background.expand(-1, -1, WIDEST)).flatten()
        zones = [
            functional.conv1d(functional.pad(departures, (0, width - 1)), self.output.weight[..., :width])
            for width in self.zone_widths
        ]
        logits: Tensor = torch.stack(zones, dim=1).permute(0, 3, 1, 2) + of_blank
        return logits

    def digits(self, windows: Tensor) -> Tensor:
        """Logits of single digits, each of which fills a zone of the widest kind.

        Args:
            windows: (B, 1, 28, 32), 0 paper to 1 ink.

        Returns:
            (B, C) logits.

        Raises:
            ValueError: When the windows have another width.
        """
        features = self.features(windows)
        if features.shape[2] != WIDEST:
            raise ValueError(f"windows of {windows.shape[3]} columns, expected 32")
        logits: Tensor = self.output(features)
        return logits.squeeze(2)

    def features(self, strips: Tensor) -> Tensor:
        """(B, 48, T) feature columns of (B, 1, 28, W) strips: for each of twelve maps its four rows."""
        maps = _squashed(self.first_average(_squashed(self.first(strips))))
        maps = _squashed(self.second_average(_squashed(self.second(maps))))
        return maps.flatten(1, 2)


def _squashed(values: Tensor) -> Tensor:
    """Le Cun's squashing function, which is 1 at 1 and -1 at -1."""
    return 1.7159 * torch.tanh(values * (2 / 3))
