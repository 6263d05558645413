// Requests to the sandbox. Every function resolves to JSON, or throws an Error whose message can be shown to people.

const RECONNECT_MILLISECONDS = 1_000;

async function jsonOf(response) {
  if (!response.ok) throw new Error(`The sandbox answered ${response.status}.`);
  return response.json();
}

async function request(path, body) {
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
  return jsonOf(response);
}

const query = (workspace, user) => new URLSearchParams({ workspace, user });

export const workspaces = () => request("/page/workspaces");
export const state = (workspace, user) => request(`/page/state?${query(workspace, user)}`);
export const action = (body) => request("/page/action", body);
export const faults = () => request("/page/faults");
export const setFaults = (list) => request("/page/faults", { faults: list });
export const advance = (seconds) => request("/page/clock", { advance: seconds });

/**
 * Call `changed` whenever something that this person can see changes, and `connected` with true or false.
 * Returns a function that stops it.
 */
export function listen(workspace, user, changed, connected) {
  const address = new URL(`/page/live?${query(workspace, user)}`, location.href.replace(/^http/, "ws"));
  let socket;
  let timer;
  const connect = () => {
    socket = new WebSocket(address);
    socket.onopen = () => {
      connected(true);
      changed();
    };
    socket.onmessage = () => changed();
    socket.onclose = () => {
      connected(false);
      timer = setTimeout(connect, RECONNECT_MILLISECONDS);
    };
  };
  connect();
  return () => {
    clearTimeout(timer);
    socket.onclose = null;
    socket.close();
  };
}
