// Draws the interactive elements of Block Kit: buttons, menus and fields. A surface is what contains them:
// {key, press(block, element, value), touched(block), pendingKey(block, element), redraw(), typed?(block), submit?(), errors?}.

import { confirmed } from "../confirm.js";
import { h } from "../dom.js";
import { current, keep } from "../drafts.js";
import { icon } from "../icons.js";
import { isBot, page, workspace } from "../page.js";
import { openList } from "../popups.js";
import { mrkdwn } from "./mrkdwn.js";
import { plainText } from "./text.js";

const text = (object) => (object.type === "mrkdwn" ? mrkdwn(object.text, object) : plainText(object));
const idOf = (surface, block, element) => `f-${surface.key}-${block.block_id}-${element.action_id}`.replaceAll(/[^\w-]/g, "_");

/** Keep the new value, and send `block_actions` if the element dispatches. */
async function setValue(surface, block, element, value) {
  const dispatches = block.type !== "input" || block.dispatch_action;
  if (dispatches && element.confirm && !(await confirmed(element.confirm))) return;
  keep(surface.key, block, element, value);
  surface.touched(block);
  if (dispatches) surface.press(block, element, value);
}

function commonAttributes(surface, block, element, attributes = {}) {
  const input = block.type === "input";
  return {
    id: idOf(surface, block, element),
    "data-action": element.action_id,
    "data-block": block.block_id,
    "aria-label": input ? null : (element.placeholder?.text ?? null),
    "aria-labelledby": input ? `${idOf(surface, block, element)}-label` : null,
    "aria-describedby": input ? `${idOf(surface, block, element)}-hint` : null,
    "aria-invalid": surface.errors?.[block.block_id] ? "true" : null,
    "aria-required": input && !block.optional ? "true" : null,
    ...attributes,
  };
}

function button(surface, block, element) {
  const pending = page.pending.has(surface.pendingKey(block, element));
  const press = async () => {
    if (element.confirm && !(await confirmed(element.confirm))) return;
    if (element.url) window.open(element.url, "_blank", "noopener");
    surface.press(block, element);
  };
  return h(
    "button",
    {
      type: "button",
      class: `button ${element.style ?? ""} ${pending ? "pending" : ""}`,
      "data-action": element.action_id,
      "data-block": block.block_id,
      "aria-label": element.accessibility_label,
      "aria-busy": pending ? "true" : null,
      onclick: press,
    },
    plainText(element.text),
  );
}

function overflow(surface, block, element) {
  const items = element.options.map((option) => ({ value: option.value, label: option.text, note: option.description, words: option.text.text }));
  const pick = async (value) => {
    const option = element.options.find((each) => each.value === value);
    if (element.confirm && !(await confirmed(element.confirm))) return;
    if (option.url) window.open(option.url, "_blank", "noopener");
    surface.press(block, element, value);
  };
  const pending = page.pending.has(surface.pendingKey(block, element));
  return h(
    "button",
    {
      type: "button",
      class: `button overflow ${pending ? "pending" : ""}`,
      "data-action": element.action_id,
      "data-block": block.block_id,
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      onclick: (event) => openList(event.currentTarget, { items, label: "More actions", role: "menu", pick }),
    },
    icon("more"),
  );
}

function select(surface, block, element, items, chosen) {
  const found = items.find((item) => item.value === chosen);
  const label = found ? found.label : (element.placeholder ?? "Choose an option");
  const choices = items.map((item) => ({ ...item, chosen: item.value === chosen }));
  const clearable = block.type === "input" && block.optional && found;
  const pending = page.pending.has(surface.pendingKey(block, element));
  const attributes = commonAttributes(surface, block, element, {
    type: "button",
    class: `select ${found ? "" : "unset"} ${pending ? "pending" : ""}`,
    "aria-haspopup": "listbox",
    "aria-expanded": "false",
    "data-value": chosen,
    onclick: (event) =>
      openList(event.currentTarget, {
        items: clearable ? [{ value: null, label: "No choice", words: "no choice" }, ...choices] : choices,
        label: element.placeholder?.text ?? block.label?.text ?? "Options",
        pick: (value) => setValue(surface, block, element, value),
      }),
  });
  if (attributes["aria-labelledby"]) attributes["aria-labelledby"] += ` ${attributes.id}`;
  else attributes["aria-label"] = found ? `${element.placeholder?.text ?? "Choice"}: ${words(label)}` : attributes["aria-label"];
  return h("button", attributes, h("span", { class: "select-label" }, typeof label === "string" ? label : plainText(label)), icon("down", 16));
}

const words = (label) => (typeof label === "string" ? label : label.text);

function staticSelect(surface, block, element) {
  const item = (option, group) => ({
    value: option.value,
    label: option.text,
    note: option.description,
    words: option.text.text,
    group,
  });
  const items = element.option_groups
    ? element.option_groups.flatMap((group) => group.options.map((option) => item(option, group.label)))
    : element.options.map((option) => item(option));
  return select(surface, block, element, items, current(surface.key, block, element));
}

