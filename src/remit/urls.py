"""Every address of the product: a handful of patterns serve every record type; areas add the pages only they have."""

from importlib import import_module
from typing import Any

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.utils.module_loading import module_has_submodule

from remit.kernel.web import (
    access_views,
    attachment_views,
    custody_views,
    figure_views,
    office,
    operations_views,
    transfer_views,
    views,
)

register_converter(views.ResourceConverter, "resource")


def area_pages() -> list[URLPattern | URLResolver]:
    """Collect the `urlpatterns` of every area's pages.py."""
    found: list[Any] = []
    for app in apps.get_app_configs():
        if app.name.startswith("remit.") and app.module is not None and module_has_submodule(app.module, "pages"):
            found += import_module(f"{app.name}.pages").urlpatterns
    return found


urlpatterns = [
    *area_pages(),
    path("account/", office.profile, name="profile"),
    path("account/", include("allauth.account.urls")),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("welcome/<str:token>/", office.welcome, name="welcome"),
    path("health/", office.health, name="health"),
    path("api/", include("remit.kernel.api.urls")),
    path("search/", office.search, name="search"),
    path("palette/", office.palette, name="palette"),
    path("lookup/", office.lookup, name="lookup_any"),
    path("lookup/<slug:slug>/", office.lookup, name="lookup"),
    path("inbox/", office.inbox, name="inbox"),
    path("unit/", office.choose_unit, name="unit"),
    path("views/", office.save_view, name="save_view"),
    path("views/<int:pk>/delete/", office.delete_view, name="delete_view"),
    path("jobs/<int:pk>/", office.job, name="job"),
    path("jobs/<int:pk>/cancel/", office.cancel_job, name="cancel_job"),
    path("access/", access_views.index, name="access"),
    path("access/invite/", access_views.invite, name="access_invite"),
    path("access/people/<int:pk>/", access_views.person, name="access_person"),
    path("access/people/<int:pk>/<slug:name>/", access_views.act, name="access_act"),
    path("access/units/new/", access_views.unit, name="access_new_unit"),
    path("access/units/<int:pk>/", access_views.unit, name="access_unit"),
    path("figures/", figure_views.catalogue, name="figures"),
    path("figures/<slug:name>/", figure_views.one, name="figure"),
    path("evidence/<int:pk>/", attachment_views.evidence, name="evidence"),
    path("evidence/<int:pk>/custody/", custody_views.custody, name="custody"),
    path("evidence/<int:pk>/custody.txt", custody_views.custody_text, name="custody_text"),
    path("evidence/<int:pk>/verify/", custody_views.verify, name="verify_evidence"),
    path("evidence/<int:pk>/hold/", custody_views.hold_evidence, name="hold_evidence"),
    path("evidence/<int:pk>/lift/", custody_views.lift_evidence, name="lift_evidence"),
    path("retention/", custody_views.retention, name="retention"),
    path("operations/backups/", operations_views.backups, name="backups"),
    path("<resource:resource>/", views.index, name="list"),
    path("<resource:resource>/new/", views.edit, name="create"),
    path("<resource:resource>/import/", transfer_views.import_records, name="import"),
    path("<resource:resource>/bulk/", transfer_views.bulk, name="bulk"),
    path("<resource:resource>/export.<slug:format>", transfer_views.export, name="export"),
    path("<resource:resource>/<int:pk>/", views.show, name="record"),
    path("<resource:resource>/<int:pk>/edit/", views.edit, name="edit"),
    path("<resource:resource>/<int:pk>/delete/", views.delete, name="delete"),
    path("<resource:resource>/<int:pk>/history/", views.history, name="history"),
    path("<resource:resource>/<int:pk>/move/<slug:name>/", views.move, name="move"),
    path("<resource:resource>/<int:pk>/comment/", attachment_views.comment, name="comment"),
    path("<resource:resource>/<int:pk>/evidence/", attachment_views.attach, name="attach"),
    path("<resource:resource>/<int:pk>/link/", attachment_views.link, name="link"),
    path("<resource:resource>/<int:pk>/unlink/<int:link_pk>/", attachment_views.unlink, name="unlink"),
    path("<resource:resource>/<int:pk>/hold/", custody_views.hold, name="hold"),
    path("<resource:resource>/<int:pk>/lift/", custody_views.lift, name="lift"),
    path("<resource:resource>/<int:pk>/work/", attachment_views.ask, name="ask"),
]
