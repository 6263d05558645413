"""`baton keys`: made, listed, revoked."""

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
