// Parses Slack's mrkdwn into nodes.

import { h } from "../dom.js";
import { page } from "../page.js";
import { broadcast, channelMention, dateText, link, textWithEmoji, userMention } from "./text.js";

const STYLES = { "*": "strong", _: "em", "~": "s" };
const ADDRESS =
  /https?:\/\/[^\s<>|]*[^\s<>|.,;:!?)'"\]]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|eu|de|es|uk)\b(?:\/[^\s<>|]*[^\s<>|.,;:!?)'"\]])?/gi;

/** Return the nodes of a mrkdwn text; with `verbatim` bare addresses and channel names stay plain text. */
export function mrkdwn(text, { verbatim = false } = {}) {
  const nodes = [];
  const pieces = text.split(/```([\s\S]+?)```/);
  pieces.forEach((piece, place) => {
    if (place % 2) nodes.push(h("pre", { class: "code" }, unescape(piece.replace(/^\n|\n$/g, ""))));
    else nodes.push(...paragraphs(trimBreaks(piece, place, pieces.length), verbatim));
  });
  return nodes;
}

/** Remove the line breaks next to a preformatted block, which has its own. */
function trimBreaks(piece, place, count) {
  const start = place > 0 ? piece.replace(/^\n/, "") : piece;
  return place < count - 1 ? start.replace(/\n$/, "") : start;
}

function paragraphs(text, verbatim) {
  const nodes = [];
  let quoted = [];
  let plain = [];
  const endQuote = () => {
    if (quoted.length) nodes.push(h("blockquote", null, inline(quoted.join("\n"), verbatim)));
    quoted = [];
  };
  const endPlain = () => {
    if (plain.length && plain.join("")) nodes.push(...inline(plain.join("\n"), verbatim));
    plain = [];
  };
  for (const line of text.split("\n")) {
    const quote = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (quote) {
      endPlain();
      quoted.push(quote[1]);
    } else {
      if (quoted.length) endQuote();
      plain.push(line);
    }
  }
  endPlain();
  endQuote();
  return nodes;
}

function inline(text, verbatim) {
  const nodes = [];
  let plain = "";
  const flush = () => {
    if (plain) nodes.push(...withLinks(plain, verbatim));
    plain = "";
  };
  for (let place = 0; place < text.length; ) {
    const found = entityAt(text, place) ?? codeAt(text, place) ?? styledAt(text, place, verbatim);
    if (found) {
      flush();
      nodes.push(found.node);
      place = found.end;
    } else {
      plain += text[place];
      place += 1;
    }
  }
  flush();
  return nodes;
}

function entityAt(text, start) {
  if (text[start] !== "<") return null;
  const found = /<([^<>\n]+)>/y;
  found.lastIndex = start;
  const node = entity(found.exec(text)?.[1] ?? "");
  return node === null ? null : { node, end: found.lastIndex };
}

function entity(inside) {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? null : unescape(inside.slice(bar + 1));
  if (/^@[UW][A-Z0-9]+$/.test(target)) return userMention(target.slice(1));
  if (/^#C[A-Z0-9]+$/.test(target)) return channelMention(target.slice(1), label);
  if (/^!(here|channel|everyone)$/.test(target)) return broadcast(target.slice(1));
  if (target.startsWith("!date^")) {
    const [, unix, pattern, address] = target.split("^");
    return h("span", null, dateText(Number(unix), pattern ?? "", address ? unescape(address) : null, label));
  }
  if (target.startsWith("!")) return h("span", { class: "mention" }, label ?? target);
  if (/^(https?:\/\/|mailto:|tel:)/i.test(target)) {
    const address = unescape(target);
    return link(address, label ? textWithEmoji(label) : address.replace(/^mailto:/i, ""));
  }
  return null;
}

function codeAt(text, start) {
  if (text[start] !== "`") return null;
  const end = text.indexOf("`", start + 1);
  const inside = text.slice(start + 1, end);
  if (end < 0 || !inside || inside.includes("\n")) return null;
  return { node: h("code", null, unescape(inside)), end: end + 1 };
}

/** Return the styled node that starts here, if a mark opens and closes on this line at the edges of words. */
function styledAt(text, start, verbatim) {
  const mark = text[start];
  if (!Object.hasOwn(STYLES, mark)) return null;
  if (start > 0 && /[\p{L}\p{N}]/u.test(text[start - 1])) return null;
  if (start > 0 && text[start - 1] === mark) return null;
  if (!text[start + 1] || /\s/.test(text[start + 1]) || text[start + 1] === mark) return null;
  for (let place = start + 1; place < text.length && text[place] !== "\n"; place += 1) {
    const whole = entityAt(text, place) ?? codeAt(text, place);
    if (whole) {
      place = whole.end - 1;
      continue;
    }
    const closes = text[place] === mark && !/\s/.test(text[place - 1]) && !/[\p{L}\p{N}]/u.test(text[place + 1] ?? "");
    if (closes && text[place + 1] !== mark && place > start + 1) {
      return { node: h(STYLES[mark], null, inline(text.slice(start + 1, place), verbatim)), end: place + 1 };
    }
  }
  return null;
}

function withLinks(text, verbatim) {
  if (verbatim) return textWithEmoji(unescape(text));
  const nodes = [];
  let done = 0;
  for (const found of text.matchAll(ADDRESS)) {
    nodes.push(...withMentions(text.slice(done, found.index)));
    const address = unescape(found[0]);
    nodes.push(link(addressOf(address), address));
    done = found.index + found[0].length;
  }
  nodes.push(...withMentions(text.slice(done)));
  return nodes;
}

function addressOf(text) {
  if (/^https?:/i.test(text)) return text;
  return text.includes("@") ? `mailto:${text}` : `http://${text}`;
}

/** Return a text's nodes: names of known channels as links, @here, @channel and @everyone as mentions. */
function withMentions(text) {
  const nodes = [];
  let done = 0;
  for (const found of text.matchAll(/(?<![\p{L}\p{N}&@])(?:#([\p{Ll}\p{N}_-]+)|@(here|channel|everyone)\b)/gu)) {
    const known = page.state.channels.find((each) => each.kind === "channel" && each.name === found[1]);
    if (!known && !found[2]) continue;
    const node = found[2] ? broadcast(found[2]) : channelMention(known.id, known.name);
    nodes.push(...textWithEmoji(unescape(text.slice(done, found.index))), node);
    done = found.index + found[0].length;
  }
  nodes.push(...textWithEmoji(unescape(text.slice(done))));
  return nodes;
}

/** Replace Slack's three entities; anything else that looks like HTML stays text. */
function unescape(text) {
  return text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);
}
