// The curves of one run: equity, drawdown, exposure, turnover, rolling statistics, years and the histogram.
walras.start(async (doc) => {
  "use strict";
  const { $, $$, columns, text, charts } = walras;
  const { register, line, bars, colour, fill } = charts;
  const curves = columns(doc.curves), first = curves.ts[0] ?? 0, end = curves.ts.at(-1) ?? 0;
  const { intraday } = doc, time = text.clock(intraday);
  const when = { label: "Time", value: (_, t) => time(t) };
  const hide = (...ids) => ids.forEach((id) => $$(`[data-part=${id}]`).forEach((part) => (part.hidden = true)));
  const hasHold = curves.hold?.some((v) => v != null);

  // ---- equity, with the worst drawdowns marked ----------------------------------------------------------------------
  const log = $("#log"), bandCount = 5;
  let emphasised = -1;
  log.checked = charts.spansFar(curves.equity, curves.hold ?? []);
  log.closest("label").hidden = curves.equity.some((v) => v <= 0);
  const bands = (paint) => (chart) => {
    const { ctx, bbox } = chart, right = bbox.left + bbox.width;
    ctx.save();
    ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
    doc.drawdowns.forEach(([from, to], i) => {
      if (i >= bandCount && i !== emphasised) return;
      const low = Math.max(chart.valToPos(from, "x", true), bbox.left), high = Math.min(chart.valToPos(to, "x", true), right);
      if (high > low) paint(chart, i, low, Math.max(high - low, devicePixelRatio));
    });
    ctx.restore();
  };
  const shade = bands(({ ctx, bbox }, i, x, width) => {
    ctx.fillStyle = fill("bad", i === emphasised ? 22 : 8);
    ctx.fillRect(x, bbox.top, width, bbox.height);
  });
  const number = bands(({ ctx, bbox }, i, x, width) => {
    if (width < 9 * devicePixelRatio && i !== emphasised) return;
    ctx.font = `600 ${11 * devicePixelRatio}px system-ui, sans-serif`; ctx.textAlign = "center"; ctx.textBaseline = "top";
    ctx.fillStyle = colour("bad");
    ctx.fillText(String(i + 1), x + width / 2, bbox.top + 3 * devicePixelRatio);
  });
  const equity = register("equity", 330, () => ({
    linked: true,
    scales: { y: log.checked ? charts.log : {} },
    axes: [charts.timeAxis(), charts.money(log.checked && charts.logAxis)],
    series: [when, line("Strategy", "accent", text.money, { width: 1.8 }), ...(hasHold ? [line("Buy and hold", "hold", text.money, { width: 1.3 })] : [])],
    hooks: { drawClear: [shade], draw: [number] },
    data: [curves.ts, curves.equity, ...(hasHold ? [curves.hold] : [])],
  }));
  log.addEventListener("change", equity.draw);
  $$("#drawdowns tbody tr").forEach((row, i) => {
    const [from, to] = doc.drawdowns[i], room = Math.max((to - from) * 0.25, intraday ? 600 : 864000);
    const light = (index) => () => { emphasised = index; equity.chart?.redraw(false); };
    row.tabIndex = 0;
    row.addEventListener("mouseenter", light(i)); row.addEventListener("focus", light(i));
    row.addEventListener("mouseleave", light(-1)); row.addEventListener("blur", light(-1));
    row.addEventListener("click", () => { charts.show(Math.max(first, from - room), Math.min(end, to + room)); equity.host.scrollIntoView({ block: "nearest" }); });
    row.addEventListener("keydown", (event) => event.key === "Enter" && row.click());
  });

  // ---- below it ---------------------------------------------------------------------------------------------------------
  const below = (id, height, axis, series, data, more) => register(id, height, () => ({
    linked: true, axes: [charts.bare(), axis()], series: [when, ...series()], data, ...more,
  }));
  below("drawdown", 110, charts.percent, () => [line("Drawdown", "bad", text.percent, { width: 1.1, fill: fill("bad") })], [curves.ts, curves.drawdown],
    { scales: { y: { range: (_, low) => [Math.min(low, -0.001) * 1.05, 0] } } });
  const stepped = uPlot.paths.stepped({ align: 1 });
  if (curves.gross)
    below("exposure", 100, charts.percent, () => [
      line("Gross", "accent", text.percent, { width: 1.1, fill: fill("accent"), paths: stepped }),
      ...(curves.net ? [line("Net, short is negative", "second", text.percent, { width: 1.2, paths: stepped })] : []),
    ], [curves.ts, curves.gross, curves.net].filter(Boolean), { scales: { y: { range: (_, low, high) => [Math.min(0, low * 1.05), Math.max(high, 0.01) * 1.08] } } });
  else hide("exposure");
  const padded = ({ ts, ...rest }) => { // from the first to the last time, so that the axes of all curves agree
    const gaps = [...(ts[0] > first ? [first] : [])], after = [...(ts.at(-1) < end ? [end] : [])];
    return { ts: [...gaps, ...ts, ...after], ...Object.fromEntries(Object.entries(rest).map(([k, v]) => [k, [...gaps.map(() => null), ...v, ...after.map(() => null)]])) };
  };
  if (doc.turnover) {
    const t = padded(columns(doc.turnover.frame));
    below("turnover", 100, charts.percent, () => [bars(`Value traded / mean equity, ${doc.turnover.period}`, "accent", text.percent, { align: -1, size: [0.9, 24] })], [t.ts, t.turnover],
      { scales: { y: { range: (_, low, high) => [0, (high || 1) * 1.08] } } });
  } else hide("turnover");

  // ---- rolling ------------------------------------------------------------------------------------------------------------
  const rolling = (doc.rolling ?? []).map(({ label, frame }) => ({ label, ...padded(columns(frame)) }));
  if (rolling.length) {
    const window_ = $("#window");
    let shown = rolling[Math.floor(rolling.length / 2)];
    const both = (name, format) => () => [line("Strategy", "accent", format), ...(hasHold ? [line("Buy and hold", "hold", format, { width: 1.1 })] : [])];
    const roll = (id, axis, format, names, label) => register(id, 140, () => ({
      linked: true, axes: [id === "rolling_sharpe" ? charts.timeAxis() : charts.bare(), axis()],
      series: [when, ...(label ? [line(label, "accent", format)] : both(id, format)())],
      data: [shown.ts, ...names.filter((n, i) => i === 0 || hasHold).map((n) => shown[n])],
    }));
    const all = [
      roll("rolling_sharpe", charts.number, text.ratio, ["sharpe", "sharpe_hold"]),
      roll("rolling_volatility", charts.percent, text.percent, ["volatility", "volatility_hold"]),
      ...(hasHold ? [roll("rolling_beta", charts.number, text.ratio, ["beta"], "Beta to buy and hold")] : []),
    ];
    if (!hasHold) hide("beta");
    for (const each of rolling) {
      const button = Object.assign(walras.element("button", each.label.replace(/ \(.*/, "")), { type: "button" });
      const press = () => {
        $$("button", window_).forEach((b) => b.setAttribute("aria-pressed", String(b === button)));
        $$("[data-window]").forEach((note) => (note.textContent = each.label));
      };
      button.addEventListener("click", () => { shown = each; press(); all.forEach((chart) => chart.draw()); });
      window_.append(button);
      if (each === shown) press();
    }
  } else hide("rolling");

  charts.ranges($(".ranges"), curves.ts);

  // ---- years and the histogram: no time on the axis ------------------------------------------------------------------------
  const years = doc.years, rows = years.map((_, i) => i);
  const zero = (chart) => {
    const y = Math.round(chart.valToPos(0, "y", true)), { ctx, bbox } = chart;
    ctx.fillStyle = colour("soft");
    ctx.fillRect(bbox.left, y, bbox.width, devicePixelRatio);
  };
  register("years", 290, () => ({
    scales: { x: { time: false, range: () => [-0.7, rows.length - 0.3] }, y: { range: (_, low, high) => (low || high ? uPlot.rangeNum(low, high, 0.1, true) : [-0.01, 0.01]) } },
    axes: [charts.axis({ splits: () => rows, space: 34, incrs: [1, 2, 5, 10, 20], filter: (chart, ticks) => { const every = Math.ceil(rows.length / Math.max(chart.bbox.width / devicePixelRatio / 40, 1)); return ticks.map((t) => (t % every ? null : t)); }, values: (_, ticks) => ticks.map((i) => (i == null ? "" : String(years[i][0]))), grid: { show: false } }), charts.percent()],
    series: [
      { label: "Year", value: (_, i) => (i == null ? "—" : String(years[i][0])) },
      bars("Strategy", "accent", text.percent, { size: hasHold ? [0.38, 26] : [0.7, 40], align: hasHold ? -1 : 0 }),
      ...(hasHold ? [bars("Buy and hold", "hold", text.percent, { size: [0.38, 26], align: 1 })] : []),
    ],
    cursor: { drag: { x: false } },
    hooks: { draw: [zero] },
    data: [rows, years.map((y) => y[1]), ...(hasHold ? [years.map((y) => y[2])] : [])],
  }));
  if (doc.histogram) {
    const { centres, counts, normal, marks } = doc.histogram, half = centres.length > 1 ? (centres[1] - centres[0]) / 2 : 0.01;
    const drawMarks = (chart) => {
      const { ctx, bbox } = chart, ratio = devicePixelRatio;
      ctx.save();
      ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`; ctx.textBaseline = "top";
      marks.forEach(([label, value], i) => {
        const x = Math.round(chart.valToPos(value, "x", true)), top = bbox.top + 15 * i * ratio;
        ctx.fillStyle = colour("bad");
        ctx.fillRect(x, bbox.top, ratio, bbox.height);
        const words = `${label} ${text.percent(value)}`, wide = ctx.measureText(words).width + 5 * ratio;
        const left = i === 0 && x - wide > bbox.left; // CVaR lies left of VaR
        ctx.textAlign = left ? "right" : "left";
        ctx.fillStyle = fill("card", 80);
        ctx.fillRect(left ? x - wide : x + ratio, top, wide, 14 * ratio);
        ctx.fillStyle = colour("bad");
        ctx.fillText(words, x + (left ? -4 : 4) * ratio, top);
      });
      ctx.restore();
    };
    register("histogram", 250, () => ({
      scales: { x: { time: false, range: () => [centres[0] - 2 * half, centres.at(-1) + 2 * half] }, y: { range: (_, low, high) => [0, high * 1.18] } },
      axes: [charts.axis({ size: 30, space: 56, values: (_, ticks) => ticks.map((v) => text.short(v * 100, 2) + " %") }), charts.number({ size: 50 })],
      series: [
        { label: "Return", value: (_, v) => text.percent(v) },
        bars("Count", "accent", (v) => text.fixed(v, 0), { size: [0.9, 60] }),
        line("Normal, same mean and deviation", "second", (v) => text.fixed(v, 1), { width: 1.6, paths: uPlot.paths.spline() }),
      ],
      cursor: { drag: { x: false } },
      hooks: { draw: [drawMarks] },
      data: [centres, counts, normal],
    }));
  } else hide("histogram");

  walras.trades(doc, time, intraday);
});
