"use strict";
/* Draws a run and follows it. Everything comes from api/state and api/events; texts only become text nodes. */
(function () {
const $ = (id) => document.getElementById(id);
const dash = "\u2013";
const host = $("start") !== null; /* runs can be started from here */
let state = null, source = null, marks = [], asked = false, cancelled = false, waiting = "";

/* ---- numbers ---- */

function time(s) {
  if (s < 60) return s + "s";
  const parts = [[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]].map(([n, unit]) => { const k = Math.floor(s / n); s -= k * n; return k > 0 ? k + unit : ""; });
  return parts.filter((x) => x !== "").slice(0, 3).join(" ");
}
function ms(x) { return x === null ? dash : x.toFixed(2); }
function span(x) { return x === null ? dash : x >= 1000 ? (x / 1000).toFixed(2) + " s" : x >= 100 ? x.toFixed(0) + " ms" : x.toFixed(2) + " ms"; }
function write(x, text) { if (x !== null && x.textContent !== text) x.textContent = text; }
function set(id, text) { write($(id), text); }
function json(url, options) { return fetch(url, Object.assign({ cache: "no-store" }, options)).then((r) => r.json().then((x) => ({ ok: r.ok, status: r.status, body: x }))); }

/* ---- axes: the rules of the report (report/ticks.c, report/axis.c) ---- */

function linear(from, to, wanted, whole) {
  const least = (to - from) / wanted, decade = Math.pow(10, Math.floor(Math.log10(least)));
  let step = [1, 2, 5, 10].map((m) => m * decade).find((x) => x >= least * (1 - 1e-9));
  if (whole && step < 1) step = 1;
  const all = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to * (1 + 1e-9); i++) all.push({ at: i * step, label: String(Number((i * step).toPrecision(6))) });
  return all;
}
function latency(low, high) {
  const all = [], all125 = high / low <= 1200;
  for (let d = Math.floor(Math.log10(low)); d <= Math.ceil(Math.log10(high)); d++)
    for (const m of [1, 2, 5]) {
      const v = m * Math.pow(10, d);
      if (v < low * (1 - 1e-9) || v > high * (1 + 1e-9) || (m > 1 && !all125)) continue;
      const text = (x) => String(Number(x.toPrecision(6)));
      all.push({ at: v, label: v < 0.9995 ? text(v * 1000) + " \u00b5s" : v < 999.5 ? text(v) + " ms" : text(v / 1000) + " s" });
    }
  return all;
}
function bound(v, up) {
  const decade = Math.pow(10, Math.floor(Math.log10(v)));
  const steps = [1, 2, 5, 10].map((m) => m * decade);
  return up ? steps.find((x) => x >= v * (1 - 1e-9)) : steps.reverse().find((x) => x <= v * (1 + 1e-9)) || decade;
}
const units = [[300, 1, "s"], [10800, 60, "min"], [259200, 3600, "h"], [Infinity, 86400, "days"]];
function timeAxis(start, end) {
  const u = units.find(([below]) => below > end - start);
  const from = start / u[1], to = Math.max(end, start + 1) / u[1];
  return { log: false, from: from, to: to, unit: u[1], name: "Time (" + u[2] + ")", ticks: linear(from, to, 6, false) };
}
function valueAxis(kind, values) {
  const known = values.filter((x) => x !== null).sort((a, b) => a - b);
  const max = known.length > 0 ? known[known.length - 1] : 0;
  if (kind === "ms" && known.length > 0) {
    const positive = known.filter((x) => x > 0), median = known[known.length >> 1];
    if (positive.length > 0 && max > 20 * median) {
      const from = bound(Math.max(positive[0], 0.001), false), to = bound(max, true);
      return { log: true, from: from, to: Math.max(to, from * 10), ticks: latency(from, Math.max(to, from * 10)) };
    }
  }
  const to = max > 0 ? max * 1.05 : 1;
  return { log: false, from: 0, to: to, ticks: linear(0, to, 5, kind === "count") };
}

/* ---- charts ---- */

const W = 480, H = 280, L = 56, R = 470, T = 26, B = 236;
function el(name, attributes, parent) {
  const x = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const k in attributes) x.setAttribute(k, attributes[k]);
  if (parent) parent.append(x);
  return x;
}
function html(name, parent, text, cls) {
  const x = document.createElement(name);
  if (text !== undefined) x.textContent = text;
  if (cls) x.className = cls;
  if (parent) parent.append(x);
  return x;
}
function share(axis, v) {
  const x = Math.min(Math.max(v, axis.from), axis.to);
  return axis.log ? Math.log(x / axis.from) / Math.log(axis.to / axis.from) : (x - axis.from) / (axis.to - axis.from);
}
const px = (axis, v) => L + share(axis, v) * (R - L);
const py = (axis, v) => B - share(axis, v) * (B - T);
function text(svg, cls, x, y, what) { el("text", { class: cls, x: x.toFixed(1), y: y.toFixed(1) }, svg).textContent = what; }

