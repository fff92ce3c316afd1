"""A clerk's day in the desktop client: real Chromium, real service, nothing in between."""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Route, expect, sync_playwright
from tests.end_to_end.desktop import CHROMIUM_ARGUMENTS, CHROMIUM_NAMES, Desktop
from tests.end_to_end.running_sandbox import PROJECT, Endpoints, Operator
from tests.end_to_end.simulator_admin import SimulatorAdmin

pytestmark = [pytest.mark.end_to_end, pytest.mark.browser]

AXE: Final = PROJECT / "node_modules" / "axe-core" / "axe.min.js"
LOST_ANSWER_MILLISECONDS_MAX: Final = 60_000
WIDGETS_OF_A_FRONT_DESK: Final = 13

OpenDesktop = Callable[..., Desktop]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=Path(found), args=list(CHROMIUM_ARGUMENTS)
        )
        yield chromium
        chromium.close()


@pytest.fixture
def open_desktop(browser: Browser, sandbox_endpoints: Endpoints) -> Iterator[OpenDesktop]:
    """Open devices; afterwards each must have run without a script error."""
    if sandbox_endpoints.client is None:
        pytest.skip("the sandbox runs without its client")
    address = sandbox_endpoints.client
    opened: list[Desktop] = []

    def open_one(*, color_scheme: str = "light", clock_offset: timedelta = timedelta()) -> Desktop:
        opened.append(
            Desktop.open(browser, address, color_scheme=color_scheme, clock_offset=clock_offset)
        )
        return opened[-1]

    yield open_one
    for desktop in opened:
        desktop.context.close()
    assert [error for desktop in opened for error in desktop.script_errors] == []


@pytest.fixture
def admin(sandbox_endpoints: Endpoints) -> SimulatorAdmin:
    return SimulatorAdmin(sandbox_endpoints.simulator_admin)


@pytest.fixture
def clerk(sandbox_endpoints: Endpoints) -> Operator:
    return sandbox_endpoints.operator_with("front_desk")


@pytest.fixture
def desktop(open_desktop: OpenDesktop, clerk: Operator) -> Desktop:
    """Return a device at which the clerk has signed in."""
    opened = open_desktop()
    opened.sign_in(clerk.username, clerk.password)
    opened.await_dashboard()
    return opened


def due_reservation(desktop: Desktop, admin: SimulatorAdmin, *, room_is_ready: bool) -> str:
    """Return a reservation of the list whose assigned room is, or is not, ready."""
    for reservation_id in desktop.listed_reservations():
        stored = admin.reservation(reservation_id)
        is_assigned = stored.room_id is not None
        if (
            is_assigned
            and stored.state == "confirmed"
            and admin.room_is_ready(stored.room_id) == room_is_ready
        ):
            return reservation_id
    raise AssertionError("the seeded day has no such arrival")


def test_a_clerk_signs_in_and_watches_the_dashboard_paint(
    open_desktop: OpenDesktop, admin: SimulatorAdmin, sandbox_endpoints: Endpoints
) -> None:
    # Nobody else looks at this tenant, so its dashboard is not remembered yet.
    clerk = sandbox_endpoints.operator_with("front_desk", tenant=1)
    desktop = open_desktop()

    with admin.fault("reservation", "latency", method="GET", path="**", times=20, ms=400):
        desktop.sign_in(clerk.username, clerk.password)
        desktop.await_dashboard()

    first_awaited, first_shown = desktop.paintings()[0]
    assert first_awaited > 0, "the first line paints before the upstreams have answered"
    assert first_shown == WIDGETS_OF_A_FRONT_DESK
    assert desktop.paintings()[-1] == (0, WIDGETS_OF_A_FRONT_DESK)


