"""OpenID Connect by django-allauth: state, PKCE and the session are its; what is believed is decided in `tokens`."""

from __future__ import annotations

import secrets
from base64 import b64encode
from typing import Any
from urllib.parse import quote, urlencode

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest
from django.urls import reverse

from remit.kernel.federation import fetching, tokens
from remit.kernel.federation.models import IdentityProvider
from remit.kernel.sealing import unseal

PURPOSE = "identity provider"
SCOPE = ("openid", "profile", "email")


class Client(OAuth2Client):  # type: ignore[misc]
    """Trades a code for tokens by our way out."""

    def get_access_token(self, code: str, pkce_code_verifier: str | None = None, extra_data: Any = None) -> Any:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback_url,
            "code_verifier": pkce_code_verifier or "",
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self.basic_auth and self.consumer_secret:
            pair = f"{quote(self.consumer_key, safe='')}:{quote(self.consumer_secret, safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = self.consumer_key
            if self.consumer_secret:
                form["client_secret"] = self.consumer_secret
        try:
            answer = fetching.send("POST", self.access_token_url, headers=headers, body=urlencode(form).encode())
            found = fetching.as_object(answer.body, self.access_token_url)
        except fetching.FetchFailedError as error:
            raise OAuth2Error(str(error)) from None
        if answer.status != 200 or not isinstance(found.get("id_token"), str) or not found.get("access_token"):
            raise OAuth2Error(f"The provider gave no tokens (status {answer.status}).")
        return found


class Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """One provider, as allauth's flow asks it."""

    client_class = Client

    def __init__(self, request: HttpRequest, row: IdentityProvider) -> None:
        super().__init__(request, row.slug)
        self.row = row
        self.nonce = ""
        self.is_again = False

    def get_provider(self) -> Provider:
        return Provider(self.request, self.row)

    @property
    def openid_config(self) -> dict[str, Any]:
        try:
            return tokens.discovered(self.row.settings["issuer"])
        except (fetching.FetchFailedError, tokens.TokenRefusedError) as error:
            raise OAuth2Error(str(error)) from None

    @property
    def basic_auth(self) -> bool:
        return "client_secret_post" not in self.openid_config.get("token_endpoint_auth_methods_supported", [])

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return str(request.build_absolute_uri(reverse("sign_in_callback", args=[self.row.slug])))

    def get_access_token_data(self, request: HttpRequest, app: SocialApp, client: Client, **values: Any) -> Any:
        """Refuse an answer that another provider gave, where this one says who it is (RFC 9207)."""
        config, said = self.openid_config, request.GET.get("iss")
        if said is None and config.get("authorization_response_iss_parameter_supported") is True:
            raise OAuth2Error("The answer does not say whose it is (iss).")
        if said is not None and said != config["issuer"]:
            raise OAuth2Error("The answer is another provider's (iss).")
        return super().get_access_token_data(request, app, client, **values)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **values: Any) -> Any:
        config = self.openid_config
        try:
            claims = tokens.believed(
                values["response"]["id_token"], config=config, client_id=app.client_id, nonce=self.nonce,
                fresh_login=self.is_again,
            )  # fmt: skip
            claims = tokens.with_userinfo(claims, config, token.token)
        except (fetching.FetchFailedError, tokens.TokenRefusedError) as error:
            raise OAuth2Error(str(error)) from None
        login = self.get_provider().sociallogin_from_response(request, claims)
        login.claims = claims
        return login


class Provider(OpenIDConnectProvider):  # type: ignore[misc]
    """What is asked of a provider: always the same, whatever the address that led there says."""

    oauth2_adapter_class = Adapter

    def __init__(self, request: HttpRequest, row: IdentityProvider) -> None:
        secret = unseal(row.sealed_secret, PURPOSE) if row.sealed_secret else ""
        app = SocialApp(
            provider="openid_connect",
            provider_id=row.slug,
            name=row.name[:40],
            client_id=row.settings["client_id"],
            secret=secret,
            settings={},
        )
        super().__init__(request, app=app)
        self.row = row

    def get_oauth2_adapter(self, request: HttpRequest) -> Adapter:
        return Adapter(request, self.row)

    def get_pkce_params(self) -> dict[str, str]:
        return dict(generate_code_challenge())

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        from allauth.account.utils import get_next_redirect_url  # noqa: PLC0415 - needs the applications loaded

        nonce, again = secrets.token_urlsafe(24), "again" in request.GET
        parameters = {"nonce": nonce, **({"prompt": "login", "max_age": "0"} if again else {})}
        return {
            "process": "login",
            "next_url": get_next_redirect_url(request),
            "scope": list(SCOPE),
            "auth_params": parameters,
            "nonce": nonce,
            "again": again,
        }

    def extract_uid(self, data: dict[str, Any]) -> str:
        return str(data["sub"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}  # nothing that a provider says of a person is kept beyond who they are

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        return []


class Callback(OAuth2CallbackView):  # type: ignore[misc]
    """Takes the answer of a provider; the state, valid once, brings back the nonce that was sent."""

    def _get_state(self, request: HttpRequest, provider: Provider) -> Any:
        state, answer = super()._get_state(request, provider)
        if state is not None:
            self.adapter.nonce, self.adapter.is_again = state.get("nonce", ""), bool(state.get("again"))
        return state, answer


def called_back(request: HttpRequest, row: IdentityProvider) -> Any:
    """Answer the request with which a provider sends somebody back."""
    return Callback.adapter_view(Adapter(request, row))(request)
