// Confirmation dialogs, and the focus trap of everything that opens above the page.

import { h, tabbable } from "./dom.js";
import { plainText } from "./blockkit/text.js";
import { mrkdwn } from "./blockkit/mrkdwn.js";

/** On Tab, keep the focus inside `box`. */
export function trapFocus(box, event) {
  if (event.key !== "Tab") return;
  const stops = tabbable(box);
  if (!stops.length) {
    event.preventDefault();
    return;
  }
  const [first, last] = [stops[0], stops.at(-1)];
  const inside = box.contains(document.activeElement) && document.activeElement !== box;
  if (event.shiftKey ? document.activeElement === first || !inside : document.activeElement === last || !inside) {
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }
}

/** Show a Block Kit confirmation object as a dialog; resolves to whether the reader confirmed. */
export function confirmed(question) {
  const before = document.activeElement;
  return new Promise((resolve) => {
    const finish = (agreed) => {
      shade.remove();
      if (before?.isConnected) before.focus();
      resolve(agreed);
    };
    const keys = (event) => {
      event.stopPropagation();
      if (event.key === "Escape") finish(false);
      else trapFocus(box, event);
    };
    const text = question.text.type === "mrkdwn" ? mrkdwn(question.text.text, question.text) : plainText(question.text);
    const yes = h(
      "button",
      { type: "button", class: `button ${question.style ?? "primary"}`, onclick: () => finish(true) },
      plainText(question.confirm),
    );
    const box = h(
      "div",
      { class: "dialog small", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "ask-title", "aria-describedby": "ask-text", "data-testid": "confirm" },
      h("h2", { id: "ask-title", class: "dialog-title" }, plainText(question.title)),
      h("div", { id: "ask-text", class: "dialog-body" }, h("div", { class: "text" }, text)),
      h(
        "div",
        { class: "dialog-buttons" },
        h("button", { type: "button", class: "button", onclick: () => finish(false) }, plainText(question.deny)),
        yes,
      ),
    );
    const shade = h("div", { class: "shade asking", onkeydown: keys }, box);
    document.body.append(shade);
    yes.focus();
  });
}
