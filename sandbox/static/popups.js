// Lists that open over the page: selects, overflow menus, the person switch. They are outside the redrawn part of
// the page, so a live update leaves them open; a list closes when its anchor is removed.

import { h, show } from "./dom.js";
import { icon } from "./icons.js";
import { plainText } from "./blockkit/text.js";

const FILTER_FROM = 8;
let open = null;

/**
 * Open a list under `anchor`. An item is `{value, label, note?, aside?, group?, icon?, disabled?, danger?, chosen?, words?}`;
 * `label` and `note` are text objects, strings or nodes; `words` is the text that the filter searches.
 */
export function openList(anchor, { items, label, pick, role = "listbox", wide = false, find = items.length >= FILTER_FROM }) {
  const again = open?.anchor === anchor;
  closeList();
  if (again) return;
  const box = h("div", { class: wide ? "popup wide" : "popup", "data-testid": "popup" });
  open = { anchor, box, items, pick, role, filter: "", active: initialIndex(items), label, find };
  document.getElementById("layer").append(box);
  anchor.setAttribute("aria-expanded", "true");
  drawList();
  place();
  (box.querySelector("input") ?? box.querySelector("[role=listbox],[role=menu]")).focus();
}

function initialIndex(items) {
  const chosen = items.findIndex((item) => item.chosen);
  return chosen >= 0 ? chosen : Math.max(0, items.findIndex((item) => !item.disabled));
}

export function closeList({ refocus = false } = {}) {
  if (!open) return false;
  const { anchor, box } = open;
  open = null;
  box.remove();
  anchor.setAttribute("aria-expanded", "false");
  if (refocus && anchor.isConnected) anchor.focus();
  return true;
}

/** After a redraw: move the list to its anchor, or close it if the anchor is gone. */
export function repositionList() {
  if (!open) return;
  if (!open.anchor.isConnected || open.anchor.disabled) {
    closeList();
  } else {
    open.anchor.setAttribute("aria-expanded", "true");
    place();
  }
}

const filteredItems = () => {
  const wanted = open.filter.trim().toLowerCase();
  return wanted ? open.items.filter((item) => searchText(item).toLowerCase().includes(wanted)) : open.items;
};

const searchText = (item) => item.words ?? (typeof item.label === "string" ? item.label : (item.label.text ?? item.label.textContent));
const textNode = (text) => (typeof text === "object" && !(text instanceof Node) ? plainText(text) : text);

function drawList() {
  const items = filteredItems();
  const optionRole = open.role === "menu" ? "menuitem" : "option";
  const rows = [];
  let group;
  items.forEach((item, place) => {
    if (item.group !== group) rows.push(h("div", { class: "popup-group", role: "presentation" }, textNode(item.group)));
    group = item.group;
    rows.push(row(item, place, optionRole));
  });
  show(
    open.box,
    open.find ? filterField() : null,
    h(
      "div",
      {
        role: open.role,
        "aria-label": open.label,
        tabindex: "-1",
        class: "popup-list",
        "aria-activedescendant": items.length ? `choice-${open.active}` : null,
        onkeydown: keys,
      },
      rows.length ? rows : h("div", { class: "popup-empty" }, "Nothing found"),
    ),
  );
}

function filterField() {
  const changed = (event) => {
    open.filter = event.target.value;
    open.active = 0;
    drawList();
  };
  return h("input", {
    type: "text",
    class: "popup-filter",
    placeholder: "Find…",
    role: "combobox",
    "aria-expanded": "true",
    "aria-label": `Find in ${open.label}`,
    "aria-activedescendant": `choice-${open.active}`,
    autocomplete: "off",
    oninput: changed,
    onkeydown: keys,
  });
}

function row(item, place, role) {
  return h(
    "div",
    {
      id: `choice-${place}`,
      role,
      class: ["choice", place === open.active && "active", item.danger && "danger"].filter(Boolean).join(" "),
      "data-value": item.value,
      "aria-selected": role === "option" ? String(Boolean(item.chosen)) : null,
      "aria-disabled": item.disabled ? "true" : null,
      onmousemove: () => highlight(place),
      onmousedown: (event) => event.preventDefault(),
      onclick: () => choose(place),
    },
    item.icon ?? null,
    h("span", { class: "choice-text" }, h("span", { class: "choice-label" }, textNode(item.label)), note(item)),
    item.aside ? h("span", { class: "choice-aside" }, item.aside) : null,
    item.chosen ? icon("check", 16) : null,
  );
}

const note = (item) => (item.note ? h("span", { class: "choice-note" }, textNode(item.note)) : null);

function highlight(place) {
  if (!open || open.active === place) return;
  open.active = place;
  drawList();
  open.box.querySelector(".choice.active")?.scrollIntoView({ block: "nearest" });
}

function choose(place) {
  const item = filteredItems()[place];
  if (!item || item.disabled) return;
  const { pick } = open;
  closeList({ refocus: true });
  pick(item.value);
}

function keys(event) {
  const count = filteredItems().length;
  const moves = {
    ArrowDown: () => highlight((open.active + 1) % Math.max(count, 1)),
    ArrowUp: () => highlight((open.active - 1 + count) % Math.max(count, 1)),
    Home: () => highlight(0),
    End: () => highlight(count - 1),
    Enter: () => choose(open.active),
    Escape: () => closeList({ refocus: true }),
    Tab: () => closeList({ refocus: true }),
  };
  if (event.key === " " && event.target.nodeName !== "INPUT") moves[" "] = moves.Enter;
  const move = moves[event.key];
  if (move) {
    event.preventDefault();
    event.stopPropagation();
    move();
  } else if (event.key.length === 1 && event.target.nodeName !== "INPUT") {
    const start = filteredItems().findIndex((item) => searchText(item).toLowerCase().startsWith(event.key.toLowerCase()));
    if (start >= 0) highlight(start);
  }
}

/** Position the list below its anchor, or above if there is no room, and inside the window. */
function place() {
  const { anchor, box } = open;
  const from = anchor.getBoundingClientRect();
  box.style.minWidth = `${Math.max(from.width, 160)}px`;
  const size = box.getBoundingClientRect();
  const below = from.bottom + 4 + size.height <= innerHeight || from.top < size.height + 8;
  box.style.left = `${Math.max(8, Math.min(from.left, innerWidth - size.width - 8))}px`;
  box.style.top = `${below ? Math.min(from.bottom + 4, Math.max(8, innerHeight - size.height - 8)) : from.top - size.height - 4}px`;
}

document.addEventListener("mousedown", (event) => {
  if (open && !open.box.contains(event.target) && !open.anchor.contains(event.target)) closeList();
});
addEventListener("resize", () => repositionList());
