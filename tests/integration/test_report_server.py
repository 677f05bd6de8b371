"""Real requests to a real server: what it shows, what it never shows, and that it follows `latest` and ends."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestration.publish import switch_latest
from orchestration.report_server import PortInUseError, ReportServer, listen
from tests.integration.pipeline import ROOT, Home

ONE, OTHER = "2024-11-aaaaaaaaaaaa", "2024-12-bbbbbbbbbbbb"
SECRET = b"not published"
# Seconds after which something hangs; nothing is timed.
PATIENCE = 120


@pytest.fixture
def home(tmp_path):
    """A home with two published runs, an unfinished one, and secrets beside and behind links."""
    home = Home(root=tmp_path, profile=ROOT / "config/demo")
    for run_id in (ONE, OTHER, f".building-{OTHER}"):
        (home.published / run_id / "marts").mkdir(parents=True)
        (home.published / run_id / "data_docs").mkdir()
        (home.published / run_id / "report.html").write_text(f"the report of {run_id}", encoding="utf-8")
        (home.published / run_id / "data_docs/index.html").write_text("gates", encoding="utf-8")
        (home.published / run_id / "marts/a b.parquet").write_bytes(bytes(range(256)))
    (home.settings.home / "secret.txt").write_bytes(SECRET)
    (home.published / ONE / ".hidden").write_bytes(SECRET)
    (home.published / ONE / "leads_out").symlink_to(home.settings.home / "secret.txt")
    (home.published / ONE / "leads_to_unfinished").symlink_to(home.published / f".building-{OTHER}")
    switch_latest(home.published, ONE)
    return home


@contextmanager
def serving(folder):
    """The port of a server over the folder, in a thread of this process."""
    with ReportServer(folder, listen(0)) as server:
        # It looks for the order to stop this often; by default each test would wait half a second for its end.
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def port(home):
    with serving(home.published) as port:
        yield port


def ask(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a request whose path goes out exactly as it stands here."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_the_start_page_leads_to_the_latest_report(port):
    status, headers, _ = ask(port, "/")
    assert (status, headers["Location"]) == (302, "/latest/report.html")
    status, headers, body = ask(port, headers["Location"])
    assert (status, body.decode()) == (200, f"the report of {ONE}")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-cache"


def test_every_published_file_can_be_had_byte_for_byte(home, port):
    status, headers, body = ask(port, f"/{OTHER}/marts/a%20b.parquet")
    assert (status, body) == (200, (home.published / OTHER / "marts/a b.parquet").read_bytes())
    assert headers["Content-Length"] == "256"
    status, headers, body = ask(port, f"/{OTHER}/marts/a%20b.parquet", method="HEAD")
    assert (status, headers["Content-Length"], body) == (200, "256", b"")


def test_folders_are_listed_without_what_is_unfinished_or_hidden(port):
    status, headers, _ = ask(port, "/latest")
    assert (status, headers["Location"]) == (302, "/latest/")
    listed = ask(port, "/latest/")[2].decode()
    assert 'href="report.html"' in listed and 'href="marts/"' in listed and ".hidden" not in listed
    assert 'href="a%20b.parquet"' in ask(port, "/latest/marts/")[2].decode()


def test_follows_latest_when_it_is_switched(home, port):
    assert ask(port, "/latest/report.html")[2].decode() == f"the report of {ONE}"
    switch_latest(home.published, OTHER)
    assert ask(port, "/latest/report.html")[2].decode() == f"the report of {OTHER}"
    assert ask(port, f"/{ONE}/report.html")[2].decode() == f"the report of {ONE}"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/latest/../../secret.txt",
        "/latest/../report.html",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/latest%2f..%2f..%2fsecret.txt",
        "/%252e%252e/secret.txt",
        "/..%5csecret.txt",
        "/....//secret.txt",
        "/./secret.txt",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/etc/passwd",
        "file:///etc/passwd",
        "/latest/report.html%00.txt",
        f"/.building-{OTHER}/report.html",
        f"/%2ebuilding-{OTHER}/report.html",
        f"/latest/../.building-{OTHER}/report.html",
        f"/{ONE}/.hidden",
        f"/{ONE}/leads_out",
        f"/{ONE}/leads_to_unfinished/report.html",
        "/nothing.html",
        "/latest/report.html/",
        "/%ff",
        "*",
    ],
)
def test_nothing_else_is_ever_shown(port, path):
    status, _, body = ask(port, path)
    if path == "/latest/report.html/":
        # A slash too many at the end of a file's name: the same file.
        assert (status, body.decode()) == (200, f"the report of {ONE}")
        return
    assert status == 404, body
    assert b"no such published file" in body
    assert SECRET not in body and b"root:" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_changed(home, port, method):
    assert ask(port, "/latest/report.html", method=method)[0] == 501
    assert (home.latest / "report.html").read_text(encoding="utf-8") == f"the report of {ONE}"


@pytest.mark.parametrize(("host", "status"), [("localhost:1", 200), ("127.0.0.1", 200), ("evil.example:80", 403)])
def test_answers_to_this_machines_own_names_only(port, host, status):
    assert ask(port, "/latest/report.html", Host=host)[0] == status


def test_pages_of_others_cannot_look_at_what_is_served(port):
    assert ask(port, "/latest/data_docs/index.html")[1]["Content-Security-Policy"].startswith("sandbox ")
    assert "default-src 'self'" in ask(port, "/latest/report.html")[1]["Content-Security-Policy"]


def test_listens_on_this_machine_only(port):
    elsewhere = socket.create_connection(("127.0.0.1", port))
    assert elsewhere.getpeername()[0] == "127.0.0.1"
    elsewhere.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port))


@pytest.mark.parametrize("is_made", [True, False])
def test_says_so_when_nothing_is_published_yet(tmp_path, is_made):
    folder = tmp_path / "published"
    if is_made:
        folder.mkdir()
    with serving(folder) as port:
        status, _, body = ask(port, "/")
        assert status == 200 and b"Nothing is published yet" in body
        status, _, body = ask(port, "/latest/report.html")
        assert status == 404 and b"Nothing is published yet" in body


def test_a_port_in_use_is_a_sentence(home):
    with serving(home.published) as port:
        with pytest.raises(PortInUseError, match=rf"port {port} .* another port with --port"):
            listen(port, "--port")
        for arguments in (("report", "--port"), ("ui", "--port", "3999", "--report-port")):
            ended = home.command(*arguments, str(port))
            assert ended.code == 1
            assert f"Nothing can listen at port {port} of this machine" in ended.err


def test_the_command_serves_until_it_is_stopped(home):
    for stop, code in ((signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)):
        process = home.start("report", "--port", "0")
        port = port_of(process.stderr.readline())
        assert ask(port, "/latest/report.html")[2].decode() == f"the report of {ONE}"
        process.send_signal(stop)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == code
        assert is_free(port)


BESIDE = """
import sys, time
from pathlib import Path
from orchestration.report_server import listen, start_beside
listening = listen(0)
print(f"http://localhost:{listening.getsockname()[1]} ", flush=True)
start_beside(Path(sys.argv[1]), listening)
# What `make ui` does: become another program, which knows nothing of the server.
import os
os.execv(sys.executable, [sys.executable, "-c", "import subprocess, sys; "
    "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid, flush=True); "
    "import time; time.sleep(600)"])
