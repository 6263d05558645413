// The dialog that jumps to any conversation (Ctrl+K).

import { trapFocus } from "../confirm.js";
import { h, show } from "../dom.js";
import { icon } from "../icons.js";
import { app, channelName, page, person } from "../page.js";
import { avatar } from "./avatar.js";
import { goAndFocus } from "./place.js";

let open = null; // {typed, active, before}

function places() {
  const home = { where: "home", name: `${app().name} Home`, sign: icon("home", 18), unread: 0 };
  const all = page.state.channels.map((each) => ({
    where: each.id,
    name: channelName(each),
    sign: each.kind === "dm" && each.with ? avatar(person(each.with), 22) : icon("hash", 18),
    unread: each.unread,
    note: each.kind === "dm" ? "Direct message" : each.member ? "Channel" : "Channel you are not in",
  }));
  const typed = open.typed.trim().toLowerCase().replace(/^[#@]/, "");
  return [...all.sort((one, other) => other.unread - one.unread), home].filter((each) => each.name.toLowerCase().includes(typed));
}

export function openJump() {
  if (open || document.querySelector("#dialogs .dialog")) return;
  open = { typed: "", active: 0, before: document.activeElement };
  draw();
  document.querySelector(".jump input").focus();
}

function close({ refocus = true } = {}) {
  const { before } = open;
  open = null;
  show(holder());
  if (refocus && before?.isConnected) before.focus();
}

const holder = () => document.getElementById("jump") ?? document.body.appendChild(h("div", { id: "jump" }));

function choose(place) {
  const found = places()[place];
  if (!found) return;
  close({ refocus: false });
  goAndFocus({ where: found.where }, '[data-testid="composer"], .home-body');
}

function keys(event) {
  const count = Math.max(1, places().length);
  const move = {
    ArrowDown: () => highlight((open.active + 1) % count),
    ArrowUp: () => highlight((open.active - 1 + count) % count),
    Enter: () => choose(open.active),
    Escape: () => close(),
  }[event.key];
  if (move) {
    event.preventDefault();
    event.stopPropagation();
    move();
  } else trapFocus(event.currentTarget, event);
}

function highlight(place) {
  open.active = place;
  draw();
  document.querySelector(".jump .active")?.scrollIntoView({ block: "nearest" });
}

function draw() {
  const found = places();
  const typed = (event) => {
    open.typed = event.target.value;
    open.active = 0;
    draw();
  };
  const rows = found.map((each, place) =>
    h(
      "div",
      { id: `jump-${place}`, role: "option", "aria-selected": String(place === open.active), class: place === open.active ? "choice active" : "choice", onclick: () => choose(place), onmousemove: () => place !== open.active && highlight(place) },
      each.sign,
      h("span", { class: "choice-text inline" }, h("span", { class: "choice-label" }, each.name), each.note ? h("span", { class: "choice-note" }, each.note) : null),
      each.unread ? h("span", { class: "badge" }, String(each.unread)) : null,
    ),
  );
  show(
    holder(),
    h(
      "div",
      { class: "shade", onclick: (event) => event.target === event.currentTarget && close() },
      h(
        "div",
        { class: "dialog jump", role: "dialog", "aria-modal": "true", "aria-label": "Jump to a conversation", onkeydown: keys, "data-testid": "jump-dialog" },
        h("input", { type: "text", class: "field", placeholder: "Jump to…", role: "combobox", "aria-expanded": "true", "aria-controls": "jump-list", "aria-activedescendant": `jump-${open.active}`, "aria-label": "Conversation", autocomplete: "off", oninput: typed }),
        h("div", { id: "jump-list", class: "popup-list", role: "listbox", "aria-label": "Conversations" }, rows.length ? rows : h("div", { class: "popup-empty" }, "Nothing found")),
      ),
    ),
  );
}

addEventListener("keydown", (event) => {
  if ((event.metaKey || event.ctrlKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    if (open) close();
    else if (page.state) openJump();
  }
});
