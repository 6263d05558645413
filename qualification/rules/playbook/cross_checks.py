"""What the parts of a playbook must agree on: who is named, which keys repeat, which rule is never reached.

Works on the plain values of the file, passing over what has no shape, so that these faults come with all the others.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from qualification.rules.playbook import defaults
from qualification.rules.playbook.entries import (
    Entry,
    Finding,
    each_word,
    entries_of,
    entries_within,
    section_of,
    words_in,
)
from qualification.rules.playbook.schema import Clocks, Role
from qualification.rules.playbook.sender_checks import (
    check_senders,
    source_keys,
)
from qualification.rules.playbook.yaml_document import Document
from qualification.rules.values.normalization import fold_email
from qualification.rules.values.paths import Path
from qualification.rules.values.suggestions import choose_from

_LISTS = ("sources", "pass_on_reasons", "disqualify_reasons", "lost_reasons", "stages", "contact_kinds")
_SECTIONS = ("teams", "pools", "frameworks", "senders")
_ENDINGS = ("won", "lost")
# What the pipeline counts beside the stages.
_NO_STAGES = frozenset({"waiting", "not_now", "disqualified"})
_DEFAULT_REASONS = frozenset(str(reason["key"]) for reason in defaults.DISQUALIFY_REASONS)


def faults(document: Document) -> Iterator[Finding]:
    """Yield what does not agree, as a path and a sentence that names the remedy."""
    data = document.data
    if not isinstance(data, dict):
        return
    checks: tuple[Callable[[Entry, Document], Iterator[Finding]], ...] = (
        _sections, _rates, _people, _teams, _pools, _rules, _gates, _clocks, _lists, _stages, _stage_keys, _frameworks,
        check_senders,
    )  # fmt: skip
    yield from chain.from_iterable(check(data, document) for check in checks)


def _sections(data: Entry, _: Document) -> Iterator[Finding]:
    for section in _SECTIONS:
        for path, entry in entries_of(data, section):
            if "key" in entry:
                yield (*path, "key"), f"the word before the colon, `{path[-1]}`, is the key; remove this line"
    default = data.get("default_team")
    if isinstance(default, str) and default not in section_of(data, "teams"):
        yield (
            ("default_team",),
            f"there is no team called `{default}`; {choose_from(default, section_of(data, 'teams'))}",
        )


def _rates(data: Entry, _: Document) -> Iterator[Finding]:
    own = data.get("currency", defaults.CURRENCY)
    if own in section_of(data, "rates"):
        yield ("rates", str(own)), f"`{own}` is the playbook's own currency; remove this line"


def _people(data: Entry, document: Document) -> Iterator[Finding]:
    teams = section_of(data, "teams")
    managing = {_reference(entry.get("manager")) for _, entry in entries_of(data, "teams")}
    seen: dict[str, Path] = {}
    for path, person in entries_of(data, "people"):
        names = _names(person)
        if not names:
            yield path, "this doesn't say who it is; add `email:` or `slack:`"
        for field, name in names.items():
            if name in seen:
                yield (*path, field), f"`{name}` is listed twice, first on line {document.line(seen[name])}; keep one"
            seen.setdefault(name, path)
        team = person.get("team")
        if isinstance(team, str) and team not in teams:
            yield (*path, "team"), f"there is no team called `{team}`; {choose_from(team, teams)}"
        roles = words_in(person.get("roles"))
        if team is None and "rep" in roles:
            yield path, f"a rep needs a team; add `team:`, {choose_from('', teams)}"
        elif team is None and "manager" in roles and not managing & set(names.values()):
            yield path, "this manager has no team; add `team:`, or name them as the manager of one"


def _teams(data: Entry, _: Document) -> Iterator[Finding]:
    people = _known_people(data)
    for path, team in entries_of(data, "teams"):
        manager = team.get("manager")
        if not isinstance(manager, str):
            continue
        person = people.get(_reference(manager) or "")
        if person is None:
            yield (*path, "manager"), f"`{manager}` isn't among the people; {choose_from(manager, people)}"
        elif not _is(Role.MANAGER, person):
            yield (*path, "manager"), f"`{manager}` isn't a manager; add manager to their roles"


def _pools(data: Entry, _: Document) -> Iterator[Finding]:
    people = _known_people(data)
    teams = section_of(data, "teams")
    for path, pool in entries_of(data, "pools"):
        team = pool.get("team")
        if isinstance(team, str) and team not in teams:
            yield (*path, "team"), f"there is no team called `{team}`; {choose_from(team, teams)}"
        members = pool.get("members")
        seated: set[int] = set()
        for index, member in enumerate(members if isinstance(members, list) else ()):
            if not isinstance(member, str):
                continue
            here = (*path, "members", index)
            person = people.get(_reference(member) or "")
            if person is None:
                yield here, f"`{member}` isn't among the people; {choose_from(member, people)}"
            elif id(person) in seated:
                yield here, f"`{member}` is in this pool already; each rep has one turn, so remove one"
            elif not _is(Role.REP, person):
                yield here, f"`{member}` isn't a rep; add rep to their roles, or take them out of the pool"
            seated.add(id(person))


def _rules(data: Entry, document: Document) -> Iterator[Finding]:
    pools = section_of(data, "pools")
    sources = source_keys(data)
    names: dict[str, Path] = {}
    catch_all: Path | None = None
    for path, rule in entries_of(data, "rules"):
        if catch_all is not None:
            line = document.line(catch_all)
            yield (
                path,
                f"this rule is never reached: the rule on line {line} takes every lead; move that one to the end",
            )
        name, pool, when = rule.get("name"), rule.get("pool"), rule.get("when")
        if isinstance(name, str):
            if name in names:
                yield (*path, "name"), f"the rule on line {document.line(names[name])} has this name too; rename one"
            names.setdefault(name, path)
        if isinstance(pool, str) and pool not in pools:
            yield (*path, "pool"), f"there is no pool called `{pool}`; {choose_from(pool, pools)}"
        if isinstance(when, dict):
            for where, source in each_word(when.get("source"), (*path, "when", "source")):
                if source not in sources:
                    yield where, f"there is no source called `{source}`; {choose_from(source, sorted(sources))}"
        if not when and catch_all is None:
            catch_all = path


def _gates(data: Entry, document: Document) -> Iterator[Finding]:
    section = "disqualify_reasons"
    reasons = {str(entry.get("key")) for _, entry in entries_of(data, section)} if section in data else _DEFAULT_REASONS
    names: dict[str, Path] = {}
    for path, gate in entries_of(data, "gates"):
        name, reason = gate.get("name"), gate.get("reason")
        if isinstance(name, str):
            if name in names:
                yield (*path, "name"), f"the gate on line {document.line(names[name])} has this name too; rename one"
            names.setdefault(name, path)
        if isinstance(reason, str) and reason not in reasons:
            yield (
                (*path, "reason"),
                f"there is no reason to disqualify called `{reason}`; {choose_from(reason, sorted(reasons))}",
            )


def _clocks(data: Entry, _: Document) -> Iterator[Finding]:
    clocks = data.get("clocks")
    if not isinstance(clocks, dict):
        return
    known = {key: clocks[key] for key in ("accept_within", "remind_after") if clocks.get(key) is not None}
    try:
        read = Clocks.model_validate(known)
    except ValueError:
        return
    if read.remind_after is not None and read.remind_after >= read.accept_within:
        place: Path = ("clocks", "remind_after" if "remind_after" in known else "accept_within")
        yield place, "the reminder would come after the offer has lapsed; make remind_after shorter than accept_within"


def _lists(data: Entry, document: Document) -> Iterator[Finding]:
    for section in _LISTS:
        yield from _repeated(entries_of(data, section), document)
    yield from _repeated(entries_within(data, "scoring", "activities"), document)
    for section in ("disqualify_reasons", "lost_reasons"):
        for path, reason in entries_of(data, section):
            if reason.get("key") == "other" and reason.get("note") != "required":
                yield (*path, "note"), "`other` says nothing by itself; add `note: required`"


def _stages(data: Entry, _: Document) -> Iterator[Finding]:
    stages = list(entries_of(data, "stages"))
    if not stages:
        return
    for verdict in _ENDINGS:
        ending = [path for path, stage in stages if stage.get("ends") == verdict]
        if not ending:
            yield ("stages",), f"no stage ends {verdict}; add `ends: {verdict}` to the one that does"
        for path in ending[1:]:
            yield (*path, "ends"), f"another stage ends {verdict} already; keep one"
    first, stage = stages[0]
    if stage.get("ends") is not None:
        yield (*first, "ends"), "a lead would be closed as soon as it is accepted; put an open stage first"
    for path, _stage in [(path, stage) for path, stage in stages if stage.get("on_contact") is True][1:]:
        yield (*path, "on_contact"), "the first contact sets only one stage; keep on_contact at one"
    for path, stage in stages:
        for field in ("on_contact", "lifecycle", "next"):
            if stage.get("ends") is not None and stage.get(field):
                yield (*path, field), f"a stage that ends {stage['ends']} can't have {field}; remove it"


def _stage_keys(data: Entry, _: Document) -> Iterator[Finding]:
    for path, stage in entries_of(data, "stages"):
        if isinstance(stage.get("key"), str) and stage["key"] in _NO_STAGES:
            yield (*path, "key"), f"`{stage['key']}` is reserved for leads without a stage; choose another key"


def _frameworks(data: Entry, document: Document) -> Iterator[Finding]:
    for path, framework in entries_of(data, "frameworks"):
        items = framework.get("items")
        inside = [
            ((*path, "items", index), item) for index, item in enumerate(items if isinstance(items, list) else ())
        ]
        yield from _repeated(((place, item) for place, item in inside if isinstance(item, dict)), document)
        needed = framework.get("pass")
        if inside and isinstance(needed, int) and needed > len(inside):
            yield (*path, "pass"), f"{len(inside)} items can't give {needed} yeses; write {len(inside)} or less"


def _repeated(entries: Iterable[tuple[Path, Entry]], document: Document) -> Iterator[Finding]:
    seen: dict[str, Path] = {}
    for path, entry in entries:
        key = entry.get("key")
        if isinstance(key, str):
            if key in seen:
                yield (*path, "key"), f"`{key}` is taken on line {document.line(seen[key])}; choose another key"
            seen.setdefault(key, path)


def _names(person: Entry) -> dict[str, str]:
    """Return what a person is known by, field by field."""
    read = {field: _reference(person.get(field)) for field in ("email", "slack")}
    return {field: name for field, name in read.items() if name}


def _known_people(data: Entry) -> dict[str, Entry]:
    return {name: person for _, person in entries_of(data, "people") for name in _names(person).values()}


def _is(role: Role, person: Entry) -> bool:
    """Say whether the person has the role; a role that is none may have been meant for it, and is told of already."""
    roles = words_in(person.get("roles"))
    return role in roles or any(word not in set(Role) for word in roles)


def _reference(value: object) -> str | None:
    """Bring a person's e-mail or Slack user to the form of their key."""
    if not isinstance(value, str):
        return None
    return fold_email(value) if "@" in value else value.strip()
