"""The BATON_KEY of tests."""

from typing import Final

from qualification.rules.leads.suppression import PersonalKey

PERSONAL_KEY: Final = PersonalKey(b"a key that the tests hash people with, and nobody else")
