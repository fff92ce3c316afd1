"""`htu` is the URL called, as the outside world writes it (RFC 9449 §4.3, RFC 3986 §6.2)."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.access_desk import POLICY, Desk
from tests.tokens import ABSENT, ORIGIN, PATH

from bff_backoffice.application.access.request_path import PathRefused, normalise_request_path
from bff_backoffice.security.target_uri import (
    TARGET_CHARACTERS_MAX,
    NotATarget,
    parse_target,
)

HTU = "proof.invalid:htu"


def desk_at(*origins: str) -> Desk:
    normalised = frozenset(parse_target(origin).origin for origin in origins)
    return Desk(proof_policy=replace(POLICY, origins=normalised))


@pytest.mark.parametrize(
    "htu",
    [
        ABSENT, None, 1, True, [], [ORIGIN + PATH], {"htu": ORIGIN + PATH},
        "", " ", ":::*;", "/", PATH, "bff.example" + PATH, "//bff.example" + PATH,
        "https:", "https:/", "https://", "https:///" + PATH, "https:" + PATH,
        "https://bff.example.evil.example" + PATH, "https://evil.example" + PATH,
        "https://evil.example/bff.example" + PATH, "https://bff.example@evil.example" + PATH,
        "https://user@bff.example" + PATH, "https://user:pass@bff.example" + PATH,
        "https://@bff.example" + PATH, "https://evil.example\\@bff.example" + PATH,
        ORIGIN + "/bff/backoffice/v1/sessions", ORIGIN + "/bff/backoffice/v1",
        ORIGIN + "/api" + PATH, ORIGIN + "/", ORIGIN,
        "https://bff.example:444" + PATH, "https://bff.example:80" + PATH,
        "https://bff.example:0" + PATH, "https://bff.example:65536" + PATH,
        "https://bff.example:000443x" + PATH, "https://bff.example:443443" + PATH,
        "https://bff.example:-1" + PATH, "https://bff.example:4 3" + PATH,
        "https://bff.example:443:443" + PATH, "https://bff.example:\u0664\u0664\u0663" + PATH,
        "http://bff.example" + PATH, "http://bff.example:443" + PATH,
        "ws://bff.example" + PATH, "wss://bff.example" + PATH, "file://bff.example" + PATH,
        "javascript:alert(1)", "ftp://bff.example" + PATH, "httpss://bff.example" + PATH,
        "http\u017f://bff.example" + PATH, "\u212attps://bff.example" + PATH,
        ORIGIN + PATH.upper(), ORIGIN + "/BFF/backoffice/v1/session",
        ORIGIN + PATH.replace("/v1/", "%2Fv1%2F"), ORIGIN + PATH.replace("/v1/", "%252Fv1%252F"),
        ORIGIN + PATH + "/", ORIGIN + PATH.replace("/v1", "//v1"), "https://bff.example/" + PATH,
        ORIGIN + PATH + ";a=b", ORIGIN + PATH + "%20", ORIGIN + PATH + "+", ORIGIN + PATH + "%00",
        ORIGIN + PATH + " ", " " + ORIGIN + PATH, ORIGIN + PATH + "\n", ORIGIN + PATH + "\x00",
        ORIGIN + "\\bff\\backoffice\\v1\\session", ORIGIN + PATH + "\x7f", ORIGIN + PATH + "\t",
        ORIGIN + PATH + "%", ORIGIN + PATH + "%4", ORIGIN + PATH + "%zz",
        ORIGIN + PATH + "<", ORIGIN + PATH + '"', ORIGIN + PATH + "^", ORIGIN + PATH + "`",
        "https://bff.example." + PATH, "https://b_ff.example" + PATH, "https://.bff.example" + PATH,
        "https://bff..example" + PATH, "https://bff.example%2E" + PATH,
        "https://bff%2Eexample" + PATH,
        "https://[bff.example]" + PATH, "https://[::1" + PATH, "https://::1" + PATH,
        "https://[::1]x" + PATH, "https://[1.2.3.4]" + PATH, "https://[]" + PATH,
        "https://[fe80::1%25eth0]" + PATH, "https://bff.example:" + "4" * 6 + PATH,
        "https://\u00e9\u00e9..example" + PATH, "https://\u2488example" + PATH,
        "https://\uff0f.example" + PATH, "https://" + "\u00e9" * 100 + PATH,
        ORIGIN + "/" + "a" * TARGET_CHARACTERS_MAX,
        ORIGIN + PATH + "?" + "a" * TARGET_CHARACTERS_MAX,
    ],
)  # fmt: skip
async def test_a_proof_for_another_target_is_refused(desk: Desk, htu: object) -> None:
    refusal = await desk.refused_proof(desk.proof(claims={"htu": htu}))

    assert refusal in (HTU, "proof.invalid:too_long")


@pytest.mark.parametrize(
    "htu",
    [
        ORIGIN + PATH, ORIGIN + PATH + "?", ORIGIN + PATH + "?a=b&c=%zz", ORIGIN + PATH + "#x",
        ORIGIN + PATH + "?a#b?c#d", "HTTPS://bff.example" + PATH, "hTtPs://BFF.EXAMPLE" + PATH,
        "https://bff.example:443" + PATH, "https://bff.example:" + PATH,
        "https://bff.example:0443" + PATH,
        ORIGIN + "/a/.." + PATH, ORIGIN + "/." + PATH, ORIGIN + PATH.replace("/v1", "/./x/../v1"),
        ORIGIN + "/%2e%2e" + PATH, ORIGIN + "/%2E" + PATH, ORIGIN + "/../.." + PATH,
        ORIGIN + PATH.replace("s", "%73"), ORIGIN + "/%62ff/backoffice/v1/session",
        "https://\uff42ff.example" + PATH,
    ],
)  # fmt: skip
async def test_a_proof_for_this_target_in_another_spelling_is_taken(desk: Desk, htu: str) -> None:
    await desk.admitted(desk.offer(desk.proof(claims={"htu": htu})))


@pytest.mark.parametrize(
    ("origin", "htu_origin"),
    [
        ("https://bff.example:8443", "https://bff.example:8443"),
        ("https://bff.example:443", "https://bff.example"),
        ("http://bff.example", "http://bff.example:80"),
        ("http://127.0.0.1:8083", "http://127.0.0.1:8083"),
        ("http://[::1]:8083", "http://[0:0:0:0:0:0:0:1]:8083"),
        ("https://[::1]", "https://[::1]:443"),
        ("https://[::ffff:1.2.3.4]", "https://[::ffff:102:304]"),
        ("https://b\u00fccher.example", "https://xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example", "https://B\u00dcCHER.example"),
    ],
)
async def test_an_origin_is_one_in_each_of_its_spellings(origin: str, htu_origin: str) -> None:
    desk = desk_at(origin)

    await desk.admitted(desk.offer(desk.proof(claims={"htu": htu_origin + PATH})))


async def test_each_public_origin_is_taken_and_no_other() -> None:
    desk = desk_at(ORIGIN, "https://canary.example", "http://127.0.0.1:8083")

    for origin in (ORIGIN, "https://canary.example", "http://127.0.0.1:8083"):
        await desk.admitted(desk.offer(desk.proof(claims={"htu": origin + PATH})))
    for origin in ("http://127.0.0.1:8084", "https://127.0.0.1:8083", "https://eu.example"):
        assert await desk.refused_proof(desk.proof(claims={"htu": origin + PATH})) == HTU


@pytest.mark.parametrize(
    ("called", "htu", "is_same"),
    [
        ("/", "", True),
        ("/", "/", True),
        ("/a%2fb", "/a%2Fb", True),
        ("/a%2Fb", "/a/b", False),
        ("/a%252Fb", "/a%2Fb", False),
        ("/%7Euser", "/~user", True),
        ("/%41", "/A", True),
        ("/%41", "/a", False),
        ("/a/../b", "/b", True),
        ("/a/./b", "/a/b", True),
        ("/a/%2e%2e/b", "/b", True),
        ("/..", "/", True),
        ("/a/..", "/", True),
        ("/a/b/..", "/a/", True),
        ("/a/b/..", "/a", False),
        ("/a/.", "/a/", True),
        ("/a//b", "/a//b", True),
        ("/a//b", "/a/b", False),
        ("//a", "/a", False),
        ("/a/", "/a", False),
        ("/a;x=1", "/a;x=1", True),
        ("/a;x=1", "/a", False),
        ("/a+b", "/a+b", True),
        ("/a+b", "/a%20b", False),
        ("/caf%C3%A9", "/caf\u00e9", True),
        ("/caf%c3%a9", "/caf\u00e9", True),
        ("/caf%E9", "/caf\u00e9", False),
        ("/...", "/...", True),
        ("/.a", "/.a", True),
    ],
)
async def test_the_path_called_and_the_path_proven_meet_in_one_normal_form(
    desk: Desk, called: str, htu: str, *, is_same: bool
) -> None:
    path = normalise_request_path(called)
    offered = desk.offer(desk.proof(claims={"htu": ORIGIN + htu}), path=path)

    if is_same:
        await desk.admitted(offered)
    else:
        assert await desk.refused(offered) == HTU


@pytest.mark.parametrize("path", ["a", "*", "/%", "/%4", "/%zz", "http:", "%2F"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(PathRefused):
        normalise_request_path(path)


@given(text=st.text(max_size=60))
@settings(max_examples=500, deadline=None)
def test_no_text_makes_the_reader_of_targets_stumble(text: str) -> None:
    for candidate in (text, "https://" + text, "https://h/" + text, "https://h:" + text):
        try:
            target = parse_target(candidate)
        except NotATarget:
            continue
        assert parse_target(target.origin + target.path) == target


@given(path=st.text(alphabet="/.%2eEaAfF~;+", max_size=24))
@settings(max_examples=500, deadline=None)
def test_a_normal_path_is_its_own_normal_form(path: str) -> None:
    try:
        normal = normalise_request_path("/" + path)
    except PathRefused:
        return
    assert normal.startswith("/")
    assert normalise_request_path(normal) == normal
    assert "/../" not in normal
    assert "/./" not in normal
