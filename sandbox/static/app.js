// The entry point of the page: fetches the state, draws it, and keeps both up to date.

import { perform, setRefresh } from "./actions.js";
import { h, show } from "./dom.js";
import { app, channel, page, redraw, onRedraw, workspace } from "./page.js";
import { repositionList } from "./popups.js";
import * as backend from "./backend.js";
import { conversation, listsAtEnd, markRead, restoreScroll, thread } from "./shell/conversation.js";
import { hints } from "./shell/hints.js";
import { home } from "./shell/home.js";
import { drawModals } from "./shell/modal.js";
import { go, placeName, readPlace } from "./shell/place.js";
import { sidebar } from "./shell/sidebar.js";
import { topbar } from "./shell/topbar.js";
import { drawTrouble, onClockMoved } from "./shell/trouble.js";
import { toast } from "./toast.js";

let stopListening = () => {};
let fetching = null;
let stale = false;

function draw() {
  if (!page.state) return;
  const atEnd = listsAtEnd();
  const side = thread();
  const root = document.getElementById("page");
  root.className = side ? "with-thread" : "";
  show(root, topbar(), hints(), h("div", { class: "columns" }, sidebar(), page.place.kind === "home" ? home() : conversation(), side));
  drawModals();
  drawTrouble();
  repositionList();
  restoreScroll(atEnd);
  document.title = `${unreadMark()}${page.place.kind === "home" ? app().name : (document.querySelector("h1")?.textContent ?? "")} – ${workspace().name}`;
}

const unreadMark = () => (page.state.channels.some((each) => each.unread) ? "• " : "");

/** Fetch the state, again if it changed meanwhile, and draw it. */
function refresh() {
  stale = true;
  fetching ??= (async () => {
    try {
      while (stale) {
        stale = false;
        await fetchState();
      }
      redraw();
      markRead();
    } catch (error) {
      if (page.connected) toast(error.message);
    } finally {
      fetching = null;
    }
  })();
  return fetching;
}

async function fetchState() {
  const [workspaceId, user] = [page.workspace, page.user];
  const state = await backend.state(workspaceId, user);
  if (workspaceId !== page.workspace || user !== page.user) {
    stale = true;
    return;
  }
  page.clockOffset = state.now - Date.now() / 1000;
  page.state = state;
  applyAddress();
}

/** Go to the place in the address, or to the first channel. */
function applyAddress() {
  const wanted = readPlace();
  if (wanted.where === "home") page.place = { kind: "home" };
  else if (wanted.where && channel(wanted.where)) page.place = { kind: "conversation", id: wanted.where };
  else page.place = firstPlace();
  page.thread = page.place.kind === "conversation" && wanted.thread ? wanted.thread : null;
}

function firstPlace() {
  const first = page.state.channels.find((each) => each.kind === "channel" && each.member) ?? page.state.channels[0];
  return first ? { kind: "conversation", id: first.id } : { kind: "home" };
}

async function followAddress() {
  const { workspace: wantedWorkspace, user: wantedUser } = readPlace();
  const known = page.workspaces.find((each) => each.id === wantedWorkspace) ?? page.workspaces[0];
  const someone = known.people.find((each) => each.id === wantedUser) ?? known.people.find((each) => each.id === known.visitor);
  const moved = known.id !== page.workspace || someone.id !== page.user;
  const wasHome = !moved && page.place?.kind === "home";
  if (moved) {
    page.workspace = known.id;
    page.user = someone.id;
    stopListening();
    stopListening = backend.listen(known.id, someone.id, refresh, setConnected);
    await refresh();
  } else if (page.state) {
    applyAddress();
    redraw();
    markRead();
  }
  if (page.place?.kind === "home" && !wasHome) await perform("home", {}, { waiting: "home", quiet: true });
  if (page.state && readPlace().where !== placeName()) history.replaceState(null, "", currentHash());
}

const currentHash = () => `#/${[page.workspace, page.user, placeName(), page.thread].filter(Boolean).map(encodeURIComponent).join("/")}`;

function setConnected(yes) {
  if (page.connected === yes) return;
  page.connected = yes;
  redraw();
}

async function start() {
  onRedraw(draw);
  setRefresh(refresh);
  onClockMoved(refresh);
  addEventListener("hashchange", followAddress);
  addEventListener("sandbox:draw", redraw);
  document.addEventListener("visibilitychange", markRead);
  setInterval(redraw, 30_000);
  try {
    page.workspaces = (await backend.workspaces()).workspaces;
    await followAddress();
    if (!location.hash) go({});
  } catch (error) {
    show(document.getElementById("page"), h("p", { class: "loading", role: "alert" }, error.message, " ", h("button", { type: "button", class: "button", onclick: () => location.reload() }, "Try again")));
  }
}

start();
