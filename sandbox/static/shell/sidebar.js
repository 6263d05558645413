// The sidebar: workspace switch, the app's Home, channels and direct messages.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { app, channelName, isBot, page, person, workspace } from "../page.js";
import { openList } from "../popups.js";
import { avatar } from "./avatar.js";
import { go, placeName } from "./place.js";

function entry({ where, name, unread = 0, mentions = 0, sign, muted = false, label }) {
  const here = placeName() === where;
  const open = () => {
    document.body.classList.remove("sidebar-shown");
    go({ where });
  };
  const accessibleName = [label ?? name, unread ? `${unread} unread` : null].filter(Boolean).join(", ");
  return h(
    "li",
    { key: where },
    h(
      "button",
      {
        type: "button",
        class: ["entry", here && "here", unread && !here && "unread", muted && "muted"].filter(Boolean).join(" "),
        "aria-current": here ? "page" : null,
        "aria-label": accessibleName,
        "data-testid": "entry",
        "data-place": where,
        "data-name": name,
        onclick: open,
        onkeydown: walk,
      },
      sign,
      h("span", { class: "entry-name" }, name),
      mentions && !here ? h("span", { class: "badge", "data-testid": "badge" }, mentions > 99 ? "99+" : String(mentions)) : null,
    ),
  );
}

/** Move the focus between entries with the arrow keys. */
function walk(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const all = [...document.querySelectorAll(".sidebar .entry")];
  all[all.indexOf(event.currentTarget) + by]?.focus();
}

const byName = (one, other) => channelName(one).localeCompare(channelName(other));

function sorted(kind) {
  return page.state.channels.filter((each) => each.kind === kind).sort(byName);
}

function channels() {
  return sorted("channel")
    .filter((each) => each.member)
    .map((each) => entry({ where: each.id, name: each.name, unread: each.unread, mentions: each.mentions, sign: icon("hash", 16), label: `channel ${each.name}` }));
}

function directMessages() {
  return sorted("dm").map((each) => {
    const other = each.with ? person(each.with) : { id: null, name: each.name };
    return entry({ where: each.id, name: other.name, unread: each.unread, mentions: each.unread, sign: avatar(other, 20), label: `message ${other.name}${isBot(other.id) ? ", app" : ""}` });
  });
}

function chooseWorkspace(anchor) {
  openList(anchor, {
    items: page.workspaces.map((each) => ({ value: each.id, label: each.name, note: `${each.people.length} people`, chosen: each.id === page.workspace })),
    label: "Workspace",
    pick: (id) => {
      if (id !== page.workspace) go({ workspace: id, user: page.workspaces.find((each) => each.id === id).visitor, where: null });
    },
  });
}

const group = (title, entries, empty) =>
  h("section", { class: "group", "aria-label": title }, h("h2", null, title), h("ul", null, entries.length ? entries : h("li", { class: "group-empty" }, empty)));

export function sidebar() {
  return h(
    "nav",
    { class: "sidebar", "aria-label": "Conversations", "data-testid": "sidebar" },
    h(
      "button",
      {
        type: "button",
        class: "workspace-switch",
        "data-testid": "workspace-switch",
        "aria-haspopup": "listbox",
        "aria-expanded": "false",
        onclick: (event) => chooseWorkspace(event.currentTarget),
      },
      h("span", { class: "workspace-name" }, workspace().name),
      icon("down", 16),
    ),
    h(
      "div",
      { class: "groups" },
      group("Apps", [entry({ where: "home", name: `${app().name} Home`, sign: icon("home", 16) })]),
      group("Channels", channels(), "No channels yet"),
      group("Direct messages", directMessages(), "Nobody has written yet"),
    ),
  );
}
