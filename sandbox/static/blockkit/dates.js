// Formats times in the reader's zone, with Slack's date tokens; in English with 24 hours, like all of the sandbox.

import { me, now } from "../page.js";

const formats = new Map();

function at(unix, options, zone = me().tz) {
  const key = JSON.stringify([options, zone]);
  if (!formats.has(key)) formats.set(key, build(options, zone));
  return formats.get(key).format(new Date(unix * 1000));
}

function build(options, timeZone) {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", ...options });
  } catch {
    return build(options, "UTC"); // This browser does not know the zone.
  }
}

export const clockIn = (unix, zone) => at(unix, { hour: "2-digit", minute: "2-digit" }, zone);
export const clock = (unix) => clockIn(unix, me().tz);
const seconds = (unix) => at(unix, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

const year = (unix) => at(unix, { year: "numeric" });
const month = (unix) => at(unix, { month: "long" });
const weekday = (unix) => at(unix, { weekday: "long" });
const twoDigits = (unix) => [at(unix, { day: "2-digit" }), at(unix, { month: "2-digit" }), year(unix)];

/** Return the reader's calendar day as YYYY-MM-DD. */
export const day = (unix) => twoDigits(unix).reverse().join("-");

function ordinal(unix) {
  const number = Number(at(unix, { day: "numeric" }));
  const teen = number > 10 && number < 14;
  return `${number}${teen ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th")}`;
}

const long = (unix) => `${month(unix)} ${ordinal(unix)}, ${year(unix)}`;
const longest = (unix) => `${weekday(unix)}, ${long(unix)}`;
const short = (unix) => at(unix, { month: "short", day: "numeric", year: "numeric" });
const divider = (unix) => `${weekday(unix)}, ${month(unix)} ${ordinal(unix)}`;

function pretty(unix, otherwise) {
  const away = Math.round((Date.parse(day(unix)) - Date.parse(day(now()))) / 86_400_000);
  return { [-1]: "yesterday", 0: "today", 1: "tomorrow" }[away] ?? otherwise(unix);
}

function ago(unix) {
  const distance = Math.abs(now() - unix);
  const [name, size] = [["day", 86_400], ["hour", 3600], ["minute", 60]].find(([, length]) => distance >= length) ?? [];
  if (!name) return "now";
  const count = Math.floor(distance / size);
  const text = `${count} ${name}${count === 1 ? "" : "s"}`;
  return unix <= now() ? `${text} ago` : `in ${text}`;
}

const TOKENS = {
  date_num: day,
  date_slash: (unix) => twoDigits(unix).join("/"),
  date: long,
  date_short: short,
  date_long: longest,
  date_pretty: (unix) => pretty(unix, long),
  date_short_pretty: (unix) => pretty(unix, short),
  date_long_pretty: (unix) => pretty(unix, longest),
  day_divider_pretty: divider,
  time: clock,
  time_secs: seconds,
  ago,
};

/** Return a time in Slack's date pattern, or null if the time is invalid or a token unknown. */
export function slackDate(unix, pattern) {
  if (!Number.isFinite(unix)) return null;
  const tokens = [...pattern.matchAll(/\{(\w+)\}/g)].map((found) => found[1]);
  if (!tokens.every((token) => Object.hasOwn(TOKENS, token))) return null;
  return pattern.replace(/\{(\w+)\}/g, (_, token) => TOKENS[token](unix));
}

export function dayHeading(unix) {
  const text = pretty(unix, divider);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const exact = (unix) => `${longest(unix)}, ${seconds(unix)}`;
