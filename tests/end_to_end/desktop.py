"""The desktop client in a real Chromium, as a person uses it."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, Request, expect

CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
CHROMIUM_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
STEP_MILLISECONDS_MAX: Final = 15_000

# Watches from the first moment how many widgets are still awaited, of how many shown.
_WATCH_PAINTING: Final = """
window.paintings = [];
new MutationObserver(() => {
  const shown = document.querySelectorAll('[data-widget]').length;
  const awaited = document.querySelectorAll('[data-widget][aria-busy="true"]').length;
  if (shown > 0) window.paintings.push([awaited, shown]);
}).observe(document, { subtree: true, childList: true, attributes: true });
"""


@dataclass(slots=True)
class Desktop:
    """One device: a browser profile of its own with the client open in it."""

    context: BrowserContext
    page: Page
    requests: list[Request] = field(default_factory=list[Request])
    script_errors: list[str] = field(default_factory=list[str])

    @classmethod
    def open(
        cls,
        browser: Browser,
        address: str,
        *,
        color_scheme: str = "light",
        clock_offset: timedelta = timedelta(),
    ) -> "Desktop":
        """Open the client on a new device, whose clock may be wrong."""
        context = browser.new_context(
            viewport={"width": 1440, "height": 900},
            color_scheme="dark" if color_scheme == "dark" else "light",
            locale="en-GB",
            reduced_motion="reduce",
        )
        context.set_default_timeout(STEP_MILLISECONDS_MAX)
        page = context.new_page()
        desktop = cls(context, page)

        def note_request(request: Request) -> None:
            desktop.requests.append(request)

        def note_script_error(error: Error) -> None:
            desktop.script_errors.append(str(error))

        page.on("request", note_request)
        page.on("pageerror", note_script_error)
        page.add_init_script(_WATCH_PAINTING)
        if clock_offset:
            now = datetime.now(UTC)  # noqa: TID251 - wrong by so much against this machine's clock
            page.clock.install(time=now + clock_offset)
        page.goto(address)
        return desktop

    def sign_in(self, username: str, password: str) -> None:
        """Fill in the form and press Enter."""
        self.page.get_by_label("User name").fill(username)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.keyboard.press("Enter")

    def await_dashboard(self) -> None:
        """Wait for the last line of the dashboard's stream."""
        expect(self.page.locator('[data-phase="complete"]')).to_be_visible(
            timeout=STEP_MILLISECONDS_MAX
        )

    def paintings(self) -> list[tuple[int, int]]:
        """Return what was on the screen after each change: widgets awaited, widgets shown."""
        pairs: list[list[int]] = self.page.evaluate("window.paintings")
        return [(awaited, shown) for awaited, shown in pairs]

    def open_arrivals(self) -> None:
        """Go to the arrivals board and wait for its list."""
        self.page.get_by_role("link", name="Arrivals").click()
        expect(self.rows).not_to_have_count(0, timeout=STEP_MILLISECONDS_MAX)

    @property
    def rows(self) -> Locator:
        """Return the rows of the arrivals board."""
        return self.page.locator("tr[data-reservation]")

    def row_of(self, reservation_id: str) -> Locator:
        """Return the row of a reservation."""
        return self.page.locator(f'tr[data-reservation="{reservation_id}"]')

    def listed_reservations(self) -> list[str]:
        """Return the ids of the reservations in the list."""
        return [row.get_attribute("data-reservation") or "" for row in self.rows.all()]

    @property
    def panel(self) -> Locator:
        """Return the check-in panel."""
        return self.page.get_by_role("complementary")

    def submit_check_in(self) -> None:
        """Say that the document was seen, and check in."""
        self.panel.get_by_label("Identity document seen and verified").check()
        self.panel.get_by_role("button", name="Check in").click()

    def requests_to(self, path: str) -> list[Request]:
        """Return the requests whose path ends so; preflights are not among them."""
        pattern = re.compile(re.escape(path) + r"(\?|$)")
        return [request for request in self.requests if pattern.search(request.url)]
