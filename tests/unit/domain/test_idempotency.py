"""Fingerprints and derived keys."""

import uuid
from dataclasses import replace

import pytest
from tests.fakes.mutation_path import KEY, OPERATOR, OTHER_TENANT, PROPERTY, TENANT

from bff_backoffice.domain.idempotency import FingerprintedRequest, IdempotencyScope
from bff_backoffice.foundation.identifiers import IdempotencyKey, OperatorId, is_ulid

REQUEST = FingerprintedRequest(
    method="POST",
    path="/reservations/rsv_1/check-in",
    property_id=PROPERTY,
    query={"a": "1", "b": "2"},
    body={"roomId": "rmu_1", "note": None, "areas": ["spa", "gym"]},
)
SCOPE = IdempotencyScope(tenant_id=TENANT, operator_id=OPERATOR, key=KEY)


def test_the_order_of_members_and_query_fields_makes_no_difference() -> None:
    turned = replace(
        REQUEST,
        query={"b": "2", "a": "1"},
        body={"areas": ["spa", "gym"], "note": None, "roomId": "rmu_1"},
    )

    assert turned.fingerprint() == REQUEST.fingerprint()
    assert len(REQUEST.fingerprint()) == 32


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, method="PATCH"),
        replace(REQUEST, path="/reservations/rsv_2/check-in"),
        replace(REQUEST, property_id=None),
        replace(REQUEST, query={"a": "1"}),
        replace(REQUEST, query={"a": "12", "b": ""}),
        replace(REQUEST, body={"roomId": "rmu_1", "areas": ["spa", "gym"]}),
        replace(REQUEST, body={"roomId": "rmu_1", "note": None, "areas": ["gym", "spa"]}),
        replace(REQUEST, body={"roomId": "rmu_1", "note": "", "areas": ["spa", "gym"]}),
        replace(REQUEST, body={"roomId": "rmu_1", "note": False, "areas": ["spa", "gym"]}),
        replace(REQUEST, step_up_target="lck_1"),
        replace(REQUEST, path='/reservations/rsv_1/check-in","prop', property_id=None),
    ],
)
def test_any_other_part_makes_another_request(other: FingerprintedRequest) -> None:
    assert other.fingerprint() != REQUEST.fingerprint()


def test_a_derived_key_is_the_same_for_ever() -> None:
    # A literal: a release that derived another key could do an old action a second time.
    assert SCOPE.upstream_key("ulid") == "2HMNVY73A3KXVD41GP8ATN5WN9"
    assert SCOPE.upstream_key("uuid") == "51a577e3-8d43-4f76-9206-1642b552f2a9"


def test_a_derived_key_has_the_form_that_was_asked_for() -> None:
    assert is_ulid(SCOPE.upstream_key("ulid"))
    assert uuid.UUID(SCOPE.upstream_key("uuid")).version == 4


@pytest.mark.parametrize(
    "other",
    [
        replace(SCOPE, tenant_id=OTHER_TENANT),
        replace(SCOPE, operator_id=OperatorId("opr_01HZX8QJ5T9W2V4Y6B8D0F2H9Z")),
        replace(SCOPE, key=IdempotencyKey("01HZX8QJ5T9W2V4Y6B8D0F2H9Z")),
    ],
)
def test_another_tenant_operator_or_key_derives_another(other: IdempotencyScope) -> None:
    assert other.upstream_key("ulid") != SCOPE.upstream_key("ulid")
    assert other.upstream_key("uuid") != SCOPE.upstream_key("uuid")


def test_a_derived_key_does_not_tell_the_key_it_comes_from() -> None:
    assert KEY not in SCOPE.upstream_key("ulid")
