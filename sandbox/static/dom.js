// Builds nodes, and updates the page without replacing nodes that have not changed: those hold the focus, typed text,
// scroll positions and open details. Text is only ever set as text nodes and attributes, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/** A child that is drawn only if its signature differs from that of the node with the same key. */
export function lazy(key, signature, draw) {
  return { key, signature, draw };
}

export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  node.$handlers = {};
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined) continue;
    if (name === "value" || name === "checked") {
      // Set after all attributes: setting the type clears some values.
      (node.$held ??= {})[name] = value;
      continue;
    }
    if (value === false) continue;
    if (typeof value === "function") {
      // The result is dropped: returning false would prevent the browser's default action.
      node[name] = node.$handlers[name] = (event) => {
        value(event);
      };
    } else if (name === "key") {
      node.$key = value;
    } else {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  append(node, children);
  Object.assign(node, node.$held);
  return node;
}

const present = (child) => child !== null && child !== undefined && child !== false;
const isLazy = (child) => typeof child === "object" && !(child instanceof Node);

/** Keep lazy children undrawn until it is known which of them are in the page already. */
function append(node, children) {
  const wanted = children.flat(Infinity).filter(present);
  if (wanted.some(isLazy)) node.$wanted = wanted;
  else node.append(...wanted);
}

/** Return the node of a child, with all lazy children drawn. */
function realise(child) {
  if (child instanceof Node) {
    for (const inner of [...child.childNodes]) realise(inner);
    if (child.$wanted) child.append(...child.$wanted.map(realise));
    child.$wanted = undefined;
    return child;
  }
  if (!isLazy(child)) return document.createTextNode(String(child));
  const node = realise(child.draw());
  node.$key = child.key;
  node.$signature = child.signature;
  return node;
}

/** Make the children of `parent` equal to `children`, and keep every node that can be kept. */
export function show(parent, ...children) {
  reconcile(parent, children.flat(Infinity).filter(present));
}

function keyOf(child) {
  return child instanceof Node ? child.$key : child.key;
}

function reconcile(parent, wanted) {
  const keyed = new Map();
  const loose = [];
  for (const old of parent.childNodes) {
    if (old.$key === undefined) loose.push(old);
    else keyed.set(old.$key, old);
  }
  const kept = new Set();
  const pairs = wanted.map((child) => {
    const old = partner(child, keyed, loose);
    if (old) kept.add(old);
    return [child, old];
  });
  for (const old of [...parent.childNodes]) if (!kept.has(old)) old.remove();
  let cursor = parent.firstChild;
  for (const [child, old] of pairs) {
    const node = old ? update(old, child) : realise(child);
    if (node === cursor) {
      cursor = cursor.nextSibling;
      continue;
    }
    parent.insertBefore(node, cursor);
    if (old && node !== old) {
      if (cursor === old) cursor = old.nextSibling;
      old.remove();
    }
  }
}

function partner(child, keyed, loose) {
  const key = keyOf(child);
  if (key !== undefined) {
    const old = keyed.get(key);
    keyed.delete(key);
    return old;
  }
  const name = child instanceof Node ? child.nodeName : "#text";
  const place = loose.findIndex((old) => old.nodeName === name);
  return place < 0 ? undefined : loose.splice(0, place + 1)[place];
}

function update(old, child) {
  if (child instanceof Node) return morph(old, child);
  if (isLazy(child)) {
    if (old.$signature === child.signature) return old;
    return morph(old, realise(child));
  }
  if (old.nodeValue !== String(child)) old.nodeValue = String(child);
  return old;
}

/** Make `old` equal to `fresh` and return it; return `fresh` if they are different kinds of node. */
function morph(old, fresh) {
  if (old === fresh || old.nodeName !== fresh.nodeName) return realise(fresh);
  old.$signature = fresh.$signature;
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return old;
  }
  for (const { name } of [...old.attributes]) {
    // Details that the reader opened stay open.
    if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const name of Object.keys(old.$handlers ?? {})) old[name] = null;
  Object.assign(old, fresh.$handlers);
  old.$handlers = fresh.$handlers;
  for (const [name, value] of Object.entries(fresh.$held ?? {})) if (old[name] !== value) old[name] = value;
  if (old.nodeName !== "TEXTAREA") reconcile(old, fresh.$wanted ?? [...fresh.childNodes]);
  return old;
}

/** Return the elements inside `root` that Tab reaches, in order. */
export function tabbable(root) {
  const found = root.querySelectorAll('button, input, textarea, select, a[href], summary, [tabindex="0"]');
  return [...found].filter((node) => !node.disabled && node.tabIndex >= 0 && node.getClientRects().length > 0);
}
