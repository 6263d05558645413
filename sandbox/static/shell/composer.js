// The composer: Enter sends, / completes commands, @ completes people.

import { perform } from "../actions.js";
import { h, show } from "../dom.js";
import { icon } from "../icons.js";
import { channelName, isBot, page, workspace } from "../page.js";
import { avatar } from "./avatar.js";

const texts = new Map(); // key of the conversation or thread -> typed text
let completion = null; // {field, items, active, start}

const draftKey = (here, thread) => `${page.workspace}/${page.user}/${here.id}/${thread ?? ""}`;

export function prefill(here, text) {
  texts.set(draftKey(here, null), text);
}

export function composer(here, thread = null) {
  const key = draftKey(here, thread);
  const where = here.kind === "dm" ? channelName(here) : `#${here.name}`;
  const label = thread ? "Reply in thread" : `Message ${where}`;
  const pending = page.pending.has(`send ${key}`);
  const field = h("textarea", {
    class: "composer-text",
    key: `composer ${key}`,
    rows: "1",
    placeholder: thread ? "Reply…" : label,
    "aria-label": label,
    "aria-autocomplete": "list",
    "data-testid": thread ? "thread-composer" : "composer",
    value: texts.get(key) ?? "",
    maxlength: "12000",
    oninput: (event) => {
      texts.set(key, event.target.value);
      grow(event.target);
      complete(event.target, here, thread);
    },
    onkeydown: (event) => keys(event, here, thread),
    onblur: () => endCompletion(),
  });
  return h(
    "div",
    { class: "composer", key: `box ${key}` },
    h("div", { class: "completion-place" }),
    h(
      "div",
      { class: "composer-box" },
      field,
      h(
        "button",
        {
          type: "button",
          class: pending ? "send pending" : "send",
          "aria-label": "Send",
          title: "Send (Enter)",
          onclick: (event) => send(event.currentTarget.closest(".composer").querySelector("textarea"), here, thread),
        },
        icon("send", 18),
      ),
    ),
    h("div", { class: "composer-help" }, thread ? "Commands do not run in threads" : [h("kbd", null, "/"), " commands ", h("kbd", null, "Shift Enter"), " new line"]),
  );
}

function grow(field) {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, 180)}px`;
}

async function send(field, here, thread) {
  const text = field.value.trim();
  if (!text) return;
  const key = draftKey(here, thread);
  endCompletion();
  texts.set(key, "");
  field.value = "";
  grow(field);
  const facts = { channel: here.id, text, ...(thread ? { thread_ts: thread } : {}) };
  const answer = await perform("send", facts, { waiting: `send ${key}` });
  if (answer || texts.get(key)) return;
  texts.set(key, text); // Sending failed: put the text back.
  dispatchEvent(new Event("sandbox:draw"));
}

function keys(event, here, thread) {
  if (event.isComposing) return;
  if (completion) {
    const count = completion.items.length;
    const moves = {
      ArrowDown: () => highlight((completion.active + 1) % count),
      ArrowUp: () => highlight((completion.active - 1 + count) % count),
      Tab: () => insertSuggestion(completion.active),
      Escape: () => endCompletion(),
    };
    if (event.key === "Enter" && !event.shiftKey && !isFullyTyped()) moves.Enter = moves.Tab;
    if (moves[event.key]) {
      event.preventDefault();
      event.stopPropagation();
      moves[event.key]();
      return;
    }
  }
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    send(event.currentTarget, here, thread);
  }
}

// Completion -----------------------------------------------------------------------------------------------------

function complete(field, here, thread) {
  const before = field.value.slice(0, field.selectionStart);
  const command = thread ? null : /^(\/\S*)$/.exec(before);
  const name = /(?:^|\s)@([^\s@][^@\n]{0,30}|)$/.exec(before);
  let items = [];
  let start = 0;
  if (command) items = commands(command[1].toLowerCase());
  else if (name) {
    items = people(name[1].toLowerCase());
    start = before.length - name[1].length - 1;
  }
  if (!items.length) return endCompletion();
  completion = { field, items, active: 0, start };
  return drawCompletion();
}

const commands = (typed) =>
  page.state.commands
    .filter((each) => each.command.startsWith(typed))
    .map((each) => ({ text: each.command, label: each.command, hint: each.usage_hint, note: each.description }));

const people = (typed) =>
  workspace()
    .people.filter((each) => !each.deactivated && !isBot(each.id) && each.name.toLowerCase().includes(typed))
    .slice(0, 8)
    .map((each) => ({ text: `@${each.name}`, label: each.name, note: each.title, sign: avatar(each, 22) }));

const isFullyTyped = () => completion.field.value === completion.items[completion.active].text;

function drawCompletion() {
  const { field, items, active } = completion;
  field.setAttribute("aria-expanded", "true");
  field.setAttribute("aria-activedescendant", `completion-${active}`);
  const rows = items.map((item, place) =>
    h(
      "div",
      {
        id: `completion-${place}`,
        role: "option",
        "aria-selected": String(place === active),
        class: place === active ? "choice active" : "choice",
        onmousedown: (event) => {
          event.preventDefault();
          insertSuggestion(place);
        },
        onmousemove: () => place !== completion?.active && highlight(place),
      },
      item.sign ?? null,
      h("span", { class: "choice-text" }, h("span", { class: "choice-label" }, item.label, item.hint ? h("span", { class: "choice-hint" }, ` ${item.hint}`) : null), item.note ? h("span", { class: "choice-note" }, item.note) : null),
    ),
  );
  show(layer(), h("div", { class: "popup completion", role: "listbox", "aria-label": "Suggestions", "data-testid": "completion" }, rows));
  const from = field.closest(".composer-box").getBoundingClientRect();
  const box = layer().firstChild;
  box.style.left = `${from.left}px`;
  box.style.width = `${Math.min(from.width, 560)}px`;
  box.style.bottom = `${innerHeight - from.top + 6}px`;
  box.querySelector(".active")?.scrollIntoView({ block: "nearest" });
}

/** Return the list's container, which is outside the redrawn part of the page, so a live update leaves it open. */
function layer() {
  return document.getElementById("completion") ?? document.getElementById("layer").appendChild(h("div", { id: "completion" }));
}

function highlight(place) {
  completion.active = place;
  drawCompletion();
}

function insertSuggestion(place) {
  const { field, items, start } = completion;
  const item = items[place];
  field.setRangeText(`${item.text} `, start, field.selectionStart, "end");
  endCompletion();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function endCompletion() {
  if (!completion) return;
  completion.field.removeAttribute("aria-activedescendant");
  completion.field.setAttribute("aria-expanded", "false");
  completion = null;
  show(layer());
}
