// uPlot charts that follow the theme, the width, the printer and the keyboard; curves over time share zoom and crosshair.
walras.charts = (() => {
  "use strict";
  const { $, $$, text } = walras;
  const root = document.documentElement;
  const colour = (name) => (name.startsWith("#") ? name : getComputedStyle(root).getPropertyValue("--" + name).trim());
  const charts = new Map(); // id -> { host, height, chart, draw, isLinked }
  const paper = 694; // width of A4 less its margins, in CSS pixels
  let printing = false;

  // ---- theme and paper ----------------------------------------------------------------------------------------------
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null; // what the reader chose by the switch
  const redraw = () => charts.forEach((entry) => entry.draw());
  const wear = () => {
    root.classList.toggle("dark", !printing && (chosen ?? dark.matches));
    $("#theme").setAttribute("aria-pressed", String(root.classList.contains("dark")));
    redraw();
  };
  dark.addEventListener("change", wear);
  $("#theme").addEventListener("click", () => { chosen = !root.classList.contains("dark"); wear(); });
  addEventListener("beforeprint", () => { printing = true; wear(); });
  addEventListener("afterprint", () => { printing = false; wear(); });
  wear();

  // ---- axes ---------------------------------------------------------------------------------------------------------
  const font = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
  const isNarrow = () => innerWidth < 600 && !printing;
  // Least step in seconds, text of a tick, and what is added below where the year or the day changes.
  const clock = (step, words) => [step, words, "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, "\n{D} {MMM}", null, 1];
  const times = [
    [31536000, "{YYYY}", null, null, null, null, null, null, 1],
    [2419200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [86400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    clock(60, "{HH}:{mm}"), clock(1, "{HH}:{mm}:{ss}"),
  ];
  const axis = (more) => ({ stroke: colour("soft"), font, grid: { stroke: colour("grid"), width: 1 }, ticks: { show: false }, size: 42, ...more });
  const timeAxis = (more) => axis({ values: times, size: (_, words) => (words?.some((w) => w?.includes("\n")) ? 42 : 28), ...more });
  const bare = () => timeAxis({ values: (_, ticks) => ticks.map(() => ""), size: 8 }); // the grid of the axis above, without its words
  const valueAxis = (format, more) => axis({ size: isNarrow() ? 50 : 64, values: (_, ticks) => ticks.map((v) => (v == null ? "" : format(v))), ...more });
  const money = (more) => valueAxis(text.compact, more);
  const percent = (more) => valueAxis((v) => text.short(v * 100, 2) + " %", { space: 28, ...more });
  const number = (more) => valueAxis((v) => text.short(v, 4), { space: 28, ...more });

  const extremes = (values) => values.reduce(([low, high], v) => (v == null ? [low, high] : [Math.min(low, v), Math.max(high, v)]), [Infinity, -Infinity]);
  const spansFar = (...columns) => { const [low, high] = extremes(columns.flat()); return low > 0 && high > 8 * low; }; // asks for a log scale
  // Ticks of a log scale: 1, 2 and 5 of each power of ten; even steps where less than a factor of eight is shown.
  const logTicks = (_, __, low, high) => {
    const out = [], power = 10 ** Math.floor(Math.log10(low));
    if (high > 8 * low) for (let unit = power; unit <= high; unit *= 10) out.push(...[unit, 2 * unit, 5 * unit].filter((v) => v >= low && v <= high));
    else {
      const rough = (high - low) / 5, unit = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].find((k) => k * unit >= rough) * unit;
      for (let i = Math.ceil(low / step); i * step <= high; i++) out.push(i * step);
    }
    return out;
  };
  const log = { distr: 3 };
  const logAxis = { splits: logTicks, filter: (_, ticks) => ticks };

  // ---- series -------------------------------------------------------------------------------------------------------
  const readout = (format) => (_, value) => (value == null ? "—" : format(value));
  const line = (label, stroke, format, more) => ({ label, stroke: colour(stroke), width: 1.5, value: readout(format), points: { show: false }, ...more });
  const fill = (name, strength = 14) => `color-mix(in srgb, ${colour(name)} ${strength}%, transparent)`;
  const bars = (label, name, format, more) =>
    line(label, name, format, { width: 0, fill: colour(name), paths: uPlot.paths.bars({ size: [0.86, 60], ...more }) });

  // ---- charts -------------------------------------------------------------------------------------------------------
  const width = (host) => (printing ? (host.closest(".pair") ? paper / 2 - 10 : paper) : Math.max(host.clientWidth, 260));
  const utc = (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC");
  const last = (chart) => { // what the legend reads without a pointer: the latest of a time, nothing of a histogram
    if (chart.cursor.idx == null) chart.setLegend({ idx: chart.series[0].label === "Return" ? null : chart.data[0].length - 1 });
  };
  const nothing = "Nothing to draw: this run has no rows here.";

  // `build()` gives uPlot's options and data; it runs again when the theme, the paper or a switch changes.
  const register = (id, height, build) => {
    const host = $("#" + id);
    const entry = { host, height, chart: null, reset: false, isLinked: false };
    host.tabIndex = 0;
    entry.draw = () => {
      const old = entry.chart;
      const range = old && !entry.reset ? [old.scales.x.min, old.scales.x.max] : [null];
      const { data, linked, ...options } = build();
      entry.reset = false;
      entry.isLinked = Boolean(linked);
      old?.destroy();
      entry.chart = null;
      if (!data[0].length) return void (host.textContent = nothing);
      if (data[0].length < 3) for (const s of options.series) if (!s.paths) s.points = { show: true, size: 7 };
      const hooks = { ...options.hooks, ready: [last], setCursor: [last, ...(options.hooks?.setCursor ?? [])] };
      if (linked) hooks.setScale = [(chart, key) => key === "x" && chart.status && follow(chart)];
      entry.chart = new uPlot({
        width: width(host), height: Math.round(entry.height * (isNarrow() || (printing && entry.height > 200) ? 0.8 : 1)), tzDate: utc, ...options, hooks,
        cursor: { y: false, points: { size: 6 }, ...(linked && { sync: { key: "curves", setSeries: false } }), ...options.cursor },
        legend: { markers: { width: 0, fill: (chart, i) => chart.series[i].stroke(chart, i) } },
      }, data, host);
      if (range[0] != null) entry.chart.setScale("x", { min: range[0], max: range[1] });
    };
    charts.set(id, entry);
    host.addEventListener("keydown", (event) => steer(entry, event));
    entry.draw();
    return entry;
  };

  // Arrows move the crosshair, + and − zoom around it, 0 shows everything.
  const steer = ({ chart }, event) => {
    if (!chart || event.altKey || event.ctrlKey || event.metaKey) return;
    const x = chart.data[0], { min, max } = chart.scales.x;
    const at = Math.min(Math.max(chart.cursor.idx ?? x.length - 1, 0), x.length - 1);
    const step = (event.shiftKey ? 10 : 1) * { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const zoom = { "+": 0.5, "=": 0.5, "-": 2 }[event.key];
    if (step) {
      const to = Math.min(Math.max(at + step, 0), x.length - 1);
      chart.setCursor({ left: chart.valToPos(x[to], "x"), top: chart.bbox.height / 2 / devicePixelRatio });
    } else if (zoom) {
      const middle = Math.min(Math.max(x[at], min), max);
      chart.setScale("x", { min: Math.max(x[0], middle - (middle - min) * zoom), max: Math.min(x.at(-1), middle + (max - middle) * zoom) });
    } else if (event.key === "0") chart.setScale("x", { min: x[0], max: x.at(-1) });
    else return;
    event.preventDefault();
  };

  const listeners = []; // hear the range of time that is shown
  let following = false;
  const follow = (chart) => {
    if (following) return;
    following = true;
    const { min, max } = chart.scales.x;
    for (const other of charts.values()) if (other.isLinked && other.chart && other.chart !== chart) other.chart.setScale("x", { min, max });
    for (const listen of listeners) listen(min, max);
    following = false;
  };
  const show = (min, max) => [...charts.values()].find((entry) => entry.isLinked && entry.chart)?.chart.setScale("x", { min, max });

  // Buttons for the last month, quarter, years; `ts` are the seconds of the longest curve.
  const ranges = (host, ts) => {
    const day = 86400, end = ts.at(-1) ?? 0, span = end - (ts[0] ?? 0);
    const all = [["1M", 30.5], ["3M", 91.3], ["1Y", 365.25], ["3Y", 1095.75], ["5Y", 1826.25], ["10Y", 3652.5]];
    for (const [label, days] of [...all.filter(([, days]) => days * day < span * 0.95).slice(-5), ["All", span / day]]) {
      const button = Object.assign(walras.element("button", label), { type: "button" });
      button.dataset.from = end - days * day;
      button.addEventListener("click", () => show(end - days * day, end));
      host.append(button);
    }
    const press = (min, max) => {
      for (const button of $$("button", host))
        button.setAttribute("aria-pressed", String(Math.abs(+button.dataset.from - min) < day && Math.abs(max - end) < 1));
    };
    listeners.push(press);
    press(ts[0], end);
  };

  new ResizeObserver(() => {
    for (const { chart, host } of charts.values())
      if (chart && !printing && Math.abs(chart.width - width(host)) > 1) chart.setSize({ width: width(host), height: chart.height });
  }).observe($("main"));

  return { register, redraw, ranges, show, colour, fill, line, bars, timeAxis, bare, axis, money, percent, number, valueAxis, spansFar, extremes, log, logAxis };
})();
