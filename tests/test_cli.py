from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("option", ["--config", "--state", "--catalog"])
@pytest.mark.parametrize("text", ["nothing", "[1]", "", None])
def test_a_file_without_a_json_object_is_named_in_one_line(
    option: str, text: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "file.json"
    if text is not None:
        file.write_text(text)

    done = CliRunner().invoke(TapKombo.cli, [option, str(file)])

    assert done.exit_code == 2
    assert f"Invalid value for '{option}': '{file}'" in done.stderr
    assert not done.stdout


def test_env_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAP_KOMBO_API_KEY", "k")

    done = CliRunner().invoke(TapKombo.cli, ["--config", "ENV"])

    assert done.exit_code == 1  # as `integration_ids` is missing
