"""The single-digit net: a LeNet without padding, from a 28x28 window to ten digits and no-digit.

Nothing in it is padded and nothing depends on the position, so each of its layers can be applied to a strip
of any width: `fully_convolutional` turns its two fully connected layers into kernels.

Reference:
    Le Cun et al. 1990 (the net of Matan et al. 1992): five-by-five kernels, subsampling, ten outputs. Ours
    differs: 3x3 kernels above the first layer, rectifiers, maxima for averages, batch normalisation, an
    eleventh class, and a second subsampling that goes down the rows only, so that the map has a column every
    2 px and narrow digits that touch still find a no-digit column between them.
"""

from typing import Final

from torch import Tensor, nn

from sdnn.results import CLASSES, Geometry

GEOMETRY: Final = Geometry()


class DigitNet(nn.Module):
    """Classifier of one window.

    Layers, with their output for one window (channels x rows x columns)::

        features    conv 5x5   16 x 24 x 24
                    max 2x2    16 x 12 x 12
                    conv 3x3   64 x 10 x 10
                    conv 3x3   64 x  8 x  8
                    max 2x1    64 x  4 x  8
        classifier  linear     96            over all 64 x 4 x 8
                    linear     11
    """

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_convolution(1, 16, 5),
            nn.MaxPool2d(2),
            *_convolution(16, 64, 3),
            *_convolution(64, 64, 3),
            nn.MaxPool2d((2, 1)),
        )
        self.flatten = nn.Flatten()
        self.classifier = nn.Sequential(
            nn.Linear(64 * 4 * 8, 96, bias=False),
            nn.BatchNorm1d(96),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(96, CLASSES),
        )

    def forward(self, windows: Tensor) -> Tensor:
        """Logits of each window.

        Args:
            windows: (B, 1, 28, 28), 0 paper to 1 ink.

        Returns:
            (B, 11) logits, no-digit last.
        """
        logits: Tensor = self.classifier(self.flatten(self.features(windows)))
        return logits


def _convolution(channels_in: int, channels_out: int, kernel: int) -> list[nn.Module]:
    """An unpadded convolution, its normalisation (which takes the place of a bias) and a rectifier."""
    return [
        nn.Conv2d(channels_in, channels_out, kernel, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    ]
