// One turn: what was asked, the reply as it grows, and what can be done with it.

/**
 * @param {object} told the turn as the kernel tells it
 * @param {object} kernel `tell(kind, more)` and `ask(kind, more)`, a promise of the answer
 */
function turnView(told, kernel) {
  let name = told.turn;
  let growing = null; // the last block while it grows
  let facts = {};

  const facing = element("span", { className: "kagura-facts" });
  const marks = element("span", { className: "kagura-marks" });
  const prompt = element("div", { className: "kagura-prompt", textContent: told.prompt });
  const you = element("div", { className: "kagura-you" }, prompt);
  const head = element("div", { className: "kagura-head" }, facing, marks);
  const body = element("div", { className: "kagura-md" });
  const notices = element("div", { className: "kagura-notices" });
  const alert = element("div", { role: "alert", className: "kagura-alert" });
  const status = element("span", { role: "status", className: "kagura-told" });
  const tools = element("div", { className: "kagura-tools" });
  const stars = element("div");
  const below = element("div");
  const reply = element("div", { className: "kagura-reply" }, head, body, notices, alert, tools, stars, below);
  const el = element("article", { className: "kagura-turn", tabIndex: -1 }, you, reply);

  const rating = ratingView(stars, (asked) => kernel.tell("rate", { turn: name, ...asked }), "");
  const copy = button("Copy", (node) => answerOn(node, async () => copyText((await source()).text)), {
    ariaLabel: "Copy this reply",
  });
  const correct = button("Correct", edit, { ariaLabel: "Correct this reply" });
  const takeBack = button("Take correction back", () => corrected(null));
  const retry = button("Ask again", askAgain);
  const based = detailsOf("", async () => basisList((await kernel.ask("basis", { turn: name })).items));
  const before = detailsOf("The reply as it was", async () => element("div", { className: "kagura-md" }, ...facts.original.map(blockOf)));
  const thought = detailsOf("Reasoning", async () => element("div", { className: "kagura-quote", textContent: facts.reasoning }));
  body.before(thought);
  tools.append(copy, correct, takeBack, retry, status);
  below.append(before, based);

  /** The kernel has the whole prompt, of which a part may be shown; not of a turn that it could not store. */
  function askAgain() {
    kernel.tell("ask", name.startsWith("live-") ? { text: prompt.textContent } : { turn: name });
  }

  function source() {
    return kernel.ask("source", { turn: name });
  }

  function detailsOf(title, load) {
    const summary = element("summary", { textContent: title });
    const node = element("details", { className: "kagura-more" }, summary);
    node.addEventListener("toggle", async () => {
      if (node.open) node.replaceChildren(summary, await load().catch((error) => error.message));
    });
    return node;
  }

  function basisList(items) {
    if (!items.length) return element("p", { textContent: "All of it has been forgotten since." });
    const rows = items.map((one) =>
      element(
        "li",
        {},
        element("b", { textContent: one.why }),
        ` ${[one.time, one.stars].filter(Boolean).join(" · ")}`,
        element("div", { className: "kagura-quote", textContent: one.prompt }),
        element("div", { className: "kagura-quote", textContent: one.reply }),
      ),
    );
    return element("ul", { className: "kagura-basis" }, ...rows);
  }

  async function edit() {
    const { text } = await source().catch(() => ({ text: "" })); // it is told below the reply why
    if (!text) return;
    const area = field("textarea", "The reply as it should have been", { value: text, className: "kagura-edit" });
    const close = () => {
      editor.remove();
      body.hidden = tools.hidden = false;
      correct.focus();
    };
    const save = async () => {
      if (!area.value.trim()) {
        alert.textContent = "The correction is empty. Write the better reply, or cancel.";
      } else if (await corrected(area.value)) close();
    };
    const buttons = element("div", { className: "kagura-tools" }, button("Save", save), button("Cancel", close));
    const editor = element("div", {}, area, buttons);
    area.addEventListener("keydown", (event) => {
      if (composing(event)) return;
      if (event.key === "Escape") close();
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.stopPropagation(), save();
    });
    body.hidden = tools.hidden = true;
    body.after(editor);
    area.focus();
  }

  /** Write a correction; what could not be written stays in its field. */
  async function corrected(text) {
    alert.textContent = "";
    const written = kernel.ask("correct", { turn: name, text });
    return written.then((answer) => ((status.textContent = answer.status), true)).catch(() => false);
  }

  function paint() {
    const known = !facts.live && !name.startsWith("live-");
    const answered = known && body.childElementCount > 0;
    facing.textContent = [facts.model, facts.cost, facts.time].filter(Boolean).join(" · ");
    marks.replaceChildren(...markTexts().map((textContent) => element("span", { className: "kagura-mark", textContent })));
    notices.replaceChildren(...(facts.notices || []).map((textContent) => element("p", { textContent })));
    alert.textContent = facts.error || "";
    copy.hidden = correct.hidden = stars.hidden = !answered;
    takeBack.hidden = before.hidden = !facts.corrected;
    retry.hidden = facts.live || !(facts.error || (!facts.complete && !answered));
    based.hidden = !facts.basis;
    thought.hidden = !facts.reasoning;
    based.firstChild.textContent = `Based on ${facts.basis} earlier ${facts.basis === 1 ? "conversation" : "conversations"}`;
    el.ariaLabel = `You: ${prompt.textContent.slice(0, 80)}`;
    reply.classList.toggle("kagura-live", Boolean(facts.live));
    reply.ariaBusy = String(Boolean(facts.live));
  }

  function markTexts() {
    if (facts.live) return [];
    const cut = facts.complete === false && !facts.error;
    return [facts.corrected && "corrected", cut && (facts.stopped ? "stopped" : "cut short")].filter(Boolean);
  }

  /** Take over what is known now; `blocks` only where the reply is another one. */
  function update(more) {
    name = more.turn;
    if (more.again) prompt.textContent = more.prompt;
    facts = { ...facts, ...more };
    if (more.blocks) body.replaceChildren(...more.blocks.map(blockOf));
    if (more.blocks) growing = null;
    if (more.rating !== undefined) {
      rating.comment(more.comment);
      rating.saved({ rating: more.rating, status: more.status || "", failed: false });
    }
    paint();
  }

  /** Take over a part of a reply that streams, see `live.py`. */
  function grow({ at, done, html, plain, more }) {
    if (done) {
      growing = null;
      while (body.childElementCount > at) body.lastChild.remove();
      body.append(...done.map(blockOf));
    }
    if (html === undefined && plain === undefined && more === undefined) return;
    if (!growing) body.append((growing = element("div", { className: "kagura-block kagura-growing" })));
    growing.classList.toggle("kagura-plain", html === undefined);
    if (html !== undefined) growing.innerHTML = html;
    else if (plain !== undefined) growing.textContent = plain;
    else growing.append(more);
  }

  update(told);
  return {
    el,
    update,
    grow,
    get name() {
      return name;
    },
    get live() {
      return Boolean(facts.live);
    },
    get prompt() {
      return prompt.textContent;
    },
    get text() {
      return body.textContent;
    },
    stopped() {
      update({ turn: name, live: false, complete: false, stopped: true });
    },
    rated(message) {
      if (!message.failed) {
        rating.comment(message.comment);
        facts.rating = message.rating;
        rating.saved({ rating: message.rating, status: message.status, failed: false });
      } else rating.saved({ rating: facts.rating ?? null, status: message.status, failed: true });
      rating.done(message.serial);
    },
    problem(text) {
      alert.textContent = text;
    },
    destroy: rating.destroy,
  };
}
