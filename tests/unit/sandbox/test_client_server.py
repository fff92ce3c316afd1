import http.client
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.client_server import ClientServer

SETTINGS = b'{"bff":"http://127.0.0.1:1","iam":"http://127.0.0.1:2","basePath":"/x"}'


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ClientServer]:
    files = tmp_path / "dist"
    (files / "assets").mkdir(parents=True)
    (files / "index.html").write_text("<title>desk</title>")
    (files / "assets" / "app-1.js").write_text("export {}")
    (files / "notes.secret").write_text("no type, not served")
    (tmp_path / "outside.html").write_text("outside")
    (files / "link.html").symlink_to(tmp_path / "outside.html")
    with ClientServer(port=0, files=files, settings=SETTINGS) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(
    server: ClientServer, path: str, *, method: str = "GET", host: str | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    port = int(server.server_address[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{port}")
    connection.putheader("Connection", "close")
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


def test_scripts_and_pages_have_their_content_types(server: ClientServer) -> None:
    status, headers, body = ask(server, "/assets/app-1.js")
    assert (status, body) == (200, b"export {}")
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in headers["Cache-Control"]

    status, headers, _ = ask(server, "/")
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"


def test_the_settings_are_the_sandbox_s(server: ClientServer) -> None:
    status, headers, body = ask(server, "/config.json")

    assert (status, body) == (200, SETTINGS)
    assert headers["Content-Type"] == "application/json"


def test_the_client_may_call_the_service_and_iam_and_nobody_else(server: ClientServer) -> None:
    policy = ask(server, "/")[1]["Content-Security-Policy"]

    assert "connect-src 'self' http://127.0.0.1:1 http://127.0.0.1:2;" in policy
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_page_of_the_client_is_its_index(server: ClientServer) -> None:
    assert ask(server, "/arrivals?day=1")[2] == b"<title>desk</title>"


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.html",
        "/%2e%2e/outside.html",
        "/..%2foutside.html",
        "//etc/passwd.txt",
        "/link.html",
        "/notes.secret",
        "/assets/missing.js",
    ],
)
def test_what_is_not_a_file_of_the_client_is_not_served(server: ClientServer, path: str) -> None:
    status, _, body = ask(server, path)

    assert status == 404
    assert body == b"no such file\n"


def test_a_head_request_has_no_body(server: ClientServer) -> None:
    status, headers, body = ask(server, "/", method="HEAD")

    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 0


def test_other_methods_are_refused(server: ClientServer) -> None:
    assert ask(server, "/", method="POST")[0] == 501


def test_a_caller_by_another_name_is_sent_to_the_origin_the_service_knows(
    server: ClientServer,
) -> None:
    status, headers, _ = ask(server, "/", host="localhost:1234")

    assert status == 307
    assert headers["Location"] == f"{server.origin}/"


def test_a_zero_byte_in_a_path_is_refused(server: ClientServer) -> None:
    assert ask(server, "/a%00.js")[0] == 400
