"""Block Kit as the page draws it: text, tables, charts, and text written by strangers."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from slack_sdk import WebClient

from sandbox.server import Sandbox

Opener = Callable[..., Page]
Block = dict[str, Any]

NOON_UTC = 1_795_262_400  # 2026-11-21 12:00


def section(text: str, **more: Any) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, **more}}


def plain(text: str, **more: Any) -> Block:
    return {"type": "section", "text": {"type": "plain_text", "text": text, **more}}


@pytest.mark.parametrize(
    ("source", "markup"),
    [
        ("*bold* and _slanted_ and ~gone~", "<strong>bold</strong> and <em>slanted</em> and <s>gone</s>"),
        ("*_both_*", "<strong><em>both</em></strong>"),
        ("5 * 3 * 2, snake_case_name, a*b*c, * x *", "5 * 3 * 2, snake_case_name, a*b*c, * x *"),
        ("`*code*` &amp;", "<code>*code*</code> &amp;"),
        ("&amp;lt; &lt;b&gt; O&#39;Neil", "&amp;lt; &lt;b&gt; O&amp;#39;Neil"),
        ("> one\n&gt; two\nthree", "<blockquote>one\ntwo</blockquote>three"),
        ("```a *b*\n<c>```", '<pre class="code">a *b*\n&lt;c&gt;</pre>'),
        ("<not an entity> < alone", "&lt;not an entity&gt; &lt; alone"),
        ("*<https://example.com|the site>*", '<strong><a href="https://example.com"'),
        ("<javascript:alert(1)|press>", "&lt;javascript:alert(1)|press&gt;"),
        ("<!channel> <!here>", '<span class="mention everybody" data-broadcast="channel">@channel</span>'),
        (
            ":tada: :no_such_thing:",
            '<span class="emoji" role="img" aria-label="tada" title=":tada:">🎉</span> :no_such_',
        ),
    ],
)
def test_mrkdwn_is_read_by_slacks_rules(
    open_as: Opener, slack: WebClient, sales: str, source: str, markup: str
) -> None:
    slack.chat_postMessage(channel=sales, text="text", blocks=[section(source)])
    page = open_as("Ana Ruiz", sales)
    assert markup in page.locator(".section .text").inner_html()


def test_bare_addresses_become_links_unless_the_text_is_verbatim(open_as: Opener, slack: WebClient, sales: str) -> None:
    words = "see www.example.com, mail jane@acme.example or #general @here"
    slack.chat_postMessage(channel=sales, text="text", blocks=[section(words), section(words, verbatim=True)])
    page = open_as("Ana Ruiz", sales)
    parsed, verbatim = page.locator(".section .text").all()
    assert parsed.locator("a, .mention").all_inner_texts() == [
        "www.example.com",
        "jane@acme.example",
        "#general",
        "@here",
    ]
    assert verbatim.locator("a, .mention").count() == 0
    expect(verbatim).to_have_text(words)


def test_a_date_is_shown_in_the_readers_zone(open_as: Opener, slack: WebClient, sales: str) -> None:
    text = f"by <!date^{NOON_UTC}^{{date_num}} {{time}}|noon> or <!date^{NOON_UTC}^{{century}}|never>"
    slack.chat_postMessage(channel=sales, text="text", blocks=[section(text)])
    expect(open_as("Ana Ruiz", sales).locator(".section .text")).to_have_text("by 2026-11-21 13:00 or never")
    expect(open_as("Mika Sato", sales).locator(".section .text")).to_have_text("by 2026-11-21 21:00 or never")


STRANGER = "<img src=x onerror=alert(1)> <!channel> <@U1> *bold* `code` <https://evil.example|click> :tada:"


def test_what_a_stranger_wrote_stays_text_wherever_it_stands(open_as: Opener, slack: WebClient, sales: str) -> None:
    cell = {"type": "raw_text", "text": STRANGER}
    slack.chat_postMessage(
        channel=sales,
        text="text",
        blocks=[
            {"type": "header", "text": {"type": "plain_text", "text": STRANGER, "emoji": False}},
            plain(STRANGER, emoji=False),
            {
                "type": "rich_text",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": STRANGER}]}],
            },
            {"type": "data_table", "caption": STRANGER, "rows": [[cell], [cell]]},
        ],
    )
    page = open_as("Ana Ruiz", sales)
    body = page.locator(".message-body")
    expect(body.get_by_text(STRANGER)).to_have_count(6)
    assert body.locator("img, a, .mention, strong, code, .emoji").count() == 0


def test_a_lead_with_a_name_like_markup_is_harmless_in_a_menu(open_as: Opener, slack: WebClient, sales: str) -> None:
    name = "<img src=x onerror=alert(1)>"
    select = {
        "type": "static_select",
        "action_id": "lead",
        "placeholder": {"type": "plain_text", "text": "Lead"},
        "options": [{"text": {"type": "plain_text", "text": name}, "value": "1"}],
    }
    slack.chat_postMessage(channel=sales, text="text", blocks=[{"type": "actions", "elements": [select]}])
    page = open_as("Ana Ruiz", sales)
    page.get_by_role("button", name="Lead").click()
    page.get_by_role("option", name=name).click()
    expect(page.locator(".select")).to_have_text(name)


def test_rich_text_is_drawn_with_its_lists_quotes_and_mentions(
    open_as: Opener, slack: WebClient, sandbox: Sandbox, sales: str
) -> None:
    ana = sandbox.person("Ana Ruiz").id
    line = {"type": "rich_text_section", "elements": [{"type": "text", "text": "first"}]}
    slack.chat_postMessage(
        channel=sales,
        text="text",
        blocks=[
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "user", "user_id": ana},
                            {"type": "text", "text": " loud", "style": {"bold": True, "italic": True}},
                            {"type": "channel", "channel_id": sales},
                            {"type": "link", "url": "https://example.com", "text": "site"},
                            {"type": "date", "timestamp": NOON_UTC, "format": "{time}", "fallback": "noon"},
                        ],
                    },
                    {"type": "rich_text_list", "style": "ordered", "elements": [line]},
                    {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quoted"}]},
                    {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x = 1"}]},
                ],
            }
        ],
    )
    drawn = open_as("Ana Ruiz", sales).locator(".rich-text")
    expect(drawn.locator(".mention.mine")).to_have_text("@Ana Ruiz")
    expect(drawn.locator("em strong")).to_have_text(" loud")
    expect(drawn.get_by_role("button", name="#sales")).to_be_visible()
    expect(drawn.get_by_role("link", name="site")).to_have_attribute("href", "https://example.com")
    expect(drawn.locator("time")).to_have_text("13:00")
    expect(drawn.locator("ol > li")).to_have_text("first")
    expect(drawn.locator("blockquote")).to_have_text("quoted")
    expect(drawn.locator("pre")).to_have_text("x = 1")


LEADS = {"Ana": 9, "Ben": 100, "Cem": 20, "Dora": 3, "Eva": 41, "Finn": 7, "Gil": 12}


@pytest.fixture
def table(slack: WebClient, sales: str) -> None:
    rows = [
        [{"type": "raw_text", "text": name}, {"type": "raw_number", "value": value, "text": str(value)}]
        for name, value in LEADS.items()
    ]
    head = [{"type": "raw_text", "text": "Rep"}, {"type": "raw_text", "text": "Leads"}]
    block = {"type": "data_table", "caption": "Leads by rep", "page_size": 3, "rows": [head, *rows]}
    slack.chat_postMessage(channel=sales, text="text", blocks=[block])


def names(page: Page) -> list[str]:
    return page.get_by_test_id("data-table").locator("tbody th").all_inner_texts()


@pytest.mark.usefixtures("table")
def test_a_table_is_sorted_by_number_and_by_word(open_as: Opener, sales: str) -> None:
    page = open_as("Ana Ruiz", sales)
    assert names(page) == ["Ana", "Ben", "Cem"]
    page.get_by_role("button", name="Leads", exact=True).click()
    expect(page.get_by_role("columnheader", name="Leads")).to_have_attribute("aria-sort", "descending")
    assert names(page) == ["Ben", "Eva", "Cem"]
    page.get_by_role("button", name="Leads", exact=True).click()
    assert names(page) == ["Dora", "Finn", "Ana"]
    page.get_by_role("button", name="Rep", exact=True).click()
    page.get_by_role("button", name="Rep", exact=True).click()
    assert names(page) == ["Gil", "Finn", "Eva"]


@pytest.mark.usefixtures("table")
def test_a_table_is_read_page_by_page_and_searched(open_as: Opener, slack: WebClient, sales: str) -> None:
    page = open_as("Ana Ruiz", sales)
    page.get_by_role("button", name="Next").click()
    assert names(page) == ["Dora", "Eva", "Finn"]
    slack.chat_postMessage(channel=sales, text="Something else")
    expect(page.get_by_text("Something else")).to_be_visible()
    assert names(page) == ["Dora", "Eva", "Finn"]
    page.get_by_label("Find in Leads by rep").fill("a")
    expect(page.get_by_role("status").filter(has_text="of 3")).to_be_visible()
    assert names(page) == ["Ana", "Dora", "Eva"]


def chart(kind: str) -> Block:
    points = [{"label": "Mon", "value": 4}, {"label": "Tue", "value": -2}]
    facts: Block = {
        "type": kind,
        "series": [{"name": "In", "data": points}, {"name": "Out", "data": points[::-1]}],
        "axis_config": {"categories": ["Mon", "Tue"], "x_label": "Day", "y_label": "Leads"},
    }
    return {"type": "data_visualization", "title": "Leads by day", "chart": facts}


@pytest.mark.parametrize(
    ("kind", "marks", "count"), [("bar", "rect[x]", 4), ("line", "circle", 4), ("area", "polygon", 2)]
)
def test_a_chart_has_marks_axes_a_legend_and_a_table(
    open_as: Opener, slack: WebClient, sales: str, *, kind: str, marks: str, count: int
) -> None:
    slack.chat_postMessage(channel=sales, text="text", blocks=[chart(kind)])
    drawn = open_as("Ana Ruiz", sales).get_by_test_id("chart")
    expect(drawn.locator(f"svg[role=img] {marks}")).to_have_count(count)
    assert drawn.locator("svg .axis-label").all_text_contents() == ["Day", "Leads"]
    expect(drawn.locator("svg .axis")).to_have_count(1)
    assert drawn.locator(".legend li").all_inner_texts() == ["In", "Out"]
    drawn.get_by_text("Show as table").click()
    assert drawn.locator("tbody tr").all_inner_texts() == ["Mon\t4\t4", "Tue\t-2\t-2"]


def test_a_pie_shows_each_share(open_as: Opener, slack: WebClient, sales: str) -> None:
    segments = [{"label": "Ads", "value": 3}, {"label": "Fair", "value": 1}]
    block = {"type": "data_visualization", "title": "Source", "chart": {"type": "pie", "segments": segments}}
    slack.chat_postMessage(channel=sales, text="text", blocks=[block])
    drawn = open_as("Ana Ruiz", sales).get_by_test_id("chart")
    expect(drawn.locator("path.slice")).to_have_count(2)
    assert drawn.locator(".legend li").all_inner_texts() == ["Ads 75%", "Fair 25%"]


def test_a_picture_that_comes_with_the_message_is_shown(open_as: Opener, slack: WebClient, sales: str) -> None:
    address = "https://pictures.example/a.gif"
    pixel = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
    image = {"type": "image", "image_url": address, "alt_text": "Funnel"}
    slack.chat_postMessage(channel=sales, text="text", blocks=[image])
    page = open_as("Ana Ruiz", "home")
    # Slack's API accepts no data: address, so the test puts one into the page's state.
    page.route("**/page/state*", lambda route: route.fulfill(body=route.fetch().text().replace(address, pixel)))
    page.get_by_role("button", name="channel sales").click()
    slack.chat_postMessage(channel=sales, text="Something new")
    expect(page.get_by_text("Something new")).to_be_visible()
    expect(page.get_by_role("img", name="Funnel")).to_have_js_property("naturalWidth", 1)
    page.unroute_all(behavior="wait")


def test_a_picture_from_elsewhere_is_not_fetched(open_as: Opener, slack: WebClient, sales: str) -> None:
    image = {"type": "image", "image_url": "https://pictures.example/a.png", "alt_text": "Funnel"}
    slack.chat_postMessage(channel=sales, text="text", blocks=[image])
    page = open_as("Ana Ruiz", sales)
    expect(page.get_by_role("img", name="Funnel")).to_be_visible()
    assert page.locator("img").count() == 0
