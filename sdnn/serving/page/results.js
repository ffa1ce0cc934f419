// The reading in words and bars: text, confidence, reason, most probable texts, other strings.

import { percent } from "./figure.js";

const LIVE_MS = 700; // a screen reader hears the reading once the writing rests

export class Results {
  #timer = 0;

  /** @param {(index: number) => void} onString chooses a string of several */
  constructor(onString) {
    this.onString = onString;
    for (const id of ["text", "verdict", "note", "error", "strings", "nbest", "live"]) {
      this[id] = document.getElementById(id);
    }
  }

  clear() {
    this.error.hidden = true;
    this.#set("–", "nothing written yet", "", "empty");
    this.strings.hidden = true;
    this.nbest.replaceChildren();
    this.#say("");
  }

  fail(message) {
    this.error.textContent = message;
    this.error.hidden = false;
    this.#set("–", "not read", "", "error");
    this.nbest.replaceChildren();
    this.strings.hidden = true;
    this.#say("");
  }

  /** Shows one of the records of a picture. */
  show(records, chosen) {
    this.error.hidden = true;
    const record = records[chosen];
    const { status, reason, confidence, text } = record;
    if (status === "empty") {
      this.#set("–", `no digits, ${percent(confidence)}`, "", status);
      this.#say("No digits found.");
    } else {
      const verdict = status === "accepted" ? `accepted, ${percent(confidence)} sure` : `rejected, ${percent(confidence)} sure`;
      this.#set(text || "–", verdict, this.#note(record), status);
      this.#say(`Read ${text.split("").join(" ")}, ${verdict}.`);
    }
    this.#bars(status === "empty" ? [] : record.nbest, record.residual_probability);
    this.#list(records, chosen);
    return reason;
  }

  #note({ status, reason, unconstrained, text, constraint_probability, views }) {
    const notes = [];
    if (status === "rejected" && reason) notes.push(reason);
    if (unconstrained && unconstrained !== text && constraint_probability < 1) {
      notes.push(`without the constraint: ${unconstrained}`);
    }
    if (views > 1) notes.push(`mean of ${views} views`);
    return notes.join(" · ");
  }

  #set(text, verdict, note, status) {
    this.text.textContent = text;
    this.text.classList.toggle("placeholder", text === "–");
    this.text.classList.toggle("long", text.length > 9);
    this.verdict.textContent = verdict;
    this.verdict.dataset.status = status;
    this.note.textContent = note;
    this.note.hidden = !note;
  }

  #bars(nbest, rest) {
    const rows = nbest.map(([text, prob]) => [text || "no digits", prob, ""]);
    if (rows.length) rows.push(["all others", Math.max(0, rest), "others"]);
    this.nbest.replaceChildren(...rows.map(([text, prob, kind]) => {
      const row = document.createElement("li");
      row.className = kind;
      const [name, bar, value] = ["span", "span", "span"].map((tag) => document.createElement(tag));
      name.textContent = text;
      name.className = "name";
      bar.className = "bar";
      bar.style.setProperty("--share", `${(100 * prob).toFixed(2)}%`);
      value.textContent = percent(prob);
      value.className = "value";
      row.append(name, bar, value);
      return row;
    }));
  }

  #list(records, chosen) {
    this.strings.hidden = records.length < 2;
    this.strings.replaceChildren(...records.map((record, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = record.text || "?";
      button.setAttribute("aria-pressed", String(index === chosen));
      button.addEventListener("click", () => this.onString(index));
      return button;
    }));
  }

  #say(message) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { this.live.textContent = message; }, LIVE_MS);
  }
}
