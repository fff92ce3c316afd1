"""OAuth clients that know nothing of this product work with it unmodified."""

import base64
import hashlib
import html
import re
import shutil
import subprocess
from http import HTTPStatus
from typing import Final

import msgspec
import pytest
import requests
from requests_oauth2client import BearerToken, DPoPKey, OAuth2Client
from requests_oauth2client.discovery import oauth2_discovery_document_url
from tests.end_to_end.running_sandbox import PROJECT, Endpoints, Operator

pytestmark = pytest.mark.end_to_end

SCRIPTS: Final = PROJECT / "tests" / "stock_clients"
CLIENT_ID: Final = "melmastoon-desktop"
REDIRECT_URI: Final = "http://127.0.0.1:53682/callback"
SCRIPT_SECONDS_MAX: Final = 60
HTTP_SECONDS_MAX: Final = 10


class Session(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    tenant_id: str
    operator_id: str
    device_id: str
    roles: tuple[str, ...]
    property_ids: tuple[str, ...]


class Seen(msgspec.Struct, frozen=True, rename="camel"):
    """What a script of tests/stock_clients reports."""

    device_id: str
    first: Session
    second: Session
    access_token_changed: bool
    refresh_token_changed: bool


@pytest.fixture
def front_desk(sandbox_endpoints: Endpoints) -> Operator:
    return sandbox_endpoints.operator_with("front_desk")


@pytest.mark.parametrize("script", ["oauth4webapi_client.mjs", "openid_client.mjs"])
def test_a_stock_npm_client_signs_in_opens_a_session_and_refreshes(
    script: str, sandbox_endpoints: Endpoints, front_desk: Operator
) -> None:
    seen = run_script(script, sandbox_endpoints, front_desk)

    assert_is_session_of(seen.first, front_desk, sandbox_endpoints)
    assert seen.first.device_id == seen.device_id
    assert seen.second.id == seen.first.id
    assert seen.access_token_changed
    assert seen.refresh_token_changed


def test_a_stock_pypi_client_signs_in_opens_a_session_and_refreshes(
    sandbox_endpoints: Endpoints, front_desk: Operator
) -> None:
    client = stock_client(sandbox_endpoints)

    token = signed_in(client, front_desk)
    first = read_session(sandbox_endpoints, token, token)
    renewed = client.refresh_token(token)
    second = read_session(sandbox_endpoints, renewed, token)

    assert_is_session_of(first, front_desk, sandbox_endpoints)
    assert second.id == first.id
    assert renewed.access_token != token.access_token
    assert renewed.refresh_token != token.refresh_token


def test_a_token_without_its_key_is_worth_nothing(
    sandbox_endpoints: Endpoints, front_desk: Operator
) -> None:
    token = signed_in(stock_client(sandbox_endpoints), front_desk)
    url = f"{sandbox_endpoints.service}/session"
    stolen = token.access_token
    ath = base64url_of(hashlib.sha256(stolen.encode()).digest())
    foreign_proof = str(DPoPKey.generate().proof(htm="GET", htu=url, ath=ath))

    answers = [
        ask_with(token, url, {"Authorization": f"DPoP {stolen}", "DPoP": foreign_proof}),
        ask_with(token, url, {"Authorization": f"DPoP {stolen}"}),
        ask_with(token, url, {"Authorization": f"Bearer {stolen}"}),
    ]

    for refused in answers:
        assert refused.status_code == HTTPStatus.UNAUTHORIZED
        assert refused.headers["WWW-Authenticate"].startswith("DPoP ")
    assert ask_for_session(sandbox_endpoints, token, token).status_code == HTTPStatus.OK


def run_script(script: str, endpoints: Endpoints, operator: Operator) -> Seen:
    node = shutil.which("node", path=f"{PROJECT / '.tools' / 'bin'}") or shutil.which("node")
    if node is None:
        pytest.skip("there is no Node: `make setup` brings one")
    if not (PROJECT / "node_modules" / "oauth4webapi").is_dir():
        pytest.skip("the npm packages are not installed: run `make setup`")
    task = {
        "iam": endpoints.iam,
        "bff": endpoints.bff,
        "basePath": endpoints.base_path,
        "username": operator.username,
        "password": operator.password,
    }
    finished = subprocess.run(
        [node, SCRIPTS / script],
        input=msgspec.json.encode(task),
        capture_output=True,
        timeout=SCRIPT_SECONDS_MAX,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr.decode()
    return msgspec.json.decode(finished.stdout, type=Seen)


def stock_client(endpoints: Endpoints) -> OAuth2Client:
    return OAuth2Client.from_discovery_endpoint(
        oauth2_discovery_document_url(endpoints.iam),
        issuer=endpoints.iam,
        client_id=CLIENT_ID,
        redirect_uri=REDIRECT_URI,
        dpop_bound_access_tokens=True,
        testing=True,  # Loopback without TLS.
    )


def signed_in(client: OAuth2Client, operator: Operator) -> BearerToken:
    """Do at the authorization page what a person's browser does, then redeem the code."""
    request = client.authorization_request(scope="backoffice")
    page = requests.get(request.uri, timeout=HTTP_SECONDS_MAX)
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
    answer = requests.post(
        page.url.partition("?")[0],
        data={
            **{name: html.unescape(value) for name, value in hidden},
            "username": operator.username,
            "password": operator.password,
        },
        allow_redirects=False,
        timeout=HTTP_SECONDS_MAX,
    )
    assert answer.status_code == HTTPStatus.SEE_OTHER
    return client.authorization_code(request.validate_callback(answer.headers["Location"]))


def ask_with(token: BearerToken, url: str, headers: dict[str, str]) -> requests.Response:
    return requests.get(
        url, headers={**headers, "X-Device-Id": device_of(token)}, timeout=HTTP_SECONDS_MAX
    )


def base64url_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def ask_for_session(
    endpoints: Endpoints, token: BearerToken, granted: BearerToken
) -> requests.Response:
    return requests.get(
        f"{endpoints.service}/session",
        headers={"X-Device-Id": device_of(granted)},
        auth=token,
        timeout=HTTP_SECONDS_MAX,
    )


def read_session(endpoints: Endpoints, token: BearerToken, granted: BearerToken) -> Session:
    answer = ask_for_session(endpoints, token, granted)
    assert answer.status_code == HTTPStatus.OK, answer.text
    return msgspec.json.decode(answer.content, type=Session)


def device_of(granted: BearerToken) -> str:
    return str(granted.kwargs["device_id"])


def assert_is_session_of(session: Session, operator: Operator, endpoints: Endpoints) -> None:
    assert session.id.startswith("bos_")
    assert session.tenant_id == endpoints.tenants[0].id
    assert session.operator_id == operator.id
    assert session.roles == operator.roles
    assert session.property_ids == operator.property_ids
