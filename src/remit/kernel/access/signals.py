"""What a session forgets when a second factor is taken away."""

from __future__ import annotations

from typing import Any

from allauth.mfa.signals import authenticator_removed
from django.dispatch import receiver
from django.http import HttpRequest


@receiver(authenticator_removed, dispatch_uid="access.factor")
def factor_removed(request: HttpRequest, **_: Any) -> None:
    """Ask again from the next page on whether this person needs a second factor."""
    request.session.pop("factor", None)
