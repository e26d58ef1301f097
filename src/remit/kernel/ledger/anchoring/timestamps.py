"""A timestamp of a checkpoint from an authority (RFC 3161 over HTTP, section 3.4), verified before it is kept."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from cryptography import x509
from rfc3161_client import TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response
from rfc3161_client.errors import VerificationError
from rfc3161_client.verify import Verifier

from remit.kernel.ledger.anchoring.refused import AnchorRefusedError

SECONDS = 15.0
MOST_BYTES = 256 * 1024
TYPE = "application/timestamp-query"
ANSWER = "application/timestamp-reply"


def problem(target: str, certificate: str) -> str:
    """Say what is wrong with an address and its certificates, or nothing."""
    try:
        parts = urlsplit(target)
        _ = parts.port
    except ValueError:
        return "This is no address. Write it as https://tsa.example.org/."
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        return "The authority's address begins with https:// or http:// and names a host."
    try:
        trusted(certificate)
    except AnchorRefusedError as refusal:
        return str(refusal)
    return ""


def trusted(certificate: str) -> Verifier:
    """Return what verifies answers: those certificates (PEM) that issued themselves are roots.

    AnchorRefusedError where none is a root.
    """
    try:
        found = x509.load_pem_x509_certificates(certificate.encode())
    except ValueError:
        found = []
    roots = [each for each in found if each.issuer == each.subject]
    if not roots:
        raise AnchorRefusedError(
            "A timestamp is worth what its authority is: add the certificate (PEM) of the root its answers lead to."
        )
    builder = VerifierBuilder()
    for each in found:
        builder = builder.add_root_certificate(each) if each in roots else builder.add_intermediate_certificate(each)
    return builder.build()


def deliver(target: str, certificate: str, note: str) -> bytes:
    """Have the note stamped and return the answer (DER), once it is verified to be one for this note.

    AnchorRefusedError where the authority refuses or its answer does not lead to the certificate.
    """
    verifier = trusted(certificate)
    request = TimestampRequestBuilder().data(note.encode()).nonce(nonce=True).cert_request(cert_request=True).build()
    raw = _asked(target, request.as_bytes())
    try:
        answer = decode_timestamp_response(raw)
    except ValueError:
        raise AnchorRefusedError("What came back is no timestamp as RFC 3161 has it. Look at the address.") from None
    if answer.status not in {0, 1}:
        raise AnchorRefusedError(f"The authority refused: {', '.join(answer.status_string) or answer.status}.")
    if answer.tst_info.nonce != request.nonce:
        raise AnchorRefusedError("The answer is to another question than ours. Try another authority if it goes on.")
    verify(raw, verifier, note)
    return raw


def verify(receipt: bytes, verifier: Verifier, note: str) -> None:
    """AnchorRefusedError where a receipt is not one for this note, from this authority."""
    try:
        verifier.verify_message(decode_timestamp_response(receipt), note.encode())
    except (VerificationError, ValueError) as error:
        raise AnchorRefusedError(f"The authority's answer does not hold: {error}. Look at its certificate.") from None


def _asked(target: str, body: bytes) -> bytes:
    """Post to the configured host, to no other, and take an answer of reasonable size."""
    parts = urlsplit(target)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, {"Content-Type": TYPE, "Accept": ANSWER, "User-Agent": "remit"})
        answer = connection.getresponse()
        raw = answer.read(MOST_BYTES + 1)
    except http.client.HTTPException as error:
        raise AnchorRefusedError(
            f"What answered speaks no HTTP ({type(error).__name__}). Look at the address."
        ) from None
    finally:
        connection.close()
    if answer.status != 200 or len(raw) > MOST_BYTES:
        raise AnchorRefusedError(f"The authority answered {answer.status} {answer.reason}. Look at the address.")
    return raw
