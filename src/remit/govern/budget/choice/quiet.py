"""HiGHS without its words: stdout is for results."""

import highspy


class QuietHighs(highspy.Highs):
    """A HiGHS that says nothing, not even its name, which it else prints while it is being made."""

    def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS's name
        """Called while it is being made; what would be printed is printed here."""
        self.silent()
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def quiet_highs(*, threads: int = 1) -> highspy.Highs:
    """A new HiGHS that gives the same answer each time."""
    highs = QuietHighs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("threads", threads)
    highs.setOptionValue("random_seed", 1)
    return highs
