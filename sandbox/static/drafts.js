// What the reader has chosen or typed in blocks and not yet sent, by surface, block and action.
// In a modal it outlives an update as long as block_id and action_id stay, as in Slack;
// in a message it lasts until the block itself is changed.

const kept = new Map(); // surface -> Map("block/action" -> {value, given})

const name = (block, element) => JSON.stringify([block.block_id ?? null, element.action_id ?? null]);

export function draft(surface, block, element) {
  const found = kept.get(surface)?.get(name(block, element));
  if (!found) return undefined;
  if (found.given !== null && found.given !== JSON.stringify(element)) return undefined;
  return found.value;
}

export function keep(surface, block, element, value) {
  if (!kept.has(surface)) kept.set(surface, new Map());
  const given = surface.startsWith("view:") ? null : JSON.stringify(element);
  kept.get(surface).set(name(block, element), { value, given });
}

/** Take in the fields of the open views, forget those whose blocks have left and the views that were closed. */
export function follow(views) {
  const open = new Map(views.map((view) => [`view:${view.id}`, view]));
  for (const [surface, fields] of kept) {
    if (!surface.startsWith("view:")) continue;
    const view = open.get(surface);
    if (!view) kept.delete(surface);
    else for (const key of fields.keys()) if (!holds(view, JSON.parse(key))) fields.delete(key);
  }
  for (const view of views) takeIn(view);
}

/** A field holds from the start what it shows, so that an update under the same ids changes nothing in it. */
function takeIn(view) {
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

/** The elements of a block that can hold a value or be pressed. */
export function elementsOf(block) {
  if (block.type === "input") return [block.element];
  if (block.type === "section") return block.accessory && block.accessory.type !== "image" ? [block.accessory] : [];
  return block.type === "actions" ? block.elements : [];
}

/** What the element holds before anybody touches it; null stands for nothing. */
export function initial(element) {
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

/** All values of a view as `{block_id: {action_id: value}}`; fields that hold nothing are null. */
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
