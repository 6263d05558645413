// Pieces of text that mrkdwn and rich_text share: emoji, links, mentions, dates.

import { h } from "../dom.js";
import { channel, channelName, isBot, me, page, person } from "../page.js";
import { exact, slackDate } from "./dates.js";
import { withEmoji } from "./emoji.js";

export function emojiNode({ name, picture }) {
  return h("span", { class: "emoji", role: "img", "aria-label": name.replaceAll("_", " "), title: `:${name}:` }, picture);
}

export function textWithEmoji(text) {
  return withEmoji(text).map((part) => (typeof part === "string" ? part : emojiNode(part)));
}

/** Return a plain_text object's nodes: not parsed, except for emoji shortcodes unless `emoji` is false. */
export function plainText(object) {
  return object.emoji === false ? object.text : textWithEmoji(object.text);
}

/** Return a link that opens a new tab; addresses other than web, mail and phone are shown as text. */
export function link(address, children) {
  if (!/^(https?:\/\/|mailto:|tel:)/i.test(address)) return h("span", null, children);
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, children);
}

export function userMention(id) {
  const name = person(id).name;
  const mine = id === me().id;
  return h("span", { class: mine ? "mention mine" : "mention", "data-user": id }, isBot(id) ? name : `@${name}`);
}

export function channelMention(id, label) {
  const known = page.state.channels.find((each) => each.id === id);
  if (!known) return h("span", { class: "mention" }, `#${label || "private-channel"}`);
  const go = () => {
    location.hash = `#/${page.workspace}/${page.user}/${id}`;
  };
  return h("button", { type: "button", class: "mention linkish", onclick: go }, `#${channelName(channel(id))}`);
}

export function broadcast(range) {
  return h("span", { class: "mention everybody", "data-broadcast": range }, `@${range}`);
}

export function dateText(unix, pattern, address, fallback) {
  const text = slackDate(unix, pattern);
  if (text === null) return fallback ?? "";
  const time = h("time", { datetime: new Date(unix * 1000).toISOString(), title: exact(unix) }, text);
  return address ? link(address, time) : time;
}
