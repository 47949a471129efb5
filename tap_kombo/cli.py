"""What the command line accepts: files that hold a JSON object, or one line that says otherwise."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

import click

from tap_kombo.documents import DocumentError, content, json_object, last_state, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

ENV: Final = "ENV"
"""What stands for environment variables where a configuration file could be named."""

Given: TypeAlias = "dict[str, Any] | Literal['ENV']"


def config(path: str) -> Given:
    """Return the configuration of a file, or `ENV` for environment variables."""
    return ENV if path == ENV else _loaded(path, json_object)


def catalog(path: str) -> io.StringIO:
    """Return the catalog of a file, which the SDK reads again."""
    return io.StringIO(json.dumps(_loaded(path, json_object)))


def state(path: str) -> io.StringIO:
    """Return the last state of a file, which the SDK reads again."""
    return io.StringIO(json.dumps(_loaded(path, last_state)))


def _loaded(path: str, load: Callable[[str], T]) -> T:
    """Read a file once: it may be a pipe.

    Raises:
        ValueError: If it does not hold what it should; click tells.
    """
    try:
        return load(content(path))
    except DocumentError as error:
        msg = f"'{shown(path)}' {error}."
        raise ValueError(msg) from None


def merged(given: Iterable[Given]) -> dict[str, Any]:
    """Return the settings of all files; a later file wins."""
    return {name: value for one in given if isinstance(one, dict) for name, value in one.items()}


DOCTOR = click.Option(
    ["--doctor"],
    is_flag=True,
    help="Check which integrations and streams can be read, without reading any record.",
)

READERS: dict[str | None, Callable[[str], object]] = {
    "catalog": catalog,
    "config": config,
    "state": state,
}
"""What reads the file that an option names."""
