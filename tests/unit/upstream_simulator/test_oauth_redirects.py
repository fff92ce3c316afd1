"""Where a code may be sent."""

import pytest

from upstream_simulator.iam.oauth import is_allowed_redirect


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:1/callback",
        "http://127.0.0.1:65535/callback",
        "melmastoon://callback",
    ],
)
def test_the_desktop_is_answered_on_loopback_or_its_scheme(uri: str) -> None:
    assert is_allowed_redirect(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:80/callback#x",
        "http://127.0.0.1:80/callback\n",
        "http://user@127.0.0.1:80/callback",
        "http://127.0.0.1:٨٠/callback",
        "http://[::1]:80/callback",
        "melmastoon://callback/x",
        "javascript:alert(1)",
    ],
)
def test_nobody_else_is_answered(uri: str) -> None:
    assert not is_allowed_redirect(uri)
