"""Guards for the private names of the SDK that the tap overrides: the SDK has and calls them."""

from __future__ import annotations

import ast
import inspect
import signal
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk import RESTStream, Stream, Tap
from support import KEY, Sent
from typing_extensions import override

import tap_kombo.kinds
import tap_kombo.sdk
import tap_kombo.streams
import tap_kombo.tap
from tap_kombo.sdk import SeamStream, SeamTap
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context

OVERRIDDEN = {
    SeamStream: {"_write_schema_message", "_increment_stream_state"},
    SeamTap: {"_handle_termination"},
}
MODULES = (tap_kombo.sdk, tap_kombo.streams, tap_kombo.kinds, tap_kombo.tap)
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Bare(Stream):
    """A stream of the SDK that writes down which of its private methods are called."""

    name = "bare"
    schema: dict[str, Any] = {"type": "object", "properties": {"id": {"type": "string"}}}  # noqa: RUF012
    primary_keys = ("id",)

    def __init__(self, tap: Tap) -> None:
        super().__init__(tap)
        self.called: list[str] = []

    @override
    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:
        yield {"id": "1"}
        yield {"id": "2"}

    @override
    def _write_schema_message(self) -> None:
        self.called.append("_write_schema_message")
        super()._write_schema_message()

    @override
    def _increment_stream_state(self, *args: Any, **kwargs: Any) -> None:
        self.called.append("_increment_stream_state")
        super()._increment_stream_state(*args, **kwargs)


class BareTap(Tap):
    name = "tap-bare"
    received: tuple[int, ...] = ()

    @override
    def discover_streams(self) -> list[Stream]:
        return [Bare(self)]

    @override
    def _handle_termination(self, signum: int, frame: Any) -> None:
        self.received = (*self.received, signum)


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """Leave the handlers of signals as they were."""
    before = {one: signal.getsignal(one) for one in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_the_sdk_calls_what_is_overridden_of_a_stream() -> None:
    tap = BareTap(message_writer=Sent())

    tap.sync_all()

    [stream] = tap.streams.values()
    assert isinstance(stream, Bare)
    assert stream.called == ["_write_schema_message", *["_increment_stream_state"] * 2]


@pytest.mark.parametrize("number", SIGNALS)
def test_the_sdk_calls_what_is_overridden_of_a_tap(number: signal.Signals) -> None:
    tap = BareTap()

    signal.raise_signal(number)

    assert tap.received == (number,)


@pytest.mark.parametrize(
    ("ours", "name"), [(ours, name) for ours, names in OVERRIDDEN.items() for name in sorted(names)]
)
def test_what_is_overridden_is_called_as_the_sdk_calls_it(
    ours: type[SeamStream | SeamTap], name: str
) -> None:
    theirs = getattr(ours.__mro__[1], name)

    assert getattr(ours, name) is not theirs
    assert [
        (one.name, one.kind, one.default)
        for one in inspect.signature(getattr(ours, name)).parameters.values()
    ] == [
        (one.name, one.kind, one.default) for one in inspect.signature(theirs).parameters.values()
    ]


def private_names(kind: type) -> set[str]:
    names = {one for one in dir(kind) if one.startswith("_") and not one.endswith("__")}
    return names - {"_abc_impl"}  # that of Python


def test_no_other_private_name_of_the_sdk_is_overridden() -> None:
    """Neither on purpose nor by chance: a name of ours that the SDK has, too."""
    found: dict[type, set[str]] = {}
    for module in MODULES:
        for one in vars(module).values():
            for base in (RESTStream, Tap):
                if inspect.isclass(one) and issubclass(one, base) and one is not base:
                    found[one] = private_names(base) & vars(one).keys()

    assert {kind: names for kind, names in found.items() if names} == OVERRIDDEN


def test_no_private_attribute_of_the_sdk_is_overwritten_by_chance() -> None:
    bare = BareTap()
    theirs = private_names(Tap) | private_names(RESTStream) | vars(bare).keys()
    theirs |= vars(Bare(bare)).keys()
    ours = {
        node.attr
        for module in MODULES
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }

    assert "_runner" in ours
    assert {name for name in ours & theirs if name.startswith("_")} == set()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_told_to_the_tap(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr(TapKombo, "interrupt", lambda _, number: told.append(number))
    TapKombo(config={"api_key": KEY, "integration_ids": ["a"]})

    signal.raise_signal(number)

    assert told == [number]
