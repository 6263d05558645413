// The panel that switches faults on and off, and moves the sandbox's clock.

import { exact } from "../blockkit/dates.js";
import { h, show } from "../dom.js";
import { icon } from "../icons.js";
import { now, page } from "../page.js";
import * as backend from "../backend.js";
import { toast } from "../toast.js";

const TROUBLES = [
  { name: "Too many requests", note: "The next 3 calls get a 429: retry after 5 s", fault: { method: "*", kind: "429", times: 3, retry_after: 5 } },
  { name: "Slack is broken", note: "The next 3 calls get a 500", fault: { method: "*", kind: "500", times: 3 } },
  { name: "Post lost on the way", note: "The connection is cut before the next message is posted", fault: { method: "chat.postMessage", kind: "cut_before", times: 1 } },
  { name: "Answer lost on the way back", note: "The next message is posted, then the connection is cut", fault: { method: "chat.postMessage", kind: "cut_after", times: 1 } },
  { name: "Delivered twice", note: "The app gets the next action twice", fault: { deliver: "twice", times: 1 } },
  { name: "Connection dropped", note: "The app's websocket is cut", fault: { deliver: "drop_socket", times: 1 } },
];
const STEPS = [["15 min", 900], ["1 h", 3600]];

let open = false;
let active = [];
let before = null;
let refresh = async () => {};

export function onClockMoved(callback) {
  refresh = callback;
}

export async function toggleTrouble() {
  if (open) return closeTrouble();
  open = true;
  before = document.activeElement;
  drawTrouble();
  holder().querySelector(".trouble-panel button:not(.icon-button)").focus();
  return attempt(async () => {
    active = remaining(await backend.faults());
  });
}

function closeTrouble() {
  open = false;
  show(holder());
  if (before?.isConnected) before.focus();
}

const holder = () => document.getElementById("trouble") ?? document.getElementById("layer").appendChild(h("div", { id: "trouble" }));

async function attempt(work) {
  try {
    const answer = await work();
    if (answer?.ok === false) throw new Error(answer.error);
  } catch (error) {
    toast(error.message);
  }
  if (open) drawTrouble();
}

const add = (fault) =>
  attempt(async () => {
    active = remaining(await backend.faults());
    const answer = await backend.setFaults([...active, fault]);
    if (answer.ok) active = remaining(answer);
    return answer;
  });

const clear = () =>
  attempt(async () => {
    const answer = await backend.setFaults([]);
    active = [];
    return answer;
  });

const advance = (seconds, words) =>
  attempt(async () => {
    const answer = await backend.advance(seconds);
    if (answer.ok !== false) toast(`The clock moved forward by ${words}.`, "done");
    await refresh();
    return answer;
  });

/** Return the faults that will still strike, with their remaining times. */
const remaining = (answer) =>
  answer.faults
    .map(({ struck, ...fault }) => ({ ...fault, times: fault.times === null ? null : fault.times - struck }))
    .filter((fault) => fault.times === null || fault.times > 0);

const same = (one, other) => one.deliver === other.deliver && one.kind === other.kind && (one.method ?? "*") === (other.method ?? "*");
const plainName = (fault) => (fault.deliver ? `Delivery: ${fault.deliver}` : `${fault.method}: ${fault.kind}`);

function faultLabel(fault) {
  const name = TROUBLES.find((each) => same(each.fault, fault))?.name ?? plainName(fault);
  return fault.times === null ? name : `${name}, ${fault.times === 1 ? "once" : `${fault.times} times`}`;
}

/** Redraw the panel if it is open. */
export function drawTrouble() {
  if (!open) return;
  const keys = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    closeTrouble();
  };
  show(
    holder(),
    h(
      "section",
      { class: "trouble-panel", role: "dialog", "aria-label": "Make trouble", "data-testid": "trouble", onkeydown: keys },
      h("div", { class: "trouble-head" }, h("h2", null, "Make trouble"), h("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: closeTrouble }, icon("close", 16))),
      h("ul", { class: "troubles" }, TROUBLES.map((each) => h("li", null, h("button", { type: "button", class: "trouble", onclick: () => add(each.fault) }, h("span", { class: "choice-label" }, each.name), h("span", { class: "choice-note" }, each.note))))),
      active.length
        ? h(
            "div",
            { class: "trouble-set", "data-testid": "faults" },
            h("div", { class: "trouble-head" }, h("h3", null, "Waiting to happen"), h("button", { type: "button", class: "link-button", onclick: clear }, "Clear all")),
            h("ul", null, active.map((each) => h("li", null, faultLabel(each)))),
          )
        : null,
      h("h2", null, "Clock"),
      h("p", { class: "trouble-now" }, exact(now())),
      // The bot runs by the real clock too, which the page cannot move.
      page.state.clock === "manual"
        ? h("div", { class: "trouble-clock" }, STEPS.map(([words, seconds]) => h("button", { type: "button", class: "button", onclick: () => advance(seconds, words) }, `+ ${words}`)))
        : null,
    ),
  );
}
