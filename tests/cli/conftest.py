from pathlib import Path

import pytest
from helpers.batch_folder import write_batch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_batch(tmp_path / "strips")
