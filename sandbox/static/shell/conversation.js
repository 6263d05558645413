// Draws a channel or direct message, and the open thread.

import { perform } from "../actions.js";
import { day, dayHeading } from "../blockkit/dates.js";
import { h, lazy } from "../dom.js";
import { icon } from "../icons.js";
import { app, channel, channelName, isBot, page, person } from "../page.js";
import { avatar } from "./avatar.js";
import { composer } from "./composer.js";
import { messageRow } from "./messages.js";
import { go, goAndFocus } from "./place.js";

const BATCH = 150;
const NEAR_THE_END = 60; // pixels
const more = new Map(); // channel id -> how many messages to show

const topLevel = (messages) => messages.filter((each) => !each.deleted && (!each.thread_ts || each.thread_ts === each.ts));

export function conversation() {
  const here = channel(page.place.id);
  if (!here) return h("main", { id: "main", class: "conversation" }, h("div", { class: "empty" }, h("p", null, "This conversation is not open to you.")));
  return h(
    "main",
    { id: "main", class: "conversation", key: here.id, "aria-label": title(here), "data-testid": "conversation" },
    header(here),
    list(here.id, rows(here), "Messages"),
    notices(),
    composer(here),
  );
}

const title = (here) => (here.kind === "dm" ? `Direct message with ${channelName(here)}` : `Channel ${here.name}`);

function header(here) {
  const other = here.kind === "dm" && here.with ? person(here.with) : null;
  return h(
    "div",
    { class: "conversation-header" },
    other ? avatar(other, 26) : icon("hash", 18),
    h("h1", null, channelName(here)),
    other && isBot(other.id) ? h("span", { class: "app-tag" }, "APP") : null,
    other && !isBot(other.id) ? h("span", { class: "header-note" }, other.title) : null,
    other && isBot(other.id) ? h("button", { type: "button", class: "link-button", onclick: () => go({ where: "home" }) }, "Open Home") : null,
  );
}

function rows(here) {
  const all = topLevel(page.state.conversations[here.id] ?? []);
  const count = more.get(here.id) ?? BATCH;
  const shown = all.slice(-count);
  const nodes = [];
  if (!all.length) return [lazy("empty", here.id, () => emptyConversation(here))];
  if (shown.length < all.length) nodes.push(earlier(here, all.length - shown.length, count));
  else nodes.push(lazy("start", here.id, () => beginning(here)));
  let before = null;
  for (const message of shown) {
    const today = day(message.date);
    if (!before || day(before.date) !== today) {
      const heading = dayHeading(message.date);
      nodes.push(lazy(`day ${today}`, heading, () => h("div", { class: "day", role: "separator" }, h("span", null, heading))));
      before = null;
    }
    nodes.push(messageRow(here.id, message, { before }));
    before = message;
  }
  return nodes;
}

function earlier(here, hidden, count) {
  const press = () => {
    more.set(here.id, count + BATCH);
    dispatchEvent(new Event("sandbox:draw"));
  };
  return h("button", { key: "earlier", type: "button", class: "link-button earlier", onclick: press }, `Show ${Math.min(hidden, BATCH)} earlier messages`);
}

function beginning(here) {
  if (here.kind === "dm") return h("div", { class: "beginning" }, `This is the start of your conversation with ${channelName(here)}.`);
  return h("div", { class: "beginning" }, `This is the very beginning of #${here.name}.`);
}

function emptyConversation(here) {
  const bot = here.with && isBot(here.with);
  return h(
    "div",
    { class: "empty" },
    here.with ? avatar(person(here.with), 56) : h("span", { class: "empty-sign" }, icon("hash", 28)),
    h("h2", null, here.kind === "dm" ? channelName(here) : `Welcome to #${here.name}`),
    h("p", null, bot ? `${app().name} will write to you here.` : here.kind === "dm" ? "Nothing has been said yet." : "Nothing has been posted yet. Type / to see what the app can do."),
  );
}

