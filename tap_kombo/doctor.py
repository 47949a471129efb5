"""Tells before a run which integrations and streams can be read: one request per integration."""

from __future__ import annotations

import asyncio
import textwrap
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_kombo.api.endpoints import LEDGER
from tap_kombo.api.problems import (
    KEY_REFUSED,
    RULES,
    UNREACHABLE,
    Action,
    KomboError,
    Problem,
)
from tap_kombo.policies import bookmarks_of, hidden_lines
from tap_kombo.privacy import opted_in
from tap_kombo.replication.forecast import LOOK_UP, foresee, minutes_of
from tap_kombo.replication.report import named
from tap_kombo.replication.verdict import WIDTH as TABLE_WIDTH
from tap_kombo.settings import REGIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_kombo.api.endpoints import Endpoint
    from tap_kombo.api.integrations import Details
    from tap_kombo.api.kombo import Kombo, LookUp
    from tap_kombo.api.limits import Rate
    from tap_kombo.api.problems import Rule
    from tap_kombo.replication.forecast import Forecast
    from tap_kombo.run import Run
    from tap_kombo.sdk import SeamTap
    from tap_kombo.streams import KomboStream

_OF_THE_KEY = (KEY_REFUSED, RULES["PLATFORM.AUTHENTICATION_INVALID"])

WIDTH = 100


@dataclass(frozen=True)
class Findings:
    """What can be read.

    Attributes:
        settings: The settings that are not the default, without a secret or a value of a person.
        details: What Kombo says of each integration; little is known of one that it refuses.
        troubles: Why an integration cannot be read as a whole.
        streams: The selected streams, each with why its model of an integration cannot be read.
        unread: A line on what is selected, but does not exist at all or until `opt_in` names it.
        notes: What else is to be known of the next run, in lines.
    """

    settings: Mapping[str, str]
    details: Mapping[str, Details]
    troubles: Mapping[str, Problem]
    streams: Mapping[Endpoint, Mapping[str, Problem]]
    unread: Sequence[str]
    notes: Sequence[str]

    @property
    def is_fine(self) -> bool:
        """Whether all that is selected and that somebody has can be read, and there is such."""
        has_any = any(map(self._integrations_of, self.streams))
        refused = self.troubles or any(self.streams.values())
        return has_any and not refused and not self.unread

    def lines(self) -> Iterator[str]:
        """Yield what is told, line by line."""
        yield from _table(("setting", "value"), self.settings.items())
        yield ""
        yield from _table(("integration", "tool", "category", "state"), self._states())
        yield ""
        yield from _table(("stream", "can be read", "cannot be read"), self._coverage())
        yield ""
        yield from _advice(self.troubles.items())
        yield from _advice(
            (f"{endpoint.name} ({ids})", problem)
            for endpoint, troubles in self.streams.items()
            for ids, problem in _together(troubles.items())
        )
        yield from self.notes
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
            barred = {*troubles, *_barred(endpoint, self.details, self.troubles)}
            bad = [one for one in having if one in barred]
            why = named(bad) if having else f"no integration of category {endpoint.category}"
            yield endpoint.name, f"{len(having) - len(bad)} of {len(having)}", why

    def _integrations_of(self, endpoint: Endpoint) -> list[str]:
        """Return the integrations that have a stream; the category of one refused is not known."""
        return [
            one
            for one, details in self.details.items()
            if details.category and endpoint.may_be_of(details.category)
        ]


def examine(tap: SeamTap, run: Run, chosen: Sequence[KomboStream]) -> Findings:
    """Ask Kombo about each integration, and compare with the selection.

    Args:
        tap: The tap with the settings of the run.
        run: A run that has not begun; one that does not retry, as whoever waits can ask again.
        chosen: The streams that the next run reads.

    Raises:
        KomboError: If Kombo does not accept the key or cannot be reached.
    """
    try:
        found = run.runner.run(_ask_all(tap, run.kombo))
    finally:
        run.close()
    details = {one: look_up.details for one, look_up in found.items()}
    troubles = {
        one: problem
        for one, look_up in found.items()
        if (problem := look_up.problem or look_up.details.not_current)
    }
    chosen = [one for one in chosen if one.endpoint is not LEDGER]
    ready = {one: known for one, known in details.items() if one not in troubles}
    streams = {one.endpoint: _missing(one.endpoint, ready) for one in chosen}
    forecast = foresee(
        {one.endpoint: bookmarks_of(one) for one in chosen},
        {one: known.category for one, known in details.items() if known.category},
        {one: {*missing, *_barred(one, details, troubles)} for one, missing in streams.items()},
        tap.changes.touches if tap.changes else None,
    )
    forecast.requests += sum(not known.category for known in details.values())
    notes = (
        f"Opted in: {named(opted_in(tap.config['opt_in']), 10) or 'nothing'}.",
        *tap.unread,
        *hidden_lines(chosen, tap.config),
        _cost(forecast, run.kombo.rate, is_first=not tap.state),
    )
    return Findings(_settings_of(tap), details, troubles, streams, tap.unread, notes)


