"""`/.well-known/oauth-protected-resource` (RFC 9728), open."""

from dataclasses import dataclass

import msgspec

from bff_backoffice.presentation.http import Answer, Request, json_answer
from bff_backoffice.presentation.routing import BASE_PATH, AnswerShape, Credential, Handler, Route

METADATA_PATH = "/.well-known/oauth-protected-resource"
CACHE_CONTROL = (("cache-control", "public, max-age=300"),)


class MetadataBody(msgspec.Struct, frozen=True, kw_only=True):
    """The document of RFC 9728 §2, with its own member names."""

    resource: str
    authorization_servers: list[str]
    bearer_methods_supported: list[str]
    dpop_signing_alg_values_supported: list[str]
    dpop_bound_access_tokens_required: bool
    resource_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataRoutes:
    """Tells clients which issuer's tokens this resource takes, and how they are bound."""

    origin: str
    issuer: str
    proof_algorithms: tuple[str, ...]

    def rows(self) -> list[Route]:
        """Return the routes: for the origin itself, and for the resource at the base path."""
        return [
            self._row(METADATA_PATH, self.get_origin_metadata),
            self._row(METADATA_PATH + BASE_PATH, self.get_base_metadata),
        ]

    async def get_origin_metadata(self, request: Request) -> Answer:
        """Describe the origin as a protected resource."""
        del request
        return self._document(self.origin)

    async def get_base_metadata(self, request: Request) -> Answer:
        """Describe the base path as a protected resource."""
        del request
        return self._document(self.origin + BASE_PATH)

    def _document(self, resource: str) -> Answer:
        document = MetadataBody(
            resource=resource,
            authorization_servers=[self.issuer],
            bearer_methods_supported=["header"],
            dpop_signing_alg_values_supported=list(self.proof_algorithms),
            dpop_bound_access_tokens_required=True,
            resource_name="Hotel back-office",
        )
        return json_answer(document, headers=CACHE_CONTROL)

    def _row(self, path: str, handler: Handler) -> Route:
        return Route(
            method="GET",
            path=path,
            handler=handler,
            credential=Credential.NONE,
            seconds_max=1.0,
            at_root=True,
            answers=(AnswerShape(body=MetadataBody),),
        )
