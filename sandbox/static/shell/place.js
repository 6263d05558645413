// The current place, which is in the address: #/workspace/person/conversation-or-home/thread

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

/** Go to a place, then focus the element that the selector finds there. */
export function goAndFocus(target, selector) {
  // The page's own listener was registered first, so it has drawn the place when this one runs.
  addEventListener("hashchange", () => document.querySelector(selector)?.focus(), { once: true });
  go(target);
}

export function placeName() {
  if (!page.place) return undefined;
  return page.place.kind === "home" ? "home" : page.place.id;
}
