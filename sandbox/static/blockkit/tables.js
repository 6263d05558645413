// Draws the data_table block, with sorting, search and pages.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { richText, richTextWords } from "./richtext.js";

const PAGE_SIZE = 5;
const FIND_FROM = 6;
const settings = new Map(); // key of the table -> {column, down, page, find}

const isNumber = (cell) => cell.type === "raw_number";
const words = (cell) => (cell.type === "rich_text" ? richTextWords(cell) : (cell.text ?? String(cell.value)));
const cellContent = (cell) => (cell.type === "rich_text" ? richText(cell) : words(cell));
const compare = (one, other) =>
  isNumber(one) && isNumber(other) ? one.value - other.value : words(one).localeCompare(words(other), undefined, { numeric: true });

function arranged(rows, { column, down, find }) {
  const wanted = find.trim().toLowerCase();
  const found = wanted ? rows.filter((row) => row.some((cell) => words(cell).toLowerCase().includes(wanted))) : [...rows];
  if (column !== null) found.sort((a, b) => (down ? -1 : 1) * compare(a[column], b[column]));
  return found;
}

export function dataTable(block, key, redraw) {
  const state = settings.get(key) ?? { column: null, down: false, page: 0, find: "" };
  const change = (next) => {
    settings.set(key, { ...state, ...next });
    redraw();
  };
  const [head, ...rows] = block.rows;
  const found = arranged(rows, state);
  const size = block.page_size ?? PAGE_SIZE;
  const pages = Math.max(1, Math.ceil(found.length / size));
  const page = Math.min(state.page, pages - 1);
  const numeric = head.map((_, column) => rows.every((row) => isNumber(row[column])));
  const rowHead = block.row_header_column_index ?? 0;
  return h(
    "div",
    { class: "data-table", "data-testid": "data-table" },
    rows.length >= FIND_FROM ? finder(block, state, change) : null,
    h(
      "div",
      { class: "table-scroll", tabindex: "0", role: "region", "aria-label": block.caption },
      h(
        "table",
        null,
        h("caption", null, block.caption),
        h("thead", null, h("tr", null, head.map((cell, column) => headCell(cell, column, numeric[column], state, change)))),
        h(
          "tbody",
          null,
          found.slice(page * size, (page + 1) * size).map((row) =>
            h("tr", null, row.map((cell, column) => h(column === rowHead ? "th" : "td", { scope: column === rowHead ? "row" : null, class: numeric[column] ? "number" : null }, cellContent(cell)))),
          ),
        ),
      ),
    ),
    pages > 1 || state.find ? pager(found.length, page, pages, size, change) : null,
  );
}

function headCell(cell, column, numeric, state, change) {
  const sorted = state.column === column;
  // A first press sorts numbers from the largest.
  const press = () => change({ column, down: sorted ? !state.down : numeric, page: 0 });
  return h(
    "th",
    { scope: "col", class: numeric ? "number" : null, "aria-sort": sorted ? (state.down ? "descending" : "ascending") : "none" },
    h("button", { type: "button", class: "table-head", onclick: press }, words(cell), icon(sorted ? (state.down ? "down" : "up") : "sort", 14)),
  );
}

function finder(block, state, change) {
  return h("input", {
    type: "search",
    class: "table-find",
    placeholder: "Find in table",
    "aria-label": `Find in ${block.caption}`,
    value: state.find,
    oninput: (event) => change({ find: event.target.value, page: 0 }),
  });
}

function pager(count, page, pages, size, change) {
  const from = count ? page * size + 1 : 0;
  return h(
    "div",
    { class: "table-pager" },
    h("span", { role: "status" }, `${from}–${Math.min(count, (page + 1) * size)} of ${count}`),
    h("button", { type: "button", class: "link-button", disabled: page === 0, onclick: () => change({ page: page - 1 }) }, "Previous"),
    h("button", { type: "button", class: "link-button", disabled: page >= pages - 1, onclick: () => change({ page: page + 1 }) }, "Next"),
  );
}
