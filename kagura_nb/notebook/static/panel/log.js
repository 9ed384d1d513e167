// The turns on screen, oldest above. The kernel sends them in pages.

const EMPTY = "Say something. What you rate and correct makes the next answers better.";
const NEAR = 80; // px from the end within which a view follows what comes

/**
 * @param {object} kernel `tell(kind, more)` and `ask(kind, more)`
 */
function logView(kernel) {
  const turns = new Map();
  let latest = true; // whether the newest turn is on screen
  const earlier = button("Earlier", () => more(earlier, { before: [...turns.keys()][0] }), { hidden: true });
  const later = button("Later", () => more(later, { after: [...turns.keys()].at(-1) }), { hidden: true });
  const list = element("div", { className: "kagura-turns" });
  const empty = element("p", { className: "kagura-empty", textContent: "Loading…" });
  const el = element("div", { role: "log", ariaLabel: "Conversation", ariaLive: "off", tabIndex: 0, className: "kagura-log" });
  el.append(earlier, list, empty, later);

  function more(node, from) {
    node.disabled = true;
    kernel.tell("open", from);
  }

  function toEnd() {
    el.scrollTop = el.scrollHeight;
  }

  function made(told) {
    const turn = turnView(told, kernel);
    turns.set(told.turn, turn);
    empty.hidden = true;
    return turn.el;
  }

  function append(told) {
    list.append(...told.map(made));
  }

  function prepend(told) {
    const fromEnd = el.scrollHeight - el.scrollTop;
    const old = [...turns];
    turns.clear();
    list.prepend(...told.map(made));
    old.forEach(([name, turn]) => turns.set(name, turn));
    el.scrollTop = el.scrollHeight - fromEnd;
  }

  function replace(told) {
    log.clear();
    append(told);
    empty.textContent = EMPTY;
    empty.hidden = told.length > 0;
  }

  const log = {
    el,
    toEnd,
    get latest() {
      return latest;
    },
    get live() {
      return [...turns.values()].some((one) => one.live);
    },
    get stored() {
      return [...turns.values()].some((one) => !one.live);
    },
    get newest() {
      return [...turns.values()].at(-1);
    },
    turn(name) {
      return turns.get(name);
    },
    /** Show a page: all there is to show, or what comes before or after that. */
    page(message) {
      earlier.disabled = later.disabled = false;
      if (message.earlier !== null) earlier.hidden = !message.earlier;
      if (message.later !== null) later.hidden = latest = !message.later;
      ({ before: prepend, after: append, all: replace })[message.place](message.turns);
    },
    /** Lead to a turn, by default to the end. */
    show(name) {
      const turn = turns.get(name);
      if (!turn) return requestAnimationFrame(toEnd);
      turn.el.scrollIntoView({ block: "nearest" });
      turn.el.focus();
    },
    add(told) {
      log.follow(() => append([told]));
    },
    /** Tell a turn, which may have got its own name by that; nothing where it is not on screen. */
    update(message) {
      const known = turns.get(message.was) || turns.get(message.turn);
      if (known) log.follow(() => known.update(message));
      if (known && message.was) turns.delete(message.was), turns.set(message.turn, known);
      return known;
    },
    /** Change something; who looks at the end goes on doing so. */
    follow(change) {
      const following = el.scrollHeight - el.scrollTop - el.clientHeight < NEAR;
      change();
      if (following) toEnd();
    },
    clear() {
      for (const one of turns.values()) one.destroy();
      turns.clear();
      list.replaceChildren();
    },
  };
  return log;
}