const charts = [
  { key: "rate", caption: "Requests per second", unit: "Requests/s", kind: "count", load: true, lines: [["requests", "requests", "s1"], ["failures", "failures", "s2"]] },
  { key: "latency", caption: "Response time, by second", unit: "Response time (ms)", kind: "ms", lines: [["p50_ms", "median", "s1"], ["p95_ms", "p95", "s2"], ["p99_ms", "p99", "s3"]] },
  { key: "users", caption: "Users", unit: "Users", kind: "count", lines: [["users", "active users", "s1"]] },
  { key: "heat", caption: "All response times", unit: "Response time", kind: "heat", lines: [] },
  { key: "parts", caption: "Each part of the load", kind: "parts", parts: true, lines: [] },
  { key: "ttft", caption: "Time to first token, by second", unit: "TTFT (ms)", kind: "ms", streams: true, lines: [["ttft_p50_ms", "median", "s1"], ["ttft_p95_ms", "p95", "s2"]] },
  { key: "tokens", caption: "Output tokens per second, by the end of their response", unit: "Tokens/s", kind: "count", load: true, streams: true, lines: [["tokens", "tokens", "s1"]] },
];
function wanted(c) { return (!c.streams || (state.run && state.run.streams)) && (!c.parts || state.parts !== undefined); }
/* What the chart of the parts can show. */
const partLines = [
  { key: "requests", caption: "Requests/s", unit: "Requests/s", kind: "count", load: true },
  { key: "failures", caption: "Failures/s", unit: "Failures/s", kind: "count", load: true },
  { key: "users", caption: "Users", unit: "Users", kind: "count" },
  { key: "busiest_core", caption: "Busiest thread so far", unit: "Cores", kind: "number" },
  { key: "lag_p99_ms", caption: "Lag so far, p99", unit: "Lag p99 (ms)", kind: "ms" },
];
const PART_STYLES = 6; /* of the report's page; more parts are thin lines without a legend */
function partStyle(i, n) { return n <= PART_STYLES ? "d" + (i + 1) : "thin"; }
function partName(i) { return "part " + i + (state.parts[i].host === "" ? "" : " (" + state.parts[i].host + ")"); }
function makePartChart(c) {
  const caption = c.figure.querySelector("figcaption"), n = state.part_course.parts.length;
  caption.textContent = state.parts.length > n ? "The first " + n + " parts: " : "By part: ";
  const select = html("select", caption);
  select.setAttribute("aria-label", "what the chart of the parts shows");
  for (const x of partLines) select.append(new Option(x.caption, x.key));
  select.addEventListener("change", drawCharts);
  c.select = select;
  if (n > PART_STYLES) return;
  const legend = html("ul", c.figure, undefined, "legend");
  for (let i = 0; i < n; i++) {
    const item = html("li", legend);
    el("path", { class: partStyle(i, n), d: "M1 5h28" }, el("svg", { class: "key", viewBox: "0 0 30 10", "aria-hidden": "true" }, item));
    html("bdi", item, " " + partName(i));
  }
}
function makeCharts() {
  $("charts").replaceChildren();
  for (const c of charts) {
    c.svg = undefined;
    c.at = undefined;
    if (!wanted(c)) continue;
    c.figure = html("figure", $("charts"));
    c.figure.id = "figure-" + c.key;
    html("figcaption", c.figure, c.caption);
    c.svg = el("svg", { class: "plot" + (c.kind === "heat" ? " heatmap" : ""), viewBox: "0 0 " + W + " " + H, role: "img", tabindex: "0" }, c.figure);
    if (c.lines.length > 1) {
      const legend = html("ul", c.figure, undefined, "legend");
      for (const [, name, cls] of c.lines) {
        const item = html("li", legend);
        el("path", { class: cls, d: "M1 5h28" }, el("svg", { class: "key", viewBox: "0 0 30 10", "aria-hidden": "true" }, item));
        item.append(" " + name);
      }
    }
    if (c.parts) makePartChart(c);
    c.readout = html("p", c.figure, "", "readout");
    c.readout.setAttribute("aria-live", "polite");
    c.svg.addEventListener("pointermove", (e) => { const r = c.svg.getBoundingClientRect(); point(c, (e.clientX - r.left) / r.width * W); });
    c.svg.addEventListener("pointerleave", () => { c.at = undefined; read(c); });
    c.svg.addEventListener("keydown", (e) => {
      const v = view(), n = v.to - v.from, by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -n, End: n }[e.key];
      if (e.key === "Escape") c.at = undefined;
      else if (by === undefined || n === 0) return;
      else c.at = Math.min(Math.max((c.at === undefined ? v.to - 1 : c.at) + by, v.from), v.to - 1);
      e.preventDefault();
      read(c);
    });
  }
}
/* The points that are shown. */
function view() {
  const k = state.course, seconds = Number($("window").value), to = k.users.length;
  return { from: seconds > 0 ? Math.max(0, to - Math.ceil(seconds / k.step_s)) : 0, to: to };
}
/* A rate is drawn up to the last whole second of the load: what comes after it would look like a dip. */
function endOf(c, to) {
  if (!c.load || state.load_end_s === null) return to;
  return Math.min(to, Math.max(state.course.step_s === 1 ? Math.floor(state.load_end_s) : Math.ceil(state.load_end_s / state.course.step_s), 1));
}
function point(c, x) {
  const v = view();
  if (v.to === v.from) return;
  c.at = Math.min(Math.max(Math.floor((c.x.from + (x - L) / (R - L) * (c.x.to - c.x.from)) * c.x.unit / state.course.step_s), v.from), v.to - 1);
  read(c);
}
/* The values at the cursor. */
function read(c) {
  const old = c.svg.querySelector(".cursor"), k = state.course, v = view();
  if (old) old.remove();
  if (c.at === undefined || c.at < v.from || c.at >= v.to) { c.readout.textContent = ""; return; }
  const x = px(c.x, (c.at + 0.5) * k.step_s / c.x.unit);
  el("path", { class: "cursor", d: "M" + x.toFixed(1) + " " + T + "V" + B }, c.svg);
  const from = c.at * k.step_s, values = c.lines.map(([key, name]) => name + " " + (k[key][c.at] === null ? dash : c.kind === "ms" ? span(k[key][c.at]) : k[key][c.at]));
  if (c.parts) values.push(...readParts(c, from));
  if (c.kind === "heat") values.push((k.bands[c.at] || []).slice(1).reduce((a, b) => a + b, 0) + " requests");
  c.readout.textContent = time(from) + (k.step_s > 1 ? " to " + time(from + k.step_s) : "") + ": " + values.join(", ");
}
function axes(svg, x, y, name) {
  let grid = "";
  for (const t of x.ticks) if (t.at <= x.to * (1 + 1e-9)) grid += "M" + px(x, t.at).toFixed(1) + " " + B + "V" + T;
  for (const t of y.ticks) grid += "M" + L + " " + py(y, t.at).toFixed(1) + "H" + R;
  el("path", { class: "grid", d: grid }, svg);
  el("path", { class: "axis", d: "M" + L + " " + T + "V" + B + "H" + R }, svg);
  for (const t of x.ticks) { const at = px(x, t.at), end = at > R - 20; text(svg, end ? "ty" : "tx", end ? R : at, B + 18, t.label); }
  for (const t of y.ticks) text(svg, "ty", L - 7, py(y, t.at) + 4, t.label);
  text(svg, "nx", (L + R) / 2, H - 6, x.name);
  text(svg, "ny", 2, 13, name);
}
function drawMarks(svg, x) {
  for (const m of marks) {
    if (m.at_s / x.unit > x.to || m.at_s / x.unit < x.from) continue;
    const line = el("path", { class: m.kind === "cold_start" ? "event cold" : "event", d: "M" + px(x, m.at_s / x.unit).toFixed(1) + " " + T + "V" + B }, svg);
    el("title", {}, line).textContent = time(Math.floor(m.at_s)) + " " + m.kind + ": " + m.text;
  }
}
function drawLines(c) {
  const k = state.course, { from, to: all } = view(), to = endOf(c, all);
  c.y = valueAxis(c.kind, c.lines.flatMap(([key]) => k[key].slice(from, to)));
  axes(c.svg, c.x, c.y, c.unit);
  const said = [];
  for (const [key, name, cls] of c.lines) {
    let d = "", gap = true, low = null, high = null;
    k[key].slice(from, to).forEach((v, j) => {
      const i = from + j;
      if (v === null) { gap = true; return; }
      d += (gap ? "M" : "L") + px(c.x, (i + 0.5) * k.step_s / c.x.unit).toFixed(1) + " " + py(c.y, v).toFixed(1) + (gap ? "h.01" : "");
      gap = false;
      low = low === null ? v : Math.min(low, v);
      high = high === null ? v : Math.max(high, v);
    });
    if (d !== "") el("path", { class: cls, d: d }, c.svg);
    if (low !== null) said.push(name + ": " + (c.kind === "ms" ? span(low) + " to " + span(high) : low + " to " + high));
  }
  return said;
}
/* At a time of the run: each part, or only the highest and the lowest of many. */
function readParts(c, at) {
  const k = state.part_course, what = partLines.find((x) => x.key === c.select.value), i = Math.floor(at / k.step_s);
  const known = k.parts.map((p, part) => ({ part: part, value: p[what.key][i] })).filter((x) => x.value !== null && x.value !== undefined);
  const text = (x) => partName(x.part) + " " + (what.kind === "ms" ? span(x.value) : String(Number(x.value.toPrecision(4))));
  if (known.length <= PART_STYLES) return known.map(text);
  known.sort((a, b) => a.value - b.value);
  return ["lowest " + text(known[0]), "highest " + text(known[known.length - 1])];
}
function drawParts(c) {
  const k = state.part_course, what = partLines.find((x) => x.key === c.select.value), n = k.parts.length;
  const from = Math.floor(c.x.from * c.x.unit / k.step_s), end = what.load && state.load_end_s !== null ? Math.max(Math.floor(state.load_end_s / k.step_s), 1) : Infinity;
  const shown = k.parts.map((p) => p[what.key].slice(from, end));
  c.y = valueAxis(what.kind, shown.flat().map((v) => v === undefined ? null : v));
  axes(c.svg, c.x, c.y, what.unit);
  const said = [];
  shown.forEach((values, part) => {
    let d = "", gap = true, last = null;
    values.forEach((v, j) => {
      if (v === null || v === undefined) { gap = true; return; }
      d += (gap ? "M" : "L") + px(c.x, (from + j + 0.5) * k.step_s / c.x.unit).toFixed(1) + " " + py(c.y, v).toFixed(1) + (gap ? "h.01" : "");
      gap = false;
      last = v;
    });
    if (d !== "") el("path", { class: partStyle(part, n), d: d }, c.svg);
    if (last !== null && n <= PART_STYLES) said.push(partName(part) + ": " + Number(last.toPrecision(4)));
  });
  return said;
}
/* Colours are by order of magnitude, as in the report. */
function drawHeat(c) {
  const k = state.course, { from, to } = view(), bands = k.bands.slice(from, to), edge = (b) => 0.1 * Math.pow(10, b / 8);
  let first = 56, last = 0, highest = 0, sum = 0;
  for (const b of bands) {
    if (b.length === 0) continue;
    first = Math.min(first, b[0]);
    last = Math.max(last, b[0] + b.length - 1);
    for (const n of b.slice(1)) { highest = Math.max(highest, n); sum += n; }
  }
  c.y = first < last ? { log: true, from: edge(first), to: edge(last), ticks: latency(edge(first), edge(last)) } : { log: true, from: 0.1, to: 1000, ticks: latency(0.1, 1000) };
  const levels = Math.min(12, highest > 0 ? Math.floor(Math.log2(highest)) + 1 : 1), step = Math.max(1, Math.ceil((highest > 0 ? Math.floor(Math.log2(highest)) + 1 : 1) / 12));
  const paths = {};
  bands.forEach((b, at) => b.slice(1).forEach((n, j) => {
    if (n === 0) return;
    const i = from + at;
    const level = Math.floor(Math.log2(n) / step), colour = levels > 1 ? Math.round(level * 11 / (levels - 1)) : 6;
    const x0 = px(c.x, i * k.step_s / c.x.unit), x1 = px(c.x, (i + 1) * k.step_s / c.x.unit), y0 = py(c.y, edge(b[0] + j + 1)), y1 = py(c.y, edge(b[0] + j));
    paths[colour] = (paths[colour] || "") + "M" + x0.toFixed(1) + " " + y0.toFixed(1) + "H" + x1.toFixed(1) + "V" + y1.toFixed(1) + "H" + x0.toFixed(1) + "z";
  }));
  const g = el("g", { class: "heat" }, c.svg);
  for (const colour in paths) el("path", { class: "h" + colour, d: paths[colour] }, g);
  axes(c.svg, c.x, c.y, c.unit);
  return sum > 0 ? ["from " + span(edge(first)) + " to " + span(edge(last)) + ", at most " + highest + " in one field"] : [];
}
function drawCharts() {
  const k = state.course, v = view(), start = v.from * k.step_s, end = Math.max(v.to * k.step_s, start + (state.phase === "ended" ? 1 : 10));
  $("view").hidden = k.users.length * k.step_s <= 60;
  for (const c of charts) {
    if (!c.svg) continue;
    c.x = timeAxis(start, end);
    c.svg.replaceChildren();
    const said = c.kind === "heat" ? drawHeat(c) : c.parts ? drawParts(c) : drawLines(c);
    drawMarks(c.svg, c.x);
    c.svg.setAttribute("aria-label", [c.caption].concat(said).join("; "));
    if (c.at !== undefined) read(c);
  }
  set("step", k.step_s > 1 ? "Each point is " + time(k.step_s) + " long and has the highest value of its seconds." : "");
}

