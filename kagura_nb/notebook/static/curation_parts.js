// What the view is built of.

function labelled(text, field, className = "") {
  return element("label", { className }, element("span", { textContent: text }), field);
}

function options(select, pairs, value = select.value) {
  select.replaceChildren(...pairs.map(([key, text]) => element("option", { value: key, textContent: text })));
  // What was chosen stays chosen, also where nothing has it any more.
  if (value && !pairs.some(([key]) => key === value)) select.append(element("option", { value, textContent: value }));
  select.value = value;
}

/** Text in pieces; those that are private are marked with their type. */
function marked(pieces, tag, className) {
  const node = element(tag, { className });
  for (const [text, type] of pieces) {
    node.append(type ? element("mark", { textContent: text, title: type }) : text);
  }
  return node;
}

function number(count, one) {
  return `${count.toLocaleString()} ${one}${count === 1 ? "" : "s"}`;
}

function stars(count) {
  return count === 1 ? "1 star" : `${count} stars`;
}

let groups = 0; // radio buttons of one group share a name that no other group has
const GROUP = crypto.getRandomValues(new Uint32Array(2)).join("-");

/** Five native radio buttons; `rate` is called with 1 to 5, or null to clear. */
function rating(value, legend, rate) {
  const name = `kagura-${GROUP}-${(groups += 1)}`;
  const group = element("fieldset", { className: "kc-stars" }, element("legend", { textContent: legend }));
  for (let star = 1; star <= 5; star += 1) {
    const input = element("input", {
      type: "radio", name, value: star, checked: star === value, ariaLabel: stars(star), at: `star-${star}`,
    });
    const shown = element("span", { ariaHidden: "true", textContent: star <= (value || 0) ? "★" : "☆" });
    const className = star <= (value || 0) ? "kc-on" : "";
    group.append(element("label", { className, title: stars(star) }, input, shown));
  }
  group.addEventListener("change", (event) => rate(Number(event.target.value)));
  if (value) group.append(button("×", () => rate(null), { className: "kc-clear", ariaLabel: "Clear stars", title: "Clear stars", at: "clear" }));
  return group;
}

function badge(text, className = "", title = "") {
  return element("span", { className: `kc-badge ${className}`, textContent: text, title });
}