function list(key, children, label) {
  return h(
    "div",
    { class: "messages", key: `list ${key}`, role: "log", "aria-label": label, tabindex: "0", onkeydown: walk, "data-testid": "messages" },
    children,
  );
}

/** Move the focus between messages with the arrow keys. */
function walk(event) {
  if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const own = document.activeElement;
  if (own !== event.currentTarget && !own.classList.contains("message")) return;
  const all = [...event.currentTarget.querySelectorAll(".message")];
  const at = all.indexOf(own);
  const next = at < 0 ? all.at(-1) : all[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function notices() {
  const open = page.state.notices;
  if (!open.length) return null;
  const dismiss = (id) => perform("dismiss", { notice_id: id });
  return h(
    "div",
    { class: "notices", role: "log", "aria-label": "Slackbot" },
    open.slice(-3).map((each) =>
      h(
        "div",
        { class: "notice", key: each.id, "data-testid": "notice" },
        icon("warning", 18),
        h("span", { class: "notice-text" }, h("span", { class: "notice-who" }, "Slackbot · Only visible to you"), h("span", null, each.text)),
        h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss", onclick: () => dismiss(each.id) }, icon("close", 14)),
      ),
    ),
  );
}

export function thread() {
  const here = page.place.kind === "conversation" ? channel(page.place.id) : null;
  if (!here || !page.thread) return null;
  const all = page.state.conversations[here.id] ?? [];
  const parent = all.find((each) => each.ts === page.thread);
  const replies = all.filter((each) => each.thread_ts === page.thread && each.ts !== page.thread && !each.deleted);
  const close = () => goAndFocus({ thread: null }, '[data-testid="composer"]');
  const children = [
    parent && !parent.deleted
      ? messageRow(here.id, parent, { inThread: true })
      : lazy("gone", "gone", () => h("p", { class: "gone" }, "This message was deleted.")),
    replies.length
      ? lazy("count", String(replies.length), () => h("div", { class: "reply-count", role: "separator" }, h("span", null, replies.length === 1 ? "1 reply" : `${replies.length} replies`)))
      : null,
    replies.map((each, place) => messageRow(here.id, each, { before: replies[place - 1] ?? null, inThread: true })),
  ];
  return h(
    "aside",
    { class: "thread", key: `thread ${page.thread}`, "aria-label": "Thread", "data-testid": "thread", onkeydown: (event) => event.key === "Escape" && !event.defaultPrevented && close() },
    h(
      "div",
      { class: "conversation-header" },
      h("h2", null, "Thread"),
      h("span", { class: "header-note" }, here.kind === "dm" ? channelName(here) : `#${here.name}`),
      h("button", { type: "button", class: "icon-button close-thread", "aria-label": "Close thread", onclick: close }, icon("close")),
    ),
    list(`${here.id} ${page.thread}`, children, "Thread messages"),
    composer(here, page.thread),
  );
}

// Scrolling ------------------------------------------------------------------------------------------------------

const seen = new WeakSet();

/** Before a redraw: return the lists that are scrolled to their end. */
export function listsAtEnd() {
  return new Set([...document.querySelectorAll(".messages")].filter((node) => node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_THE_END));
}

/** After a redraw: scroll those lists, and newly opened ones, to their end. */
export function restoreScroll(atEnd) {
  for (const node of document.querySelectorAll(".messages")) {
    const opened = !seen.has(node);
    seen.add(node);
    if (opened || atEnd.has(node)) node.scrollTop = node.scrollHeight;
  }
}

/** Mark the open conversation as read if it has unread messages and the page is visible. */
export function markRead() {
  const here = page.place?.kind === "conversation" ? channel(page.place.id) : null;
  if (here?.unread && document.visibilityState === "visible") perform("mark_read", { channel: here.id }, { waiting: "mark_read", quiet: true });
}
