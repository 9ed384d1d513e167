// Small things that the parts of the panel share.

const COPIED = 1500; // ms for which a button says what it did

function field(tag, label, properties = {}) {
  return element(tag, { ariaLabel: label, ...properties });
}

function option(value, text, selected, title = "") {
  return element("option", { value, textContent: text, selected, title });
}

/** Put text on the clipboard; a page that is not served securely has only the old way. */
async function copyText(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = element("textarea", { value: text, className: "kagura-hidden" });
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error("not copied");
}

/** Say on a button for a moment what became of a click on it. */
async function answerOn(node, work) {
  const before = node.textContent;
  try {
    await work();
    node.textContent = "Copied";
  } catch {
    node.textContent = "Not copied";
  }
  setTimeout(() => (node.textContent = before), COPIED);
}

/** Buttons for the code of a block that has ended, and keys for what scrolls. */
function furnish(block) {
  for (const code of block.querySelectorAll(".kagura-code")) {
    const text = code.querySelector("code").textContent;
    const copy = button("Copy", (node) => answerOn(node, () => copyText(text)), { ariaLabel: "Copy this code" });
    code.querySelector(".kagura-language").append(copy);
  }
  for (const wide of block.querySelectorAll("pre, .kagura-formula")) wide.tabIndex = 0;
}

// HTML of a reply comes from the kernel, which lets nothing through that runs or loads anything.
function blockOf(html) {
  const block = element("div", { className: "kagura-block" });
  block.innerHTML = html;
  furnish(block);
  return block;
}
