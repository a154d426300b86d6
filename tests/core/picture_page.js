// The page's script on as little of a browser as it needs: one picture pixel is one screen pixel. Reads
// {script, data, cards: [{id, x, y}], view: [x, y, width, height]} and prints what a reader would see after each act.
// With `toggle`, the id of a card, it opens that group by a double click and closes it again by Enter.
"use strict";
const given = JSON.parse(require("fs").readFileSync(0, "utf8"));

class Element {
  constructor() {
    Object.assign(this, { heard: {}, names: new Set(), children: [], value: "", textContent: "", hidden: false });
    this.classList = {
      add: (name) => this.names.add(name),
      remove: (name) => this.names.delete(name),
      toggle: (name, on) => (on ? this.names.add(name) : this.names.delete(name)),
    };
  }
  addEventListener(name, act) { this.heard[name] = act; }
  tell(name, event) { this.heard[name]({ target: this, preventDefault() {}, ...event }); }
  replaceChildren(...children) { this.children = children; }
  closest() { return this.dataset ? this : null; }
  blur() {}
  setPointerCapture() {}
}

const [x, y, width, height] = given.view;
const svg = new Element();
svg.viewBox = { baseVal: { x, y, width, height } };
svg.setAttribute = (name, text) => { svg.view = text.split(" ").map(Number); };
svg.view = given.view;
svg.getScreenCTM = () => ({ a: width / svg.view[2], inverse: () => null });
global.DOMPoint = class {
  constructor(px, py) { Object.assign(this, { px, py }); }
  matrixTransform() {
    const scale = svg.view[2] / width;
    return { x: svg.view[0] + this.px * scale, y: svg.view[1] + this.py * scale };
  }
};
const element = (card) => {
  const made = new Element();
  made.dataset = { id: card.id };
  made.transform = { baseVal: { consolidate: () => ({ matrix: { e: card.x, f: card.y } }) } };
  made.querySelector = () => ({ width: { baseVal: { value: 0 } }, height: { baseVal: { value: 0 } } });
  return made;
};
const written = (markup) => [...markup.matchAll(/<g class="[^"]*" data-id="([^"]*)"[^>]*translate\(([-\d.]+) ([-\d.]+)\)/g)]
  .map(([, id, x, y]) => element({ id, x: Number(x), y: Number(y) }));
let cards = given.cards.map(element), frames = [];
const layer = (found) => Object.defineProperty({ setAttribute() {} }, "innerHTML", { set: (markup) => found(written(markup)) });
const layers = {
  "g.nodes": layer((made) => { cards = made; }),
  "g.frames": layer((made) => { frames = made; }),
};
svg.querySelector = (name) => (layers[name] ??= layer(() => {}));
svg.querySelectorAll = (name) => (name.includes("group") ? [...frames, ...cards] : cards);
const parts = { data: Object.assign(new Element(), { textContent: given.data }) };
const part = (id) => (parts[id] ??= new Element());
global.document = Object.assign(new Element(), {
  querySelector: () => svg,
  getElementById: part,
  createElement: () => new Element(),
});

const seen = {};
const named = (name) => cards.filter((card) => card.names.has(name)).map((card) => card.dataset.id);
const note = (act) => {
  const facts = part("facts").children.map((child) => child.textContent);
  seen[act] = { view: svg.view, match: named("match"), current: named("current"), chosen: named("chosen"),
    found: part("found").textContent, facts, open: !part("details").hidden,
    cards: cards.map((card) => card.dataset.id), frames: frames.map((frame) => frame.dataset.id),
    at: Object.fromEntries([...cards, ...frames].map((one) => {
      const { e, f } = one.transform.baseVal.consolidate().matrix;
      return [one.dataset.id, [e - svg.view[0], f - svg.view[1]]];
    })) };
};
new Function(given.script)();

svg.tell("wheel", { deltaY: -100, clientX: 30, clientY: 40 });
note("wheel");
document.tell("keydown", { key: "f" });
note("fit");
document.tell("keydown", { key: "+" });
note("plus");
document.tell("keydown", { key: "-" });
note("minus");
svg.tell("pointerdown", { button: 0, clientX: 50, clientY: 50, target: cards[0] });
svg.tell("pointermove", { clientX: 60, clientY: 45 });
svg.tell("pointerup", {});
note("drag");
svg.tell("pointerdown", { button: 0, clientX: 50, clientY: 50, target: cards[0] });
svg.tell("pointerup", {});
note("click");
const search = part("search");
search.value = given.search;
search.tell("input", {});
note("search");
search.tell("keydown", { key: "Enter" });
note("enter");
search.tell("keydown", { key: "Enter" });
note("next");
search.tell("keydown", { key: "Enter", shiftKey: true });
note("previous");
search.value = "no such card";
search.tell("input", {});
note("nothing");
search.tell("keydown", { key: "Escape" });
note("cleared");
document.tell("keydown", { key: "Escape" });
note("closed");
if (given.toggle) {
  note("before");
  for (let k = 0; k < 2; k += 1) {
    svg.tell("pointerdown", { button: 0, clientX: 5, clientY: 5, target: cards.find((card) => card.dataset.id === given.toggle) });
    svg.tell("pointerup", {});
  }
  note("opened");
  search.value = given.search;
  search.tell("input", {});
  note("searched");
  document.tell("keydown", { key: "Enter", target: { tagName: "BODY" } });
  note("shut");
}
console.log(JSON.stringify(seen));
