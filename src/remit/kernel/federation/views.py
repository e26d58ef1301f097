"""Going to a provider and coming back; an address of a provider that is not there answers like any that is not."""

from __future__ import annotations

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from remit.kernel import actor
from remit.kernel.federation import oidc, saml
from remit.kernel.federation.adapter import refused
from remit.kernel.federation.models import IdentityProvider

SAML = IdentityProvider.Kind.SAML


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
            if row.kind == SAML:
                return refused(request, row, saml.INSTALL) if saml.missing() else saml.go(request, row)
            answer: HttpResponse = oidc.Provider(request, row).redirect_from_request(request)
        except OAuth2Error as error:
            return refused(request, row, str(error))
        except ImmediateHttpResponse as immediate:
            refusal: HttpResponse = immediate.response
            return refusal
        return answer


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def come_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Sign in whom a provider sends back, if they are somebody here.

    A SAML provider posts from its own site, without our cookie; the page that answers posts the same once more from
    ours, with it. What is posted is bound to the browser by its state, as a form is by its token.
    """
    row = found(slug)
    if (request.method == "POST") is not (row.kind == SAML) or (row.kind == SAML and saml.missing()):
        return refused(request, row, "method")
    if row.kind == SAML and "onward" not in request.POST:
        context = {name: request.POST.get(name, "")[: saml.LARGEST * 2] for name in ("SAMLResponse", "RelayState")}
        return render(request, "kernel/onward.html", {"provider": row, "values": context})
    with actor.system(f"sign-in by {row.name}"):
        try:
            answer: HttpResponse = saml.come_back(request, row) if row.kind == SAML else oidc.called_back(request, row)
        except (OAuth2Error, saml.SamlRefusedError) as error:
            return refused(request, row, str(error))
        return answer
