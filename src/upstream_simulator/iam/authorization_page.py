"""The authorization server's one page: a plain HTML form, no script."""

import html
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from upstream_simulator.exchange import Answer

_CARRIED: Final = (
    "response_type",
    "client_id",
    "redirect_uri",
    "code_challenge",
    "code_challenge_method",
    "state",
    "scope",
    "dpop_jkt",
)
"""The request's parameters, which travel through the form."""


def refusal_page(sentence: str) -> Answer:
    """Say no here, because the redirect URI cannot be trusted."""
    return _page(400, f"<p>{html.escape(sentence)}</p>")


def sign_in_form(fields: Mapping[str, str], *, status: int = 200, message: str = "") -> Answer:
    """Ask for user name and password; the request comes back with them."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(fields[name])}">'
        for name in _CARRIED
        if name in fields
    )
    note = f'<p role="alert">{html.escape(message)}</p>' if message else ""
    content = (
        f'{note}<form method="post" action="/oauth/authorize">{hidden}'
        '<p><label>User name <input name="username" autocomplete="username" required></label></p>'
        '<p><label>Password <input name="password" type="password"'
        ' autocomplete="current-password" required></label></p>'
        '<p><button type="submit">Sign in</button></p></form>'
    )
    return _page(status, content, redirect_uri=fields["redirect_uri"])


def _page(status: int, content: str, *, redirect_uri: str = "") -> Answer:
    parts = urlsplit(redirect_uri)
    target = f" {parts.scheme}://{parts.netloc}" if parts.scheme == "http" else " melmastoon:"
    policy = f"default-src 'none'; frame-ancestors 'none'; form-action 'self'{target}"
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title>'
        f"<h1>Sign in</h1>{content}</html>"
    )
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
    }
    return Answer(status=status, body=page.encode(), headers=headers)
