// ClassEditor: strike a reason out of a class, and see what that does to every class.

const HELD = ["test", "edited", "image", "code", "into", "edits"];
const FIRST = -1; // in place of a code: the class's heaviest that is left

function editing({ model, root, safely }, editor) {
  const put = (given) => {
    for (const [name, value] of Object.entries(given)) model.set(name, value);
    model.save_changes();
  };
  let now = {};
  const set = (name) => (value) => put({ [name]: value });
  const parts = makeEditorParts(editor, {
    set,
    turn: (name) => put({ code: FIRST, into: FIRST, edited: name }), // another class has codes of its own
    edit(kind) {
      const label = kind === "zero" || kind === "forbid" ? now.edited : null;
      const into = kind === "merge" ? now.into : null;
      put({ edits: [...now.edits, { kind, code: now.chosen, label, into }] });
    },
    undo: () => put({ edits: now.edits.slice(0, -1) }),
    reset: () => put({ edits: [] }),
  });
  root.append(...parts.elements);

  const speak = oncePerFrame(safely(() => {
    const { tone, text } = told(now, editor);
    parts.status.dataset.tone = tone;
    if (parts.status.textContent !== text) parts.status.textContent = text; // said aloud only when it changes
  }));
  const update = safely(() => {
    now = lookAt(editor, model);
    parts.test.show(now.test);
    parts.edited.show(editor.classes[now.edited]);
    const text = `${now.image + 1} of ${editor.shown.length}`;
    parts.image.show(now.image, now.image, text);
    parts.image.input.disabled = editor.shown.length < 2;
    parts.legend.textContent = `The codes of ${spoken(editor.classes[now.edited])}, the heaviest first`;
    parts.log.value = JSON.stringify(now.entries, null, 1);
    for (const part of [parts.classes, parts.sums, parts.list, parts.buttons]) part.show(now);
    speak();
  });
  const events = HELD.map((name) => `change:${name}`);
  for (const event of events) model.on(event, update);
  update();
  return () => {
    speak.cancel();
    for (const event of events) model.off(event, update);
  };
}

function makeEditorParts(editor, { set, turn, edit, undo, reset }) {
  const test = select({ label: "Test pictures", name: "test", options: editor.sets.map((name) => [name, name]) },
    set("test"));
  const edited = select({ label: "Edit the class", name: "edited",
    options: editor.classes.map((name) => [name, spoken(name)]) }, turn);
  const image = slider({ label: "Picture", name: "image", min: 0, max: editor.shown.length - 1 }, set("image"));
  const status = h("p", { class: "fb-status", role: "status" }), legend = h("p", { class: "ed-heading" });
  const classes = makeClasses(editor), sums = makeSums(editor), list = makeCodeList(editor, set("code"));
  const buttons = makeButtons(editor, { edit, undo, reset, set });
  const log = h("textarea",
    { readonly: "", rows: 5, "data-input": "log", "aria-label": "Log of edits", spellcheck: "false" });
  return {
    test, edited, image, status, classes, sums, list, buttons, log, legend,
    elements: [
      h("div", { class: "fb-controls" }, test.element, edited.element, image.element), status,
      h("div", { class: "ed-top" }, classes.element, h("div", { class: "ed-side" }, sums.seen, sums.sums)),
      legend, list.element, sums.heading, buttons.element, sums.count, log,
      h("p", { class: "fb-note" }, "Shares are of the set chosen, scores of the picture looked at. The head is " +
        "never fitted again here, so what is forbidden differs from what is zeroed only later."),
    ],
  };
}

const control = { render: mounted("ClassEditor", unpacked(makeEditor, editing)) };
export default control;
