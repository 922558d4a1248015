// Reloads this page when the book was built again, and shows what is wrong
// with the build in a banner.
(() => {
  "use strict";

  // The build that this page came from.
  const edition = document.currentScript.dataset.edition;
  const RETRY = 500; // milliseconds
  let source = null;
  let retry = 0;

  const banner = document.createElement("div");
  banner.className = "book-banner";
  banner.setAttribute("role", "status");
  banner.hidden = true;
  document.body.append(banner);

  // The server may restart, and some browsers then give up for good: connect
  // again ourselves.
  function connect() {
    disconnect();
    source = new EventSource("/_book/events");
    source.onmessage = (message) => update(JSON.parse(message.data));
    source.onerror = () => {
      disconnect();
      retry = setTimeout(connect, RETRY);
    };
  }

  function disconnect() {
    clearTimeout(retry);
    source?.close();
    source = null;
  }

  function update(news) {
    const outdated = news.edition !== edition;
    // A reload would end a program that this page runs.
    const busy = document.querySelector(".book-run[data-running]") !== null;
    if (outdated && !busy) {
      disconnect();
      location.reload();
      return;
    }
    show(news.problems, outdated);
  }

  function show(problems, outdated) {
    const lines = problems.map((problem) => {
      const line = document.createElement("p");
      line.textContent = problem;
      return line;
    });
    if (outdated) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Reload";
      button.addEventListener("click", () => location.reload());
      const line = document.createElement("p");
      line.append("The book has changed; a reload stops the program. ", button);
      lines.push(line);
    }
    banner.replaceChildren(...lines);
    banner.hidden = lines.length === 0;
  }

  // A browser keeps six connections to one server for all of its tabs, so a
  // hidden tab gives its own back.
  function visibility() {
    if (document.visibilityState === "hidden") {
      disconnect();
    } else if (source === null) {
      connect();
    }
  }

  document.addEventListener("visibilitychange", visibility);
  addEventListener("pageshow", visibility);
  addEventListener("pagehide", disconnect);
  visibility();
})();
