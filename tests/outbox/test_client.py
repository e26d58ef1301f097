"""The one way out: which addresses it refuses, and that no name, redirect, proxy or slow answer leads elsewhere."""

from __future__ import annotations

import socket
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.kernel.outbound import client
from remit.kernel.outbound.addresses import refusal
from remit.kernel.outbound.client import RequestFailedError, request
from tests.outbox.receivers import certified, receiving, resolving

NEVER = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "169.254.1.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.0.192",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "192.88.99.1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:a9fe:a9fe",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:0a00:0001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "100::1",
    "4000::1",
    "::ffff:0:127.0.0.1",
    "no-address",
    "127.1",
    "2130706433",
    "0x7f.0.0.1",
    "127.0.0.1.",
]
PRIVATE = "127.0.0.1 127.255.0.3 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.127.1.1"
PRIVATE += " ::1 fc00::1 fd12::9 fec0::1"
PUBLIC = "1.1.1.1 8.8.8.8 93.184.216.34 172.32.0.1 100.128.0.1 2606:4700:4700::1111 2a00:1450:4001:81b::200e"


@pytest.mark.parametrize("address", NEVER)
def test_never_reached(address: str) -> None:
    assert refusal(address)
    assert refusal(address, allow_private=True)


@pytest.mark.parametrize("address", PRIVATE.split())
def test_private_only_where_it_is_allowed(address: str) -> None:
    assert refusal(address)
    assert refusal(address, allow_private=True) == ""


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_is_reached(address: str) -> None:
    assert refusal(address) == ""


@given(st.ip_addresses())
def test_nothing_is_let_out_that_python_knows_to_be_special(address: object) -> None:
    if not refusal(str(address)):
        special = ("is_multicast", "is_link_local", "is_loopback", "is_private", "is_reserved", "is_unspecified")
        assert not [name for name in special if getattr(address, name)]


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMIT_OUTBOUND_HOSTS", "localhost, internal.example")


def failed(url: str, **options: object) -> RequestFailedError:
    with pytest.raises(RequestFailedError) as caught:
        request("POST", url, body=b"{}", **options)  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.com/", "url"),
        ("http://example.com/", "url"),
        ("https://", "url"),
        ("https://user:secret@example.com/", "url"),
        ("https://example.com:99999/", "url"),
        ("https://exa mple.com/", "url"),
        ("https://example.com/\r\nX: y", "url"),
        ("https://exämple.com/", "url"),
        ("https://a..b/", "url"),
        ("file:///etc/passwd", "url"),
        ("https://127.0.0.1/", "address"),
        ("https://[::1]/", "address"),
        ("https://[::ffff:10.0.0.1]/", "address"),
        ("https://169.254.169.254/latest/meta-data/", "address"),
        ("https://localhost/", "address"),
        ("https://2130706433/", "address"),
        ("https://0x7f.1/", "address"),
        ("https://nowhere.invalid/", "name"),
    ],
)
def test_refused_before_anything_is_sent(url: str, code: str) -> None:
    error = failed(url, timeout=5)
    assert error.code == code
    assert "secret" not in str(error)


def test_host_that_is_allowed_is_reached(allowed: None) -> None:
    with receiving() as receiver:
        answer = request("POST", receiver.url + "?a=b", headers={"X-Some": "thing"}, body=b"{}")
    assert (answer.status, answer.body, answer.address) == (200, b"ok", "127.0.0.1")
    got = receiver.got[0]
    assert (got.path, got.body, got.headers["x-some"]) == ("/in?a=b", b"{}", "thing")
    assert got.headers["host"] == f"localhost:{receiver.port}"


def test_name_is_resolved_once_and_the_address_is_held_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers with a harmless address first and a forbidden one next wins nothing."""
    asked = resolving("93.184.216.34", "127.0.0.1")
    reached = []

    def connect(self: socket.socket, place: tuple[str, int]) -> None:
        reached.append(place[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(client, "resolve", asked)
    monkeypatch.setattr(socket.socket, "connect", connect)
    assert failed("https://rebinding.example/").code == "connect"
    assert reached == ["93.184.216.34"]
    assert failed("https://rebinding.example/").code == "address"
    assert reached == ["93.184.216.34"]


def test_who_answers_is_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even when the connection ends elsewhere than it was made to."""
    with receiving() as receiver:
        really = socket.socket.connect
        monkeypatch.setattr(client, "resolve", resolving("93.184.216.34"))
        monkeypatch.setattr(socket.socket, "connect", lambda self, _: really(self, ("127.0.0.1", receiver.port)))
        assert failed("https://harmless.example/").code == "address"
    assert receiver.got == []


def test_redirects_are_answers(allowed: None) -> None:
    with receiving() as second, receiving() as first:

        def away(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(307)
            handler.send_header("Location", second.url)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        first.answer = away
        assert request("POST", first.url, body=b"{}").status == 307
    assert second.got == []


def test_proxies_of_the_environment_are_not_used(allowed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy, receiving() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://localhost:{proxy.port}")
        assert request("POST", receiver.url).status == 200
    assert proxy.got == []


def test_slow_answer_ends_in_time_however_it_drips(allowed: None) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(40):
            handler.wfile.write(b"x")
            time.sleep(0.1)

    with receiving(answer=drip) as receiver:
        began = time.monotonic()
        assert failed(receiver.url, timeout=0.5).code == "timeout"
        assert time.monotonic() - began < 1.5


def test_slow_name_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "resolve", lambda host, port: time.sleep(2) or [])
    assert failed("https://slow.example/", timeout=0.2).code == "timeout"


@pytest.mark.parametrize("promised", [True, False])
def test_answer_is_bounded(allowed: None, promised: bool) -> None:
    def much(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        if promised:
            handler.send_header("Content-Length", str(10_000_000))
        handler.end_headers()
        handler.wfile.write(b"x" * 100_000)

    with receiving(answer=much) as receiver:
        assert failed(receiver.url, largest=1_000).code == "too-large"


def test_what_is_no_http_is_told_so(allowed: None) -> None:
    with receiving(answer=lambda handler: handler.wfile.write(b"SSH-2.0-hunter2\r\n")) as receiver:
        error = failed(receiver.url)
    assert error.code == "protocol"
    assert "hunter2" not in str(error)


def test_certificate_is_held_against_the_name(allowed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right, authority = certified(tmp_path)
    wrong, other = certified(tmp_path, "elsewhere.example")
    with receiving(right) as receiver:
        assert failed(receiver.url).code == "tls"
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert request("POST", receiver.url).status == 200
        monkeypatch.setattr(client, "resolve", resolving("127.0.0.1"))
        assert failed(receiver.url.replace("localhost", "internal.example")).code == "tls"
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with receiving(wrong) as receiver:
        assert failed(receiver.url).code == "tls"
        assert receiver.got == []


def test_private_addresses_for_what_the_operator_configured() -> None:
    with receiving() as receiver:
        assert request("GET", receiver.url, allow_private=True).status == 200
    assert failed("http://169.254.169.254/", allow_private=True).code == "address"
