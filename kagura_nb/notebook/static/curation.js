// A page of conversations at a time. Finding and changing is the kernel's; nothing else is kept here
// than what is selected, open and focused.

const PAGE = 20;
const WAITING = "Not there yet: the kernel is busy, or it was restarted.";
const WORKING = "Working …";
const PATIENCE = 600; // ms without an answer after which the user is told

function render({ model, el }) {
  const id = GROUP + (groups += 1); // of this view: there may be several
  const state = { rows: [], start: 0, total: 0, filter: {}, order: "time", descending: true };
  let entering = null; // which end of the next page gets the focus
  let serial = 0; // of the last request
  let watching = false; // whether it is being looked through
  let timer;

  const view = {
    act: (act, one, value = null) => ask({ kind: "act", act, ids: [one], value }),
    select: (one, on) => selection.set(one, on), isSelected: (one) => selection.has(one),
    toggle: (one) => list.toggle(one), isOpen: (one) => list.isOpen(one), like, confirm,
    dataset: () => state.dataset, list: (name) => `kagura-${name}-${id}`,
  };
  const filters = filtering(view, () => find());
  const selection = selecting(state, view, actOnSelected, bar);
  const list = listing(state, view, (one) => model.send({ kind: "details", id: one, view: id }));
  const question = confirming(() => list.focus());

  // --- what is asked of the kernel ---------------------------------------------------------

  function ask(message) {
    serial += 1;
    clearTimeout(timer);
    timer = setTimeout(() => say(WAITING), PATIENCE);
    model.send({ ...message, view: id, serial });
  }

  function find(more = {}) {
    filters.stop();
    selection.clear();
    const wanted = filters.wanted();
    ask({ kind: "find", ...wanted, filter: { ...wanted.filter, ...more } });
  }

  function turn(start, end = null) {
    if (start === state.start || start < 0 || start >= Math.max(1, state.total)) return;
    entering = end;
    ask({ kind: "page", start });
  }

  function like(one) {
    selection.clear();
    ask({ kind: "find", filter: { like: one }, order: "time", descending: true });
  }

  function actOnSelected(act, value = null) {
    ask({ kind: "act", act, ...selection.meant(), value });
  }

  function confirm(act, ids) {
    const which = ids ? ids[0].slice(-6) : number(selection.count(), "conversation");
    question.ask(act, which, () => {
      if (ids) view.act(act, ids[0]);
      else actOnSelected(act);
      if (act === "forget") selection.clear();
    });
  }

  function onAnswer(message) {
    const mine = message.view === id;
    if (message.kind === "looking") return looking(message.left);
    if (message.kind === "details") return mine && list.fill(message);
    if (message.kind === "failed" && mine) return clearTimeout(timer), say(message.failed, true), paint();
    if (mine && message.serial !== serial) return;
    if (mine) clearTimeout(timer);
    if (message.kind === "taken") timer = mine ? setTimeout(() => say(WORKING), PATIENCE) : timer;
    if (message.kind !== "state") return;
    const other = message.found !== state.found; // also where it was another view that asked
    Object.assign(state, message);
    if (other) selection.clear(), question.drop();
    if (mine) say(message.said);
    if (message.choices) filters.choose(message.choices);
    list.refresh();
    paint();
  }

  function say(text, failed = false) {
    status.textContent = failed ? "" : text;
    alert.textContent = failed ? text : "";
  }

  function looking(count) {
    watching = count > 0;
    left.textContent = `Looking: ${number(count, "conversation")} left.`;
    look.textContent = watching ? "Stop" : "Look through them";
    if (!watching) find({ like: state.filter.like || "" });
  }

  // --- what is on screen -------------------------------------------------------------------

  function paint() {
    list.paint(entering);
    entering = null;
    filters.echo(state);
    bar();
    pages();
  }

  function bar() {
    selection.show();
    list.check();
    undo.disabled = !state.undo;
    undo.title = state.undo ? `Take back: ${state.undo}` : "There is nothing to undo";
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

  // --- keys --------------------------------------------------------------------------------

  function move(step) {
    if (!list.move(step)) turn(state.start + step * PAGE, step < 0 ? "last" : "first");
  }

  /** What is done to the current row, where there is one. */
  const here = (action) => () => list.current() && action(list.current().id, list.current());
  const toggle = here((one) => list.toggle(one));
  const rate = (value) => here((one) => view.act("rate", one, value));
  const keys = {
    j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
    n: () => turn(state.start + PAGE, "first"), p: () => turn(state.start - PAGE, "first"),
    Enter: toggle, o: toggle, " ": here((one) => selection.set(one, !selection.has(one))),
    0: rate(null), 1: rate(1), 2: rate(2), 3: rate(3), 4: rate(4), 5: rate(5),
    x: here((one, row) => view.act(row.excluded === null ? "exclude" : "include", one)),
    e: here(() => list.within(".kc-correct", (node) => node.click())),
    c: here(() => list.within(".kc-comment", (node) => node.focus())),
    t: here(() => list.within(".kc-name", (node) => node.focus())), d: here(like),
    a: () => selection.page.click(), u: () => undo.click(), "/": () => filters.focus(), "?": () => help.click(),
    Escape: () => list.focus(),
  };

  // --- the parts ---------------------------------------------------------------------------

  const undo = button("Undo", () => !undo.disabled && ask({ kind: "undo" }));
  const known = knownKeys();
  const help = button("?", () => (known.hidden = !known.hidden, (help.ariaExpanded = String(!known.hidden))), {
    ariaLabel: "Keys", ariaExpanded: "false" });
  const tools = element("div", { className: "kc-line kc-tools" }, labelled("Select the page", selection.page, "kc-check"),
    selection.every, filters.chip, element("span", { className: "kc-space" }), undo, help);
  const left = element("span");
  const look = button("Look through them", () => ask({ kind: "look", stop: watching }));
  const unlooked = element("div", { className: "kc-line kc-note", hidden: true }, left, look);
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
  const root = element("div", { className: "kagura-curation" }, filters.node, tools, known, selection.node, question.node,
    unlooked, list.node, list.empty, pager, next);
  root.addEventListener("keydown", (event) => onKey(event, keys, question.node));
  el.append(root);
  model.on("msg:custom", onAnswer);
  ask({ kind: "open" });
  return () => {
    clearTimeout(timer);
    filters.stop();
    model.off("msg:custom", onAnswer);
  };
}

export default { render };
