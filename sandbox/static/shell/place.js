// Where the reader stands, written in the address: #/workspace/person/conversation-or-home/thread

import { page } from "../page.js";

export function readPlace() {
  const [, workspace, user, where, thread] = location.hash.split("/").map(decodeURIComponent);
  return { workspace, user, where, thread };
}

export function go({ workspace = page.workspace, user = page.user, where = placeName(), thread = null }) {
  const parts = [workspace, user, where, thread].filter(Boolean).map(encodeURIComponent);
  const hash = `#/${parts.join("/")}`;
  if (location.hash === hash) dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = hash;
}

/** Go there, and put the focus on what is found by the selector when it stands there. */
export function goAndFocus(target, selector) {
  // Registered after the page's own listener, so that has drawn the place when this runs.
  addEventListener("hashchange", () => document.querySelector(selector)?.focus(), { once: true });
  go(target);
}

export function placeName() {
  if (!page.place) return undefined;
  return page.place.kind === "home" ? "home" : page.place.id;
}
