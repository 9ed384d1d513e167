// What is looked for: the fields above the list, and what there is to choose from.

const TYPING = 250; // ms without a key after which words are looked for
const STARS = [["", "any"], ["0", "not rated"], ["5", "★★★★★"], ["4", "★★★★"], ["3", "★★★"], ["2", "★★"],
  ["1", "★"], ["good", "good: 4, 5 or corrected"], ["poor", "poor: 1 or 2"]];
const STATES = [["", "any"], ["included", "may train"], ["excluded", "kept out"], ["corrected", "corrected"],
  ["uncorrected", "not corrected"], ["cut", "cut short"]];
const PARTS = [["", "any"], ["any", "in it or left out"], ["train", "to learn from"],
  ["validation", "to measure on"], ["out", "left out"]];
const ORDERS = [["time-", "newest first"], ["time+", "oldest first"], ["stars-", "most stars"],
  ["stars+", "fewest stars"], ["tokens-", "most tokens"], ["tokens+", "fewest tokens"],
  ["length-", "longest"], ["length+", "shortest"]];
const FILTERS = ["text", "stars", "state", "part", "tag", "session", "model", "since", "until", "holds"];

/** The fields; `find` is called when they are changed. */
function filtering(view, find) {
  let typing;
  const fields = {
    text: element("input", { type: "search" }), stars: element("select"), state: element("select"),
    part: element("select"), tag: element("select"), session: element("input", { type: "search" }),
    model: element("select"), since: element("input", { type: "date" }), until: element("input", { type: "date" }),
    holds: element("select"), order: element("select"),
  };
  const sessions = element("datalist", { id: view.list("sessions") });
  const tags = element("datalist", { id: view.list("tags") });
  fields.session.setAttribute("list", sessions.id);
  [["stars", STARS], ["state", STATES], ["part", PARTS], ["order", ORDERS]].forEach(([name, pairs]) =>
    options(fields[name], pairs, name === "order" ? "time-" : ""));
  ["tag", "model", "holds"].forEach((name) => options(fields[name], [["", "any"]]));
  const more = element("details", {}, element("summary", { textContent: "More" }), element("div", { className: "kc-line" },
    labelled("Tag", fields.tag), labelled("Session", fields.session), labelled("Model", fields.model),
    labelled("From", fields.since), labelled("To", fields.until), labelled("Private", fields.holds)));
  const reset = button("Clear", () => (FILTERS.forEach((name) => (fields[name].value = "")), find()));
  const node = element("form", { role: "search", ariaLabel: "Which conversations", className: "kc-filters" },
    element("div", { className: "kc-line" }, labelled("Words", fields.text, "kc-wide"), labelled("Stars", fields.stars),
      labelled("State", fields.state), labelled("Dataset", fields.part), labelled("Sort", fields.order), reset),
    more, sessions, tags);
  node.addEventListener("submit", (event) => (event.preventDefault(), find()));
  node.addEventListener("change", () => find());
  for (const field of [fields.text, fields.session]) {
    entered(field, () => find());
    field.addEventListener("input", (event) => (event.isComposing ? stop() : soon()));
    field.addEventListener("compositionend", soon);
  }
  const chip = element("p", { className: "kc-badge", hidden: true }, "", button("×", () => find(), { ariaLabel: "Show all again" }));

  function stop() {
    clearTimeout(typing);
  }

  function soon() {
    stop();
    typing = setTimeout(find, TYPING);
  }

  function wanted() {
    const filter = Object.fromEntries(FILTERS.map((name) => [name, fields[name].value]));
    return { filter, order: fields.order.value.slice(0, -1), descending: fields.order.value.endsWith("-") };
  }

  /** Show what was asked for, also where it was another view that asked. */
  function echo(state) {
    for (const name of FILTERS) {
      if (document.activeElement !== fields[name]) fields[name].value = state.filter[name] || "";
    }
    fields.order.value = state.order + (state.descending ? "-" : "+");
    const alike = state.filter.like;
    chip.hidden = !alike;
    chip.firstChild.textContent = `Near-duplicates of ${(alike || "").slice(-6)} `;
    fields.part.disabled = !state.dataset;
  }

  function choose(found) {
    const same = (names) => names.map((name) => [name, name]);
    options(fields.tag, [["", "any"], ...same(found.tags)]);
    options(fields.model, [["", "any"], ...same(found.models)]);
    options(fields.holds, [["", "any"], ["anything", "anything private"], ...same(found.types)]);
    options(sessions, same(found.sessions));
    options(tags, same(found.tags));
  }

  return { node, chip, wanted, echo, choose, stop, focus: () => fields.text.focus() };
}
