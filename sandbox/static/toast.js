// Short messages about what just happened or failed.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const SECONDS = 8;

export function toast(sentence, kind = "error") {
  const note = h(
    "div",
    { class: `toast ${kind}`, role: kind === "error" ? "alert" : "status", "data-testid": "toast" },
    icon(kind === "error" ? "warning" : "check", 18),
    h("span", null, sentence),
    h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss", onclick: () => note.remove() }, icon("close", 14)),
  );
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), SECONDS * 1000);
}
