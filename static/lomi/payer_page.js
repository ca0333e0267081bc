// Keeps the payer's page true while it is open. Without this script the page reloads by itself.
"use strict";

(() => {
  const { stream, lookAgainS } = document.currentScript.dataset;
  const SETTLED = ["succeeded", "failed", "expired", "canceled"];
  const GIVE_UP_AFTER_MS = 8000;

  const shown = (name) => document.querySelector(`[data-show="${name}"]`);
  const urlShown = () => document.querySelector("[data-url]")?.dataset.url ?? null;

  // A page reloaded without a line is the browser's own error, which never looks again.
  const reloadSoon = () => {
    source.close();
    setTimeout(async () => {
      const answer = await fetch(location.href, { method: "HEAD" }).catch(() => null);
      if (answer?.ok) location.reload();
      else reloadSoon();
    }, lookAgainS * 1000);
  };

  const show = (view) => {
    if (view.object !== "payer_view") return;
    const isSettled = SETTLED.includes(view.status);
    // A button that comes or goes, and a final state, are drawn by the server.
    if (isSettled || (view.next_action?.url || null) !== urlShown()) {
      source.close();
      location.reload();
      return;
    }
    shown("heading").textContent = view.heading;
    shown("sentence").textContent = view.sentence;
  };

  const source = new EventSource(stream);
  let giveUp = setTimeout(reloadSoon, GIVE_UP_AFTER_MS);
  source.onopen = () => clearTimeout(giveUp);
  source.onmessage = (message) => show(JSON.parse(message.data));
  source.onerror = () => {
    clearTimeout(giveUp);
    // While it tries again by itself it gets some time to succeed.
    if (source.readyState === EventSource.CLOSED) reloadSoon();
    else giveUp = setTimeout(reloadSoon, GIVE_UP_AFTER_MS);
  };
})();
