"""One JSON route behind one check of a header, written for each server and framework alike."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from blacksheep import Application as BlackSheepApplication
from blacksheep import Content as BlackSheepContent
from blacksheep import Response as BlackSheepResponse
from fastapi import Depends, FastAPI, Header, HTTPException
from litestar import Litestar
from litestar import get as litestar_get
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATH = "/bff/backoffice/v1/session"


class Session(msgspec.Struct, frozen=True):
    id: str
    roles: list[str]
    locale: str


class SessionModel(BaseModel):
    id: str
    roles: list[str]
    locale: str


SESSION = Session("bos_01HZX8QJ5T9W2V4Y6B8D0F2H00", ["front_desk"], "en-GB")


def body() -> bytes:
    return msgspec.json.encode(SESSION)


async def raw(scope, receive, send) -> None:  # noqa: ANN001 - ASGI's own shapes
    """ASGI with a route table of one row."""
    del receive
    headers = dict(scope["headers"])
    if scope["path"] != PATH or not headers.get(b"authorization", b"").startswith(b"DPoP "):
        status, content = 401, b"{}"
    else:
        status, content = 200, body()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(content)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": content})


async def rsgi(scope, protocol) -> None:  # noqa: ANN001 - RSGI's own shapes
    """Granian's own interface."""
    authorization = scope.headers.get("authorization") or ""
    is_known = scope.path == PATH and authorization.startswith("DPoP ")
    protocol.response_bytes(
        200 if is_known else 401,
        [("content-type", "application/json")],
        body() if is_known else b"{}",
    )


async def starlette_session(request: Request) -> Response:
    if not request.headers.get("authorization", "").startswith("DPoP "):
        return Response(status_code=401)
    return Response(body(), media_type="application/json")


starlette_app = Starlette(routes=[Route(PATH, starlette_session)])

fastapi_app = FastAPI(openapi_url=None)


async def fastapi_caller(authorization: Annotated[str, Header()]) -> str:
    if not authorization.startswith("DPoP "):
        raise HTTPException(HTTPStatus.UNAUTHORIZED)
    return authorization


@fastapi_app.get(PATH)
async def fastapi_session(_caller: Annotated[str, Depends(fastapi_caller)]) -> SessionModel:
    return SessionModel(id=SESSION.id, roles=SESSION.roles, locale=SESSION.locale)


async def litestar_guard(connection: ASGIConnection, _handler: BaseRouteHandler) -> None:
    if not connection.headers.get("authorization", "").startswith("DPoP "):
        raise NotAuthorizedException


@litestar_get(PATH, guards=[litestar_guard])
async def litestar_session() -> Session:
    return SESSION


litestar_app = Litestar([litestar_session], openapi_config=None)

blacksheep_app = BlackSheepApplication()


@blacksheep_app.router.get(PATH)
async def blacksheep_session(request) -> BlackSheepResponse:  # noqa: ANN001 - its own request
    authorization = request.get_first_header(b"authorization") or b""
    if not authorization.startswith(b"DPoP "):
        return BlackSheepResponse(401)
    return BlackSheepResponse(200, content=BlackSheepContent(b"application/json", body()))
