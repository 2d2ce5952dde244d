// The chat page: joins the event stream, the message list, the outbox, the text box and the menu.
import * as list from './list.js';
import * as outbox from './outbox.js';

const ANSWER_LIMIT_MS = 45000;
const ECHO_LIMIT_MS = 8000;
const QUIET_MS = 300; // no event for this long: the replay of the history is over
const FIRST_QUIET_MS = 2000;
const OFFLINE_AFTER_MS = 2500; // a shorter interruption is not worth a word
const NOTICE_MS = 8000;
const SLEPT_MS = 60000;
const SAME_PRESS_MS = 1000;
const FORGOTTEN = 'kawan.forgotten';
const LINK = /^#hubungkan=([A-Za-z0-9_-]{1,64})$/;

const byId = (id) => document.getElementById(id);
const form = byId('form'), input = byId('input'), menu = byId('menu'), panel = byId('panel');
const starters = byId('starters'), strip = byId('strip');
const hasMouse = matchMedia('(hover: hover) and (pointer: fine)').matches;
// Without a send key on the screen keyboard, its Enter key promises a new line and has to keep the promise.
const enterSends = hasMouse || 'enterKeyHint' in HTMLElement.prototype;

const answered = new Set(); // an answer may arrive before the receipt of its question
const waiting = new Map(); // own message id -> timer that stops waiting for its answer
let stream = null, refusals = 0, offline = false, notice = '', staffed = false, hiddenSince = 0;
let reopenTimer, offlineTimer, quietTimer, noticeTimer;
let lastPress = { id: '', at: 0 };

function choose(choice) {
  if (lastPress.id === choice.id && Date.now() - lastPress.at < SAME_PRESS_MS) return;
  lastPress = { id: choice.id, at: Date.now() };
  say({ choice: choice.id, title: choice.title });
}

function say(content) {
  starters.hidden = true;
  outbox.add(content);
}

function onAccept(id) {
  awaitAnswer(id, Date.now());
  // An accepted message that does not come back means a dead stream that nobody has noticed.
  setTimeout(() => list.isLocal(id) && connect(), ECHO_LIMIT_MS);
}

function awaitAnswer(id, since) {
  if (answered.has(id)) list.state(id, '');
  const left = Math.min(since + ANSWER_LIMIT_MS - Date.now(), ANSWER_LIMIT_MS);
  // Staff answer in their own time: no dots for them.
  if (answered.has(id) || waiting.has(id) || staffed || left <= 0) return;
  waiting.set(id, setTimeout(stopWaiting, left, id));
  list.type(true);
}

function stopWaiting(id) {
  clearTimeout(waiting.get(id));
  waiting.delete(id);
  list.type(waiting.size > 0);
}

function receive(event) {
  let message;
  try {
    message = JSON.parse(event.data);
  } catch (error) {
    return;
  }
  const own = message.from === 'person';
  if (own) outbox.forget(message.id);
  else staffed = message.from === 'staff';
  starters.hidden = true;
  (message.answers || []).forEach((id) => {
    answered.add(id);
    list.state(id, '');
    stopWaiting(id);
  });
  if (staffed) Array.from(waiting.keys()).forEach(stopWaiting);
  // An own message seen on its way out is new, whatever this device's clock makes of the server's time.
  const sentAt = list.isLocal(message.id) ? Date.now() : Date.parse(message.at) || 0;
  list.show(message, false, choose);
  if (own) {
    list.state(message.id, 'terkirim');
    awaitAnswer(message.id, sentAt);
  }
  if (list.isReplaying()) settleAfter(QUIET_MS);
}

function settleAfter(quiet) {
  clearTimeout(quietTimer);
  quietTimer = setTimeout(() => {
    list.replay(false);
    starters.hidden = !list.isEmpty();
  }, quiet);
}

