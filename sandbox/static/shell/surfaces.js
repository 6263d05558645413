// Where blocks stand, and what pressing something there tells the sandbox.

import { act } from "../acts.js";
import { page, redraw, touch } from "../page.js";

const pressKey = (where, block, element) => `press ${where} ${block.block_id} ${element.action_id}`;

/** The blocks of a message. */
export function messageSurface(channel, message) {
  const where = message.ts;
  return {
    key: `message:${channel}:${message.ts}`,
    pendingKey: (block, element) => pressKey(where, block, element),
    touched: () => touch(message.ts),
    redraw: () => touch(message.ts),
    press: (block, element, value) =>
      act(
        "press",
        { channel, message_ts: message.ts, block_id: block.block_id, action_id: element.action_id, value },
        { waiting: pressKey(where, block, element) },
      ),
  };
}

/** Whether something in this message waits for the app. */
export function waitsFor(message) {
  return [...page.pending.keys()].filter((key) => key.startsWith(`press ${message.ts} `)).join();
}

/** The blocks of the app's Home. */
export function homeSurface(view, values) {
  return {
    key: `home:${page.workspace}:${page.user}`,
    pendingKey: (block, element) => pressKey("home", block, element),
    touched: redraw,
    redraw,
    press: (block, element, value) =>
      act(
        "press",
        { view_id: "home", block_id: block.block_id, action_id: element.action_id, value, view_values: values() },
        { waiting: pressKey("home", block, element) },
      ),
  };
}
