/* Pictures and files on their way: shown at once, sent with progress, kept while the line is down,
   and sent as one message with one client id however often it is tried. */

import { csrfToken } from "../js/api.js";
import { fileSize } from "../js/format.js";
import { gettext, interpolate } from "../js/i18n.js";
import { newId } from "../js/live.js";

export class Uploads {
  constructor({ talk, limit }) {
    Object.assign(this, { talk, limit });
    this.hearing = new AbortController();
    addEventListener("online", () => this.#again(), { signal: this.hearing.signal });
    talk.live.addEventListener("state", ({ detail }) => detail.state === "online" && this.#again(), { signal: this.hearing.signal });
  }

  stop() {
    this.hearing.abort();
    for (const upload of this.talk.uploads) {
      upload.request?.abort();
      if (upload.url) URL.revokeObjectURL(upload.url);
    }
  }

  add(files) {
    for (const file of files) {
      const upload = { clientId: newId(), file, share: 0 };
      if (file.type.startsWith("image/")) upload.url = URL.createObjectURL(file);
      this.talk.uploads.push(upload);
      if (file.size > this.limit) {
        upload.error = interpolate(gettext("Too large: at most %(size)s."), { size: fileSize(this.limit) });
        upload.final = true;
      } else this.#send(upload);
    }
    this.talk.tell("change");
  }

  retry(clientId) {
    const upload = this.talk.uploads.find((u) => u.clientId === clientId);
    if (upload && !upload.final) this.#send(upload);
  }

  drop(clientId) {
    const upload = this.talk.uploads.find((u) => u.clientId === clientId);
    upload?.request?.abort();
    if (upload?.url) URL.revokeObjectURL(upload.url);
    this.talk.uploads = this.talk.uploads.filter((u) => u !== upload);
    this.talk.tell("change");
  }

  #again() {
    for (const upload of this.talk.uploads) if (upload.waits) this.#send(upload);
  }

  #send(upload) {
    Object.assign(upload, { error: null, waits: false, share: 0 });
    const form = new FormData();
    form.append("file", upload.file, upload.file.name);
    const request = new XMLHttpRequest();
    upload.request = request;
    request.open("POST", `${this.talk.address}attachments/`);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (e) => {
      upload.share = e.lengthComputable ? e.loaded / e.total : 0;
      this.talk.tell("change");
    };
    request.onload = () => this.#answered(upload, request);
    request.onerror = () => {
      // Nothing was answered: it goes again when the line is back.
      upload.waits = true;
      this.talk.tell("change");
    };
    request.send(form);
    this.talk.tell("change");
  }

  #answered(upload, request) {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      answer = {};
    }
    if (request.status === 201 || request.status === 200) {
      const { id: attachment, kind, name, size, width, height } = answer;
      this.talk.uploads = this.talk.uploads.filter((u) => u !== upload);
      if (upload.url) URL.revokeObjectURL(upload.url);
      this.talk.say({ kind, payload: { attachment, name, size, width, height }, clientId: upload.clientId });
    } else {
      upload.final = request.status === 400 || request.status === 413;
      upload.error = answer.detail || answer.title || gettext("Not uploaded. Try again.");
      this.talk.tell("change");
    }
  }
}

/* Files of a paste or a drop; text stays with the box. */
export function filesOf(transfer) {
  return [...(transfer?.files ?? [])];
}
