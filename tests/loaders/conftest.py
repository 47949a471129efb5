from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from loaders.messages import write_messages

if TYPE_CHECKING:
    from loaders.messages import Messages


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all that is here out of other runs: each loader needs a venv of its own."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.loaders)
            item.add_marker(pytest.mark.system)


@pytest.fixture(scope="session")
def messages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Messages]:
    """Two runs of the tap, by shape; every loader reads the same files."""
    return write_messages(tmp_path_factory.mktemp("messages"))
