"""Tells before a run which integrations and streams can be read: one request per integration."""

from __future__ import annotations

import json
import logging
import os
import textwrap
from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING, ParamSpec

from tap_kombo.errors import UNREACHABLE, UNTRUSTED, Action, KomboError
from tap_kombo.integrations import Details
from tap_kombo.settings import REGIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tap_kombo.client import KomboStream
    from tap_kombo.endpoints import Endpoint
    from tap_kombo.errors import Rule
    from tap_kombo.tap import TapKombo

P = ParamSpec("P")

MELTANO_SELECT = "TAP_KOMBO__SELECT"
"""Variable in which Meltano hands its list `select` to a plugin, as JSON."""

NAMED_AT_MOST = 3
"""How many of those concerned are named in one line."""

WIDTH = 100


@dataclass(frozen=True)
class Report:
    """What can be read.

    Attributes:
        details: What Kombo says of each integration; little is known of one that it refuses.
        troubles: Why an integration cannot be read as a whole.
        streams: The selected streams, each with why its model of an integration cannot be read.
    """

    details: Mapping[str, Details]
    troubles: Mapping[str, KomboError]
    streams: Mapping[Endpoint, Mapping[str, KomboError]]

    @property
    def is_fine(self) -> bool:
        """Whether everything that is selected can be read."""
        return not self.troubles and not any(
            troubles or not self._integrations_of(endpoint)
            for endpoint, troubles in self.streams.items()
        )

    def lines(self) -> Iterator[str]:
        """Yield the report, line by line."""
        yield from _table(("integration", "tool", "category", "state"), self._states())
        yield ""
        yield from _table(("stream", "can be read", "cannot be read"), self._coverage())
        yield ""
        yield from _advice(self.troubles.items())
        yield from _advice(
            (endpoint.name, error)
            for endpoint, troubles in self.streams.items()
            for error in troubles.values()
        )
        yield "Everything selected can be read." if self.is_fine else "Not everything can be read."

    def _states(self) -> Iterator[tuple[str, ...]]:
        selected = {endpoint.category for endpoint in self.streams}
        for one, details in self.details.items():
            state = "ready"
            if one in self.troubles:
                state = self.troubles[one].what
            elif not selected & {details.category, "GENERAL"}:
                state = "ready, but no stream of it is selected"
            yield one, details.tool or "?", details.category or "?", state

    def _coverage(self) -> Iterator[tuple[str, ...]]:
        for endpoint, troubles in self.streams.items():
            having = self._integrations_of(endpoint)
            bad = [one for one in having if one in self.troubles or one in troubles]
            why = _named(bad) if having else f"no integration is known as {endpoint.category}"
            yield endpoint.name, f"{len(having) - len(bad)} of {len(having)}", why

    def _integrations_of(self, endpoint: Endpoint) -> list[str]:
        """Return the integrations that have a stream; the category of one refused is not known."""
        return [
            one
            for one, details in self.details.items()
            if details.category and endpoint.category in {details.category, "GENERAL"}
        ]


def examine(tap: TapKombo) -> Report:
    """Ask Kombo about each integration, and compare with the selection.

    Args:
        tap: The tap with the settings of the run.

    Returns:
        What can be read.

    Raises:
        KomboError: If Kombo does not accept the key or cannot be reached.
    """
    details: dict[str, Details] = {}
    troubles: dict[str, KomboError] = {}
    tap.metrics_logger.setLevel(logging.WARNING)  # the report says it all
    try:
        for one, answer in _answers(tap):
            if isinstance(answer, KomboError):
                _raise_if_hopeless(answer, tap, is_first=not details)
                details[one], troubles[one] = Details(), answer
            else:
                details[one] = answer
                if error := _error_of(answer.require_current, one):
                    troubles[one] = error
    finally:
        tap.fanout.abort()
    ready = {one: known for one, known in details.items() if one not in troubles}
    streams = {endpoint: _missing(endpoint, ready) for endpoint in _selected(tap)}
    return Report(details, troubles, streams)


def _answers(tap: TapKombo) -> Iterator[tuple[str, Details | KomboError]]:
    """Yield what Kombo says; the first is asked for alone, as it tests key and address."""
    stream, ids = tap.stream("integrations"), tap.integration_ids
    for one in ids[:1]:
        yield one, _ask(stream, one)
    coming = [(one, tap.fanout.submit(_ask, stream, one)) for one in ids[1:]]
    for one, work in coming:
        yield one, work.result()


def _ask(stream: KomboStream, integration_id: str) -> Details | KomboError:
    """Ask once: whoever waits for a report can ask again."""
    try:
        page = stream.read_with_patience({"integration_id": integration_id}, None)
    except KomboError as error:
        return error
    return Details.of(page.records[0])


def _raise_if_hopeless(error: KomboError, tap: TapKombo, *, is_first: bool) -> None:
    """Raise an error that any further integration would meet too."""
    if error.rule is UNTRUSTED:
        raise error
    if error.action is Action.STOP_RUN:
        region = tap.config["region"]
        others = ", ".join(one for one in REGIONS if one != region)
        place = f"in region {region} (there are also {others})"
        if tap.config.get("api_url"):
            place = "at `api_url`"
        raise KomboError(error.rule, f"API key {place}", error.what)
    if is_first and error.rule is UNREACHABLE:
        raise error


def _missing(endpoint: Endpoint, ready: Mapping[str, Details]) -> dict[str, KomboError]:
    """Return why a model cannot be read, by integration."""
    errors = {
        one: _error_of(details.require_readable, endpoint, endpoint.name)
        for one, details in ready.items()
        if details.serves(endpoint)
    }
    return {one: error for one, error in errors.items() if error}


def _error_of(require: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> KomboError | None:
    try:
        require(*args, **kwargs)
    except KomboError as error:
        return error
    return None


def _selected(tap: TapKombo) -> list[Endpoint]:
    """Return the selected streams; a command of Meltano is given the rules, but no catalog."""
    streams = [tap.stream(name) for name in tap.streams]
    if rules := json.loads(os.environ.get(MELTANO_SELECT, "[]")):
        return [one.endpoint for one in streams if _matches(one.name, rules)]
    return [one.endpoint for one in streams if one.selected]


def _matches(name: str, rules: Iterable[str]) -> bool:
    """Return whether Meltano's rules select a stream."""
    wanted = any(fnmatch(name, rule.split(".")[0]) for rule in rules if not rule.startswith("!"))
    unwanted = (rule[1:].removesuffix(".*") for rule in rules if rule.startswith("!"))
    return wanted and not any(fnmatch(name, rule) for rule in unwanted)


def _advice(errors: Iterable[tuple[str, KomboError]]) -> Iterator[str]:
    """Yield one sentence for all that have the same trouble."""
    concerned: dict[tuple[Rule, str], dict[str, None]] = defaultdict(dict)
    for name, error in errors:
        concerned[error.rule, error.what][name] = None
    for (rule, what), names in concerned.items():
        text = str(KomboError(rule, _named(list(names)), what))
        yield textwrap.fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _named(names: Sequence[str]) -> str:
    """Name a few, and count the others."""
    others = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {others} more" if others > 0 else "")


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    cells = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(map(str.ljust, row, widths)).rstrip()
