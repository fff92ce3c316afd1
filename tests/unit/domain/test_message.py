"""Names of events, and what may not get into them."""

import pytest

from bff_backoffice.domain.message import (
    EVENT_KINDS,
    MUTATION_PROXIED,
    SESSION_OPENED,
    plain_app_platform,
    plain_app_version,
    plain_traceparent,
    session_event_id,
)
from bff_backoffice.foundation.identifiers import SessionId, is_identifier

SESSION = SessionId("bos_01HZX8QJ5T9W2V4Y6B8D0F2H4K")


def test_subject_and_schema_follow_from_aggregate_and_verb() -> None:
    assert SESSION_OPENED.subject == "melmastoon.bff.backoffice.session.opened.v1"
    assert SESSION_OPENED.topic == "melmastoon.bff.backoffice.session"
    assert MUTATION_PROXIED.topic == "melmastoon.bff.backoffice.activity"
    assert MUTATION_PROXIED.schema_uri == (
        "https://schemas.melmastoon.ghasi.io/bff-backoffice/mutation-proxied/v1.json"
    )
    assert len({kind.subject for kind in EVENT_KINDS}) == len(EVENT_KINDS)


def test_a_sessions_event_has_one_id_for_ever() -> None:
    opened = session_event_id(SESSION, "opened")

    assert opened == session_event_id(SESSION, "opened") == "evt_4BZHBR8B3SYKWZ3QQ66GYYN5CY"
    assert opened != session_event_id(SESSION, "closed")
    assert is_identifier(opened, "evt")


@pytest.mark.parametrize("text", ["1.4", "1.4.2", "1.4.2.9", "2.0.0-beta.1", "1.4.2-rc"])
def test_a_version_number_is_kept(text: str) -> None:
    assert plain_app_version(text) == text


@pytest.mark.parametrize(
    "text", [None, "", "1", "1.4.2-Ahmad", "Ahmad Wali", "1.4.2+0093700123456", "1.123456.1"]
)
def test_anything_else_in_the_versions_place_is_not(text: str | None) -> None:
    assert plain_app_version(text) is None


def test_only_known_platforms_and_traces_are_kept() -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    assert plain_app_platform("darwin") == "darwin"
    assert plain_app_platform("Ahmad") is None
    assert plain_traceparent(trace) == trace
    assert plain_traceparent(trace + "-Ahmad") is None
    assert plain_traceparent(None) is None
