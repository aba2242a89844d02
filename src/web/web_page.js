"use strict";
/* Draws a run and follows it. Everything comes from api/state and api/events; texts only become text nodes. */
(function () {
const $ = (id) => document.getElementById(id);
const dash = "\u2013";
let state = null, shown = null, source = null, marks = [], asked = false;

/* ---- numbers ---- */

function time(s) {
  if (s < 60) return s + "s";
  const parts = [[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]].map(([n, unit]) => { const k = Math.floor(s / n); s -= k * n; return k > 0 ? k + unit : ""; });
  return parts.filter((x) => x !== "").slice(0, 3).join(" ");
}
function ms(x) { return x === null ? dash : x.toFixed(2); }
function span(x) { return x === null ? dash : x >= 1000 ? (x / 1000).toFixed(2) + " s" : x >= 100 ? x.toFixed(0) + " ms" : x.toFixed(2) + " ms"; }
function set(id, text) { const x = $(id); if (x !== null && x.textContent !== text) x.textContent = text; }

/* ---- axes: the rules of the report (report/ticks.c, report/axis.c) ---- */

function linear(to, wanted, whole) {
  const least = to / wanted, decade = Math.pow(10, Math.floor(Math.log10(least)));
  let step = [1, 2, 5, 10].map((m) => m * decade).find((x) => x >= least * (1 - 1e-9));
  if (whole && step < 1) step = 1;
  const all = [];
  for (let i = 0; i * step <= to * (1 + 1e-9); i++) all.push({ at: i * step, label: String(Number((i * step).toPrecision(6))) });
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
function timeAxis(seconds) {
  const u = units.find(([below]) => below > seconds);
  const to = Math.max(seconds, 1) / u[1];
  return { log: false, from: 0, to: to, unit: u[1], name: "Time (" + u[2] + ")", ticks: linear(to, 6, false) };
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
  return { log: false, from: 0, to: to, ticks: linear(to, 5, kind === "count") };
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
  { key: "rate", caption: "Requests per second", unit: "Requests/s", kind: "count", lines: [["requests", "requests", "s1"], ["failures", "failures", "s2"]] },
  { key: "latency", caption: "Response time, by second", unit: "Response time (ms)", kind: "ms", lines: [["p50_ms", "median", "s1"], ["p95_ms", "p95", "s2"], ["p99_ms", "p99", "s3"]] },
  { key: "users", caption: "Users", unit: "Users", kind: "count", lines: [["users", "active users", "s1"]] },
  { key: "heat", caption: "All response times", unit: "Response time", kind: "heat", lines: [] },
  { key: "ttft", caption: "Time to first token, by second", unit: "TTFT (ms)", kind: "ms", streams: true, lines: [["ttft_p50_ms", "median", "s1"], ["ttft_p95_ms", "p95", "s2"]] },
  { key: "tokens", caption: "Output tokens per second, by the end of their response", unit: "Tokens/s", kind: "count", streams: true, lines: [["tokens", "tokens", "s1"]] },
];
function wanted(c) { return !c.streams || (state.run && state.run.streams); }
function makeCharts() {
  for (const c of charts) {
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
    c.readout = html("p", c.figure, "", "readout");
    c.readout.setAttribute("aria-live", "polite");
    c.svg.addEventListener("pointermove", (e) => { const r = c.svg.getBoundingClientRect(); point(c, (e.clientX - r.left) / r.width * W); });
    c.svg.addEventListener("pointerleave", () => { c.at = undefined; read(c); });
    c.svg.addEventListener("keydown", (e) => {
      const n = state.course.users.length, by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -n, End: n }[e.key];
      if (e.key === "Escape") c.at = undefined;
      else if (by === undefined || n === 0) return;
      else c.at = Math.min(Math.max((c.at === undefined ? n - 1 : c.at) + by, 0), n - 1);
      e.preventDefault();
      read(c);
    });
  }
}
function point(c, x) {
  const n = state.course.users.length, seconds = n * state.course.step_s;
  if (n === 0) return;
  c.at = Math.min(Math.max(Math.floor((x - L) / (R - L) * seconds / state.course.step_s), 0), n - 1);
  read(c);
}
/* The values at the cursor. */
function read(c) {
  const old = c.svg.querySelector(".cursor"), k = state.course;
  if (old) old.remove();
  if (c.at === undefined || c.at >= k.users.length) { c.readout.textContent = ""; return; }
  const x = px(c.x, (c.at + 0.5) * k.step_s / c.x.unit);
  el("path", { class: "cursor", d: "M" + x.toFixed(1) + " " + T + "V" + B }, c.svg);
  const from = c.at * k.step_s, values = c.lines.map(([key, name]) => name + " " + (k[key][c.at] === null ? dash : c.kind === "ms" ? span(k[key][c.at]) : k[key][c.at]));
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
    if (m.at_s / x.unit > x.to) continue;
    const line = el("path", { class: "event", d: "M" + px(x, m.at_s / x.unit).toFixed(1) + " " + T + "V" + B }, svg);
    el("title", {}, line).textContent = time(Math.floor(m.at_s)) + " " + m.kind + ": " + m.text;
  }
}
function drawLines(c) {
  const k = state.course;
  c.y = valueAxis(c.kind, c.lines.flatMap(([key]) => k[key]));
  axes(c.svg, c.x, c.y, c.unit);
  const said = [];
  for (const [key, name, cls] of c.lines) {
    let d = "", gap = true, low = null, high = null;
    k[key].forEach((v, i) => {
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
/* Colours are by order of magnitude, as in the report. */
function drawHeat(c) {
  const k = state.course, edge = (b) => 0.1 * Math.pow(10, b / 8);
  let first = 56, last = 0, highest = 0, sum = 0;
  for (const b of k.bands) {
    if (b.length === 0) continue;
    first = Math.min(first, b[0]);
    last = Math.max(last, b[0] + b.length - 1);
    for (const n of b.slice(1)) { highest = Math.max(highest, n); sum += n; }
  }
  c.y = first < last ? { log: true, from: edge(first), to: edge(last), ticks: latency(edge(first), edge(last)) } : { log: true, from: 0.1, to: 1000, ticks: latency(0.1, 1000) };
  const levels = Math.min(12, highest > 0 ? Math.floor(Math.log2(highest)) + 1 : 1), step = Math.max(1, Math.ceil((highest > 0 ? Math.floor(Math.log2(highest)) + 1 : 1) / 12));
  const paths = {};
  k.bands.forEach((b, i) => b.slice(1).forEach((n, j) => {
    if (n === 0) return;
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
  const k = state.course, seconds = Math.max(k.users.length * k.step_s, 10);
  for (const c of charts) {
    if (!c.svg) continue;
    c.x = timeAxis(seconds);
    c.svg.replaceChildren();
    const said = c.kind === "heat" ? drawHeat(c) : drawLines(c);
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
  $("thresholds").hidden = state.thresholds.length === 0;
  fillBody($("threshold-table").tBodies[0], state.thresholds.map((t) => [{ text: t.threshold }, { text: t.state, cls: t.state }, { number: short(t.low) }, { number: short(t.margin) }]), 0);
  $("errors").hidden = state.errors.length === 0;
  const errors = state.errors.map((x) => [{ text: x.method }, { text: x.name }, { text: x.error === undefined ? "HTTP status " + x.status : x.error }, { number: String(x.count) }]);
  if (state.other_errors > 0) errors.push([{ text: "" }, { text: "" }, { text: "errors of other kinds" }, { number: String(state.other_errors) }]);
  fillBody($("error-table").tBodies[0], errors, 2);
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
  set("p95", span(all.recent.p95_ms));
  box.className = "verdict " + (state.verdict || "suspect").toLowerCase();
  box.querySelector("strong").textContent = state.verdict;
  box.querySelector("span").textContent = (state.phase === "ended" ? "" : "so far: ") + state.reason;
  set("client", "busiest thread " + (100 * state.client.busiest_core).toFixed(0) + " % of a core, longest stall " + span(state.client.longest_stall_ms) + (state.client.rows_queued > 100000 ? ", " + state.client.rows_queued + " rows wait" : ""));
  const stop = $("stop");
  drawLoad();
  stop.hidden = state.phase === "ended";
  stop.disabled = asked || state.phase !== "running";
  stop.textContent = stop.disabled ? "Stopping \u2026" : "Stop";
}
function draw(fresh) {
  if (document.hidden) return; /* drawn when it is looked at again */
  drawHead();
  drawTables();
  drawCharts();
  drawEvents(fresh);
}
function take(s) {
  const first = state === null;
  state = s;
  marks = s.events;
  if (first) { makeCharts(); makeSortable(); }
  $("event-list").replaceChildren();
  draw(marks);
}
/* An event has the last points of the course and what is new. */
function follow(s) {
  const k = state.course, c = s.course, last = marks.length > 0 ? marks[marks.length - 1].number : 0;
  const fresh = s.events.filter((m) => m.number > last);
  if (c.step_s !== k.step_s || c.first > k.users.length || (fresh.length > 0 && fresh[0].number > last + 1)) return load();
  for (const key in c) if (Array.isArray(c[key])) c[key].forEach((v, i) => { k[key][c.first + i] = v; });
  const run = state.run;
  state = s;
  state.run = run;
  state.course = k;
  marks = marks.concat(fresh).slice(-500);
  draw(fresh);
}
function lost(why) { $("lost").textContent = why; $("lost").hidden = why === ""; }
function load() {
  return fetch("api/state", { cache: "no-store" }).then((r) => r.json()).then((s) => {
    lost("");
    if (s.phase === "starting" || $("endpoints") === null || (shown !== null && shown !== s.run.started)) {
      if (s.phase !== "starting") location.reload();
      else if (source === null) setTimeout(load, 1000);
      return;
    }
    shown = s.run.started;
    take(s);
    if (s.phase === "ended") close();
    else if (source === null) listen();
  }).catch(() => { lost("No connection to coldswarm. The numbers are the last ones that were received."); setTimeout(load, 2000); });
}
function close() { if (source !== null) source.close(); source = null; }
function listen() {
  source = new EventSource("api/events");
  source.onmessage = (e) => {
    const s = JSON.parse(e.data);
    lost("");
    follow(s);
    if (s.phase === "ended") { close(); load(); }
  };
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
$("load").addEventListener("submit", (e) => {
  e.preventDefault();
  const value = Number($("load-value").value);
  const body = state.run.load === "rate" ? { rate: value } : { users: value, spawn_rate: Number($("load-rate").value) };
  set("answer", "");
  fetch("api/load", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })
    .then((r) => r.json()).then((x) => set("answer", x.error === undefined ? "The load changes." : x.error)).catch(() => set("answer", "The load could not be changed from here."));
});
$("stop").addEventListener("click", () => {
  asked = true;
  drawHead();
  fetch("api/stop", { method: "POST" }).then((r) => { if (!r.ok && r.status !== 409) throw new Error(r.status); }).catch(() => { asked = false; lost("The run could not be stopped from here."); drawHead(); });
});
document.addEventListener("visibilitychange", () => { if (!document.hidden && state !== null) { $("event-list").replaceChildren(); draw(marks); } });
load();
})();
