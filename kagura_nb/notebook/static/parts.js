// What the widgets are built of. What a person or a model wrote is set as text, never as markup.

/** A node; `at` names it inside its row, so that the focus finds it again; no child is passed over. */
function element(tag, properties = {}, ...children) {
  const { at, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  if (at) node.dataset.at = at;
  node.append(...children.filter((child) => child || child === ""));
  return node;
}

function button(text, action, properties = {}) {
  const node = element("button", { type: "button", textContent: text, ...properties });
  node.addEventListener("click", () => action(node));
  return node;
}

/** Whether a key was pressed alone, or with Shift. */
function plain(event) {
  return !event.ctrlKey && !event.metaKey && !event.altKey;
}

/** Whether an input method takes the key. */
function composing(event) {
  return event.isComposing || event.keyCode === 229;
}
