// The curves of several runs on shared axes.
walras.start(async (doc) => {
  "use strict";
  const { $, $$, columns, text, charts, element } = walras;
  const curves = columns(doc.curves), first = curves.ts[0] ?? 0, end = curves.ts.at(-1) ?? 0;
  const time = text.clock(doc.intraday);
  const when = { label: "Time", value: (_, t) => time(t) };
  const runs = doc.labels.map((_, i) => i);
  const of = (table, name) => runs.map((i) => table[`${name} ${i}`]);
  const lines = (format, more) => runs.map((i) => charts.line(doc.labels[i], `s${i % 8}`, format, { spanGaps: true, dash: i >= 8 ? [6, 4] : undefined, ...more }));

  const log = $("#log"), growth = of(curves, "growth");
  log.checked = charts.spansFar(...growth);
  log.closest("label").hidden = growth.some((g) => g.some((v) => v != null && v <= 0));
  const factor = (v) => text.fixed(v, Math.abs(v) >= 100 ? 1 : 3);
  const equity = charts.register("equity", 340, () => ({
    linked: true,
    scales: { y: log.checked ? charts.log : {} },
    axes: [charts.timeAxis(), charts.number(log.checked && charts.logAxis)],
    series: [when, ...lines(factor, { width: 1.6 })],
    data: [curves.ts, ...growth],
  }));
  log.addEventListener("change", equity.draw);
  charts.register("drawdown", 170, () => ({
    linked: true, axes: [charts.bare(), charts.percent()], series: [when, ...lines(text.percent, { width: 1.1 })],
    scales: { y: { range: (_, low) => [Math.min(low ?? 0, -0.001) * 1.05, 0] } },
    data: [curves.ts, ...of(curves, "drawdown")],
  }));

  const rolling = doc.rolling.map(({ label, frame }) => ({ label, ...columns(frame) }));
  if (rolling.length) {
    let shown = rolling[Math.floor(rolling.length / 2)];
    const padded = () => {
      const { ts, ...rest } = shown, before = ts[0] > first ? [first] : [], after = ts.at(-1) < end ? [end] : [];
      const pad = (values) => [...before.map(() => null), ...values, ...after.map(() => null)];
      return [[...before, ...ts, ...after], ...of(rest, "sharpe").map(pad)];
    };
    const chart = charts.register("rolling", 190, () => ({
      linked: true, axes: [charts.bare(), charts.number()], series: [when, ...lines(text.ratio, { width: 1.2, spanGaps: false })], data: padded(),
    }));
    for (const each of rolling) {
      const button = Object.assign(element("button", each.label.replace(/ \(.*/, "")), { type: "button" });
      const press = () => {
        $$("#window button").forEach((b) => b.setAttribute("aria-pressed", String(b === button)));
        $("[data-window]").textContent = each.label;
      };
      button.addEventListener("click", () => { shown = each; press(); chart.draw(); });
      $("#window").append(button);
      if (each === shown) press();
    }
  } else $$("[data-part=rolling]").forEach((part) => (part.hidden = true));
  charts.ranges($(".ranges"), curves.ts);
});
