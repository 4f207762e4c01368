// In a page without a kernel this stands in for the notebook's model: state in, change events out.

function pageModel(state) {
  const heard = {};
  return {
    get: (name) => state[name],
    set(name, value) {
      if (Object.is(state[name], value)) return;
      state[name] = value;
      for (const event of [`change:${name}`, "change"]) for (const call of [...(heard[event] ?? [])]) call();
    },
    on(event, call) { (heard[event] ??= []).push(call); },
    off(event, call) { heard[event] = call ? (heard[event] ?? []).filter((other) => other !== call) : []; },
    save_changes() {},
    send() {},
  };
}

function startInPage(widget, id) {
  const root = document.getElementById(id);
  try {
    const state = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    root.replaceChildren();
    widget.render({ model: pageModel(state), el: root });
  } catch (error) {
    showError(root, root.dataset.widget, error);
  }
}
