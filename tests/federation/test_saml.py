"""Sign-in by SAML: one good answer, and every forged, stale, repeated or wrapped one, signed with keys made here."""

from __future__ import annotations

import base64
import copy
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zlib import decompress

import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.test import Client
from lxml import etree
from signxml import XMLSigner, methods

from remit.kernel.federation import fetching, jobs, rules, saml
from remit.kernel.federation.models import IdentityProvider, UsedAssertion
from tests.conftest import Cast, being, signed_in

HERE = "http://testserver/account/sign-in/dock/callback/"
ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"


@cache
def pair(name: str) -> tuple[bytes, str]:
    """Make a key and a certificate of it, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    now = datetime.now(UTC)
    signed = made.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1)).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return pem, signed.public_bytes(serialization.Encoding.PEM).decode()


def stamp(minutes: float) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def answer(
    request_id: str, *, subject: str = "s-1", mail: str = "bob@remit.example", audience: str = HERE, until: float = 5,
    key: str | None = "dock", identity: str = "_a1", issuer: str = "https://dock.example",
) -> etree._Element:  # fmt: skip
    """Make a response whose assertion is signed with the key of this name (None: not at all)."""
    whole = etree.fromstring(
        f"""<samlp:Response xmlns:samlp="{PROTOCOL}" xmlns:saml="{ASSERTION}" ID="_r1" Version="2.0"
  IssueInstant="{stamp(0)}" Destination="{HERE}" InResponseTo="{request_id}"><saml:Issuer>{issuer}</saml:Issuer>
  <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
  <saml:Assertion ID="{identity}" Version="2.0" IssueInstant="{stamp(0)}"><saml:Issuer>{issuer}</saml:Issuer>
  <ds:Signature xmlns:ds="{DS}" Id="placeholder"/><saml:Subject><saml:NameID>{subject}</saml:NameID>
  <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData
  InResponseTo="{request_id}" Recipient="{HERE}" NotOnOrAfter="{stamp(until)}"/></saml:SubjectConfirmation>
  </saml:Subject><saml:Conditions NotBefore="{stamp(-10)}" NotOnOrAfter="{stamp(until)}"><saml:AudienceRestriction>
  <saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
  <saml:AuthnStatement AuthnInstant="{stamp(0)}"><saml:AuthnContext><saml:AuthnContextClassRef>x
  </saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>
  <saml:AttributeStatement><saml:Attribute Name="email"><saml:AttributeValue>{mail}</saml:AttributeValue>
  </saml:Attribute></saml:AttributeStatement></saml:Assertion>
  </samlp:Response>""".encode()
    )
    plain = whole.find(f"{{{ASSERTION}}}Assertion")
    assert plain is not None
    if key is None:
        plain.remove(plain.find(f"{{{DS}}}Signature"))
        return whole
    pem, certificate = pair(key)
    signer = XMLSigner(
        method=methods.enveloped,
        signature_algorithm="rsa-sha256",
        c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
    )
    signed = signer.sign(plain, key=pem, cert=certificate, reference_uri=f"#{identity}", id_attribute="ID")
    whole.replace(plain, signed)
    return whole


@pytest.fixture
def dock(cast: Cast) -> IdentityProvider:
    with being(None):
        return IdentityProvider.objects.create(
            name="Dock", slug="dock", kind="saml", unit=cast.group, domains=["remit.example"], vouches_for_mail=True,
            settings={"entity_id": "https://dock.example", "sign_in_url": "https://dock.example/sso",
                      "certificates": [pair("dock")[1]]},
        )  # fmt: skip


def asked(client: Client) -> dict[str, str]:
    reply = client.get("/account/sign-in/dock/?next=/inbox/")
    assert reply["Location"].startswith("https://dock.example/sso?"), reply.content
    query = {name: values[0] for name, values in parse_qs(urlsplit(reply["Location"]).query).items()}
    request = etree.fromstring(decompress(base64.b64decode(query["SAMLRequest"]), -15))
    return {"id": request.attrib["ID"], "RelayState": query["RelayState"]}


def posted(client: Client, what: etree._Element | bytes, relay: str, onward: bool = True) -> Any:
    text = what if isinstance(what, bytes) else etree.tostring(what)
    form = {"SAMLResponse": base64.b64encode(text).decode(), "RelayState": relay}
    return client.post("/account/sign-in/dock/callback/", {**form, "onward": "1"} if onward else form)


def is_in(client: Client) -> bool:
    return bool(client.get("/account/").status_code == 200)


def test_somebody_invited_signs_in(dock: IdentityProvider, cast: Cast) -> None:
    client = Client()
    request = asked(client)
    made = answer(request["id"])
    step = posted(Client(), made, request["RelayState"], onward=False)
    assert (step.status_code, b"Go on to Remit" in step.content) == (200, True)
    reply = posted(client, made, request["RelayState"])
    assert (reply.status_code, reply.get("Location")) == (302, "/inbox/"), reply.content
    assert client.get("/account/").context["person"] == cast.bob
    with being(None):
        assert SocialAccount.objects.get().uid == "s-1"


def test_an_answer_comes_within_the_hour_and_used_assertions_are_then_forgotten(
    dock: IdentityProvider, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was used is remembered for as long as something could be signed in by it again, and no longer."""
    late, early = Client(), Client()
    request, other = asked(late), asked(early)
    assert posted(early, answer(other["id"], until=900), other["RelayState"]).status_code == 302
    now = time.time()
    monkeypatch.setattr(saml.time, "time", lambda: now + rules.ANSWER_SECONDS + 5)
    assert posted(late, answer(request["id"], identity="_a2", until=900), request["RelayState"]).status_code == 403
    monkeypatch.undo()
    with being(None):
        used = UsedAssertion.objects.get().used_at
        assert jobs.forget_used(used + timedelta(seconds=rules.ANSWER_SECONDS)) == 0
        assert jobs.forget_used(used + jobs.KEPT + timedelta(seconds=1)) == 1
    assert timedelta(seconds=rules.ANSWER_SECONDS) < jobs.KEPT


