// What the reader does, carried to the sandbox; while the app is waited for, `page.pending` says so.

import { page, redraw } from "./page.js";
import * as server from "./server.js";
import { toast } from "./toast.js";

let refresh = async () => {};

export function afterwards(callback) {
  refresh = callback;
}

/** Do it, wait for the app's answer and the state behind it; returns the answer, or null when it failed. */
export async function act(name, facts = {}, { waiting = null, quiet = false } = {}) {
  const key = waiting ?? name;
  if (!quiet) {
    if (page.pending.has(key)) return null;
    page.pending.set(key, true);
    redraw();
  }
  try {
    const answer = await server.act({ workspace: page.workspace, user: page.user, act: name, ...facts });
    if (!answer.ok && !quiet) throw new Error(answer.error);
    return answer;
  } catch (error) {
    // What goes wrong with a form is said in the form.
    if (!quiet && name !== "submit") toast(error.message);
    return null;
  } finally {
    page.pending.delete(key);
    await refresh();
    redraw();
  }
}
