/* Ask the server in JSON. Refusals arrive as sentences; only questions are asked again by themselves. */

import { gettext, interpolate } from "./i18n.js";

const SAFE = new Set(["GET", "HEAD"]);
const AGAIN = new Set([502, 503, 504]);
const MAX_TRIES = 3;

/* ``code`` is stable, ``message`` is a sentence for people, ``fields`` holds the words beside each field. */
export class ApiError extends Error {
  constructor(message, { status = 0, code = "", incident = "", fields = {}, details = {} } = {}) {
    super(message);
    this.name = "ApiError";
    Object.assign(this, { status, code, incident, fields, details });
  }

  get isOffline() {
    return this.status === 0;
  }
}

export function csrfToken() {
  return document.querySelector("meta[name=csrf]")?.content ?? "";
}

/* Call ``url``; ``body`` may be an object (JSON), FormData or nothing. Resolves to the decoded answer,
   null for an empty one; rejects with ApiError, or AbortError when ``signal`` fired. */
export async function request(method, url, body, { signal, headers = {}, idempotencyKey } = {}) {
  const safe = SAFE.has(method);
  const sent = { Accept: "application/json", ...headers };
  let payload = body;
  if (!safe) sent["X-CSRFToken"] = csrfToken();
  if (idempotencyKey) sent["Idempotency-Key"] = idempotencyKey;
  if (body !== undefined && !(body instanceof FormData) && typeof body !== "string") {
    sent["Content-Type"] = "application/json";
    payload = JSON.stringify(body);
  }
  for (let attempt = 1; ; attempt += 1) {
    let response;
    try {
      response = await fetch(url, { method, headers: sent, body: payload, signal, credentials: "same-origin" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      if (safe && attempt < MAX_TRIES) {
        await pause(attempt, signal);
        continue;
      }
      throw new ApiError(
        safe ? gettext("No connection. Try again in a moment.") : gettext("Not sent: no connection. What you wrote is still here."),
        { code: "offline" },
      );
    }
    if (response.ok) return read(response);
    if (safe && AGAIN.has(response.status) && attempt < MAX_TRIES) {
      await pause(attempt, signal);
      continue;
    }
    throw await refusal(response, safe);
  }
}

export const get = (url, options) => request("GET", url, undefined, options);
export const post = (url, body, options) => request("POST", url, body, options);
export const put = (url, body, options) => request("PUT", url, body, options);
export const patch = (url, body, options) => request("PATCH", url, body, options);
export const del = (url, options) => request("DELETE", url, undefined, options);

/* Markup from our own server, for regions a page re-reads. */
export async function fragment(url, { signal } = {}) {
  return request("GET", url, undefined, { signal, headers: { Accept: "text/html", "X-Fragment": "1" } });
}

async function read(response) {
  if (response.status === 204) return null;
  const type = response.headers.get("Content-Type") ?? "";
  if (type.includes("json")) {
    const text = await response.text();
    return text ? JSON.parse(text) : null;
  }
  return response.text();
}

async function refusal(response, safe) {
  const { status } = response;
  const incident = response.headers.get("X-Incident") ?? "";
  let problem = {};
  if ((response.headers.get("Content-Type") ?? "").includes("json")) {
    problem = await response.json().catch(() => ({}));
  }
  const { title, detail, code, errors } = problem;
  const message = detail || title || sentence(status, safe, incident, response.headers.get("Retry-After"));
  return new ApiError(message, { status, code: code ?? String(status), incident, fields: fieldsOf(errors), details: problem });
}

function sentence(status, safe, incident, wait) {
  if (status === 401) return gettext("You have been signed out. Sign in again; what you wrote is still here.");
  if (status === 403) return gettext("This is not yours to do.");
  if (status === 404) return gettext("No such thing, or it is not yours to see.");
  if (status === 409) return gettext("Somebody changed this meanwhile. Yours is still here: look at theirs, then save.");
  if (status === 413) return gettext("This is too large.");
  if (status === 429) {
    return wait
      ? interpolate(gettext("Too fast. Try again in %(seconds)s seconds."), { seconds: wait })
      : gettext("Too fast. Try again in a moment.");
  }
  if (safe) {
    return incident
      ? interpolate(gettext("This could not be fetched. Try again, or give number %(incident)s to the duty team."), { incident })
      : gettext("This could not be fetched. Try again.");
  }
  return incident
    ? interpolate(gettext("Not saved; what you wrote is still here. Try again, or give number %(incident)s to the duty team."), { incident })
    : gettext("Not saved; what you wrote is still here. Try again.");
}

/* [{pointer: "#/field/…", detail}] -> {field: "sentence"}; the first word about a field counts. */
function fieldsOf(errors) {
  const out = {};
  if (!Array.isArray(errors)) return out;
  for (const { pointer, detail } of errors) {
    const name = (pointer ?? "").split("/")[1] ?? "";
    out[name] ??= detail ?? "";
  }
  return out;
}

function pause(attempt, signal) {
  const wait = 300 * 2 ** attempt * (0.5 + Math.random());
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, wait);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
