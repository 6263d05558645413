"""Each fault of a set-up, with its remedy."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import Baton
from bot.cli import doctor
from bot.database import Database
from bot.settings import Settings
from bot.slack import directory
from qualification.handoffs import handover
from qualification.handoffs.handover_form import HandOverForm
from qualification.intake import api_keys
from qualification.records import Person, Workspace
from qualification.rules.intake.key_limits import KeyLimits
from sandbox.clock import ManualClock
from sandbox.server import Sandbox
from tests.worlds.floor import PLAYBOOK

ROOT = Path(__file__).parents[3]

Examine = Callable[..., dict[str, list[str]]]


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    """Start a Slack that goes by the test's clock, as the bot's other tests do."""
    with Sandbox(json.loads((ROOT / "manifest.json").read_text(encoding="utf-8")), clock=clock) as started:
        yield started


@pytest.fixture
def examine(settings: Settings, ledger: Database, clock: ManualClock, tmp_path: Path) -> Examine:
    """Give the faults by subject, each with its remedy."""

    def examine(changed: Settings = settings, at: timedelta = timedelta(0)) -> dict[str, list[str]]:
        faults: dict[str, list[str]] = {}
        for finding in doctor.examine(
            changed, ledger, playbook=tmp_path / "playbook.yaml", env_file=tmp_path / ".env", now=lambda: clock() + at
        ):
            if finding.is_fault:
                faults.setdefault(finding.subject, []).append(f"{finding.seen}: {finding.remedy}")
        return faults

    return examine


@pytest.fixture
def well(baton: Baton, publish: Callable[[], None]) -> Baton:
    """Make a bot that has nothing to complain about."""
    publish()
    baton.directories[0].look_up()
    return baton


@pytest.mark.usefixtures("well")
def test_a_good_set_up_has_no_fault(examine: Examine, settings: Settings, sandbox: Sandbox) -> None:
    assert examine() == {}
    assert examine(replace(settings, app_token=sandbox.app_token())) == {}


@pytest.mark.usefixtures("well")
def test_what_others_may_read_is_named_and_left_as_it_is(examine: Examine, settings: Settings, tmp_path: Path) -> None:
    database = Path(settings.database_url.removeprefix("sqlite:///"))
    database.chmod(0o640)
    (tmp_path / ".env").touch(mode=0o644)
    (told,) = examine()["files"]
    assert told.startswith(f"other users of this machine may open {tmp_path / '.env'}, {database}")
    assert f"chmod 600 {tmp_path / '.env'} {database}" in told
    assert database.stat().st_mode & 0o777 == 0o640


@pytest.mark.usefixtures("well")
def test_a_sender_that_signs_its_address_wants_it_set(
    examine: Examine, settings: Settings, publish: Callable[[str], None]
) -> None:
    publish(
        f"{PLAYBOOK}senders: {{hs: {{name: HubSpot, like: hubspot, activity: {{kind: {{always: demo-request}}}}}}}}\n"
    )
    secret = replace(settings, intake_secrets={"hs": "secret", "website": "secret"})
    assert "Set it to the address" in examine(secret)["PUBLIC_URL"][0]
    assert "hs" in examine(secret)["PUBLIC_URL"][0]
    assert "PUBLIC_URL" not in examine(replace(secret, public_url="https://baton.acme.example"))
    assert "PUBLIC_URL" not in examine()


@pytest.mark.usefixtures("well")
def test_a_revoked_token_asks_for_a_reinstallation(examine: Examine, sandbox: Sandbox) -> None:
    sandbox.revoke()
    assert "Reinstall the app" in examine()["bot token"][0]


def test_an_address_where_no_slack_is_asks_to_look_at_the_address(
    examine: Examine, settings: Settings, sandbox: Sandbox
) -> None:
    faults = examine(replace(settings, slack_api_url=f"{sandbox.url}/static/"))
    assert "SLACK_API_URL" in faults["bot token"][0]


def test_a_slack_that_is_unwell_asks_for_patience(examine: Examine, settings: Settings, sandbox: Sandbox) -> None:
    sandbox.fault("*", "500")
    faults = examine(replace(settings, app_token=sandbox.app_token()))
    assert "try again later" in faults["bot token"][0]
    assert "try again later" in faults["app token"][0]


@pytest.mark.usefixtures("well")
def test_a_slack_out_of_reach_is_told_from_a_bad_token(examine: Examine, settings: Settings) -> None:
    faults = examine(replace(settings, slack_api_url="http://127.0.0.1:9/"))
    assert "SLACK_API_URL" in faults["bot token"][0]
    assert set(faults) == {"bot token"}


@pytest.mark.usefixtures("well")
def test_a_bad_app_token_says_where_to_make_one(examine: Examine, settings: Settings) -> None:
    assert "connections:write" in examine(replace(settings, app_token="xapp-1-nobody"))["app token"][0]


def test_missing_scopes_are_named(sqlite_url: str, clock: ManualClock) -> None:
    manifest = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
    manifest["oauth_config"]["scopes"]["bot"].remove("im:history")
    with Sandbox(manifest, clock=clock) as poor:
        told = Settings(database_url=sqlite_url, bot_token=poor.bot_token(), slack_api_url=poor.api_url)
        database = Database(sqlite_url)
        seen = [
            finding.seen
            for finding in doctor.examine(
                told, database, playbook=ROOT / "playbook.example.yaml", env_file=Path(".none"), now=clock
            )
            if finding.subject == "scopes"
        ]
        database.dispose()
    assert seen == ["missing: im:history"]


def test_an_empty_database_wants_migrating(settings: Settings, clock: ManualClock, tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    faults = [
        finding
        for finding in doctor.examine(settings, empty, playbook=tmp_path, env_file=tmp_path / ".env", now=clock)
        if finding.is_fault
    ]
    empty.dispose()
    assert [(fault.subject, fault.remedy) for fault in faults] == [("schema", "Run baton migrate.")]


def test_a_database_that_does_not_answer_is_named(settings: Settings, clock: ManualClock, tmp_path: Path) -> None:
    gone = Database(f"sqlite:///{tmp_path / 'nowhere' / 'baton.db'}")
    faults = [
        finding
        for finding in doctor.examine(settings, gone, playbook=tmp_path, env_file=tmp_path / ".env", now=clock)
        if finding.is_fault
    ]
    gone.dispose()
    assert [fault.subject for fault in faults] == ["database"]
    assert faults[0].seen == f"the folder {tmp_path / 'nowhere'} does not exist"
    assert f"mkdir -p {tmp_path / 'nowhere'}" in (faults[0].remedy or "")


def test_a_token_never_used_wants_a_first_start(examine: Examine) -> None:
    assert "start the bot once" in examine()["workspace"][0]


@pytest.mark.usefixtures("baton")
def test_without_a_playbook_it_says_how_to_get_one(examine: Examine, tmp_path: Path) -> None:
    assert "baton init" in examine()["playbook"][0]
    (tmp_path / "playbook.yaml").write_text("version: 1\n")
    assert "playbook publish" in examine()["playbook"][0]


@pytest.mark.usefixtures("well")
def test_a_changed_file_is_not_taken_for_the_published_one(examine: Examine, tmp_path: Path) -> None:
    (tmp_path / "playbook.yaml").write_text("version: 1\n")
    assert "differs" in examine()["playbook"][0]


@pytest.mark.usefixtures("well")
def test_somebody_deactivated_is_named(examine: Examine, sandbox: Sandbox) -> None:
    sandbox.people.deactivate(sandbox.person("Ana Ruiz"))
    assert "Ana Ruiz (ana.ruiz@northwind.example) is deactivated" in examine()["people"][0]


@pytest.mark.usefixtures("well")
def test_a_guest_and_somebody_of_another_workspace_are_named(examine: Examine, sandbox: Sandbox) -> None:
    sandbox.people.change(sandbox.person("Ana Ruiz"), guest=True)
    sandbox.people.change(sandbox.person("Ben Okafor"), stranger=True)
    ana, ben, *_ = examine()["people"]
    assert "Ana Ruiz (ana.ruiz@northwind.example) is a guest in Slack" in ana
    assert "Ben Okafor (ben.okafor@northwind.example) is of another Slack workspace" in ben


@pytest.mark.parametrize("zone", [None, "", "Mars/Olympus"])
def test_somebody_without_a_zone_that_exists_is_named(zone: str | None) -> None:
    listed = directory.profile({"id": "U1", "tz": zone, "profile": {"real_name": "Ana Ruiz", "email": "Ana@x.example"}})
    ana = Person(name="Ana Ruiz", email="ana@x.example")
    faults = [finding for finding in doctor.missing_people([ana], [listed]) if finding.is_fault]
    assert [fault.seen for fault in faults] == ["Ana Ruiz (ana@x.example) has no time zone in Slack"]


@pytest.mark.usefixtures("baton")
def test_somebody_who_is_not_in_slack_is_named(publish: Callable[[], None], examine: Examine, sandbox: Sandbox) -> None:
    sandbox.people.change(sandbox.person("Ana Ruiz"), email="elsewhere@northwind.example")
    publish()
    assert "Ana Ruiz (ana.ruiz@northwind.example) is not in Slack" in examine()["people"][0]


@pytest.mark.usefixtures("well")
def test_a_public_channel_without_the_bot_says_that_it_joins(examine: Examine, sandbox: Sandbox) -> None:
    sandbox.people.remove_bot("sales-emea", workspace=sandbox.workspace())
    channels = examine()["channels"]
    assert "/invite @Baton" in channels[0]
    assert "joins by itself" in channels[0]


@pytest.mark.usefixtures("baton")
def test_a_private_channel_it_cannot_see_wants_an_invitation(
    publish: Callable[..., None], examine: Examine, sandbox: Sandbox
) -> None:
    sandbox.people.add_channel("secret", workspace=sandbox.workspace(), private=True, with_bot=False)
    publish(PLAYBOOK.replace("#sales-emea", "#secret"))
    assert "if it is there and private, write /invite @Baton in it" in examine()["channels"][0]


@pytest.mark.usefixtures("well")
def test_an_archived_channel_is_named(examine: Examine, sandbox: Sandbox) -> None:
    sandbox.people.archive("sales-emea", workspace=sandbox.workspace())
    assert "is archived" in examine()["channels"][0]


@pytest.mark.parametrize(("off", "direction"), [(timedelta(minutes=2), "ahead of"), (timedelta(minutes=-2), "behind")])
@pytest.mark.usefixtures("well")
def test_a_clock_that_is_off_is_named_with_its_direction(examine: Examine, off: timedelta, direction: str) -> None:
    assert f"120 s {direction} Slack's" in examine(at=off)["this machine's clock"][0]


def test_slack_refusing_everything_is_told_from_what_is_stored(
    well: Baton, examine: Examine, clock: ManualClock
) -> None:
    with well.database.transaction() as session:
        workspace = session.get_one(Workspace, well.installations[0].id)
        workspace.last_error, workspace.last_error_at = "account_inactive", clock()
    assert "the app was removed from the workspace" in examine()["workspace"][0]


def test_parked_messages_are_counted(well: Baton, examine: Examine, sandbox: Sandbox, clock: ManualClock) -> None:
    sandbox.people.archive("sales-emea", workspace=sandbox.workspace())
    with well.database.transaction() as session:
        form = HandOverForm(company="Contoso", did="Asked for a demo")
        mika = sandbox.person("Mika Sato").id
        handover.hand_over(session, workspace_id=well.installations[0].id, by=mika, form=form, now=clock())
    well.workers[0].run_once(clock())
    assert "deliveries retry" in examine()["deliveries"][0]


def test_a_key_that_ends_within_two_weeks_is_named(well: Baton, examine: Examine, clock: ManualClock) -> None:
    workspace_id = well.installations[0].id
    with well.database.transaction() as session:
        for name, days in (("crm", 14), ("shop", None), ("website", 15)):
            limits = KeyLimits(expires_at=clock() + timedelta(days=days) if days else None)
            api_keys.make(session, workspace_id, name, limits=limits, by="unix:ana", random=name.upper, now=clock())
    assert "keys" not in examine()
    (soon,) = examine(at=timedelta(minutes=1))["keys"]
    assert soon.startswith("the key of crm expires 2026-12-07 09:30 UTC: Run baton keys rotate crm")
    assert examine(at=timedelta(days=14))["keys"][0].startswith("the key of crm expired 2026-12-07")
    renewed = clock() + timedelta(days=90)
    with well.database.transaction() as session:
        api_keys.rotate(
            session,
            workspace_id,
            "crm",
            overlap=timedelta(days=7),
            expires_at=renewed,
            by="unix:ana",
            random=lambda: "new",
            now=clock(),
        )
    (other,) = examine(at=timedelta(days=2))["keys"]
    assert other.startswith("the key of website")


@pytest.mark.usefixtures("well")
def test_a_summary_that_nobody_makes_wants_a_worker(examine: Examine) -> None:
    assert "summaries" not in examine(at=timedelta(hours=23))
    (told,) = examine(at=timedelta(hours=24))["summaries"]
    assert told.startswith("the summary of EMEA was due 2026-11-24 08:30 UTC")
    assert "Start a worker" in told
