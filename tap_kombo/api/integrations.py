"""What Kombo says of one integration: category, readiness, and which models it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from tap_kombo.api.endpoints import Category
from tap_kombo.api.problems import OPTED_OUT, RULES, UNKNOWN_WORD, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_kombo.api.endpoints import Endpoint

_SETUP = {
    "INCOMPLETE": RULES["INTEGRATION.SETUP_INCOMPLETE"],
    "FINAL_SYNC_PENDING": RULES["INTEGRATION.SETUP_SYNC_PENDING"],
}
_STOPPED = {
    "INACTIVE": RULES["INTEGRATION.INACTIVE"],
    "INVALID": RULES["INTEGRATION.AUTHENTICATION_INVALID"],
}
_COVERAGES = {"UNSUPPORTED", "NOT_IMPLEMENTED", "UNKNOWN"}
_WORDS: Mapping[str, frozenset[str]] = {
    "category": frozenset(get_args(Category)) - {"GENERAL"},
    "status": frozenset({"ACTIVE", *_STOPPED}),
    "setup_status": frozenset({"COMPLETED", *_SETUP}),
}
"""Every documented value; another one may mean anything, so nothing is concluded from it."""


@dataclass(frozen=True)
class Details:
    """What matters for reading an integration; as it stands, nothing is known."""

    is_known: bool = False  # whether Kombo has told; a look-up that was refused proves nothing
    category: str | None = None  # an integration has models of one only
    tool: str | None = None  # name of the connected tool
    status: str | None = None  # whether Kombo still reads the tool
    setup_status: str | None = None
    data_expired_at: str | None = None  # when a new configuration outdated the data, if it still is
    is_mark_known: bool = False  # whether Kombo has told that; a field that is missing says nothing
    unavailable: Mapping[str, Problem] = field(default_factory=dict)  # by Kombo's model id
    oddity: Problem | None = None  # why nothing can be concluded from what Kombo tells

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Details:
        """Take from Kombo's `data` what matters; the rest is large.

        Source: docs.kombo.dev/api-reference/general/v1/get-integrations-integration-id
        """
        names = (*_WORDS, "data_expired_at")
        texts = {name: value for name in names if isinstance(value := answer.get(name), str)}
        if texts.get("category") not in _WORDS["category"]:
            texts.pop("category", None)
        tool = answer.get("tool")
        if isinstance(tool, dict) and isinstance(label := tool.get("label"), str):
            texts["tool"] = label
        models = answer.get("read_models")
        unavailable = {
            str(model.get("id")): why
            for model in (models if isinstance(models, list) else ())
            if isinstance(model, dict) and (why := _why_unavailable(model))
        }
        return cls(
            is_known=True,
            **texts,
            is_mark_known=isinstance(answer.get("data_expired_at", ...), str | None),
            unavailable=unavailable,
            oddity=_oddity(answer),
        )

    def serves(self, endpoint: Endpoint) -> bool:
        """Return whether a model is of the integration's category; if unknown, Kombo will tell."""
        return endpoint.may_be_of(self.category)

    def problem_with(self, endpoint: Endpoint) -> Problem | None:
        """Say why a model cannot be read, as far as it is known."""
        return self.not_set_up or self.unavailable.get(endpoint.model or "")

    @property
    def not_set_up(self) -> Problem | None:
        """Why nothing at all can be read yet."""
        rule = _SETUP.get(self.setup_status or "")
        return self.oddity or (Problem(rule, f"setup_status {self.setup_status}") if rule else None)

    @property
    def not_current(self) -> Problem | None:
        """Why Kombo does not keep the data current; what was read before may still be there."""
        rule = _STOPPED.get(self.status or "")
        return self.not_set_up or (Problem(rule, f"status {self.status}") if rule else None)


def _oddity(answer: Mapping[str, Any]) -> Problem | None:
    """Name a field whose value is not documented; a field that is missing says nothing."""
    for name, words in _WORDS.items():
        value = answer.get(name)
        if value is not None and not (isinstance(value, str) and value in words):
            return Problem(UNKNOWN_WORD, f"an undocumented `{name}`")
    return None


def _why_unavailable(model: Mapping[str, Any]) -> Problem | None:
    """Say why a model is not available; Kombo's own flag decides whether it is."""
    if model.get("is_available") is not False:
        return None
    if model.get("opted_out_by_customer") is True:
        return Problem(OPTED_OUT, "opted_out_by_customer")
    if model.get("scope_config_setting") == "DISABLED":
        return Problem(RULES["INTEGRATION.MODEL_DISABLED"], "scope_config_setting DISABLED")
    coverage = str(model.get("coverage_status"))
    what = f"coverage_status {coverage}" if coverage in _COVERAGES else "is_available false"
    return Problem(RULES["INTEGRATION.MODEL_NOT_AVAILABLE"], what)
