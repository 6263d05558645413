// Icons as SVG paths on a 20 by 20 grid.

import { svg } from "./dom.js";

const PATHS = {
  hash: "M7.5 3 6 17M14 3l-1.5 14M3.5 7.5h13.5M3 12.5h13.5",
  home: "M3.5 9.5 10 4l6.5 5.5V16a1 1 0 0 1-1 1h-3.5v-4.500h-4V17H4.500a1 1 0 0 1-1-1z",
  reply: "M4 4.500h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H9.500L5.500 17v-3.500H4a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1zM7 8h6M7 10.500h4",
  close: "M5 5l10 10M15 5 5 15",
  down: "M5.500 8l4.500 4.500L14.500 8",
  right: "M8 5.500l4.500 4.500L8 14.500",
  search: "M9 3.500a5.500 5.500 0 1 1 0 11a5.500 5.500 0 0 1 0-11zM13 13l4 4",
  send: "M3.500 10 17 3.500 13 17l-3.500-5.500zM9.500 11.500 17 3.500",
  eye: "M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5zM10 7.700a2.300 2.300 0 1 1 0 4.600a2.300 2.300 0 0 1 0-4.600z",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  bolt: "M11 2.500 4.500 11.500H9.500L8.500 17.500 15.500 8.500H10.500z",
  check: "M4 10.500 8 14.500 16 5.500",
  warning: "M10 3 18 16.500H2zM10 8v4M10 14.200h.01",
  info: "M10 2.500a7.500 7.500 0 1 1 0 15a7.500 7.500 0 0 1 0-15zM10 9v5M10 6.200h.01",
  menu: "M3 5.500h14M3 10h14M3 14.500h14",
  sort: "M7 8l3-3.500L13 8M7 12l3 3.500L13 12",
  up: "M6 12l4-4.500L14 12",
  image: "M3 4h14v12H3zM3 13.500l4-4 4 4 2.500-2.500 3.500 3.500M13 7.500h.01",
};

export function icon(name, size = 20) {
  return svg(
    "svg",
    { viewBox: "0 0 20 20", width: size, height: size, class: `icon icon-${name}`, "aria-hidden": "true" },
    svg("path", { d: PATHS[name] }),
  );
}
