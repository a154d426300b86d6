"use strict";
(() => {
  const READABLE = 0.6; // screen pixels per unit of the picture below which a card's text cannot be read
  const CLOSEST = 25; // units of the picture across the window
  const svg = document.querySelector("#picture svg");
  const data = JSON.parse(document.getElementById("data").textContent);
  let cards = [...svg.querySelectorAll("g.node")];
  const search = document.getElementById("search");
  const found = document.getElementById("found");
  const details = document.getElementById("details");
  const turn = document.getElementById("turn");
  const whole = svg.viewBox.baseVal;
  let all = { x: whole.x, y: whole.y, width: whole.width, height: whole.height };
  let view = { ...all };
  let matches = [];
  let current = -1;
  let drag = null;
  let chosen = null; // the card or frame whose details are shown
  let state = ""; // the group that is open or closed other than at the start
  let last = { id: "", time: 0 }; // the last click

  // The view: the part of the picture that is seen, in its own units.

  function show(next) {
    view = next;
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
  }

  function fit() {
    show({ ...all });
  }

  function at(event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  }

  function zoom(factor, point) {
    const width = Math.min(Math.max(view.width * factor, CLOSEST), all.width * 8);
    const ratio = width / view.width;
    show({
      x: point.x - (point.x - view.x) * ratio,
      y: point.y - (point.y - view.y) * ratio,
      width,
      height: view.height * ratio,
    });
  }

  function zoomMiddle(factor) {
    zoom(factor, { x: view.x + view.width / 2, y: view.y + view.height / 2 });
  }

  function centre(card) {
    const place = card.transform.baseVal.consolidate().matrix;
    const box = card.querySelector(".card");
    const x = place.e + box.width.baseVal.value / 2, y = place.f + box.height.baseVal.value / 2;
    const closer = Math.min(1, svg.getScreenCTM().a / READABLE);
    const width = view.width * closer, height = view.height * closer;
    show({ x: x - width / 2, y: y - height / 2, width, height });
  }

  // Details of one card. Text is only ever set as text, never as markup.

  function choose(card) {
    cards.forEach((other) => other.classList.toggle("chosen", other === card));
    chosen?.classList.remove("chosen");
    card?.classList.add("chosen");
    chosen = card;
    details.hidden = !card;
    if (!card) return;
    turn.hidden = !nextState(card.dataset.id, isFrame(card));
    turn.textContent = isFrame(card) ? data.labels.shut : data.labels.open;
    const rows = data.cards[card.dataset.id].flatMap(([name, text]) => {
      const term = document.createElement("dt"), told = document.createElement("dd");
      term.textContent = data.labels[name];
      told.textContent = text;
      told.className = name;
      return [term, told];
    });
    document.getElementById("facts").replaceChildren(...rows);
  }

  // Groups: each view was laid out beforehand, the first one under the name "". A closed group opens together with those
  // around it, an open one closes; the frame or card that was clicked stays where it is on the screen.

  function isFrame(element) {
    return !cards.includes(element);
  }

  function nextState(id, isOpen) {
    if (!data.views) return null;
    const atStart = data.start.includes(id);
    const name = isOpen ? (atStart ? id : outer(id)) : (atStart ? "" : id);
    return name !== state && data.views[name] ? { name } : null;
  }

  function around(id) {
    const found = [];
    for (let at = data.inside?.[id]; at; at = data.inside[at]) found.push(at);
    return found;
  }

  // The view without a group that the reader opened: that of the next one around it that was closed at the start.
  function outer(id) {
    return around(id).find((name) => !data.start.includes(name)) ?? "";
  }

  function corner(id) {
    const found = [...svg.querySelectorAll("g.group, g.node")].find((element) => element.dataset.id === id);
    const matrix = found?.transform.baseVal.consolidate().matrix;
    return matrix && { x: matrix.e, y: matrix.f };
  }

  function toggle(id, isOpen) {
    const next = nextState(id, isOpen);
    if (!next) return;
    const shown = data.views[next.name], before = corner(id);
    const layer = (name, markup) => { svg.querySelector(`g.${name}`).innerHTML = markup; };
    layer("frames", shown.frames);
    layer("wires", shown.wires);
    layer("headers", shown.headers);
    layer("nodes", shown.nodes.map(([card, place]) => data.drawn[card].replace("@", place)).join("\n"));
    const after = corner(id) ?? before, [x, y, width, height] = shown.box;
    const canvas = svg.querySelector("rect.canvas");
    Object.entries({ x, y, width, height }).forEach(([name, size]) => canvas.setAttribute(name, size));
    all = { x, y, width, height };
    show({ ...view, x: view.x + after.x - before.x, y: view.y + after.y - before.y });
    cards = [...svg.querySelectorAll("g.node")];
    state = next.name;
    choose([...svg.querySelectorAll("g.node, g.group")].find((element) => element.dataset.id === id) ?? null);
    look();
  }

  // Search: text in a card's id, operation or word, and in those of what a closed group holds.

  function textOf(id) {
    const rows = data.cards[id].filter(([name]) => ["id", "op", "word"].includes(name));
    return rows.map(([, text]) => text.toLowerCase()).join("\n");
  }

  function look() {
    const wanted = search.value.trim().toLowerCase();
    const hits = new Set();
    Object.keys(wanted ? data.cards : {}).filter((id) => textOf(id).includes(wanted)).forEach((id) => {
      hits.add(id);
      around(id).forEach((group) => hits.add(group));
    });
    matches = cards.filter((card) => hits.has(card.dataset.id));
    current = -1;
    svg.classList.toggle("searched", wanted !== "");
    cards.forEach((card) => card.classList.toggle("match", matches.includes(card)));
    mark();
  }

  function mark() {
    cards.forEach((card) => card.classList.toggle("current", card === matches[current]));
    const place = current < 0 ? "" : `${current + 1}/`;
    found.textContent = search.value.trim() ? (matches.length ? place + matches.length : data.labels.none) : "";
  }

  function go(step) {
    if (!matches.length) return;
    current = current < 0 ? (step > 0 ? 0 : matches.length - 1) : (current + step + matches.length) % matches.length;
    mark();
    centre(matches[current]);
    choose(matches[current]);
  }

  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 120) * 0.0018), at(event));
  }, { passive: false });

  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    drag = { x: event.clientX, y: event.clientY, view: { ...view }, card: event.target.closest("g.node, g.group"), moved: false };
    svg.setPointerCapture(event.pointerId);
  });

  svg.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const scale = svg.getScreenCTM().a;
    const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
    drag.moved ||= Math.hypot(dx, dy) > 4;
    if (!drag.moved) return;
    svg.classList.add("dragged");
    show({ ...drag.view, x: drag.view.x - dx / scale, y: drag.view.y - dy / scale });
  });

  svg.addEventListener("pointerup", () => {
    if (drag && !drag.moved) click(drag.card);
    drag = null;
    svg.classList.remove("dragged");
  });

  function click(card) {
    const id = card?.dataset.id ?? "", twice = id && id === last.id && Date.now() - last.time < 400;
    last = { id: twice ? "" : id, time: Date.now() };
    choose(card);
    if (twice) toggle(id, isFrame(card));
  }

  svg.addEventListener("pointercancel", () => {
    drag = null;
    svg.classList.remove("dragged");
  });

  search.addEventListener("input", look);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") {
      search.value = "";
      look();
      search.blur();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.target === search || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "=") zoomMiddle(1 / 1.25);
    else if (event.key === "-") zoomMiddle(1.25);
    else if (event.key === "f" || event.key === "F") fit();
    else if (event.key === "Enter" && chosen && event.target.tagName !== "BUTTON") {
      toggle(chosen.dataset.id, isFrame(chosen));
    } else if (event.key === "/") {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape") choose(null);
  });

  document.getElementById("larger").addEventListener("click", () => zoomMiddle(1 / 1.25));
  document.getElementById("smaller").addEventListener("click", () => zoomMiddle(1.25));
  document.getElementById("fit").addEventListener("click", fit);
  turn.addEventListener("click", () => toggle(chosen.dataset.id, isFrame(chosen)));
  document.getElementById("close").addEventListener("click", () => choose(null));
})();
