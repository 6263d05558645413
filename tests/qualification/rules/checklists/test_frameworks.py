"""How far a checklist has come."""

from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.checklists.frameworks import Verdict, next_question, progress
from qualification.rules.playbook import defaults
from qualification.rules.playbook.schema import Framework

(BANT,) = defaults.made(Framework, defaults.FRAMEWORKS)
KEYS = [item.key for item in BANT.items]
answers = st.dictionaries(st.sampled_from([*KEYS, "of another playbook"]), st.sampled_from(Verdict))


def test_three_of_four_pass_bant() -> None:
    three = dict.fromkeys(KEYS[:3], Verdict.YES)
    assert progress(BANT, three).passed
    assert progress(BANT, three).missing == ("timing",)
    assert not progress(BANT, dict.fromkeys(KEYS[:2], Verdict.YES)).passed
    assert not progress(BANT, {**three, "budget": Verdict.NO}).passed


def test_nothing_answered_is_nothing_known() -> None:
    made = progress(BANT, {})
    assert (made.yes, made.no, made.unknown, made.needed) == (0, 0, 4, 3)
    assert made.missing == tuple(KEYS)


def test_the_next_question_is_about_what_nothing_is_known_of() -> None:
    assert next_question(BANT, {}) == BANT.items[0].questions[0]
    assert next_question(BANT, {"budget": Verdict.NO, "authority": Verdict.UNKNOWN}) == BANT.items[1].questions[0]
    assert next_question(BANT, dict.fromkeys(KEYS, Verdict.NO)) is None


@given(answers)
def test_every_item_is_counted_once(given_answers: dict[str, Verdict]) -> None:
    made = progress(BANT, given_answers)
    assert made.yes + made.no + made.unknown == len(KEYS)
    assert len(made.missing) == len(KEYS) - made.yes
    assert made.passed == (made.yes >= 3)
    assert (next_question(BANT, given_answers) is None) == (made.unknown == 0)


@given(answers, st.sampled_from(KEYS))
def test_one_more_yes_never_unmakes_a_pass(given_answers: dict[str, Verdict], item: str) -> None:
    before = progress(BANT, given_answers)
    after = progress(BANT, {**given_answers, item: Verdict.YES})
    assert after.yes >= before.yes
    assert after.passed or not before.passed
