"""Why a body isn't read."""


class NoPayload(ValueError):
    """A body that is neither JSON nor a form."""


class TooMuch(ValueError):
    """A body that holds more than its sender may post; the text says of what."""
