// The page: what is written or shown goes to the server, and its evidence comes back.

import { NewestWins, call } from "./client.js";
import { Figure, percent } from "./figure.js";
import { Pad } from "./pad.js";
import { Results } from "./results.js";
import { Settings } from "./settings.js";

const $ = (id) => document.getElementById(id);
const WINDOW_TEXT = $("window").textContent;
let answer = null;
let chosen = 0;

const figure = new Figure($("figure"), $("scroller"), showColumn);
const results = new Results((index) => { chosen = index; show(); });
const settings = new Settings(document.querySelector(".settings"), () => update());
const pad = new Pad($("pad"), () => update());
const requests = new NewestWins(explain, (received) => {
  answer = received;
  chosen = longest(answer.records);
  if (answer.picture) pad.setPicture(answer.picture);
  show();
}, (error) => {
  results.fail(error.message);
  figure.show(null, [], "");
  pad.setBoxes([], [1, 1]);
  $("sweep").disabled = true;
});

function update() {
  $("undo").disabled = !pad.canUndo;
  $("clear").disabled = pad.isEmpty;
  if (pad.isEmpty) {
    requests.forget();
    answer = null;
    results.clear();
    figure.show(null, [], "");
    $("sweep").disabled = true;
    pad.setBoxes([], [1, 1]);
    return;
  }
  requests.ask();
}

async function explain() {
  const picture = await pad.picture();
  if (picture === null) return null;
  const query = settings.query;
  if (pad.isPicture) query.set("picture", "true");
  const started = performance.now();
  const received = await call(`/explain?${query}`, { method: "POST", body: picture });
  $("latency").textContent = `, last answer after ${Math.round(performance.now() - started)} ms`;
  return received;
}

function show() {
  const { records, explanations, size } = answer;
  const record = records[chosen], explanation = explanations[chosen] ?? null;
  results.show(records, chosen);
  figure.show(explanation, record.digits, record.text);
  $("sweep").disabled = explanation === null;
  const boxes = records.flatMap(({ digits }, index) => digits.map(({ box, digit }) => ({ box, digit, isChosen: index === chosen })));
  pad.setBoxes(boxes, size);
}

function longest(records) {
  const lengths = records.map(({ digits }) => digits.length);
  return lengths.indexOf(Math.max(...lengths));
}

function showColumn(column, probs) {
  if (column === null) { $("window").textContent = WINDOW_TEXT; return; }
  const best = probs.map((prob, label) => [prob, label]).filter(([prob]) => prob >= 0.01)
    .sort(([a], [b]) => b - a).slice(0, 4);
  const names = best.map(([prob, label]) => `${label === 10 ? "no digit" : label}  ${percent(prob)}`);
  $("window").textContent = `Column ${column + 1}:  ${names.join("   ·   ")}`;
}

function showFile(file) {
  if (file) pad.show(file);
}

$("undo").addEventListener("click", () => pad.undo());
$("clear").addEventListener("click", () => pad.clear());
$("sweep").addEventListener("click", () => figure.sweep());
for (const [button, input] of [["choose", "file"], ["photograph", "camera"]]) {
  $(button).addEventListener("click", () => $(input).click());
  $(input).addEventListener("change", (event) => { showFile(event.target.files[0]); event.target.value = ""; });
}
document.querySelectorAll(".sample").forEach((button) => button.addEventListener("click", async () => {
  const response = await fetch(`/page/${button.dataset.sample}`);
  showFile(await response.blob());
}));
$("dictate").addEventListener("submit", async (event) => {
  event.preventDefault();
  const number = $("number").value.trim() || $("number").placeholder;
  const seed = Math.floor(Math.random() * 1e9);
  try {
    const { strokes } = await call(`/strokes?${new URLSearchParams({ number, seed })}`);
    await pad.write(strokes);
  } catch (error) {
    results.fail(error.message);
  }
});
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, select, textarea")) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") { event.preventDefault(); pad.undo(); }
  if (event.key === "Escape") pad.clear();
});
document.addEventListener("dragover", (event) => { event.preventDefault(); $("pad").classList.add("over"); });
document.addEventListener("dragleave", () => $("pad").classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  $("pad").classList.remove("over");
  showFile(event.dataTransfer.files[0]);
});
document.addEventListener("paste", (event) => showFile(event.clipboardData.files[0]));
document.addEventListener("themechange", () => { pad.draw(); figure.draw(); });

call("/health").then(({ version, model }) => { $("model").textContent = `sdnn ${version}, model ${model.name}`; })
  .catch((error) => results.fail(error.message));
update();