function usersSelect(surface, block, element) {
  const items = Object.values({ ...Object.fromEntries(workspace().people.map((each) => [each.id, each])), ...page.state.people })
    .filter((each) => !each.deactivated && !isBot(each.id))
    .map((each) => ({ value: each.id, label: each.name, note: each.title, words: `${each.name} ${each.title ?? ""}` }));
  return select(surface, block, element, items, current(surface.key, block, element));
}

function choices(surface, block, element, type) {
  const held = current(surface.key, block, element);
  const isOn = (value) => (type === "checkbox" ? held.includes(value) : held === value);
  const change = (event) => {
    const { value, checked } = event.target;
    if (type === "radio") return setValue(surface, block, element, value);
    const now = current(surface.key, block, element).filter((each) => each !== value);
    // Values are sent in the order of the options, not in the order of ticking.
    const next = element.options.map((option) => option.value).filter((each) => now.includes(each) || (checked && each === value));
    return setValue(surface, block, element, next);
  };
  const name = idOf(surface, block, element);
  return h(
    "div",
    commonAttributes(surface, block, element, { class: "choices", role: type === "radio" ? "radiogroup" : "group" }),
    element.options.map((option, place) =>
      h(
        "label",
        { class: "choice-line", key: option.value },
        h("input", { type, name, id: `${name}-${place}`, value: option.value, checked: isOn(option.value), onchange: change }),
        h("span", null, h("span", { class: "text" }, text(option.text)), option.description ? h("span", { class: "choice-note" }, text(option.description)) : null),
      ),
    ),
  );
}

function field(surface, block, element, attributes, tag = "input") {
  const onCharacter = element.dispatch_action_config?.trigger_actions_on?.includes("on_character_entered");
  const typed = (event) => {
    keep(surface.key, block, element, event.target.value);
    surface.typed?.(block);
    if (block.dispatch_action && onCharacter) surface.press(block, element, event.target.value);
  };
  const keys = (event) => {
    if (event.key !== "Enter" || event.isComposing || (tag === "textarea" && !event.metaKey && !event.ctrlKey)) return;
    event.preventDefault();
    if (block.dispatch_action && !onCharacter) surface.press(block, element, event.target.value || null);
    else surface.submit?.();
  };
  return h(tag, {
    ...commonAttributes(surface, block, element),
    class: "field",
    placeholder: element.placeholder ? element.placeholder.text : null,
    value: current(surface.key, block, element) ?? "",
    autocomplete: "off",
    "data-focus": element.focus_on_load ? "true" : null,
    oninput: typed,
    onkeydown: keys,
    ...attributes,
  });
}

function picker(surface, block, element, type) {
  const change = (event) => setValue(surface, block, element, event.target.value || null);
  const held = current(surface.key, block, element) ?? "";
  return h("input", { ...commonAttributes(surface, block, element), type, class: "field picker", value: held, "data-focus": element.focus_on_load ? "true" : null, onchange: change });
}

/** Return the node of an element, or null for an unknown type. */
export function element(surface, block, each) {
  switch (each.type) {
    case "button":
      return button(surface, block, each);
    case "overflow":
      return overflow(surface, block, each);
    case "static_select":
      return staticSelect(surface, block, each);
    case "users_select":
      return usersSelect(surface, block, each);
    case "radio_buttons":
      return choices(surface, block, each, "radio");
    case "checkboxes":
      return choices(surface, block, each, "checkbox");
    case "datepicker":
      return picker(surface, block, each, "date");
    case "timepicker":
      return picker(surface, block, each, "time");
    case "plain_text_input":
      return each.multiline
        ? field(surface, block, each, { rows: "4", maxlength: each.max_length ?? 3000 }, "textarea")
        : field(surface, block, each, { type: "text", maxlength: each.max_length ?? 3000 });
    case "number_input":
      return field(surface, block, each, { type: "text", inputmode: each.is_decimal_allowed ? "decimal" : "numeric" });
    case "email_text_input":
      return field(surface, block, each, { type: "email", inputmode: "email" });
    case "url_text_input":
      return field(surface, block, each, { type: "url", inputmode: "url" });
    default:
      return null;
  }
}

/** Return the node of an input block: its label, element, error and hint. */
export function input(surface, block) {
  const id = idOf(surface, block, block.element);
  const wrong = surface.errors?.[block.block_id];
  return h(
    "div",
    { class: wrong ? "input-block wrong" : "input-block", "data-testid": "input", "data-block": block.block_id, key: `${block.block_id}/${block.element.action_id}/${block.element.type}` },
    h(
      "label",
      { id: `${id}-label`, for: id, class: "input-label" },
      plainText(block.label),
      block.optional ? h("span", { class: "optional" }, " (optional)") : null,
    ),
    element(surface, block, block.element),
    h(
      "div",
      { id: `${id}-hint`, class: "input-notes" },
      wrong ? h("div", { class: "input-error", role: "alert" }, icon("warning", 16), h("span", null, wrong)) : null,
      block.hint ? h("div", { class: "input-hint" }, plainText(block.hint)) : null,
    ),
  );
}