def wrapped(request_id: str) -> etree._Element:
    """Wrap: a forged assertion stands where ours is read, the signed one is kept where its signature still holds."""
    whole = answer(request_id)
    genuine = whole.find(f"{{{ASSERTION}}}Assertion")
    assert genuine is not None
    evil = copy.deepcopy(genuine)
    evil.attrib["ID"] = "_evil"
    signature = evil.find(f"{{{DS}}}Signature")
    assert signature is not None
    evil.find(f".//{{{ASSERTION}}}AttributeValue").text = "alice@remit.example"  # type: ignore[union-attr]
    whole.replace(genuine, evil)
    etree.SubElement(signature, f"{{{DS}}}Object").append(genuine)
    return whole


def beside(request_id: str) -> etree._Element:
    whole, other = answer(request_id), answer(request_id, key=None, identity="_b", mail="alice@remit.example")
    whole.insert(2, other.find(f"{{{ASSERTION}}}Assertion"))
    return whole


def changed(request_id: str) -> etree._Element:
    whole = answer(request_id)
    whole.find(f".//{{{ASSERTION}}}AttributeValue").text = "alice@remit.example"  # type: ignore[union-attr]
    return whole


def unbound(request_id: str) -> etree._Element:
    whole = answer(request_id)
    del whole.attrib["InResponseTo"]
    return whole


