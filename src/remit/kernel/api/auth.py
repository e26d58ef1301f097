"""Who is calling: a program by its token, or a person by their browser's session with the CSRF token on every write.

The Gate has read the token before the call arrives here and acts within its scope; with an `Authorization` header the
cookie counts for nothing.
"""

from typing import Any

from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer


class Token(HttpBearer):
    """A token of a person or of a service account (`remit_pat_…`)."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        return getattr(request, "presented", None)


class Session(APIKeyCookie):
    """A signed-in person; the cookie carries this installation's own suffix."""

    param_name = "remit_session"

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return request.user if request.user.is_authenticated and "Authorization" not in request.headers else None


AUTHENTICATION = [Token(), Session()]
