// A conversation in the list: what is known of it, and below, once it is opened, all of it.

/** What stands above a conversation: select, stars, facts, and what is done most often. */
function head(row, selected, view) {
  const check = element("input", {
    type: "checkbox", checked: selected, ariaLabel: `Select ${row.short}`, at: "check",
  });
  check.addEventListener("change", () => view.select(row.id, check.checked));
  const out = row.excluded === null;
  const change = out ? "Exclude" : "Include";
  return element("div", { className: "kc-head" },
    check,
    rating(row.rating, `Stars of ${row.short}`, (value) => view.act("rate", row.id, value)),
    element("code", { textContent: row.short }),
    ...facts(row).map((text) => element("span", { className: "kc-fact", textContent: text })),
    ...badges(row),
    ...row.tags.map((name) => tag(row, name, view)),
    element("span", { className: "kc-buttons" },
      button(change, () => view.act(out ? "exclude" : "include", row.id), {
        ariaLabel: `${change} ${row.short}`, at: "exclude",
      }),
      button("Open", () => view.toggle(row.id), {
        ariaLabel: `Open ${row.short}`, ariaExpanded: String(view.isOpen(row.id)), at: "open",
      }),
    ),
  );
}

function facts(row) {
  const tokens = row.tokens === null ? "" : number(row.tokens, "token");
  return [row.time, row.model, tokens, number(row.length, "character")].filter(Boolean);
}

function badges(row) {
  return [
    row.excluded !== null && badge(`kept out: ${row.excluded}`, "kc-out"),
    row.corrected && badge("corrected", "kc-good"),
    !row.complete && badge("cut short"),
    row.comment && badge("comment", "", row.comment),
    row.part && badge(row.reason ? `left out: ${row.reason}` : row.part, "", "In the dataset"),
    ...row.types.map((type) => badge(type, "kc-private", "Private")),
  ].filter(Boolean);
}

function tag(row, name, view) {
  const remove = button("×", () => view.act("untag", row.id, name), {
    ariaLabel: `Remove tag ${name} from ${row.short}`, at: `tag-${name}`,
  });
  return element("span", { className: "kc-badge kc-tag" }, name, remove);
}

function said(row, view) {
  const node = element("div", { className: "kc-said" });
  node.append(marked(row.prompt, "p", "kc-prompt"), marked(row.reply, "p", "kc-reply"));
  node.addEventListener("click", () => getSelection().isCollapsed && view.toggle(row.id));
  return node;
}

function part(title, pieces) {
  return element("section", {}, element("h4", { textContent: title }), marked(pieces, "p", "kc-text"));
}

/** A whole conversation, and everything that can be done to it. */
function whole(one, row, view) {
  const reply = one.correction ? "Reply, before it was corrected" : "Reply";
  return element("div", { className: "kc-whole" },
    element("p", { className: "kc-fact", textContent: `Session ${one.session}` }),
    ...one.messages.map((message) => part(message.who, message.text)),
    part(reply, one.response),
    one.correction && part("Correction", one.correction),
    one.cut && element("p", { className: "kc-fact", textContent: "Longer texts are cut here." }),
    leaving(one, view),
    correcting(one, row, view),
    commenting(one, row, view),
    naming(row, view),
    element("div", { className: "kc-line" },
      button("Near-duplicates", () => view.like(row.id)),
      button("Redact…", () => view.confirm("redact", [row.id])),
      button("Forget…", () => view.confirm("forget", [row.id])),
    ),
  );
}

function leaving(one, view) {
  if (!one.leaves) return null;
  const { part: where, reason, tokens, texts } = one.leaves;
  const facts = reason ? `left out, ${reason}` : `${where}${tokens ? `, ${number(tokens, "token")}` : ""}`;
  const summary = element("summary", { textContent: `In dataset ${view.dataset()}: ${facts}` });
  return element("details", { className: "kc-leaves" }, summary, ...texts.map((text) => part(text.who, text.text)));
}

function correcting(one, row, view) {
  if (one.editable === null) {
    return element("p", { className: "kc-fact", textContent: "It is too long to be corrected here." });
  }
  const text = element("textarea", { value: one.editable, rows: 6, ariaLabel: `Correction of ${row.short}` });
  const close = () => (editor.hidden = true, start.hidden = false, start.firstChild.focus());
  const save = () => text.value.trim() && (close(), view.act("correct", row.id, text.value));
  const editor = element("div", { className: "kc-editor", hidden: true }, text,
    element("div", { className: "kc-line" },
      button("Save correction", save),
      button("Cancel", () => (text.value = one.editable, close())),
      element("span", { className: "kc-fact", textContent: "Ctrl+Enter saves, Escape cancels" }),
    ));
  const begin = () => (editor.hidden = false, start.hidden = true, text.focus());
  const start = element("div", { className: "kc-line" }, button("Correct the reply", begin, { className: "kc-correct" }));
  if (one.correction) start.append(button("Remove the correction", () => view.act("correct", row.id, null)));
  text.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
    else if (event.key === "Escape") text.value = one.editable, close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return element("div", {}, start, editor);
}

function commenting(one, row, view) {
  const field = element("input", { type: "text", value: one.comment, maxLength: 2000, className: "kc-comment" });
  const save = () => field.value.trim() !== one.comment && view.act("comment", row.id, field.value.trim() || null);
  field.addEventListener("change", save);
  return element("div", { className: "kc-line" }, labelled("Comment", field, "kc-wide"));
}

function naming(row, view) {
  const name = element("input", { type: "text", className: "kc-name", maxLength: 100 });
  name.setAttribute("list", view.list("tags"));
  const reason = element("input", { type: "text", placeholder: "by the user", maxLength: 200 });
  const add = () => name.value.trim() && (view.act("tag", row.id, name.value.trim()), (name.value = ""));
  const exclude = () => view.act("exclude", row.id, reason.value);
  entered(name, add);
  entered(reason, exclude);
  return element("div", { className: "kc-line" },
    labelled("Tag", name), button("Add tag", add),
    labelled("Reason", reason), button("Keep out", exclude),
  );
}

/** Do something on Enter, but never while an input method is still composing. */
function entered(field, action) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || composing(event)) return;
    event.preventDefault();
    action();
  });
}
