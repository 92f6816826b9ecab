// Draws the curves and the trades of a report. Input: the deflated document of payload.py in #data.
(async () => {
  "use strict";
  const $ = (query, root = document) => root.querySelector(query);
  const bytes = Uint8Array.from(atob($("#data").textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const doc = await new Response(stream).json();

  // ---- decoding ---------------------------------------------------------------------------------------------------
  const unpack = ({ scale, delta }) => {
    let sum = 0;
    return delta.map((d) => (d === null ? null : (sum += d) * scale));
  };
  const words = ({ words: list, index }) => index.map((i) => list[i]);
  const curves = Object.fromEntries(Object.entries(doc.curves).map(([name, column]) => [name, unpack(column)]));
  const trades = (() => {
    const { total, ...columns } = doc.trades;
    const table = Object.entries(columns).map(([name, c]) => [name, c.words ? words(c) : c.delta ? unpack(c) : c]);
    const length = table.length ? table[0][1].length : 0;
    return Array.from({ length }, (_, row) => Object.fromEntries(table.map(([name, column]) => [name, column[row]])));
  })();

  // ---- text ---------------------------------------------------------------------------------------------------------
  const minus = (text) => text.replace(/-/g, "−");
  const fixed = (value, digits) =>
    value == null ? "—" : minus((Math.abs(value) < 0.5 / 10 ** digits ? 0 : value).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  const money = (value) => fixed(value, Math.abs(value) >= 1e5 ? 0 : 2);
  const price = (value) => fixed(value, Math.abs(value) >= 1000 ? 2 : Math.abs(value) >= 1 ? 3 : 5);
  const percent = (value) => (value == null ? "—" : fixed(value * 100, 2) + " %");
  const quantity = (value) => (value == null ? "—" : minus(value.toLocaleString("en-US", { maximumFractionDigits: 6 })));
  const compact = (value) => minus(value.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 4 }));
  const span = (curves.ts.at(-1) ?? 0) - (curves.ts[0] ?? 0);
  const intraday = curves.ts.length > 1 && span / curves.ts.length < 80000;
  const time = (seconds) => {
    if (seconds == null) return "—";
    const text = new Date(seconds * 1000).toISOString();
    return intraday ? text.slice(0, 16).replace("T", " ") : text.slice(0, 10);
  };

  // ---- theme --------------------------------------------------------------------------------------------------------
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colour = (name) => getComputedStyle(root).getPropertyValue("--" + name).trim();
  const charts = new Map(); // name -> { build, chart }
  root.classList.toggle("dark", dark.matches);
  const wear = (isDark) => {
    root.classList.toggle("dark", isDark);
    for (const entry of charts.values()) entry.draw();
  };
  dark.addEventListener("change", () => wear(dark.matches));
  $("#theme").addEventListener("click", () => wear(!root.classList.contains("dark")));
  addEventListener("beforeprint", () => wear(false));
  addEventListener("afterprint", () => wear(dark.matches));

  // ---- charts -------------------------------------------------------------------------------------------------------
  const font = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
  // Least step in seconds, text of a tick, and what is added below where the year or the day changes.
  const clock = (step, text) => [step, text, "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, "\n{D} {MMM}", null, 1];
  const times = [
    [31536000, "{YYYY}", null, null, null, null, null, null, 1],
    [2419200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [86400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    clock(60, "{HH}:{mm}"), clock(1, "{HH}:{mm}:{ss}"),
  ];
  const axis = (more) => ({
    values: times,
    stroke: colour("soft"), font, grid: { stroke: colour("grid"), width: 1 }, ticks: { show: false }, size: 42, ...more,
  });
  const width = (host) => Math.max(host.clientWidth, 280);
  const utc = (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC");
  const readout = (format) => (_, value) => (value == null ? "—" : format(value));

  // Without a pointer the legend reads the last values.
  const last = (chart) => chart.cursor.idx ?? chart.setLegend({ idx: chart.data[0].length - 1 });

  // Registers a chart: `build(colours)` gives uPlot's options and data; it is built anew when the theme changes.
  const register = (name, height, build) => {
    const host = $("#" + name);
    const entry = { host, height, chart: null, reset: false };
    entry.draw = () => {
      const old = entry.chart;
      const range = old && !entry.reset ? [old.scales.x.min, old.scales.x.max] : [null];
      entry.reset = false;
      const { data, ...options } = build();
      if (!data[0].length) return void (old?.destroy(), host.textContent = "Nothing to draw: this run has no rows here.");
      old?.destroy();
      entry.chart = new uPlot({
        width: width(host), height: entry.height, tzDate: utc, ...options,
        cursor: { y: false, points: { size: 6 }, ...options.cursor },
        legend: { markers: { width: 0, fill: (chart, i) => chart.series[i].stroke(chart, i) } },
        hooks: { ...options.hooks, ready: [last], setCursor: [last, ...(options.hooks?.setCursor ?? [])] },
      }, data, host);
      if (range[0] !== null) entry.chart.setScale("x", { min: range[0], max: range[1] });
    };
    charts.set(name, entry);
    entry.draw();
    return entry;
  };
  new ResizeObserver(() => {
    for (const { chart, host, height } of charts.values())
      if (chart && Math.abs(chart.width - width(host)) > 1) chart.setSize({ width: width(host), height });
  }).observe($("main"));

  // Curves share their zoom and their crosshair.
  const linked = ["equity", "drawdown", "exposure"];
  let linking = false;
  const follow = (chart) => {
    if (linking) return;
    linking = true;
    const { min, max } = chart.scales.x;
    for (const name of linked) {
      const other = charts.get(name)?.chart;
      if (other && other !== chart) other.setScale("x", { min, max });
    }
    for (const button of document.querySelectorAll(".ranges button"))
      button.setAttribute("aria-pressed", String(Math.abs(+button.dataset.from - min) < 86400 && max === curves.ts.at(-1)));
    linking = false;
  };
  const linkedOptions = () => ({
    cursor: { sync: { key: "curves", setSeries: false } },
    hooks: { setScale: [(chart, key) => key === "x" && chart.status && follow(chart)] },
  });
  const when = { label: "Time", value: (_, t) => time(t) };
  const line = (label, stroke, format, more) => ({
    label, stroke: colour(stroke), width: 1.5, value: readout(format), points: { show: false }, ...more,
  });
  const shade = (name) => `color-mix(in srgb, ${colour(name)} 14%, transparent)`;
  const fill = (name) => (chart) => {
    chart.ctx.fillStyle = shade(name);
    return chart.ctx.fillStyle;
  };

  const levels = { size: 64, values: (_, ticks) => ticks.map((v) => (v == null ? "" : compact(v))) };
  const quiet = { values: (_, ticks) => ticks.map(() => ""), size: 8 }; // the grid of the axis above, without its words

  const extremes = (values) => values.reduce(([low, high], v) => (v == null ? [low, high] : [Math.min(low, v), Math.max(high, v)]), [Infinity, -Infinity]);
  const wide = (...columns) => { const [low, high] = extremes(columns.flat()); return low > 0 && high > 8 * low; }; // asks for a log scale
  const logTicks = (chart, ticks) => {
    const round = ticks.map((v) => (v && /^[125](\.0*)?e/.test(v.toExponential(6)) ? v : null));
    return round.filter(Boolean).length > 2 ? round : ticks;
  };

  const log = $("#log");
  log.checked = wide(curves.equity, curves.hold);
  register("equity", 330, () => ({
    ...linkedOptions(),
    scales: { y: { distr: log.checked ? 3 : 1 } },
    axes: [axis(), axis({ ...levels, ...(log.checked && { filter: logTicks }) })],
    series: [when, line("Strategy", "accent", money, { width: 1.8 }), line("Buy and hold", "hold", money, { width: 1.3 })],
    data: [curves.ts, curves.equity, curves.hold],
  }));
  register("drawdown", 110, () => ({
    ...linkedOptions(),
    axes: [axis(quiet), axis({ size: 64, space: 28, values: (_, ticks) => ticks.map((v) => fixed(v * 100, 0) + " %") })],
    scales: { y: { range: (_, low) => [Math.min(low, -0.001) * 1.05, 0] } },
    series: [when, line("Drawdown", "bad", percent, { width: 1.1, fill: fill("bad") })],
    data: [curves.ts, curves.drawdown],
  }));
  if (curves.gross)
    register("exposure", 110, () => ({
      ...linkedOptions(),
      axes: [axis(quiet), axis({ size: 64, space: 28, values: (_, ticks) => ticks.map((v) => fixed(v * 100, 0) + " %") })],
      series: [when, line("Gross", "accent", percent, { width: 1.1, fill: fill("accent") }), ...(curves.net ? [line("Net", "hold", percent, { width: 1.1 })] : [])],
      data: [curves.ts, curves.gross, curves.net].filter(Boolean),
    }));
  else $("#exposure").previousElementSibling.hidden = $("#exposure").hidden = true;
  log.addEventListener("change", () => charts.get("equity").draw());
  log.closest("label").hidden = curves.equity.some((v) => v <= 0);

  const day = 86400, end = curves.ts.at(-1) ?? 0;
  const ranges = [["1M", 30.5], ["3M", 91.3], ["1Y", 365.25], ["3Y", 1095.75], ["5Y", 1826.25], ["10Y", 3652.5]].filter(([, days]) => days * day < span * 0.95);
  for (const [label, days] of [...ranges.slice(-5), ["All", span / day]]) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    button.dataset.from = end - days * day;
    button.addEventListener("click", () => charts.get("equity").chart?.setScale("x", { min: end - days * day, max: end }));
    $(".ranges").append(button);
  }
  $(".ranges button:last-child")?.setAttribute("aria-pressed", "true");

  // ---- trades on the price --------------------------------------------------------------------------------------------
  const select = $("#instrument");
  const traded = new Set(trades.map((t) => t.instrument));
  if (![...select.options].some((o) => o.selected && traded.has(o.value)))
    select.value = [...select.options].find((o) => traded.has(o.value))?.value ?? select.value;
  const tooltip = Object.assign(document.createElement("div"), { className: "tooltip" });
  const cache = new Map();
  const prices = (name) => {
    if (!cache.has(name) && doc.prices[name])
      cache.set(name, Object.fromEntries(Object.entries(doc.prices[name]).map(([c, v]) => [c, unpack(v)])));
    return cache.get(name) ?? { ts: [], close: [] };
  };
  const mine = () => trades.filter((t) => t.instrument === select.value);
  const candleLimit = 240;

  const drawCandles = (chart, index, from, to) => {
    const { ctx, data } = chart, body = Math.max(1, (chart.bbox.width / (to - from + 1)) * 0.62);
    ctx.save();
    ctx.beginPath(); ctx.rect(chart.bbox.left, chart.bbox.top, chart.bbox.width, chart.bbox.height); ctx.clip();
    for (let i = from; i <= to; i++) {
      const [open, high, low, close] = [1, 2, 3, 4].map((k) => chart.valToPos(data[k][i], "y", true));
      if (data[4][i] == null) continue;
      const x = chart.valToPos(data[0][i], "x", true);
      ctx.fillStyle = data[4][i] >= data[1][i] ? colour("good") : colour("bad");
      ctx.fillRect(x - 0.5 * devicePixelRatio, high, devicePixelRatio, low - high);
      ctx.fillRect(x - body / 2, Math.min(open, close), body, Math.max(1, Math.abs(close - open)));
    }
    ctx.restore();
    return null;
  };
  const closePath = (chart, index, from, to) =>
    chart.data.length > 3 && to - from < candleLimit ? drawCandles(chart, index, from, to) : uPlot.paths.linear()(chart, index, from, to);

  const marker = (ctx, kind, x, y, size) => {
    ctx.beginPath();
    if (kind === "exit") ctx.arc(x, y, size * 0.62, 0, 2 * Math.PI);
    else {
      const up = kind === "buy" ? 1 : -1;
      ctx.moveTo(x, y); ctx.lineTo(x - size * 0.8, y + up * size * 1.5); ctx.lineTo(x + size * 0.8, y + up * size * 1.5);
      ctx.closePath();
    }
  };
  const drawTrades = (chart) => {
    const { ctx, bbox } = chart, { min, max } = chart.scales.x, ratio = devicePixelRatio;
    const visible = mine().filter((t) => t.entry_ts <= max && (t.exit_ts ?? Infinity) >= min);
    const size = (visible.length > 400 ? 2.2 : visible.length > 120 ? 3.4 : 5) * ratio;
    ctx.save();
    ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
    const at = (t, p) => [chart.valToPos(t, "x", true), chart.valToPos(p, "y", true)];
    for (const trade of visible) {
      const from = at(trade.entry_ts, trade.entry_price);
      const long = trade.side === "buy" || trade.side === "long";
      if (trade.exit_ts != null && trade.exit_price != null) {
        const to = at(trade.exit_ts, trade.exit_price);
        ctx.strokeStyle = colour(trade.net_pnl >= 0 ? "good" : "bad"); ctx.lineWidth = 1.6 * ratio;
        ctx.beginPath(); ctx.moveTo(...from); ctx.lineTo(...to); ctx.stroke();
        if (!trade.is_open) {
          marker(ctx, "exit", ...to, size);
          ctx.fillStyle = colour("card"); ctx.fill(); ctx.strokeStyle = colour("soft"); ctx.lineWidth = 1.3 * ratio; ctx.stroke();
        }
      }
      marker(ctx, long ? "buy" : "sell", ...from, size);
      ctx.fillStyle = long ? colour("accent") : "#c2570c"; ctx.fill();
    }
    ctx.restore();
  };
  const showTrade = (chart) => {
    const { left, top } = chart.cursor;
    let best = null, near = 14;
    if (left >= 0) for (const trade of mine())
      for (const [t, p] of [[trade.entry_ts, trade.entry_price], [trade.exit_ts, trade.exit_price]]) {
        if (t == null) continue;
        const distance = Math.hypot(chart.valToPos(t, "x") - left, chart.valToPos(p, "y") - top);
        if (distance < near) [best, near] = [trade, distance];
      }
    tooltip.style.display = best ? "block" : "none";
    if (!best) return;
    tooltip.replaceChildren(...[
      `${best.side} ${quantity(best.quantity)} ${best.instrument}`,
      `in  ${time(best.entry_ts)} at ${price(best.entry_price)} (${best.entry_rule})`,
      best.is_open ? "still open" : `out ${time(best.exit_ts)} at ${price(best.exit_price)} (${best.exit_rule})`,
      `net ${money(best.net_pnl)} · ${fixed(best.return_pct, 2)} % · fees ${money(best.fees)}`,
    ].map((text) => Object.assign(document.createElement("div"), { textContent: text })));
    const flip = left > chart.width * 0.6;
    tooltip.style.left = flip ? "auto" : `${left + 84}px`;
    tooltip.style.right = flip ? `${chart.over.clientWidth - left + 24}px` : "auto";
    tooltip.style.top = `${top + 40}px`;
  };
  const market = register("price", 360, () => {
    const p = prices(select.value), hasBars = Boolean(p.open), isLog = wide(p.low ?? p.close, p.high ?? p.close);
    const range = (_, low, high) => {
      const pad = (high - low || Math.abs(high) || 1) * 0.06;
      return isLog ? [low / 1.12, high * 1.12] : [low - pad, high + pad];
    };
    const silent = { stroke: "transparent", width: 0, paths: () => null, points: { show: false }, value: readout(price) };
    return {
      scales: { y: { distr: isLog ? 3 : 1, range } },
      axes: [axis(), axis({ ...levels, ...(isLog && { filter: logTicks }) })],
      series: hasBars
        ? [when, ...["Open", "High", "Low"].map((label) => ({ label, ...silent })), line(`${select.value} close`, "hold", price, { paths: closePath, width: 1.2 })]
        : [when, line(`${select.value} close`, "hold", price, { width: 1.2 })],
      hooks: { draw: [drawTrades], setCursor: [showTrade] },
      data: hasBars ? [p.ts, p.open, p.high, p.low, p.close] : [p.ts, p.close],
    };
  });
  market.host.append(tooltip);
  select.addEventListener("change", () => { market.reset = true; page = 0; market.draw(); list(); });
  $("#reset").addEventListener("click", () => { market.reset = true; market.draw(); });

  // ---- the list of round trips ------------------------------------------------------------------------------------------
  const columns = [
    ["Entry", "entry_ts", time], ["Exit", "exit_ts", (v, t) => (t.is_open ? "open" : time(v))], ["Side", "side", String], ["Quantity", "quantity", quantity, 1],
    ["Entry price", "entry_price", price, 1], ["Exit price", "exit_price", price, 1], ["Fees", "fees", money, 1],
    ["Net profit", "net_pnl", money, 1], ["Return, %", "return_pct", (v) => fixed(v, 2), 1], ["Days", "duration", (v) => (v == null ? "—" : fixed(v / day, intraday ? 2 : 0)), 1],
    ["Entry rule", "entry_rule", String], ["Exit rule", "exit_rule", String],
  ].filter(([, key]) => trades.length === 0 || key in trades[0]);
  let page = 0, order = ["entry_ts", 1];
  const rows = 12;
  const element = (tag, text, className = "") => Object.assign(document.createElement(tag), { textContent: text, className });
  $("#trades thead").append(document.createElement("tr"));
  for (const [label, key, , numeric] of columns) {
    const cell = element("th", "", numeric ? "number" : "");
    const button = cell.appendChild(element("button", label));
    button.addEventListener("click", () => { order = [key, order[0] === key ? -order[1] : 1]; page = 0; list(); });
    $("#trades thead tr").append(cell);
  }
  function list() {
    const [key, direction] = order;
    const found = mine().sort((a, b) => direction * (a[key] > b[key] ? 1 : a[key] < b[key] ? -1 : 0));
    const pages = Math.max(1, Math.ceil(found.length / rows));
    page = Math.min(Math.max(page, 0), pages - 1);
    $("#trades tbody").replaceChildren(...found.slice(page * rows, (page + 1) * rows).map((trade) => {
      const row = document.createElement("tr");
      for (const [, name, format, numeric] of columns) {
        const sign = name === "net_pnl" || name === "return_pct" ? (trade[name] >= 0 ? " positive" : " negative") : "";
        row.append(element("td", format(trade[name], trade), (numeric ? "number" : "") + sign));
      }
      row.tabIndex = 0;
      row.addEventListener("keydown", (event) => event.key === "Enter" && row.click());
      row.addEventListener("click", () => {
        const until = trade.exit_ts ?? prices(select.value).ts.at(-1), room = Math.max((until - trade.entry_ts) * 0.6, intraday ? 7200 : 20 * day);
        market.chart?.setScale("x", { min: trade.entry_ts - room, max: until + room });
        market.host.scrollIntoView({ behavior: "smooth", block: "nearest" });
      });
      return row;
    }));
    $(".pager span").textContent = found.length ? `${page * rows + 1}–${Math.min((page + 1) * rows, found.length)} of ${found.length.toLocaleString("en-US")} in ${select.value}` : `no trades in ${select.value}`;
  }
  for (const button of document.querySelectorAll("[data-page]"))
    button.addEventListener("click", () => { page += Number(button.dataset.page); list(); });
  list();

  for (const button of document.querySelectorAll("[data-copy]"))
    button.addEventListener("click", async () => {
      await navigator.clipboard?.writeText(button.previousElementSibling.textContent);
      button.textContent = "Copied";
    });
})().catch((error) => {
  const box = document.createElement("aside");
  box.className = "warnings";
  box.textContent = `The charts could not be drawn: ${error.message}. All other numbers on this page stand; a current browser draws the charts.`;
  document.querySelector("main").prepend(box);
});
