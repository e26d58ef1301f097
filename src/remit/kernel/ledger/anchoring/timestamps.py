"""A timestamp of a checkpoint from an authority (RFC 3161 over HTTP, section 3.4), verified before it is kept."""

from __future__ import annotations

from cryptography import x509
from rfc3161_client import TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response
from rfc3161_client.errors import VerificationError
from rfc3161_client.verify import Verifier

from remit.kernel.ledger.anchoring.refused import AnchorRefusedError
from remit.kernel.outbound.client import RequestFailedError, request, url_refusal

SECONDS = 15.0
MOST_BYTES = 256 * 1024
TYPE = "application/timestamp-query"
ANSWER = "application/timestamp-reply"


def problem(target: str, certificate: str) -> str:
    """Say what is wrong with an address and its certificates, or nothing."""
    if refusal := url_refusal(target, allow_plain=True):
        return refusal
    try:
        trusted(certificate)
    except AnchorRefusedError as error:
        return str(error)
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
    asked = TimestampRequestBuilder().data(note.encode()).nonce(nonce=True).cert_request(cert_request=True).build()
    raw = _asked(target, asked.as_bytes())
    try:
        answer = decode_timestamp_response(raw)
    except ValueError:
        raise AnchorRefusedError("What came back is no timestamp as RFC 3161 has it. Look at the address.") from None
    if answer.status not in {0, 1}:
        raise AnchorRefusedError(f"The authority refused: {', '.join(answer.status_string) or answer.status}.")
    if answer.tst_info.nonce != asked.nonce:
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
    """Post to the configured address and take an answer of reasonable size."""
    headers = {"Content-Type": TYPE, "Accept": ANSWER}
    try:
        answer = request(
            "POST", target, headers=headers, body=body, timeout=SECONDS, largest=MOST_BYTES, allow_plain=True
        )
    except RequestFailedError as error:
        raise AnchorRefusedError(f"{error} Look at the address of the authority.") from None
    if answer.status != 200:
        raise AnchorRefusedError(f"The authority answered {answer.status}. Look at the address.")
    return answer.body
