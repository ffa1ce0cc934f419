"""The single-digit net as a fully convolutional net, which sweeps strips.

A layer that is fully connected to a feature map of R rows and Q columns is a convolution with an R x Q kernel
that fits once. As a convolution it slides along a strip of any width, and what neighbouring windows share is
computed once. The result is exact: column k of the map is the single-digit net on the window that begins at
pixel k times the stride.

Reference:
    Matan et al. 1992: the replicated net; segmentation on feature maps is about ten times cheaper than
    cutting windows from pixels.
"""

import copy

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from sdnn.models.digit_net import DigitNet
from sdnn.results import Geometry


class FullyConvolutional(nn.Module):
    """Maps strips to one column of logits for each window."""

    def __init__(self, layers: nn.Sequential, geometry: Geometry) -> None:
        super().__init__()
        self.layers = layers
        self.geometry = geometry

    def forward(self, strips: Tensor) -> Tensor:
        """(B, T, 11) logits of every window of (B, H, W) strips, 0 paper to 1 ink, W at least a window.

        Raises:
            ValueError: When the strips have another height than the geometry's.
        """
        if strips.shape[1] != self.geometry.height_px:
            raise ValueError(f"strips of {strips.shape[1]} rows, expected {self.geometry.height_px}")
        columns: Tensor = self.layers(strips.unsqueeze(1))
        return columns.squeeze(2).transpose(1, 2)


def fully_convolutional(net: DigitNet) -> FullyConvolutional:
    """The fully convolutional form of a single-digit net, with its batch normalization folded.

    Raises:
        ValueError: When a tensor has not the shape of its kernel: a net of another version.
    """
    net = copy.deepcopy(net).eval()
    layers = _folded(net.features)
    channels, (rows, columns) = net.architecture.channels[-1], net.feature_map
    for layer in _folded(net.classifier):
        if isinstance(layer, nn.Linear):
            layer = _as_kernel(layer, channels, rows, columns)
            channels, rows, columns = layer.out_channels, 1, 1
        layers.append(layer)
    return FullyConvolutional(nn.Sequential(*layers), net.architecture.geometry).eval()


def _as_kernel(linear: nn.Linear, channels: int, rows: int, columns: int) -> nn.Conv2d:
    """The convolution of a fully connected layer on a map of the given size."""
    expected = (linear.out_features, channels * rows * columns)
    if tuple(linear.weight.shape) != expected:
        raise ValueError(f"fully connected layer of shape {tuple(linear.weight.shape)}, expected {expected}")
    kernel = nn.Conv2d(channels, linear.out_features, (rows, columns))
    assert kernel.bias is not None
    assert linear.bias is not None
    with torch.no_grad():
        # nn.Flatten goes through channels, then rows, then columns: the order of a kernel's own axes.
        kernel.weight.copy_(linear.weight.view(kernel.weight.shape))
        kernel.bias.copy_(linear.bias)
    return kernel


def _folded(stack: nn.Sequential) -> list[nn.Module]:
    """The layers of a stack in evaluation mode: batch normalization folded, no dropout."""
    layers: list[nn.Module] = []
    for layer in stack:
        before = layers[-1] if layers else None
        if isinstance(layer, nn.BatchNorm2d) and isinstance(before, nn.Conv2d):
            layers[-1] = fuse_conv_bn_eval(before, layer)
        elif isinstance(layer, nn.BatchNorm1d) and isinstance(before, nn.Linear):
            layers[-1] = fuse_linear_bn_eval(before, layer)
        elif not isinstance(layer, nn.Dropout):
            layers.append(layer)
    return layers
