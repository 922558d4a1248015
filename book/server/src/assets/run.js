// Puts a Run button under each recorded output whose command line the server
// may run, and shows what the program prints, as it prints it.
(() => {
  "use strict";

  const token = document.currentScript.dataset.token;

  function ask(path, body, signal) {
    const headers = { "x-book-token": token };
    return fetch(path, { method: "POST", headers, body, signal });
  }

  function element(name, className, text) {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }

  function button(className, text, label) {
    const made = element("button", `book-button ${className}`, text);
    made.type = "button";
    made.setAttribute("aria-label", label);
    return made;
  }

  // The parts under one block.
  function panel(block, command) {
    const short = command.replace(/^\$ /, "");
    const box = element("div", "book-run", "");
    const run = button("book-start", "\u25b6 Run", `Run ${short}`);
    const stop = button("book-stop", "\u25a0 Stop", `Stop ${short}`);
    const state = element("span", "book-state", "");
    state.setAttribute("role", "status");
    const output = element("pre", "book-output", "");
    output.setAttribute("role", "log");
    output.setAttribute("aria-live", "polite");
    output.setAttribute("aria-label", `Output of ${short}`);
    output.tabIndex = 0;
    output.hidden = true;
    stop.hidden = true;
    box.append(run, stop, state, output);
    block.after(box);

    let abort = null;
    run.addEventListener("click", async () => {
      if (abort !== null) {
        return;
      }
      abort = new AbortController();
      box.dataset.running = "";
      run.setAttribute("aria-disabled", "true");
      stop.hidden = false;
      output.hidden = true;
      output.replaceChildren();
      say("starting");
      await follow(command, abort.signal, { say, print });
      abort = null;
      delete box.dataset.running;
      run.removeAttribute("aria-disabled");
      if (document.activeElement === stop) {
        run.focus();
      }
      stop.hidden = true;
    });
    // The server ends the program when the connection closes.
    stop.addEventListener("click", () => abort?.abort());

    function say(text, ok) {
      state.textContent = text;
      state.dataset.ok = ok ?? "";
    }

    function print(kind, text) {
      const near = 24; // pixels
      const below = output.scrollHeight - output.scrollTop;
      const atEnd = below - output.clientHeight < near;
      // What Cargo said is of no use once the program speaks: what is left
      // can be compared with the recording above.
      if (kind === "output") {
        output.querySelectorAll("[data-kind=build]").forEach((part) => {
          part.remove();
        });
      }
      const last = output.lastChild;
      if (last?.dataset.kind === kind) {
        last.append(text);
      } else {
        const part = element("span", "", text);
        part.dataset.kind = kind;
        output.append(part);
      }
      output.hidden = false;
      if (atEnd) {
        output.scrollTop = output.scrollHeight;
      }
    }
  }

  // Starts the command and passes on what comes until it ends.
  async function follow(command, signal, { say, print }) {
    let ended = false;
    const take = (line) => {
      const { kind, text, ok } = JSON.parse(line);
      if (kind === "end") {
        ended = true;
        say(text, ok);
      } else {
        say(kind === "build" ? "building" : "running");
        print(kind, text);
      }
    };
    try {
      const response = await ask("/_book/run", command, signal);
      if (!response.ok) {
        say(await response.text(), false);
        return;
      }
      say("building");
      const reader = response.body
        .pipeThrough(new TextDecoderStream())
        .getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) {
          break;
        }
        const lines = (rest + value).split("\n");
        rest = lines.pop();
        lines.forEach(take);
      }
      if (!ended) {
        say("the server went away", false);
      }
    } catch (error) {
      const why = "the server does not answer; is `cargo book` running?";
      say(signal.aborted ? "stopped" : why, false);
    }
  }

  async function start() {
    const blocks = [];
    for (const code of document.querySelectorAll("code.language-console")) {
      const command = code.textContent.split("\n", 1)[0].trimEnd();
      if (command.startsWith("$ cargo run --bin ")) {
        blocks.push([code.closest("pre") ?? code, command]);
      }
    }
    if (blocks.length === 0) {
      return;
    }
    const response = await ask("/_book/commands");
    const allowed = new Set(response.ok ? await response.json() : []);
    for (const [block, command] of blocks) {
      if (allowed.has(command)) {
        panel(block, command);
      }
    }
  }

  start();
})();
