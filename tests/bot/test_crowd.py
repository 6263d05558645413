"""A crowd that presses sees its own messages at once, and all others in the order of whom they are for.

The seconds are those of the crowd's own clock: what Slack's rates and the order of the messages make of it.
"""

from datetime import timedelta

from tests.worlds.crowd import gathered


def test_a_crowd_sees_what_it_presses_at_once_and_the_rest_soon(database_url: str) -> None:
    with gathered(database_url, leads=12) as crowd:
        lines = len(crowd.sandbox.calls("chat.postMessage"))
        crowd.presses_one_lead("accept", "undo", "accept", every=timedelta(seconds=0.5))
        (line,) = [call.arguments["text"] for call in crowd.sandbox.calls("chat.postMessage")[lines:]]
        assert len(line.splitlines()) == 3, "what happens to a lead within seconds shares one line"

        at_once = crowd.presses_at_once(10)
        assert len(at_once.delays["own card"]) == 10
        assert at_once.within("own card") <= 2

        crowd.publishes()
        steady = crowd.presses(a_minute=60, minutes=0.3)
        assert steady.within("own card") <= 2
        assert steady.within("lead_card") <= 30
        for report in (at_once, steady):
            assert report.true_after <= 90
            assert report.refused_share < 0.01
