"""How settings are read, the same from a file and from the environment: text becomes what is meant.

What cannot be read stays as it was given; `tap_kombo.complaints` then says what is wrong with it.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigValidationError

from tap_kombo.documents import DocumentError, content, json_object, json_objects, shown
from tap_kombo.sdk import parse_environment_config

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PREFIX = "TAP_KOMBO_"
"""What all environment variables of the tap begin with."""

MAX_FILE_BYTES = 10_000_000
"""A file that is longer is none of IDs or events."""

_BOOLEANS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*")


@dataclass(frozen=True)
class Unread:
    """Stands for a text that cannot be read; standard input and a pipe are read only once.

    Attributes:
        why: What is wrong, as the end of a sentence.
    """

    why: str


def environment(schema: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings that environment variables hold, as text.

    The SDK's own reading would take `ture` for false, `1_0` for ten and `@PATH` for a list.

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
    """Return the settings as they are meant, from a file or from the environment.

    Those that are null are left out, so that the default holds. Reading them again changes nothing.
    """
    properties = schema["properties"]
    return {
        name: _read(name, value, properties.get(name, {}))
        for name, value in given.items()
        if value is not None
    }


def _read(name: str, value: object, setting: Mapping[str, Any]) -> object:
    if isinstance(value, str):
        return _of_text(name, value, setting)
    if isinstance(value, list) and name in {"integration_ids", "opt_in"}:
        return _stripped(value)
    if isinstance(value, dict) and name == "changes":
        return [value]
    if type(value) is int and "boolean" in setting.get("type", ()):
        return {0: False, 1: True}.get(value, value)
    return value


def _of_text(name: str, text: str, setting: Mapping[str, Any]) -> object:
    if name == "flattening_separator":  # which may be a space
        return text
    text = text.strip()
    parse = {"changes": _events, "integration_ids": _ids, "opt_in": listed}.get(name)
    if not parse:
        return _meant(text, setting)
    try:
        return parse(text)
    except DocumentError as error:
        where = f"the file {shown(text[1:])}" if text.startswith("@") else "the text"
        return Unread(f"{where} {error}")


def _ids(text: str) -> list[Any]:
    """Return the entries of a text, or of the file that it names, where a space divides too."""
    found = listed(_file(text), r"[,\s]") if text.startswith("@") else listed(text)
    if not found:
        msg = "names no integration"
        raise DocumentError(msg)
    return found


def _events(text: str) -> list[dict[str, Any]]:
    if text.startswith("@"):
        return json_objects(_file(text))
    if not text:
        msg = "is empty; no event is `[]`"
        raise DocumentError(msg)
    return json_objects(text)


def _file(text: str) -> str:
    return content(text.removeprefix("@"), MAX_FILE_BYTES)


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


def _stripped(entries: list[Any]) -> list[Any]:
    return [one.strip() if isinstance(one, str) else one for one in entries]


def selected_by_meltano() -> list[str]:
    """Return the patterns of `select` as Meltano tells them to the tap.

    What discovery lacks is in no catalog that Meltano makes, whatever its `select` names.
    """
    try:
        return [str(one) for one in listed(os.environ.get("MELTANO_EXTRACT__SELECT", ""))]
    except DocumentError:
        return []


def emptied(name: str) -> Iterator[str]:
    """Yield the paths of what Meltano has taken out of a setting, as it is null in `meltano.yml`.

    The configuration lacks it; the variable still has it.
    """
    try:
        flat = json_object(os.environ.get(f"MELTANO_EXTRACT_{name.upper()}", "{}"))
    except DocumentError:
        return
    yield from (path for path, value in flat.items() if value is None and "." in path)


def strange_variables(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the environment variables of the tap that name no setting."""
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
