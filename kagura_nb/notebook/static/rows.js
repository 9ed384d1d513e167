// A page of rows at a time. Sorting and paging are asked of the store; nothing else is kept here.

const PAGE = 20;
const COLUMNS = [
  { title: "id" },
  { title: "next time" },
  { title: "time", order: "time" },
  { title: "stars", order: "rating" },
  { title: "part", order: "part" },
  { title: "tokens", order: "tokens" },
  { title: "as it would leave" },
];
const WAITING = "Not there yet: the kernel is busy, or it was restarted.";
const PATIENCE = 600; // ms without an answer after which the user is told

// JupyterLab acts on these while a button has the focus. Everything with Ctrl, Alt or Meta stays its
// own, so that Ctrl+S saves.
const KEPT = /^(.|Enter|Arrow\w+|Home|End|Delete|Backspace)$/u;

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function button(text, label, action) {
  const node = element("button", { type: "button", textContent: text, ariaLabel: label });
  node.addEventListener("click", action);
  return node;
}

function spoken(row) {
  const cell = element("td", { className: "kagura-said" });
  if (row.reason) return cell.append(row.reason), cell;
  const more = element("div");
  for (const [name, text] of [
    ["Prompt", row.prompt],
    [row.corrected ? "Corrected reply" : "Reply", row.reply],
    ["Rather not", row.rejected],
  ]) {
    if (text) more.append(element("b", { textContent: name }), element("p", { textContent: text }));
  }
  const first = element("summary", {}, element("b", { textContent: row.prompt || "" }));
  first.append(element("span", { textContent: ` ${row.reply || row.rejected || ""}` }));
  cell.append(element("details", {}, first, more));
  return cell;
}

function render({ model, el }) {
  const state = { order: "time", descending: true, start: 0 };
  const total = model.get("total");
  let serial = 0; // of the last request
  let timer;

  function ask(changed, more = {}) {
    Object.assign(state, changed);
    serial += 1;
    clearTimeout(timer);
    timer = setTimeout(() => (status.textContent = WAITING), PATIENCE);
    model.send({ kind: "page", serial, ...state, ...more });
  }

  function head(column) {
    const cell = element("th", { scope: "col" });
    if (!column.order) return cell.append(column.title), cell;
    const sort = () =>
      ask({
        order: column.order,
        descending: state.order === column.order ? !state.descending : true,
        start: 0,
      });
    cell.append(button(column.title, `Sort by ${column.title}`, sort));
    return cell;
  }

  function line(row) {
    const out = row.excluded === false;
    const label = out ? "Exclude" : "Include";
    const change = button(label, `${label} ${row.short}`, () => ask({}, { id: row.id, out }));
    change.dataset.id = row.id;
    const cell = (textContent = "", className = "") => element("td", { textContent, className });
    const known = row.excluded !== undefined; // not so where the conversation is gone
    return element(
      "tr",
      { className: row.excluded ? "kagura-out" : "" },
      cell(row.short, "kagura-id"),
      element("td", { className: "kagura-change" }, ...(known ? [change] : [])),
      cell(row.time),
      cell(row.stars),
      cell(row.part),
      cell(row.tokens?.toLocaleString(), "kagura-number"),
      spoken(row),
    );
  }

  function paint(rows) {
    const focused = document.activeElement?.dataset?.id;
    body.replaceChildren(...rows.map(line));
    if (focused) [...body.querySelectorAll("button")].find((one) => one.dataset.id === focused)?.focus();
    COLUMNS.forEach((column, index) => {
      if (!column.order) return;
      const direction = state.descending ? "descending" : "ascending";
      heads[index].ariaSort = column.order === state.order ? direction : "none";
    });
    const end = state.start + rows.length;
    const from = rows.length ? state.start + 1 : 0;
    where.textContent = `${from.toLocaleString()} to ${end.toLocaleString()} of ${total.toLocaleString()}`;
    for (const one of [first, previous]) one.disabled = state.start === 0;
    for (const one of [next, last]) one.disabled = end >= total;
  }

  function onAnswer(message) {
    if (message.kind !== "page" || message.serial !== serial) return;
    clearTimeout(timer);
    status.textContent = message.failed ? "" : message.said;
    alert.textContent = message.failed || "";
    if (message.rows) paint(message.rows);
  }

  const end = Math.max(0, Math.floor((total - 1) / PAGE) * PAGE);
  const heads = COLUMNS.map(head);
  const body = element("tbody");
  const where = element("span", { className: "kagura-where" });
  const first = button("«", "First page", () => ask({ start: 0 }));
  const previous = button("‹", "Previous page", () => ask({ start: Math.max(0, state.start - PAGE) }));
  const next = button("›", "Next page", () => ask({ start: Math.min(end, state.start + PAGE) }));
  const last = button("»", "Last page", () => ask({ start: end }));
  const status = element("span", { role: "status", ariaLive: "polite" });
  const alert = element("span", { role: "alert", className: "kagura-alert" });
  const pager = element("div", { className: "kagura-pager" }, first, previous, where, next, last, status, alert);
  const caption = element("caption", { textContent: `Rows of dataset ${model.get("version")}` });
  const table = element("table", {}, caption, element("thead", {}, element("tr", {}, ...heads)), body);
  const scroll = element("div", { className: "kagura-scroll" }, table);
  const root = element("div", { className: "kagura-rows" }, scroll, pager);
  root.addEventListener("keydown", (event) => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (plain && KEPT.test(event.key)) event.stopPropagation();
  });
  el.append(root);
  model.on("msg:custom", onAnswer);
  ask({});
  return () => {
    clearTimeout(timer);
    model.off("msg:custom", onAnswer);
  };
}

export default { render };
