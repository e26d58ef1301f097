"""SAML 2.0 by python3-saml, which is installed by `pip install 'remit[saml]'` and imported only when it is needed.

What it leaves open is closed here: an answer is to a request of this browser, names us as its audience, is used once,
and is XML without a document type.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from lxml import etree

from remit.kernel.access.models import User
from remit.kernel.federation.models import IdentityProvider, UsedAssertion
from remit.kernel.federation.rules import ANSWER_SECONDS

LARGEST = 256 * 1024
INSTALL = "SAML needs python3-saml: install Remit with pip install 'remit[saml]'."
PASSWORD_ONLY = frozenset(
    f"urn:oasis:names:tc:SAML:2.0:ac:classes:{name}"
    for name in ("Password", "PasswordProtectedTransport", "unspecified")
)


class SamlRefusedError(Exception):
    """An answer or a metadata document that is not believed; the text is for the log and for who administers."""


def missing() -> str:
    """Say how to install what SAML needs, or return ""."""
    try:
        import onelogin.saml2.auth  # type: ignore[import-untyped] # noqa: F401, PLC0415
    except ImportError:
        return INSTALL
    return ""


def checked_xml(text: bytes) -> bytes:
    """Return XML that holds no document type and no entity, before another parser sees it. SamlRefusedError."""
    if len(text) > LARGEST:
        raise SamlRefusedError(f"The XML is larger than {LARGEST:,} bytes.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8")
    try:
        tree = etree.fromstring(text, parser).getroottree()
    except (etree.XMLSyntaxError, ValueError):
        raise SamlRefusedError("This is no XML in UTF-8.") from None
    if tree.docinfo.internalDTD is not None or b"<!DOCTYPE" in text:
        raise SamlRefusedError("The XML declares a document type.")
    return text


def described(metadata: bytes) -> dict[str, Any]:
    """Return `entity_id`, `sign_in_url` and `certificates` of a provider's metadata. SamlRefusedError."""
    from onelogin.saml2.idp_metadata_parser import (  # type: ignore[import-untyped] # noqa: PLC0415
        OneLogin_Saml2_IdPMetadataParser as Parser,
    )

    found = Parser.parse(checked_xml(metadata)).get("idp", {})
    many = found.get("x509certMulti", {}).get("signing") or [found.get("x509cert")]
    certificates = [each for each in many if each]
    url = found.get("singleSignOnService", {}).get("url", "")
    if not found.get("entityId") or not url.startswith("https://") or not certificates:
        raise SamlRefusedError(
            "The metadata lacks an entity, a sign-in address (HTTP-Redirect, https) or a signing certificate."
        )
    return {"entity_id": found["entityId"], "sign_in_url": url, "certificates": certificates}


def go(request: HttpRequest, row: IdentityProvider) -> HttpResponse:
    """Send somebody to a provider with a request that only their browser can answer."""
    from onelogin.saml2.auth import OneLogin_Saml2_Auth  # noqa: PLC0415

    auth = OneLogin_Saml2_Auth(_request_data(request), settings_of(request, row))
    relay = secrets.token_urlsafe(24)
    url = auth.login(return_to=relay)
    state = {
        "process": "login", "request": auth.get_last_request_id(), "asked": int(time.time()),
        "next": get_next_redirect_url(request),
    }  # fmt: skip
    statekit.stash_state(request, provider_id=row.slug, state=state, state_id=relay)
    return redirect(url)


def come_back(request: HttpRequest, row: IdentityProvider) -> HttpResponse:
    """Sign in whom an answer names. SamlRefusedError for one that is not believed."""
    state = statekit.unstash_state(request, provider_id=row.slug, state_id=request.POST.get("RelayState", ""))
    if state is None:
        raise SamlRefusedError("The answer is to no request of this browser (RelayState).")
    if not -1 <= time.time() - state.get("asked", 0) <= ANSWER_SECONDS:
        raise SamlRefusedError("The answer is to a request of more than an hour ago. Begin again.")
    claims = believed(request, row, str(state["request"]))
    login = SocialLogin(
        user=User(), account=SocialAccount(provider=row.slug, uid=claims["sub"]), provider=SimpleNamespace(row=row)
    )
    login.state, login.claims = state, claims
    answer: HttpResponse = complete_social_login(request, login)
    return answer


