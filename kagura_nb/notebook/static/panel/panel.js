// The panel: turns above, the field to write in below. All that is known is the kernel's.

const LOADING = 1000; // ms until the first page is asked for again, then twice as long each time
const SILENT = 1500; // ms after which a kernel that took nothing counts as busy or gone
const ALIVE = 5000; // ms between two looks at the kernel while a reply is on its way
const OFFLINE =
  "The kernel does not answer: it is busy, or it was restarted. What you typed is kept here; " +
  "after a restart `%kagura chat` opens the panel again.";
const EMPTY = "Say something. What you rate and correct makes the next answers better.";
const NEAR = 80; // px from the end within which a view follows what comes
const SPOKEN = 2000; // characters of a reply that are read out

// What JupyterLab would take for its own outside of a text field, and Shift+Enter inside of one.
const OURS = /^(.|Enter|Escape|Arrow\w+|Page\w+|Home|End|Delete|Backspace)$/u;

function render({ model, el }) {
  const view = crypto.getRandomValues(new Uint32Array(2)).join("-");
  const turns = new Map();
  const waiting = new Map(); // serial to what its answer is given to
  let serial = 0;
  let session = "";
  let home = ""; // the notebook's session
  let busy = false;
  let latest = true; // whether the newest turn is on screen
  let sent = null; // the question on its way to the kernel: its serial, text and session
  let answering = null; // the question that the kernel took, until its reply has ended
  let opened; // serial of the page that was asked for last
  let loading; // timer until it is asked for again
  let silence; // timer of the request that was not yet taken

  const kernel = {
    tell(kind, more = {}) {
      serial += 1;
      silence ??= setTimeout(() => offline(true), SILENT);
      const own = kind === "rate" ? { turn: more.turn, rating: more.rating, comment: more.comment, rated: more.serial } : more;
      try {
        model.send({ ...own, kind, view, serial });
      } catch {
        offline(true); // the connection is closed for good
      }
      return serial;
    },
    ask(kind, more) {
      return new Promise((resolve, reject) => waiting.set(kernel.tell(kind, more), { resolve, reject }));
    },
  };

  const header = headerView(kernel);
  const earlier = button("Earlier", () => more(earlier, { before: [...turns.keys()][0] }), { hidden: true });
  const later = button("Later", () => more(later, { after: [...turns.keys()].at(-1) }), { hidden: true });
  const list = element("div", { className: "kagura-turns" });
  const empty = element("p", { className: "kagura-empty", textContent: "Loading…" });
  const log = element("div", { role: "log", ariaLabel: "Conversation", ariaLive: "off", tabIndex: 0, className: "kagura-log" });
  log.append(earlier, list, empty, later);
  const area = field("textarea", "Message", { rows: 2, placeholder: "Ask anything", className: "kagura-ask" });
  area.setAttribute("aria-description", "Enter sends, Shift and Enter break the line");
  const go = button("Send", () => (busy ? kernel.tell("stop") : send()), { className: "kagura-go" });
  const form = element("div", { className: "kagura-composer" }, area, go);
  const status = element("span", { role: "status" });
  const alert = element("span", { role: "alert", className: "kagura-alert" });
  const spoken = element("div", { className: "kagura-hidden", ariaLive: "polite" });
  const line = element("div", { className: "kagura-line" }, status, alert);
  const root = element("section", { className: "kagura-panel", ariaLabel: "Chat" }, header.el, log, form, line, spoken);

  function offline(gone) {
    clearTimeout(silence);
    silence = undefined;
    root.classList.toggle("kagura-offline", gone);
    if (gone) say(OFFLINE, true);
    else if (alert.textContent === OFFLINE) say("");
  }

  function say(text, failed = false) {
    status.textContent = failed ? "" : text;
    status.classList.toggle("kagura-lines", text.includes("\n"));
    alert.textContent = failed ? text : "";
  }

  function setBusy(now) {
    busy = now;
    go.textContent = busy ? "Stop" : "Send";
    go.classList.toggle("kagura-stop", busy);
  }

  /** Where what is typed is kept. A session in which nothing was said yet may never come to be. */
  function draft() {
    return [...turns.values()].some((one) => !one.live) ? session : home;
  }

  /** What was kept, without the question that the session has by now. */
  function unasked(kept) {
    const asked = [...turns.values()].at(-1)?.prompt || "";
    return `${kept}\n`.startsWith(`${asked}\n`) ? kept.slice(asked.length + 1) : kept;
  }

  /** What is typed, behind the question whose reply has not come yet. */
  function keep() {
    const asked = answering?.session === session ? answering.text : "";
    drafts.write(draft(), [asked, area.value].filter(Boolean).join("\n"));
  }

  function send() {
    const text = area.value;
    const unheard = root.classList.contains("kagura-offline");
    if (!text.trim() || busy || (sent && !unheard)) return;
    say("");
    drafts.write(draft(), text);
    sent = { text, session, draft: draft(), serial: kernel.tell("ask", { text }) };
  }

  /** The kernel has the question; what was typed on meanwhile stays. */
  function taken(answered) {
    if (!sent || sent.serial !== answered) return;
    if (area.value === sent.text) area.value = "";
    [answering, sent] = [sent, null];
    if (!latest) reopen();
  }

  /** The kernel refused the question: it stands in the field again. */
  function giveBack() {
    if (!area.value.includes(answering.text)) area.value = [answering.text, area.value].filter(Boolean).join("\n");
    answering = null;
  }

  function atEnd() {
    return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
  }

  function follow(change) {
    const following = atEnd();
    change();
    if (following) log.scrollTop = log.scrollHeight;
  }

  function add(told, place = "after") {
    const turn = turnView(told, kernel);
    turns.set(told.turn, turn);
    if (place === "after") list.append(turn.el);
    empty.hidden = true;
    return turn;
  }

  function clear() {
    for (const one of turns.values()) one.destroy();
    turns.clear();
    list.replaceChildren();
  }

  function reopen(at) {
    opened = kernel.tell("open", at ? { at } : {});
  }

  /** What is sent before JupyterLab has its subshell waits for the end of the cell that computes. */
  function load(wait) {
    reopen();
    loading = setTimeout(() => load(2 * wait), wait);
  }

  function more(node, from) {
    node.disabled = true;
    kernel.tell("open", from);
  }

  function onHistory(message) {
    if (message.place === "all" && message.serial !== opened) return;
    clearTimeout(loading);
    earlier.disabled = later.disabled = false;
    setBusy(message.busy);
    if (message.earlier !== null) earlier.hidden = !message.earlier;
    if (message.later !== null) later.hidden = latest = !message.later;
    if (message.place === "before") return prepend(message.turns);
    if (message.place === "after") return message.turns.forEach((one) => add(one));
    const moved = session && session !== message.session;
    clear();
    [session, home] = [message.session, message.home];
    message.turns.forEach((one) => add(one));
    empty.textContent = EMPTY;
    empty.hidden = message.turns.length > 0;
    if (moved || !area.value) area.value = unasked(drafts.read(draft()));
    show(message.at);
  }

  function prepend(told) {
    const fromEnd = log.scrollHeight - log.scrollTop;
    const old = [...turns];
    turns.clear();
    const made = told.map((one) => add(one, "before"));
    old.forEach(([name, turn]) => turns.set(name, turn));
    list.prepend(...made.map((one) => one.el));
    log.scrollTop = log.scrollHeight - fromEnd;
  }

  function show(name) {
    const turn = turns.get(name);
    if (!turn) return requestAnimationFrame(() => (log.scrollTop = log.scrollHeight));
    turn.el.scrollIntoView({ block: "nearest" });
    turn.el.focus();
  }

  function onTurn(message) {
    if (message.asker === view && answering) answering.turn = message.turn;
    const known = turns.get(message.was) || turns.get(message.turn);
    if (known) follow(() => known.update(message));
    if (known && message.was) turns.delete(message.was), turns.set(message.turn, known);
    if (message.was) end(known, message.was);
    if (known || message.again || message.prompt === undefined || message.session !== session || !latest) return;
    follow(() => add(message.live ? { ...message, model: header.model } : message));
    if (message.live) setBusy(true), (log.scrollTop = log.scrollHeight);
  }

  /** A reply has ended, in this session or in another. */
  function end(turn, name) {
    setBusy([...turns.values()].some((one) => one.live));
    if (answering?.turn === name) {
      drafts.write(answering.draft, "");
      answering = null;
      keep();
    }
    if (!turn) return;
    spoken.textContent = `Reply: ${turn.text.slice(0, SPOKEN)}`;
    kernel.tell("choices");
  }

  function onProblem(message) {
    const turn = turns.get(message.turn);
    if (message.of === "ask" && message.serial === answering?.serial) giveBack();
    if (message.of === "rate" && turn) turn.rated({ failed: true, status: message.text, serial: message.rated });
    else if (turn) turn.problem(message.text);
    else say(message.text, true);
  }

  const HANDLERS = {
    taken: (message) => taken(message.serial),
    history: onHistory,
    turn: onTurn,
    reply: (message) => follow(() => turns.get(message.turn)?.grow(message)),
    stopped: (message) => (turns.get(message.turn)?.stopped(), setBusy(false), say("Stopped.")),
    rated: (message) => turns.get(message.turn)?.rated({ ...message, serial: message.rated }),
    choices: header.choices,
    results: header.results,
    session: (message) => (header.hide(), reopen(message.at)),
    notice: (message) => say(message.text),
    problem: onProblem,
  };

  function onMessage(message) {
    offline(false);
    if (message.view !== undefined && message.view !== view) return;
    const asked = message.kind !== "taken" && waiting.get(message.serial);
    if (asked) {
      waiting.delete(message.serial);
      if (message.kind === "problem") asked.reject(new Error(message.text));
      else asked.resolve(message);
    }
    HANDLERS[message.kind]?.(message);
  }

  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.altKey || composing(event)) return;
    event.preventDefault();
    event.stopPropagation();
    send();
  });
  area.addEventListener("input", keep);
  root.addEventListener("keydown", (event) => {
    if (plain(event) && OURS.test(event.key)) event.stopPropagation();
  });
  // JupyterLab takes the line break of Shift+Enter for its own, with a listener on the field itself.
  root.addEventListener("beforeinput", (event) => event.inputType === "insertLineBreak" && event.stopPropagation(), true);
  const watch = setInterval(() => busy && kernel.tell("ping"), ALIVE);
  const look = () => kernel.tell("ping");

  el.append(root);
  model.on("msg:custom", onMessage);
  model.on("comm_live_update", look);
  load(LOADING);
  return () => {
    clearTimeout(loading);
    clearInterval(watch);
    clearTimeout(silence);
    clear();
    model.off("msg:custom", onMessage);
    model.off("comm_live_update", look);
  };
}

export default { render };
