// What every page shares: numbers as text, the packed columns, and the elements it makes. Pages add to `walras`.
const walras = (() => {
  "use strict";
  const $ = (query, root = document) => root.querySelector(query);
  const $$ = (query, root = document) => [...root.querySelectorAll(query)];
  const element = (tag, text = "", className = "") => Object.assign(document.createElement(tag), { textContent: text, className });

  // ---- text ---------------------------------------------------------------------------------------------------------
  const minus = (text) => text.replace(/-/g, "−");
  const known = (format) => (value) => (value == null || Number.isNaN(value) ? "—" : format(value));
  const fixed = (value, digits) =>
    known((v) => minus((Math.abs(v) < 0.5 / 10 ** digits ? 0 : v).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })))(value);
  const money = (value) => fixed(value, Math.abs(value) >= 1e5 ? 0 : 2);
  const price = (value) => fixed(value, Math.abs(value) >= 1000 ? 2 : Math.abs(value) >= 1 ? 3 : 5);
  const percent = known((value) => fixed(value * 100, 2) + " %");
  const ratio = (value) => fixed(value, 2);
  const quantity = known((value) => minus(value.toLocaleString("en-US", { maximumFractionDigits: 6 })));
  const short = (value, digits) => minus((+value.toFixed(digits) || 0).toLocaleString("en-US", { maximumFractionDigits: digits })); // without trailing zeros
  const compact = (value) => minus(value.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 4 }));
  const clock = (isIntraday) => known((seconds) => {
    const text = new Date(seconds * 1000).toISOString();
    return isIntraday ? text.slice(0, 16).replace("T", " ") : text.slice(0, 10);
  });

  // ---- data ---------------------------------------------------------------------------------------------------------
  const unpack = ({ scale, delta }) => {
    let sum = 0;
    return delta.map((d) => (d === null ? null : (sum += d) * scale));
  };
  const column = (c) => (c.words ? c.index.map((i) => c.words[i]) : c.delta ? unpack(c) : c);
  const columns = (table) => Object.fromEntries(Object.entries(table).map(([name, c]) => [name, column(c)]));
  const read = async () => {
    const bytes = Uint8Array.from(atob($("#data").textContent.trim()), (c) => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
  };

  // Runs a page; what goes wrong is said on it, and the rest of the page stands.
  const start = (page) => read().then(page).catch((error) => {
    console.error(error);
    const text = `The charts could not be drawn: ${error.message}. All other numbers on this page stand; a current browser draws the charts.`;
    $("main").prepend(element("aside", text, "warnings"));
  });

  // ---- definitions: shown beside the term that is pointed at or focused, inside the window -----------------------------
  const tip = document.body.appendChild(Object.assign(element("div"), { id: "tip", role: "tooltip", hidden: true }));
  const define = (term) => {
    tip.hidden = !term;
    if (!term) return;
    tip.textContent = term.dataset.tip;
    term.setAttribute("aria-describedby", "tip");
    const { left, top, bottom } = term.getBoundingClientRect(), below = bottom + 5 + tip.offsetHeight < innerHeight;
    tip.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${below ? bottom + 5 : top - tip.offsetHeight - 5}px`;
  };
  const term = (event) => event.target.closest?.("[data-tip]") ?? null;
  for (const type of ["mouseover", "focusin"]) document.addEventListener(type, (event) => define(term(event)));
  for (const type of ["mouseout", "focusout"]) document.addEventListener(type, (event) => term(event) && define(null));
  addEventListener("scroll", () => define($("[data-tip]:hover") ?? $("[data-tip]:focus")), { passive: true });
  addEventListener("keydown", (event) => event.key === "Escape" && define(null));

  for (const button of $$("[data-copy]"))
    button.addEventListener("click", async () => {
      await navigator.clipboard?.writeText(button.previousElementSibling.textContent);
      button.textContent = "Copied";
    });

  return { $, $$, element, start, columns, text: { fixed, money, price, percent, ratio, quantity, short, compact, clock } };
})();
