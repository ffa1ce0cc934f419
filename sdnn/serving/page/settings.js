// Decoder, topology and constraint, as the options of a request.

const HELP = {
  "": ["", "Any text is allowed."],
  length: ["4-6", "Number of digits: 5, 4-6, or 4- for four or more."],
  pattern: ["[0-9]{2}/[0-9]{2}", "Regular expression of the whole text; its other signs are inserted."],
  check: ["luhn", "Name of a check: luhn, damm, verhoeff, ean, us.rtn …"],
  min_value: ["100", "Smallest number."],
  max_value: ["2000", "Greatest number."],
};
const CHECKS = ["luhn", "damm", "verhoeff", "ean", "isbn", "us.rtn"];

export class Settings {
  constructor(root, onChange) {
    this.root = root;
    this.kind = root.querySelector("#kind");
    this.value = root.querySelector("#value");
    this.help = root.querySelector("#constraint-help");
    this.set = root.querySelector("#constraint-set");
    this.onChange = onChange;
    root.querySelectorAll("input[type=radio]").forEach((input) => input.addEventListener("change", () => this.#decoder()));
    this.kind.addEventListener("change", () => this.#kind());
    this.value.addEventListener("input", () => this.onChange());
  }

  /** Options of a request. */
  get query() {
    const chosen = (name) => this.root.querySelector(`input[name=${name}]:checked`).value;
    const decoder = chosen("decoder");
    const query = new URLSearchParams({ decoder, topology: chosen("topology") });
    if (decoder === "nms") return query;
    query.set("nbest", "6");
    if (this.kind.value && this.value.value.trim()) query.set(this.kind.value, this.value.value.trim());
    return query;
  }

  #decoder() {
    const isPeaks = this.root.querySelector("input[name=decoder]:checked").value === "nms";
    this.set.disabled = isPeaks;
    this.help.textContent = isPeaks ? "Peaks know no strings, and so no constraint." : HELP[this.kind.value][1];
    this.onChange();
  }

  #kind() {
    const [example, help] = HELP[this.kind.value];
    this.value.disabled = !this.kind.value;
    this.value.value = "";
    this.value.placeholder = example;
    this.help.textContent = help;
    const list = this.root.querySelector("#checks");
    list.replaceChildren(...(this.kind.value === "check" ? CHECKS : []).map((name) => new Option(name, name)));
    if (this.kind.value) this.value.focus();
    this.onChange();
  }
}
