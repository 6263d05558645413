// The top bar: jump to a conversation, the sandbox's clock, and the person switch.

import { clock, clockIn } from "../blockkit/dates.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { app, me, now, page, workspace } from "../page.js";
import { openList } from "../popups.js";
import { avatar } from "./avatar.js";
import { openJump } from "./jump.js";
import { go } from "./place.js";
import { toggleTrouble } from "./trouble.js";

const mac = /Mac|iP(hone|ad)/.test(navigator.platform);
const JUMP_KEYS = mac ? "⌘K" : "Ctrl K";

function zoneName(zone) {
  return zone?.split("/").at(-1).replaceAll("_", " ") ?? "UTC";
}

export function choosePerson(anchor) {
  const items = workspace().people.map((each) => ({
    value: each.id,
    label: each.name,
    note: each.deactivated ? "Deactivated" : each.title,
    aside: [clockIn(now(), each.tz), h("small", null, zoneName(each.tz))],
    words: `${each.name} ${each.title} ${zoneName(each.tz)}`,
    icon: avatar(each, 32),
    disabled: each.deactivated,
    chosen: each.id === page.user,
  }));
  openList(anchor, { items, label: "You are", wide: true, pick: (user) => go({ user, thread: page.thread }) });
}

export function topbar() {
  const waiting = page.pending.size > 0 || page.state.waiting;
  return h(
    "header",
    { class: "topbar", "data-testid": "topbar" },
    h("button", { type: "button", class: "icon-button only-narrow", "aria-label": "Show conversations", onclick: () => document.body.classList.toggle("sidebar-shown") }, icon("menu")),
    h("span", { class: "badge-sandbox", title: "Nothing here leaves this machine" }, "Sandbox"),
    h(
      "button",
      { type: "button", class: "jump-button", onclick: openJump, "data-testid": "jump" },
      icon("search", 16),
      h("span", { class: "jump-words" }, `Jump to a conversation in ${workspace().name}`),
      h("kbd", null, JUMP_KEYS),
    ),
    page.connected ? null : h("span", { class: "offline", role: "status" }, "Reconnecting…"),
    h(
      "button",
      { type: "button", class: "topbar-button", onclick: toggleTrouble, "data-testid": "trouble-button", "aria-label": "Make trouble", title: "Make trouble" },
      icon("bolt", 18),
      h("span", { class: "topbar-clock", "data-testid": "clock" }, clock(now())),
    ),
    h(
      "button",
      {
        type: "button",
        class: "person-switch",
        "data-testid": "person-switch",
        "data-user": me().id,
        "aria-haspopup": "listbox",
        "aria-expanded": "false",
        onclick: (event) => choosePerson(event.currentTarget),
      },
      avatar(me(), 28),
      h("span", { class: "person-words" }, h("span", { class: "person-name" }, h("span", { class: "you-are" }, "You are: "), me().name), h("span", { class: "person-title" }, `${me().title} · ${clock(now())}`)),
      icon("down", 16),
    ),
    h("div", { class: waiting ? "progress running" : "progress", "data-testid": "waiting", role: "status", "aria-live": "polite" }, h("span", { class: "unseen" }, waiting ? `Waiting for ${app().name}` : "")),
  );
}
