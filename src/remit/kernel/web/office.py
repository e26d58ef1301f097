"""Pages that belong to no record type: search, palette, typeahead, inbox, units, saved views, jobs, figures, people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, password_validation
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from remit.kernel import actor
from remit.kernel.access.models import Reach, User
from remit.kernel.access.roles import ROLES
from remit.kernel.access.services import welcomed
from remit.kernel.access.standing import ReachedUnit, Standing
from remit.kernel.jobs import running
from remit.kernel.jobs.models import JobRun
from remit.kernel.resources import resources
from remit.kernel.saved_views import SavedView
from remit.kernel.screens import Group, JobScreen, Link, WorkLine
from remit.kernel.search import matching
from remit.kernel.web import places
from remit.kernel.web.record_page import move_buttons, work_line
from remit.kernel.web.shell import navigation
from remit.kernel.web.views import standing_of
from remit.kernel.work import services as work

HITS = 6


def hits(request: HttpRequest, words: str, most: int = HITS) -> list[Group]:
    """Find records of every type within reach that hold these words."""
    found = []
    for resource in resources():
        if not (resource.search and standing_of(request).sees(resource.kind)):
            continue
        names = tuple(n for n in ("title", "name", "weakness", "asset") if resource.field(n) is not None)
        records = list(resource.queryset(names).filter(matching(resource.model, resource.search, words))[:most])
        if records:
            links = tuple(Link(str(r), r.get_absolute_url(), resource.icon, note=r.ref) for r in records)
            found.append(Group(resource.title, links))
    return found


def words_of(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:200]


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    words = words_of(request)
    groups = hits(request, words, 12) if words else []
    more = {r.title: f"/{r.slug}/" for r in resources()}
    return render(request, "kernel/search.html", {"query": words, "groups": groups, "more": more})


@require_safe
def palette(request: HttpRequest) -> JsonResponse:
    """Answer Ctrl-K: places and deeds that match, then records."""
    words = words_of(request)
    rail = [link for group in navigation(request, 0) for link in group.links]
    known = {link.url for link in rail}
    beside = [link for link in places.found(standing_of(request)) if link.url not in known]
    deeds = [
        Link(f"New {r.singular}", f"/{r.slug}/new/", "plus")
        for r in resources()
        if r.by_hand and r.fields and standing_of(request).may("add", r.kind)
    ]
    if standing_of(request).may("import", "ingest.import"):
        deeds.insert(0, Link("Import scanner files", "/imports/new/", "file-input"))
    near = [link for link in (*rail, *beside, *deeds) if all(w in link.text.lower() for w in words.lower().split())]
    groups = [Group("Go to", tuple(near[:8]))] if near else []
    groups += hits(request, words, 4) if len(words) > 1 else []
    return JsonResponse(
        {
            "groups": [
                {
                    "title": g.title,
                    "links": [{"text": n.text, "url": n.url, "note": n.note, "icon": n.icon} for n in g.links],
                }
                for g in groups
            ]
        }
    )


@require_safe
def lookup(request: HttpRequest, slug: str = "") -> JsonResponse:
    """Answer a typeahead: records of one type, units, people, or (no slug) records of every type."""
    words = words_of(request)
    if slug == "units":
        units = [u for u in standing_of(request).units if words.lower() in u.name.lower()]
        return JsonResponse([{"id": str(u.id), "text": u.name, "note": u.code} for u in units[:20]], safe=False)
    if slug == "users":
        people = colleagues(standing_of(request)).filter(Q(name__icontains=words) | Q(email__istartswith=words))[:20]
        return JsonResponse([{"id": str(p.pk), "text": p.name, "note": p.title or p.email} for p in people], safe=False)
    found = []
    for resource in resources():
        if slug not in {"", resource.slug} or not standing_of(request).sees(resource.kind):
            continue
        if not resource.search and slug:
            rows = list(resource.queryset(())[:20])
        elif resource.search:
            records = resource.queryset(tuple(n for n in ("weakness", "asset") if resource.field(n) is not None))
            rows = list(
                (records.filter(matching(resource.model, resource.search, words)) if words else records)[
                    : 20 if slug else 5
                ]
            )
        else:
            continue
        found += [{"id": str(r.pk) if slug else f"{resource.slug}:{r.pk}", "text": str(r), "note": r.ref} for r in rows]
    return JsonResponse(found, safe=False)


def colleagues(standing: Standing) -> QuerySet[User]:
    """Return the people one may name: those who reach a unit one works in; for those who only answer, oneself."""
    if not any(standing.may("change", r.kind) for r in resources() if r.kind != "kernel.work"):
        return User.objects.filter(pk=standing.user_id)
    units = [unit.id for unit in standing.units if unit.roles]
    return User.objects.filter(
        is_active=True,
        is_service=False,
        pk__in=Reach.objects.filter(unit__in=units).exclude(role="above").values("user"),
    )


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    found = work.inbox(standing_of(request).user_id, localdate())
    groups = [(group.title, [inbox_line(line, standing_of(request)) for line in group.lines]) for group in found]
    return render(request, "kernel/inbox.html", {"groups": groups, "count": sum(len(lines) for _, lines in groups)})


def inbox_line(line: work.InboxLine, standing: Standing) -> WorkLine:
    """Lay out what is owed: it opens the record it is about, and can be answered on the spot."""
    item = line.work
    moves = tuple(
        replace(m, main=m.name in {"approve", "finish"})
        for m in move_buttons(item, standing)
        if m.name != "cancel" and not m.refusal
    )
    about = f"{line.record.ref} {line.record}" if line.record else ""
    shown = work_line(item)
    return replace(
        shown,
        title=item.title,
        url=line.record.get_absolute_url() if line.record else shown.url,
        owner=about,
        actions=moves,
    )


@require_POST
def choose_unit(request: HttpRequest) -> HttpResponse:
    """Look at one unit and what is below it, or (none) at everything within reach."""
    chosen = request.POST.get("unit", "")
    if any(str(u.id) == chosen for u in standing_of(request).units):
        request.session["unit"] = int(chosen)
    else:
        request.session.pop("unit", None)
    back = request.POST.get("next", "/")
    return redirect(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/")


@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    slug, name = request.POST.get("slug", ""), request.POST.get("name", "").replace("\x00", "").strip()[:80]
    query = request.POST.get("query", "").replace("\x00", "").lstrip("?")[:2000]
    if slug not in {r.slug for r in resources() if standing_of(request).sees(r.kind)} or not name:
        messages.error(request, "Give the view of a list you see a name.")
        return redirect("/")
    SavedView.objects.update_or_create(
        user_id=standing_of(request).user_id,
        slug=slug,
        name=name,
        defaults={"query": query, "shared": bool(request.POST.get("shared"))},
    )
    messages.success(request, f"View “{name}” saved.")
    return redirect(f"/{slug}/?{query}" if query else f"/{slug}/")


@require_POST
def delete_view(request: HttpRequest, pk: int) -> HttpResponse:
    view = SavedView.objects.filter(pk=pk, user_id=standing_of(request).user_id).first()
    if view is None:
        raise Http404
    view.delete()
    return redirect(f"/{view.slug}/")


@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    run = JobRun.objects.filter(pk=pk).first()
    if run is None:
        raise Http404
    template = "kernel/_job.html" if request.htmx else "kernel/job.html"  # type: ignore[attr-defined]
    return render(request, template, {"screen": job_screen(run)})


def job_screen(run: JobRun) -> JobScreen:
    running_now = run.state in {"queued", "running"}
    tone = {"done": "good", "failed": "act", "cancelled": "soft"}.get(run.state, "attend")
    percent = 100 if run.state == "done" else min(99, run.done * 100 // run.total) if run.total else 0
    return JobScreen(
        run.pk, run.title, run.get_state_display(), tone, run.done, run.total, percent, run.message, running_now,
        f"/jobs/{run.pk}/cancel/" if running_now else "", run.result_url, f"/jobs/{run.pk}/",
    )  # fmt: skip


@require_POST
def cancel_job(request: HttpRequest, pk: int) -> HttpResponse:
    run = JobRun.objects.filter(pk=pk).first()
    if run is None:
        raise Http404
    running.cancel(run)
    return redirect(f"/jobs/{pk}/")


def holdings(units: Iterable[ReachedUnit]) -> list[tuple[ReachedUnit, int]]:
    """Return the units in which roles begin, each with the number of units below that hold the same ones."""
    tops: dict[int, int] = {}
    found: dict[int, tuple[ReachedUnit, int]] = {}
    for unit in units:
        top = found.get(tops.get(unit.parent_id or 0, 0))
        if top is not None and top[0].roles == unit.roles:
            found[top[0].id] = (top[0], top[1] + 1)
            tops[unit.id] = top[0].id
        elif unit.roles:
            found[unit.id] = (unit, 0)
            tops[unit.id] = unit.id
    return list(found.values())


@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    grants = [
        (unit.name, below, [ROLES[r].title for r in sorted(unit.roles)])
        for unit, below in holdings(standing_of(request).units)
    ]
    return render(request, "kernel/profile.html", {"person": request.user, "grants": grants})


@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in once by a link, and set a password on the way."""
    person = welcomed(token)
    if person is None:
        context = {"title": "This link no longer works", "what": "It was used already, or is older than a day.",
                   "remedy": "Ask for a new one: remit user link ADDRESS", "status": 410}  # fmt: skip
        return render(request, "kernel/error.html", context, status=410)
    errors: list[str] = []
    if request.method == "POST":
        first, again = request.POST.get("password1", ""), request.POST.get("password2", "")
        try:
            password_validation.validate_password(first, person)
        except ValidationError as refusal:
            errors = list(refusal.messages)
        if first != again:
            errors.append("The two passwords differ.")
        if not errors:
            with actor.acting(person.pk):
                person.set_password(first)
                person.save(update_fields=["password"])
                if is_mfa_enabled(person):
                    messages.success(request, "Your password is set. Sign in with it and your second factor.")
                    return redirect(settings.LOGIN_URL)
                login(request, person, backend="allauth.account.auth_backends.AuthenticationBackend")
            messages.success(request, f"Welcome, {person.name}.")
            return redirect("/")
    return render(request, "kernel/welcome.html", {"person": person, "errors": errors}, status=422 if errors else 200)


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Answer whether pages can be served: the database is asked one thing."""
    User.objects.exists()
    return HttpResponse("ok\n", content_type="text/plain")
