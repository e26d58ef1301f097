"""The mistakes that others shipped, and for each the tests that show it is not made here; what is named is there."""

from __future__ import annotations

import pytest

from tests.security.naming import defined

ROUTES, VALUES, TEXTS = "tests/test_every_route.py", "tests/security/test_values.py", "tests/security/test_texts.py"
WORLDS, SIGN_IN = "tests/security/test_two_worlds.py", "tests/security/test_sign_in.py"
SESSIONS = "tests/security/test_sessions.py"
HOSTILE, API = "tests/hostile/test_hostile_files.py", "tests/kernel_api"

CLASSES: dict[str, tuple[str, ...]] = {
    "object reached by id": (
        f"{ROUTES}::test_every_page_of_every_record",
        f"{ROUTES}::test_every_operation_of_the_api",
        f"{ROUTES}::test_things_that_are_no_records_belong_to_somebody",
        f"{ROUTES}::test_a_link_to_a_hidden_record_is_a_missing_link",
        f"{ROUTES}::test_every_address_declares_its_policy",
        "tests/kernel/test_sight.py::test_a_history_tells_no_key_of_what_is_out_of_reach",
        "tests/kernel/test_sight.py::test_a_hidden_record_is_told_as_a_missing_one_and_a_restricted_one_is_noted",
        "tests/ledger_sealing/test_proving.py::test_an_entry_that_names_a_hidden_record_is_left_out",
    ),
    "writable foreign key out of scope": (
        f"{VALUES}::test_a_relation_to_a_hidden_record_is_one_to_a_missing_record",
        f"{VALUES}::test_a_filter_by_a_hidden_record_is_one_by_a_missing_record",
        f"{VALUES}::test_what_is_hidden_can_be_hung_on_nothing",
        f"{VALUES}::test_what_hidden_records_rely_on_is_kept",
    ),
    "counts, charts, search, exports and facets that bypass access": (
        f"{WORLDS}::test_what_is_hidden_changes_no_answer",
        f"{WORLDS}::test_the_canary_sings_for_who_may_see_it",
        f"{WORLDS}::test_no_workbook_holds_what_is_hidden",
        f"{WORLDS}::test_a_hidden_namesake_does_not_take_a_name",
        "tests/govern_budget/test_contracts.py::test_a_hidden_contract_has_no_brief",
        "tests/govern_budget/test_choice_sight.py::test_a_result_names_what_its_reader_sees_now",
        "tests/identify_risks/test_portfolio_sight.py::test_what_is_restricted_afterwards_is_named_nowhere",
    ),
    "mass assignment": (
        f"{VALUES}::test_a_form_changes_declared_fields_only",
        f"{VALUES}::test_a_new_record_takes_declared_fields_only",
        f"{VALUES}::test_the_api_refuses_undeclared_fields_by_name",
    ),
    "acting on a stronger account": (f"{VALUES}::test_a_weaker_account_does_not_act_on_a_stronger_one",),
    "check on one, write on another": (
        f"{VALUES}::test_many_at_once_reach_no_hidden_record",
        f"{API}/test_records.py::test_verbs_are_asked_of_the_record_itself",
        "tests/security/test_same_object.py::test_what_a_body_names_is_not_what_is_written",
    ),
    "stored script": (
        f"{TEXTS}::test_texts_stay_texts_on_every_page",
        f"{TEXTS}::test_refused_values_come_back_as_texts",
        "tests/browser/test_payloads.py::test_no_text_becomes_script",
        "tests/security/test_headers.py::test_every_answer_is_guarded",
    ),
    "template injection, code from settings": (
        f"{TEXTS}::test_texts_stay_texts_on_every_page",
        "tests/security/test_same_object.py::test_no_text_of_a_person_is_ever_compiled",
        "tests/kernel/test_reports.py::test_texts_are_never_markup",
    ),
    "entities, bombs, external definitions, UTF-7": (
        f"{HOSTILE}::test_every_file_is_answered_as_promised",
        "tests/ingest/test_xml.py",
        "tests/real/test_hostile.py::test_the_door_of_scans",
    ),
    "archives: traversal, links, bombs": (
        f"{HOSTILE}::test_every_file_is_answered_as_promised",
        "tests/real/test_hostile.py::test_the_door_of_scans",
        "tests/real/test_hostile.py::test_a_packed_request_is_refused_unread",
    ),
    "formula injection": (
        f"{TEXTS}::test_no_cell_of_an_export_is_a_formula",
        f"{API}/test_exporting.py::test_every_text_cell_is_safe",
        f"{API}/test_exporting.py::test_dangerous_text_is_disarmed_and_comes_back",
        "tests/kernel/test_reports.py::test_a_workbook_holds_numbers_and_no_formulas",
    ),
    "secrets in API, log, ledger": (
        "tests/security/test_secrets.py::test_canary_secrets_are_nowhere",
        "tests/security/test_secrets.py::test_the_ledger_of_people_holds_no_password",
        f"{SESSIONS}::test_the_seed_is_sealed_where_it_is_stored",
    ),
    "file without its record's permission": (
        f"{ROUTES}::test_things_that_are_no_records_belong_to_somebody",
        "tests/security/test_headers.py::test_evidence_is_saved_and_never_shown",
    ),
    "which accounts there are": (
        f"{SIGN_IN}::test_nobody_is_told_which_accounts_there_are",
        f"{SIGN_IN}::test_a_locked_account_looks_like_an_unknown_one",
        "tests/security/test_timing.py::test_no_clock_tells_which_accounts_there_are",
    ),
    "session that outlives its person": (
        f"{SESSIONS}::test_a_disabled_person_is_out_with_their_next_request",
        f"{SESSIONS}::test_a_new_password_ends_every_other_session",
        f"{SIGN_IN}::test_signing_out_ends_the_session",
        "tests/faults/test_time.py::test_a_session_that_began_in_the_future_ends",
    ),
    "wrong verb": (
        f"{ROUTES}::test_every_page_of_every_type",
        f"{API}/test_importing.py::test_verbs_are_asked_row_by_row",
        f"{API}/test_bulk.py::test_what_one_may_not_keep_is_refused_with_its_reason",
        f"{API}/test_exporting.py::test_the_view_asks_the_verb_and_sends_a_file",
    ),
    "what we are made of": ("tests/security/test_supply_chain.py",),
}


@pytest.mark.parametrize("name", sorted({name for names in CLASSES.values() for name in names}))
def test_every_named_test_exists(name: str) -> None:
    assert defined(name), f"There is no {name}; name the test that shows this."
