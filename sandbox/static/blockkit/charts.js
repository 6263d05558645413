// Draws the data_visualization block as SVG, with the same figures in a table for screen readers.

import { h, svg } from "../dom.js";

const COLOURS = ["#3567b7", "#d9772b", "#23876a", "#8a4f9e", "#b58b12", "#c4475c"];
const WIDTH = 560;
const HEIGHT = 220;
const LEFT = 46;
const RIGHT = 12;
const TOP = 12;
const BASE = 186;

const figure = (value) => new Intl.NumberFormat("en", { maximumFractionDigits: 2 }).format(value);
const brief = (value) =>
  new Intl.NumberFormat("en", { notation: Math.abs(value) >= 10_000 ? "compact" : "standard", maximumFractionDigits: 2 }).format(value);

export function chart(block) {
  const { chart: facts, title } = block;
  const pie = facts.type === "pie";
  return h(
    "figure",
    { class: "chart", "data-testid": "chart", "data-chart": facts.type },
    h("figcaption", null, title),
    pie ? h("div", { class: "pie-row" }, pieDrawing(facts, title), pieLegend(facts)) : [axesDrawing(facts, title), seriesLegend(facts)],
    h("details", { class: "chart-table" }, h("summary", null, "Show as table"), pie ? pieTable(facts, title) : seriesTable(facts, title)),
  );
}

// Axes -----------------------------------------------------------------------------------------------------------

