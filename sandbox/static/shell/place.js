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

export function placeName() {
  if (!page.place) return undefined;
  return page.place.kind === "home" ? "home" : page.place.id;
}
