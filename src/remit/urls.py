"""Every address of the product: a handful of patterns serve every record type; areas add the pages only they have."""

from importlib import import_module
from typing import Any

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.utils.module_loading import module_has_submodule

from remit.kernel.federation import views as federation
from remit.kernel.federation.scim import views as scim
from remit.kernel.web import (
    access_views,
    administration_views,
    attachment_views,
    custody_views,
    federation_views,
    figure_views,
    identity_views,
    ledger_views,
    notification_views,
    office,
    operations_views,
    outbox_views,
    restricted_views,
    transfer_views,
    viewing_views,
    views,
    webhook_views,
)

handler500 = "remit.kernel.web.outage.server_error"
register_converter(views.ResourceConverter, "resource")


def area_pages() -> list[URLPattern | URLResolver]:
    """Collect the `urlpatterns` of every area's pages.py."""
    found: list[Any] = []
    for app in apps.get_app_configs():
        if app.name.startswith("remit.") and app.module is not None and module_has_submodule(app.module, "pages"):
            found += import_module(f"{app.name}.pages").urlpatterns
    return found


def _under(prefix: str, *pages: URLPattern | URLResolver) -> URLResolver:
    """Stand pages under one first part of an address, so that an address is compared with few of them."""
    return path(prefix, include(list(pages)))


