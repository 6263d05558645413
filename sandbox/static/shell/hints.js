// The three first steps, shown until they are dismissed.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { me, page, redraw, workspace } from "../page.js";
import { prefill } from "./composer.js";
import { goAndFocus } from "./place.js";
import { choosePerson } from "./topbar.js";

const SEEN = "sandbox-hints-seen";
let dismissed = remembered();

function remembered() {
  try {
    return localStorage.getItem(SEEN) === "yes";
  } catch {
    return false;
  }
}

function dismiss() {
  dismissed = true;
  try {
    localStorage.setItem(SEEN, "yes");
  } catch {
    // Without storage the hints are shown again on the next visit.
  }
  redraw();
}

const marketer = () => workspace().people.find((each) => /^Mika\b/.test(each.name)) ?? workspace().people.find((each) => /market/i.test(each.title ?? ""));

function handOver(someone) {
  const here = page.state.channels.find((each) => each.kind === "channel" && each.member);
  if (!here) return;
  if (me().id === someone.id) prefill(here, "/handoff");
  goAndFocus({ user: someone.id, where: here.id }, '[data-testid="composer"]');
}

export function hints() {
  const someone = marketer();
  const fits = page.state.commands.some((each) => each.command === "/handoff");
  if (dismissed || !someone || !fits) return null;
  const first = someone.name.split(" ")[0];
  const there = me().id === someone.id;
  return h(
    "section",
    { class: "hints", "aria-label": "First steps", "data-testid": "hints" },
    h("strong", null, "Try it in three steps"),
    h(
      "ol",
      null,
      h("li", null, there ? `You are ${first}. ` : null, h("button", { type: "button", class: "link-button", onclick: () => handOver(someone) }, there ? "Type /handoff" : `Become ${first}`), there ? " to hand a lead over" : " and type /handoff"),
      h("li", null, h("button", { type: "button", class: "link-button", onclick: () => choosePerson(document.querySelector(".person-switch")) }, "Become the rep"), " it is offered to"),
      h("li", null, "Press ", h("b", null, "Accept"), " on the card in the rep’s messages"),
    ),
    h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss first steps", onclick: dismiss }, icon("close", 16)),
  );
}
