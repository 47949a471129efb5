"""What the emulator's records are."""

from __future__ import annotations

import re
from typing import Any

import pytest
from emulator_client import BASE58_ID, ID, LISTS, Client
from kombo import models as sdk

from kombo_emulator import Emulator, Size
from kombo_emulator.table import MODELS


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model.id)
def test_records_fit_the_official_sdk(client: Client, model: Any) -> None:  # noqa: ANN401
    name = "".join(word.capitalize() for word in model.path.replace("-", "/").split("/"))
    official = getattr(sdk, f"Get{name}PositiveResponse")
    answer = client.get(model.path, page_size="250")
    assert len(answer.json()["data"]["results"]) > 1
    parsed = official.model_validate(answer.json())
    for result, record in zip(parsed.data.results, answer.json()["data"]["results"], strict=True):
        known = {field.alias or name for name, field in type(result).model_fields.items()}
        assert known <= set(record)
        assert set(record) - known <= {"remote_data", "integration_fields"}


def test_optional_values_are_there_for_some_records_and_missing_in_others(client: Client) -> None:
    for path, names in {
        "/ats/interviews": ("location", "video_conferencing_url", "canceled", "remote_updated_at"),
        "/ats/candidates": ("location", "social_media", "custom_fields", "integration_fields"),
        "/ats/applications": ("screening_question_answers", "custom_fields", "rejected_at"),
        "/ats/scorecards": ("responses",),
        "/ats/attachments": ("content_ref",),
    }.items():
        rows = [row for page in client.pages(path) for row in page]
        for name in names:
            filled = [row[name] not in (None, [], {}) for row in rows]
            assert {True, False} == set(filled), (path, name)


def test_ids_are_derived_from_integration_model_and_remote_id(emulator: Emulator) -> None:
    first, second = (emulator.add_integration(name, size=Size.empty()) for name in ("a:1", "b:2"))
    same = [
        first.add_tag(remote_id="7"),
        first.add_user(remote_id="7"),
        second.add_tag(remote_id="7"),
    ]
    assert len(set(same)) == 3
    assert all(BASE58_ID.fullmatch(one) for one in same)
    again = Emulator(now="2026-11-23T10:00:00Z").add_integration("a:1", size=Size.empty())
    assert again.add_tag(remote_id="7") == same[0]
    with pytest.raises(ValueError, match="remote id 7"):
        first.add_tag(remote_id="7")


def test_same_seed_gives_the_same_data() -> None:
    def made(seed: int) -> list[dict[str, Any]]:
        emulator = Emulator(now="2026-11-23T10:00:00Z", seed=seed)
        return emulator.add_integration(ID).records("ats_interviews")

    assert made(5) == made(5)
    assert made(5) != made(6)


def test_addresses_belong_to_nobody(client: Client) -> None:
    text = "".join(client.get(model.path, page_size="250").text for model in LISTS if model.path)
    domains = set(re.findall(r"@([\w.-]+)", text))
    assert domains == {"example.com", "example.org"}


def test_sizes(emulator: Emulator) -> None:
    ats = emulator.add_integration(ID, size=Size(interviews=3, offers=0, jobs=1))
    assert [len(ats.records(f"ats_{name}")) for name in ("interviews", "offers", "jobs")] == [
        3,
        0,
        1,
    ]
    empty = emulator.add_integration("lever:acme", size=Size.empty())
    assert not any(empty.records(model) for model in MODELS)
    around = Size.around(1000)
    assert around.interviews == 1000
    assert around.applications > 80 < around.candidates


def test_records_are_what_the_list_sends(client: Client) -> None:
    for model in LISTS:
        assert model.path
        sent = [row for page in client.pages(model.path, page_size="250") for row in page]
        assert sent == client.ats.records(model.id)
