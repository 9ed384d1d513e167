// Five native radio inputs, a comment and a line that says what they did. A click only asks: the
// stars count as saved once the kernel says so.

const STAR =
  '<svg viewBox="0 0 24 24" aria-hidden="true">' +
  '<path d="M12 2.7l2.85 5.95 6.5.85-4.77 4.5 1.2 6.5L12 17.3l-5.78 3.2 1.2-6.5L2.65 9.5l6.5-.85z"/>' +
  "</svg>";
const WAITING = "Not saved yet: the kernel is busy, or it was restarted.";
const PATIENCE = 600; // ms without an answer after which the user is told

// JupyterLab acts on these while a star has the focus (b, x, d d, digits, arrows). Everything with
// Ctrl, Alt or Meta stays its own, so that Ctrl+S saves.
const KEPT = /^(.|Arrow\w+|Home|End|Delete|Backspace)$/u;

function star(value, group) {
  const name = value === 1 ? "1 star" : `${value} stars`;
  const input = element("input", { type: "radio", name: group, value, ariaLabel: name });
  const label = element("label", { className: "kagura-star", title: name });
  label.innerHTML = STAR;
  label.prepend(input);
  return label;
}

function buildRating(el) {
  const group = `kagura-stars-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`; // its own
  const stars = [1, 2, 3, 4, 5].map((value) => star(value, group));
  const parts = {
    stars,
    inputs: stars.map((label) => label.firstChild),
    clear: element("button", { type: "button", className: "kagura-clear", textContent: "Clear rating" }),
    comment: element("input", {
      type: "text",
      className: "kagura-comment",
      placeholder: "Comment (optional)",
      ariaLabel: "Comment on this answer",
      maxLength: 2000,
    }),
    status: element("span", { role: "status", ariaLive: "polite" }),
    alert: element("span", { role: "alert", className: "kagura-alert" }),
  };
  const legend = element("legend", { textContent: "Rate this answer" });
  parts.group = element("fieldset", {}, legend, ...stars);
  const row = element("div", { className: "kagura-row" }, parts.group, parts.clear, parts.comment);
  const line = element("div", { className: "kagura-status" }, parts.status, parts.alert);
  parts.root = element("div", { className: "kagura-stars" }, row, line);
  el.append(parts.root);
  return parts;
}

/**
 * Stars inside of `el`.
 *
 * @param {HTMLElement} el
 * @param {(asked: {serial: number, rating: number|null, comment?: string}) => void} send asks the kernel
 * @param {string} hint what stands there while nothing is rated
 * @returns what the kernel's answers are given to: `saved`, what is on disk; `done`, that the request
 *   with this serial was answered; `comment`, the comment on disk.
 */
function ratingView(el, send, hint) {
  const view = buildRating(el);
  let saved = { rating: null, status: "", failed: false };
  let serial = 0; // of the last request
  let pending = false; // whether it is still unanswered
  let savedComment = "";
  let timer;

  function paint(rating) {
    view.inputs.forEach((input, index) => {
      input.checked = index + 1 === rating;
      view.stars[index].classList.toggle("kagura-on", rating !== null && index < rating);
    });
    view.root.classList.toggle("kagura-rated", rating !== null);
    view.root.classList.toggle("kagura-pending", pending);
  }

  function say(text, failed = false) {
    view.status.textContent = failed ? "" : text;
    view.alert.textContent = failed ? text : "";
  }

  function show() {
    if (pending) return;
    paint(saved.rating);
    say(saved.status || (saved.rating === null ? hint : ""), saved.failed);
  }

  function ask(rating, more = {}) {
    pending = true;
    serial += 1;
    paint(rating);
    clearTimeout(timer);
    timer = setTimeout(() => say(WAITING), PATIENCE);
    send({ serial, rating, ...more });
  }

  function sendComment() {
    const text = view.comment.value.trim();
    if (text === savedComment || saved.rating === null) return;
    ask(saved.rating, { comment: text });
  }

  function onKey(event) {
    if (!plain(event)) return;
    const key = event.key.normalize("NFKC"); // an input method may write a full-width digit
    if (/^[1-5]$/.test(key)) {
      view.inputs[key - 1].focus();
      ask(Number(key));
    } else if (["0", "Delete", "Backspace"].includes(key)) {
      ask(null);
    } else return;
    event.preventDefault();
  }

  view.group.addEventListener("change", (event) => ask(Number(event.target.value)));
  view.group.addEventListener("keydown", onKey);
  view.clear.addEventListener("click", () => {
    view.inputs[0].focus();
    ask(null);
  });
  view.comment.addEventListener("blur", sendComment);
  view.comment.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || composing(event) || !plain(event)) return;
    event.stopPropagation();
    sendComment();
  });
  view.root.addEventListener("keydown", (event) => {
    if (plain(event) && KEPT.test(event.key)) event.stopPropagation();
  });

  return {
    saved(what) {
      saved = what;
      show();
    },
    done(answered) {
      if (pending && answered !== serial) return;
      pending = false;
      clearTimeout(timer);
      show();
    },
    comment(text) {
      // What was typed but not written, for example after a failure, stays in the field.
      if (view.comment.value.trim() === savedComment) view.comment.value = text;
      savedComment = text;
    },
    destroy() {
      clearTimeout(timer);
    },
  };
}
