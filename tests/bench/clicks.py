"""Measures a click on Accept in one process, from the signed body to the answer."""

from statistics import median
from time import perf_counter

from slack_bolt import Ack, App, BoltRequest
from slack_bolt.authorization import AuthorizeResult

from bot import web
from bot.machine import utc_now
from tests.bench.bare import BareTransaction, Work, work_of
from tests.bench.engines import Engine
from tests.bench.ground import Ground, Request, laid
from tests.bench.measuring import MILLISECONDS, Figure, in_turn

WARM_UP = 10
OK = 200


def measure(engine: Engine, *, rounds: int, clicks: int) -> tuple[Figure, Work]:
    """Time clicks one by one; the floor is a bare Bolt listener with a bare transaction."""
    with laid(engine.fresh()) as ground:
        ground.hand_over(WARM_UP + rounds * clicks)
        asked = iter(ground.asked())
        for _ in range(WARM_UP - 1):
            press(ground, ground.press(next(asked)))
        first = ground.press(next(asked))
        ground.show()
        work = work_of(ground.database, lambda: press(ground, first))
        bare = BareTransaction(engine.fresh(), work.inserted, work.changed)
        listener = bare_listener(ground, bare)
        for _ in range(WARM_UP):
            _dispatch(listener, first)
        requests = [ground.press(next(asked)) for _ in range(rounds * clicks)]

        def ours(number: int) -> float:
            ground.show()
            return press(ground, requests[number])

        def floor(number: int) -> float:
            return _dispatch(listener, requests[number])

        pairs = in_turn(rounds * clicks, ours, floor)
        bare.dispose()
    medians = [[median(half[at : at + clicks]) for at in range(0, rounds * clicks, clicks)] for half in pairs]
    return Figure("a click, in process", engine.name, MILLISECONDS, tuple(medians[0]), tuple(medians[1])), work


def press(ground: Ground, request: Request) -> float:
    """Handle a request as the HTTP endpoint does, and return the seconds it took."""
    began = perf_counter()
    genuine = web.is_genuine(ground.settings.signing_secret or "", request.body, request.headers, utc_now())
    payload = web.decode(request.body, request.headers["content-type"])
    answer = ground.baton.dispatch(payload, request.headers)
    took = perf_counter() - began
    if not genuine or answer.status != OK:
        raise RuntimeError(f"a click was answered {answer.status}")
    return took


def bare_listener(ground: Ground, transaction: BareTransaction) -> App:
    """Return a Bolt app with default settings and one listener that writes and acknowledges."""
    workspace = ground.baton.installations[0]
    result = AuthorizeResult(
        enterprise_id=None,
        team_id=workspace.slack_team_id,
        bot_id=workspace.bot_id,
        bot_user_id=workspace.bot_user_id,
        bot_token=ground.settings.bot_token,
    )
    app = App(
        signing_secret=ground.settings.signing_secret,
        process_before_response=True,
        authorize=lambda: result,
    )

    def accept(ack: Ack) -> None:
        transaction()
        ack()

    app.action("accept")(accept)
    return app


def _dispatch(app: App, request: Request) -> float:
    began = perf_counter()
    answer = app.dispatch(BoltRequest(body=request.body.decode(), headers=dict(request.headers)))
    took = perf_counter() - began
    if answer.status != OK:
        raise RuntimeError(f"the bare listener answered {answer.status}")
    return took
