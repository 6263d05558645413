"""`baton keys`: made, rotated, listed, revoked."""

import re

from tests.bot.cli.terminal import Command


def test_keys_are_made_listed_and_revoked(ready: Command) -> None:
    assert "There are no keys" in ready("keys", "list").stdout
    secret = ready("keys", "make", "crm").stdout.strip()
    published = ready("keys", "make", "website", "--publishable")
    assert secret.startswith("baton_")
    assert "/v1/in/website?key=… and opens nothing else" in " ".join(published.stderr.split())
    again = ready("keys", "make", "crm")
    assert (again.exit_code, "in force already" in again.stderr) == (1, True)
    listed = ready("keys", "list").stdout
    assert (secret in listed, listed.count("never"), listed.count("publishable")) == (False, 2, 1)
    assert "is revoked" in ready("keys", "revoke", "website").stdout
    assert ready("keys", "revoke", "website").exit_code == 1
    listed = ready("keys", "list").stdout
    assert (listed.count("revoked"), listed.count("publishable")) == (1, 0)


def test_a_key_with_limits_is_listed_with_them(ready: Command) -> None:
    words = ("--expires", "90d", "--scope", "post", "--from", "203.0.113.0/24", "--from", "2001:db8::1")
    assert ready("keys", "make", "crm", *words).exit_code == 0
    assert ready("keys", "make", "shop").exit_code == 0
    listed = ready("keys", "list", COLUMNS="200").stdout
    assert re.search(r"crm .*post, from 203\.0\.113\.0/24 2001:db8::1/128, expires \d{4}-\d\d-\d\d \d\d:\d\d", listed)
    assert re.search(r"shop .*post, read *│", listed)


def test_a_limit_that_cannot_be_read_makes_no_key(ready: Command) -> None:
    for words, told in (
        (("--expires", "soon"), "Write for example 12h, 90d or 8w."),
        (("--expires", "2020-01-01"), "isn't in the future"),
        (("--from", "acme.example"), "such as 203.0.113.0/24"),
        (("--publishable", "--scope", "read"), "Leave out --scope"),
        (("--scope", "write"), "'write' is not one of"),
    ):
        done = ready("keys", "make", "crm", *words, COLUMNS="200")
        assert (done.exit_code, told in done.stderr) == (2, True), done.stderr
    assert "There are no keys" in ready("keys", "list").stdout


def test_a_rotated_key_is_shown_once_and_the_old_one_goes_on(ready: Command) -> None:
    ready("keys", "make", "crm", "--expires", "30d", "--scope", "read")
    rotated = ready("keys", "rotate", "crm", "--overlap", "2d")
    assert rotated.stdout.startswith("baton_")
    assert re.search(r"The old key goes on until \d{4}-\d\d-\d\d \d\d:\d\d UTC\.", rotated.stderr)
    listed = ready("keys", "list", COLUMNS="200").stdout
    assert (listed.count("read, expires"), listed.count("superseded")) == (2, 1)
    assert "The old key has ended." in ready("keys", "rotate", "crm", "--overlap", "0d").stderr
    listed = ready("keys", "list", COLUMNS="200").stdout
    assert (listed.count("read, expires"), listed.count("read, expired"), listed.count("superseded")) == (2, 1, 2)
    assert "is revoked" in ready("keys", "revoke", "crm").stdout
    assert ready("keys", "list").stdout.count("revoked") == 3
    assert ready("keys", "rotate", "crm").exit_code == 1
    assert ready("keys", "rotate", "crm", "--overlap", "a while").exit_code == 2


def test_a_publishable_key_is_for_the_pages_that_are_set(ready: Command) -> None:
    made = ready("keys", "make", "website", "--publishable", "--origin", "https://Acme.example/", COLUMNS="200")
    assert made.exit_code == 0
    assert "on https://acme.example" in ready("keys", "list", COLUMNS="200").stdout
    ready("keys", "rotate", "website")
    done = ready("keys", "origins", "website", "https://acme.example", "http://localhost:8000", COLUMNS="200")
    assert "Pages of https://acme.example, http://localhost:8000 may use the key of website." in done.stdout
    listed = ready("keys", "list", COLUMNS="200").stdout
    assert listed.count("on https://acme.example http://localhost:8000") == 2
    assert "Any page may use the key of website." in ready("keys", "origins", "website").stdout
    assert "on https" not in ready("keys", "list", COLUMNS="200").stdout
    assert ready("audit", "--json").stdout.count('"key_changed"') == 2


def test_only_the_key_of_a_page_has_origins(ready: Command) -> None:
    assert "Add --publishable" in ready("keys", "make", "crm", "--origin", "https://acme.example", COLUMNS="200").stderr
    ready("keys", "make", "crm")
    assert ready("keys", "origins", "crm", "https://acme.example").exit_code == 1
    refused = ready("keys", "origins", "crm", "acme.example", COLUMNS="200")
    assert (refused.exit_code, "without a path" in refused.stderr) == (2, True)
