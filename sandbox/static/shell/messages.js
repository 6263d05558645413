// Draws one message: author, time, content, thread link and menu.

import { perform } from "../actions.js";
import { blocks } from "../blockkit/blocks.js";
import { clock, day, exact } from "../blockkit/dates.js";
import { mrkdwn } from "../blockkit/mrkdwn.js";
import { confirmed } from "../confirm.js";
import { h, lazy } from "../dom.js";
import { icon } from "../icons.js";
import { app, isBot, me, now, page } from "../page.js";
import { openList } from "../popups.js";
import { avatar } from "./avatar.js";
import { goAndFocus } from "./place.js";
import { messageSurface, waitsFor } from "./surfaces.js";

const TOGETHER = 300; // seconds within which one author's messages share a heading

const openThread = (message) => goAndFocus({ thread: message.ts }, '[data-testid="thread-composer"]');
const authorOf = (message) => message.user ?? message.bot_id ?? message.name;

function author(message) {
  if (message.bot_id || isBot(message.user)) return { id: app().bot_user, name: message.name || app().name, bot: true };
  return page.state.people[message.user] ?? { id: null, name: message.name || "Slackbot", avatar: "#6b6570" };
}

const follows = (message, before) =>
  before &&
  !message.ephemeral &&
  !before.ephemeral &&
  authorOf(message) === authorOf(before) &&
  message.date - before.date < TOGETHER &&
  day(message.date) === day(before.date);

/** Return a message as a lazy child, redrawn if it or its context has changed. */
export function messageRow(channel, message, { before = null, inThread = false } = {}) {
  const joined = Boolean(follows(message, before));
  const selected = page.thread === message.ts && !inThread;
  // The reader's day is part of the signature because relative dates ("today") depend on it.
  const signature = JSON.stringify([
    message,
    joined,
    selected,
    page.user,
    page.revisions.get(message.ts),
    waitsFor(message),
    day(now()),
    page.state.shortcuts,
  ]);
  return lazy(`${message.ephemeral ? "e" : "m"}${message.ts}`, signature, () => draw(channel, message, { joined, selected, inThread }));
}

function draw(channel, message, { joined, selected, inThread }) {
  const who = author(message);
  return h(
    "article",
    {
      class: ["message", joined && "joined", message.ephemeral && "ephemeral", selected && "selected"].filter(Boolean).join(" "),
      tabindex: "-1",
      "aria-label": `${who.name}, ${clock(message.date)}`,
      "data-testid": "message",
      "data-ts": message.ts,
    },
    message.ephemeral ? h("div", { class: "only-you", "data-testid": "ephemeral" }, icon("eye", 14), "Only visible to you") : null,
    h("div", { class: "gutter" }, joined ? h("time", { class: "small-time" }, clock(message.date)) : avatar(who)),
    h(
      "div",
      { class: "message-main" },
      joined ? null : heading(who, message),
      h("div", { class: "message-body" }, body(channel, message)),
      inThread || message.ephemeral ? null : threadLink(message),
    ),
    message.ephemeral ? null : toolbar(channel, message, inThread),
  );
}

function heading(who, message) {
  return h(
    "div",
    { class: "heading" },
    h("span", { class: "author" }, who.name),
    who.bot ? h("span", { class: "app-tag" }, "APP") : null,
    h("time", { class: "time", title: exact(message.date), datetime: new Date(message.date * 1000).toISOString() }, clock(message.date)),
  );
}

function body(channel, message) {
  const edited = message.edited ? h("span", { class: "edited" }, " (edited)") : null;
  const drawn = message.blocks?.length ? blocks(messageSurface(channel, message), message.blocks) : null;
  if (drawn) return [h("div", { class: "blocks" }, drawn), message.user && !isBot(message.user) ? edited : null];
  return h("div", { class: "text" }, mrkdwn(message.text ?? ""), edited);
}

function threadLink(message) {
  if (!message.reply_count) return null;
  const replies = page.state.conversations[page.place.id]?.filter((each) => each.thread_ts === message.ts && each.ts !== message.ts) ?? [];
  const authors = [...new Map(replies.map((each) => [authorOf(each), author(each)])).values()].slice(0, 4);
  return h(
    "button",
    { type: "button", class: "thread-link", "data-testid": "thread-link", onclick: () => openThread(message) },
    authors.map((each) => avatar(each, 22)),
    h("span", { class: "thread-count" }, message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`),
    replies.length ? h("span", { class: "thread-when" }, `Last at ${clock(replies.at(-1).date)}`) : null,
  );
}

function toolbar(channel, message, inThread) {
  return h(
    "div",
    { class: "toolbar", role: "toolbar", "aria-label": "Message actions" },
    inThread
      ? null
      : h("button", { type: "button", class: "icon-button", "aria-label": "Reply in thread", title: "Reply in thread", onclick: () => openThread(message) }, icon("reply", 18)),
    h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "More message actions", title: "More actions", "aria-haspopup": "menu", "aria-expanded": "false", onclick: (event) => more(event.currentTarget, channel, message) },
      icon("more", 18),
    ),
  );
}

function more(anchor, channel, message) {
  const shortcuts = page.state.shortcuts
    .filter((each) => each.type === "message")
    .map((each) => ({ value: `shortcut ${each.callback_id}`, label: each.name, note: app().name }));
  const items = [...shortcuts, { value: "delete", label: "Delete message…", danger: true }];
  const pick = async (value) => {
    if (value === "delete") return remove(channel, message);
    return perform("shortcut", { callback_id: value.slice("shortcut ".length), channel, message_ts: message.ts });
  };
  openList(anchor, { items, label: "More message actions", role: "menu", pick });
}

async function remove(channel, message) {
  const own = message.user === me().id;
  const question = {
    title: { text: "Delete message" },
    text: { text: own ? "This cannot be undone." : `${author(message).name} posted this. Delete it as an administrator would?` },
    confirm: { text: "Delete" },
    deny: { text: "Cancel" },
    style: "danger",
  };
  if (await confirmed(question)) await perform("delete", { channel, message_ts: message.ts });
}
