// Draws the rich_text block.

import { h } from "../dom.js";
import { emoji } from "./emoji.js";
import { broadcast, channelMention, dateText, emojiNode, link, userMention } from "./text.js";

const WRAPS = [["bold", "strong"], ["italic", "em"], ["strike", "s"], ["underline", "u"], ["code", "code"]];

function styled(node, style) {
  return WRAPS.reduce((inner, [name, tag]) => (style?.[name] ? h(tag, null, inner) : inner), node);
}

function bareInline(element) {
  switch (element.type) {
    case "text":
      return element.text;
    case "link":
      return link(element.url, element.text || element.url);
    case "emoji":
      return emoji(element.name) ? emojiNode({ name: element.name, picture: emoji(element.name) }) : `:${element.name}:`;
    case "user":
      return userMention(element.user_id);
    case "channel":
      return channelMention(element.channel_id);
    case "usergroup":
      return h("span", { class: "mention" }, "@group");
    case "broadcast":
      return broadcast(element.range);
    case "date":
      return dateText(element.timestamp, element.format, element.url, element.fallback);
    case "color":
      return h("code", null, element.value);
    default:
      return "";
  }
}

const inlines = (elements) => elements.map((element) => styled(bareInline(element), element.style));

function list(element) {
  const tag = element.style === "ordered" ? "ol" : "ul";
  return h(
    tag,
    {
      class: `rich-list indent-${element.indent ?? 0}${element.border ? " bordered" : ""}`,
      start: element.offset ? element.offset + 1 : null,
    },
    element.elements.map((section) => h("li", null, inlines(section.elements))),
  );
}

function part(element) {
  switch (element.type) {
    case "rich_text_section":
      return h("div", { class: "rich-section" }, inlines(element.elements));
    case "rich_text_list":
      return list(element);
    case "rich_text_quote":
      return h("blockquote", null, inlines(element.elements));
    case "rich_text_preformatted":
      return h("pre", { class: "code" }, inlines(element.elements));
    default:
      return null;
  }
}

export function richText(block) {
  return h("div", { class: "rich-text" }, block.elements.map(part));
}

/** Return the plain text of a rich_text block, for sorting and searching. */
export function richTextWords(block) {
  const words = (element) =>
    element.elements ? element.elements.map(words).join(" ") : (element.text ?? element.url ?? element.fallback ?? element.name ?? "");
  return words(block);
}