/** Return axis marks from `low` to `high` in steps of 1, 2 or 5 times a power of ten. */
function ticks(low, high) {
  const rough = (high - low || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const marks = [];
  for (let mark = Math.floor(low / step); mark <= Math.ceil(high / step); mark += 1) marks.push(mark * step);
  return marks;
}

function axesDrawing(facts, title) {
  const { categories, x_label: xLabel, y_label: yLabel } = facts.axis_config;
  const series = facts.series.map((each) => ({
    name: each.name,
    values: categories.map((category) => each.data.find((point) => point.label === category).value),
  }));
  const all = series.flatMap((each) => each.values);
  const marks = ticks(Math.min(0, ...all), Math.max(0, ...all));
  const [low, high] = [marks[0], marks.at(-1) === marks[0] ? marks[0] + 1 : marks.at(-1)];
  const y = (value) => BASE - ((value - low) / (high - low)) * (BASE - TOP);
  const band = (WIDTH - LEFT - RIGHT) / categories.length;
  const middle = (place) => LEFT + band * (place + 0.5);
  const draw = { bar: bars, line: lines, area: areas }[facts.type];
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT + (xLabel ? 14 : 0)}`, role: "img", "aria-label": `${title}: ${facts.type} chart, figures in the table below` },
    marks.map((mark) => [
      svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(mark), y2: y(mark), class: mark === 0 ? "axis" : "grid" }),
      svg("text", { x: LEFT - 8, y: y(mark) + 4, class: "tick end" }, brief(mark)),
    ]),
    draw(series, { y, band, middle, categories }),
    categories.map((category, place) => categoryLabel(category, place, middle(place), band)),
    xLabel ? svg("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT + 8, class: "axis-label middle" }, xLabel) : null,
    yLabel ? svg("text", { transform: `translate(10 ${(TOP + BASE) / 2}) rotate(-90)`, class: "axis-label middle" }, yLabel) : null,
  );
}

function categoryLabel(category, place, x, band) {
  const room = Math.floor(band / 6.2);
  const every = Math.ceil(26 / band);
  if (place % every) return null;
  const text = category.length > room * every ? `${category.slice(0, Math.max(1, room * every - 1))}…` : category;
  return svg("text", { x, y: BASE + 18, class: "tick middle" }, svg("title", null, category), text);
}

const pointTitle = (series, place, categories) => svg("title", null, `${series.name}, ${categories[place]}: ${figure(series.values[place])}`);

function bars(series, { y, band, categories }) {
  const width = Math.min(36, (band * 0.72) / series.length);
  const start = (band - width * series.length) / 2;
  return series.flatMap((each, index) =>
    each.values.map((value, place) => {
      const x = LEFT + band * place + start + width * index;
      const [from, to] = [y(Math.max(0, value)), y(Math.min(0, value))];
      return svg(
        "rect",
        { x: x + 1, y: from, width: Math.max(1, width - 2), height: Math.max(0.5, to - from), rx: 2, fill: COLOURS[index] },
        pointTitle(each, place, categories),
      );
    }),
  );
}

function lines(series, { y, middle, categories }) {
  return series.map((each, index) =>
    svg(
      "g",
      null,
      svg("polyline", { points: each.values.map((value, place) => `${middle(place)},${y(value)}`).join(" "), fill: "none", stroke: COLOURS[index], "stroke-width": 2.25, "stroke-linejoin": "round" }),
      each.values.map((value, place) => svg("circle", { cx: middle(place), cy: y(value), r: 3.5, fill: COLOURS[index], class: "point" }, pointTitle(each, place, categories))),
    ),
  );
}

function areas(series, scale) {
  const { y, middle } = scale;
  const shapes = series.map((each, index) => {
    const top = each.values.map((value, place) => `${middle(place)},${y(value)}`);
    const base = [`${middle(each.values.length - 1)},${y(0)}`, `${middle(0)},${y(0)}`];
    return svg("polygon", { points: [...top, ...base].join(" "), fill: COLOURS[index], "fill-opacity": 0.22 });
  });
  return [...shapes, ...lines(series, scale)];
}

// Pie ------------------------------------------------------------------------------------------------------------

const total = (facts) => facts.segments.reduce((sum, each) => sum + each.value, 0);
const share = (value, sum) => `${Math.round((value / sum) * 100)}%`;

function pieDrawing(facts, title) {
  const sum = total(facts);
  let turned = 0;
  const slices = facts.segments.map((segment, index) => {
    const [from, to] = [turned, turned + segment.value / sum];
    turned = to;
    return svg("path", { d: slice(from, to), fill: COLOURS[index], class: "slice" }, svg("title", null, `${segment.label}: ${figure(segment.value)} (${share(segment.value, sum)})`));
  });
  return svg("svg", { viewBox: "0 0 200 200", class: "pie", role: "img", "aria-label": `${title}: pie chart, figures in the table below` }, slices);
}

function slice(from, to) {
  if (to - from > 0.9999) return "M100 8a92 92 0 1 1-.01 0z";
  const at = (turn) => `${100 + 92 * Math.sin(turn * 2 * Math.PI)} ${100 - 92 * Math.cos(turn * 2 * Math.PI)}`;
  return `M100 100L${at(from)}A92 92 0 ${to - from > 0.5 ? 1 : 0} 1 ${at(to)}z`;
}

// Legends and tables ----------------------------------------------------------------------------------------------------------

const swatch = (index) => svg("svg", { viewBox: "0 0 10 10", width: 10, height: 10, "aria-hidden": "true" }, svg("rect", { width: 10, height: 10, rx: 2.5, fill: COLOURS[index] }));

function pieLegend(facts) {
  const sum = total(facts);
  return h("ul", { class: "legend" }, facts.segments.map((each, index) => h("li", null, swatch(index), `${each.label} ${share(each.value, sum)}`)));
}

function seriesLegend(facts) {
  if (facts.series.length < 2) return null;
  return h("ul", { class: "legend" }, facts.series.map((each, index) => h("li", null, swatch(index), each.name)));
}

function pieTable(facts, title) {
  const sum = total(facts);
  return table(title, ["", "Value", "Share"], facts.segments.map((each) => [each.label, figure(each.value), share(each.value, sum)]));
}

function seriesTable(facts, title) {
  const rows = facts.axis_config.categories.map((category) => [
    category,
    ...facts.series.map((each) => figure(each.data.find((point) => point.label === category).value)),
  ]);
  return table(title, [facts.axis_config.x_label ?? "", ...facts.series.map((each) => each.name)], rows);
}

function table(caption, head, rows) {
  return h(
    "table",
    null,
    h("caption", { class: "unseen" }, caption),
    h("thead", null, h("tr", null, head.map((each) => h("th", { scope: "col" }, each)))),
    h("tbody", null, rows.map(([first, ...rest]) => h("tr", null, h("th", { scope: "row" }, first), rest.map((each) => h("td", { class: "number" }, each))))),
  );
}
