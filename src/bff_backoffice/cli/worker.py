"""`bff worker`: publish events, settle unknown outcomes, tidy up."""

import argparse
import sys

from bff_backoffice.bootstrap.refusals import SettingsRefused
from bff_backoffice.bootstrap.worker import run as run_worker


def register(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",  # pyright: ignore[reportPrivateUsage] - argparse has no public name for it
) -> None:
    """Add the command to `bff`."""
    parser = subparsers.add_parser(
        "worker",
        help="publish events, settle unknown outcomes, tidy up",
        description="Runs until SIGTERM, then finishes its rounds (under 5 s).",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run; 2 with one line when the settings are refused."""
    del arguments
    try:
        run_worker()
    except SettingsRefused as refusal:
        print(f"bff worker: {refusal}", file=sys.stderr)
        return 2
    return 0
