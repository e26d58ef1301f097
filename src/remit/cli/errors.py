"""How a command says that it could not do what was asked."""

BAD_INPUT = 2
FAILURE = 1
INTERRUPTED = 130


class CommandError(Exception):
    """A command ends without having done its work.

    Attributes:
        message: one line: what is wrong.
        remedy: one line: what to do about it.
        status: exit status, 2 for bad input and 1 for any other failure.
    """

    def __init__(self, message: str, remedy: str = "", status: int = FAILURE) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.status = status
