"""Who called, as labels that cannot grow without end."""

from typing import Final

from bff_backoffice.domain.message import ROLES
from bff_backoffice.domain.principal import Principal

TENANT_LABELS_MAX: Final = 50
NOBODY: Final = "none"
OTHER: Final = "other"
SEVERAL: Final = "several"


class TenantLabels:
    """The first TENANT_LABELS_MAX tenants that a process meets keep their id; the rest share one.

    Each process keeps its own list: a page of several processes may hold as many times that.
    """

    def __init__(self, labels_max: int = TENANT_LABELS_MAX) -> None:
        self._labels_max = labels_max
        self._known: set[str] = set()

    def label(self, caller: Principal | None) -> str:
        """Return the tenant's id, `other` beyond the bound, `none` for a caller not known."""
        if caller is None:
            return NOBODY
        tenant = caller.tenant_id
        if tenant in self._known:
            return tenant
        if len(self._known) >= self._labels_max:
            return OTHER
        self._known.add(tenant)
        return tenant


def role_label(caller: Principal | None) -> str:
    """Return the caller's role, or `several`, `other` (not one of the product's) or `none`."""
    if caller is None or not caller.roles:
        return NOBODY
    if len(caller.roles) > 1:
        return SEVERAL
    (role,) = caller.roles
    return role if role in ROLES else OTHER