function connect() {
  clearTimeout(reopenTimer);
  if (stream) stream.close();
  list.replay(true);
  settleAfter(FIRST_QUIET_MS);
  const opened = stream = new EventSource('/chat/events');
  opened.onmessage = receive;
  opened.onopen = () => {
    refusals = 0;
    clearTimeout(offlineTimer);
    offlineTimer = undefined;
    offline = false;
    drawStrip();
    if (list.isReplaying()) settleAfter(QUIET_MS);
    outbox.hurry();
  };
  opened.onerror = () => {
    offlineTimer = offlineTimer || setTimeout(() => {
      offline = true;
      drawStrip();
    }, OFFLINE_AFTER_MS);
    if (opened.readyState !== EventSource.CLOSED) return; // the browser itself is trying again
    reopenTimer = setTimeout(reopen, outbox.backoff(refusals));
    refusals += 1;
  };
}

// A refused stream may mean a lost session, and loading the page renews it.
async function reopen() {
  await outbox.request('HEAD', '/');
  connect();
}

function drawStrip() {
  const text = offline ? 'Sambungan terputus, mencoba lagi…' : notice;
  if (strip.textContent !== text) strip.textContent = text;
}

function tell(text) {
  notice = text;
  drawStrip();
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(tell, NOTICE_MS, '');
}

function resize() {
  input.style.height = 'auto';
  input.style.height = input.scrollHeight + 'px';
}

function edit(text) {
  input.value = input.value.trim() ? text + '\n' + input.value : text;
  resize();
  input.focus();
}

function submit(event) {
  event.preventDefault();
  const text = input.value.trim();
  input.focus();
  if (!text) return;
  input.value = '';
  resize();
  tell('');
  say({ text });
}

// A link from the dashboard. It is sent by the person and not by the page: any site could lead here with a link of its own.
function takeLink() {
  const found = LINK.exec(location.hash);
  if (!found) return;
  history.replaceState(null, '', location.pathname); // out of the address bar, where others might read it
  input.value = 'HUBUNGKAN ' + found[1];
  resize();
  input.focus();
  tell('Tekan kirim untuk menghubungkan akun Prakerja ke chat ini.');
}

function onKey(event) {
  // 229: the key belongs to an input method that is still composing a word.
  const sends = event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
  if (sends && enterSends) submit(event);
}

function openMenu(open) {
  panel.hidden = !open;
  menu.setAttribute('aria-expanded', String(open));
}

async function startOver() {
  openMenu(false);
  menu.focus();
  const reply = await outbox.request('POST', '/chat/forget', {});
  if (!reply.ok) return tell('Percakapan baru belum bisa dimulai. Coba sebentar lagi.');
  clear();
  input.focus();
  // Other tabs of this browser show the same session. Without storage there is no telling them.
  if (window.localStorage) localStorage.setItem(FORGOTTEN, String(Date.now()));
}

function clear() {
  outbox.forgetAll();
  Array.from(waiting.keys()).forEach(stopWaiting);
  staffed = false;
  list.clear();
  connect();
}

form.addEventListener('submit', submit);
input.addEventListener('keydown', onKey);
input.addEventListener('input', resize);
byId('send').addEventListener('mousedown', (event) => event.preventDefault()); // keeps a screen keyboard open
starters.querySelectorAll('button').forEach((starter) => {
  starter.addEventListener('click', () => say({ text: starter.textContent }));
});
menu.addEventListener('click', () => openMenu(panel.hidden));
byId('forget').addEventListener('click', startOver);
document.addEventListener('click', (event) => {
  if (!menu.contains(event.target) && !panel.contains(event.target)) openMenu(false);
});
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || panel.hidden) return;
  openMenu(false);
  menu.focus();
});
window.addEventListener('hashchange', takeLink);
window.addEventListener('online', connect);
window.addEventListener('storage', (event) => {
  if (event.key === FORGOTTEN) clear();
});
document.addEventListener('visibilitychange', () => {
  // A phone that slept often wakes up with a stream that is dead without knowing it.
  if (document.hidden) hiddenSince = Date.now();
  else if (Date.now() - hiddenSince > SLEPT_MS) connect();
});

form.hidden = false;
if (hasMouse) input.focus();
connect();
outbox.start({ onAccept, onEdit: edit });
takeLink();
