/* The page where one chooses: this browser is switched on and off, and the log follows what is sent. */

import { ApiError, del, fragment, post } from "./api.js";
import { announce, store } from "./dom.js";
import { gettext, interpolate } from "./i18n.js";
import { pageLive } from "./live.js";

const KEPT = "push.subscription";
const section = document.querySelector("[data-web-push]");
const words = section.querySelector("[data-web-words]");
const on = section.querySelector("[data-web-on]");
const off = section.querySelector("[data-web-off]");

const canPush = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

async function worker() {
  await navigator.serviceWorker.register("/sw.js", { scope: "/" });
  return navigator.serviceWorker.ready;
}

async function current() {
  const known = await navigator.serviceWorker.getRegistration("/");
  return known ? known.pushManager.getSubscription() : null;
}

async function draw() {
  if (!canPush) {
    words.textContent = window.isSecureContext
      ? gettext("This browser has no notices.")
      : gettext("Browsers allow notices only on https addresses and on this machine itself.");
    return;
  }
  if (Notification.permission === "denied") {
    words.textContent = gettext("Notices are forbidden for this page; allow them in the browser's settings for this address.");
    return;
  }
  const subscription = await current();
  const known = store.get(KEPT);
  // Removed in the list, or signed out meanwhile: then the browser's own half is of no use.
  const isOn = Boolean(subscription && known && section.querySelector(`[data-browser="${known}"]`));
  on.hidden = isOn;
  off.hidden = !isOn;
}

async function switchOn() {
  const answer = await Notification.requestPermission();
  if (answer !== "granted") return draw();
  on.setAttribute("aria-busy", "true");
  try {
    const ready = await worker();
    const old = await ready.pushManager.getSubscription();
    // Made for another key it would be refused for good.
    if (old && !sameKey(old)) await old.unsubscribe();
    const subscription = await ready.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(section.dataset.key) });
    const kept = await post("/api/v1/notifications/push-subscriptions/", { ...subscription.toJSON(), label: browserName() });
    store.set(KEPT, kept.id);
    location.reload();
  } catch (error) {
    words.textContent = error instanceof ApiError
      ? error.message
      : interpolate(gettext("The browser's push service could not be reached (%(why)s). Notices behind the bell and by e-mail work all the same."), { why: error.name });
    announce(words.textContent);
  } finally {
    on.removeAttribute("aria-busy");
  }
}

async function switchOff() {
  off.setAttribute("aria-busy", "true");
  try {
    await del(`/api/v1/notifications/push-subscriptions/${store.get(KEPT)}/`);
    await (await current())?.unsubscribe();
    store.set(KEPT, null);
    location.reload();
  } catch (error) {
    words.textContent = error.message;
    off.removeAttribute("aria-busy");
  }
}

function sameKey(subscription) {
  const key = subscription.options?.applicationServerKey;
  if (!key) return true;
  const wanted = bytes(section.dataset.key);
  const has = new Uint8Array(key);
  return has.length === wanted.length && has.every((b, i) => b === wanted[i]);
}

function bytes(text) {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/") + "=".repeat((4 - (text.length % 4)) % 4);
  return Uint8Array.from(atob(padded), (c) => c.charCodeAt(0));
}

/* What people call it: the browser and the machine, no more. */
function browserName() {
  const agent = navigator.userAgent;
  const find = (list) => list.find(([mark]) => agent.includes(mark))?.[1];
  const browser = find([["MicroMessenger", "WeChat"], ["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]]);
  const machine = find([["iPhone", "iPhone"], ["iPad", "iPad"], ["HarmonyOS", "HarmonyOS"], ["Android", "Android"], ["Windows", "Windows"], ["Mac OS", "macOS"], ["Linux", "Linux"]]);
  return [browser, machine].filter(Boolean).join(", ") || gettext("A browser");
}

on.addEventListener("click", switchOn);
off.addEventListener("click", switchOff);
draw();

const log = document.querySelector("[data-log]");
const live = pageLive();
live?.addEventListener("event", async ({ detail }) => {
  if (detail.topic !== "me" || detail.name !== "notification.delivered") return;
  const parsed = new DOMParser().parseFromString(await fragment(log.dataset.log), "text/html");
  log.replaceChildren(...parsed.body.childNodes);
});
