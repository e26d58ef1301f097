"""What an OpenID provider says: its discovery document, its keys, and the ID tokens that it signs.

OpenID Connect Core 1.0 (section 3.1.3.7), Discovery 1.0 (sections 3 and 4).
"""

from __future__ import annotations

import hmac
import time
from typing import Any

import jwt
from django.core.cache import cache

from remit.kernel.federation.fetching import read_json, url_refusal

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Public keys only: with a shared secret whoever checks a token could make one, and "none" is no signature."""
LEEWAY = 60
KEPT_SECONDS = 300
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class TokenRefusedError(Exception):
    """An ID token or a discovery document that is not believed; the text is for the log and for who administers."""


def discovered(issuer: str, *, fresh: bool = False) -> dict[str, Any]:
    """Return the discovery document of an issuer, read at most every five minutes.

    Asked of the configured issuer only, whose name the document must repeat to the letter (Discovery section 4.3).
    FetchFailedError, TokenRefusedError.
    """
    key = f"remit.oidc.{issuer}"
    if not fresh and (kept := cache.get(key)) is not None:
        return dict(kept)
    found = read_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise TokenRefusedError("The discovery document names another issuer than the one that was configured.")
    for name in ENDPOINTS:
        if not isinstance(found.get(name), str) or url_refusal(found[name]):
            raise TokenRefusedError(f"The discovery document has no usable {name}.")
    if "code" not in found.get("response_types_supported", ["code"]):
        raise TokenRefusedError("The provider does not offer the authorization code flow.")
    cache.set(key, found, KEPT_SECONDS)
    return found


def signing_keys(config: dict[str, Any]) -> list[jwt.PyJWK]:
    """Return the keys with which the issuer signs; FetchFailedError, TokenRefusedError."""
    found = read_json(config["jwks_uri"]).get("keys")
    keys = []
    for each in found if isinstance(found, list) else []:
        if not isinstance(each, dict) or each.get("use", "sig") != "sig" or each.get("kty") == "oct":
            continue
        try:
            keys.append(jwt.PyJWK(each))
        except (jwt.PyJWTError, ValueError, TypeError):
            continue  # a kind of key that we do not know signs no token that we accept
    if not keys:
        raise TokenRefusedError("The provider publishes no key with which it signs.")
    return keys


def believed(
    token: str, *, config: dict[str, Any], client_id: str, nonce: str, fresh_login: bool = False
) -> dict[str, Any]:
    """Return the claims of an ID token that the issuer signed for us, now, and in answer to our request.

    `nonce` is the one sent; with `fresh_login` the person must have signed in at the provider within two minutes.
    FetchFailedError, TokenRefusedError.
    """
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise TokenRefusedError("The ID token is not signed with a public key.")
        keys = [key for key in signing_keys(config) if header.get("kid") in {None, key.key_id}]
        if len(keys) != 1:
            raise TokenRefusedError("The ID token is signed with a key that the provider does not publish.")
        claims: dict[str, Any] = jwt.decode(
            token, keys[0], algorithms=[header["alg"]], audience=client_id, issuer=config["issuer"], leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )  # fmt: skip
    except (jwt.PyJWTError, ValueError) as error:
        raise TokenRefusedError(f"The ID token is not believed: {type(error).__name__}.") from None
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()) or not nonce:
        raise TokenRefusedError("The ID token answers another request (nonce).")
    audience = claims["aud"]
    if claims.get("azp", client_id) != client_id or (
        isinstance(audience, list) and len(audience) > 1 and "azp" not in claims
    ):
        raise TokenRefusedError("The ID token was made for another client (azp).")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 191:
        raise TokenRefusedError("The ID token names nobody (sub).")
    if fresh_login and not _is_recent(claims.get("auth_time")):
        raise TokenRefusedError("The provider did not ask the person to sign in again (auth_time).")
    return claims


def with_userinfo(claims: dict[str, Any], config: dict[str, Any], access_token: str) -> dict[str, Any]:
    """Return the claims with the mail address that the userinfo endpoint knows, where the ID token has none.

    It must speak of the same person (Core section 5.3.2). FetchFailedError, TokenRefusedError.
    """
    address = config.get("userinfo_endpoint")
    if claims.get("email") or not isinstance(address, str):
        return claims
    found = read_json(address, headers={"Authorization": f"Bearer {access_token}"})
    if found.get("sub") != claims["sub"]:
        raise TokenRefusedError("The userinfo endpoint speaks of somebody else.")
    return {**{name: found[name] for name in ("email", "email_verified") if name in found}, **claims}


def _is_recent(moment: Any) -> bool:
    return isinstance(moment, int | float) and abs(time.time() - moment) < 120 + LEEWAY
