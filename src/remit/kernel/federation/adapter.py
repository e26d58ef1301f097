"""How sign-in by a provider is fitted into django-allauth: who is meant, who is refused, and what counts as what."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.stages import AuthenticateStage
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from remit.kernel import actor
from remit.kernel.access.adapter import Adapter
from remit.kernel.access.models import User
from remit.kernel.federation.models import IdentityProvider
from remit.kernel.federation.rules import domain_of, has_second_factor, match_refusal

log = logging.getLogger("remit.sign_in")


def refused(request: HttpRequest, row: IdentityProvider, why: str) -> HttpResponse:
    """Answer a sign-in that is refused, for whatever reason, in the same words; the reason goes to the log."""
    log.warning("sign-in by %s refused: %s", row.slug, why)
    context = {
        "title": "You could not be signed in",
        "what": f"{row.name} sent you here, but there is no account for you that may sign in by it now.",
        "remedy": "Try once more. If it happens again, ask your platform administrator to invite you.",
        "status": 403,
    }
    return render(request, "kernel/error.html", context, status=403)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by a provider: it signs in people who are known here already."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[Any]:
        return []  # providers are rows of our own table

    def get_requests_session(self) -> Any:
        raise NotImplementedError("Providers are asked by remit.kernel.federation.fetching only.")

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        raise ImmediateHttpResponse(refused(request, provider.row, str(exception or error or "state")))

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find whom a provider means: whom it meant before, or at first whose verified mail address it names."""
        row: IdentityProvider = sociallogin.provider.row
        if not sociallogin.is_existing and (why := self._match(row, sociallogin)):
            raise ImmediateHttpResponse(refused(request, row, why))
        if not sociallogin.user.is_active or sociallogin.user.is_service:
            raise ImmediateHttpResponse(refused(request, row, "disabled"))
        accepted = row.settings.get("factors") or []
        sociallogin.has_second_factor = row.is_second_factor and has_second_factor(sociallogin.claims, accepted)

    @staticmethod
    def _match(row: IdentityProvider, sociallogin: SocialLogin) -> str:
        claims = sociallogin.claims
        mail = str(claims.get("email") or "").strip().lower()
        known = User.objects.filter(email__iexact=mail, is_active=True).select_for_update().first() if mail else None
        why = match_refusal(
            mail=mail,
            is_verified=claims.get("email_verified") in (True, "true") or row.vouches_for_mail,
            domains=row.domains,
            is_known=known is not None,
            is_linked_elsewhere=known is not None and SocialAccount.objects.filter(user=known).exists(),
        )
        if not why:
            sociallogin.account = SocialAccount.objects.create(
                user=known, provider=row.slug, uid=sociallogin.account.uid, extra_data={}
            )
            sociallogin.user = known
        return why


class AccountAdapter(Adapter):
    """Refuses a password where a provider is required, and lets a provider's word stand for a second factor."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        return None if user is not None and password_refused(user) else user

    def validation_error(self, code: str, *args: Any) -> Any:
        """Say for every address of a domain alike, known or not, that its people sign in by their provider."""
        if code == "email_password_mismatch" and self.request is not None:
            row = required_for(domain_of(self.request.POST.get("login", "")))
            if row is not None:
                return ValidationError(
                    f"Either this is not right, or people of this domain sign in by {row.name}: use its button."
                )
        return super().validation_error(code, *args)

    def get_login_stages(self) -> list[str]:
        own = f"{ProviderOrSecondFactor.__module__}.{ProviderOrSecondFactor.__qualname__}"
        return [
            own if stage == "allauth.mfa.stages.AuthenticateStage" else stage for stage in super().get_login_stages()
        ]


class ProviderOrSecondFactor(AuthenticateStage):  # type: ignore[misc]
    """Asks for the second factor unless the provider says that it did, and its word is enough."""

    def handle(self) -> tuple[Any, bool]:
        sociallogin = (self.login.signal_kwargs or {}).get("sociallogin")
        if getattr(sociallogin, "has_second_factor", False):
            self.request.session["factor"] = "provider"
            return None, True
        return super().handle()  # type: ignore[no-any-return]


def active_providers() -> list[IdentityProvider]:
    """Return the providers whose buttons the sign-in page shows."""
    with actor.system("sign-in page"):
        return list(IdentityProvider.objects.filter(is_active=True))


def required_for(domain: str) -> IdentityProvider | None:
    """Return the provider by which people of a mail domain must sign in, if there is one."""
    if not domain:
        return None
    with actor.system("sign-in page"):
        return IdentityProvider.objects.filter(is_active=True, is_required=True, domains__contains=[domain]).first()


def password_refused(user: User) -> bool:
    """Say whether a person signs in by a provider only; people kept for an emergency are excepted."""
    row = required_for(domain_of(user.email))
    if row is None:
        return False
    with actor.system("sign-in page"):
        return not row.exceptions.filter(pk=user.pk).exists()


def sign_in_again_url(request: HttpRequest) -> str:
    """Return where somebody who signs in by a provider only confirms that it is them, or "" if they need not.

    allauth lets people pass who have neither password nor second factor of their own to confirm by.
    """
    if get_reauthentication_flows(request.user):
        return ""
    said = [record for record in get_authentication_records(request, request.user) if record.get("provider")]
    if not said or timezone.now().timestamp() - said[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        return ""
    back = request.get_full_path() if request.method == "GET" else reverse("access")
    return f"{reverse('sign_in', args=[said[-1]['provider']])}?{urlencode({'next': back, 'again': '1'})}"
