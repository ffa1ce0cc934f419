import os

import pytest

from sdnn.datasets.mnist import MNIST_FILES, Mnist, find_mnist, load_mnist
from sdnn.enums import Split
from sdnn.errors import UnreadableInput

# As many tests run side by side as there are processors; torch, which looks at this when it is loaded, would
# have as many threads for each of them.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def mnist() -> Mnist:
    """The validation split, where MNIST is on disk: tests never download it."""
    try:
        raw = find_mnist() / "MNIST" / "raw"
    except UnreadableInput as error:
        pytest.skip(str(error))
    if not all((raw / name).is_file() or (raw / f"{name}.gz").is_file() for name in MNIST_FILES):
        pytest.skip("MNIST is not on disk: set SDNN_DATA to the folder that holds MNIST/raw")
    return load_mnist(Split.VALIDATION)
