"""Role and property of a caller against the row of the route. No look-up is made before this."""

from typing import Final

from bff_backoffice.application.access.caller import Principal
from bff_backoffice.application.access.refusals import (
    PropertyMissing,
    PropertyOutOfScope,
    RoleMissing,
    ScopeUnresolved,
)
from bff_backoffice.foundation.identifiers import PropertyId
from bff_backoffice.presentation.http import Request
from bff_backoffice.presentation.routing import PropertyScope, Route

PROPERTY_HEADER: Final = "x-property-id"


def authorize_request(request: Request, route: Route) -> None:
    """Check the caller's roles, then set the property where the route works on one.

    Raises RoleMissing, PropertyMissing, PropertyOutOfScope or ScopeUnresolved.
    """
    caller = request.caller
    if route.roles and caller.roles.isdisjoint(route.roles):
        raise RoleMissing
    named = request.headers.get(PROPERTY_HEADER)
    if named is not None and named not in caller.property_ids:
        raise PropertyOutOfScope
    if route.property_scope is PropertyScope.REQUIRED:
        request.property_scope = PropertyId(named) if named else _meant_property(caller)
    if route.needs_resolved_scope and not caller.is_scope_resolved:
        raise ScopeUnresolved


def _meant_property(caller: Principal) -> PropertyId:
    """Return the property meant by a caller who names none."""
    primary = caller.primary_property_id
    if primary is not None and primary in caller.property_ids:
        return primary
    if len(caller.property_ids) == 1:
        return next(iter(caller.property_ids))
    raise PropertyMissing
