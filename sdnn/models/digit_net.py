"""The single-digit net of an architecture: from a window to ten digits and no-digit.

Nothing is padded and nothing depends on the position, so each layer can be applied to a strip of any width:
`fully_convolutional` turns the two fully connected layers into convolutions.
"""

from torch import Tensor, nn
from torch.nn import functional

from sdnn.models.architecture import Architecture, Convolution, Layer
from sdnn.models.lenet import LENET


class DigitNet(nn.Module):
    """Classifier of one window.

    Attributes:
        architecture: Layers as data.
    """

    def __init__(self, architecture: Architecture = LENET, dropout: float = 0.0) -> None:
        """Makes a net with random weights.

        Raises:
            ValueError: When the architecture has another number of convolutions than channels.
        """
        super().__init__()
        self.architecture = architecture
        self.features = nn.Sequential(
            *(module for layer in architecture.features for module in _modules(layer))
        )
        hidden, last = architecture.connected
        self.feature_map = hidden.rows, hidden.columns
        self.flatten = nn.Flatten()
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Sequential(
            nn.Linear(hidden.channels_in * hidden.rows * hidden.columns, hidden.channels_out, bias=False),
            nn.BatchNorm1d(hidden.channels_out),
            nn.ReLU(inplace=True),
            self.dropout,
            nn.Linear(last.channels_in, last.channels_out),
        )

    def forward(self, windows: Tensor) -> Tensor:
        """(B, 11) logits, no-digit last, of (B, 1, H, W) windows, 0 paper to 1 ink."""
        logits: Tensor = self.classifier(self.flatten(self.features(windows)))
        return logits

    def sweep(self, strips: Tensor, frozen: bool = False) -> Tensor:
        """Logits of every window of strips, for string training.

        In evaluation mode these are the logits of `fully_convolutional`.

        Args:
            strips: (B, 1, H, W), 0 paper to 1 ink, W at least a window.
            frozen: Whether batch normalization keeps its statistics in training mode. Otherwise it takes
                those of all columns of the batch.

        Returns:
            (B, T, 11) logits, no-digit last.
        """
        connected, norm, *middle, last = self.classifier
        assert isinstance(connected, nn.Linear)
        kernel = connected.weight.view(connected.out_features, -1, *self.feature_map)
        if self.training and not frozen:
            features = self.features(strips)
            swept = norm(functional.conv2d(features, kernel).squeeze(2))
        else:
            features = strips
            layers = iter(self.features)
            for layer in layers:
                if isinstance(layer, nn.Conv2d):
                    folded, bias = _folded(layer.weight, next(layers))
                    features = functional.conv2d(features, folded, bias, layer.stride)
                else:
                    features = layer(features)
            swept = functional.conv2d(features, *_folded(kernel, norm)).squeeze(2)
        for layer in middle:
            swept = layer(swept)
        logits: Tensor = last(swept.transpose(1, 2))
        return logits


def _folded(kernel: Tensor, norm: nn.Module) -> tuple[Tensor, Tensor]:
    """Kernel and bias of a convolution after folding of its batch normalization with fixed statistics.

    Without folding, the normalization would pass over every pixel of every feature map once more.
    """
    assert isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    factor = norm.weight * (norm.running_var + norm.eps).rsqrt()
    return kernel * factor[:, None, None, None], norm.bias - norm.running_mean * factor


def _modules(layer: Layer) -> list[nn.Module]:
    """A convolution with batch normalization in place of a bias, and a rectifier; or max pooling."""
    kernel = layer.rows, layer.columns
    if isinstance(layer, Convolution):
        return [
            nn.Conv2d(layer.channels_in, layer.channels_out, kernel, layer.stride, bias=False),
            nn.BatchNorm2d(layer.channels_out),
            nn.ReLU(inplace=True),
        ]
    return [nn.MaxPool2d(kernel)]
