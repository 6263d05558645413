"""Pieces of one person, sent over several visits, come together."""

from collections.abc import Callable

import pytest

from qualification.records import Activity, Lead
from tests.bot.http.senders import Sender
from tests.qualification.rules.intake.test_mapping import sample
from tests.worlds.floor import PLAYBOOK

SENDERS = """
senders:
  quiz: {name: Late-orders quiz, like: quiz, checklist: {budget: "meant(@, 'value')"}}
  listening: {name: Listening, like: social}
  website: {name: Website, like: form}
"""
ADDRESS = "lea.weber@contoso.example"


@pytest.fixture
def posts(sender: Sender, publish: Callable[[str], None]) -> Callable[[str, object], None]:
    """Post to a sender, which takes everything."""
    publish(PLAYBOOK + SENDERS)

    def posts(to: str, payload: object) -> None:
        assert sender.posts(f"/v1/in/{to}", payload).status_code == 200

    return posts


def people(sender: Sender) -> list[Lead]:
    """Return who is here and wasn't merged into somebody else."""
    return [lead for lead in sender.stored(Lead) if lead.merged_into_id is None]


@pytest.mark.parametrize("order", [("quiz.json", "quiz-address.json"), ("quiz-address.json", "quiz.json")])
def test_what_a_visitor_answered_is_theirs_once_they_say_who_they_are(
    sender: Sender, posts: Callable[[str, object], None], order: tuple[str, ...]
) -> None:
    for piece in order:
        posts("quiz", sample(piece))
    (lea,) = people(sender)
    assert (lea.email, lea.name, lea.value_minor, lea.size) == (ADDRESS, "Lea Weber", 1_200_000, 51)
    assert lea.fields["checklist.budget"] == {"words": "12000 EUR", "source": "Late-orders quiz"}
    assert lea.fields["score"] == 71
    assert len(sender.stored(Activity)) == 2


def test_a_visitor_who_is_known_already_is_the_one_who_is_known(
    sender: Sender, posts: Callable[[str, object], None]
) -> None:
    posts("website", {"email": ADDRESS, "name": "Lea Weber", "company": "Contoso GmbH"})
    posts("quiz", sample("quiz.json"))
    posts("quiz", sample("quiz-address.json"))
    (lea,) = people(sender)
    assert (lea.email, lea.size) == (ADDRESS, 51)
    assert len(sender.stored(Activity)) == 3


def test_two_visitors_stay_two(sender: Sender, posts: Callable[[str, object], None]) -> None:
    posts("quiz", sample("quiz.json"))
    posts("quiz", {"visitor_id": "v-2", "email": "joe@acme.example", "name": "Joe Hill"})
    assert len(people(sender)) == 2


def test_who_comments_twice_is_one_person_and_two_activities(
    sender: Sender, posts: Callable[[str, object], None]
) -> None:
    comment = {"network": "LinkedIn", "action": "comment", "handle": "@Lea-Weber", "name": "Lea Weber", "text": "Late!"}
    posts("listening", {**comment, "id": "1"})
    posts("listening", {**comment, "id": "1"})
    posts("listening", {**comment, "id": "2", "handle": "lea-weber", "action": "share"})
    (lea,) = people(sender)
    assert (lea.name, lea.problem) == ("Lea Weber", "Late!")
    assert sorted(activity.kind for activity in sender.stored(Activity)) == ["social-comment", "social-share"]