def _cost(forecast: Forecast, rate: Rate | None, *, is_first: bool) -> str:
    """Say what the next run costs; without a state, what a first one does."""
    reads = "Without a state: a first run reads" if is_first else "The next run reads"
    told = f"{reads} {forecast.text(is_first=is_first)}"
    if rate is None:
        return f"{told}; Kombo has not reported a limit."
    if minutes := minutes_of(forecast.requests, rate):
        told += f": about {minutes:,} minute(s) or more at Kombo's limit"
    return f"{told}."


async def _ask_all(tap: SeamTap, kombo: Kombo) -> dict[str, LookUp]:
    """Ask about each integration; before that about the key, so that it is blamed for itself."""
    try:
        await kombo.check_key()
    except KomboError as error:
        if error.problem.rule in _OF_THE_KEY:
            raise KomboError(error.problem, f"API key {_place(tap)}") from None
        if error.problem.action is Action.STOP_RUN or error.problem.rule is UNREACHABLE:
            raise
    ids = tap.integration_ids
    return dict(zip(ids, await asyncio.gather(*map(kombo.look_up, ids)), strict=True))


def _place(tap: SeamTap) -> str:
    if tap.config.get("api_url"):
        return "at `api_url`"
    region = tap.config["region"]
    others = ", ".join(one for one in REGIONS if one != region)
    return f"in region {region} (there are also {others})"


def _settings_of(tap: SeamTap) -> dict[str, str]:
    """Return the settings that the user has made, as they have arrived."""
    schema = tap.config_jsonschema["properties"]
    return {
        name: _shown(value, schema.get(name, {}))
        for name, value in sorted(tap.config.items())
        if value is not None and value != schema.get(name, {}).get("default")
    }


def _shown(value: object, setting: Mapping[str, Any]) -> str:
    """Show a value that is no secret and names nobody; count what may."""
    if setting.get("secret"):
        return "set"
    if isinstance(value, list | dict):
        return f"{len(value):,} " + ("entry" if len(value) == 1 else "entries")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _missing(endpoint: Endpoint, ready: Mapping[str, Details]) -> dict[str, Problem]:
    """Return why a model cannot be read, by integration."""
    return {
        one: problem
        for one, details in ready.items()
        if details.serves(endpoint) and (problem := details.problem_with(endpoint))
    }


def _barred(
    endpoint: Endpoint, details: Mapping[str, Details], troubles: Mapping[str, Problem]
) -> Iterator[str]:
    """Yield the integrations whose trouble concerns an endpoint; what Kombo told is read anyway."""
    for one in troubles:
        if not (endpoint.path == LOOK_UP and details[one].is_known):
            yield one


def _advice(problems: Iterable[tuple[str, Problem]]) -> Iterator[str]:
    """Yield one sentence for all that have the same trouble."""
    for names, problem in _together(problems):
        text = problem.sentence(names)
        yield textwrap.fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _together(problems: Iterable[tuple[str, Problem]]) -> Iterator[tuple[str, Problem]]:
    """Yield each problem once, with the names of some that have it."""
    concerned: dict[tuple[Rule, str], list[str]] = defaultdict(list)
    for name, problem in problems:
        concerned[problem.rule, problem.what].append(name)
    for (rule, what), names in concerned.items():
        yield named(names), Problem(rule, what)


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield the lines of a table; where a terminal ends, the last column goes on below."""
    cells = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)][:-1]
    for *names, last in cells:
        begin = "".join(f"{name:{width}}  " for name, width in zip(names, widths, strict=True))
        yield from textwrap.wrap(
            last,
            max(TABLE_WIDTH, len(begin) + len(header[-1])),
            initial_indent=begin,
            subsequent_indent=" " * len(begin),
            break_long_words=False,
            break_on_hyphens=False,
        ) or [begin.rstrip()]