"""


# The operating system closes the pipe however a process ends; of a kill nobody hears.
@pytest.mark.parametrize(
    "stop",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.validate),
        pytest.param(signal.SIGTERM, marks=pytest.mark.validate),
        signal.SIGKILL,
    ],
)
def test_beside_another_program_it_ends_with_that_program(home, stop):
    process = home.start(str(home.published), program=(sys.executable, "-c", BESIDE))
    port, child = port_of(process.stdout.readline()), int(process.stdout.readline())
    try:
        assert ask(port, "/latest/report.html")[2].decode() == f"the report of {ONE}"
        (beside,) = [pid for pid in children_of(process.pid) if pid != child]
        process.send_signal(stop)
        process.wait(timeout=PATIENCE)
        # Its own child lives on, and does not keep the server alive.
        wait_for_end(beside)
        assert is_free(port)
    finally:
        os.kill(child, signal.SIGKILL)
        process.communicate(timeout=PATIENCE)


@pytest.mark.validate
def test_the_web_ui_has_the_report_beside_it_and_leaves_nothing_behind(demo_run, tmp_path):
    shutil.copytree(demo_run.home.settings.dbt_target_dir, tmp_path / "demo/dbt")
    home = Home(root=tmp_path, profile=demo_run.home.profile)
    shutil.copytree(demo_run.home.published, home.published, symlinks=True)
    with listen(0) as probe:
        port = probe.getsockname()[1]
    process = home.start("ui", "--port", str(port), "--report-port", "0")
    try:
        assert f"http://localhost:{port} (profile demo" in process.stderr.readline()
        report = port_of(process.stderr.readline())
        assert ask(report, "/latest/report.html")[2] == (demo_run.home.latest / "report.html").read_bytes()
        # Until all of Dagster's processes are there.
        while "Serving dagster-webserver" not in process.stdout.readline():
            assert process.poll() is None
        started = descendants_of(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    for pid in started:
        wait_for_end(pid)
    assert is_free(port) and is_free(report)


def port_of(line: str) -> int:
    """The port in a line that begins with an address."""
    return int(line.split(maxsplit=1)[0].rpartition(":")[2])


def is_free(port: int) -> bool:
    try:
        listen(port).close()
    except PortInUseError:
        return False
    return True


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]


def descendants_of(pid: int) -> list[int]:
    return [found for child in children_of(pid) for found in (child, *descendants_of(child))]


def wait_for_end(pid: int) -> None:
    """Until the process is gone; pytest's own limit is the only clock."""
    with subprocess.Popen(["tail", f"--pid={pid}", "-f", "/dev/null"], stdin=subprocess.DEVNULL) as waiting:
        waiting.wait(timeout=PATIENCE)
