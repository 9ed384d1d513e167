// The panel: turns above, the field to write in below. All that is known is the kernel's.

const LOADING = 1000; // ms until the first page is asked for again, then twice as long each time
const ALIVE = 5000; // ms between two looks at the kernel while a reply is on its way
const OFFLINE =
  "The kernel does not answer: it is busy, or it was restarted. What you typed is kept here; " +
  "after a restart `%kagura chat` opens the panel again.";
const SPOKEN = 2000; // characters of a reply that are read out

// What JupyterLab would take for its own outside of a text field, and Shift+Enter inside of one.
const OURS = /^(.|Enter|Escape|Arrow\w+|Page\w+|Home|End|Delete|Backspace)$/u;

function render({ model, el }) {
  const view = crypto.getRandomValues(new Uint32Array(2)).join("-");
  let opened; // serial of the page that was asked for last
  let loading; // timer until it is asked for again

  const kernel = kernelLine(model, view, offline);
  const header = headerView(kernel);
  const log = logView(kernel);
  const composer = composerView(kernel, log, () => say(""));
  const status = element("span", { role: "status" });
  const alert = element("span", { role: "alert", className: "kagura-alert" });
  const spoken = element("div", { className: "kagura-hidden", ariaLive: "polite" });
  const line = element("div", { className: "kagura-line" }, status, alert);
  const parts = [header.el, log.el, composer.el, line, spoken];
  const root = element("section", { className: "kagura-panel", ariaLabel: "Chat" }, ...parts);

  function offline(gone) {
    root.classList.toggle("kagura-offline", gone);
    if (gone) say(OFFLINE, true);
    else if (alert.textContent === OFFLINE) say("");
  }

  function say(text, failed = false) {
    status.textContent = failed ? "" : text;
    status.classList.toggle("kagura-lines", text.includes("\n"));
    alert.textContent = failed ? text : "";
  }

  function reopen(at) {
    opened = kernel.tell("open", at ? { at } : {});
  }

  /** What is sent before JupyterLab has its subshell waits for the end of the cell that computes. */
  function load(wait) {
    reopen();
    loading = setTimeout(() => load(2 * wait), wait);
  }

  function onHistory(message) {
    if (message.place === "all" && message.serial !== opened) return;
    clearTimeout(loading);
    composer.busy = message.busy;
    log.page(message);
    if (message.place !== "all") return;
    composer.moveTo(message);
    log.show(message.at);
  }

  function onTurn(message) {
    if (message.asker === view) composer.begun(message.turn);
    const known = log.update(message);
    if (message.was) end(known, message.was);
    if (known || message.again || message.prompt === undefined || message.session !== composer.session || !log.latest) return;
    log.add(message.live ? { ...message, model: header.model } : message);
    if (message.live) (composer.busy = true), log.toEnd();
  }

  /** A reply has ended, in this session or in another. */
  function end(turn, name) {
    composer.busy = log.live;
    composer.ended(name);
    if (!turn) return;
    spoken.textContent = `Reply: ${turn.text.slice(0, SPOKEN)}`;
    kernel.tell("choices");
  }

  function onProblem(message) {
    const turn = log.turn(message.turn);
    if (message.of === "ask") composer.refused(message.serial);
    if (message.of === "rate" && turn) turn.rated({ failed: true, status: message.text, serial: message.rated });
    else if (turn) turn.problem(message.text);
    else say(message.text, true);
  }

  const HANDLERS = {
    taken: (message) => composer.taken(message.serial) && !log.latest && reopen(),
    history: onHistory,
    turn: onTurn,
    reply: (message) => log.follow(() => log.turn(message.turn)?.grow(message)),
    stopped: (message) => (log.turn(message.turn)?.stopped(), (composer.busy = false), say("Stopped.")),
    rated: (message) => log.turn(message.turn)?.rated({ ...message, serial: message.rated }),
    choices: header.choices,
    results: header.results,
    session: (message) => (header.hide(), reopen(message.at)),
    notice: (message) => say(message.text),
    problem: onProblem,
  };

  function onMessage(message) {
    if (kernel.heard(message)) HANDLERS[message.kind]?.(message);
  }

  root.addEventListener("keydown", (event) => {
    if (plain(event) && OURS.test(event.key)) event.stopPropagation();
  });
  // JupyterLab takes the line break of Shift+Enter for its own, with a listener on the field itself.
  root.addEventListener("beforeinput", (event) => event.inputType === "insertLineBreak" && event.stopPropagation(), true);
  const watch = setInterval(() => composer.busy && kernel.tell("ping"), ALIVE);
  const look = () => kernel.tell("ping");

  el.append(root);
  model.on("msg:custom", onMessage);
  model.on("comm_live_update", look);
  load(LOADING);
  return () => {
    clearTimeout(loading);
    clearInterval(watch);
    kernel.close();
    log.clear();
    model.off("msg:custom", onMessage);
    model.off("comm_live_update", look);
  };
}

export default { render };
