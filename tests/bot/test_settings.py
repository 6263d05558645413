"""The environment, read once."""

from pathlib import Path

import pytest

from bot.settings import SETTINGS, Settings, SettingsFaults, environment, read_settings

ROOT = Path(__file__).parent.parent.parent
GIVEN = {"SLACK_BOT_TOKEN": "xoxb-1-2", "SLACK_APP_TOKEN": "xapp-1-A"}


def faults(environ: dict[str, str], *, slack: bool = True, in_file: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Read what cannot be read, and give the reasons."""
    with pytest.raises(SettingsFaults) as raised:
        read_settings(environ, slack=slack, in_file=in_file)
    return raised.value.faults


def test_two_tokens_are_enough() -> None:
    settings = read_settings(GIVEN)
    assert settings.on_sqlite
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.signing_secret is None


def test_a_signing_secret_stands_in_for_the_app_token() -> None:
    assert read_settings({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s"}).app_token is None


def test_every_fault_is_named_at_once() -> None:
    named = faults(
        {
            "SLACK_BOT_TOKEN": "xoxp-somebody",
            "DATABASE_URL": "mysql://db",
            "PORT": "70000",
            "LOG_FORMAT": "xml",
            "LOG_LEVEL": "loud",
            "SLACK_API_URL": "slack.com/api",
        }
    )
    assert [fault.split()[0] for fault in named] == [
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "DATABASE_URL",
        "SLACK_API_URL",
        "PORT",
        "LOG_FORMAT",
        "LOG_LEVEL",
    ]


def test_trusted_proxies_are_addresses_and_networks() -> None:
    assert read_settings(GIVEN).trusted_proxies == ()
    named = read_settings(GIVEN | {"TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8,::1"}).trusted_proxies
    assert named == ("127.0.0.1", "10.0.0.0/8", "::1")


@pytest.mark.parametrize("wrong", ["proxy.acme.example", "10.0.0.1/8", "*", "10.0.0.0/33"])
def test_a_proxy_that_is_no_address_is_named(wrong: str) -> None:
    (fault,) = faults(GIVEN | {"TRUSTED_PROXIES": f"127.0.0.1,{wrong}"})
    assert fault.startswith((f"TRUSTED_PROXIES: {wrong!r}", f"TRUSTED_PROXIES: {wrong} "))


def test_a_fault_never_quotes_a_secret() -> None:
    assert "hunter2" not in "".join(faults({"SLACK_BOT_TOKEN": "hunter2", "DATABASE_URL": "hunter2"}))


def test_settings_keep_their_secrets_out_of_their_repr() -> None:
    settings = read_settings(
        GIVEN | {"DATABASE_URL": "postgresql://baton:hunter2@db/baton", "SLACK_SIGNING_SECRET": "s3cret"}
    )
    assert not any(secret in repr(settings) for secret in ("hunter2", "xoxb", "xapp", "s3cret"))


def test_a_slip_of_the_pen_is_pointed_out() -> None:
    assert "SLACK_BOT_TOKN is set" in faults({"SLACK_BOT_TOKN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"})[0]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("SLAK_BOT_TOKEN", "SLACK_BOT_TOKEN"),
        ("SLACK_SECRET", "SLACK_SIGNING_SECRET"),
        ("BATON_DATABASE_URL", "DATABASE_URL"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("INTAKE_SECRET", "INTAKE_SECRETS"),
        ("log_level", "LOG_LEVEL"),
        ("PROT", "PORT"),
    ],
)
def test_a_misspelt_setting_in_the_file_is_named_with_the_nearest_right_one(name: str, nearest: str) -> None:
    assert faults(GIVEN | {name: "x"}, in_file=(*GIVEN, name)) == (
        f"{name} in .env is not a setting. Did you mean {nearest}? Correct it, or remove it.",
    )


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "TZ", "COMPOSE_PROJECT_NAME", "SENTRY_DSN"])
def test_a_name_of_another_program_in_the_file_is_left_alone(name: str) -> None:
    assert read_settings(GIVEN | {name: "x"}, in_file=(*GIVEN, name)) == read_settings(GIVEN)


def test_of_the_processs_environment_only_what_is_all_but_right_and_missed_is_named() -> None:
    everybodys = {"HOSTNAME": "x", "HOSTS": "x", "SLACK_WEBHOOK": "x", "LOG_FILE": "x", "POST": "x", "BATON_HOME": "x"}
    assert read_settings(GIVEN | everybodys) == read_settings(GIVEN)
    assert faults(GIVEN | {"DATABSE_URL": "x"}) == (
        "DATABSE_URL is set, but the setting is called DATABASE_URL. Rename it, or set DATABASE_URL too.",
    )
    assert read_settings(GIVEN | {"DATABASE_URI": "x", "DATABASE_URL": "sqlite:///baton.db"}) == read_settings(GIVEN)


def test_blanks_are_nothing() -> None:
    assert faults({"SLACK_BOT_TOKEN": "  ", "SLACK_APP_TOKEN": "xapp-1"})[0].startswith("SLACK_BOT_TOKEN is missing")
    assert read_settings(GIVEN | {"PORT": " "}).port == 3000


def test_what_calls_no_slack_needs_no_token() -> None:
    assert read_settings({}, slack=False) == Settings(database_url="sqlite:///baton.db")


@pytest.mark.parametrize("url", ["postgres://db/baton", "postgresql://db/baton", "postgresql+psycopg://db/baton"])
def test_postgresql_is_known_however_it_is_spelled(url: str) -> None:
    assert not read_settings(GIVEN | {"DATABASE_URL": url}).on_sqlite


def test_the_process_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=1\nHOST=::1\nLOG_LEVEL\n")
    assert environment({"PORT": "2"}, file) == {"PORT": "2", "HOST": "::1"}


def test_a_missing_file_says_nothing(tmp_path: Path) -> None:
    assert environment({"PORT": "2"}, tmp_path / ".env") == {"PORT": "2"}


def test_the_example_names_every_setting_with_its_default() -> None:
    example = environment({}, ROOT / ".env.example")
    assert example == {setting.name: setting.default for setting in SETTINGS}
