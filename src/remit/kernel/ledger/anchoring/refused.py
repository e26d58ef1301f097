"""Why something did not become an anchor, or a checkpoint did not get to one."""


class AnchorRefusedError(Exception):
    """The message is for people: what is wrong, and what to do."""
