"use strict";
// The case at other assumptions, from the draws that are shipped with the page. The arithmetic is that of
// roi_models/case (flows.py, appraisal.py, sample.py, uncertainty.py, what_if.py), in the same order of operations: what
// stands here in cents is what the engine says in cents. Shown by whatif.js, which stands below in the same element.
const MONTHS_PER_YEAR = 12;

// ---- rounding as Python's decimal does it: on the shortest digits that name the number, a half to the even digit
function rounded(value, decimals) {
  const [mantissa, exponent] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const place = Number(exponent) + 1 + decimals; // so many digits stay
  if (place >= digits.length) return value;
  if (place < 0) return 0;
  const rest = digits.slice(place);
  let whole = BigInt(digits.slice(0, place) || "0");
  if (rest > "5" || (rest === "5" && whole % 2n === 1n)) whole += 1n;
  const text = whole.toString().padStart(decimals + 1, "0");
  const point = text.length - decimals;
  return Math.sign(value) * Number(`${text.slice(0, point)}.${text.slice(point)}`);
}
const toCents = (amount) => rounded(amount, 2);

// `data`: what `page_data` of what_if_data.py packs. Gives the function that answers a what-if.
function caseFrom(data) {
  // ---- what was shipped: every processor that runs a browser today stores numbers little-endian, as the page does
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  const keptDraws = new Float64Array(bytes(data.keptDraws)); // draws of the coefficients × uplifts × periods
  const replicate = new Uint32Array(bytes(data.replicate));
  const growth = data.growth && new Float64Array(bytes(data.growth));
  const uncertain = Object.keys(data.ranks);
  const probabilities = uncertain.map((name) =>
    Float64Array.from(new Uint32Array(bytes(data.ranks[name])), (rank) => (rank + 0.5) / data.countRanks));
  const periods = data.ramp.length;
  const knots = data.knots;

  // ---- inputs: a range moves along with its base, as far as the input's limits allow; the uplift's grows with it
  function moved(values) {
    const ranges = {};
    for (const [name, given] of Object.entries(data.inputs)) {
      const base = values[name] ?? given.base;
      const end = (value) => Math.min(Math.max(base + (value - given.base), given.least), given.most);
      if (name === "uplift" && given.base !== 0 && base !== given.base) {
        const [low, high] = [given.low, given.high].map((value) => (value * base) / given.base).sort((a, b) => a - b);
        ranges[name] = { base, low, high };
        continue;
      }
      ranges[name] = base === given.base ? given : { base, low: end(given.low), high: end(given.high) };
    }
    return ranges;
  }

  function triangular(probability, low, mode, high) {
    const width = high - low;
    return probability < (mode - low) / width
      ? low + Math.sqrt(probability * width * (mode - low))
      : high - Math.sqrt((1 - probability) * width * (high - mode));
  }

  // ---- revenue at an uplift lies on the straight line between its neighbours in the table
  function between(uplift) {
    const wanted = Math.min(Math.max(uplift, knots[0]), knots[knots.length - 1]);
    let left = 0;
    while (left < knots.length - 2 && knots[left + 1] <= wanted) left += 1;
    const right = Math.min(left + 1, knots.length - 1);
    return { left, right, weight: (wanted - knots[left]) / (right > left ? knots[right] - knots[left] : 1) };
  }

  // ---- what a unit of revenue is worth, what the service line saves, what the programme costs
  function terms(inputs) {
    const afterTax = 1 - inputs.tax_rate;
    const risk = inputs.benefit_risk_adjustment * afterTax;
    const saved = inputs.contacts_per_year * inputs.contact_reduction;
    return {
      risk,
      worth: inputs.margin * inputs.realisation * risk,
      saved: (saved * inputs.cost_per_contact * inputs.cashable_share) / MONTHS_PER_YEAR,
      outlay: inputs.initial_cost * inputs.cost_risk_adjustment * afterTax,
      running: inputs.annual_cost * inputs.cost_risk_adjustment * afterTax * data.period,
    };
  }
  const factor = (rate, time) => Math.pow(1 + rate, -time);
  const factors = (rate) => data.ramp.map((_, period) => factor(rate, data.period * (period + 1)));
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  function byYear(values) {
    const length = periods / data.years;
    return Array.from({ length: data.years }, (_, year) => sum(values.slice(year * length, (year + 1) * length)));
  }

  // ---- the base case: lines to the cent per year, then present values, then the difference
  function appraise(inputs) {
    const { left, right, weight } = between(inputs.uplift);
    const at = (table, period) => table[left][period] * (1 - weight) + table[right][period] * weight;
    const { worth, saved, risk, outlay, running } = terms(inputs);
    const lines = [
      data.ramp.map((_, period) => at(data.kept, period) * worth),
      data.ramp.map((_, period) => (data.expanded ? at(data.expanded, period) * worth : 0)),
      data.ramp.map((ramp) => saved * ramp * risk),
    ];
    const cents = lines.map((line) => byYear(line).map(toCents));
    const benefit = cents[0].map((_, year) => toCents(sum(cents.map((line) => line[year]))));
    const cost = toCents(running / data.period);
    const start = toCents(outlay);
    const rate = inputs.discount_rate;
    let pvBenefits = toCents(sum(benefit.map((amount, year) => amount * factor(rate, year + 1))));
    let pvCosts = toCents(start + sum(benefit.map((_, year) => cost * factor(rate, year + 1))));
    if (data.period < 1) { // each month is discounted by itself
      const today = factors(rate);
      const benefitToday = today.map((one, period) => sum(lines.map((line) => line[period])) * one);
      pvBenefits = toCents(sum(byYear(benefitToday)));
      pvCosts = toCents(start + sum(byYear(today.map((one) => running * one))));
    }
    const npv = toCents(pvBenefits - pvCosts);
    return {
      npv, pvBenefits, pvCosts,
      roi: pvCosts > 0 ? Number(((100 * npv) / pvCosts).toFixed(4)) : null,
      payback: payback([-start, ...benefit.map((amount) => amount - cost)]),
    };
  }

  // Months until the running sum, undiscounted, is below zero for the last time; null where it ends there.
  function payback(flows) {
    let total = 0;
    const running = flows.map((flow) => (total += flow));
    const last = running.findLastIndex((value) => value < 0);
    if (last < 0) return 0;
    if (last === running.length - 1) return null;
    const within = -running[last] / (running[last + 1] - running[last]);
    return Number((MONTHS_PER_YEAR * (last + within)).toFixed(4));
  }

  // ---- the same for every draw, unrounded
  function simulate(ranges) {
    const inputs = Object.fromEntries(Object.entries(ranges).map(([name, range]) => [name, range.base]));
    const drawn = uncertain
      .map((name, index) => ({ name, probability: probabilities[index], ...ranges[name] }))
      .filter(({ low, high }) => low < high);
    const isRateDrawn = drawn.some(({ name }) => name === "discount_rate");
    let today = factors(inputs.discount_rate);
    const npv = new Float64Array(replicate.length);
    for (let draw = 0; draw < npv.length; draw += 1) {
      for (const { name, probability, low, base, high } of drawn) {
        inputs[name] = triangular(probability[draw], low, base, high);
      }
      if (isRateDrawn) today = factors(inputs.discount_rate);
      const { left, right, weight } = between(inputs.uplift);
      const { worth, saved, risk, outlay, running } = terms(inputs);
      const first = replicate[draw] * knots.length;
      let benefits = 0;
      for (let period = 0; period < periods; period += 1) {
        const kept = keptDraws[(first + left) * periods + period] * (1 - weight)
          + keptDraws[(first + right) * periods + period] * weight;
        let amount = kept * worth;
        if (data.expanded) {
          const more = data.expanded[left][period] * (1 - weight) + data.expanded[right][period] * weight;
          amount += more * worth * growth[draw];
        }
        benefits += (amount + saved * data.ramp[period] * risk) * today[period];
      }
      npv[draw] = benefits - (outlay + running * sum(today));
    }
    return npv.sort();
  }

  // A straight line between the two nearest draws.
  function percentile(sorted, percent) {
    const position = (sorted.length - 1) * (percent / 100);
    const below = Math.floor(position);
    const share = position - below;
    const [a, b] = [sorted[below], sorted[Math.min(below + 1, sorted.length - 1)]];
    return share < 0.5 ? a + (b - a) * share : b - (b - a) * (1 - share);
  }

  // What `what_if` of the engine answers for the same values; inputs without one stay where they are.
  function whatIf(values) {
    const ranges = moved(values);
    const base = Object.fromEntries(Object.entries(ranges).map(([name, range]) => [name, range.base]));
    const npv = simulate(ranges);
    const [p5, p50, p95] = [5, 50, 95].map((percent) => toCents(percentile(npv, percent)));
    return { ...appraise(base), p5, p50, p95, probability: npv.filter((one) => one > 0).length / npv.length };
  }

  return whatIf;
}
