"""`bff api`: serve the API."""

import argparse
import sys

from bff_backoffice.bootstrap.api import run_api
from bff_backoffice.bootstrap.refusals import SettingsRefused


def register(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",  # pyright: ignore[reportPrivateUsage] - argparse has no public name for it
) -> None:
    """Add the command to `bff`."""
    parser = subparsers.add_parser(
        "api",
        help="serve the API",
        description="Serves until SIGTERM, then lets requests in flight finish.",
    )
    parser.add_argument(
        "--listen-descriptor",
        type=int,
        default=None,
        help="a listening socket inherited from the parent; set by `bff api` itself",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve; 2 with one line when the settings are refused."""
    try:
        run_api(arguments.listen_descriptor)
    except SettingsRefused as refusal:
        print(f"bff api: {refusal}", file=sys.stderr)
        return 2
    return 0
