// Builds elements. Text becomes a text node, whatever is in it; nothing here or elsewhere in the desk reads markup.

/**
 * Makes an element. `class`, `data` (an object) and `on` (listeners by event) are set as what they are, `value`, `checked` and `disabled`
 * as properties, everything else as an attribute: `true` is an empty one, `false`, `null` and `undefined` none.
 */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'class') node.className = value;
    else if (name === 'on') for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === 'data') Object.assign(node.dataset, value);
    else if (name === 'value' || name === 'checked' || name === 'disabled') node[name] = value;
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  append(node, children);
  return node;
}

/** Appends nodes and texts, in lists of any depth; `null`, `undefined` and `false` are left out. */
export function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Has `node` hold these children and no others. */
export function fill(node, ...children) {
  node.replaceChildren();
  append(node, children);
}

/** Can be reached by Tab, in the order of the document. */
const reachable = 'a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled])';

/** Runs `change`, which may replace what has the focus inside `node`; then the focus is at the same place again. */
export function keepingFocus(node, change) {
  const active = document.activeElement;
  const place = node.contains(active) ? [...node.querySelectorAll(reachable)].indexOf(active) : -1;
  change();
  if (place < 0 || document.activeElement === active) return;
  node.querySelectorAll(reachable)[place]?.focus();
}
