// The stars under an answer, behind rating.js.

function render({ model, el }) {
  const send = (asked) => model.send({ kind: "rate", ...asked });
  const view = ratingView(el, send, "Rate this answer to teach me.");

  function showSaved() {
    view.saved({ rating: model.get("rating"), status: model.get("status"), failed: model.get("failed") });
  }

  function onAnswer(message) {
    if (message.kind === "comment") view.comment(message.comment);
    else if (message.kind === "done") view.done(message.serial);
  }

  const traits = ["change:rating", "change:status", "change:failed"]; // marimo takes one at a time
  traits.forEach((one) => model.on(one, showSaved));
  model.on("msg:custom", onAnswer);
  showSaved();
  model.send({ kind: "open" });
  return () => {
    view.destroy();
    traits.forEach((one) => model.off(one, showSaved));
    model.off("msg:custom", onAnswer);
  };
}

export default { render };