urlpatterns = [
    *area_pages(),
    _under(
        "account/",
        path("", office.profile, name="profile"),
        path("notifications/", notification_views.notifications, name="notifications"),
        path("notifications/calendar/", notification_views.calendar_link, name="calendar_link"),
        path("sessions/", identity_views.my_sessions, name="sessions"),
        path("tokens/", identity_views.my_tokens, name="tokens"),
        path("tokens/new/", identity_views.new_token, name="new_token"),
        path("tokens/<int:pk>/revoke/", identity_views.revoke_token, name="revoke_token"),
        path("2fa/webauthn/keys/<int:pk>/remove/", identity_views.remove_key, name="mfa_remove_webauthn"),
        path("sign-in/<slug:slug>/", federation.go, name="sign_in"),
        path("sign-in/<slug:slug>/callback/", federation.come_back, name="sign_in_callback"),
        path("", include("allauth.account.urls")),
        path("2fa/", include("allauth.mfa.urls")),
    ),
    path("welcome/<str:token>/", office.welcome, name="welcome"),
    path("health/", office.health, name="health"),
    path("api/", include("remit.kernel.api.urls")),
    path("scim/v2/<path:rest>", scim.serve, name="scim"),
    path("search/", office.search, name="search"),
    path("palette/", office.palette, name="palette"),
    _under(
        "lookup/",
        path("", office.lookup, name="lookup_any"),
        path("<slug:slug>/", office.lookup, name="lookup"),
    ),
    path("inbox/", office.inbox, name="inbox"),
    path("unit/", office.choose_unit, name="unit"),
    _under(
        "views/",
        path("", office.save_view, name="save_view"),
        path("<int:pk>/delete/", office.delete_view, name="delete_view"),
    ),
    _under(
        "jobs/",
        path("<int:pk>/", office.job, name="job"),
        path("<int:pk>/cancel/", office.cancel_job, name="cancel_job"),
    ),
    path("administration/", administration_views.index, name="administration"),
    _under(
        "access/",
        path("", access_views.index, name="access"),
        path("invite/", access_views.invite, name="access_invite"),
        path("people/<int:pk>/", access_views.person, name="access_person"),
        path("people/<int:pk>/view-as/", viewing_views.start, name="view_as"),
        path("view-as/stop/", viewing_views.stop, name="stop_viewing"),
        path("break-glass/", restricted_views.break_glass, name="break_glass"),
        path("people/<int:pk>/end-sessions/", identity_views.end_sessions_of, name="end_sessions_of"),
        path("people/<int:pk>/<slug:name>/", access_views.act, name="access_act"),
        path("services/", identity_views.service_list, name="services"),
        path("services/new/", identity_views.new_service, name="new_service"),
        path("services/<int:pk>/", identity_views.service, name="service"),
        path("services/<int:pk>/owner/", identity_views.hand_service_over, name="service_owner"),
        path("services/<int:pk>/tokens/new/", identity_views.new_service_token, name="service_token"),
        path(
            "services/<int:pk>/tokens/<int:token_pk>/revoke/",
            identity_views.revoke_service_token,
            name="revoke_service_token",
        ),
        path("sign-in/", federation_views.index, name="federation"),
        path("sign-in/providers/new/", federation_views.provider, name="federation_new_provider"),
        path("sign-in/providers/new-saml/", federation_views.provider, {"kind": "saml"}, name="federation_new_saml"),
        path("sign-in/providers/<int:pk>/", federation_views.provider, name="federation_provider"),
        path(
            "sign-in/providers/<int:pk>/<slug:name>/",
            federation_views.act_on_provider,
            name="federation_act_on_provider",
        ),
        path("sign-in/scim/new/", federation_views.connection, name="federation_new_connection"),
        path("sign-in/scim/<int:pk>/groups/", federation_views.groups, name="federation_groups"),
        path(
            "sign-in/scim/<int:pk>/<slug:name>/",
            federation_views.act_on_connection,
            name="federation_act_on_connection",
        ),
        path("units/", access_views.units, name="access_units"),
        path("units/new/", access_views.unit, name="access_new_unit"),
        path("units/<int:pk>/", access_views.unit, name="access_unit"),
        path("", include("remit.kernel.web.access_urls")),
    ),
    _under(
        "webhooks/",
        path("", webhook_views.index, name="webhooks"),
        path("new/", webhook_views.new, name="webhook_new"),
        path("<int:pk>/", webhook_views.show, name="webhook"),
        path("<int:pk>/edit/", webhook_views.edit, name="webhook_edit"),
        path("<int:pk>/<slug:name>/", webhook_views.act, name="webhook_act"),
    ),
    _under(
        "outbox/",
        path("", outbox_views.index, name="outbox"),
        path("<int:pk>/<slug:name>/", outbox_views.act, name="outbox_act"),
    ),
    path("calendar/<str:token>.ics", notification_views.calendar, name="calendar"),
    path("unsubscribe/<str:token>/", notification_views.unsubscribe, name="unsubscribe"),
    _under(
        "ledger/",
        path("", ledger_views.index, name="ledger"),
        path("checkpoints/<int:size>/", ledger_views.checkpoint, name="ledger_checkpoint"),
        path("anchors/new/", ledger_views.add_anchor, name="ledger_new_anchor"),
        path("anchors/<int:pk>/remove/", ledger_views.remove_anchor, name="ledger_remove_anchor"),
        path("anchors/<int:pk>/receipt/", ledger_views.receipt, name="ledger_receipt"),
    ),
    _under(
        "figures/",
        path("", figure_views.catalogue, name="figures"),
        path("<slug:name>/", figure_views.one, name="figure"),
    ),
    _under(
        "evidence/",
        path("<int:pk>/", attachment_views.evidence, name="evidence"),
        path("<int:pk>/custody/", custody_views.custody, name="custody"),
        path("<int:pk>/custody.txt", custody_views.custody_text, name="custody_text"),
        path("<int:pk>/verify/", custody_views.verify, name="verify_evidence"),
        path("<int:pk>/hold/", custody_views.hold_evidence, name="hold_evidence"),
        path("<int:pk>/lift/", custody_views.lift_evidence, name="lift_evidence"),
    ),
    path("retention/", custody_views.retention, name="retention"),
    path("operations/backups/", operations_views.backups, name="backups"),
    _under(
        "<resource:resource>/",
        path("", views.index, name="list"),
        path("new/", views.edit, name="create"),
        path("import/", transfer_views.import_records, name="import"),
        path("bulk/", transfer_views.bulk, name="bulk"),
        path("export.<slug:format>", transfer_views.export, name="export"),
        path("<int:pk>/", views.show, name="record"),
        path("<int:pk>/edit/", views.edit, name="edit"),
        path("<int:pk>/delete/", views.delete, name="delete"),
        path("<int:pk>/history/", views.history, name="history"),
        path("<int:pk>/proof/", ledger_views.proof, name="proof"),
        path("<int:pk>/move/<slug:name>/", views.move, name="move"),
        path("<int:pk>/comment/", attachment_views.comment, name="comment"),
        path("<int:pk>/evidence/", attachment_views.attach, name="attach"),
        path("<int:pk>/link/", attachment_views.link, name="link"),
        path("<int:pk>/unlink/<int:link_pk>/", attachment_views.unlink, name="unlink"),
        path("<int:pk>/hold/", custody_views.hold, name="hold"),
        path("<int:pk>/lift/", custody_views.lift, name="lift"),
        path("<int:pk>/work/", attachment_views.ask, name="ask"),
        path("<int:pk>/restrict/", restricted_views.restrict, name="restrict"),
        path("<int:pk>/release/", restricted_views.release, name="release"),
        path("<int:pk>/need-to-know/", restricted_views.let_know, name="let_know"),
        path("<int:pk>/need-to-know/people/", restricted_views.nameable, name="nameable"),
        path(
            "<int:pk>/need-to-know/<int:leave_pk>/take-back/",
            restricted_views.take_back,
            name="take_back",
        ),
    ),
]
