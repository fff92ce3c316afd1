"""`bff openapi`: print the API document of this release."""

import argparse
import asyncio

from bff_backoffice.bootstrap.openapi import api_document


def register(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",  # pyright: ignore[reportPrivateUsage] - argparse has no public name for it
) -> None:
    """Add the command to `bff`."""
    parser = subparsers.add_parser(
        "openapi",
        help="print the API document (OpenAPI 3.1)",
        description="Prints what openapi/openapi.yaml holds when it is current.",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the document."""
    del arguments
    print(asyncio.run(api_document()), end="")
    return 0