DTD = b'<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "forged",
    [
        lambda r: answer(r, key=None), lambda r: answer(r, key="another"), lambda r: answer(r, audience="https://else"),
        lambda r: answer(r, until=-5), lambda r: answer("_other"), lambda r: answer(r, issuer="https://evil.example"),
        wrapped, beside, changed, unbound, lambda r: DTD + etree.tostring(answer(r)),
        lambda r: DTD.replace(b"SYSTEM ", b"") + etree.tostring(answer(r)).replace(b"s-1", b"&e;"),
        lambda r: etree.tostring(answer(r)).decode().encode("utf-16"), lambda r: b"",
        lambda r: b"<a", lambda r: b"<a/>",
        lambda r: answer(r, mail="alice@other.example"), lambda r: answer(r, mail="nobody@remit.example"),
        lambda r: answer(r, subject=""), lambda r: answer(r, subject="x" * 192),
    ],
    ids=["unsigned", "another key", "audience", "expired", "another request", "issuer", "wrapped", "beside", "changed",
         "unbound", "external entity", "entity", "utf-16", "empty", "no xml", "no response", "domain", "unknown",
         "nobody", "long"],
)  # fmt: skip
def test_what_is_not_believed_is_refused_calmly(
    forged: Callable[[str], Any], dock: IdentityProvider, cast: Cast
) -> None:
    client = Client()
    request = asked(client)
    reply = posted(client, forged(request["id"]), request["RelayState"])
    assert (reply.status_code, b"You could not be signed in" in reply.content) == (403, True)
    assert not is_in(client)
    with being(None):
        assert not SocialAccount.objects.exists()


def test_a_comment_in_a_name_does_not_shorten_it(dock: IdentityProvider, cast: Cast) -> None:
    client = Client()
    request = asked(client)
    made = answer(request["id"], subject="bob@remit.example<!---->.evil.example", mail="bob@remit.example")
    posted(client, made, request["RelayState"])
    with being(None):
        assert {link.uid for link in SocialAccount.objects.all()} <= {"bob@remit.example.evil.example"}


def test_an_answer_is_good_once_and_in_its_own_browser(dock: IdentityProvider) -> None:
    client, thief = Client(), Client()
    request = asked(client)
    made = answer(request["id"])
    asked(thief)
    assert posted(thief, made, request["RelayState"]).status_code == 403
    assert posted(client, made, request["RelayState"]).status_code == 302
    assert posted(client, made, request["RelayState"]).status_code == 403
    client = Client()
    request = asked(client)
    assert posted(client, answer(request["id"], identity="_a1"), request["RelayState"]).status_code == 403, (
        "the same id"
    )


def test_without_the_library_the_page_says_what_to_install(
    dock: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saml, "missing", lambda: saml.INSTALL)
    assert Client().get("/account/sign-in/dock/").status_code == 403


def test_metadata_is_read_and_refused_plainly(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = "".join(pair("dock")[1].splitlines()[1:-1])
    text = f"""<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://dock.example">
<IDPSSODescriptor protocolSupportEnumeration="{PROTOCOL}"><KeyDescriptor use="signing"><KeyInfo xmlns="{DS}"><X509Data>
<X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService
Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://dock.example/sso"/></IDPSSODescriptor>
</EntityDescriptor>""".encode()
    found = saml.described(text)
    assert (found["entity_id"], found["sign_in_url"]) == ("https://dock.example", "https://dock.example/sso")
    for wrong in (DTD + text, b"<a/>", text.replace(b"https://dock.example/sso", b"http://dock.example/sso")):
        with pytest.raises(saml.SamlRefusedError):
            saml.described(wrong)
    head, path = signed_in(cast.alice), "/access/sign-in/providers/new-saml/"
    form = {"name": "Dock", "metadata_url": "https://dock.example/metadata", "domains": "remit.example"}
    for body, status in ((b"<a/>", 422), (text, 302)):
        monkeypatch.setattr(fetching, "send", lambda *_, body=body, **__: fetching.Answer(200, {}, body, ""))
        assert head.post(path, form).status_code == status
    with being(None):
        row = IdentityProvider.objects.get()
    assert (row.kind, row.settings["entity_id"]) == ("saml", "https://dock.example")
    assert head.get(f"/access/sign-in/providers/{row.pk}/").status_code == 200
    page = head.post(f"/access/sign-in/providers/{row.pk}/test/", follow=True).content.decode()
    assert "describes itself as it was configured" in page
    other = text.replace(b'entityID="https://dock.example"', b'entityID="https://evil.example"')
    monkeypatch.setattr(fetching, "send", lambda *_, **__: fetching.Answer(200, {}, other, ""))
    assert b"The provider never changes" in head.post(f"/access/sign-in/providers/{row.pk}/", form).content
