// What is selected, what is done to all of it at once, and what is asked before something is lost.

const CONFIRM = {
  redact: ["Redact for good?", "What is private in {} becomes a label, in the store and in every index. Datasets"
    + " with it are thrown away. This cannot be undone.", "Redact for good"],
  forget: ["Forget for good?", "{} will be removed from the store, every index and every dataset. This cannot be"
    + " undone.", "Forget for good"],
};

/** The selected conversations; `act` is called with what is to be done to them, `changed` when they are others. */
function selecting(state, view, act, changed) {
  const ids = new Set();
  let everything = false; // whether all that was found is selected

  const has = (one) => everything || ids.has(one);
  const count = () => (everything ? state.total : ids.size);
  // What was found is the kernel's; its number lets it see that all of something else would be meant.
  const meant = () => ({ ids: everything ? [] : [...ids], all: everything, found: state.found });
  const all = () => state.rows.forEach((row) => ids.add(row.id));

  function set(one, on) {
    if (everything) all();
    everything = false;
    ids[on ? "add" : "delete"](one);
    changed();
  }

  function clear() {
    ids.clear();
    everything = false;
    changed();
  }

  const page = element("input", { type: "checkbox" });
  page.addEventListener("change", () => {
    everything = false;
    for (const one of state.rows) ids[page.checked ? "add" : "delete"](one.id);
    changed();
  });
  const every = button("", () => (all(), (everything = true), changed()), { hidden: true });
  const counted = element("b");
  const name = element("input", { type: "text", maxLength: 100 });
  name.setAttribute("list", view.list("tags"));
  const reason = element("input", { type: "text", placeholder: "by the user", maxLength: 200 });
  const node = element("div", { role: "group", ariaLabel: "With what is selected", className: "kc-line kc-acts", hidden: true },
    counted, button("Unselect", clear), rating(null, "Rate what is selected", (value) => act("rate", value)),
    button("No stars", () => act("rate")),
    labelled("Tag", name), button("Add", () => name.value.trim() && act("tag", name.value.trim())),
    button("Remove", () => name.value.trim() && act("untag", name.value.trim())),
    labelled("Reason", reason), button("Exclude", () => act("exclude", reason.value)),
    button("Include", () => act("include")),
    button("Redact…", () => view.confirm("redact")), button("Forget…", () => view.confirm("forget")));

  function show() {
    node.hidden = count() === 0;
    counted.textContent = `${count().toLocaleString()} selected`;
    page.checked = state.rows.length > 0 && state.rows.every((row) => has(row.id));
    every.hidden = everything || !page.checked || state.total <= state.rows.length;
    every.textContent = `Select all ${state.total.toLocaleString()}`;
  }

  return { node, page, every, has, count, meant, set, clear, show };
}

/** A question before what cannot be taken back; `focus` is called where its asker is gone. */
function confirming(focus) {
  const node = element("div", { role: "alertdialog", className: "kc-asked", hidden: true });
  let back = null; // had the focus

  function close() {
    node.hidden = true;
    node.replaceChildren();
  }

  function leave() {
    close();
    if (back?.isConnected) back.focus();
    else focus();
  }

  /** Close it where what was asked about is no longer what was found. */
  function drop() {
    if (node.contains(document.activeElement)) leave();
    else close();
  }

  function ask(act, which, agree) {
    const [title, text, yes] = CONFIRM[act];
    back = document.activeElement;
    node.ariaLabel = title;
    const cancel = button("Cancel", leave);
    node.replaceChildren(element("p", { textContent: text.replace("{}", which) }),
      element("div", { className: "kc-line" }, button(yes, () => (leave(), agree()), { className: "kc-danger" }), cancel));
    node.onkeydown = (event) => event.key === "Escape" && (event.stopPropagation(), leave());
    node.hidden = false;
    cancel.focus();
  }

  return { node, ask, drop };
}
