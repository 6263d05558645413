// Times as the reader's zone and language have them, by Slack's date tokens.

import { me, now, page } from "../page.js";

const formats = new Map();

function format(options, zone = me().tz, locale = me().locale) {
  const key = JSON.stringify([options, zone, locale]);
  if (!formats.has(key)) formats.set(key, build(options, zone, locale));
  return formats.get(key);
}

function build(options, zone, locale) {
  for (const [language, timeZone] of [[locale, zone], ["en-GB", zone], ["en-GB", "UTC"]]) {
    try {
      return new Intl.DateTimeFormat(language, { timeZone, ...options });
    } catch {
      // An unknown language or zone: the next pair is tried, the last one always exists.
    }
  }
  return new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
}

const at = (unix, options) => format(options).format(new Date(unix * 1000));

export const clock = (unix) => at(unix, { hour: "numeric", minute: "2-digit" });
export const clockIn = (unix, zone, locale) =>
  format({ hour: "numeric", minute: "2-digit" }, zone, locale).format(new Date(unix * 1000));

/** The reader's calendar day as YYYY-MM-DD. */
export function day(unix) {
  return format({ year: "numeric", month: "2-digit", day: "2-digit" }, me().tz, "en-CA").format(new Date(unix * 1000));
}

function ordinal(dayOfMonth) {
  const ten = dayOfMonth % 100;
  const suffix = ten > 10 && ten < 14 ? "th" : (["th", "st", "nd", "rd"][dayOfMonth % 10] ?? "th");
  return `${dayOfMonth}${suffix}`;
}

function written(unix, options, locale = me().locale) {
  if (!locale?.startsWith("en")) return at(unix, options);
  const parts = format(options, me().tz, locale).formatToParts(new Date(unix * 1000));
  return parts.map((part) => (part.type === "day" ? ordinal(Number(part.value)) : part.value)).join("");
}

const relative = (days, locale) => new Intl.RelativeTimeFormat(locale || "en", { numeric: "auto" }).format(days, "day");
const daysAway = (unix) => Math.round((Date.parse(day(unix)) - Date.parse(day(now()))) / 86_400_000);

function pretty(unix, otherwise, locale = me().locale) {
  const away = daysAway(unix);
  return Math.abs(away) <= 1 ? relative(away, locale) : otherwise(unix);
}

const short = (unix) => at(unix, { month: "short", day: "numeric", year: "numeric" });
const long = (unix) => written(unix, { month: "long", day: "numeric", year: "numeric" });
const longest = (unix) => written(unix, { weekday: "long", month: "long", day: "numeric", year: "numeric" });

function ago(unix) {
  const seconds = unix - now();
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(me().locale || "en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

const TOKENS = {
  date_num: day,
  date: long,
  date_slash: (unix) => at(unix, { year: "numeric", month: "2-digit", day: "2-digit" }),
  date_short: short,
  date_long: longest,
  date_long_full: longest,
  date_pretty: (unix) => pretty(unix, long),
  date_short_pretty: (unix) => pretty(unix, short),
  date_long_pretty: (unix) => pretty(unix, longest),
  day_divider_pretty: (unix) => pretty(unix, longest),
  time: clock,
  time_secs: (unix) => at(unix, { hour: "numeric", minute: "2-digit", second: "2-digit" }),
  ago,
};

/** Slack's date format filled in, or null when a token or the time is unknown. */
export function slackDate(unix, pattern) {
  if (!Number.isFinite(unix) || !page.state) return null;
  let unknown = false;
  const text = pattern.replace(/\{(\w+)\}/g, (whole, token) => {
    if (!Object.hasOwn(TOKENS, token)) unknown = true;
    return unknown ? whole : TOKENS[token](unix);
  });
  return unknown ? null : text;
}

// The page itself speaks English, whatever the reader's language is; the zone is the reader's all the same.
const PAGE = "en-GB";

export function dayHeading(unix) {
  const text = pretty(unix, (time) => written(time, { weekday: "long", month: "long", day: "numeric" }, PAGE), PAGE);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const exact = (unix) => format({ dateStyle: "full", timeStyle: "medium" }, me().tz, PAGE).format(new Date(unix * 1000));
