// Above the turns: which session, what was said anywhere, which model.

/**
 * @param {object} kernel `tell(kind, more)` and `ask(kind, more)`
 */
function headerView(kernel) {
  const sessions = field("select", "Session", { className: "kagura-sessions" });
  const models = field("select", "Model that answers", { className: "kagura-models" });
  const fresh = button("New", () => kernel.tell("session", { name: null }), { ariaLabel: "New session", title: "New session" });
  const words = field("input", "Search all conversations", { type: "search", placeholder: "Search", className: "kagura-search" });
  const transcript = button("Copy all", (node) => answerOn(node, copyAll), {
    ariaLabel: "Copy the transcript of this session",
    title: "Copy the transcript as Markdown",
  });
  const results = element("section", { className: "kagura-results", hidden: true, ariaLabel: "Found" });
  const bar = element("div", { className: "kagura-bar" }, sessions, fresh, words, models, transcript);
  const el = element("header", {}, bar, results);

  sessions.addEventListener("change", () => kernel.tell("session", { name: sessions.value }));
  models.addEventListener("change", () => kernel.tell("use", { model: models.value }));
  words.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    if (event.key !== "Enter" || composing(event)) return;
    if (words.value.trim()) kernel.tell("search", { text: words.value });
    else hide();
  });
  results.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide(), words.focus();
  });

  async function copyAll() {
    await copyText((await kernel.ask("transcript")).text);
  }

  function hide() {
    results.hidden = true;
    results.replaceChildren();
  }

  function line(one) {
    const go = button("", () => (hide(), kernel.tell("session", { name: one.session, at: one.turn })));
    const facts = element("span", { className: "kagura-facts", textContent: `${one.time} · ${one.why}` });
    go.append(element("b", { textContent: one.prompt }), ` ${one.reply}`, element("br"), facts);
    return element("li", {}, go);
  }

  return {
    el,
    hide,
    get model() {
      return models.value;
    },
    choices(message) {
      const known = message.sessions.some((one) => one.name === message.session);
      const listed = known ? message.sessions : [{ name: message.session, title: "New session" }, ...message.sessions];
      sessions.replaceChildren(...listed.map(({ name, title }) => option(name, title, name === message.session, name)));
      models.title = message.door;
      models.replaceChildren(...message.models.map((one) => option(one, one, one === message.model)));
    },
    results({ items, text }) {
      const none = element("p", { textContent: `Nothing was found for “${text}”. Try fewer or other words.` });
      const close = button("Close", () => (hide(), words.focus()));
      const found = items.length ? element("ul", {}, ...items.map(line)) : none;
      results.replaceChildren(found, close);
      results.hidden = false;
      results.querySelector("button").focus();
    },
  };
}
