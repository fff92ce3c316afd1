"""The view types of access that routes may name: they cannot reach the domain themselves."""

from bff_backoffice.domain.principal import Principal, RequestFacts

__all__ = ["Principal", "RequestFacts"]