/* ---- tables ---- */

let order = null; /* {column, sign} */
const number = (digits) => (x) => x === null ? dash : x.toFixed(digits);
const columns = [
  ["method"], ["name"], ["requests", number(0)], ["failures", number(0)], ["whole.p50_ms", ms], ["whole.p95_ms", ms], ["whole.p99_ms", ms],
  ["mean_ms", ms], ["min_ms", ms], ["max_ms", ms], ["size", number(0)], ["requests_per_second", number(1)], ["failures_per_second", number(1)],
];
function value(row, key) {
  if (key === "size") return row.requests > 0 ? row.bytes_received / row.requests : null;
  if (key === "name" && row.name === undefined) return "All";
  if (key === "method" && row.method === undefined) return "";
  return key.split(".").reduce((x, part) => x[part], row);
}
function fill(tr, cells, head) {
  cells.forEach((what, i) => {
    let cell = tr.cells[i];
    if (!cell) {
      cell = document.createElement(i === head ? "th" : "td");
      if (i === head) cell.scope = "row";
      tr.append(cell);
    }
    if (what.number !== undefined) { cell.className = "n"; if (cell.textContent !== what.number) cell.textContent = what.number; return; }
    if (!cell.firstElementChild) { cell.textContent = ""; cell.append(document.createElement("bdi")); }
    if (cell.firstElementChild.textContent !== what.text) cell.firstElementChild.textContent = what.text;
    if (what.cls !== undefined) cell.className = what.cls;
  });
}
function fillBody(body, rows, head) {
  while (body.rows.length > rows.length) body.rows[body.rows.length - 1].remove();
  rows.forEach((cells, i) => fill(body.rows[i] || body.appendChild(document.createElement("tr")), cells, head));
}
function cellsOf(row) { return columns.map(([key, format]) => format ? { number: format(value(row, key)) } : { text: value(row, key) }); }
function drawEndpoints() {
  const rows = state.endpoints.slice();
  if (order !== null) {
    const [key, format] = columns[order.column];
    rows.sort((a, b) => {
      const x = value(a, key), y = value(b, key);
      if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1; /* unknown ones stay at the end */
      return order.sign * (format ? x - y : x.localeCompare(y));
    });
  }
  fillBody($("endpoints").tBodies[0], rows.map(cellsOf), 1);
  fill($("endpoints").tFoot.rows[0], cellsOf(state.total), 1);
}
function makeSortable() {
  const heads = $("endpoints").tHead.rows[0].cells;
  [...heads].forEach((head, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.classList.contains("n"), was = head.getAttribute("aria-sort");
      const now = was === null ? (down ? "descending" : "ascending") : was === "ascending" ? "descending" : "ascending";
      for (const one of heads) one.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", now);
      order = { column: i, sign: now === "ascending" ? 1 : -1 };
      drawEndpoints();
    });
  });
}
const short = (x) => x === null ? dash : String(Number(x.toPrecision(4)));
function drawTables() {
  drawEndpoints();
  drawPartTable();
  $("thresholds").hidden = state.thresholds.length === 0;
  fillBody($("threshold-table").tBodies[0], state.thresholds.map((t) => [{ text: t.threshold }, { text: t.state, cls: t.state }, { number: short(t.low) }, { number: short(t.margin) }]), 0);
  $("errors").hidden = state.errors.length === 0;
  const errors = state.errors.map((x) => [{ text: x.method }, { text: x.name }, { text: x.error === undefined ? "HTTP status " + x.status : x.error }, { number: String(x.count) }]);
  if (state.other_errors > 0) errors.push([{ text: "" }, { text: "" }, { text: "errors of other kinds" }, { number: String(state.other_errors) }]);
  fillBody($("error-table").tBodies[0], errors, 2);
}
function drawPartTable() {
  $("parts").hidden = state.parts === undefined;
  if (state.parts === undefined) return;
  fillBody($("part-table").tBodies[0], state.parts.map((p, i) => [{ text: String(i) }, { text: p.host }, { text: p.state, cls: p.state === "silent" || p.state === "lost" ? "fails" : "" },
    { number: String(p.requests) }, { number: String(p.failures) }, { number: p.requests_per_second.toFixed(1) }, { number: p.failures_per_second.toFixed(1) }, { number: String(p.users) },
    { number: (100 * p.busiest_core).toFixed(0) }, { number: ms(p.lag_p99_ms) }, { number: ms(p.longest_stall_ms) }, { text: p.verdict === null ? dash : p.verdict }]), 0);
}
function drawEvents(fresh) {
  const list = $("event-list");
  for (const m of fresh) {
    const item = document.createElement("li");
    html("time", item, time(Math.floor(m.at_s)));
    html("bdi", item, " " + m.text);
    list.prepend(item);
  }
  $("events").hidden = marks.length === 0;
}

