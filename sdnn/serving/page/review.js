// The review: one string after the other, each answer kept before the next is shown.

import { call } from "./client.js";
import { percent } from "./figure.js";

const $ = (id) => document.getElementById(id);
const READER = new URLSearchParams(location.search).get("reader");
const QUERY = READER ? `?${new URLSearchParams({ reader: READER })}` : "";
const WORDS = { "no-digits": "no digits", unreadable: "unreadable" };

let cases = new Map();
let queue = []; // keys without an answer, skipped ones last
let history = []; // keys in the order of their answers
let isBusy = false;

async function start() {
  try {
    const answer = await call(`/review/cases${QUERY}`);
    cases = new Map(answer.cases.map((each) => [each.case, each]));
    queue = answer.cases.filter((each) => each.answer === null).map((each) => each.case);
    showState(answer.state);
    const left = Object.entries(answer.state.left_out).map(([cause, count]) => `${cause} ${count}`);
    $("left-out").textContent = left.length ? `Left out: ${left.join(", ")}.` : "";
    show();
  } catch (error) {
    fail(error);
  }
}

function showState(state) {
  const { total, answered, judged, wrong, error_rate: rate, interval, reader } = state;
  $("reader").textContent = reader;
  $("done").textContent = `${answered} of ${total} answered`;
  $("rate").textContent = rate === null ? "" :
    `${wrong} of ${judged} guesses wrong: ${percent(rate)} (${percent(interval[0])} to ${percent(interval[1])})`;
  $("meter").style.setProperty("--share", `${(100 * answered) / Math.max(1, total)}%`);
  $("meter").setAttribute("aria-valuenow", String(answered));
  $("meter").setAttribute("aria-valuemax", String(total));
  $("summary").textContent = rate === null ? "" :
    `Of ${judged} guesses ${wrong} were wrong. The labels are in labels.csv.`;
}

function show() {
  $("error").hidden = true;
  $("undo").disabled = history.length === 0;
  $("undo-last").hidden = history.length === 0;
  const isEnd = queue.length === 0;
  $("case").hidden = isEnd;
  $("end").hidden = !isEnd;
  if (isEnd) { showDisagreements(); return; }
  const shown = cases.get(queue[0]);
  $("picture").src = address(shown.case);
  $("label").value = shown.answer?.label || shown.guess;
  const reason = shown.reason ? `, ${shown.reason}` : "";
  const page = shown.page > 1 ? `, page ${shown.page}` : "";
  $("origin").textContent = `Guess ${shown.guess || "none"}, ${percent(shown.confidence)} sure${reason}. ${shown.source}${page}`;
  $("live").textContent = `Guess ${shown.guess.split("").join(" ")}, ${queue.length} left`;
  $("label").focus();
  $("label").select();
  if (queue[1]) new Image().src = address(queue[1]); // is there when it is its turn
}

function address(key) {
  return `/review/cutouts/${key}`;
}

function fail(error) {
  $("error").textContent = error.message;
  $("error").hidden = false;
}

/** Runs one request at a time: a key that is held down answers one string. */
async function alone(action) {
  if (isBusy) return;
  isBusy = true;
  try {
    await action();
  } catch (error) {
    fail(error);
  }
  isBusy = false;
}

function answer(kind) {
  return alone(async () => {
    const key = queue[0];
    if (!key) return;
    const label = kind === "digits" ? $("label").value.trim() : "";
    if (kind === "digits" && !/^[0-9]+$/.test(label)) {
      throw new Error("Give digits alone; for a picture without any there is No digits.");
    }
    const body = JSON.stringify({ kind, label });
    const headers = { "Content-Type": "application/json" };
    const state = await call(`/review/answers/${key}${QUERY}`, { method: "POST", headers, body });
    cases.get(key).answer = { kind, label };
    queue.shift();
    history.push(key);
    showState(state);
    show();
  });
}

function undo() {
  return alone(async () => {
    const key = history.at(-1);
    if (!key) return;
    const state = await call(`/review/answers/${key}${QUERY}`, { method: "DELETE" });
    history.pop();
    queue.unshift(key);
    showState(state);
    show();
    cases.get(key).answer = null;
  });
}

function skip() {
  if (isBusy || queue.length < 2) return;
  queue.push(queue.shift());
  show();
}

async function showDisagreements() {
  $("live").textContent = "All answered";
  try {
    const differing = await call(`/review/disagreements${QUERY}`);
    $("disagreements").hidden = differing.length === 0;
    const [count, verb] = differing.length === 1 ? ["One string", "is"] : [`${differing.length} strings`, "are"];
    $("differ").textContent = `${count} ${verb} left out of labels.csv until the answers agree.`;
    $("list").replaceChildren(...differing.map(row));
  } catch (error) {
    fail(error);
  }
}

function row(differing) {
  const item = document.createElement("li");
  const image = document.createElement("img");
  image.src = address(differing.case);
  image.alt = "The string, cut out of its picture";
  const names = document.createElement("dl");
  for (const [reader, { kind, label }] of Object.entries(differing.answers)) {
    const [term, value] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = reader;
    value.textContent = label || WORDS[kind];
    names.append(term, value);
  }
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "Answer again";
  again.addEventListener("click", () => { queue = [differing.case]; show(); });
  item.append(image, names, again);
  return item;
}

$("form").addEventListener("submit", (event) => { event.preventDefault(); answer("digits"); });
for (const kind of ["no-digits", "unreadable"]) $(kind).addEventListener("click", () => answer(kind));
$("skip").addEventListener("click", skip);
$("undo").addEventListener("click", undo);
$("undo-last").addEventListener("click", undo);
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.repeat) return;
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && key !== "z") return;
  const action = { n: () => answer("no-digits"), u: () => answer("unreadable"), s: skip, z: undo }[key];
  if (!action || ($("case").hidden && key !== "z")) return;
  event.preventDefault();
  action();
});
start();
