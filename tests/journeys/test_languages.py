"""Each person of the demo reads Baton in the language of their Slack."""

from sandbox.demo.bot_process import PLAYBOOK
from sandbox.people.driver import Person
from tests.worlds.office import Office, open_office


def modal_title(person: Person) -> str:
    """Return the title of the person's hand-over form."""
    person.types("/handoff", "#general")
    title = person.modal.title
    person.closes()
    return title


def card_of(office: Office, person: Person, company: str) -> str:
    """Return the card of a new lead that is offered to the person."""
    office.hands_over(company)
    return office.direct(person, company).text


def test_one_rep_of_the_demo_reads_german_and_whose_language_baton_lacks_english(sqlite_url: str) -> None:
    with open_office(sqlite_url, playbook=PLAYBOOK.read_text(encoding="utf-8")) as office:
        chloe = office.sandbox.person("Chloe Martin")
        assert {office.ana.member.locale, office.mika.member.locale} == {"es-ES", "ja-JP"}
        assert "Offered to you" in card_of(office, office.ana, "Acme")
        assert "Offered to you" in card_of(office, office.ben, "Stark")
        assert "Dir angeboten" in card_of(office, chloe, "Wayne")
        assert modal_title(chloe) == "Lead übergeben"
        assert {modal_title(each) for each in (office.ana, office.ben, office.mika, office.olu)} == {"Hand a lead over"}
