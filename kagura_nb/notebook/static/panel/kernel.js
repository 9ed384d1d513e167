// The way to the kernel, and whether it takes what is said.

const SILENT = 1500; // ms after which a kernel that took nothing counts as busy or gone

/**
 * @param {object} model the widget's
 * @param {string} view what this view is known by
 * @param {(gone: boolean) => void} offline is told whether the kernel takes nothing
 */
function kernelLine(model, view, offline) {
  const waiting = new Map(); // serial to what its answer is given to
  let serial = 0;
  let gone = false;
  let silence; // timer of the request that was not yet taken

  function settle(now) {
    clearTimeout(silence);
    silence = undefined;
    gone = now;
    offline(gone);
  }

  const line = {
    get gone() {
      return gone;
    },
    tell(kind, more = {}) {
      serial += 1;
      silence ??= setTimeout(() => settle(true), SILENT);
      const own = kind === "rate" ? { turn: more.turn, rating: more.rating, comment: more.comment, rated: more.serial } : more;
      try {
        model.send({ ...own, kind, view, serial });
      } catch {
        settle(true); // the connection is closed for good
      }
      return serial;
    },
    ask(kind, more) {
      return new Promise((resolve, reject) => waiting.set(line.tell(kind, more), { resolve, reject }));
    },
    /** Something came, which who asked for it gets; false where it is meant for another view. */
    heard(message) {
      settle(false);
      if (message.view !== undefined && message.view !== view) return false;
      const asked = message.kind !== "taken" && waiting.get(message.serial);
      if (!asked) return true;
      waiting.delete(message.serial);
      if (message.kind === "problem") asked.reject(new Error(message.text));
      else asked.resolve(message);
      return true;
    },
    close() {
      clearTimeout(silence);
    },
  };
  return line;
}
