// Draws the app's Home tab.

import { blocks } from "../blockkit/blocks.js";
import { h } from "../dom.js";
import { current, elementsOf } from "../drafts.js";
import { app, page } from "../page.js";
import { avatar } from "./avatar.js";
import { go } from "./place.js";
import { homeSurface } from "./surfaces.js";

export function home() {
  const view = page.state.home;
  const messages = page.state.channels.find((each) => each.with === app().bot_user);
  return h(
    "main",
    { id: "main", class: "conversation", key: "home", "aria-label": `${app().name} Home`, "data-testid": "home" },
    h(
      "div",
      { class: "conversation-header" },
      avatar({ id: app().bot_user, name: app().name, bot: true }, 26),
      h("h1", null, app().name),
      h("span", { class: "app-tag" }, "APP"),
      h(
        "div",
        { class: "tabs" },
        h("span", { class: "tab here", "aria-current": "page" }, "Home"),
        messages ? h("button", { type: "button", class: "tab", onclick: () => go({ where: messages.id }) }, "Messages") : null,
      ),
    ),
    h("div", { class: "home-body", tabindex: "0", role: "region", "aria-label": "Home" }, view ? drawView(view) : empty()),
  );
}

function drawView(view) {
  const surface = homeSurface(view, () => valuesOf(surface, view));
  return h("div", { class: "home-column blocks" }, blocks(surface, view.blocks) ?? h("p", null, "This sandbox cannot draw the view."));
}

function valuesOf(surface, view) {
  const all = {};
  for (const block of view.blocks) {
    for (const element of elementsOf(block)) {
      const value = current(surface.key, block, element);
      if (value !== undefined && block.block_id && element.action_id) (all[block.block_id] ??= {})[element.action_id] = value;
    }
  }
  return all;
}

function empty() {
  return h(
    "div",
    { class: "empty" },
    avatar({ id: app().bot_user, name: app().name, bot: true }, 56),
    h("h2", null, `${app().name} has nothing here yet`),
    h("p", null, "The app fills this page when it is opened. If it stays empty, it has not answered yet."),
  );
}
