// The state of the page: the last state fetched, the current place, and actions in progress.

export const page = {
  workspaces: [],
  workspace: null,
  user: null,
  state: null,
  clockOffset: 0,
  place: null, // {kind: "conversation", id} or {kind: "home"}
  thread: null, // the ts of the thread's first message
  connected: true,
  pending: new Map(), // keys of actions that the app has not answered yet -> true
  revisions: new Map(), // message ts -> how many times the reader has changed something in it
};

let draw = () => {};

export function onRedraw(callback) {
  draw = callback;
}

export function redraw() {
  draw();
}

/** Return the sandbox's time in seconds since 1970, which can be ahead of the machine's. */
export function now() {
  return Date.now() / 1000 + page.clockOffset;
}

export function me() {
  return page.state.me;
}

export function workspace() {
  return page.workspaces.find((each) => each.id === page.workspace);
}

export function app() {
  return workspace().app;
}

/** Return the person or bot with this id; an unknown id gets the name "unknown person". */
export function person(id) {
  const known = page.state.people[id] ?? workspace().people.find((each) => each.id === id);
  if (known) return known;
  if (id === app().bot_user) return { id, name: app().name, avatar: null, bot: true };
  return { id, name: "unknown person", avatar: "#6b6570" };
}

export function isBot(id) {
  return id === app().bot_user || Boolean(page.state.people[id]?.is_bot);
}

export function channel(id) {
  return page.state.channels.find((each) => each.id === id);
}

export function channelName(each) {
  return each.kind === "dm" ? (each.with ? person(each.with).name : each.name) : each.name;
}

/** Mark a message as changed by the reader, so that it is redrawn although its state is the same. */
export function touch(ts) {
  page.revisions.set(ts, (page.revisions.get(ts) ?? 0) + 1);
  redraw();
}