def test_a_guest_is_found_and_checked_in_by_keyboard_alone_and_once(
    desktop: Desktop, admin: SimulatorAdmin
) -> None:
    desktop.open_arrivals()
    reservation_id = due_reservation(desktop, admin, room_is_ready=True)
    before = admin.reservation(reservation_id)
    code = desktop.row_of(reservation_id).locator("td").first.inner_text()
    keyboard = desktop.page.keyboard

    keyboard.press("/")
    keyboard.type(code)
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(desktop.panel).to_be_visible()
    desktop.panel.get_by_label("Identity document seen and verified").focus()
    keyboard.press("Space")
    desktop.panel.get_by_role("button", name="Check in").focus()
    keyboard.press("Enter")
    keyboard.press("Enter")

    expect(desktop.panel.get_by_role("status")).to_contain_text("is checked in")
    after = admin.reservation(reservation_id)
    assert (after.state, after.room_id) == ("checked_in", before.room_id)
    assert (
        len(admin.calls("reservation", method="POST", path_end=f"{reservation_id}/check-in")) == 1
    )
    desktop.page.get_by_role("button", name=re.compile("^Checked in")).click()
    expect(desktop.row_of(reservation_id)).to_contain_text("Checked in")


def test_a_guest_who_is_checked_in_gets_one_key_for_the_own_door(
    desktop: Desktop, admin: SimulatorAdmin
) -> None:
    desktop.open_arrivals()
    reservation_id = due_reservation(desktop, admin, room_is_ready=True)
    desktop.row_of(reservation_id).get_by_role("button").first.click()
    desktop.submit_check_in()

    issue = desktop.panel.get_by_role("button", name="Issue key", exact=True)
    issue.click()

    expect(desktop.panel.get_by_text("Key issued for the stay")).to_be_visible()
    (sent,) = desktop.requests_to("/issue-key")
    assert sent.headers["x-idempotency-key"]
    assert len(admin.calls("lock-integration", method="POST", path_end="/key-credentials")) == 1


