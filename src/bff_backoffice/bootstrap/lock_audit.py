"""Builds what `bff audit verify` needs: the role that reads every chain and writes none."""

import os
from collections.abc import AsyncIterator, Mapping
from typing import Final

from bff_backoffice.application.lock_audit.verify_chains import ChainVerdict, VerifyLockAudit
from bff_backoffice.application.ports.unavailable import StoreUnavailable
from bff_backoffice.bootstrap.settings import RetentionSettings, load
from bff_backoffice.infrastructure.postgres.database import Database, PoolPolicy
from bff_backoffice.infrastructure.postgres.lock_audits import PostgresLockAudits

__all__ = ["ChainVerdict", "StoreUnavailable", "verify_lock_audit"]

STATEMENT_SECONDS: Final = 30.0
"""One page of a long chain on a busy server; nobody at a desk waits for it."""


async def verify_lock_audit(
    tenant_id: str | None, environment: Mapping[str, str] | None = None
) -> AsyncIterator[ChainVerdict]:
    """Verify one tenant's chain or all. Raises SettingsRefused or StoreUnavailable."""
    settings = load(RetentionSettings, os.environ if environment is None else environment)
    database = Database(
        settings.postgres_retention_url,
        PoolPolicy(
            application_name="bff audit", connections_max=1, statement_seconds=STATEMENT_SECONDS
        ),
    )
    try:
        async for verdict in VerifyLockAudit(PostgresLockAudits(database)).run(tenant_id):
            yield verdict
    finally:
        await database.close()
