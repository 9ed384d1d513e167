// What the widgets are built of.

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
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
