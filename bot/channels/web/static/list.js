// The message list: bubbles in the server's order, choices, days, states of own messages, scrolling.
import { clock, dayName, dayOf, linked } from './words.js';

const SPEAKERS = { person: 'Anda: ', bot: 'Kawan: ', staff: 'Petugas' };
const AT_END_PX = 60;

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

function button(label, onPress) {
  const node = element('button', '', label);
  node.type = 'button';
  node.addEventListener('click', onPress);
  return node;
}

const byId = (id) => document.getElementById(id);
const log = byId('log'), typing = byId('typing'), spoken = byId('spoken'), newer = byId('newer');
const header = document.querySelector('header');
const nodes = new Map(); // message id -> its node
let pinned = true; // the end is in view and stays in view

const bottom = () => document.documentElement.scrollHeight - window.innerHeight;
export const isReplaying = () => log.getAttribute('aria-busy') === 'true';
export const isEmpty = () => !nodes.size;
export const isLocal = (id) => nodes.has(id) && nodes.get(id).classList.contains('local');

function build(message) {
  const from = SPEAKERS[message.from] ? message.from : 'bot';
  const node = element('div', 'msg ' + from + (isReplaying() ? '' : ' fresh'));
  const bubble = element('div', 'bubble'), text = element('p', 'text'), meta = element('p', 'meta');
  text.dir = 'auto';
  bubble.append(element('span', from === 'staff' ? 'name' : 'unseen', SPEAKERS[from]), text);
  meta.append(element('time'), element('span', 'state'));
  node.append(element('p', 'day'), bubble, meta, element('div', 'choices'));
  return node;
}

function fill(node, message, onChoice) {
  const text = node.querySelector('.text'), time = node.querySelector('time');
  const at = Date.parse(message.at) || Date.now();
  if (text.textContent !== message.text) {
    text.textContent = '';
    // A person forwards suspicious links to have them checked: those must not become one tap away.
    text.append(message.from === 'person' ? message.text : linked(message.text));
  }
  node.dataset.day = dayOf(at);
  time.dateTime = new Date(at).toISOString();
  time.textContent = clock(at);
  time.title = time.textContent + ' WIB';
  offer(node.querySelector('.choices'), message.choices || [], onChoice);
}

function offer(group, choices, onChoice) {
  if (group.childNodes.length || !choices.length) return;
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', 'Pilihan');
  choices.forEach((choice, index) => {
    const option = button('', () => onChoice(choice));
    option.append(element('span', 'number', String(index + 1)), ' ', element('span', '', choice.title));
    group.append(option);
  });
}

// What the server has told keeps the server's order; own messages it has not told yet ("local") stay below it.
export function show(message, local, onChoice) {
  const known = nodes.get(message.id);
  const node = known || build(message);
  if (!known && (message.from === 'person' || (message.choices || []).length)) {
    log.querySelectorAll('.choices').forEach((old) => old.classList.add('old'));
  }
  nodes.set(message.id, node);
  fill(node, message, onChoice);
  node.classList.toggle('local', local);
  const below = local ? null : log.querySelector('.local');
  const misplaced = known && below && node.compareDocumentPosition(below) & Node.DOCUMENT_POSITION_PRECEDING;
  if (!known || misplaced) log.insertBefore(node, below);
  divideDays();
  if (!known) reveal(node, local);
}

function divideDays() {
  let last = '';
  log.querySelectorAll('.msg[data-day]').forEach((node) => {
    const label = node.firstChild, name = dayName(Number(node.dataset.day));
    label.hidden = node.dataset.day === last;
    if (label.textContent !== name) label.textContent = name;
    last = node.dataset.day;
  });
}

export function state(id, label, action, failed) {
  const node = nodes.get(id);
  if (!node) return;
  node.classList.toggle('failed', Boolean(failed));
  node.querySelector('.state').textContent = label && ' · ' + label;
  node.querySelectorAll('.again').forEach((old) => old.remove());
  if (action) {
    const again = button(action.label, action.press);
    again.className = 'again';
    node.append(again);
  }
  if (failed && pinned) toEnd();
}

export function remove(id) {
  if (nodes.has(id)) nodes.get(id).remove();
  nodes.delete(id);
  divideDays();
}

export function clear() {
  Array.from(nodes.keys()).forEach(remove);
  type(false);
}

export function type(active) {
  typing.hidden = !active;
  spoken.textContent = active ? 'Kawan sedang mengetik…' : '';
  if (active && pinned) toEnd();
}

export function replay(active) {
  log.setAttribute('aria-busy', String(active));
}

function toEnd() {
  pinned = true;
  window.scrollTo(0, bottom());
  newer.hidden = true;
}

function reveal(node, own) {
  if (own || (pinned && isReplaying())) toEnd();
  else if (pinned) {
    // A long answer is read from its first line.
    const top = node.getBoundingClientRect().top + window.pageYOffset - header.offsetHeight - 8;
    window.scrollTo(0, Math.min(top, bottom()));
  } else newer.hidden = false;
}

newer.addEventListener('click', toEnd);
window.addEventListener('resize', () => pinned && toEnd());
window.addEventListener('scroll', () => {
  pinned = window.pageYOffset > bottom() - AT_END_PX;
  if (pinned) newer.hidden = true;
}, { passive: true });
