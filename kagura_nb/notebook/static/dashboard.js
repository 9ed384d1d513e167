// The cards as the kernel makes them. A card is replaced only where it has changed, so that nothing
// flickers and what is being read or unfolded stays where it is.

const LIVE = ["jobs"]; // cards that change by themselves
const OFTEN = 1500; // ms between two looks at them while a training runs
const SELDOM = 15000; // ms otherwise
const PATIENCE = 8000; // ms without an answer after which the user is told

function parsed(html) {
  const template = element("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// Unfold in the new card what was unfolded in the old one, and give the focus back.
function keepState(before, after) {
  const [old, now] = [before, after].map((card) => [...card.querySelectorAll("details")]);
  old.forEach((one, index) => now[index] && (now[index].open = one.open));
  const focused = old.findIndex((one) => one.contains(document.activeElement));
  return () => now[focused]?.querySelector("summary").focus({ preventScroll: true });
}

function render({ model, el }) {
  const shown = new Map(); // the HTML of every card, by name
  let serial = 0; // of the last request
  let asked = []; // the cards that it asked for; none means all
  let pending = false;
  let running = false;
  let next; // the next look
  let patience;

  const refresh = element("button", { type: "button", textContent: "Refresh" });
  const when = element("span");
  const status = element("span", { role: "status", ariaLive: "polite" });
  const alert = element("span", { role: "alert", className: "kagura-alert" });
  const title = element("h2", { textContent: model.get("title") });
  const head = element("header", {}, title, when, status, alert, refresh);
  const grid = element("div", { className: "kagura-cards" });
  const root = element("section", { className: "kagura-dashboard kagura-live", ariaLabel: "Dashboard" }, head, grid);

  function look(names = []) {
    serial += 1;
    asked = names;
    pending = true;
    clearTimeout(next);
    clearTimeout(patience);
    patience = setTimeout(() => (status.textContent = "No answer: the kernel is busy or gone."), PATIENCE);
    model.send({ kind: "look", serial, names });
  }

  function lookAgain() {
    next = setTimeout(() => {
      const seen = !document.hidden && root.offsetParent !== null;
      if (seen && !pending) look(LIVE);
      else lookAgain();
    }, running ? OFTEN : SELDOM);
  }

  function put(name, html) {
    if (shown.get(name) === html) return;
    shown.set(name, html);
    const card = parsed(html);
    const before = grid.querySelector(`[data-card="${name}"]`);
    if (!before) return grid.append(card);
    const focus = keepState(before, card);
    before.replaceWith(card);
    focus();
  }

  function onAnswer(message) {
    if (message.kind !== "look" || message.serial !== serial) return;
    const ended = running && !message.running; // a model, and what it cost, is new
    const all = asked.length === 0;
    pending = false;
    clearTimeout(patience);
    alert.textContent = message.failed || "";
    for (const [name, html] of Object.entries(message.cards || {})) put(name, html);
    if (!message.failed) running = message.running;
    if (all && !message.failed) when.textContent = message.time;
    status.textContent = running ? "A training is running." : "";
    root.classList.toggle("kagura-running", running);
    if (ended) look();
    else lookAgain();
  }

  refresh.addEventListener("click", () => look());
  refresh.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && plain(event)) event.stopPropagation();
  });
  el.append(root);
  model.on("msg:custom", onAnswer);
  look();
  return () => {
    clearTimeout(next);
    clearTimeout(patience);
    model.off("msg:custom", onAnswer);
  };
}

export default { render };
