"""Who is calling: for now the person whose browser session it is, with the CSRF token on every write.

Bearer tokens will be a second class here, beside `Session` in `AUTHENTICATION`; the middleware that turns strangers
away from /api/ must then let a request with an `Authorization` header through to it.
"""

from typing import Any

from django.http import HttpRequest
from ninja.security import APIKeyCookie


class Session(APIKeyCookie):
    """A signed-in person; the cookie carries this installation's own suffix."""

    param_name = "remit_session"

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return request.user if request.user.is_authenticated else None


AUTHENTICATION = [Session()]
