"""Serves the built desktop client on the loopback address: files and its settings, no proxy.

Run as `python -m sandbox.client_server --port P --files FOLDER --settings FILE`.
"""

import argparse
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, Never
from urllib.parse import unquote, urlsplit

import msgspec

from sandbox.ports import LOOPBACK

_CONTENT_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
}
_REQUEST_SECONDS: Final = 10
_SETTINGS_PATH: Final = "/config.json"
# The build gives these names that change with their content.
_UNCHANGING: Final = "/assets/"


class ClientSettings(msgspec.Struct, frozen=True):
    """Where the client finds the service and iam; these are the only places it may call."""

    bff: str
    iam: str


class ClientServer(ThreadingHTTPServer):
    """One folder of files and one settings document."""

    daemon_threads = True

    def __init__(self, *, port: int, files: Path, settings: bytes) -> None:
        self.files = files.resolve(strict=True)
        self.settings = settings
        places = msgspec.json.decode(settings, type=ClientSettings)
        self.content_policy = "; ".join(
            (
                "default-src 'self'",
                f"connect-src 'self' {places.bff} {places.iam}",
                "img-src 'self' data:",
                "object-src 'none'",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'none'",
            )
        )
        super().__init__((LOOPBACK, port), ClientRequestHandler)

    @property
    def origin(self) -> str:
        """Return the one origin the service's CORS list knows."""
        return f"http://{LOOPBACK}:{self.server_address[1]}"

    def find(self, path: str) -> Path | None:
        """Return the file of a path; a page of the client (no suffix) is its index."""
        candidate = (self.files / path.lstrip("/")).resolve()
        if not candidate.is_relative_to(self.files):
            return None
        if candidate.is_file() and candidate.suffix in _CONTENT_TYPES:
            return candidate
        index = self.files / "index.html"
        return index if not candidate.suffix and index.is_file() else None


class ClientRequestHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD; everything else is 501 by the standard library."""

    protocol_version = "HTTP/1.1"
    timeout = _REQUEST_SECONDS
    server_version = "sandbox"
    sys_version = ""

    @property
    def _place(self) -> ClientServer:
        if not isinstance(self.server, ClientServer):
            raise TypeError("this handler serves a ClientServer alone")
        return self.server

    def do_GET(self) -> None:
        """Answer with the file, or say that there is none."""
        if f"http://{self.headers.get('Host', '')}" != self._place.origin:
            self._redirect(self._place.origin + "/")
            return
        path = unquote(urlsplit(self.path).path, errors="replace")
        if "\0" in path:
            self._answer(HTTPStatus.BAD_REQUEST, b"bad path\n", "text/plain; charset=utf-8")
        elif path == _SETTINGS_PATH:
            self._answer(HTTPStatus.OK, self._place.settings, "application/json")
        elif (file := self._place.find(path)) is None:
            self._answer(HTTPStatus.NOT_FOUND, b"no such file\n", "text/plain; charset=utf-8")
        else:
            self._answer(
                HTTPStatus.OK,
                file.read_bytes(),
                _CONTENT_TYPES[file.suffix],
                caching="public, max-age=31536000, immutable"
                if path.startswith(_UNCHANGING)
                else "no-store",
            )

    do_HEAD = do_GET  # noqa: N815 - the name the standard library looks for.

    def _redirect(self, target: str) -> None:
        """Send a caller of `localhost` where the service will accept the client's calls."""
        self.send_response(HTTPStatus.TEMPORARY_REDIRECT)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(
        self, status: HTTPStatus, body: bytes, content_type: str, *, caching: str = "no-store"
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", caching)
        self.send_header("Content-Security-Policy", self._place.content_policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def main() -> Never:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="sandbox.client_server")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--files", type=Path, required=True)
    parser.add_argument("--settings", type=Path, required=True)
    arguments = parser.parse_args()
    if not arguments.files.is_dir():
        raise SystemExit(f"the client is not built ({arguments.files}): run `make setup`")
    server = ClientServer(
        port=arguments.port,
        files=arguments.files,
        settings=arguments.settings.read_bytes(),
    )
    with server:
        server.serve_forever()
    raise SystemExit(0)


if __name__ == "__main__":
    main()
