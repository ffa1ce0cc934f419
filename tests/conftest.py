import pytest

from sdnn.choices import Split
from sdnn.datasets.digits import MNIST_FILES, Mnist, find_mnist, load_mnist


@pytest.fixture(scope="session")
def mnist() -> Mnist:
    """The validation split, where MNIST is on disk: tests never download it."""
    raw = find_mnist() / "MNIST" / "raw"
    if not all((raw / name).is_file() or (raw / f"{name}.gz").is_file() for name in MNIST_FILES):
        pytest.skip("MNIST is not on disk: set SDNN_DATA to the folder that holds MNIST/raw")
    return load_mnist(Split.VALIDATION)
