"""`bff audit verify`: walk the chains of the lock ledger."""

import argparse
import asyncio
import sys

from bff_backoffice.bootstrap.lock_audit import ChainVerdict, StoreUnavailable, verify_lock_audit
from bff_backoffice.bootstrap.refusals import SettingsRefused


def register(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",  # pyright: ignore[reportPrivateUsage] - argparse has no public name for it
) -> None:
    """Add the command to `bff`."""
    audit = subparsers.add_parser("audit", help="check the ledger of lock actions")
    actions = audit.add_subparsers(dest="audit_action", required=True, metavar="action")
    verify = actions.add_parser(
        "verify",
        help="walk each tenant's chain and name the first bad row",
        description=(
            "Reads with the retention role (BFF_POSTGRES_RETENTION_URL), changes nothing."
            " Exit: 0 whole, 1 broken or no database, 2 settings."
        ),
    )
    verify.add_argument("--tenant", metavar="TENANT", help="one tenant (all if absent)")
    verify.set_defaults(run=run_verify)


def run_verify(arguments: argparse.Namespace) -> int:
    """Print a line per tenant; 1 when a chain is broken or the database does not answer."""
    try:
        is_whole = asyncio.run(_print_verdicts(arguments.tenant))
    except SettingsRefused as refusal:
        print(f"bff audit: {refusal}", file=sys.stderr)
        return 2
    except StoreUnavailable:
        print("bff audit: the database does not answer", file=sys.stderr)
        return 1
    return 0 if is_whole else 1


async def _print_verdicts(tenant_id: str | None) -> bool:
    is_whole = True
    count = 0
    async for verdict in verify_lock_audit(tenant_id):
        print(_line(verdict), flush=True)
        is_whole = is_whole and verdict.broken is None
        count += 1
    if count == 0:
        print("no lock action has been recorded yet")
    return is_whole


def _line(verdict: ChainVerdict) -> str:
    if verdict.broken is not None:
        flaw = verdict.broken.flaw.replace("_", " ")
        return f"{verdict.tenant_id}  BROKEN  row {verdict.broken.seq} is {flaw}"
    still_open = f", {verdict.open_actions} actions without an outcome yet"
    return (
        f"{verdict.tenant_id}  whole   {verdict.rows} rows"
        f"{still_open if verdict.open_actions else ''}"
    )
