// What the page asks of the sandbox; every function promises JSON or throws an Error with a sentence for people.

const RECONNECT_MILLISECONDS = 1_000;

async function answer(response) {
  if (!response.ok) throw new Error(`The sandbox answered ${response.status}.`);
  return response.json();
}

async function ask(path, body) {
  let response;
  try {
    response = await fetch(path, body === undefined ? {} : {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The sandbox cannot be reached.");
  }
  return answer(response);
}

const query = (workspace, user) => new URLSearchParams({ workspace, user });

export const workspaces = () => ask("/page/workspaces");
export const state = (workspace, user) => ask(`/page/state?${query(workspace, user)}`);
export const act = (body) => ask("/page/act", body);
export const faults = () => ask("/page/faults");
export const setFaults = (list) => ask("/page/faults", { faults: list });
export const advance = (seconds) => ask("/page/clock", { advance: seconds });

/** Call `changed` whenever something this person can see has changed, and `connected` with true or false. */
export function live(workspace, user, changed, connected) {
  const address = new URL(`/page/live?${query(workspace, user)}`, location.href.replace(/^http/, "ws"));
  let socket;
  let again;
  const connect = () => {
    socket = new WebSocket(address);
    socket.onopen = () => {
      connected(true);
      changed();
    };
    socket.onmessage = () => changed();
    socket.onclose = () => {
      connected(false);
      again = setTimeout(connect, RECONNECT_MILLISECONDS);
    };
  };
  connect();
  return () => {
    clearTimeout(again);
    socket.onclose = null;
    socket.close();
  };
}
