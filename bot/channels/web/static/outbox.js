// Sends own messages one after the other and keeps trying until the server has each of them.
import * as list from './list.js';

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30000;
const REQUEST_LIMIT_MS = 15000;
const SERVER_ERROR_TRIES = 5;
const WORTH_A_RETRY = [401, 408, 425, 429];
const STORED = 'kawan.unsent';

function newId() {
  const digit = () => (crypto.getRandomValues(new Uint8Array(1))[0] % 16).toString(16);
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, digit);
}

export function backoff(count) {
  return Math.min(FIRST_RETRY_MS * 2 ** count, LONGEST_RETRY_MS) * (0.75 + Math.random() / 2);
}

export async function request(method, path, body) {
  const abort = new AbortController();
  const limit = setTimeout(() => abort.abort(), REQUEST_LIMIT_MS);
  // Before Chrome 72 a request carried no cookie unless told to.
  const options = { method, credentials: 'same-origin', cache: 'no-store', signal: abort.signal };
  if (body) Object.assign(options, { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  try {
    const response = await fetch(path, options);
    const reply = await response.json().catch(() => null);
    const wait = Number(response.headers.get('Retry-After')) || 0;
    return { status: response.status, ok: response.ok, wait, message: ((reply || {}).error || {}).message };
  } catch (error) {
    return { status: 0, ok: false, wait: 0 };
  } finally {
    clearTimeout(limit);
  }
}

// Storage of this tab only, and gone with it: what is not sent yet is not masked yet.
function restore() {
  try {
    return JSON.parse(sessionStorage.getItem(STORED)) || [];
  } catch (error) {
    return [];
  }
}

const LINK = /kp1_[\w-]{8,}/g;
let unsent = restore();
let sending = false, failures = 0, waitsForServer = false, retryTimer;
let told = {}; // whom to tell: { onAccept, onEdit }

function keep() {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(unsent));
  } catch (error) {
    // Storage is full or forbidden: the message still goes out, it only cannot survive a reload.
    return;
  }
}

export function forget(id) {
  unsent = unsent.filter((item) => item.id !== id);
  keep();
}

function draw(item) {
  // A link is a key, and screens are looked at by others.
  const text = (item.text || item.title).replace(LINK, '[tautan]');
  list.show({ id: item.id, from: 'person', text, at: item.at }, !item.refused);
  // A refused choice needs no button: it can be pressed again where it stands.
  const again = item.text && { label: 'Ubah', press: () => edit(item) };
  if (item.refused) list.state(item.id, 'gagal. ' + item.refused, again, true);
  else list.state(item.id, 'mengirim…');
}

export function add(content) {
  const item = Object.assign({ id: newId(), at: new Date().toISOString() }, content);
  unsent.push(item);
  keep();
  draw(item);
  deliver();
}

async function deliver() {
  if (sending) return;
  sending = true;
  clearTimeout(retryTimer);
  for (let item; (item = unsent.find((one) => !one.refused));) {
    list.state(item.id, 'mengirim…');
    const content = item.choice ? { choice: item.choice, title: item.title } : { text: item.text };
    const reply = await request('POST', '/chat/messages', Object.assign({ id: item.id }, content));
    if (!unsent.includes(item)) continue; // forgotten meanwhile, or the event stream has already shown it
    failures = reply.ok ? 0 : failures + 1;
    if (reply.ok) accept(item);
    else if (isFinal(reply.status)) refuse(item, reply.message || 'Pesan ini tidak dapat dikirim.');
    else {
      postpone(item, reply);
      break;
    }
  }
  sending = false;
}

function isFinal(status) {
  if (status === 500) return failures >= SERVER_ERROR_TRIES;
  return status >= 300 && status < 500 && !WORTH_A_RETRY.includes(status);
}

function accept(item) {
  forget(item.id);
  list.state(item.id, 'terkirim');
  told.onAccept(item.id);
}

function refuse(item, reason) {
  failures = 0;
  item.refused = reason;
  keep();
  draw(item);
}

function edit(item) {
  forget(item.id);
  list.remove(item.id);
  told.onEdit(item.text);
}

function postpone(item, reply) {
  waitsForServer = reply.wait > 0;
  const reason = reply.message || 'Akan dikirim lagi otomatis.';
  list.state(item.id, 'gagal. ' + reason, { label: 'Coba lagi', press: deliver }, true);
  if (reply.status === 401) request('HEAD', '/'); // loading the page renews a lost session
  retryTimer = setTimeout(deliver, Math.max(reply.wait * 1000, backoff(failures - 1)));
}

export function start(handlers) {
  told = handlers;
  unsent.forEach(draw);
  deliver();
}

export function forgetAll() {
  unsent.map((item) => item.id).forEach(forget);
}

// The line is back: no reason to sit out the backoff, unless the server itself named a time.
export function hurry() {
  if (!waitsForServer) deliver();
}
