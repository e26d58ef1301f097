"""Sessions as they lie in the database: found by a digest of their key, their content sealed.

Whoever reads the table, or a copy of it, can neither take over a session nor see what it holds (the seed of a second
factor, while somebody sets one up). Django finds this module through SESSION_ENGINE.
"""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from django.contrib.sessions.backends import db
from django.utils import timezone

from remit.kernel import sealing

PURPOSE = "session"
FIND = "select session_key, session_data, expire_date from django_session where session_key = %s and expire_date > %s"
"""Asked with every request, and so as words rather than built anew."""


def digest(key: str) -> str:
    """Return what a session is found by: 240 bits of SHA-256, as long as the column of Django's table."""
    return base64.urlsafe_b64encode(sha256(key.encode()).digest()[:30]).decode()


class SessionStore(db.SessionStore):  # type: ignore[misc, unused-ignore]
    """Django's sessions in the database, of which a reader of the database learns nothing."""

    def _get_session_from_db(self) -> Any:
        found = next(iter(self.model.objects.raw(FIND, [digest(self.session_key or ""), timezone.now()])), None)
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        return self.model.objects.filter(session_key=digest(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        made = super().create_model_instance(data)
        made.session_key = digest(made.session_key)
        return made

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            self.model.objects.filter(session_key=digest(key)).delete()

    def encode(self, session_dict: dict[str, Any]) -> str:
        return sealing.seal_briefly(json.dumps(session_dict), PURPOSE)

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Read what `encode` wrote; what is not readable (any more) is an empty session, so that one signs in anew."""
        try:
            found: dict[str, Any] = json.loads(sealing.unseal_briefly(str(session_data), PURPOSE))
        except (InvalidTag, ValueError):
            return {}
        return found