/* ---- the rest of the page ---- */

function drawHead() {
  const all = state.total, box = $("verdict");
  set("phase", state.phase);
  set("elapsed", time(Math.floor(state.elapsed_s)));
  set("users", String(state.users));
  set("users-max", String(state.users_max));
  set("rate", all.requests_per_second.toFixed(1));
  set("failed", (all.requests > 0 ? 100 * all.failures / all.requests : 0).toFixed(2) + " %");
  $("failed").classList.toggle("fails", all.failures > 0);
  set("p95", span(all.recent.p95_ms));
  box.className = "verdict " + (state.verdict || "suspect").toLowerCase();
  write(box.querySelector("strong"), state.verdict);
  write(box.querySelector("span"), (state.phase === "ended" ? "" : "so far: ") + state.reason);
  set("client", "busiest thread " + (100 * state.client.busiest_core).toFixed(0) + " % of a core, longest stall " + span(state.client.longest_stall_ms) + (state.client.rows_queued > 100000 ? ", " + state.client.rows_queued + " rows wait" : ""));
  drawLoad();
}
/* What does not change in a run. */
function drawRun() {
  const run = state.run;
  set("name", run.name);
  document.title = run.name + " \u00b7 live";
  set("whole", time(Math.round(run.duration_s * 1000) / 1000));
  set("fact-target", run.target || "");
  set("fact-scenario", run.scenario);
  set("fact-file", run.file);
  if (host) drawResults();
}
/* Which parts there are, by what coldswarm does now. */
function drawPhase(phase) {
  const runs = phase === "running" || phase === "stopping" || phase === "starting", stop = $("stop");
  $("run").hidden = host && (state === null || phase === "idle" || phase === "starting");
  stop.hidden = !runs || (phase === "starting" && !host);
  const stops = phase === "stopping" || asked;
  stop.disabled = cancelled || (asked && phase !== "stopping");
  write(stop, cancelled ? "Cancelling \u2026" : stop.disabled ? "Stopping \u2026" : stops ? "Cancel requests in flight" : "Stop");
  if (!runs) asked = cancelled = false;
  if (phase === "starting") { set("name", "coldswarm"); set("answer", "Starting \u2026"); }
  else if (!runs || $("answer").textContent === "Starting \u2026") set("answer", "");
  if (!host) return;
  if (runs) $("start").hidden = true;
  else if (phase === "idle" && $("start").hidden) openForm();
  $("again").hidden = phase !== "ended" || !$("start").hidden;
  $("results").hidden = phase !== "ended";
}
function draw(fresh) {
  if (document.hidden) return; /* drawn when it is looked at again */
  drawPhase(state.phase);
  drawHead();
  drawTables();
  drawCharts();
  drawEvents(fresh);
}
function take(s) {
  const other = state === null || state.started !== s.started;
  if (state === null) makeSortable();
  state = s;
  marks = s.events;
  if (other) { makeCharts(); drawRun(); $("load").dataset.ready = "0"; asked = cancelled = false; }
  $("event-list").replaceChildren();
  draw(marks);
}
/* An event has the last points of the course and what is new. */
function follow(s) {
  if (state === null || s.started !== state.started) return load();
  const k = state.course, c = s.course, last = marks.length > 0 ? marks[marks.length - 1].number : 0;
  const fresh = s.events.filter((m) => m.number > last);
  if (c.step_s !== k.step_s || c.first > k.users.length || (fresh.length > 0 && fresh[0].number > last + 1)) return load();
  const add = (to, by, first) => { for (const key in by) if (Array.isArray(by[key]) && key !== "parts") by[key].forEach((v, i) => { to[key][first + i] = v; }); };
  const run = state.run, parts = state.part_course, p = s.part_course;
  if (p !== undefined && (parts === undefined || p.step_s !== parts.step_s || p.parts.some((x, i) => p.first > parts.parts[i].requests.length))) return load();
  add(k, c, c.first);
  if (p !== undefined) p.parts.forEach((x, i) => add(parts.parts[i], x, p.first));
  state = s;
  state.run = run;
  state.course = k;
  state.part_course = parts;
  marks = marks.concat(fresh).slice(-500);
  draw(fresh);
}
function lost(why) { set("lost", why); $("lost").hidden = why === ""; }
function load() {
  return json("api/state").then(({ body: s }) => {
    lost("");
    const before = waiting;
    waiting = s.phase === "starting" || s.phase === "idle" ? s.phase : "";
    if (waiting !== "") {
      drawPhase(waiting);
      if (s.error !== undefined) complain(s.error);
    } else take(s);
    if (host && (s.phase === "ended" || s.phase === "idle") && (before !== s.phase || s.phase === "ended")) listRuns();
    if (host) { if (source === null) listen(); }
    else if (waiting !== "") { if (source === null) setTimeout(load, 1000); }
    else if (s.phase === "ended") close();
    else if (source === null) listen();
  }, () => { lost("No connection to coldswarm. The numbers are the last ones that were received."); setTimeout(load, 2000); });
}
function close() { if (source !== null) source.close(); source = null; }
function listen() {
  source = new EventSource("api/events");
  source.onmessage = (e) => {
    const s = JSON.parse(e.data);
    lost("");
    if (s.phase === "idle" || s.phase === "starting") { if (s.phase !== waiting) load(); return; }
    if (s.phase === "ended") { if (!host) close(); if (state === null || state.phase !== "ended" || state.started !== s.started) load(); return; }
    follow(s);
  };
  source.addEventListener("runs", load); /* a run file is complete */
  source.onerror = () => { close(); setTimeout(load, 1000); };
}
/* The form has what the load is now, until somebody types into it. */
function drawLoad() {
  const form = $("load"), run = state.run;
  form.hidden = state.phase !== "running" || !run || run.no_change !== null;
  if (form.hidden || form.dataset.ready === "1") return;
  const byRate = run.load === "rate";
  form.dataset.ready = "1";
  set("load-name", byRate ? "Requests/s" : "Users");
  $("load-spawn").hidden = byRate;
  $("load-rate").disabled = byRate;
  $("load-value").step = byRate ? "any" : "1";
  $("load-value").value = String(byRate ? run.rate : run.users);
  $("load-rate").value = byRate ? "" : String(run.spawn_rate);
}
function post(url, body) { return json(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }); }
$("load").addEventListener("submit", (e) => {
  e.preventDefault();
  const value = Number($("load-value").value);
  set("answer", "");
  post("api/load", state.run.load === "rate" ? { rate: value } : { users: value, spawn_rate: Number($("load-rate").value) })
    .then((r) => set("answer", r.ok ? "The load changes." : r.body.error)).catch(() => set("answer", "The load could not be changed from here."));
});
$("stop").addEventListener("click", () => {
  const before = asked;
  cancelled = asked || (state !== null && state.phase === "stopping");
  asked = true;
  drawPhase(state !== null && waiting === "" ? state.phase : waiting);
  fetch("api/stop", { method: "POST" }).then((r) => { if (!r.ok && r.status !== 409) throw new Error(r.status); }).catch(() => { asked = before; cancelled = false; lost("The run could not be stopped from here."); });
});
$("window").addEventListener("change", drawCharts);
$("reset").addEventListener("click", () => {
  $("window").value = "0";
  order = null;
  for (const head of $("endpoints").tHead.rows[0].cells) head.removeAttribute("aria-sort");
  for (const c of charts) { c.at = undefined; if (c.svg) read(c); }
  drawEndpoints();
  drawCharts();
});

