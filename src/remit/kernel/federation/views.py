"""Going to a provider and coming back; an address of a provider that is not there answers like any that is not."""

from __future__ import annotations

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from remit.kernel import actor
from remit.kernel.federation import oidc
from remit.kernel.federation.adapter import refused
from remit.kernel.federation.models import IdentityProvider


def found(slug: str) -> IdentityProvider:
    with actor.system("sign-in by a provider"):
        row = IdentityProvider.objects.filter(slug=slug, is_active=True).first()
    if row is None:
        raise Http404
    return row


@require_safe
@never_cache
def go(request: HttpRequest, slug: str) -> HttpResponse:
    """Send somebody to their provider; only our own state can bring them back."""
    row = found(slug)
    with actor.system(f"sign-in by {row.name}"):
        try:
            answer: HttpResponse = oidc.Provider(request, row).redirect_from_request(request)
        except OAuth2Error as error:
            return refused(request, row, str(error))
        except ImmediateHttpResponse as immediate:
            refusal: HttpResponse = immediate.response
            return refusal
        return answer


@require_safe
@never_cache
def come_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Sign in whom a provider sends back, if they are somebody here."""
    row = found(slug)
    with actor.system(f"sign-in by {row.name}"):
        try:
            answer: HttpResponse = oidc.called_back(request, row)
        except OAuth2Error as error:
            return refused(request, row, str(error))
        return answer
