"""What the command line accepts: files that hold a JSON object, or one line that says otherwise."""

from __future__ import annotations

import io
import json
from typing import IO, TYPE_CHECKING, Any

import click
from typing_extensions import override

if TYPE_CHECKING:
    import os


class JsonObject(click.File):
    """A file with a JSON object; the SDK would end with a stack trace if it holds anything else."""

    @override
    def convert(
        self,
        value: str | os.PathLike[str] | IO[Any],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> IO[Any]:
        with super().convert(value, param, ctx) as file:
            text = file.read()
        try:
            fits = isinstance(json.loads(text), dict)
        except ValueError:
            fits = False
        if not fits:
            self.fail(f"'{value}' does not hold a JSON object.", param, ctx)
        return io.StringIO(text)


class ConfigFile(click.ParamType[str]):
    """The path of a file with a JSON object, or `ENV` for environment variables."""

    name = "config"

    @override
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value != "ENV":
            JsonObject().convert(value, param, ctx)
        return value


DOCTOR = click.Option(
    ["--doctor"],
    is_flag=True,
    help="Tell which integrations and streams can be read, and read none of their records.",
)

TYPES: dict[str | None, click.ParamType[Any]] = {
    "catalog": JsonObject(),
    "config": ConfigFile(),
    "state": JsonObject(),
}
"""Type of each option that names a file."""
