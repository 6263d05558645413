"""What a lead's activities add up to, and when that makes it one for sales.

An activity counts the same whenever it was done and however late it comes: the score is a sum. So points do not decay.
Decay would be a weight by age in `score`; `qualification/scoring/activity_counts.py`, which counts how often each kind
of activity was done, would have to say how long ago as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from qualification.rules.playbook.scoring_schema import Scoring


@dataclass(frozen=True, slots=True)
class Weight:
    """What one kind of activity adds to a score: how often it was done, and what that comes to in points."""

    kind: str
    name: str
    times: int
    points: int


@dataclass(frozen=True, slots=True)
class Score:
    """A sum of points, and what it is made of, the heaviest first."""

    points: int
    weights: tuple[Weight, ...]


def score(scoring: Scoring, times: Mapping[str, int]) -> Score:
    """Add up how often each kind of activity was done; a kind that the playbook does not have counts for nothing.

    What hands a lead over by itself comes before what only weighs much.
    """
    done = [(kind, times[kind.key]) for kind in scoring.activities if times.get(kind.key, 0) > 0]
    done.sort(key=lambda each: (not each[0].handoff, -each[0].points * each[1]))
    weights = tuple(Weight(kind.key, kind.name, count, kind.points * count) for kind, count in done)
    return Score(points=sum(weight.points for weight in weights), weights=weights)


def has_asked(scoring: Scoring, since: Mapping[str, int]) -> bool:
    """Say whether a lead asked for somebody: did what hands it over at once, such as a demo request."""
    return any(kind.handoff and since.get(kind.key, 0) > 0 for kind in scoring.activities)


def is_ready(scoring: Scoring, since: Mapping[str, int]) -> bool:
    """Say whether a lead that nobody in sales has is one for them, by what it did since they last had it.

    One demo request or trial is enough, whatever the score; else the points reach the threshold.
    """
    return has_asked(scoring, since) or score(scoring, since).points >= scoring.threshold
