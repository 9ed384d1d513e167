// A page of conversations at a time. Finding and changing is the kernel's; nothing else is kept here
// than what is selected, open and focused.

const PAGE = 20;
const WAITING = "Not there yet: the kernel is busy, or it was restarted.";
const WORKING = "Working …";
const PATIENCE = 600; // ms without an answer after which the user is told
const TYPING = 250; // ms without a key after which words are looked for

// JupyterLab acts on these while a row has the focus. Everything with Ctrl, Alt or Meta stays its
// own, so that Ctrl+S saves.
const KEPT = /^(.|Enter|Escape|Arrow\w+|Home|End|Delete|Backspace)$/u;
const STARS = [["", "any"], ["0", "not rated"], ["5", "★★★★★"], ["4", "★★★★"], ["3", "★★★"], ["2", "★★"],
  ["1", "★"], ["good", "good: 4, 5 or corrected"], ["poor", "poor: 1 or 2"]];
const STATES = [["", "any"], ["included", "may train"], ["excluded", "kept out"], ["corrected", "corrected"],
  ["uncorrected", "not corrected"], ["cut", "cut short"]];
const PARTS = [["", "any"], ["any", "in it or left out"], ["train", "to learn from"],
  ["validation", "to measure on"], ["out", "left out"]];
const ORDERS = [["time-", "newest first"], ["time+", "oldest first"], ["stars-", "most stars"],
  ["stars+", "fewest stars"], ["tokens-", "most tokens"], ["tokens+", "fewest tokens"],
  ["length-", "longest"], ["length+", "shortest"]];
const HELP = [["j k ↓ ↑", "next, previous"], ["n p", "next, previous page"], ["Enter o", "open, close"],
  ["1 … 5, 0", "rate, clear"], ["x", "exclude, include"], ["e", "correct"], ["c", "comment"], ["t", "tag"],
  ["d", "near-duplicates"], ["Space", "select"], ["a", "select the page"], ["u", "undo"], ["/", "words"],
  ["Esc", "back to the row"], ["?", "these keys"]];
const CONFIRM = {
  redact: ["Redact for good?", "What is private in {} becomes a label, in the store and in every index. Datasets"
    + " with it are thrown away. This cannot be undone.", "Redact for good"],
  forget: ["Forget for good?", "{} will be removed from the store, every index and every dataset. This cannot be"
    + " undone.", "Forget for good"],
};

