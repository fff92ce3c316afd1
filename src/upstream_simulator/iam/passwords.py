"""Who signs in: user name and password, and a pause after too many wrong ones.

Unknown user and wrong password cannot be told apart: not by answer, not by the pause.
"""

import hmac
from typing import Final

from upstream_simulator.documents import stored
from upstream_simulator.exchange import Call
from upstream_simulator.identifiers import stable_id
from upstream_simulator.state import StoredObject

FAILURES_MAX: Final = 5
PAUSE_SECONDS: Final = 300
USERNAME_CHARACTERS_MAX: Final = 128
PASSWORD_CHARACTERS_MAX: Final = 256
WATCHED_NAMES_MAX: Final = 10_000


class WrongCredentials(Exception):  # noqa: N818 - a refusal, not an error of ours
    """User name and password are not a pair we know."""


class TooManyFailures(Exception):  # noqa: N818 - a refusal, not an error of ours
    """This user name has to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(str(seconds))
        self.seconds = seconds


def credential_fact(operator_id: str) -> str:
    """Name the fact that holds an operator's password and TOTP secret."""
    return f"credential.{operator_id}"


def check_password(call: Call, *, username: str, password: str) -> StoredObject:
    """Return the operator who signs in; raise WrongCredentials or TooManyFailures."""
    _require_patience(call, username)
    operator_id = stable_id("opr", username)
    operator = call.state.get("iam", operator_id)
    # Compared as they are: they are random, and lie beside in directory.json for people to read.
    fact = call.state.fact(credential_fact(operator_id))
    expected: str = stored(fact)["password"] if fact is not None else ""
    matches = hmac.compare_digest(expected.encode(), password.encode())
    if not matches or not expected or operator is None or operator.status != "active":
        _count_failure(call, username, operator)
        raise WrongCredentials
    call.state.connection.execute("DELETE FROM failures WHERE username = ?", (username,))
    return operator


def _require_patience(call: Call, username: str) -> None:
    row = call.state.connection.execute(
        "SELECT count, since FROM failures WHERE username = ?", (username,)
    ).fetchone()
    if row is None or row[0] < FAILURES_MAX:
        return
    left = row[1] + PAUSE_SECONDS - call.at.timestamp()
    if left > 0:
        raise TooManyFailures(int(left) + 1)
    call.state.connection.execute("DELETE FROM failures WHERE username = ?", (username,))


def _count_failure(call: Call, username: str, operator: StoredObject | None) -> None:
    connection = call.state.connection
    now = call.at.timestamp()
    connection.execute("DELETE FROM failures WHERE since < ?", (now - PAUSE_SECONDS,))
    if connection.execute("SELECT count(*) FROM failures").fetchone()[0] >= WATCHED_NAMES_MAX:
        connection.execute("DELETE FROM failures WHERE since = (SELECT min(since) FROM failures)")
    connection.execute(
        "INSERT INTO failures VALUES (?1, 1, ?2)"
        " ON CONFLICT (username) DO UPDATE SET count = count + 1, since = ?2",
        (username, now),
    )
    if operator is not None:
        call.tenant = operator.tenant
        call.emit(
            "melmastoon.iam.user.login_failed.v1",
            key=operator.id,
            payload={"operatorId": operator.id},
        )
