// Values that the reader has chosen or typed in blocks but not sent yet, by surface, block and action.
// In a modal a value survives an update if block_id and action_id stay the same, as in Slack;
// in a message it survives until its element changes.

const drafts = new Map(); // surface -> Map("block/action" -> {value, given})

const name = (block, element) => JSON.stringify([block.block_id ?? null, element.action_id ?? null]);

function draft(surface, block, element) {
  const found = drafts.get(surface)?.get(name(block, element));
  if (!found) return undefined;
  if (found.given !== null && found.given !== JSON.stringify(element)) return undefined;
  return found.value;
}

export function keep(surface, block, element, value) {
  if (!drafts.has(surface)) drafts.set(surface, new Map());
  const given = surface.startsWith("view:") ? null : JSON.stringify(element);
  drafts.get(surface).set(name(block, element), { value, given });
}

/** Add the fields of the open views, and drop those of closed views and removed blocks. */
export function syncViews(views) {
  const open = new Map(views.map((view) => [`view:${view.id}`, view]));
  for (const [surface, fields] of drafts) {
    if (!surface.startsWith("view:")) continue;
    const view = open.get(surface);
    if (!view) drafts.delete(surface);
    else for (const key of fields.keys()) if (!holds(view, JSON.parse(key))) fields.delete(key);
  }
  for (const view of views) keepInitialValues(view);
}

/** Keep the initial values of a view's fields, so that an update with the same ids does not change them. */
function keepInitialValues(view) {
  for (const block of view.blocks) {
    for (const element of elementsOf(block)) {
      const value = initial(element);
      if (value !== undefined && draft(`view:${view.id}`, block, element) === undefined) keep(`view:${view.id}`, block, element, value);
    }
  }
}

function holds(view, [blockId, actionId]) {
  return view.blocks.some(
    (block) => (block.block_id ?? null) === blockId && elementsOf(block).some((each) => (each.action_id ?? null) === actionId),
  );
}

/** Return the interactive elements of a block. */
export function elementsOf(block) {
  if (block.type === "input") return [block.element];
  if (block.type === "section") return block.accessory && block.accessory.type !== "image" ? [block.accessory] : [];
  return block.type === "actions" ? block.elements : [];
}

/** Return an element's initial value: null if it is empty, undefined if the element holds no value. */
function initial(element) {
  switch (element.type) {
    case "static_select":
    case "radio_buttons":
      return element.initial_option?.value ?? null;
    case "checkboxes":
      return (element.initial_options ?? []).map((option) => option.value);
    case "users_select":
      return element.initial_user ?? null;
    case "datepicker":
      return element.initial_date ?? null;
    case "timepicker":
      return element.initial_time ?? null;
    case "button":
    case "overflow":
      return undefined;
    default:
      return element.initial_value ?? null;
  }
}

export function current(surface, block, element) {
  const value = draft(surface, block, element);
  return value === undefined ? initial(element) : value;
}

/** Return all values of a view as `{block_id: {action_id: value}}`; empty fields are null. */
export function values(view) {
  const all = {};
  for (const block of view.blocks) {
    for (const element of elementsOf(block)) {
      const value = current(`view:${view.id}`, block, element);
      if (value === undefined || !block.block_id || !element.action_id) continue;
      (all[block.block_id] ??= {})[element.action_id] = value === "" ? null : value;
    }
  }
  return all;
}
