"""Signing out: refused here first and for good, whatever iam does."""

import pytest
from tests.access_desk import Desk, facts_at
from tests.fakes.iam_sessions import FakeIamSessions
from tests.tokens import SID, TENANT

from bff_backoffice.application.access.refusals import AccessStoreUnavailable
from bff_backoffice.application.access.sign_out import SignOut
from bff_backoffice.foundation.deadline import Deadline


class Hall:
    """A signed-in caller and the door out."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.iam = FakeIamSessions()
        self.use_case = SignOut(
            revoke=self.desk.revoke, store=self.desk.store, iam=self.iam, clock=self.desk.clock
        )

    async def leave(self) -> bool:
        clock = self.desk.clock
        caller = await self.desk.admitted()
        return await self.use_case(caller, facts_at(clock), Deadline.after(3, clock))


async def test_a_session_that_ended_lets_nobody_in_again() -> None:
    hall = Hall()

    assert await hall.leave()
    with pytest.raises(Exception, match=r"session\.revoked"):
        await hall.desk.admitted()
    assert hall.iam.ended == [(TENANT, SID)]
    kinds = [b'"kind":"opened"' in event for event in hall.desk.store.owed_events]
    assert kinds == [True, False]


async def test_a_session_that_ended_stays_ended_when_the_store_forgets() -> None:
    hall = Hall()
    await hall.leave()
    ((_, kind, subject),) = hall.desk.revocations.recorded

    assert (kind, subject) == ("sid", SID)
    days = (
        hall.desk.revocations.recorded[TENANT, kind, subject].expires_at - hall.desk.clock.now()
    ).days
    assert days >= 30


async def test_without_iam_the_session_ends_here_all_the_same() -> None:
    hall = Hall()
    hall.iam.is_down = True

    assert not await hall.leave()
    with pytest.raises(Exception, match=r"session\.revoked"):
        await hall.desk.admitted()


async def test_an_end_that_cannot_be_recorded_is_not_claimed() -> None:
    hall = Hall()
    await hall.desk.admitted()
    hall.desk.revocations.is_down = True

    with pytest.raises(AccessStoreUnavailable):
        await hall.leave()
    assert hall.iam.ended == []
    await hall.desk.admitted()
