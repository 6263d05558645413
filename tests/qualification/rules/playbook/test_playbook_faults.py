"""A playbook at fault: every fault at once, each with its line, its path and the remedy."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualification.rules.playbook.errors import PlaybookError
from qualification.rules.playbook.playbook import PlaybookFaults, parse
from qualification.rules.values.suggestions import choose_from, nearest

GOOD = """\
version: 1
currency: EUR
default_team: emea
hours: {mon-fri: "09:00-17:30"}
teams:
  emea: {name: EMEA, manager: maya@x.example, channel: "#sales", zone: Europe/London}
  us: {name: US, manager: maya@x.example, channel: C0123ABCD, zone: America/New_York}
people:
  - {email: maya@x.example, name: Maya, roles: [manager]}
  - {email: ana@x.example, name: Ana, roles: [rep], team: emea}
  - {slack: U012AB3CD, name: Ben, roles: [rep], team: us}
pools:
  inbound: {name: Inbound, team: emea, members: [ana@x.example, U012AB3CD]}
rules:
  - {name: Big, when: {country: [DE], size: {from: 10}, source: [demo], value: {to: 99.5}}, pool: inbound, offer: claim}
  - {name: All, pool: inbound}
clocks: {accept_within: 30m, remind_after: 15m, offers: 2, undo_within: 5m}
sources:
  - {key: demo, name: Demo}
disqualify_reasons:
  - {key: poor-fit, name: Poor fit, description: Not ours.}
  - {key: other, name: Other, description: Say what., note: required}
stages:
  - {key: new, name: New}
  - {key: called, name: Called, on_contact: true, lifecycle: sql}
  - {key: won, name: Won, ends: won}
  - {key: lost, name: Lost, ends: lost}
frameworks:
  bant: {name: BANT, pass: 1, items: [{key: need, name: Need, questions: ["What hurts?"]}]}
senders:
  web:
    name: Website
    like: form
    when: email
    lead: {phone: tel || mobile, source: {always: demo}}
    activity: {kind: {from: form, as: {demo: demo-request}, else: trial}, at: "zoned(sent, 'UTC')"}
  shop: {name: Shop, lead: {id: customer.id, fields: {plan: plan}}, each: orders}
