"""The answer in the terminal."""

from remit.cli.fix_first import described

ACTION = {
    "headline": "Upgrade OpenSSH to 9.8p1 on 2 hosts",
    "level": "act",
    "unit": "Group",
    "owner": "",
    "hours": 1.5,
    "share": 12.25,
    "reasons": ["exploited in the wild", "faces the internet"],
    "due": "2026-01-02",
    "overdue": 1,
}
OVERDUE = {"findings": 3, "assets": 2, "oldest": "2025-12-01"}


def test_an_action_says_what_who_when_and_why() -> None:
    answer = {"actions": [ACTION], "candidates": 7, "share": 12.25, "overdue": OVERDUE}
    assert described(answer) == [
        "These 1 of 7 actions remove 12.25 % of the risk.",
        "",
        "  1. Upgrade OpenSSH to 9.8p1 on 2 hosts",
        "     act, 1 overdue; nobody yet (Group); by 2026-01-02; 1.5 h; removes 12.25 %",
        "     exploited in the wild; faces the internet",
        "",
        "Overdue: 3 findings on 2 assets, the oldest since 2025-12-01.",
    ]


def test_nothing_to_do_says_what_to_do_next() -> None:
    assert "remit import" in described({"actions": [], "overdue": {"findings": 0}})[0]
