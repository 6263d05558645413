// Sends the reader's actions to the sandbox. `page.pending` holds those that the app has not answered yet.

import { page, redraw } from "./page.js";
import * as backend from "./backend.js";
import { toast } from "./toast.js";

let refresh = async () => {};

export function setRefresh(callback) {
  refresh = callback;
}

/** Send an action, wait for the app's answer and fetch the new state; resolves to the answer, or null if it failed. */
export async function perform(name, facts = {}, { waiting = null, quiet = false } = {}) {
  const key = waiting ?? name;
  if (!quiet) {
    if (page.pending.has(key)) return null;
    page.pending.set(key, true);
    redraw();
  }
  try {
    const answer = await backend.action({ workspace: page.workspace, user: page.user, action: name, ...facts });
    if (!answer.ok && !quiet) throw new Error(answer.error);
    return answer;
  } catch (error) {
    // A form shows its own errors.
    if (!quiet && name !== "submit") toast(error.message);
    return null;
  } finally {
    page.pending.delete(key);
    await refresh();
    redraw();
  }
}
