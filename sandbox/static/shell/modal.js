// Draws the topmost modal of the stack.

import { perform } from "../actions.js";
import { blocks } from "../blockkit/blocks.js";
import { plainText } from "../blockkit/text.js";
import { trapFocus } from "../confirm.js";
import { h, show, tabbable } from "../dom.js";
import { syncViews, values } from "../drafts.js";
import { icon } from "../icons.js";
import { app, page, redraw } from "../page.js";
import { closeList } from "../popups.js";
import { avatar } from "./avatar.js";

const editedBlocks = new Map(); // view id -> blocks edited since the last errors
let shown = null; // id of the top view
let before = null; // the element that had the focus before the first modal
let lastErrors = "";

/** Draw the topmost modal, and move the focus into it. */
export function drawModals() {
  const stack = page.state.views;
  syncViews(stack);
  const top = stack.at(-1);
  show(document.getElementById("dialogs"), top ? shade(top, stack.length) : null);
  document.getElementById("page").inert = Boolean(top);
  if ((top?.id ?? null) !== shown) changeTop(top);
  if (top) focusFirstError(top);
  // An update can remove the focused element; the focus must stay in the modal.
  if (top && document.activeElement === document.body) focusFirstField();
}

function changeTop(top) {
  const had = shown;
  shown = top?.id ?? null;
  closeList();
  if (!top) {
    if (before?.isConnected) before.focus();
    before = null;
    return;
  }
  if (!had) before = document.activeElement;
  lastErrors = "";
  focusFirstField();
}

/** Focus the first field, or else the submit button. */
function focusFirstField() {
  const box = document.querySelector("#dialogs .dialog");
  const field = box.querySelector("[data-focus]") ?? box.querySelector(".dialog-body input, .dialog-body textarea, .dialog-body button.select");
  (field ?? box.querySelector(".button.primary") ?? box).focus();
}

function errorsOf(view) {
  const edited = editedBlocks.get(view.id);
  return Object.fromEntries(Object.entries(view.errors ?? {}).filter(([block]) => !edited?.has(block)));
}

function focusFirstError(top) {
  const errors = JSON.stringify(errorsOf(top));
  const worse = errors !== lastErrors && errors.length > lastErrors.length;
  lastErrors = errors;
  if (!worse || errors === "{}") return;
  const wrong = document.querySelector("#dialogs .input-block.wrong");
  wrong?.scrollIntoView({ block: "nearest" });
  tabbable(wrong ?? document.createElement("div"))[0]?.focus();
}

function surfaceOf(view) {
  const edited = (block) => {
    if (!editedBlocks.has(view.id)) editedBlocks.set(view.id, new Set());
    editedBlocks.get(view.id).add(block.block_id);
  };
  return {
    key: `view:${view.id}`,
    errors: errorsOf(view),
    pendingKey: (block, element) => `press ${view.id} ${block.block_id} ${element.action_id}`,
    typed: (block) => {
      const wrong = errorsOf(view)[block.block_id];
      edited(block);
      if (wrong) redraw();
    },
    touched: (block) => {
      edited(block);
      redraw();
    },
    redraw,
    submit: () => submit(view),
    press(block, element, value) {
      const facts = { view_id: view.id, block_id: block.block_id, action_id: element.action_id, value, view_values: values(view) };
      return perform("press", facts, { waiting: this.pendingKey(block, element) });
    },
  };
}

function shade(view, depth) {
  const label = `view-title-${view.id}`;
  const keys = (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) {
      event.preventDefault();
      close(view, false);
    } else if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) submit(view);
    else trapFocus(event.currentTarget.querySelector(".dialog"), event);
  };
  return h(
    "div",
    { class: "shade", key: view.id, onkeydown: keys },
    h(
      "div",
      { class: `dialog modal depth-${Math.min(depth, 3)}`, role: "dialog", "aria-modal": "true", "aria-labelledby": label, tabindex: "-1", "data-testid": "modal", "data-view": view.id, "data-callback": view.callback_id },
      h(
        "div",
        { class: "dialog-header" },
        avatar({ id: app().bot_user, name: app().name, bot: true }, 28),
        h("h2", { id: label, class: "dialog-title" }, plainText(view.title)),
        h("button", { type: "button", class: "icon-button", "aria-label": depth > 1 ? "Close all" : "Close", onclick: () => close(view, depth > 1) }, icon("close")),
      ),
      h("div", { class: "dialog-body" }, blocks(surfaceOf(view), view.blocks) ?? h("p", null, "This sandbox cannot draw the view.")),
      view.failure ? h("div", { class: "block alert error modal-failure", role: "alert", "data-testid": "modal-failure" }, icon("warning"), h("div", null, view.failure)) : null,
      footer(view),
    ),
  );
}

function footer(view) {
  const pending = page.pending.has(`submit ${view.id}`);
  return h(
    "div",
    { class: "dialog-buttons" },
    h("button", { type: "button", class: "button", "data-testid": "modal-close", onclick: () => close(view, false) }, view.close ? plainText(view.close) : "Close"),
    view.submit
      ? h(
          "button",
          {
            type: "button",
            class: `button primary ${pending ? "pending" : ""}`,
            "aria-busy": pending ? "true" : null,
            "aria-disabled": view.submit_disabled ? "true" : null,
            "data-testid": "modal-submit",
            onclick: () => !view.submit_disabled && submit(view),
          },
          plainText(view.submit),
        )
      : null,
  );
}

async function submit(view) {
  if (!view.submit) return;
  await perform("submit", { view_id: view.id, view_values: values(view) }, { waiting: `submit ${view.id}` });
  // Errors in the app's answer are about the current values.
  editedBlocks.delete(view.id);
  lastErrors = "";
  redraw();
}

function close(view, all) {
  editedBlocks.delete(view.id);
  return perform("close", { view_id: view.id, ...(all ? { all: true } : {}) });
}