function render({ model, el }) {
  const id = GROUP + (groups += 1); // of this view: there may be several
  const state = { rows: [], start: 0, total: 0, filter: {}, order: "time", descending: true };
  const selected = new Set();
  const open = new Map(); // the opened part by conversation, null until it is there
  const items = new Map(); // what is on screen by conversation
  let everything = false; // whether all that was found is selected
  let current = null; // the conversation that keys act on
  let entering = null; // which end of the next page gets the focus
  let serial = 0; // of the last request
  let timer, typing;

  const view = {
    act: (act, one, value = null) => ask({ kind: "act", act, ids: [one], value }),
    select: (one, on) => (everything && all(), selected[on ? "add" : "delete"](one), (everything = false), bar()),
    toggle, isOpen: (one) => open.has(one), like, confirm,
    dataset: () => state.dataset, list: (name) => `kagura-${name}-${id}`,
  };

  // --- what is asked of the kernel ---------------------------------------------------------

  function ask(message) {
    serial += 1;
    clearTimeout(timer);
    timer = setTimeout(() => say(WAITING), PATIENCE);
    model.send({ ...message, view: id, serial });
  }

  function find(more = {}) {
    clearTimeout(typing);
    const [order, sign] = [fields.order.value.slice(0, -1), fields.order.value.slice(-1)];
    const filter = Object.fromEntries(FILTERS.map((name) => [name, fields[name].value]));
    unselect();
    ask({ kind: "find", filter: { ...filter, ...more }, order, descending: sign === "-" });
  }

  function turn(start, end = null) {
    if (start === state.start || start < 0 || start >= Math.max(1, state.total)) return;
    entering = end;
    ask({ kind: "page", start });
  }

  function like(one) {
    unselect();
    ask({ kind: "find", filter: { like: one }, order: "time", descending: true });
  }

  function actOnSelected(act, value = null) {
    ask({ kind: "act", act, ids: [...selected], all: everything, value });
  }

  function onAnswer(message) {
    const mine = message.view === id;
    if (message.kind === "looking") return looking(message.left);
    if (message.kind === "details") return mine && fill(message);
    if (message.kind === "failed" && mine) return clearTimeout(timer), say(message.failed, true), paint();
    if (mine && message.serial !== serial) return;
    if (mine) clearTimeout(timer);
    if (message.kind === "taken") timer = mine ? setTimeout(() => say(WORKING), PATIENCE) : timer;
    if (message.kind !== "state") return;
    Object.assign(state, message);
    if (mine) say(message.said);
    if (message.choices) choose(message.choices);
    for (const one of open.keys()) if (!editing(one)) model.send({ kind: "details", id: one, view: id });
    paint();
  }

  function say(text, failed = false) {
    status.textContent = failed ? "" : text;
    alert.textContent = failed ? text : "";
  }

  // --- what is on screen -------------------------------------------------------------------

  function paint() {
    const shown = new Set(state.rows.map((row) => row.id));
    for (const one of [...items.keys()]) if (!shown.has(one)) items.delete(one), open.delete(one);
    if (!shown.has(current)) current = state.rows[entering === "last" ? state.rows.length - 1 : 0]?.id ?? null;
    const at = document.activeElement?.dataset?.at;
    const inside = list.contains(document.activeElement) && !document.activeElement.closest(".kc-whole");
    const before = [...items.keys()].join();
    for (const row of state.rows) draw(row);
    if (before !== state.rows.map((row) => row.id).join() || list.childElementCount !== state.rows.length) {
      list.replaceChildren(...state.rows.map((row) => items.get(row.id)));
    }
    mark();
    if (inside || entering) focusOn(inside && !entering ? at : null);
    entering = null;
    empty.hidden = state.rows.length > 0;
    echo();
    bar();
    pages();
  }

  function draw(row) {
    const item = items.get(row.id) || element("li", { className: "kc-row" }, "", "", element("div"));
    if (!items.has(row.id)) {
      item.dataset.id = row.id;
      item.addEventListener("focusin", () => (current = row.id, mark()));
      items.set(row.id, item);
    }
    item.classList.toggle("kc-excluded", row.excluded !== null);
    item.childNodes[0].replaceWith(head(row, everything || selected.has(row.id), view));
    item.childNodes[1].replaceWith(said(row, view));
  }

  /** Let Tab reach the current row and what is in it, and pass the others by. */
  function mark() {
    for (const [one, item] of items) {
      const here = one === current;
      item.tabIndex = here ? 0 : -1;
      item.ariaCurrent = here ? "true" : null;
      for (const node of item.querySelectorAll(".kc-head input, .kc-head button")) node.tabIndex = here ? 0 : -1;
    }
  }

  function focusOn(at) {
    const item = items.get(current);
    const inner = at && [...(item?.querySelectorAll("[data-at]") || [])].find((node) => node.dataset.at === at);
    (inner || item || list).focus();
  }

  function toggle(one) {
    if (open.has(one)) open.delete(one), items.get(one).lastChild.replaceChildren();
    else open.set(one, null), model.send({ kind: "details", id: one, view: id });
    items.get(one).querySelector('[data-at="open"]').ariaExpanded = String(open.has(one));
  }

  function fill(one) {
    const row = state.rows.find((each) => each.id === one.id);
    if (!row || !open.has(one.id)) return;
    const then = open.get(one.id);
    const inside = items.get(one.id).lastChild.contains(document.activeElement);
    open.set(one.id, null);
    items.get(one.id).lastChild.replaceChildren(whole(one, row, view));
    if (typeof then === "function") then();
    else if (inside) focusOn(null);
  }

  function editing(one) {
    const below = items.get(one)?.lastChild;
    const editor = below?.querySelector(".kc-editor");
    const typing = below?.contains(document.activeElement) && document.activeElement.matches("input");
    return (editor && !editor.hidden) || typing || typeof open.get(one) === "function";
  }

  /** Do something in the opened part of the current row, once it is there. */
  function within(selector, action) {
    const one = current;
    const then = () => {
      const node = items.get(one)?.querySelector(`.kc-whole ${selector}`);
      if (node) action(node);
    };
    if (items.get(one)?.querySelector(".kc-whole")) return then();
    if (!open.has(one)) toggle(one);
    open.set(one, then);
  }

  function bar() {
    const count = everything ? state.total : selected.size;
    acts.hidden = count === 0;
    counted.textContent = `${count.toLocaleString()} selected`;
    page.checked = state.rows.length > 0 && state.rows.every((row) => everything || selected.has(row.id));
    every.hidden = everything || !page.checked || state.total <= PAGE;
    every.textContent = `Select all ${state.total.toLocaleString()}`;
    undo.disabled = !state.undo;
    undo.title = state.undo ? `Take back: ${state.undo}` : "There is nothing to undo";
    for (const [one, item] of items) item.querySelector('[data-at="check"]').checked = everything || selected.has(one);
    next.hidden = Boolean(state.dataset) && !state.changed;
    changes.textContent = state.dataset
      ? `${number(state.changed, "change")} since dataset ${state.dataset}.` : "There is no dataset of this yet.";
    unlooked.hidden = !state.unlooked;
    if (!watching) left.textContent = `${number(state.unlooked, "conversation")} not looked through yet.`;
  }

  function pages() {
    const end = state.start + state.rows.length;
    const from = state.rows.length ? state.start + 1 : 0;
    where.textContent = `${from.toLocaleString()} to ${end.toLocaleString()} of ${state.total.toLocaleString()}`;
    for (const one of [first, previous]) one.disabled = state.start === 0;
    for (const one of [following, last]) one.disabled = end >= state.total;
  }

  /** Show what was asked for, also where it was another view that asked. */
  function echo() {
    for (const name of FILTERS) {
      if (document.activeElement !== fields[name]) fields[name].value = state.filter[name] || "";
    }
    fields.order.value = state.order + (state.descending ? "-" : "+");
    const alike = state.filter.like;
    chip.hidden = !alike;
    chip.firstChild.textContent = `Near-duplicates of ${(alike || "").slice(-6)} `;
    fields.part.disabled = !state.dataset;
  }

  function choose(found) {
    const same = (names) => names.map((name) => [name, name]);
    options(fields.tag, [["", "any"], ...same(found.tags)]);
    options(fields.model, [["", "any"], ...same(found.models)]);
    options(fields.holds, [["", "any"], ["anything", "anything private"], ...same(found.types)]);
    options(sessions, same(found.sessions));
    options(tags, same(found.tags));
  }

  // --- selecting, and what cannot be taken back ---------------------------------------------

  function all() {
    for (const row of state.rows) selected.add(row.id);
  }

  function unselect() {
    selected.clear();
    everything = false;
    bar();
  }

  function confirm(act, ids) {
    const [title, text, yes] = CONFIRM[act];
    const count = ids ? ids.length : everything ? state.total : selected.size;
    const which = ids ? ids[0].slice(-6) : number(count, "conversation");
    const back = document.activeElement;
    const close = () => (asked.hidden = true, asked.replaceChildren(), back?.isConnected ? back.focus() : focusOn(null));
    const agree = () => (close(), ids ? view.act(act, ids[0]) : actOnSelected(act), act === "forget" && unselect());
    asked.ariaLabel = title;
    const cancel = button("Cancel", close);
    asked.replaceChildren(element("p", { textContent: text.replace("{}", which) }),
      element("div", { className: "kc-line" }, button(yes, agree, { className: "kc-danger" }), cancel));
    asked.onkeydown = (event) => event.key === "Escape" && (event.stopPropagation(), close());
    asked.hidden = false;
    cancel.focus();
  }

  let watching = false; // whether it is being looked through

  function looking(count) {
    watching = count > 0;
    left.textContent = `Looking: ${number(count, "conversation")} left.`;
    look.textContent = watching ? "Stop" : "Look through them";
    if (!watching) find({ like: state.filter.like || "" });
  }

  // --- keys --------------------------------------------------------------------------------

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (KEPT.test(event.key)) event.stopPropagation();
    if (event.isComposing || event.keyCode === 229) return;
    const field = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select");
    const pressed = event.target.closest("button, summary, [type=checkbox]");
    const key = event.key.normalize("NFKC"); // an input method may write a full-width digit
    if (event.key === "Escape") return focusOn(null);
    if (field || asked.contains(event.target)) return;
    if (pressed && (key === "Enter" || key === " ")) return;
    if (event.target.type === "radio" && /^Arrow| /.test(key)) return;
    const action = keys[key] || (/^[1-5]$/.test(key) && (() => current && view.act("rate", current, Number(key))));
    if (!action) return;
    event.preventDefault();
    action();
  }

  function move(step) {
    const at = state.rows.findIndex((row) => row.id === current) + step;
    if (at < 0) return turn(state.start - PAGE, "last");
    if (at >= state.rows.length) return turn(state.start + PAGE, "first");
    current = state.rows[at].id;
    mark();
    focusOn(null);
    items.get(current).scrollIntoView({ block: "nearest" });
  }

  const row = () => state.rows.find((one) => one.id === current);
  const select = () => (view.select(current, !(everything || selected.has(current))));
  const keys = {
    j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
    n: () => turn(state.start + PAGE, "first"), p: () => turn(state.start - PAGE, "first"),
    Enter: () => current && toggle(current), o: () => current && toggle(current),
    " ": () => current && select(), a: () => page.click(), 0: () => current && view.act("rate", current, null),
    x: () => current && view.act(row().excluded === null ? "exclude" : "include", current),
    e: () => within(".kc-correct", (node) => node.click()), c: () => within(".kc-comment", (node) => node.focus()),
    t: () => within(".kc-name", (node) => node.focus()), d: () => current && like(current),
    u: () => undo.click(), "/": () => fields.text.focus(), "?": () => help.click(),
  };

  // --- the parts ---------------------------------------------------------------------------

  const FILTERS = ["text", "stars", "state", "part", "tag", "session", "model", "since", "until", "holds"];
  const fields = {
    text: element("input", { type: "search" }), stars: element("select"), state: element("select"),
    part: element("select"), tag: element("select"), session: element("input", { type: "search" }),
    model: element("select"), since: element("input", { type: "date" }), until: element("input", { type: "date" }),
    holds: element("select"), order: element("select"),
  };
  const sessions = element("datalist", { id: view.list("sessions") });
  const tags = element("datalist", { id: view.list("tags") });
  fields.session.setAttribute("list", sessions.id);
  [["stars", STARS], ["state", STATES], ["part", PARTS], ["order", ORDERS]].forEach(([name, pairs]) =>
    options(fields[name], pairs, name === "order" ? "time-" : ""));
  ["tag", "model", "holds"].forEach((name) => options(fields[name], [["", "any"]]));
  const more = element("details", {}, element("summary", { textContent: "More" }), element("div", { className: "kc-line" },
    labelled("Tag", fields.tag), labelled("Session", fields.session), labelled("Model", fields.model),
    labelled("From", fields.since), labelled("To", fields.until), labelled("Private", fields.holds)));
  const reset = button("Clear", () => (FILTERS.forEach((name) => (fields[name].value = "")), find()));
  const filters = element("form", { role: "search", ariaLabel: "Which conversations", className: "kc-filters" },
    element("div", { className: "kc-line" }, labelled("Words", fields.text, "kc-wide"), labelled("Stars", fields.stars),
      labelled("State", fields.state), labelled("Dataset", fields.part), labelled("Sort", fields.order), reset),
    more, sessions, tags);
  filters.addEventListener("submit", (event) => (event.preventDefault(), find()));
  filters.addEventListener("change", () => find());
  for (const field of [fields.text, fields.session]) {
    entered(field, () => find());
    field.addEventListener("input", (event) => {
      clearTimeout(typing);
      if (!event.isComposing) typing = setTimeout(find, TYPING);
    });
  }
  const chip = element("p", { className: "kc-badge", hidden: true }, "", button("×", () => find(), { ariaLabel: "Show all again" }));

  const page = element("input", { type: "checkbox" });
  page.addEventListener("change", () => {
    everything = false;
    for (const one of state.rows) selected[page.checked ? "add" : "delete"](one.id);
    bar();
  });
  const every = button("", () => (all(), (everything = true), bar()), { hidden: true });
  const counted = element("b");
  const name = element("input", { type: "text", maxLength: 100 });
  name.setAttribute("list", tags.id);
  const reason = element("input", { type: "text", placeholder: "by the user", maxLength: 200 });
  const acts = element("div", { role: "group", ariaLabel: "With what is selected", className: "kc-line kc-acts", hidden: true },
    counted, button("Unselect", unselect), rating(null, "Rate what is selected", (value) => actOnSelected("rate", value)),
    button("No stars", () => actOnSelected("rate")),
    labelled("Tag", name), button("Add", () => name.value.trim() && actOnSelected("tag", name.value.trim())),
    button("Remove", () => name.value.trim() && actOnSelected("untag", name.value.trim())),
    labelled("Reason", reason), button("Exclude", () => actOnSelected("exclude", reason.value)),
    button("Include", () => actOnSelected("include")),
    button("Redact…", () => confirm("redact")), button("Forget…", () => confirm("forget")));
  const undo = button("Undo", () => !undo.disabled && ask({ kind: "undo" }));
  const help = button("?", () => (known.hidden = !known.hidden, (help.ariaExpanded = String(!known.hidden))), {
    ariaLabel: "Keys", ariaExpanded: "false" });
  const known = element("dl", { className: "kc-keys", hidden: true },
    ...HELP.map(([key, what]) => element("div", {}, element("dt", { textContent: key }), element("dd", { textContent: what }))));
  const tools = element("div", { className: "kc-line kc-tools" }, labelled("Select the page", page, "kc-check"), every, chip,
    element("span", { className: "kc-space" }), undo, help);
  const asked = element("div", { role: "alertdialog", className: "kc-asked", hidden: true });

  const left = element("span");
  const look = button("Look through them", () => ask({ kind: "look", stop: watching }));
  const unlooked = element("div", { className: "kc-line kc-note", hidden: true }, left, look);
  const list = element("ol", { className: "kc-list", tabIndex: -1, ariaLabel: "Conversations" });
  const empty = element("p", { className: "kc-note", textContent: "No conversation is like that.", hidden: true });
  const where = element("span");
  const end = () => Math.max(0, Math.floor((state.total - 1) / PAGE) * PAGE);
  const first = button("«", () => turn(0), { ariaLabel: "First page" });
  const previous = button("‹", () => turn(state.start - PAGE), { ariaLabel: "Previous page" });
  const following = button("›", () => turn(state.start + PAGE), { ariaLabel: "Next page" });
  const last = button("»", () => turn(end()), { ariaLabel: "Last page" });
  const status = element("span", { role: "status", ariaLive: "polite" });
  const alert = element("span", { role: "alert", className: "kc-alert" });
  const pager = element("div", { className: "kc-line kc-pager" }, first, previous, where, following, last, status, alert);
  const changes = element("span");
  const next = element("div", { className: "kc-line kc-note", hidden: true }, changes,
    button("Build the next dataset", () => ask({ kind: "build" })));
  const root = element("div", { className: "kagura-curation" }, filters, tools, known, acts, asked, unlooked, list, empty, pager, next);
  root.addEventListener("keydown", onKey);
  el.append(root);
  model.on("msg:custom", onAnswer);
  ask({ kind: "open" });
  return () => {
    clearTimeout(timer);
    clearTimeout(typing);
    model.off("msg:custom", onAnswer);
  };
}

export default { render };
