// Draws Block Kit blocks.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { chart } from "./charts.js";
import { element, input } from "./elements.js";
import { mrkdwn } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { dataTable } from "./tables.js";
import { link, plainText } from "./text.js";

const text = (object) => (object.type === "mrkdwn" ? mrkdwn(object.text, object) : plainText(object));

/** Draw an image. Remote images are not fetched: nothing in the sandbox makes requests to other machines. */
function picture(block, className) {
  if (block.image_url?.startsWith("data:image/")) return h("img", { class: className, src: block.image_url, alt: block.alt_text });
  return h("span", { class: `${className} missing`, role: "img", "aria-label": block.alt_text, title: block.image_url }, icon("image"));
}

function section(surface, block) {
  return h(
    "div",
    { class: "block section" },
    h(
      "div",
      { class: "section-main" },
      block.text ? h("div", { class: "text" }, text(block.text)) : null,
      block.fields ? h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "text" }, text(field)))) : null,
    ),
    block.accessory
      ? h("div", { class: "accessory" }, block.accessory.type === "image" ? picture(block.accessory, "thumbnail") : element(surface, block, block.accessory))
      : null,
  );
}

function context(block) {
  return h(
    "div",
    { class: "block context" },
    block.elements.map((each) => (each.type === "image" ? picture(each, "context-image") : h("span", { class: "text" }, text(each)))),
  );
}

function image(block) {
  return h(
    "figure",
    { class: "block image" },
    block.title ? h("figcaption", null, plainText(block.title)) : null,
    picture(block, "picture"),
    block.image_url?.startsWith("data:") ? null : h("div", { class: "image-address" }, block.alt_text, " · ", link(block.image_url, "open")),
  );
}

function alert(block) {
  const level = block.level ?? "default";
  const sign = { warning: "warning", error: "warning", success: "check" }[level] ?? "info";
  return h("div", { class: `block alert ${level}`, role: level === "error" || level === "warning" ? "alert" : "note" }, icon(sign), h("div", { class: "text" }, text(block.text)));
}

function blockNode(surface, block, place) {
  switch (block.type) {
    case "header":
      return h("h3", { class: "block header" }, plainText(block.text));
    case "section":
      return section(surface, block);
    case "context":
      return context(block);
    case "divider":
      return h("hr", { class: "block" });
    case "actions":
      return h("div", { class: "block actions" }, block.elements.map((each) => element(surface, block, each)));
    case "input":
      return input(surface, block);
    case "rich_text":
      return h("div", { class: "block text" }, richText(block));
    case "image":
      return image(block);
    case "data_table":
      return h("div", { class: "block" }, dataTable(block, `${surface.key}/${block.block_id ?? place}`, surface.redraw));
    case "data_visualization":
      return h("div", { class: "block" }, chart(block));
    case "alert":
      return alert(block);
    default:
      return null;
  }
}

/** Return the nodes of a surface's blocks; null if a type is unknown, so that the caller shows the text instead. */
export function blocks(surface, list) {
  const nodes = list.map((block, place) => blockNode(surface, block, place));
  return nodes.includes(null) ? null : nodes;
}
