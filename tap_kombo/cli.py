"""What the command line accepts: files that hold a JSON object, or one line that says otherwise."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import click
from typing_extensions import override

from tap_kombo.documents import DocumentError, decode, json_object, last_state, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ENV: Final = "ENV"
"""What stands for environment variables where a configuration file could be named."""

Given: TypeAlias = "dict[str, Any] | Literal['ENV']"


class JsonObject(click.ParamType[dict[str, Any]]):
    """A file with a JSON object, read once: it may be a pipe.

    Args:
        load: What finds the object in the text of the file.
    """

    name = "filename"

    def __init__(self, load: Callable[[str], dict[str, Any]] = json_object) -> None:
        """Remember how to read the text."""
        self._load = load

    @override
    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, Any]:
        try:
            with click.open_file(value, "rb") as file:
                return self._load(decode(file.read()))
        except DocumentError as error:
            self.fail(f"'{shown(value)}' {error}.", param, ctx)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "there is no such name"
            self.fail(f"'{shown(value)}': {why}.", param, ctx)


class JsonFile(click.ParamType[io.StringIO]):
    """The same as a file that can be read, which the SDK expects of a catalog and of a state.

    Args:
        load: What finds the object in the text of the file.
    """

    name = "filename"

    def __init__(self, load: Callable[[str], dict[str, Any]] = json_object) -> None:
        """Remember how to read the text."""
        self._object = JsonObject(load)

    @override
    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> io.StringIO:
        return io.StringIO(json.dumps(self._object.convert(value, param, ctx)))


class ConfigFile(click.ParamType["Given"]):
    """A configuration, or `ENV` for environment variables."""

    name = "config"

    @override
    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> Given:
        return ENV if value == ENV else JsonObject().convert(value, param, ctx)


def merged(given: Iterable[Given]) -> dict[str, Any]:
    """Return the settings of all files; a later file wins.

    Args:
        given: What was given as `--config`, in this order.
    """
    return {name: value for one in given if isinstance(one, dict) for name, value in one.items()}


DOCTOR = click.Option(
    ["--doctor"],
    is_flag=True,
    help="Check which integrations and streams can be read, without reading any record.",
)

TYPES: dict[str | None, click.ParamType[Any]] = {
    "catalog": JsonFile(),
    "config": ConfigFile(),
    "state": JsonFile(last_state),
}
"""Type of each option that names a file."""
