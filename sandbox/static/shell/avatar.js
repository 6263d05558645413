// Avatars: a square with a person's initials, or the app's icon.

import { h, svg } from "../dom.js";
import { isBot } from "../page.js";

const initials = (name) =>
  name
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => [...word][0])
    .filter((letter, place, all) => place === 0 || place === all.length - 1)
    .join("")
    .toUpperCase();

export function avatar(someone, size = 36) {
  if (someone.bot || isBot(someone.id)) {
    return h(
      "span",
      { class: "avatar bot", style: `--size:${size}px`, "aria-hidden": "true" },
      svg("svg", { viewBox: "0 0 32 32" }, svg("rect", { x: 5, y: 13, width: 22, height: 6, rx: 3, transform: "rotate(-35 16 16)" })),
    );
  }
  const colour = /^#[0-9a-f]{3,8}$/i.test(someone.avatar ?? "") ? someone.avatar : "#6b6570";
  return h("span", { class: "avatar", style: `--size:${size}px;--colour:${colour}`, "aria-hidden": "true" }, initials(someone.name));
}
