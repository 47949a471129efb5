"""How settings are read, the same from a file and from the environment: text becomes what is meant.

What cannot be read stays as it was given; `tap_kombo.complaints` then says what is wrong with it.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigValidationError

from tap_kombo.documents import DocumentError, decode, json_object, json_objects, shown
from tap_kombo.sdk import parse_environment_config

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PREFIX = "TAP_KOMBO_"
"""What all environment variables of the tap begin with."""

MAX_FILE_BYTES = 10_000_000
"""A file that is longer is none of IDs or events."""

STANDARD_INPUT = "-"

_BOOLEANS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*")


@dataclass(frozen=True)
class Unread:
    """A setting that could not be read; standard input and a pipe are read only once.

    Attributes:
        why: What is wrong, as the end of a sentence.
    """

    why: str


def environment(schema: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings that environment variables hold, as text.

    The SDK's own reading would take `ture` for false, `1_0` for ten and `@PATH` for a list.

    Args:
        schema: JSON Schema of the settings.

    Raises:
        ConfigValidationError: If there is a `.env` that cannot be read.
    """
    before = dict(os.environ)
    try:
        parse_environment_config({}, PREFIX)  # no setting, so it reads `.env` only
    except (OSError, ValueError):
        msg = "The file .env cannot be read; it has to be a text in UTF-8."
        raise ConfigValidationError(msg, errors=[msg]) from None
    os.environ.update(before)  # a variable that is set wins over `.env`
    names = {name: PREFIX + name.upper() for name in schema["properties"]}
    return {name: os.environ[one] for name, one in names.items() if one in os.environ}


