"""The addresses below /access/ beside those of people and units."""

from django.urls import path

from remit.kernel.web import access_explained, engagement_views, group_views, review_views

urlpatterns = [
    path("roles/", access_explained.roles, name="access_roles"),
    path("roles.csv", access_explained.roles_csv, name="access_roles_csv"),
    path("who/", access_explained.who, name="access_who"),
    path("engagements/", engagement_views.index, name="access_engagements"),
    path("engagements/new/", engagement_views.new, name="access_new_engagement"),
    path("engagements/<int:pk>/", engagement_views.one, name="access_engagement"),
    path("engagements/<int:pk>/end/", engagement_views.end, name="access_end_engagement"),
    path("groups/", group_views.index, name="access_groups"),
    path("groups/new/", group_views.new, name="access_new_group"),
    path("groups/<int:pk>/", group_views.one, name="access_group"),
    path("groups/<int:pk>/<slug:name>/", group_views.act, name="access_group_act"),
    path("reviews/", review_views.index, name="access_reviews"),
    path("reviews/new/", review_views.new, name="access_new_review"),
    path("reviews/<int:pk>/", review_views.one, name="access_review"),
    path("reviews/<int:pk>/decide/", review_views.decide, name="access_review_decide"),
    path("reviews/<int:pk>/finish/", review_views.finish, name="access_review_finish"),
    path("reviews/<int:pk>/evidence.<slug:format>", review_views.evidence, name="access_review_evidence"),
]
