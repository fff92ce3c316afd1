"""`bff settings`: print every setting, secrets masked."""

import argparse
import os

from bff_backoffice.bootstrap.describe_settings import describe_settings, settings_page


def register(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",  # pyright: ignore[reportPrivateUsage] - argparse has no public name for it
) -> None:
    """Add the command to `bff`."""
    parser = subparsers.add_parser(
        "settings",
        help="print every setting, secrets masked",
        description="Prints each variable with its value or default; secrets as ***.",
    )
    parser.add_argument("--page", action="store_true", help="print docs/settings.md instead")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print one line a setting, or the page of all of them."""
    if arguments.page:
        print(settings_page(), end="")
        return 0
    for line in describe_settings(os.environ):
        print(line)
    return 0
