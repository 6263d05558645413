"""The links of the documentation lead to files and headings that are there."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
FENCED = re.compile(r"^ *(```|~~~).*?^ *\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(\s*<?([^)>\s]+)")
NAMED = re.compile(r"`((?:bot|docs|handlers|migrations|qualification|sandbox|templates|tests)/[\w/.-]+)`")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


def links(page: Path) -> Iterator[str]:
    """Yield where the page's links and pictures lead; what stands in code is no link."""
    yield from LINK.findall(CODE.sub("``", FENCED.sub("", page.read_text(encoding="utf-8"))))


def anchors(page: Path) -> set[str]:
    """Return what GitHub calls the page's headings in links: lower case, hyphens, and a number for a second one."""
    found: Counter[str] = Counter()
    names = set()
    for heading in HEADING.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        names.add(f"{name}-{found[name]}" if found[name] else name)
        found[name] += 1
    return names


def broken(page: Path, root: Path = ROOT) -> Iterator[str]:
    """Yield the page's links that lead nowhere; addresses on the web are not looked up."""
    for link in links(page):
        address = urlsplit(link)
        if address.scheme:
            continue
        target = (page.parent / unquote(address.path)).resolve() if address.path else page
        is_there = target.is_relative_to(root) and target.exists()
        if is_there and address.fragment:
            is_there = target.suffix == ".md" and unquote(address.fragment) in anchors(target)
        if not is_there:
            yield link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    assert list(broken(page)) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text(
        "# The `first` of two, said\n\n```sh\n# no heading\n```\n\n## Again\n\n## Again\n"
    )
    page = tmp_path / "page.md"
    good = "[a](there.md) [b](there.md#the-first-of-two-said) [c](there.md#again-1) [d](https://a.example/b) [e](#page)"
    page.write_text(f"# Page\n\n{good}\n\n`[f](code.md)`\n")
    assert list(broken(page, tmp_path)) == []
    bad = ["gone.md", "there.md#no-heading", "there.md#again-2", "#there", "../outside.md"]
    page.write_text("# Page\n\n" + " ".join(f"[x]({link})" for link in bad))
    assert list(broken(page, tmp_path)) == bad


def test_every_file_named_in_the_pages_for_contributors_exists() -> None:
    """The decisions and the changelog tell of the past, so they may name what is gone."""
    pages = [page for page in PAGES if page.name != "CHANGELOG.md" and page.parent.name != "decisions"]
    named = {name for page in pages for name in NAMED.findall(page.read_text(encoding="utf-8"))}
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
