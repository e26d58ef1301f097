"""A person with a browser's manners at a running Remit: signs in by the link, keeps cookies, sends the token."""

from __future__ import annotations

import http.client
import json
import re
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

PASSWORD = "harbour lantern seventeen"


@dataclass
class Visitor:
    """One person at one port; each request is a connection of its own."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def ask(self, method: str, path: str, body: str = "", kind: str = "application/json") -> tuple[int, str]:
        """Return status and text; 0 where nobody answered."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if method != "GET":
            headers |= {"Content-Type": kind, "X-CSRFToken": self.token}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body.encode(), headers)
            reply = connection.getresponse()
            for cookie in reply.headers.get_all("Set-Cookie") or ():
                self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(cookie).items()}
            return reply.status, reply.read().decode()
        except OSError as error:
            return 0, str(error)
        except http.client.HTTPException as error:
            return 0, repr(error)
        finally:
            connection.close()

    def send(self, method: str, path: str, values: Any = None) -> tuple[int, str]:
        return self.ask(method, path, "" if values is None else json.dumps(values))

    def welcome(self, link: str) -> None:
        """Set a password by the one-time link and take the token of a page."""
        path = urlsplit(link).path
        self.read_token(path)
        form = {"password1": PASSWORD, "password2": PASSWORD, "csrfmiddlewaretoken": self.token}
        status, said = self.ask("POST", path, urlencode(form), "application/x-www-form-urlencoded")
        assert status == 302, said
        self.read_token("/assets/new/")

    def read_token(self, path: str) -> None:
        status, page = self.ask("GET", path)
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found, (status, page[:500])
        self.token = found[1]

    def again(self) -> Visitor:
        """The same session in another hand."""
        return Visitor(self.port, dict(self.cookies), self.token)
