// What the page knows: the last state fetched, where the reader stands, and what the reader has begun but not sent.

export const page = {
  workspaces: [],
  workspace: null,
  user: null,
  state: null,
  clockOffset: 0,
  place: null, // {kind: "conversation", id} or {kind: "home"}
  thread: null, // the ts of the thread's first message
  connected: true,
  pending: new Map(), // what waits for the app: key -> words for people
  revisions: new Map(), // message ts -> how often something in it was touched by the reader
};

let draw = () => {};

export function whenChanged(callback) {
  draw = callback;
}

export function redraw() {
  draw();
}

/** The sandbox's time in seconds; it may run ahead of the machine's. */
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

/** Whoever stands behind an id, the app's bot included; unknown ids get a name that says so. */
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

/** Mark a message as touched, so that it is drawn anew although the sandbox sent nothing. */
export function touch(ts) {
  page.revisions.set(ts, (page.revisions.get(ts) ?? 0) + 1);
  redraw();
}