def read(given: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings as they are meant; reading them again changes nothing.

    Args:
        given: The settings, from a file or from the environment.
        schema: JSON Schema of the settings.

    Returns:
        The settings that are not null, which means that the default holds.
    """
    properties = schema["properties"]
    return {
        name: _read(name, value, properties.get(name, {}))
        for name, value in given.items()
        if value is not None
    }


def _read(name: str, value: object, setting: Mapping[str, Any]) -> object:
    if name == "integration_ids":
        return _ids_or_path(value)
    if name == "changes":
        return _events(value)
    if name == "opt_in" and isinstance(value, str | list):
        return _patterns(value)
    if isinstance(value, str) and name != "flattening_separator":  # which may be a space
        return _meant(value.strip(), setting)
    if type(value) is int and "boolean" in setting.get("type", ()):
        return {0: False, 1: True}.get(value, value)
    return value


def _meant(text: str, setting: Mapping[str, Any]) -> object:
    """Return what a text means for a setting; the text itself if that is nothing."""
    types = setting.get("type", ())
    if "boolean" in types:
        return _BOOLEANS.get(text.lower(), text)
    if "integer" in types and _WHOLE.fullmatch(text):
        return int(text)
    if "object" in types:
        return _object(text)
    return text.lower() if text.lower() in setting.get("enum", ()) else text


def _object(text: str) -> object:
    """Read JSON; Meltano hands `{"jobs": {"title": ...}}` over as `{"jobs.title": ...}`."""
    try:
        flat = json_object(text)
    except DocumentError:
        return text
    if not is_run_by_meltano():
        return flat
    nested: dict[str, Any] = {}
    for path, value in flat.items():
        *parents, name = path.split(".")
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
            if not isinstance(place, dict):
                return text
        place[name] = value
    return nested


def _patterns(value: str | list[Any]) -> object:
    try:
        return listed(value) if isinstance(value, str) else _stripped(value)
    except DocumentError:
        return value


def _ids_or_path(value: object) -> object:
    if not isinstance(value, str | list):
        return value
    try:
        return integration_ids(value) or value
    except (OSError, ValueError):
        return value


def _events(value: object) -> object:
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        if text.startswith("@"):
            return json_objects(_content(text[1:]))
        return json_objects(text) if text else Unread("it is empty; no event is `[]`")
    except (OSError, ValueError) as error:
        return Unread(unreadable(text, error))


def unreadable(text: str, error: Exception) -> str:
    """Say why a text, or the file that it names, cannot be read."""
    where = f"the file {shown(text[1:])}" if text.startswith("@") else "the text"
    if isinstance(error, DocumentError):
        return f"{where} {error}"
    why = error.strerror if isinstance(error, OSError) else "there is no such name"
    return f"{where} cannot be read: {why}"


def integration_ids(value: str | Sequence[Any]) -> list[Any]:
    """Return the configured integrations in the order given; one may stand there twice.

    Args:
        value: A list of IDs; or a text with such a list, or with IDs between commas; or `@` and
            the path of a file with such a text, where white space stands between IDs too.

    Returns:
        The IDs without white space around them, each still to be checked.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is no text, or half a list, or the path is none.
    """
    if not isinstance(value, str):
        return _stripped(value)
    text = value.strip()
    return listed(_content(text[1:]), r"[,\s]") if text.startswith("@") else listed(text)


def listed(text: str, between: str = r"[,\n]") -> list[Any]:
    """Return the entries of a list that is written as text.

    Args:
        text: A list in JSON, or in Python as Meltano writes one; or entries with comments after
            a `#`.
        between: Pattern of what stands between entries.

    Raises:
        DocumentError: If it begins like a list but is not one.
    """
    text = _COMMENT.sub("", text).strip()
    if not text.startswith("["):
        return [one for one in _stripped(re.split(between, text)) if one]
    try:
        found = json.loads(text.replace("'", '"'))  # no ID and no name has a quotation mark
    except (RecursionError, ValueError):
        found = None
    if not isinstance(found, list):
        msg = "begins like a list but is not one"
        raise DocumentError(msg)
    return _stripped(found)


def _stripped(entries: Sequence[Any]) -> list[Any]:
    return [one.strip() if isinstance(one, str) else one for one in entries]


def _content(path: str) -> str:
    is_named = path != STANDARD_INPUT
    with Path(path).open("rb") if is_named else open(0, "rb", closefd=False) as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        msg = f"is larger than {MAX_FILE_BYTES:,} bytes"
        raise DocumentError(msg)
    return decode(data)


def selected_by_meltano() -> list[str]:
    """Return the patterns of `select` as Meltano tells them to the tap.

    What discovery lacks is in no catalog that Meltano makes, whatever its `select` names.
    """
    try:
        return [str(one) for one in listed(os.environ.get("MELTANO_EXTRACT__SELECT", ""))]
    except DocumentError:
        return []


def emptied(name: str) -> Iterator[str]:
    """Yield what Meltano has taken out of an object, because it is null in `meltano.yml`.

    Args:
        name: Name of the setting, such as `stream_maps`.

    Yields:
        The path of each such entry: the configuration lacks it, the variable still has it.
    """
    try:
        flat = json_object(os.environ.get(f"MELTANO_EXTRACT_{name.upper()}", "{}"))
    except DocumentError:
        return
    yield from (path for path, value in flat.items() if value is None and "." in path)


def strange_variables(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the environment variables of the tap that name no setting.

    Args:
        schema: JSON Schema of the settings.
    """
    own = {PREFIX + name.upper() for name in schema["properties"]} | {f"{PREFIX}LOGLEVEL"}
    yield from (
        name
        for name in sorted(os.environ)
        if name.upper().startswith(PREFIX) and name not in own and not _is_meltanos(name, schema)
    )


def is_run_by_meltano() -> bool:
    """Tell whether Meltano runs the tap; it reads the same variables, and writes the config."""
    return "MELTANO_EXTRACTOR_NAME" in os.environ


def _is_meltanos(variable: str, schema: Mapping[str, Any]) -> bool:
    """Tell whether a variable belongs to Meltano: an extra, or a setting of its own spelling.

    `TAP_KOMBO__SELECT` is an extra. In Meltano, `TAP_KOMBO_EU_API_KEY` is the key of
    `tap-kombo-eu`, which inherits from `tap-kombo`, and `TAP_KOMBO_FILTERS_JOBS_IDS` a part of
    `filters`.
    """
    rest = variable.removeprefix(PREFIX)
    if rest.startswith("_"):
        return True
    if not is_run_by_meltano():
        return False
    settings = schema["properties"]
    objects = [name for name in settings if "object" in settings[name].get("type", ())]
    whole, begun = ("|".join(one).upper() for one in (settings, objects))
    return bool(re.search(rf"__|_({whole})$|(^|_)({begun})_", rest))
