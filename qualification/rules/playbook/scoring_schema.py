"""What a playbook says of scoring: what activities are worth, and how often the same counts."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt, model_validator

from qualification.rules.playbook import defaults
from qualification.rules.playbook.field_types import Choices, Duration, Sentence
from qualification.rules.playbook.schema import Definition, Keyed


class Activity(Keyed):
    """Something a lead may do, and what it counts for; `handoff` hands the lead over at once, whatever the score.

    With `once_per: what` the same thing done over and over counts once; other things count each. `at_most` is how often
    it counts in all, or in each span of `per`. `own_words` says that its `what` is what the lead wrote, which gates
    read, and not the title of a page or a file.
    """

    points: StrictInt = Field(ge=-1000, le=1000, examples=["15"])
    handoff: bool = False
    own_words: bool = False
    once_per: Literal["what"] | None = None
    at_most: StrictInt | None = Field(default=None, ge=1, le=1000)
    per: Duration | None = None
    description: Sentence | None = None

    @model_validator(mode="after")
    def _limits_fit(self) -> "Activity":
        if self.per is not None and self.at_most is None:
            raise ValueError("`per` needs a number; add for example `at_most: 3`, or remove `per:`")
        if self.handoff and self.is_limited:
            raise ValueError("a request for sales always counts; remove once_per, at_most and per, or `handoff: true`")
        return self

    @property
    def is_limited(self) -> bool:
        """Whether doing it again may count for nothing."""
        return self.once_per is not None or self.at_most is not None


class Scoring(Definition):
    """How many points make a lead one for sales, and what they are given for."""

    threshold: StrictInt = Field(default=50, ge=1, le=100_000)
    activities: Annotated[tuple[Activity, ...], Choices] = defaults.made(Activity, defaults.ACTIVITIES)

    def activity(self, key: str) -> Activity | None:
        """Return the kind of activity of that key, or None."""
        return next((kind for kind in self.activities if kind.key == key), None)
