"""The detector's net: a small U-Net, whose coarsest maps see some digits around each stroke.

Reference:
    Matan et al. 1992 sweep a digit net along a line; this one is swept in two dimensions, as LeCun et al.
    1998 (section VII) propose for finding faces. Encoder, decoder and skip connections are those of
    Ronneberger et al. 2015 (U-Net, section 2), with strides in place of pooling.
"""

from copy import deepcopy
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

MASKS: Final = 5
"""Maps of probabilities: line, digit, sign, struck, closer."""
FIELDS: Final = 6
"""Maps of quantities: height, direction (x, y), offset, slant, and one more probability, printed."""
WIDTHS: Final = (16, 16, 48, 64)
"""Channels at half, quarter, eighth and sixteenth of the resolution."""


class DetectorNet(nn.Module):
    """From local contrast to maps at a quarter of the resolution and ink at all of it."""

    def __init__(self, widths: tuple[int, int, int, int] = WIDTHS) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = widths
        self.to_half_size = _convolution(1, half, 5, 2)
        self.quarter = nn.Sequential(_convolution(half, quarter, 3, 2), _convolution(quarter, quarter, 3))
        self.eighth = nn.Sequential(_convolution(quarter, eighth, 3, 2), _convolution(eighth, eighth, 3))
        self.sixteenth = nn.Sequential(
            _convolution(eighth, sixteenth, 3, 2),
            _convolution(sixteenth, sixteenth, 3),
            _convolution(sixteenth, sixteenth, 3, dilation=2),
            _convolution(sixteenth, sixteenth, 3),
        )
        self.up_eighth = nn.Sequential(
            _convolution(sixteenth + eighth, eighth, 1), _convolution(eighth, eighth, 3)
        )
        self.up_quarter = nn.Sequential(
            _convolution(eighth + quarter, quarter, 1), _convolution(quarter, quarter, 3)
        )
        self.maps = nn.Conv2d(quarter, MASKS + FIELDS, 1)
        self.shallow = _convolution(quarter, 8, 1)
        self.strokes = _convolution(8 + half, 8, 3)
        self.ink = nn.Conv2d(8, 4, 1)

    def forward(self, contrast: Tensor) -> tuple[Tensor, Tensor]:
        """Maps and ink, as logits where they are probabilities.

        Args:
            contrast: (B, 1, H, W) float32, -4 to 4, H and W multiples of 16; see `preprocessing.contrast`.

        Returns:
            (B, 11, H / 4, W / 4) masks and fields of `datasets.documents.truth`, and (B, H, W) ink.
        """
        half = self.to_half_size(contrast)  # (B, 16, H / 2, W / 2)
        quarter = self.quarter(half)  # (B, 16, H / 4, W / 4)
        eighth = self.eighth(quarter)  # (B, 48, H / 8, W / 8)
        up = torch.cat([_doubled(self.sixteenth(eighth)), eighth], dim=1)
        up = torch.cat([_doubled(self.up_eighth(up)), quarter], dim=1)
        up = self.up_quarter(up)
        strokes = self.strokes(torch.cat([_doubled(self.shallow(up)), half], dim=1))
        # Four channels at half the resolution are one at full resolution.
        ink: Tensor = functional.pixel_shuffle(self.ink(strokes), 2)
        return self.maps(up), ink.squeeze(1)


def folded(net: DetectorNet) -> DetectorNet:
    """A copy for evaluation, with its batch normalization folded."""
    copy = deepcopy(net).eval()
    for layer in copy.modules():
        match [*layer.children()]:
            case [nn.Conv2d() as convolution, nn.BatchNorm2d() as normalisation, _]:
                layer.register_module("0", fuse_conv_bn_eval(convolution, normalisation))
                layer.register_module("1", nn.Identity())
    return copy


def _doubled(values: Tensor) -> Tensor:
    return functional.interpolate(values, scale_factor=2.0, mode="nearest")


def _convolution(
    channels_in: int, channels_out: int, side: int, stride: int = 1, dilation: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(
            channels_in, channels_out, side, stride, dilation * (side // 2), dilation=dilation, bias=False
        ),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    )
