"""What is generated is committed and current."""

from pathlib import Path

import msgspec

from bff_backoffice.bootstrap.describe_errors import errors_page
from bff_backoffice.bootstrap.describe_settings import settings_page
from bff_backoffice.bootstrap.openapi import api_document

ROOT = Path(__file__).parents[2]


async def test_the_api_document_is_what_the_code_generates() -> None:
    committed = (ROOT / "openapi/openapi.yaml").read_text("utf-8")

    assert committed == await api_document(), "run: bff openapi > openapi/openapi.yaml"


def test_the_page_of_settings_is_what_the_code_generates() -> None:
    committed = (ROOT / "docs/settings.md").read_text("utf-8")

    assert committed == settings_page(), "run: bff settings --page > docs/settings.md"


def test_the_page_of_errors_is_what_the_code_generates() -> None:
    committed = (ROOT / "docs/errors.md").read_text("utf-8")
    english = msgspec.json.decode(
        (ROOT / "packages/error-messages/en.json").read_bytes(), type=dict[str, str]
    )

    assert committed == errors_page(english), "run: bff errors --page > docs/errors.md"
