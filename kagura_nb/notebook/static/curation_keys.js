// Keys, so that a page is worked through without a pointer.

// JupyterLab acts on these while a row has the focus. Everything with Ctrl, Alt or Meta stays its
// own, so that Ctrl+S saves.
const KEPT = /^(.|Enter|Escape|Arrow\w+|Home|End|Delete|Backspace)$/u;
const HELP = [["j k ↓ ↑", "next, previous"], ["n p", "next, previous page"], ["Enter o", "open, close"],
  ["1 … 5, 0", "rate, clear"], ["x", "exclude, include"], ["e", "correct"], ["c", "comment"], ["t", "tag"],
  ["d", "near-duplicates"], ["Space", "select"], ["a", "select the page"], ["u", "undo"], ["/", "words"],
  ["Esc", "back to the row"], ["?", "these keys"]];

/** What a key does, by its name; nothing of it in a field, in `asked`, and on what has the key itself. */
function onKey(event, keys, asked) {
  if (!plain(event)) return;
  if (KEPT.test(event.key)) event.stopPropagation();
  if (composing(event)) return;
  const field = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select");
  const pressed = event.target.closest("button, summary, [type=checkbox]");
  const key = event.key.normalize("NFKC"); // an input method may write a full-width digit
  if (event.key === "Escape") return keys.Escape();
  if (field || asked.contains(event.target)) return;
  if (pressed && (key === "Enter" || key === " ")) return;
  if (event.target.type === "radio" && /^Arrow| /.test(key)) return;
  if (!Object.hasOwn(keys, key)) return;
  event.preventDefault();
  keys[key]();
}

function knownKeys() {
  return element("dl", { className: "kc-keys", hidden: true },
    ...HELP.map(([key, what]) => element("div", {}, element("dt", { textContent: key }), element("dd", { textContent: what }))));
}