/* ---- starting a run ---- */

const field = (name) => $("start-form").elements[name];
function complain(text, name) {
  const box = $("start-error");
  for (const x of $("start-form").elements) x.removeAttribute("aria-invalid");
  set("start-error", text);
  box.hidden = text === "";
  box.dataset.of = name || "";
  if (name && field(name)) { field(name).setAttribute("aria-invalid", "true"); field(name).focus(); }
}
function byRate() {
  const rate = $("start-load").value === "rate";
  for (const x of document.querySelectorAll(".by-users")) x.hidden = rate;
  for (const x of document.querySelectorAll(".by-rate")) x.hidden = !rate;
}
/* What is left empty is as in the scenario: the form shows it. */
function checkScenario(keep) {
  const file = $("start-scenario").value;
  if (file === "") return;
  json("api/scenario?file=" + encodeURIComponent(file)).then(({ body: s }) => {
    if (file !== $("start-scenario").value) return;
    if (s.error !== undefined) { complain(s.error, "scenario"); set("start-note", ""); return; }
    if ($("start-error").dataset.of === "scenario") complain("");
    if (!keep) { $("start-load").value = s.load; byRate(); }
    field("users").placeholder = s.users === undefined ? "" : String(s.users);
    field("spawn_rate").placeholder = s.spawn_rate ? String(s.spawn_rate) : "1";
    field("rate").placeholder = s.rate === undefined ? "" : String(s.rate);
    field("run_time").placeholder = time(s.duration_s).replaceAll(" ", "");
    $("start-host").placeholder = s.target || "http://127.0.0.1:8080";
    set("start-note", s.name + ": " + (s.no_change !== null ? "its load has a course of its own: " + s.no_change : "what is left empty is as in the scenario") + (s.needs_target ? "; it needs a host" : "") + ".");
  }).catch(() => complain("The scenario could not be checked from here."));
}
function openForm() {
  $("start").hidden = false;
  $("again").hidden = true;
  json("api/scenarios").then(({ ok, body: x }) => {
    if (!ok) { complain(x.error); return; }
    const select = $("start-scenario"), had = select.value || x.last.scenario;
    select.replaceChildren(...x.scenarios.map((name) => new Option(name, name)));
    if (x.scenarios.includes(had)) select.value = had;
    $("hosts").replaceChildren(...x.hosts.map((h) => { const o = document.createElement("option"); o.value = h; return o; }));
    for (const key in x.last) if (key !== "scenario" && field(key).value === "") field(key).value = x.last[key];
    if ($("start-host").value === "" && x.hosts.length > 0) $("start-host").value = x.hosts[0];
    $("start-load").value = field("rate").value !== "" ? "rate" : "users";
    byRate();
    $("start-button").disabled = x.scenarios.length === 0;
    $("start-none").hidden = x.scenarios.length > 0;
    if (x.scenarios.length === 0) set("none-folder", x.folder === "." ? "this folder" : x.folder);
    else checkScenario(Object.keys(x.last).length > 0);
  }).catch(() => complain("The scenarios could not be read from here."));
}
function startRun(e) {
  const body = {}, rate = $("start-load").value === "rate";
  e.preventDefault();
  for (const name of ["scenario", "host", "users", "spawn_rate", "rate", "run_time", "seed"]) {
    const value = field(name).value.trim();
    if (value !== "" && (rate ? name !== "users" && name !== "spawn_rate" : name !== "rate")) body[name] = value;
  }
  complain("");
  $("start-button").disabled = true;
  post("api/start", body).then((r) => {
    if (!r.ok) complain(r.body.error, r.body.field);
    else { $("start").hidden = true; load(); }
  }).catch(() => complain("The run could not be started from here.")).finally(() => { $("start-button").disabled = false; });
}

