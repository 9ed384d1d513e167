// The conversations of a page on screen: which one keys act on, and which ones are open.

/** The list; `view` is what a row can ask for, and `details` asks the kernel for a whole conversation. */
function listing(state, view, details) {
  const open = new Map(); // the opened part by conversation, null until it is there
  const items = new Map(); // what is on screen by conversation
  let current = null; // the conversation that keys act on
  const node = element("ol", { className: "kc-list", tabIndex: -1, ariaLabel: "Conversations" });
  const empty = element("p", { className: "kc-note", textContent: "No conversation is like that.", hidden: true });

  /** Show the page; `entering` names the end of it that gets the focus, if any. */
  function paint(entering) {
    const shown = new Set(state.rows.map((row) => row.id));
    for (const one of [...items.keys()]) if (!shown.has(one)) items.delete(one), open.delete(one);
    if (!shown.has(current)) current = state.rows[entering === "last" ? state.rows.length - 1 : 0]?.id ?? null;
    const at = document.activeElement?.dataset?.at;
    const inside = node.contains(document.activeElement) && !document.activeElement.closest(".kc-whole");
    const before = [...items.keys()].join();
    for (const row of state.rows) draw(row);
    if (before !== state.rows.map((row) => row.id).join() || node.childElementCount !== state.rows.length) {
      node.replaceChildren(...state.rows.map((row) => items.get(row.id)));
    }
    mark();
    if (inside || entering) focus(inside && !entering ? at : null);
    empty.hidden = state.rows.length > 0;
  }

  function draw(row) {
    const item = items.get(row.id) || element("li", { className: "kc-row" }, "", "", element("div"));
    if (!items.has(row.id)) {
      item.dataset.id = row.id;
      item.addEventListener("focusin", () => (current = row.id, mark()));
      items.set(row.id, item);
    }
    item.classList.toggle("kc-excluded", row.excluded !== null);
    item.childNodes[0].replaceWith(head(row, view.isSelected(row.id), view));
    item.childNodes[1].replaceWith(said(row, view));
  }

  /** Let Tab reach the current row and what is in it, and pass the others by. */
  function mark() {
    for (const [one, item] of items) {
      const here = one === current;
      item.tabIndex = here ? 0 : -1;
      item.ariaCurrent = here ? "true" : null;
      for (const inner of item.querySelectorAll(".kc-head input, .kc-head button")) inner.tabIndex = here ? 0 : -1;
    }
  }

  function check() {
    for (const [one, item] of items) item.querySelector('[data-at="check"]').checked = view.isSelected(one);
  }

  function focus(at = null) {
    const item = items.get(current);
    const inner = at && [...(item?.querySelectorAll("[data-at]") || [])].find((each) => each.dataset.at === at);
    (inner || item || node).focus();
  }

  /** Go to a row so many further; say whether it is on this page. */
  function move(step) {
    const row = state.rows[state.rows.findIndex((each) => each.id === current) + step];
    if (!row) return false;
    current = row.id;
    mark();
    focus();
    items.get(current).scrollIntoView({ block: "nearest" });
    return true;
  }

  function toggle(one) {
    if (open.has(one)) open.delete(one), items.get(one).lastChild.replaceChildren();
    else open.set(one, null), details(one);
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
    else if (inside) focus();
  }

  function editing(one) {
    const below = items.get(one)?.lastChild;
    const editor = below?.querySelector(".kc-editor");
    const typing = below?.contains(document.activeElement) && document.activeElement.matches("input");
    return (editor && !editor.hidden) || typing || typeof open.get(one) === "function";
  }

  /** Let what is open show what is so now, except where somebody is writing. */
  function refresh() {
    for (const { id } of state.rows) if (open.has(id) && !editing(id)) details(id);
  }

  /** Do something in the opened part of the current row, once it is there. */
  function within(selector, action) {
    const one = current;
    const then = () => {
      const found = items.get(one)?.querySelector(`.kc-whole ${selector}`);
      if (found) action(found);
    };
    if (items.get(one)?.querySelector(".kc-whole")) return then();
    if (!open.has(one)) toggle(one);
    open.set(one, then);
  }

  return {
    node, empty, paint, check, focus, move, toggle, fill, refresh, within, isOpen: (one) => open.has(one),
    current: () => state.rows.find((row) => row.id === current),
  };
}
