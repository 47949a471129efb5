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
from tap_kombo.selection import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PREFIX = "TAP_KOMBO_"
"""What all environment variables of the tap begin with."""

NULL = "__NULL__"
"""What stands for null in stream maps, as Meltano drops that."""

MAX_FILE_BYTES = 10_000_000
"""A file that is longer is none of IDs or events."""

FROM_FILES = ("changes", "integration_ids")
"""Settings that `@PATH` reads from a file, or `@-` from standard input."""

_BOOLEANS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*")  # to a line end


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
    names = {name: _variable(name) for name in schema["properties"]}
    return {name: os.environ[one] for name, one in names.items() if one in os.environ}


def _variable(setting: str) -> str:
    return PREFIX + setting.upper()


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
    except DocumentError as error:
        return Unread(f"the text {error}") if text.startswith("{") else text
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


def environment_complaints(
    config: Mapping[str, Any], schema: Mapping[str, Any], *, parsed: bool
) -> Iterator[str]:
    """Yield one sentence for each mistake that only environment variables tell of.

    Args:
        config: The settings as they were read.
        schema: JSON Schema of the settings, with the SDK's own.
        parsed: Whether the tap reads the environment; under Meltano, Meltano does so in any case.
    """
    settings = schema["properties"]
    if parsed or is_run_by_meltano():
        for one in sorted(one for one in os.environ if one.upper().startswith(PREFIX)):
            name = one[len(PREFIX) :].lower()
            is_right = name in settings and one == _variable(name)
            is_told = name in config and name not in settings  # by `complaints`
            if not (is_right or is_told or _is_of_others(one, settings)):
                hint = did_you_mean(name, settings, _variable)
                yield f"Environment variable '{shown(one)}' names no setting{hint}."
    for path in _emptied("stream_maps") if config.get("stream_maps") else ():
        cure = f"write `{NULL}` to take something out"
        yield f"Setting 'stream_maps': Meltano drops '{shown(path)}', which is null; {cure}."
    for path in _emptied("filters"):
        yield f"Setting 'filters': Meltano drops '{shown(path)}', which is null; give it a value."


def _emptied(name: str) -> Iterator[str]:
    """Yield the paths of what Meltano has taken out of a setting, as it is null in `meltano.yml`.

    The configuration lacks it; the variable still has it.
    """
    try:
        flat = json_object(os.environ.get(f"MELTANO_EXTRACT_{name.upper()}", "{}"))
    except DocumentError:
        return
    yield from (path for path, value in flat.items() if value is None and "." in path)


def is_run_by_meltano() -> bool:
    """Tell whether Meltano runs the tap; it reads the same variables, and writes the config."""
    return "MELTANO_EXTRACTOR_NAME" in os.environ


def _is_of_others(variable: str, settings: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether a variable belongs to the SDK or to Meltano.

    `TAP_KOMBO__SELECT` is an extra. In Meltano, `TAP_KOMBO_EU_API_KEY` is the key of
    `tap-kombo-eu`, which inherits from `tap-kombo`, and `TAP_KOMBO_FILTERS_JOBS_IDS` a part of
    `filters`.
    """
    rest = variable.removeprefix(PREFIX)
    if rest.startswith("_") or rest == "LOGLEVEL":
        return True
    if not is_run_by_meltano():
        return False
    objects = [name for name in settings if "object" in settings[name].get("type", ())]
    whole, begun = ("|".join(one).upper() for one in (settings, objects))
    return bool(re.search(rf"__|_({whole})$|(^|_)({begun})_", rest))
