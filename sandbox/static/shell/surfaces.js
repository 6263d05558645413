// The surfaces of messages and the Home tab: how their elements are keyed, pressed and redrawn.

import { perform } from "../actions.js";
import { page, redraw, touch } from "../page.js";

const pressKey = (where, block, element) => `press ${where} ${block.block_id} ${element.action_id}`;

/** Return the surface of a message. */
export function messageSurface(channel, message) {
  const where = message.ts;
  return {
    key: `message:${channel}:${message.ts}`,
    pendingKey: (block, element) => pressKey(where, block, element),
    touched: () => touch(message.ts),
    redraw: () => touch(message.ts),
    press: (block, element, value) =>
      perform(
        "press",
        { channel, message_ts: message.ts, block_id: block.block_id, action_id: element.action_id, value },
        { waiting: pressKey(where, block, element) },
      ),
  };
}

/** Return the keys of this message's presses that the app has not answered yet, as one string. */
export function waitsFor(message) {
  return [...page.pending.keys()].filter((key) => key.startsWith(`press ${message.ts} `)).join();
}

/** Return the surface of the Home tab. */
export function homeSurface(view, values) {
  return {
    key: `home:${page.workspace}:${page.user}`,
    pendingKey: (block, element) => pressKey("home", block, element),
    touched: redraw,
    redraw,
    press: (block, element, value) =>
      perform(
        "press",
        { view_id: "home", block_id: block.block_id, action_id: element.action_id, value, view_values: values() },
        { waiting: pressKey("home", block, element) },
      ),
  };
}