/* ---- earlier runs ---- */

let chosen = [], runs = { formats: [], stream_formats: [], runs: [] };
function link(parent, text, href, cls) {
  const a = html("a", parent, text, cls);
  a.href = href;
  return a;
}
function formatLinks(parent, file, complete, streams) {
  const box = html("details", parent);
  html("summary", box, "formats");
  const list = html("ul", box, undefined, "notes");
  for (const f of runs.formats) if (f !== "html" && (streams || !runs.stream_formats.includes(f))) link(html("li", list), f, "runs/" + encodeURIComponent(file) + "/report?format=" + f).target = "_blank";
  if (complete) link(html("li", list), "the run file", "runs/" + encodeURIComponent(file));
}
function drawResults() {
  const file = state.run.file.split("/").pop(), box = $("result-links");
  box.replaceChildren();
  const report = link(box, "Open the report", "runs/" + encodeURIComponent(file) + "/report", "act main");
  report.target = "_blank";
  formatLinks(box, file, true, state.run.streams);
}
function drawCompare() {
  $("compare").disabled = chosen.length !== 2;
}
function runRow(run) {
  const row = document.createElement("tr"), pick = html("input", html("td", row));
  pick.type = "checkbox";
  pick.checked = chosen.includes(run.file);
  pick.setAttribute("aria-label", "compare " + run.file);
  pick.disabled = run.error !== undefined || !run.complete;
  pick.addEventListener("change", () => {
    chosen = chosen.filter((x) => x !== run.file);
    if (pick.checked) chosen.push(run.file);
    while (chosen.length > 2) { const old = chosen.shift(); for (const x of $("run-table").querySelectorAll("input")) if (x.getAttribute("aria-label") === "compare " + old) x.checked = false; }
    drawCompare();
  });
  const name = html("th", row);
  name.scope = "row";
  if (run.error !== undefined) { html("bdi", name, run.file); const why = html("td", row, run.error); why.colSpan = 6; return row; }
  const a = link(name, undefined, "runs/" + encodeURIComponent(run.file) + "/report");
  html("bdi", a, run.file);
  a.target = "_blank";
  html("td", row, run.started.replace("T", " ").replace(/\.?\d*Z$/, ""));
  html("td", row, run.complete ? run.verdict : "not complete", run.complete ? run.verdict.toLowerCase() + "-word" : "");
  html("td", row, run.duration_s === null ? dash : time(Math.round(run.duration_s)), "n");
  html("td", row, String(run.users_max), "n");
  html("td", row, run.requests === null || run.requests < 0 ? dash : String(run.requests), "n");
  formatLinks(html("td", row), run.file, run.complete, run.streams);
  return row;
}
function listRuns() {
  json("runs").then(({ ok, body: x }) => {
    if (!ok) { set("runs-note", x.error); return; }
    runs = x;
    chosen = chosen.filter((f) => x.runs.some((r) => r.file === f));
    $("runs").hidden = x.runs.length === 0;
    set("runs-note", "In " + x.folder + (x.count > x.runs.length ? ", the newest " + x.runs.length + " of " + x.count : "") + ".");
    $("run-table").tBodies[0].replaceChildren(...x.runs.map(runRow));
    if (state !== null) drawResults();
    drawCompare();
  }).catch(() => set("runs-note", "The list of runs could not be read from here."));
}
/* A comparison as `compare` has it, as tables. */
function drawComparison(x, url) {
  const box = $("comparison"), tables = new Map();
  box.replaceChildren();
  const everything = (c) => c.method === "" && c.name === "";
  for (const c of x.comparisons.filter(everything).concat(x.comparisons.filter((c) => !everything(c)))) {
    const key = c.method + " " + c.name;
    if (!tables.has(key)) tables.set(key, []);
    tables.get(key).push(c);
  }
  const unit = (c) => c.statistic === "failure_rate" ? [100, " %"] : c.statistic.endsWith("_per_second") ? [1, ""] : [1, " ms"];
  const show = (c, v) => v === null ? dash : String(Number((v * unit(c)[0]).toPrecision(3))) + unit(c)[1];
  const pair = (p, format) => p === null ? "" : " (" + format(p[0]) + " to " + format(p[1]) + ")";
  const ratio = (v) => v === null ? dash : v.toFixed(3);
  for (const [key, rows] of tables) {
    const h = html("h3", box);
    html("bdi", h, key === " " ? "All requests" : key);
    const table = html("table", html("div", box, undefined, "wide")), head = html("tr", html("thead", table)), body = html("tbody", table);
    ["Statistic", "Base", "New", "Difference", "New / base", "Verdict"].forEach((t, i) => { html("th", head, t, i > 0 && i < 5 ? "n" : "").scope = "col"; });
    for (const c of rows) {
      const row = html("tr", body), verdict = c.verdict.replaceAll("_", " ");
      html("th", row, c.statistic.replaceAll("_", " ")).scope = "row";
      for (const text of [show(c, c.base), show(c, c.new), show(c, c.difference) + pair(c.difference_interval, (v) => show(c, v)), ratio(c.ratio) + pair(c.interval, ratio)]) html("td", row, text, "n");
      html("td", row, verdict, "verdict-cell" + (c.verdict === "slower" || c.verdict === "faster" ? " " + c.verdict : "")).title = c.sentence;
    }
  }
  const more = html("p", box, "Intervals are at " + 100 * x.method.confidence + " % confidence. The same ", "note");
  link(more, "as text", url).target = "_blank";
  more.append(", ");
  link(more, "as JSON", url + "&format=json").target = "_blank";
  more.append(".");
}
function compareRuns() {
  const of = (file) => runs.runs.find((r) => r.file === file), sorted = chosen.slice().sort((a, b) => of(a).started < of(b).started ? -1 : 1);
  const url = "runs/" + encodeURIComponent(sorted[0]) + "/compare?with=" + encodeURIComponent(sorted[1]);
  set("compare-note", "Comparing \u2026");
  $("compare").disabled = true;
  json(url + "&format=json").then(({ ok, body: x }) => {
    if (!ok) throw new Error(x.error);
    drawComparison(x, url);
    $("comparison").hidden = false;
    set("compare-note", sorted[0] + " is the base, " + sorted[1] + " the new run.");
    $("comparison").focus();
  }).catch((e) => { $("comparison").hidden = true; set("compare-note", e.message); }).finally(drawCompare);
}
if (host) {
  $("start-form").addEventListener("submit", startRun);
  $("start-scenario").addEventListener("change", () => checkScenario(false));
  $("start-load").addEventListener("change", byRate);
  $("again").addEventListener("click", () => { openForm(); $("start-scenario").focus(); });
  $("compare").addEventListener("click", compareRuns);
}
/* Somebody may have written a scenario meanwhile. */
window.addEventListener("focus", () => { if (host && !$("start").hidden && $("start-scenario").options.length === 0) openForm(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden && state !== null) { $("event-list").replaceChildren(); draw(marks); } });
load();
})();
