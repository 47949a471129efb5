"""Standard output that cannot be written: one line, no stack trace, and nothing lost."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from processes import A, Scene, opened
from singer_sdk.singerlib import StateMessage
from typing_extensions import override

from kombo_emulator import Size
from tap_kombo.writer import BufferedWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGE = "greenhouse:large"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """The tap with more to send than a pipe holds."""
    with opened(tmp_path) as scene:
        scene.emulator.add_integration(LARGE, "ATS", Size(interviews=600))
        yield scene


def test_a_loader_that_ends_is_told_in_one_line(scene: Scene) -> None:
    tap = scene.start(ids=(LARGE,))
    assert tap.stdout
    assert json.loads(tap.stdout.readline())["type"] == "SCHEMA"
    tap.stdout.close()

    ended = scene.wait(tap)

    assert ended.code == 1
    (line,) = ended.errors
    assert "the loader has ended. The cause is in the loader's own lines above. The next" in line


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_in_one_line(scene: Scene) -> None:
    with Path("/dev/full").open("w") as full:
        ended = scene.wait(scene.start(ids=(LARGE,), stdout=full.fileno()))

    assert ended.code == 1
    (line,) = ended.errors
    assert "No space left on device" in line


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize("blocking", [False, True])
def test_a_pipe_without_room_loses_nothing(
    scene: Scene, *, unbuffered: bool, blocking: bool
) -> None:
    """Node.js, for one, hands out pipes that do not block."""
    ended = scene.run_into_a_full_pipe(blocking=blocking, unbuffered=unbuffered, ids=(LARGE,))

    assert ended.code == 0
    assert ended.written == {"interviews": 600, "jobs": 6}
    assert ended.messages[-1]["type"] == "STATE"  # after what it confirms


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_messages_are_utf_8_whatever_is_chosen_for_text(scene: Scene, encoding: str) -> None:
    ats = scene.emulator.integrations[A]
    ats.edit("ats_interviews", ats.records("ats_interviews")[0]["id"], title="Café")

    ended = scene.run(encoding=encoding)

    titles = [one["record"].get("title") for one in ended.messages if one["type"] == "RECORD"]
    assert "Café" in titles


def test_discovery_fits_into_a_full_pipe(scene: Scene) -> None:
    ended = scene.run_into_a_full_pipe("--discover", blocking=False)

    assert len(json.loads(ended.output)["streams"]) > 40


class Narrow(io.BytesIO):
    """Takes a few bytes at a time, as a file without a buffer may that a signal interrupts."""

    @override
    def write(self, data: Any) -> int:
        return super().write(bytes(data[:7]))


def test_a_write_that_takes_a_part_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = Narrow()
    monkeypatch.setattr("sys.stdout", SimpleNamespace(buffer=narrow, flush=narrow.flush))

    BufferedWriter().write_message(StateMessage({"bookmarks": {"jobs": {}}}))

    assert json.loads(narrow.getvalue())["value"] == {"bookmarks": {"jobs": {}}}