def test_a_wrong_password_is_said_in_plain_words_and_opens_nothing(
    open_desktop: OpenDesktop, clerk: Operator
) -> None:
    desktop = open_desktop()

    desktop.sign_in(clerk.username, "not-the-password")

    expect(desktop.page.get_by_role("alert")).to_contain_text("User name or password is not right")
    expect(desktop.page.get_by_role("alert")).to_contain_text(re.compile(r"Request \S{26}"))
    expect(desktop.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert desktop.requests_to("/session") == []


def test_a_check_in_that_the_hotel_refuses_says_why_and_changes_nothing(
    desktop: Desktop, admin: SimulatorAdmin
) -> None:
    desktop.open_arrivals()
    reservation_id = due_reservation(desktop, admin, room_is_ready=False)
    before = admin.reservation(reservation_id)

    desktop.row_of(reservation_id).click()
    desktop.submit_check_in()

    expect(desktop.panel.get_by_role("alert")).to_contain_text("Not checked in")
    expect(desktop.panel.get_by_role("alert")).to_contain_text("This room cannot be given out now")
    expect(desktop.panel.get_by_role("button", name="Change something")).to_be_visible()
    assert admin.reservation(reservation_id) == before


def test_a_check_in_whose_answer_is_lost_is_looked_up_and_happens_once(
    desktop: Desktop, admin: SimulatorAdmin
) -> None:
    desktop.open_arrivals()
    reservation_id = due_reservation(desktop, admin, room_is_ready=True)
    before = admin.reservation(reservation_id)

    path = f"**/{reservation_id}/check-in"
    with admin.fault("reservation", "lost_answer", method="POST", path=path, times=5):
        desktop.row_of(reservation_id).click()
        desktop.submit_check_in()
        expect(desktop.panel.get_by_role("status")).to_contain_text("do not check this guest in")
    expect(desktop.panel.get_by_role("status")).to_contain_text(
        "is checked in", timeout=LOST_ANSWER_MILLISECONDS_MAX
    )

    after = admin.reservation(reservation_id)
    assert after.state == "checked_in"
    assert after.version == before.version + 1
    assert len(desktop.requests_to(f"/{reservation_id}/check-in")) == 1


def test_a_check_in_whose_line_breaks_is_sent_again_under_its_key_and_happens_once(
    desktop: Desktop, admin: SimulatorAdmin
) -> None:
    desktop.open_arrivals()
    reservation_id = due_reservation(desktop, admin, room_is_ready=True)
    before = admin.reservation(reservation_id)

    sent: list[dict[str, str]] = []
    answers: list[dict[str, str]] = []

    def lose_the_first_answer(route: Route) -> None:
        sent.append(route.request.headers)
        answer = route.fetch()
        answers.append(answer.headers)
        if len(sent) == 1:
            route.abort("connectionreset")
        else:
            route.fulfill(response=answer)

    desktop.page.route(f"**/{reservation_id}/check-in", lose_the_first_answer)
    desktop.row_of(reservation_id).click()
    desktop.submit_check_in()

    expect(desktop.panel.get_by_role("status")).to_contain_text("is checked in")
    first, second = sent
    assert second["x-idempotency-key"] == first["x-idempotency-key"]
    assert second["dpop"] != first["dpop"]
    assert [answer.get("idempotency-replayed") for answer in answers] == [None, "true"]
    assert admin.reservation(reservation_id).version == before.version + 1


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_device_with_a_wrong_clock_corrects_itself(
    hours: int, open_desktop: OpenDesktop, clerk: Operator
) -> None:
    desktop = open_desktop(clock_offset=timedelta(hours=hours))

    desktop.sign_in(clerk.username, clerk.password)

    desktop.await_dashboard()
    refused, accepted = desktop.requests_to("/api/v1/auth/login")
    assert refused.headers["dpop"] != accepted.headers["dpop"]


def test_a_device_without_a_line_says_so_and_offers_no_check_in(
    desktop: Desktop, admin: SimulatorAdmin
) -> None:
    desktop.open_arrivals()
    desktop.row_of(due_reservation(desktop, admin, room_is_ready=True)).click()

    desktop.context.set_offline(offline=True)
    expect(desktop.page.get_by_text("This machine is offline.")).to_be_visible()
    expect(desktop.panel.get_by_role("button", name="Check in")).to_be_disabled()

    desktop.context.set_offline(offline=False)
    expect(desktop.page.get_by_text("This machine is offline.")).to_be_hidden()
    expect(desktop.panel.get_by_role("button", name="Check in")).to_be_enabled()


def test_switching_the_property_shows_that_property_and_asks_for_it(
    open_desktop: OpenDesktop, sandbox_endpoints: Endpoints
) -> None:
    roamer = next(
        operator
        for operator in sandbox_endpoints.tenants[0].operators
        if "front_desk" in operator.roles and len(operator.property_ids) > 1
    )
    desktop = open_desktop()
    desktop.sign_in(roamer.username, roamer.password)
    desktop.open_arrivals()
    shown_first = desktop.listed_reservations()

    switcher = desktop.page.get_by_label("Property")
    other = next(p for p in roamer.property_ids if p != switcher.input_value())
    switcher.select_option(value=other)

    expect(desktop.row_of(shown_first[0])).to_have_count(0)
    expect(desktop.rows).not_to_have_count(0)
    asked = desktop.requests_to("/arrivals")
    assert asked[-1].headers["x-property-id"] == other


def test_a_device_keeps_its_session_over_a_reload_and_its_key_to_itself(desktop: Desktop) -> None:
    desktop.page.reload()
    desktop.await_dashboard()

    assert len(desktop.requests_to("/api/v1/auth/login")) == 1
    refusal: str = desktop.page.evaluate(_TRY_TO_EXPORT_THE_KEY)
    assert refusal == "InvalidAccessError"


def test_two_tabs_that_renew_at_once_both_stay_signed_in(
    desktop: Desktop, sandbox_endpoints: Endpoints
) -> None:
    assert sandbox_endpoints.client is not None
    other = desktop.context.new_page()
    other.goto(sandbox_endpoints.client)
    expect(other.locator('[data-phase="complete"]')).to_be_visible()

    for page in (desktop.page, other):
        page.evaluate("() => { window.renewal = window.melmastoon.session.refresh(); }")
    renewals = [page.evaluate("window.renewal") for page in (desktop.page, other)]
    sessions = [page.evaluate(_ASK_FOR_THE_SESSION) for page in (desktop.page, other)]

    assert renewals == [{"ok": True, "value": None}] * 2
    assert sessions[0] == sessions[1]


def test_the_bridge_cannot_be_replaced_by_a_script(desktop: Desktop) -> None:
    outcome = desktop.page.evaluate(_TRY_TO_REPLACE_THE_BRIDGE)

    assert outcome == ["TypeError", "TypeError", "TypeError"]


def test_the_client_calls_the_service_and_iam_and_nobody_else(
    desktop: Desktop, sandbox_endpoints: Endpoints
) -> None:
    desktop.open_arrivals()

    called = {origin_of(request.url) for request in desktop.requests}
    signed = [r for r in desktop.requests if origin_of(r.url) == sandbox_endpoints.bff]

    assert called == {sandbox_endpoints.bff, sandbox_endpoints.iam, sandbox_endpoints.client}
    assert all("dpop" in r.headers for r in signed if r.method != "OPTIONS")
    assert len({r.headers["dpop"] for r in signed}) == len(signed), "a proof is used once"


def test_a_session_that_iam_has_ended_shows_so_and_leads_to_sign_in(
    open_desktop: OpenDesktop, admin: SimulatorAdmin, clerk: Operator
) -> None:
    desktop = open_desktop()
    with desktop.page.expect_response("**/api/v1/auth/login") as login:
        desktop.sign_in(clerk.username, clerk.password)
    desktop.await_dashboard()
    session_id: str = login.value.json()["sessionId"]

    admin.revoke_session(session_id)
    desktop.page.evaluate("window.melmastoon.session.refresh()")

    expect(desktop.page.get_by_role("button", name="Go to sign-in")).to_be_visible()
    desktop.page.get_by_role("button", name="Go to sign-in").click()
    expect(desktop.page.get_by_label("User name")).to_be_visible()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_every_screen_passes_the_accessibility_rules(
    color_scheme: str, open_desktop: OpenDesktop, clerk: Operator
) -> None:
    if not AXE.is_file():
        pytest.skip("the npm packages are not installed: run `make setup`")
    desktop = open_desktop(color_scheme=color_scheme)
    on_sign_in = violations_on(desktop)

    desktop.sign_in(clerk.username, clerk.password)
    desktop.await_dashboard()
    on_dashboard = violations_on(desktop)
    desktop.open_arrivals()
    on_arrivals = violations_on(desktop)
    desktop.rows.first.click()
    expect(desktop.panel).to_be_visible()
    on_check_in = violations_on(desktop)

    assert (on_sign_in, on_dashboard, on_arrivals, on_check_in) == ([], [], [], [])


def violations_on(desktop: Desktop) -> list[str]:
    """Return what axe-core finds against WCAG 2.2 A and AA, once nothing moves any more."""
    desktop.page.evaluate(_AWAIT_ANIMATIONS)
    desktop.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = desktop.page.evaluate(_RUN_AXE)
    return found


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


_AWAIT_ANIMATIONS: Final = """
() => Promise.allSettled(document.getAnimations().map(({ finished }) => finished))
"""

_RUN_AXE: Final = """
async () => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const { violations } = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
}
"""

_ASK_FOR_THE_SESSION: Final = """
async () => {
  const outcome = await window.melmastoon.session.current();
  return outcome.ok ? outcome.value.id : outcome.problem.code;
}
"""

_TRY_TO_REPLACE_THE_BRIDGE: Final = """
() => {
  'use strict';
  const attempts = [
    () => { window.melmastoon = {}; },
    () => { window.melmastoon.session = {}; },
    () => { window.melmastoon.session.signIn = () => undefined; },
  ];
  return attempts.map((attempt) => {
    try {
      attempt();
      return 'replaced';
    } catch (error) {
      return error.name;
    }
  });
}
"""

_TRY_TO_EXPORT_THE_KEY: Final = """
async () => {
  const settled = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const database = await settled(indexedDB.open('melmastoon-device'));
  const store = database.transaction('kept').objectStore('kept');
  const { privateKey } = await settled(store.get('key-pair'));
  return crypto.subtle.exportKey('jwk', privateKey).then(() => 'exported', (error) => error.name);
}
"""
