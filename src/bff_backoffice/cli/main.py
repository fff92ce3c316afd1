"""The one command: `bff <subcommand>`. Each subcommand has a file of its own beside this one."""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final, cast

SUBCOMMANDS: Final = (
    "api",
    "worker",
    "migrate",
    "settings",
    "errors",
    "events",
    "openapi",
    "audit",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the subcommand and return its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(
        prog="bff", description="The hotel back-office desktop's Backend-for-Frontend."
    )
    subparsers = parser.add_subparsers(dest="subcommand", required=True, metavar="subcommand")
    for name in _needed(given):
        import_module(f"bff_backoffice.cli.{name}").register(subparsers)
    parsed = parser.parse_args(given)
    run = cast("Callable[[argparse.Namespace], int]", parsed.run)
    return run(parsed)


def _needed(given: Sequence[str]) -> Sequence[str]:
    """Load only what is asked for: the API's start does not wait for the worker's imports."""
    return given[:1] if given and given[0] in SUBCOMMANDS else SUBCOMMANDS
