// Round trips: on the price of their instrument, as points of excursion against result, and as a list to search and sort.
walras.trades = (doc, time, intraday) => {
  "use strict";
  const { $, $$, element, columns, text, charts } = walras;
  const { colour, line } = charts;
  const day = 86400;
  const trades = (() => {
    const { total, ...packed } = doc.trades;
    const table = Object.entries(columns(packed)), length = table.length ? table[0][1].length : 0;
    return Array.from({ length }, (_, row) => Object.fromEntries(table.map(([name, values]) => [name, values[row]])));
  })();
  const isLong = (trade) => trade.side === "buy" || trade.side === "long";
  const won = (trade) => (trade.net_pnl >= 0 ? "good" : "bad");
  const length = (seconds) => {
    if (seconds == null) return "—";
    if (seconds >= 2 * day || (!intraday && seconds >= day)) return `${text.fixed(seconds / day, 0)} d`;
    return seconds >= 7200 ? `${text.fixed(seconds / 3600, 1)} h` : seconds >= 120 ? `${text.fixed(seconds / 60, 0)} min` : `${text.fixed(seconds, 0)} s`;
  };

  // ---- one tooltip for all charts of trades ---------------------------------------------------------------------------
  const describe = (trade) => [
    `${trade.side} ${text.quantity(trade.quantity)} ${trade.instrument}${trade.is_open ? ", still open" : ""}`,
    `in ${time(trade.entry_ts)} at ${text.price(trade.entry_price)} · ${trade.entry_rule}`,
    ...(trade.is_open ? [] : [`out ${time(trade.exit_ts)} at ${text.price(trade.exit_price)} · ${trade.exit_rule}`]),
    `net ${text.money(trade.net_pnl)} · ${text.fixed(trade.return_pct, 2)} % · fees ${text.money(trade.fees)}`,
    `held ${length(trade.duration)} · MAE ${text.fixed(trade.mae_pct, 2)} % · MFE ${text.fixed(trade.mfe_pct, 2)} %`,
  ];
  // Shows the nearest of `points` ([trade, x, y] in the chart's units) to the pointer, and returns it.
  const point = (chart, points, tip) => {
    const { left, top } = chart.cursor;
    let best = null, near = 14;
    if (left >= 0) for (const [trade, x, y] of points) {
      const distance = x == null || y == null ? Infinity : Math.hypot(chart.valToPos(x, "x") - left, chart.valToPos(y, "y") - top);
      if (distance < near) [best, near] = [trade, distance];
    }
    tip.style.display = best ? "block" : "none";
    if (!best) return null;
    tip.replaceChildren(...describe(best).map((words) => element("div", words)));
    const { offsetLeft, offsetTop, clientWidth } = chart.over, place = offsetLeft + left;
    tip.style.left = `${Math.max(0, left > clientWidth / 2 ? place - tip.offsetWidth - 16 : place + 16)}px`;
    tip.style.top = `${offsetTop + top + 16}px`;
    return best;
  };
  const tooltip = (entry) => entry.host.appendChild(element("div", "", "tooltip"));

  // ---- trades on the price ----------------------------------------------------------------------------------------------
  const select = $("#instrument"), traded = new Set(trades.map((t) => t.instrument));
  if (!traded.has(select.value)) select.value = [...select.options].find((o) => traded.has(o.value))?.value ?? select.value;
  const cache = new Map();
  const prices = (name) => {
    if (!cache.has(name) && Object.hasOwn(doc.prices, name)) cache.set(name, columns(doc.prices[name]));
    return cache.get(name) ?? { ts: [], close: [] };
  };
  const mine = () => trades.filter((t) => t.instrument === select.value);
  const candleLimit = 240;

  const clip = (chart, draw) => {
    const { ctx, bbox } = chart;
    ctx.save();
    ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
    draw(ctx);
    ctx.restore();
  };
  const drawCandles = (chart, from, to) => clip(chart, (ctx) => {
    const { data } = chart, body = Math.max(1, (chart.bbox.width / (to - from + 1)) * 0.62);
    for (let i = from; i <= to; i++) {
      if (data[4][i] == null) continue;
      const [open, high, low, close] = [1, 2, 3, 4].map((k) => chart.valToPos(data[k][i], "y", true));
      const x = chart.valToPos(data[0][i], "x", true);
      ctx.fillStyle = data[4][i] >= data[1][i] ? colour("good") : colour("bad");
      ctx.fillRect(x - 0.5 * devicePixelRatio, high, devicePixelRatio, low - high);
      ctx.fillRect(x - body / 2, Math.min(open, close), body, Math.max(1, Math.abs(close - open)));
    }
  });
  const closePath = (chart, index, from, to) =>
    chart.data.length > 3 && to - from < candleLimit ? drawCandles(chart, from, to) ?? null : uPlot.paths.linear()(chart, index, from, to);
  const triangle = (ctx, up, x, y, size) => {
    ctx.beginPath();
    ctx.moveTo(x, y); ctx.lineTo(x - size * 0.8, y + up * size * 1.5); ctx.lineTo(x + size * 0.8, y + up * size * 1.5);
    ctx.closePath();
  };
  const drawTrades = (chart) => clip(chart, (ctx) => {
    const { min, max } = chart.scales.x, ratio = devicePixelRatio;
    const visible = mine().filter((t) => t.entry_ts <= max && (t.exit_ts ?? Infinity) >= min);
    const size = (visible.length > 400 ? 2.2 : visible.length > 120 ? 3.4 : 5) * ratio;
    const at = (t, p) => [chart.valToPos(t, "x", true), chart.valToPos(p, "y", true)];
    const paint = { good: colour("good"), bad: colour("bad"), card: colour("card"), soft: colour("soft"), long: colour("accent"), short: colour("short") };
    for (const trade of visible) {
      const from = at(trade.entry_ts, trade.entry_price);
      if (trade.exit_ts != null && trade.exit_price != null) {
        const to = at(trade.exit_ts, trade.exit_price);
        ctx.strokeStyle = paint[won(trade)]; ctx.lineWidth = 1.6 * ratio;
        ctx.beginPath(); ctx.moveTo(...from); ctx.lineTo(...to); ctx.stroke();
        if (!trade.is_open) {
          ctx.beginPath(); ctx.arc(...to, size * 0.62, 0, 2 * Math.PI);
          ctx.fillStyle = paint.card; ctx.fill(); ctx.strokeStyle = paint.soft; ctx.lineWidth = 1.3 * ratio; ctx.stroke();
        }
      }
      triangle(ctx, isLong(trade) ? 1 : -1, ...from, size);
      ctx.fillStyle = isLong(trade) ? paint.long : paint.short; ctx.fill();
    }
  });
  let marketTip = null;
  const market = charts.register("price", 360, () => {
    const p = prices(select.value), hasBars = Boolean(p.open), isLog = charts.spansFar(p.low ?? p.close, p.high ?? p.close);
    const range = (_, low, high) => {
      if (low == null) return [0, 1];
      const pad = (high - low || Math.abs(high) || 1) * 0.06;
      return isLog ? [low / 1.12, high * 1.12] : [low - pad, high + pad];
    };
    const silent = { stroke: "transparent", width: 0, paths: () => null, points: { show: false }, value: (_, v) => text.price(v) };
    const close = line(`${select.value} close`, "hold", text.price, { paths: closePath, width: 1.2 });
    return {
      scales: { y: { distr: isLog ? 3 : 1, range } },
      axes: [charts.timeAxis(), charts.money(isLog && charts.logAxis)],
      series: [{ label: "Time", value: (_, t) => time(t) }, ...(hasBars ? ["Open", "High", "Low"].map((label) => ({ label, ...silent })) : []), close],
      hooks: { draw: [drawTrades], setCursor: [(chart) => marketTip && point(chart, mine().flatMap((t) => [[t, t.entry_ts, t.entry_price], [t, t.exit_ts, t.exit_price]]), marketTip)] },
      data: hasBars ? [p.ts, p.open, p.high, p.low, p.close] : [p.ts, p.close],
    };
  });
  marketTip = tooltip(market);
  const choose = (name) => {
    select.value = name;
    market.reset = true;
    market.draw();
    market.host.append(marketTip);
  };
  select.addEventListener("change", () => { choose(select.value); list(); });
  $("#reset").addEventListener("click", () => choose(select.value));
  const visit = (trade) => {
    if (trade.instrument !== select.value && Object.hasOwn(doc.prices, trade.instrument)) choose(trade.instrument);
    const p = prices(select.value).ts, until = trade.exit_ts ?? p.at(-1), room = Math.max((until - trade.entry_ts) * 0.6, intraday ? 3600 : 20 * day);
    market.chart?.setScale("x", { min: Math.max(p[0], trade.entry_ts - room), max: Math.min(p.at(-1), until + room) });
    market.host.scrollIntoView({ behavior: "smooth", block: "nearest" });
  };

  // ---- excursion against result -------------------------------------------------------------------------------------------
  let found = trades;
  // The dashed line is the exit at the worst (or best) moment: no trade lies beyond it, but for its costs.
  const scatter = (id, key, sign) => {
    let tip = null, points = [];
    const entry = charts.register(id, 240, () => {
      points = found.filter((t) => t[key] != null && t.return_pct != null).map((t) => [t, sign * t[key], t.return_pct]).sort((a, b) => a[1] - b[1]);
      const draw = (chart) => clip(chart, (ctx) => {
        const ratio = devicePixelRatio, far = chart.scales.x.max, at = (x, y) => [chart.valToPos(x, "x", true), chart.valToPos(y, "y", true)];
        ctx.strokeStyle = colour("soft"); ctx.lineWidth = ratio;
        ctx.beginPath(); ctx.moveTo(...at(chart.scales.x.min, 0)); ctx.lineTo(...at(far, 0)); ctx.stroke();
        ctx.setLineDash([4 * ratio, 4 * ratio]);
        ctx.beginPath(); ctx.moveTo(...at(0, 0)); ctx.lineTo(...at(far, sign * far)); ctx.stroke();
        const paint = { good: colour("good"), bad: colour("bad") }, size = (points.length > 1500 ? 1.8 : points.length > 300 ? 2.6 : 3.6) * ratio;
        ctx.globalAlpha = points.length > 300 ? 0.5 : 0.75;
        for (const [trade, x, y] of points) {
          const [left, top] = at(x, y);
          ctx.fillStyle = paint[won(trade)];
          ctx.beginPath();
          if (isLong(trade)) ctx.arc(left, top, size, 0, 2 * Math.PI); else ctx.rect(left - size, top - size, 2 * size, 2 * size);
          ctx.fill();
        }
      });
      const [, far] = charts.extremes(points.map((p) => p[1])), unit = charts.valueAxis((v) => text.short(v, 2) + " %", { space: 34 });
      return {
        scales: { x: { time: false, range: () => [0, Math.max(far, 0.1) * 1.04] } },
        axes: [{ ...unit, size: 30, space: 60 }, unit],
        series: [{ label: "x" }, { label: "y", paths: () => null, points: { show: false } }],
        cursor: { points: { show: false }, drag: { x: false } },
        hooks: { draw: [draw], setCursor: [(chart) => tip && point(chart, points, tip)] },
        data: [points.map((p) => p[1]), points.map((p) => p[2])],
      };
    });
    entry.host.classList.add("plain");
    tip = tooltip(entry);
    entry.host.addEventListener("click", () => { const trade = entry.chart && point(entry.chart, points, tip); if (trade) visit(trade); });
    return () => { entry.draw(); entry.host.append(tip); };
  };
  const scatters = trades.some((t) => t.mae_pct != null) ? [scatter("mae", "mae_pct", -1), scatter("mfe", "mfe_pct", 1)] : [];
  if (!scatters.length) $$("[data-part=excursions]").forEach((part) => (part.hidden = true));

  // ---- the list: search, sort, pages -----------------------------------------------------------------------------------------
  const cells = [
    ["Instrument", "instrument", String], ["Side", "side", String], ["Entry", "entry_ts", time], ["Exit", "exit_ts", (v, t) => (t.is_open ? "open" : time(v))],
    ["Held", "duration", length, 1], ["Quantity", "quantity", text.quantity, 1], ["Entry price", "entry_price", text.price, 1], ["Exit price", "exit_price", text.price, 1],
    ["Fees", "fees", text.money, 1], ["Net profit", "net_pnl", text.money, 1], ["Return %", "return_pct", (v) => text.fixed(v, 2), 1],
    ["MAE %", "mae_pct", (v) => text.fixed(v, 2), 1], ["MFE %", "mfe_pct", (v) => text.fixed(v, 2), 1], ["Entry rule", "entry_rule", String], ["Exit rule", "exit_rule", String],
  ].filter(([, key]) => trades.length > 0 && key in trades[0] && (key !== "instrument" || doc.instruments > 1));
  const rows = 12, search = $("#search"), only = $("#only");
  let page = 0, order = ["entry_ts", 1];
  only.closest("label").hidden = doc.instruments < 2;
  search.closest("label").hidden = trades.length === 0;
  const words = (trade) => (trade.words ??= [trade.instrument, trade.strategy, trade.side, time(trade.entry_ts), trade.is_open ? "open" : time(trade.exit_ts), trade.entry_rule, trade.exit_rule, trade.net_pnl > 0 ? "won" : "lost"].join(" ").toLowerCase());
  const head = $("#trades thead").appendChild(element("tr"));
  for (const [label, key, , isNumber] of cells) {
    const cell = head.appendChild(element("th", "", isNumber ? "number" : ""));
    cell.scope = "col";
    cell.dataset.key = key;
    cell.appendChild(Object.assign(element("button", label), { type: "button" })).addEventListener("click", () => {
      order = [key, order[0] === key ? -order[1] : isNumber ? -1 : 1];
      page = 0;
      list();
    });
  }
  function list() {
    const [key, direction] = order, wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = trades.filter((t) => (!only.checked || t.instrument === select.value) && wanted.every((word) => words(t).includes(word)));
    const sorted = [...found].sort((a, b) => (a[key] == null) - (b[key] == null) || direction * (a[key] > b[key] ? 1 : a[key] < b[key] ? -1 : 0));
    const pages = Math.max(1, Math.ceil(sorted.length / rows));
    page = Math.min(Math.max(page, 0), pages - 1);
    for (const cell of head.children)
      cell.dataset.key === key ? cell.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending") : cell.removeAttribute("aria-sort");
    $("#trades tbody").replaceChildren(...sorted.slice(page * rows, (page + 1) * rows).map((trade) => {
      const row = element("tr");
      for (const [, name, format, isNumber] of cells) {
        const sign = name === "net_pnl" || name === "return_pct" ? (trade[name] >= 0 ? " positive" : " negative") : "";
        row.append(element("td", format(trade[name], trade), (isNumber ? "number" : "") + sign));
      }
      row.tabIndex = 0;
      row.addEventListener("keydown", (event) => event.key === "Enter" && visit(trade));
      row.addEventListener("click", () => visit(trade));
      return row;
    }));
    const all = trades.length.toLocaleString("en-US"), some = found.length.toLocaleString("en-US");
    $("#count").textContent = !trades.length ? "This run has no trades." : !found.length ? `None of ${all} trades matches.` : `${page * rows + 1}–${Math.min((page + 1) * rows, found.length)} of ${some}${found.length < trades.length ? ` found, ${all} in all` : ""}`;
    $("[data-page='-1']").disabled = page === 0;
    $("[data-page='1']").disabled = page >= pages - 1;
  }
  const narrow = () => { page = 0; list(); scatters.forEach((draw) => draw()); };
  search.addEventListener("input", narrow);
  only.addEventListener("change", narrow);
  for (const button of $$("[data-page]")) button.addEventListener("click", () => { page += Number(button.dataset.page); list(); });
  list();
};