"""


def faults_of(text: str) -> tuple[PlaybookError, ...]:
    with pytest.raises(PlaybookFaults) as refused:
        parse(text, "playbook.yaml")
    return refused.value.faults


def test_what_the_faults_are_made_from_is_good() -> None:
    assert parse(GOOD).currency == "EUR"


@pytest.mark.parametrize(
    ("right", "wrong", "line", "path", "remedy"),
    [
        # The shape
        ("version: 1", "version: 2", 1, "version", "choose from: 1"),
        ("currency: EUR", "curency: EUR", 2, "curency", "did you mean `currency`?"),
        ("currency: EUR", "currency: DEM", 2, "currency", "ISO 4217"),
        ("currency: EUR", "currency:", 2, "currency", "this is empty"),
        ("currency: EUR", "shared_domains: [guild]", 2, "shared_domains[0]", "is not a domain"),
        ("currency: EUR", "shared_domains: 7", 2, "shared_domains", "this must be a list"),
        ("default_team: emea\n", "", 1, "default_team", "add for example `default_team: emea`"),
        ('manager: maya@x.example, channel: "#', 'channel: "#', 6, "teams.emea.manager", "add for example `manager: "),
        ('manager: maya@x.example, channel: "#', 'manger: maya@x.example, channel: "#', 6, "teams.emea.manger",
         "`manager`?"),
        ('channel: "#sales"', "channel: sales", 6, "teams.emea.channel", "write its name with #"),
        ("zone: Europe/London", "zone: Europe/Londn", 6, "teams.emea.zone", "did you mean `Europe/London`?"),
        ("zone: Europe/London", "zone: GMT+1", 6, "teams.emea.zone", "is not a time zone"),
        ("zone: Europe/London", "zone: Europe/London, summary: {at: 24:30}", 6, "teams.emea.summary.at",
         "write one from 00:00 to 23:59"),
        ("zone: Europe/London", "zone: Europe/London, summary: {at: 8}", 6, "teams.emea.summary.at", "such as 08:30"),
        ("zone: Europe/London", "zone: Europe/London, summary: {days: mon-fry}", 6, "teams.emea.summary.days",
         "`fry` is not a day"),
        ("zone: Europe/London", "zone: Europe/London, summary: {days: [mon]}", 6, "teams.emea.summary.days",
         "write them in words"),
        ("zone: Europe/London", "zone: Europe/London, summary: {time: 9:00}", 6, "teams.emea.summary.time",
         "choose from: at, days"),
        ("zone: Europe/London", "zone: Europe/London, summary: 9:00", 6, "teams.emea.summary", "or off"),
        ("name: EMEA", "name: 5", 6, "teams.emea.name", "put it in quotes"),
        ("name: EMEA", 'name: ""', 6, "teams.emea.name", "write at least a word"),
        ("name: EMEA", f"name: {'x' * 76}", 6, "teams.emea.name", "longer than 75 characters"),
        ("  us: {", "  US: {", 7, "teams.US", "small letters"),
        ("  us: {", "  us: {key: x, ", 7, "teams.us.key", "remove this line"),
        ("{email: ana@x.example, name", "{email: ana@x, name", 10, "people[1].email", "is not an e-mail address"),
        ("slack: U012AB3CD", "slack: Ben", 11, "people[2].slack", "copy the member ID"),
        ("roles: [manager]", "roles: [manger]", 9, "people[0].roles[0]", "did you mean `manager`?"),
        ("roles: [manager]", "roles: []", 9, "people[0].roles", "write at least one entry"),
        ("roles: [manager]", "roles: {manager: true}", 9, "people[0].roles", "this must be a list"),
        ("members: [ana@x.example, U012AB3CD]", "members: ana", 13, "pools.inbound.members", "this must be a list"),
        ("offer: claim", "offer: clame", 15, "rules[0].offer", "did you mean `claim`?"),
        ("country: [DE]", "country: [Germoney]", 15, "rules[0].when.country[0]", "code of two letters"),
        ("size: {from: 10}", "size: {from: 10, to: 5}", 15, "rules[0].when.size", "swap the two"),
        ("size: {from: 10}", "size: {}", 15, "rules[0].when.size", "write from, to or both"),
        ("size: {from: 10}", "size: {form: 10, to: 12}", 15, "rules[0].when.size.form", "did you mean `from`?"),
        ("size: {from: 10}", "size: {from: '1,000'}", 15, "rules[0].when.size.from", "write it plainly"),
        ("size: {from: 10}", "size: {from: -1}", 15, "rules[0].when.size.from", "write it plainly"),
        ("size: {from: 10}", "size: {from: true}", 15, "rules[0].when.size.from", "write it plainly"),
        ("accept_within: 30m", "accept_within: 1d", 17, "clocks.accept_within", "write hours, such as 8h"),
        ("currency: EUR", "retention: {audit: 29d}", 2, "retention.audit", "kept for at least 30d"),
        ("currency: EUR", "retention: {audit: 2y}", 2, "retention.audit", "write for example 730d"),
        ("currency: EUR", "retention: {audits: 90d}", 2, "retention.audits", "did you mean `audit`?"),
        ("accept_within: 30m", "accept_within: 30", 17, "clocks.accept_within", "such as 30m"),
        ("accept_within: 30m", "accept_within: 0m", 17, "clocks.accept_within", "such as 30m"),
        ("offers: 2", "offers: 0", 17, "clocks.offers", "at least 1"),
        ("offers: 2", "offers: true", 17, "clocks.offers", "a whole number"),
        ("on_contact: true", "on_contact: perhaps", 25, "stages[1].on_contact", "true or false"),
        ("lifecycle: sql", "lifecycle: mql", 25, "stages[1].lifecycle", "`sql`?"),
        ("name: New", "name: New, next: Call them", 24, "stages[0].next", "entries of the form"),
        ("name: New", "name: New, next: {name: Call}", 24, "stages[0].next.within", "add for example `within: 4h`"),
        ("name: New", "name: New, next: {within: 4h}", 24, "stages[0].next.name", "`name: Make the first contact`"),
        ("name: New", "name: New, next: {name: Call, within: 1d}", 24, "stages[0].next.within", "such as 8h"),
        ("name: New", "name: New, next: {name: Call, by: 4h, within: 4h}", 24, "stages[0].next.by", "isn't known"),
        ("name: New", f"name: New, next: {{name: {'x' * 76}, within: 4h}}", 24, "stages[0].next.name", "75 characters"),
        (", description: Not ours.", "", 21, "disqualify_reasons[0].description", "is missing"),
        ('mon-fri: "09:00-17:30"', 'mon-fry: "09:00-17:30", sat: 9-5', 4, "hours.mon-fry", "is not a day"),
        ('mon-fri: "09:00-17:30"', 'mon-fri: "09:00-17:30", sat: 9-5', 4, "hours.sat", "is not a span"),
        ('{mon-fri: "09:00-17:30"}', "[mon]", 4, "hours", "hours are days with spans"),
        ("clocks: {", "clocks: [{", 18, "", "this is not YAML"),
        ('questions: ["What hurts?"]', "questions: []", 29, "frameworks.bant.items[0].questions", "at least one entry"),
        # What the parts must agree on
        ("default_team: emea", "default_team: emee", 3, "default_team", "did you mean `emea`?"),
        ("manager: maya@x.example, channel: C", "manager: mya@x.example, channel: C", 7, "teams.us.manager",
         "`maya@x.example`?"),
        ("manager: maya@x.example, channel: C", "manager: ana@x.example, channel: C", 7, "teams.us.manager",
         "add manager to their"),
        ("roles: [rep], team: emea", "roles: [rep], team: emee", 10, "people[1].team", "did you mean `emea`?"),
        ("roles: [rep], team: emea", "roles: [rep]", 10, "people[1]", "a rep needs a team"),
        ("slack: U012AB3CD, name: Ben, roles: [rep]", "name: Ben, roles: [admin]", 11, "people[2]",
         "add `email:` or `slack:`"),
        ("slack: U012AB3CD", "email: Ana@X.example", 11, "people[2].email", "first on line 10"),
        ("name: Inbound, team: emea", "name: Inbound, team: ema", 13, "pools.inbound.team", "did you mean `emea`?"),
        ("[ana@x.example, U012AB3CD]", "[anna@x.example]", 13, "pools.inbound.members[0]",
         "did you mean `ana@x.example`?"),
        ("[ana@x.example, U012AB3CD]", "[ANA@x.example, ana@x.example]", 13, "pools.inbound.members[1]", "already"),
        ("[ana@x.example, U012AB3CD]", "[maya@x.example]", 13, "pools.inbound.members[0]", "isn't a rep"),
        ("pool: inbound, offer", "pool: inbond, offer", 15, "rules[0].pool", "did you mean `inbound`?"),
        ("source: [demo]", "source: [demmo]", 15, "rules[0].when.source[0]", "did you mean `demo`?"),
        ("source: [demo]", "source: trial", 15, "rules[0].when.source", "choose from: demo"),
        ("name: Big", "name: All", 16, "rules[1].name", "the rule on line 15 has this name too"),
        ("remind_after: 15m", "remind_after: 30m", 17, "clocks.remind_after", "make remind_after shorter"),
        ("- {key: poor-fit", "- {key: other", 22, "disqualify_reasons[1].key", "is taken on line 21"),
        (", note: required", "", 22, "disqualify_reasons[1].note", "add `note: required`"),
        ("- {key: new", "- {key: won", 26, "stages[2].key", "is taken on line 24"),
        ("- {key: new", "- {key: waiting", 24, "stages[0].key", "choose another key"),
        (", ends: won", "", 23, "stages", "no stage ends won"),
        ("ends: lost", "ends: won", 27, "stages[3].ends", "keep one"),
        ("name: New", "name: New, ends: won", 24, "stages[0].ends", "put an open stage first"),
        ("name: New", "name: New, on_contact: true", 25, "stages[1].on_contact", "keep on_contact at one"),
        ("ends: lost", "ends: lost, lifecycle: sql", 27, "stages[3].lifecycle", "can't have lifecycle"),
        ("ends: lost", "ends: lost, next: {name: Mourn, within: 1h}", 27, "stages[3].next", "can't have next"),
        ("pass: 1", "pass: 2", 29, "frameworks.bant.pass", "write 1 or less"),
        ("currency: EUR", "currency: EUR\ncurrency: USD", 3, "currency", "first on line 2"),
        # What becomes of what senders post
        ("like: form", "like: from", 33, "senders.web.like", "did you mean `form`?"),
        ("  web:", "  web:\n    key: web", 32, "senders.web.key", "remove this line"),
        ("name: Shop", "name: Shop, signature: sha1", 37, "senders.shop.signature", "standard"),
        ("name: Shop", "name: Shop, checklist: {ned: why}", 37, "senders.shop.checklist.ned", "did you mean `need`?"),
        ("name: Shop", "name: Shop, checklist: {need: why.}", 37, "senders.shop.checklist.need", "isn't a valid"),
        ("name: Shop", "name: Shop, checklist: {need: {a: why}}", 37, "senders.shop.checklist.need", "only `fields`"),
        ("name: Shop", "name: Shop, redirect: /thanks", 37, "senders.shop.redirect", "https://www.acme.example/thanks"),
        ("name: Shop", "name: Shop, redirect: 'javascript:alert(1)'", 37, "senders.shop.redirect", "not the address"),
        ("name: Shop", "name: Shop, redirect: 'https://a@b/'", 37, "senders.shop.redirect", "not the address"),
        ("name: Shop", 'name: Shop, redirect: "https://a.example/\\r\\nx"', 37, "senders.shop.redirect", "not the"),
        ("when: email", "when: email &&", 34, "senders.web.when", "it ends too early"),
        ("when: email", "when: [email]", 34, "senders.web.when", "must be text"),
        ("each: orders", "each: orders.", 37, "senders.shop.each", "isn't a valid expression"),
        ("phone: tel || mobile", "phone: lowr(tel)", 35, "senders.web.lead.phone", "did you mean `lower`?"),
        ("phone: tel || mobile", 'phone: "field(@)"', 35, "senders.web.lead.phone", "takes at least 2 values, not 1"),
        ("phone: tel || mobile", 'phone: "lower(a, b)"', 35, "senders.web.lead.phone", "takes 1 value, not 2"),
        ("phone: tel || mobile", "phone: tel number", 35, "senders.web.lead.phone", "{always: tel number}"),
        ("phone: tel || mobile", "phone: tel || `de`", 35, "senders.web.lead.phone", "single quotes: 'de'"),
        ("phone: tel || mobile", "phone:", 35, "senders.web.lead.phone", "{always: a constant}"),
        ("phone: tel || mobile", "phone: {alwys: x}", 35, "senders.web.lead.phone", "only `fields` can hold several"),
        ("phone: tel || mobile", "phone: {from: tel}", 35, "senders.web.lead.phone", "this isn't an expression"),
        ("phone: tel || mobile", "fone: tel", 35, "senders.web.lead.fone", "did you mean `phone`?"),
        ("{plan: plan}", "{plan: plan.}", 37, "senders.shop.lead.fields.plan", "`plan.` isn't a valid expression"),
        ("phone: tel || mobile", "phone: {if: tel &&, then: t}", 35, "senders.web.lead.phone.if", "it ends too early"),
        ("phone: tel || mobile", "phone: {if: tel}", 35, "senders.web.lead.phone", "{if: an expression, then: …"),
        ("phone: tel || mobile", "phone: {if: a, then: b, esle: c}", 35, "senders.web.lead.phone", "{if: …, then: …"),
        ("phone: tel || mobile", "phone: {if: a, then: {b: c}}", 35, "senders.web.lead.phone.then", "only `fields`"),
        ("phone: tel || mobile", "phone: {if: a, then: b,\n      else: {if: c,\n        then: lowr(d)}}", 37,
         "senders.web.lead.phone.else.then", "did you mean `lower`?"),
        ("phone: tel || mobile", "phone: {if: a, then: b c}", 35, "senders.web.lead.phone.then", "{always: b c}"),
        ("source: {always: demo}", "source: {if: a,\n      then: {always: demo},\n      else: {if: b, then: demo}}", 37,
         "senders.web.lead.source.else.then", "write {always: demo}"),
        ("source: {always: demo}", "source: {if: a, then: {always: demo}, else: {always: fair}}", 35,
         "senders.web.lead.source.else.always", "choose from: demo"),
        ("{plan: plan}", "{plan: {if: a, then: b.}}", 37, "senders.shop.lead.fields.plan.then", "`b.` isn't a valid"),
        ("source: {always: demo}", "source: {always: fair}", 35, "senders.web.lead.source.always", "choose from: demo"),
        ("source: {always: demo}", "source: from || 'fair'", 35, "senders.web.lead.source", "called `fair`"),
        ("source: {always: demo}", "source: demo", 35, "senders.web.lead.source", "write {always: demo}"),
        ("{demo: demo-request}", "{demo: demo-requst}", 36, "senders.web.activity.kind.as.demo", "`demo-request`?"),
        ("else: trial", "else: trail", 36, "senders.web.activity.kind.else", "did you mean `trial`?"),
        ("'UTC'", "'Mars'", 36, "senders.web.activity.at", "is not a time zone"),
        ("at: ", "on: ", 36, "senders.web.activity.on", "choose from: id, kind, at"),
        ("id: customer.id, ", "name: customer.name, ", 37, "senders.shop.lead", "this doesn't identify a lead"),
        ("lead: {id: customer.id, fields: {plan: plan}}, each: orders", "like: hubspot", 37, "senders.shop.like",
         "add for example `activity: {kind: {always: demo-request}}`"),
        ("each: orders", "activity: {what: note}", 37, "senders.shop.activity", "it doesn't say what they did"),
    ],
)  # fmt: skip
def test_a_fault_is_told_at_its_place_with_its_remedy(
    right: str, wrong: str, line: int, path: str, remedy: str
) -> None:
    assert right in GOOD
    told = [fault for fault in faults_of(GOOD.replace(right, wrong, 1)) if (fault.line, fault.path) == (line, path)]
    assert [fault.message for fault in told if remedy in fault.message]


def test_a_rule_behind_one_that_takes_everything_is_told() -> None:
    one, two = GOOD.splitlines()[14:16]
    (fault,) = faults_of(GOOD.replace(f"{one}\n{two}", f"{two}\n{one}"))
    assert (fault.line, fault.path) == (16, "rules[1]")
    assert "the rule on line 15 takes every lead" in fault.message


def test_every_fault_is_told_at_once_in_the_order_of_the_file() -> None:
    """Of the writing, of the shape and of what the parts must agree on."""
    wrong = (
        GOOD.replace("currency: EUR", "curency: EUR\nversion: 1")
        .replace("zone: Europe/London", "zone: Mars")
        .replace("pool: inbound, offer", "pool: nowhere, offer")
        .replace("pass: 1", "pass: 9")
    )
    found = faults_of(wrong)
    assert [fault.path for fault in found] == [
        "curency",
        "version",
        "teams.emea.zone",
        "rules[0].pool",
        "frameworks.bant.pass",
    ]
    assert [fault.line for fault in found] == sorted(fault.line for fault in found)


def test_a_mistyped_key_is_not_told_as_missing_too() -> None:
    (fault,) = faults_of(GOOD.replace("name: Big", "nmae: Big"))
    assert fault.path == "rules[0].nmae"


def test_the_faults_read_as_a_list_with_the_file_and_the_line() -> None:
    with pytest.raises(PlaybookFaults) as refused:
        parse(GOOD.replace("zone: Europe/London", "zone: Europe/Londn"), "teams/emea.yaml")
    assert str(refused.value) == (
        "teams/emea.yaml:6: teams.emea.zone: `Europe/Londn` is not a time zone; did you mean `Europe/London`?"
    )


@pytest.mark.parametrize("text", ["", "just words", "- a\n- list\n", "12", "null", "teams:\npeople:\npools:\nrules:\n"])
def test_what_is_no_playbook_at_all_is_a_fault_and_no_surprise(text: str) -> None:
    assert faults_of(text)


LINES = GOOD.splitlines()


@given(st.integers(0, len(LINES) - 1), st.integers(0, 120), st.text(":-[]{}#&*!\"' \n\tax0", max_size=6))
@settings(max_examples=300, deadline=None)
def test_a_slip_of_the_pen_is_a_fault_and_no_surprise(line: int, column: int, slip: str) -> None:
    """Whatever is typed into the middle of a good file, the answer is a playbook or faults within the file."""
    struck = [*LINES]
    struck[line] = struck[line][:column] + slip + struck[line][column:]
    text = "\n".join(struck)
    faults: tuple[PlaybookError, ...] | None = None
    try:
        parse(text)
    except PlaybookFaults as refused:
        faults = refused.faults
    assert faults is None or faults
    assert all(1 <= fault.line <= len(text.splitlines()) + 1 and fault.message for fault in faults or ())


def test_a_mapping_that_comes_with_baton_says_nothing_that_the_playbook_has_not() -> None:
    own = GOOD.replace("like: form", "like: activecampaign").replace("{demo: demo-request}, else: trial", "{a: bought}")
    scored = own + "scoring: {activities: [{key: bought, name: Bought, points: 1}]}\n"
    assert parse(scored).sender("web")
    for like, says in {"activecampaign": "email-opened", "calendly": "meeting-booked", "form": "contact-form"}.items():
        unsaid = scored.replace("kind: {from: form, as: {a: bought}}, ", "").replace(
            "like: activecampaign", f"like: {like}"
        )
        (fault,) = faults_of(unsaid)
        assert (fault.line, fault.path) == (36, "senders.web.activity")
        assert f"`{like}` says `{says}`, which isn't an activity here" in fault.message


def test_what_somebody_did_who_sent_a_form_is_known_unless_the_playbook_says_otherwise() -> None:
    assert parse(GOOD.replace("kind: {from: form, as: {demo: demo-request}, else: trial}, ", "")).sender("web")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text("ab", max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["teams", "people", "pools", "rules", "stages", "clocks", "hours", "when", "key", "a", "roles"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
@settings(max_examples=300, deadline=None)
def test_a_file_of_any_shape_is_a_fault_and_no_surprise(shape: object) -> None:
    import yaml  # noqa: PLC0415 - for this test alone

    with pytest.raises(PlaybookFaults):
        parse(yaml.safe_dump({"teams": shape, "people": shape, "pools": shape, "rules": shape, "frameworks": shape}))
    with pytest.raises(PlaybookFaults):
        parse(yaml.safe_dump(shape))


def test_the_nearest_word_is_the_one_meant() -> None:
    assert nearest("mangaer", ["manager", "name"]) == "manager"
    assert nearest("EMEA", ["emea", "us"]) == "emea"
    assert nearest("colour", ["name", "zone"]) is None
    assert nearest("ben@x.example", ["ana@x.example", "bene@x.example"]) == "bene@x.example"


def test_where_nothing_is_near_the_choices_are_listed() -> None:
    assert choose_from("x", ["name", "zone"]) == "choose from: name, zone"
    assert choose_from("x", []) == "there are none yet"
    assert choose_from("?", [f"team-{number}" for number in range(20)]).endswith("team-11, …")


KINDS = ("demo-request", "trial")


@pytest.mark.parametrize(
    ("limits", "path", "remedy"),
    [
        ("per: 24h", "scoring.activities[2]", "add for example `at_most: 3`"),
        ("at_most: 0", "scoring.activities[2].at_most", "at least 1"),
        ("at_most: often", "scoring.activities[2].at_most", "a whole number"),
        ("at_most: 3, per: a day", "scoring.activities[2].per", "such as"),
        ("once_per: wat", "scoring.activities[2].once_per", "`what`"),
        ("once_per: what, handoff: true", "scoring.activities[2]", "always counts"),
        ("at_most: 3, handoff: true", "scoring.activities[2]", "always counts"),
    ],
)
def test_a_limit_that_is_nonsense_is_named_with_its_line(limits: str, path: str, remedy: str) -> None:
    kinds = [f"    - {{key: {key}, name: K, points: 1}}\n" for key in KINDS]
    limited = f"    - {{key: opened, name: Opened, points: 2, {limits}}}\n"
    scored = "".join([GOOD, "scoring:\n  activities:\n", *kinds, limited])
    (fault,) = faults_of(scored)
    assert (fault.line, fault.path) == (len(scored.splitlines()), path)
    assert remedy in str(fault)