def believed(request: HttpRequest, row: IdentityProvider, request_id: str) -> dict[str, Any]:
    """Return the claims of an assertion that the provider signed for us, now, in answer to our request, and once."""
    from onelogin.saml2.errors import (  # type: ignore[import-untyped] # noqa: PLC0415
        OneLogin_Saml2_Error,
        OneLogin_Saml2_ValidationError,
    )
    from onelogin.saml2.response import OneLogin_Saml2_Response  # type: ignore[import-untyped] # noqa: PLC0415
    from onelogin.saml2.settings import OneLogin_Saml2_Settings  # type: ignore[import-untyped] # noqa: PLC0415

    sent = request.POST.get("SAMLResponse", "")
    try:
        checked_xml(base64.b64decode(sent, validate=False))
        config = OneLogin_Saml2_Settings(settings_of(request, row))
        response = OneLogin_Saml2_Response(config, sent)
        response.is_valid(_request_data(request), request_id, raise_exceptions=True)
        told = {value for values in [response.get_audiences()] for value in values}
        if response.get_in_response_to() != request_id or config.get_sp_data()["entityId"] not in told:
            raise SamlRefusedError("The answer is to another request, or for somebody else.")
        attributes, contexts = response.get_attributes(), response.get_authn_contexts()
        subject, assertion = str(response.get_nameid() or ""), str(response.get_assertion_id() or "")
    except (OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError, etree.LxmlError, binascii.Error, ValueError) as error:
        raise SamlRefusedError(f"The answer is not believed: {error}"[:300]) from None
    if not 0 < len(subject) <= 191 or not assertion:
        raise SamlRefusedError("The answer names nobody.")
    _used_once(row, assertion)
    mail = next(iter(attributes.get(row.settings.get("mail") or "email", [])), subject if "@" in subject else "")
    context = contexts[0] if contexts else ""
    return {"sub": subject, "email": mail, "acr": "" if context in PASSWORD_ONLY else context}


def settings_of(request: HttpRequest, row: IdentityProvider) -> dict[str, Any]:
    """Return what python3-saml is to hold an answer against."""
    here = request.build_absolute_uri(reverse("sign_in_callback", args=[row.slug]))
    certificates = row.settings["certificates"]
    binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-"
    return {
        "strict": True,
        "sp": {"entityId": here, "assertionConsumerService": {"url": here, "binding": f"{binding}POST"},
               "NameIDFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"},
        "idp": {"entityId": row.settings["entity_id"], "x509certMulti": {"signing": certificates},
                "singleSignOnService": {"url": row.settings["sign_in_url"], "binding": f"{binding}Redirect"}},
        "security": {"wantAssertionsSigned": True, "wantNameId": True, "requestedAuthnContext": False,
                     "wantAttributeStatement": False, "rejectDeprecatedAlgorithm": True,
                     "allowSingleLabelDomains": True},
    }  # fmt: skip


def _used_once(row: IdentityProvider, assertion: str) -> None:
    try:
        with transaction.atomic():
            UsedAssertion.objects.create(provider=row, digest=sha256(assertion.encode()).digest())
    except IntegrityError:
        raise SamlRefusedError("This assertion signed somebody in already.") from None


def _request_data(request: HttpRequest) -> dict[str, Any]:
    return {
        "https": "on" if request.is_secure() else "off",
        "http_host": request.get_host(),
        "script_name": request.path,
        "get_data": request.GET.dict(),
        "post_data": request.POST.dict(),
    }
