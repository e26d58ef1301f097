"""The policy of every address in one place: the verb it asks for, who is let in, and what the others are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from remit.kernel.access.roles import Role

PLACES = ("own", "colleague", "restricted", "parent", "sibling")

RECORD_PAGES: dict[str, tuple[str, str]] = {
    # address of one record: methods, verb
    "record": ("GET", "view"),
    "history": ("GET", "view"),
    "proof": ("GET", "view"),
    "edit": ("GET POST", "change"),
    "delete": ("GET POST", "delete"),
    "move": ("POST", "move"),
    "comment": ("POST", "comment"),
    "attach": ("POST", "attach"),
    "link": ("POST", "link"),
    "unlink": ("POST", "link"),
    "ask": ("POST", "work"),
    "hold": ("POST", "hold"),
    "lift": ("POST", "hold"),
    "restrict": ("POST", "keep"),
    "release": ("POST", "keep"),
    "let_know": ("POST", "keep"),
    "nameable": ("GET", "keep"),
    "take_back": ("POST", "keep"),
}
READ, CHANGE, HAND_OUT = {"GET": "view"}, {"POST": "change"}, {"GET": "export"}
AREA_PAGES: dict[str, tuple[str, str, dict[str, str]]] = {
    # address that only one record type has: type, what follows the record's own address, verb by method
    "risk_scenario": ("risks", "scenario/", READ | CHANGE),
    "risk_preview": ("risks", "scenario/preview/", {"POST": "view"}),
    "risk_recompute": ("risks", "recompute/", CHANGE),
    "risk_simulate": ("risks", "simulate/", CHANGE),
    "risk_reviewed": ("risks", "reviewed/", CHANGE),
    "risk_estimates": ("risks", "estimates/", READ),
    "risk_use_pooled": ("risks", "estimates/use/", CHANGE),
    "risk_outcome": ("risks", "outcomes/", CHANGE),
    "matrix_levels": ("risk-matrices", "levels/", READ | CHANGE),
    "choice_result": ("choices", "result/", READ),
    "choice_report": ("choices", "result/report.xlsx", HAND_OUT),
    "contract_brief": ("contracts", "brief/", READ),
    "contract_brief_report": ("contracts", "brief/report.xlsx", HAND_OUT),
    "investment_effects": ("investments", "effects/", {"GET": "change"} | CHANGE),
}
AREA_OPERATIONS: dict[str, tuple[str, str, dict[str, str]]] = {
    # operation of the API that only one record type has: type, what follows the record's own address, verb by method
    "read_scenario": ("risks", "/scenario", READ),
    "set_scenario": ("risks", "/scenario", {"PUT": "change"}),
    "read_scenarios": ("portfolios", "/scenarios", HAND_OUT),
}
KEEP = "keep"
"""Stands for: to own it, or to have the verb "decide" over it."""
TYPE_PAGES: dict[str, tuple[str, str]] = {
    # address of a record type: methods, verb
    "list": ("GET", "view"),
    "create": ("GET POST", "add"),
    "import": ("GET POST", "import"),
    "bulk": ("POST", "bulk"),
    "export": ("GET", "export"),
}
API: dict[str, tuple[str, str]] = {
    # operation: methods of a record (or of the type), verb
    "list_records": ("GET", "view"),
    "create_record": ("POST", "add"),
    "read_record": ("GET", "view"),
    "change_record": ("PATCH", "change"),
    "delete_record": ("DELETE", "delete"),
    "move_record": ("POST", "move"),
    "read_history": ("GET", "view"),
    "list_comments": ("GET", "view"),
    "add_comment": ("POST", "comment"),
    "list_links": ("GET", "view"),
    "add_link": ("POST", "link"),
    "remove_link": ("DELETE", "link"),
    "restrict_record": ("POST", "keep"),
    "release_record": ("POST", "keep"),
}

ALLOWED, LOGIN, FORBIDDEN, NOT_FOUND = "allowed", "login", "403", "404"
Who = Callable[[Role], bool]


def anyone(_: Role) -> bool:
    return True


def nobody(_: Role) -> bool:
    return False


def sees(kind: str) -> Who:
    return lambda role: bool(role.level(kind)) and role.may("view", kind)


@dataclass(frozen=True)
class Page:
    """An address of its own: how it is asked, who is let in, and what the others are told."""

    url: str
    who: Who = anyone
    methods: str = "GET"
    otherwise: str = FORBIDDEN
    data: dict[str, str] = field(default_factory=dict)
    open: bool = False
    """Also for people who have not signed in."""


def administers(role: Role) -> bool:
    return role.administers


def heads(role: Role) -> bool:
    return role.name == "head_of_security"


FINDINGS = sees("vulnerabilities.occurrence")
RISKS = sees("risks.risk")
EXERCISES = sees("risks.exercise")
LINES = sees("budget.budgetline")
PAGES: dict[str, Page] = {
    "home": Page("/"),
    "fix_first": Page("/fix-first/", FINDINGS),
    "fix_first_action": Page("/fix-first/action/?action=none", FINDINGS),
    "heat_map": Page("/risks/heat-map/", RISKS),
    "heat_map_unplaced": Page("/risks/heat-map/unplaced/", RISKS),
    "calibration": Page("/calibration/", EXERCISES),
    "calibration_start": Page("/calibration/start/", EXERCISES, methods="POST"),
    "portfolio": Page("/risks/portfolio/", sees("risks.portfolio")),
    "import_scenarios": Page("/risks/scenarios/", lambda role: role.may("import", "risks.risk"), methods="GET POST"),
    "budget": Page("/budget/", LINES),
    "budget_pdf": Page("/budget/report.pdf", lambda role: role.may("export", "budget.budgetline")),
    "budget_xlsx": Page("/budget/report.xlsx", lambda role: role.may("export", "budget.budgetline")),
    "choose": Page("/choices/new/", lambda role: role.may("add", "budget.choice"), methods="GET POST"),
    "choice_preview": Page("/choices/preview/", lambda role: role.may("add", "budget.choice"), methods="POST"),
    "renewals": Page("/contracts/renewals/", sees("budget.contract")),
    "search": Page("/search/?q=some"),
    "palette": Page("/palette/?q=some"),
    "lookup_any": Page("/lookup/?q=some"),
    "lookup": Page("/lookup/units/?q=some"),
    "inbox": Page("/inbox/"),
    "import_scans": Page("/imports/new/", lambda role: role.may("import", "ingest.import"), methods="GET POST"),
    "unit": Page("/unit/", methods="POST"),
    "save_view": Page("/views/", methods="POST", data={"slug": "work", "name": "Mine"}),
    "administration": Page("/administration/", administers),
    "access": Page("/access/", administers),
    "access_units": Page("/access/units/", administers),
    "access_groups": Page("/access/groups/", administers),
    "access_engagements": Page("/access/engagements/", administers),
    "access_invite": Page("/access/invite/", administers, methods="GET POST"),
    "access_new_unit": Page("/access/units/new/", administers, methods="GET POST"),
    "access_roles": Page("/access/roles/", administers),
    "access_roles_csv": Page("/access/roles.csv", administers),
    "access_who": Page("/access/who/", administers),
    "access_new_engagement": Page("/access/engagements/new/", administers, methods="GET POST"),
    "access_new_group": Page("/access/groups/new/", administers, methods="GET POST"),
    "access_reviews": Page("/access/reviews/", administers),
    "access_new_review": Page("/access/reviews/new/", administers, methods="GET POST"),
    "api_access_roles": Page("/api/access/roles", administers),
    "break_glass": Page("/access/break-glass/", heads, methods="GET POST"),
    "stop_viewing": Page("/access/view-as/stop/", methods="POST"),
    "ledger": Page("/ledger/", lambda role: role.administers or role.name == "auditor"),
    "ledger_new_anchor": Page("/ledger/anchors/new/", nobody, methods="GET POST"),  # for who administers the topmost
    "federation": Page("/access/sign-in/", nobody),
    "federation_new_provider": Page("/access/sign-in/providers/new/", nobody, methods="GET POST"),
    "federation_new_saml": Page("/access/sign-in/providers/new-saml/", nobody, methods="GET POST"),
    "federation_new_connection": Page("/access/sign-in/scim/new/", nobody, methods="GET POST"),
    "figures": Page("/figures/", lambda role: role.figures),
    "backups": Page("/operations/backups/", administers),
    "retention": Page("/retention/", lambda role: role.name == "head_of_security"),
    "webhooks": Page("/webhooks/", administers),
    "webhook_new": Page("/webhooks/new/", administers, methods="GET POST"),
    "outbox": Page("/outbox/", administers),
    "notifications": Page("/account/notifications/", methods="GET POST"),
    "calendar_link": Page("/account/notifications/calendar/", methods="POST"),
    "profile": Page("/account/"),
    "health": Page("/health/", open=True),
    "me": Page("/api/me"),
    "api_inbox": Page("/api/inbox"),
    "api_figures": Page("/api/figures"),
    "api_fix_first": Page("/api/fix-first", FINDINGS),
    "openapi-json": Page("/api/openapi.json"),
    "account_login": Page("/account/login/", open=True),
    "account_logout": Page("/account/logout/", open=True),
    "account_reauthenticate": Page("/account/reauthenticate/", methods="GET POST", open=True),
    "account_change_password": Page("/account/password/change/", methods="GET POST"),
    "sessions": Page("/account/sessions/", methods="GET POST"),
    "tokens": Page("/account/tokens/"),
    "new_token": Page("/account/tokens/new/", methods="GET POST"),
    "services": Page("/access/services/"),
    "new_service": Page("/access/services/new/", administers, methods="GET POST"),
    "mfa_list_webauthn": Page("/account/2fa/webauthn/"),
    "mfa_add_webauthn": Page("/account/2fa/webauthn/add/", methods="GET POST"),
    "mfa_login_webauthn": Page("/account/2fa/webauthn/login/", methods="GET POST", open=True),
    "mfa_reauthenticate_webauthn": Page("/account/2fa/webauthn/reauthenticate/"),
    "mfa_index": Page("/account/2fa/"),
    "mfa_authenticate": Page("/account/2fa/authenticate/", methods="GET POST", open=True),
    "mfa_reauthenticate": Page("/account/2fa/reauthenticate/"),
    "mfa_activate_totp": Page("/account/2fa/totp/activate/", methods="GET POST"),
    "mfa_deactivate_totp": Page("/account/2fa/totp/deactivate/", nobody, methods="GET POST", otherwise=NOT_FOUND),
    "mfa_view_recovery_codes": Page("/account/2fa/recovery-codes/", nobody, otherwise=NOT_FOUND),
    "mfa_generate_recovery_codes": Page("/account/2fa/recovery-codes/generate/", methods="GET POST"),
}
OF_A_THING = {
    "calibration_exercise",
    "risk",
    "portfolio_report",
    "portfolio_scenarios",
    "simulate_portfolio",
    "delete_view",
    "job",
    "cancel_job",
    "evidence",
    "custody",
    "custody_text",
    "verify_evidence",
    "hold_evidence",
    "lift_evidence",
    "figure",
    "welcome",
    "access_person",
    "access_act",
    "view_as",
    "access_unit",
    "access_engagement",
    "access_end_engagement",
    "access_group",
    "access_group_act",
    "access_review",
    "access_review_decide",
    "access_review_finish",
    "access_review_evidence",
    "api_access_explanation",
    "end_sessions_of",
    "revoke_token",
    "service",
    "service_owner",
    "service_token",
    "revoke_service_token",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "ledger_checkpoint",
    "ledger_remove_anchor",
    "ledger_receipt",
    "lookup",
    "webhook",
    "webhook_edit",
    "webhook_act",
    "outbox_act",
    "calendar",
    "unsubscribe",
    "federation_provider",
    "federation_act_on_provider",
    "federation_groups",
    "federation_act_on_connection",
    "scim",
    "sign_in",
    "sign_in_callback",
    "account_confirm_email",
    "account_reset_password_from_key",
}
"""Addresses of one thing that is no record; each has a test of its own below."""
CLOSED = {
    "account_inactive": "inactive/",
    "account_signup": "signup/",
    "account_email": "email/",
    "account_set_password": "password/set/",
    "account_email_verification_sent": "confirm-email/",
    "account_confirm_email": "confirm-email/a/",
    "account_reset_password": "password/reset/",
    "account_reset_password_done": "password/reset/done/",
    "account_reset_password_from_key": "password/reset/key/a-b/",
    "account_reset_password_from_key_done": "password/reset/key/done/",
    "account_confirm_login_code": "login/code/confirm/",
    "mfa_download_recovery_codes": "2fa/recovery-codes/download/",
}
"""Doors that the libraries would open and Remit keeps shut for everybody."""
