"""`bff errors`: print every wire code of the API."""

import argparse
import sys
from pathlib import Path
from typing import Final

import msgspec

from bff_backoffice.bootstrap.describe_errors import describe_errors, errors_page

ENGLISH: Final = Path("packages/error-messages/en.json")


def register(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",  # pyright: ignore[reportPrivateUsage] - argparse has no public name for it
) -> None:
    """Add the command to `bff`."""
    parser = subparsers.add_parser(
        "errors",
        help="print every wire code",
        description="Prints each wire code with its status, and whether a repeat may help.",
    )
    parser.add_argument("--page", action="store_true", help="print docs/errors.md instead")
    parser.add_argument(
        "--messages", type=Path, default=ENGLISH, help="the page's sentences (default: %(default)s)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print one line a code, or the page of all of them."""
    if not arguments.page:
        print("\n".join(describe_errors()))
        return 0
    try:
        english = msgspec.json.decode(arguments.messages.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError) as refused:
        print(f"bff errors: {arguments.messages} cannot be read: {refused}", file=sys.stderr)
        return 2
    print(errors_page(english), end="")
    return 0
