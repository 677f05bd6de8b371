"""The published runs over HTTP, on this machine only and read-only.

Belongs here: which request shows which file, the pages for folders and for nothing published, listening, and a server
that ends with another process. Does not belong here: what is published (`publish.py`), Dagster's web UI
(`instance.py`).
"""

from __future__ import annotations

import argparse
import html
import mimetypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

from orchestration.errors import VocRoiError

ADDRESS = "127.0.0.1"
START = "/latest/report.html"
_TYPES = {
    ".md": "text/markdown; charset=utf-8",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_OWN = "default-src 'self' 'unsafe-inline' data:; frame-ancestors 'none'"
_FOREIGN = "sandbox allow-scripts allow-popups"
_NOTHING = (
    "Nothing is published yet. Finish a run (make run, or the job in Dagster's web UI), then load this page again."
)


class PortInUseError(VocRoiError):
    """Another program listens at the port."""


def find_published_path(published_dir: Path, url_path: str) -> Path | None:
    """The file or folder that a request asks for; None where there is none, and for all that must not be seen.

    Nothing outside of `published_dir` is ever found, whatever the path holds or a link points at, and nothing whose
    name begins with a dot: unfinished runs (`.building-…`), `..`.
    """
    parts = [part for part in unquote(url_path, errors="replace").split("/") if part]
    if any(part.startswith(".") or "\\" in part or "\0" in part for part in parts):
        return None
    root = published_dir.resolve()
    try:
        # Links are followed here, so that all of one answer comes from the run that `latest` points at now.
        path = root.joinpath(*parts).resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    if not path.is_relative_to(root) or any(part.startswith(".") for part in path.relative_to(root).parts):
        return None
    return path


class ReportServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1 from the moment it is made; `serve_forever` answers."""

    daemon_threads = True

    def __init__(self, published_dir: Path, listening: socket.socket) -> None:
        super().__init__(listening.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.published_dir = published_dir

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a browser that left, for instance in the middle of a large file."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def listen(port: int, option: str = "--report-port") -> socket.socket:
    """A socket that listens on 127.0.0.1 at the port, any free one for 0. Raises PortInUseError."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # So that a server can be started again at once; it does not let two listen at one port.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((ADDRESS, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise PortInUseError(
            f"Nothing can listen at port {port} of this machine ({error.strerror}): end the other program, or name "
            f"another port with {option}."
        ) from None
    return listening


def serve_published(published_dir: Path, listening: socket.socket) -> None:
    """Answer requests until interrupted."""
    with ReportServer(published_dir, listening) as server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


def start_beside(published_dir: Path, listening: socket.socket) -> None:
    """Serve in a process of its own that ends when this one does, however it ends.

    The process waits for the end of a pipe whose other end only this process holds, also after it became another
    program (`exec`); the operating system closes it even when the process is killed.
    """
    waiting, held = os.pipe()
    os.set_inheritable(held, True)
    command = [sys.executable, "-m", __name__, str(published_dir), str(listening.fileno()), str(waiting)]
    subprocess.Popen(command, pass_fds=(listening.fileno(), waiting), stdin=subprocess.DEVNULL)
    os.close(waiting)
    listening.close()


class _Handler(BaseHTTPRequestHandler):
    server: ReportServer
    server_version = "voc-roi"
    sys_version = ""

    def do_GET(self) -> None:
        """A file, a folder's page, or a sentence."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """The same without its body."""
        self._answer(with_body=False)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: the console is Dagster's."""

    def _answer(self, *, with_body: bool) -> None:
        if not self._is_for_us():
            self._text(HTTPStatus.FORBIDDEN, "This server answers to localhost only.", with_body)
            return
        url_path = self.path.partition("?")[0].partition("#")[0]
        published = self.server.published_dir
        if find_published_path(published, START) is None and url_path in ("/", START, "/latest/"):
            self._text(HTTPStatus.OK if url_path == "/" else HTTPStatus.NOT_FOUND, _NOTHING, with_body)
        elif url_path == "/":
            self._redirect(START)
        else:
            self._show(find_published_path(published, url_path), url_path, with_body)

    def _is_for_us(self) -> bool:
        """Whether the request names this machine: a page elsewhere may point its own name at 127.0.0.1."""
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        return host in ("localhost", ADDRESS)

    def _show(self, path: Path | None, url_path: str, with_body: bool) -> None:
        if path is None:
            self._text(HTTPStatus.NOT_FOUND, "There is no such published file.", with_body)
        elif path.is_dir():
            if url_path.endswith("/"):
                self._page(HTTPStatus.OK, _folder_page(path, url_path), with_body)
            else:
                self._redirect(f"{quote(unquote(url_path))}/")
        else:
            self._file(path, with_body)

    def _file(self, path: Path, with_body: bool) -> None:
        try:
            stream = path.open("rb")
        except OSError:
            self._text(HTTPStatus.NOT_FOUND, "There is no such published file.", with_body)
            return
        with stream:
            kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            # Great Expectations' pages load scripts from other sites: those may not look at what else is served here.
            policy = _FOREIGN if "data_docs" in path.parts else _OWN
            self._head(HTTPStatus.OK, kind, os.fstat(stream.fileno()).st_size, policy)
            if with_body:
                shutil.copyfileobj(stream, self.wfile)

    def _text(self, status: HTTPStatus, text: str, with_body: bool) -> None:
        self._page(status, _page(text, f"<p>{html.escape(text)}</p>"), with_body)

    def _page(self, status: HTTPStatus, page: str, with_body: bool) -> None:
        body = page.encode()
        self._head(status, "text/html; charset=utf-8", len(body))
        if with_body:
            self.wfile.write(body)

    def _redirect(self, target: str) -> None:
        self.send_response(HTTPStatus.FOUND)
        # One slash in front: two would name another machine.
        self.send_header("Location", "/" + target.lstrip("/"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _head(self, status: HTTPStatus, kind: str, length: int, policy: str = _OWN) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        # `latest` may be another run the next time.
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Content-Security-Policy", policy)
        self.end_headers()


def _folder_page(folder: Path, url_path: str) -> str:
    """The names in a folder as links; unfinished and hidden ones are left out."""
    names = sorted(f"{path.name}/" if path.is_dir() else path.name for path in folder.iterdir())
    links = [f'<li><a href="{quote(name)}">{html.escape(name)}</a></li>' for name in names if name[0] != "."]
    title = html.escape(unquote(url_path))
    return _page(title, f"<h1>{title}</h1><ul>{''.join(links)}</ul>")


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>{body}</body></html>'
    )


def main(arguments: Sequence[str]) -> None:
    """The process of `start_beside`: serve until the other end of the pipe is closed."""
    parser = argparse.ArgumentParser(description=start_beside.__doc__)
    parser.add_argument("published_dir", type=Path)
    parser.add_argument("listening", type=int)
    parser.add_argument("waiting", type=int)
    given = parser.parse_args(arguments)
    # Ctrl-C reaches all processes of a terminal; the other one ends when it is ready to, and this one then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with ReportServer(given.published_dir, socket.socket(fileno=given.listening)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.read(given.waiting, 1)


if __name__ == "__main__":
    main(sys.argv[1:])
