// The field below the turns. What is typed is kept until its reply has come.

/** What was typed and not yet answered, kept by the browser's tab: a kernel may end meanwhile. */
const drafts = {
  name: (session) => `kagura-draft:${session}`,
  read(session) {
    try {
      return sessionStorage.getItem(drafts.name(session)) || "";
    } catch {
      return ""; // storage may be forbidden
    }
  },
  write(session, text) {
    try {
      if (text) sessionStorage.setItem(drafts.name(session), text);
      else sessionStorage.removeItem(drafts.name(session));
    } catch {
      // then it is kept as long as the page is
    }
  },
};

/**
 * @param {object} kernel `tell(kind, more)`, and whether it is `gone`
 * @param {object} log the turns above
 * @param {() => void} begin is told that something is sent
 */
function composerView(kernel, log, begin) {
  let session = "";
  let home = ""; // the notebook's session
  let busy = false;
  let sent = null; // the question on its way to the kernel: its serial, text and session
  let answering = null; // the question that the kernel took, until its reply has ended
  const area = field("textarea", "Message", { rows: 2, placeholder: "Ask anything", className: "kagura-ask" });
  area.setAttribute("aria-description", "Enter sends, Shift and Enter break the line");
  const go = button("Send", () => (busy ? kernel.tell("stop") : send()), { className: "kagura-go" });

  /** Where what is typed is kept. A session in which nothing was said yet may never come to be. */
  function draft() {
    return log.stored ? session : home;
  }

  /** What was kept, without the question that the session has by now. */
  function unasked(kept) {
    const asked = log.newest?.prompt || "";
    return `${kept}\n`.startsWith(`${asked}\n`) ? kept.slice(asked.length + 1) : kept;
  }

  /** What is typed, behind the question whose reply has not come yet. */
  function keep() {
    const asked = answering?.session === session ? answering.text : "";
    drafts.write(draft(), [asked, area.value].filter(Boolean).join("\n"));
  }

  function send() {
    const text = area.value;
    if (!text.trim() || busy || (sent && !kernel.gone)) return;
    begin();
    drafts.write(draft(), text);
    sent = { text, session, draft: draft(), serial: kernel.tell("ask", { text }) };
  }

  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.altKey || composing(event)) return;
    event.preventDefault();
    event.stopPropagation();
    send();
  });
  area.addEventListener("input", keep);

  return {
    el: element("div", { className: "kagura-composer" }, area, go),
    get busy() {
      return busy;
    },
    set busy(now) {
      busy = now;
      go.textContent = busy ? "Stop" : "Send";
      go.classList.toggle("kagura-stop", busy);
    },
    get session() {
      return session;
    },
    /** The page that is shown is of this session. */
    moveTo(message) {
      const moved = session && session !== message.session;
      [session, home] = [message.session, message.home];
      if (moved || !area.value) area.value = unasked(drafts.read(draft()));
    },
    /** The kernel has a request: true where it is the question; what was typed on meanwhile stays. */
    taken(serial) {
      if (!sent || sent.serial !== serial) return false;
      if (area.value === sent.text) area.value = "";
      [answering, sent] = [sent, null];
      return true;
    },
    /** The kernel refused a request: a question stands in the field again. */
    refused(serial) {
      if (!answering || answering.serial !== serial) return;
      if (!area.value.includes(answering.text)) area.value = [answering.text, area.value].filter(Boolean).join("\n");
      answering = null;
    },
    /** The question has become a turn. */
    begun(name) {
      if (answering) answering.turn = name;
    },
    /** A reply has ended, to the question or to another. */
    ended(name) {
      if (answering?.turn !== name) return;
      drafts.write(answering.draft, "");
      answering = null;
      keep();
    },
  };
}
