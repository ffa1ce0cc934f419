import os
import signal
from collections.abc import Generator
from typing import Any

import pytest

from sdnn.datasets.mnist import MNIST_FILES, Mnist, find_mnist, load_mnist
from sdnn.enums import Split
from sdnn.errors import UnreadableInput

# As many tests run side by side as there are processors; torch, which looks at this when it is loaded, would
# have as many threads for each of them.
os.environ.setdefault("OMP_NUM_THREADS", "1")
pytest.register_assert_rewrite("helpers")


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


def ended_in_time(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fails a test that hangs at the timeout, after which pytest prints where each thread is.

    The alarm goes on ringing: what is left by the first failure may hang, too.
    """
    timeout_s = float(item.config.getini("faulthandler_timeout"))

    def fail(*_: object) -> None:
        pytest.fail(f"hung: not done after {timeout_s:.0f} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, timeout_s, timeout_s)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


if hasattr(signal, "SIGALRM"):
    pytest_runtest_setup = pytest.hookimpl(wrapper=True)(ended_in_time)
    pytest_runtest_call = pytest.hookimpl(wrapper=True)(ended_in_time)
