// The picture answers: choosing an artifact opens its record and shows what went into it and what
// was made from it. Text from records is only ever set as text, never as markup.
"use strict";
(() => {
  const artifacts = JSON.parse(document.getElementById("records").textContent).artifacts;
  const byId = (id) => document.getElementById(id);
  const graph = byId("graph"), details = byId("details"), title = byId("details-title");
  const record = byId("record"), close = byId("close"), hint = [...record.childNodes];
  const cells = [];
  for (const cell of graph.querySelectorAll("[data-artifact]")) cells[Number(cell.dataset.artifact)] = cell;
  const consumers = artifacts.map(() => []);
  artifacts.forEach((artifact, at) => artifact.inputs.forEach((input) => consumers[input].push(at)));
  const inputs = artifacts.map((artifact) => artifact.inputs);
  const SHOWN_LINKS = 40, SHOWN_HITS = 30, SHOWN_ROWS = 200, MAX_FILE_BYTES = 2 ** 31 - 1;
  const marks = artifacts.map(() => "");
  let chosen = -1, stop = artifacts.length - 1;

  function make(name, text, className) {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  function reach(start, next) {
    const seen = new Set(), queue = [...next[start]];
    while (queue.length) {
      const at = queue.pop();
      if (seen.has(at)) continue;
      seen.add(at);
      queue.push(...next[at]);
    }
    return seen;
  }

  // Places come from the picture itself, so that keys move the way the eye does.
  const places = cells.map((cell) => {
    const box = cell.tagName === "rect" ? cell : cell.querySelector("rect");
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(box.getAttribute(name)));
    return { x: x + width / 2, y: y + height / 2 };
  });

  function neighbour(from, along, across, sign) {
    let best = from, least = Infinity;
    places.forEach((place, at) => {
      const ahead = (place[along] - places[from][along]) * sign;
      if (ahead < 1) return;
      const far = ahead + 3 * Math.abs(place[across] - places[from][across]);
      if (far < least) [best, least] = [at, far];
    });
    return best;
  }

  function stopAt(at, focus) {
    cells[stop].setAttribute("tabindex", "-1");
    stop = at;
    cells[stop].setAttribute("tabindex", "0");
    if (focus) cells[stop].focus();
  }

  function mark(at) {
    const up = at < 0 ? new Set() : reach(at, inputs), down = at < 0 ? new Set() : reach(at, consumers);
    graph.classList.toggle("chosen", at >= 0);
    cells.forEach((cell, index) => {
      const now = index === at ? "here" : up.has(index) ? "up" : down.has(index) ? "down" : "";
      if (now === marks[index]) return;
      if (marks[index]) cell.classList.remove(marks[index]);
      if (now) cell.classList.add(now);
      if ([now, marks[index]].includes("here")) cell.setAttribute("aria-pressed", String(now === "here"));
      marks[index] = now;
    });
    markLines(at, up, down);
  }

  function markLines(at, up, down) {
    const line = (from, to) => `${artifacts[from].box}-${artifacts[to].box}`;
    const above = new Set(), below = new Set(), drawn = new Set();
    for (const index of at < 0 ? [] : [at, ...up])
      for (const input of inputs[index]) above.add(line(input, index));
    for (const index of at < 0 ? [] : [at, ...down])
      for (const consumer of consumers[index]) below.add(line(index, consumer));
    for (const path of graph.querySelectorAll("#lines path")) {
      const name = `${path.dataset.from}-${path.dataset.to}`;
      drawn.add(name);
      path.classList.toggle("up", above.has(name));
      path.classList.toggle("down", below.has(name));
    }
    drawExtra(at, drawn);
  }

  // Inputs whose lines the picture leaves out, because they follow from others.
  function drawExtra(at, drawn) {
    const extra = byId("extra");
    extra.replaceChildren();
    for (const input of at < 0 ? [] : inputs[at]) {
      if (drawn.has(`${artifacts[input].box}-${artifacts[at].box}`)) continue;
      const [from, to] = [places[input], places[at]];
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      const middle = (from.y + to.y) / 2;
      path.setAttribute("d", `M${from.x} ${from.y}C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${to.y}`);
      extra.append(path);
    }
  }

  function choose(at, { focus = false, remember = true } = {}) {
    chosen = at;
    mark(at);
    if (at >= 0) stopAt(at, focus);
    show(at);
    if (at >= 0) uncover(at);
    if (remember) {
      const hash = at < 0 ? "#lineage" : `#artifact=${artifacts[at].fingerprint.slice(0, 12)}`;
      history.replaceState(null, "", hash);
    }
  }

  // On small screens the record is a sheet over the lower half: what was chosen stays above it.
  function uncover(at) {
    if (getComputedStyle(details).position !== "fixed") return;
    const box = cells[at].getBoundingClientRect(), sheet = details.getBoundingClientRect();
    if (box.top < 0 || box.bottom > sheet.top) scrollBy({ top: box.top - sheet.top / 2 });
  }

  function show(at) {
    details.classList.toggle("open", at >= 0);
    close.hidden = at < 0;
    details.scrollTop = 0;
    if (at < 0) {
      title.textContent = "No artifact chosen";
      record.replaceChildren(...hint);
      return;
    }
    const artifact = artifacts[at];
    const [node, partition] = artifact.key.split(/(?=\[)/);
    title.replaceChildren(node, make("wbr"), partition || "");
    record.replaceChildren(
      facts([
        ["fingerprint", artifact.fingerprint, true], ["digest", artifact.digest, true],
        ["code version", artifact.code], ["git commit", artifact.commit, true],
        ["started", time(artifact.started)], ["finished", time(artifact.finished)], ["took", `${number(artifact.took_s)} s`],
        ["files", `${number(artifact.files)}, ${number(artifact.bytes)} bytes`],
      ]),
      ...group("Counts", facts(Object.entries(artifact.counts).map(([name, count]) => [name.replaceAll("_", " "), number(count)]))),
      ...group("Own cost", facts([
        ["tokens", number(artifact.tokens)], ["operations", artifact.operations],
        ["device time", `${number(artifact.device_s)} s`],
      ])),
      ...links(`Made from (${inputs[at].length})`, inputs[at]),
      ...links(`Went into (${consumers[at].length})`, consumers[at]),
      ...group("Runs", facts([["MLflow", artifact.mlflow || "none", true], ["Dagster", artifact.dagster || "none", true]])),
      ...config(artifact),
    );
  }

  function facts(rows) {
    const list = make("dl");
    for (const [name, value, isCode] of rows) {
      const row = make("div"), told = make("dd");
      told.append(isCode ? make("code", value) : value);
      row.append(make("dt", name), told);
      list.append(row);
    }
    return list;
  }

  function group(name, ...content) {
    return content[0].childNodes.length ? [make("h4", name), ...content] : [];
  }

  function links(name, found) {
    const list = make("ul");
    for (const at of found.slice(0, SHOWN_LINKS)) list.append(choice(at, artifacts[at].key));
    if (found.length > SHOWN_LINKS) list.append(make("li", `and ${number(found.length - SHOWN_LINKS)} more`));
    return group(name, list);
  }

  function choice(at, text) {
    const item = make("li"), button = make("button", text, "plain");
    button.type = "button";
    button.addEventListener("click", () => choose(at, { focus: true }));
    item.append(button);
    return item;
  }

  function config(artifact) {
    if (!artifact.config) return group("Config", make("p", "Longer than this page shows: it is in the manifest.", "note"));
    const fold = make("details"), text = make("pre", artifact.config);
    text.tabIndex = 0;
    fold.append(make("summary", "Config"), text);
    return [fold];
  }

  const number = (value) => Number(value).toLocaleString("en-US", { maximumFractionDigits: 2 });
  const time = (iso) => `${iso.slice(0, 19).replace("T", " ")} UTC`;

  graph.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-artifact]");
    if (cell) choose(Number(cell.dataset.artifact), { focus: true });
  });
  graph.addEventListener("keydown", (event) => {
    const moves = { ArrowUp: ["y", "x", -1], ArrowDown: ["y", "x", 1], ArrowLeft: ["x", "y", -1], ArrowRight: ["x", "y", 1] };
    if (event.key in moves) stopAt(neighbour(stop, ...moves[event.key]), true);
    else if (event.key === "Home") stopAt(0, true);
    else if (event.key === "End") stopAt(artifacts.length - 1, true);
    else if (event.key === "Enter" || event.key === " ") choose(stop);
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen >= 0) leave();
  });
  close.addEventListener("click", () => leave());

  function leave() {
    const at = chosen;
    choose(-1);
    stopAt(at, true);
  }

  // Search by anything that identifies an artifact.
  const find = byId("find"), hits = byId("hits"), status = byId("find-status");
  const words = artifacts.map((a) => `${a.key} ${a.fingerprint} ${a.digest} ${a.commit}`.toLowerCase());
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    const found = [];
    words.forEach((text, at) => { if (wanted && text.includes(wanted)) found.push(at); });
    const among = new Set(found);
    cells.forEach((cell, at) => cell.classList.toggle("found", among.has(at)));
    hits.replaceChildren(...found.slice(0, SHOWN_HITS).map((at) => choice(at, artifacts[at].key)));
    hits.hidden = !found.length;
    const more = found.length > SHOWN_HITS ? `, the first ${SHOWN_HITS} are listed` : "";
    status.textContent = wanted ? `${number(found.length)} found${more}` : "";
  });
  find.addEventListener("keydown", (event) => {
    const first = hits.querySelector("button");
    if (event.key === "Enter" && first) first.click();
  });

  // The table of all artifacts is written when it is opened, a part at a time.
  const rows = byId("rows"), more = byId("more");
  function addRows() {
    const start = rows.childElementCount;
    for (const [index, artifact] of artifacts.slice(start, start + SHOWN_ROWS).entries()) {
      const row = make("tr"), name = make("th"), link = make("a", artifact.key);
      name.scope = "row";
      link.href = `#artifact=${artifacts[start + index].fingerprint.slice(0, 12)}`;
      name.append(link);
      row.append(name);
      for (const text of [artifact.fingerprint, artifact.digest]) {
        const cell = make("td");
        cell.append(make("code", text.slice(0, 12)));
        row.append(cell);
      }
      row.append(make("td", artifact.code), make("td", number(artifact.inputs.length), "n"), make("td", number(artifact.files), "n"),
        make("td", time(artifact.finished)), make("td", number(artifact.took_s), "n"));
      rows.append(row);
    }
    more.hidden = rows.childElementCount === artifacts.length;
  }
  byId("all").addEventListener("toggle", () => { if (!rows.childElementCount) addRows(); });
  more.addEventListener("click", addRows);

  // Links of other sections, and addresses that people send each other.
  function follow() {
    const wanted = /^#artifact=([0-9a-f]{6,64})$/.exec(location.hash);
    const at = wanted ? artifacts.findIndex((a) => a.fingerprint.startsWith(wanted[1])) : -1;
    if (at < 0) return;
    cells[at].focus({ preventScroll: true });
    cells[at].scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    choose(at, { remember: false });
  }
  addEventListener("hashchange", follow);
  stopAt(stop, false);
  const picture = graph.parentElement;
  picture.scrollLeft = (picture.scrollWidth - picture.clientWidth) / 2;
  follow();

  // Hashing needs a secure context, which a file opened from disk is in most browsers.
  if (globalThis.crypto && crypto.subtle) {
    const says = byId("file-status"), listed = new Map();
    for (const row of document.querySelectorAll("#files tbody tr"))
      listed.set(row.querySelector("code").textContent, row.querySelector("th").textContent);
    byId("check").hidden = false;
    // The same file can be chosen again after it was changed.
    byId("file").addEventListener("click", (event) => { event.target.value = ""; });
    byId("file").addEventListener("change", async (event) => {
      const file = event.target.files[0];
      if (!file) return;
      if (file.size > MAX_FILE_BYTES) {
        says.textContent = `${file.name} is too large to be hashed by a browser: use sha256sum.`;
        return;
      }
      const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()))]
        .map((byte) => byte.toString(16).padStart(2, "0")).join("");
      const name = listed.get(hash);
      says.textContent = name ? `The bytes of ${file.name} are those of ${name} on this page.`
        : `${file.name} is no file of this release (SHA-256 ${hash}).`;
    });
  }
})();
