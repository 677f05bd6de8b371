// The sliders: reads them, asks for the case at their values, shows it. The arithmetic stands in whatif_engine.js.
(() => {
  const data = JSON.parse(document.getElementById("whatif-data").textContent);
  const area = document.getElementById("whatif");
  const sliders = [...area.querySelectorAll("input[type=range]")];
  const whatIf = caseFrom(data);
  const GAP = "\u00a0";
  const MINUS = "\u2212";

  // ---- numbers as the rest of the page writes them (format.py)
  function written(value, decimals) {
    const number = rounded(value, decimals);
    const [whole, ...rest] = Math.abs(number).toFixed(decimals).split(".");
    return (number < 0 ? MINUS : "") + [whole.replace(/\B(?=(\d{3})+$)/g, ","), ...rest].join(".");
  }
  function percent(value) {
    const size = Math.abs(value);
    if (size >= 1000 || Number.isInteger(value)) return `${written(value, 0)}%`;
    return `${written(value, size >= 1 ? 1 : 2)}%`;
  }
  const money = (value) => written(value, 0).replace(/^(\u2212?)/, `${data.currency}${GAP}$1`);
  const months = (value) => {
    const text = written(value, Number.isInteger(value) ? 0 : 1);
    return `${text}${GAP}${text === "1" ? "month" : "months"}`;
  };
  function chance(value) {
    const shown = rounded(value, 6) * 100;
    return `${written(shown, shown === 0 || shown >= 1 ? 1 : 2)}%`;
  }

  // ---- the value of a slider, with no more digits than its steps have
  function sliderText(slider) {
    const digits = (slider.step.split(".")[1] ?? "").length;
    const value = slider.valueAsNumber;
    const kind = slider.dataset.kind;
    if (kind === "share" || kind === "rate") return `${written(value * 100, Math.min(Math.max(digits - 2, 0), 2))}%`;
    if (kind === "money") return money(value);
    if (kind === "count") return written(value, 0);
    return written(value, Math.min(digits, 2));
  }

  function show(name, value, text) {
    const place = area.querySelector(`[data-result="${name}"]`);
    place.textContent = text;
    place.dataset.value = value ?? "";
  }

  // ---- the range of outcomes against zero, on a scale that grows when it has to and is kept else
  let scale = [0, 0];
  function draw({ npv, p5, p95 }) {
    scale = [Math.min(scale[0], p5, npv), Math.max(scale[1], p95, npv)];
    const room = (scale[1] - scale[0]) * 0.06 || 1;
    const [left, right] = [scale[0] - room, scale[1] + room];
    const at = (amount) => (100 * (amount - left)) / (right - left);
    const bar = area.querySelector(".whatif-bar");
    const part = (name) => bar.querySelector(`.${name}`).style;
    for (const [name, from, to] of [["loss", p5, Math.min(p95, 0)], ["gain", Math.max(p5, 0), p95]]) {
      part(name).left = `${at(from)}%`;
      part(name).width = `${Math.max(at(to) - at(from), 0)}%`;
    }
    part("zero").left = `${at(0)}%`;
    part("now").left = `${at(npv)}%`;
  }

  function sentence({ npv, roi, payback, probability }) {
    const rest = `${chance(probability)} of the simulated outcomes end above zero.`;
    if (npv === 0) return `With these assumptions the programme just breaks even; ${rest}`;
    const paid = payback === null ? "not paid back within the horizon"
      : `paid back after ${months(payback)} (undiscounted, each year’s net spread evenly)`;
    const yields = roi === null ? "" : `, a return of ${percent(roi)}`;
    if (npv > 0 && probability < data.minProbability)
      return `With these assumptions ${money(npv)} more than the costs would come back${yields}, ${paid}; but ${rest} `
        + `That is less than the ${chance(data.minProbability)} asked for: no return could be claimed.`;
    return npv > 0
      ? `With these assumptions the programme pays for itself: ${money(npv)} more than it costs${yields}, ${paid}; ${rest}`
      : `With these assumptions the programme does not pay for itself: ${money(-npv)} short${yields}, ${paid}; ${rest}`;
  }

  function update() {
    const values = {};
    for (const slider of sliders) {
      values[slider.name] = slider.valueAsNumber;
      const text = sliderText(slider);
      area.querySelector(`output[for="${slider.id}"]`).textContent = text;
      slider.setAttribute("aria-valuetext", text);
    }
    const found = whatIf(values);
    show("npv", found.npv, money(found.npv));
    show("roi", found.roi, found.roi === null ? "undefined" : percent(found.roi));
    show("payback", found.payback, found.payback === null ? "not in the horizon" : months(found.payback));
    show("probability", found.probability, chance(found.probability));
    for (const name of ["p5", "p50", "p95", "pvBenefits", "pvCosts"]) show(name, found[name], money(found[name]));
    draw(found);
    area.querySelector(".whatif-sentence").textContent = sentence(found);
  }

  // A browser may bring back where sliders stood before the page was loaded anew: the case stands at its base.
  function reset() {
    for (const slider of sliders) slider.value = slider.defaultValue;
    scale = [0, 0];
    update();
  }

  area.addEventListener("input", update);
  document.getElementById("whatif-reset").addEventListener("click", reset);
  reset();
  area.hidden = false; // not before: where anything of this fails, no dead slider is shown
})();
