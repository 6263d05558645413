"""`baton deliveries`: what Slack would not take."""

from bot.database import Database
from bot.slack.client import Slack
from bot.worker import Worker
from qualification.handoffs import handover
from qualification.handoffs.handover_form import HandOverForm
from sandbox.server import Sandbox
from tests.bot.cli.terminal import Command


def test_a_parked_message_is_listed_and_tried_again(ready: Command, environ: dict[str, str], sandbox: Sandbox) -> None:
    assert ready("deliveries", "list").stdout == "No undelivered messages.\n"
    sandbox.people.archive("sales-emea", workspace=sandbox.workspace())
    database = Database(environ["DATABASE_URL"])
    with database.transaction() as session:
        form = HandOverForm(company="Contoso", did="Asked for a demo")
        mika = sandbox.person("Mika Sato").id
        handover.hand_over(session, workspace_id=1, by=mika, form=form, now=sandbox.clock())
    slack = Slack(sandbox.bot_token(), base_url=sandbox.api_url)
    Worker(database, slack, 1, now=sandbox.clock).run_once(sandbox.clock())
    database.dispose()
    assert "is_archived" in ready("deliveries", "list").stdout
    assert ready("deliveries", "retry", "--place", "C0NOWHERE").stdout == "No undelivered message matches.\n"
    assert "will be tried again" in ready("deliveries", "retry", "--because", "is_archived").stdout
    assert ready("deliveries", "list").stdout == "No undelivered messages.\n"
