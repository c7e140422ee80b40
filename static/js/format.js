/* How times, amounts and names are said; the same words as common/words.py on the server. */

import { gettext, interpolate, pgettext } from "./i18n.js";

const ZONE = "Asia/Shanghai";
const parts = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
});

export function local(moment) {
  const found = {};
  for (const { type, value } of parts.formatToParts(moment)) found[type] = value;
  return found;
}

function dayNumber(moment) {
  const { year, month, day } = local(moment);
  return Math.round(Date.UTC(+year, +month - 1, +day) / 86_400_000);
}

export function spanWords(seconds) {
  const whole = Math.max(Math.floor(seconds), 0);
  let minutes = Math.floor(whole / 60);
  if (minutes < 10) return `${minutes}:${String(whole % 60).padStart(2, "0")}`;
  let hours = Math.floor(minutes / 60);
  minutes %= 60;
  if (hours === 0) return interpolate(gettext("%(minutes)s min"), { minutes });
  const days = Math.floor(hours / 24);
  hours %= 24;
  if (days === 0) {
    return minutes === 0
      ? interpolate(gettext("%(hours)s h"), { hours })
      : interpolate(gettext("%(hours)s h %(minutes)s min"), { hours, minutes });
  }
  return hours === 0
    ? interpolate(gettext("%(days)s d"), { days })
    : interpolate(gettext("%(days)s d %(hours)s h"), { days, hours });
}

export function overWords(seconds) {
  return interpolate(gettext("over %(span)s"), { span: spanWords(seconds) });
}

export function waitedWords(seconds) {
  return interpolate(gettext("waiting %(span)s"), { span: spanWords(seconds) });
}

/* A span in full words, for people who listen. */
export function spokenSpan(seconds) {
  const whole = Math.max(Math.round(seconds), 0);
  if (whole < 60) return interpolate(gettext("%(seconds)s seconds"), { seconds: whole });
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return interpolate(gettext("%(minutes)s min"), { minutes });
  return spanWords(seconds);
}

export function weekday(moment) {
  return [
    pgettext("weekday", "Thu"), pgettext("weekday", "Fri"), pgettext("weekday", "Sat"), pgettext("weekday", "Sun"),
    pgettext("weekday", "Mon"), pgettext("weekday", "Tue"), pgettext("weekday", "Wed"),
  ][((dayNumber(moment) % 7) + 7) % 7];
}

/* Today's time alone, 昨天 and 明天, then the date with its weekday, then the year. */
export function momentWords(value, now = Date.now()) {
  const moment = new Date(value);
  const { year, month, day, hour, minute } = local(moment);
  const days = dayNumber(moment) - dayNumber(new Date(now));
  const time = `${hour}:${minute}`;
  if (days === 0) return time;
  if (days === -1) return interpolate(gettext("yesterday %(time)s"), { time });
  if (days === 1) return interpolate(gettext("tomorrow %(time)s"), { time });
  if (year !== local(new Date(now)).year) return `${year}-${month}-${day}`;
  const date = `${month}-${day}`;
  if (Math.abs(days) < 7) {
    return interpolate(gettext("%(date)s %(weekday)s %(time)s"), { date, weekday: weekday(moment), time });
  }
  return interpolate(gettext("%(date)s %(weekday)s"), { date, weekday: weekday(moment) });
}

export function timeWords(value) {
  const { hour, minute } = local(new Date(value));
  return `${hour}:${minute}`;
}

/* Amounts travel as decimal strings and stay strings: no rounding through a float. */
export function money(amount) {
  if (amount === null || amount === undefined || amount === "") return "—";
  const text = String(amount);
  const negative = text.startsWith("-");
  const [whole, fraction = ""] = text.replace(/^[-+]/, "").split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return `${negative ? "−" : ""}¥${grouped}.${fraction.padEnd(2, "0").slice(0, 2)}`;
}

export function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1_048_576) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1_048_576).toFixed(1)} MB`;
}

export function initialOf(name) {
  const [first = ""] = [...(name ?? "").trim()];
  return first.toUpperCase() || "?";
}

export function countWords(n) {
  return n > 999 ? "999+" : String(n);
}
