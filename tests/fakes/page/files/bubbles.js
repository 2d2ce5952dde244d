// Draws messages. Texts only ever become text nodes, and links only go to http, https and tg addresses.
import { kinds, says, states } from './words.js';

const SAFE = /^(https?|tg):/i;
const clock = new Intl.DateTimeFormat('id-ID', { hour: '2-digit', minute: '2-digit' });

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function link(href, text, className = '') {
  return element('a', { href, className, target: '_blank', rel: 'noopener noreferrer', textContent: text });
}

function span({ text, styles = [], href = '' }) {
  if (SAFE.test(href)) return link(href, text, styles.join(' '));
  if (!styles.length) return document.createTextNode(text);
  const made = element('span', { className: styles.join(' '), textContent: text });
  if (styles.includes('spoiler')) made.tabIndex = 0;
  return made;
}

function words(message) {
  if (message.state === 'deleted') return [says.deleted];
  return message.spans ? message.spans.map(span) : [message.text];
}

function bubble(message) {
  const made = element('div', { className: 'bubble' });
  const kind = kinds[message.kind];
  if (kind) made.append(element('span', { className: 'kind', textContent: kind }));
  if (message.text || message.state === 'deleted') made.append(element('div', { className: 'text' }, ...words(message)));
  if (message.kind === 'notice') return made;
  const facts = [clock.format(new Date(message.at * 1000)), states[message.state]].filter(Boolean);
  made.append(element('span', { className: 'meta', textContent: facts.join(' · ') }));
  return made;
}

function button(message, one, act) {
  if (SAFE.test(one.url || '')) return link(one.url, one.title);
  const press = () => act('press', { id: one.id, message: message.id });
  return element('button', { type: 'button', textContent: one.title, onclick: press });
}

function rows(message, act) {
  const made = element('div', { className: 'buttons' });
  for (const row of message.buttons) {
    made.append(element('div', { className: 'row' }, ...row.map((one) => button(message, one, act))));
  }
  return made;
}

function list(message, act) {
  const made = element('details', { className: 'list' }, element('summary', { textContent: message.list.title }));
  for (const row of message.list.rows) {
    const pick = element('button', { type: 'button', onclick: () => act('press', { id: row.id, message: message.id }) });
    pick.append(element('span', { textContent: row.title }));
    if (row.description) pick.append(element('small', { textContent: row.description }));
    made.append(pick);
  }
  return made;
}

// What a person can still do with a message of theirs, beside its time.
function addOwn(meta, message, able, act, edit) {
  const add = (label, onclick) => meta.append(element('button', { type: 'button', textContent: label, onclick }));
  if (able.has('edit') && message.kind === 'text') add(says.edit, () => edit(message));
  if (able.has('revoke')) add(says.revoke, () => act('revoke', { message: message.id }));
}

// One message as a node. `act(verb, body)` does something as the person; `edit(message)` begins a change of it.
export function draw(message, able, act, edit) {
  const side = message.kind === 'notice' ? 'notice' : message.from;
  const made = element('article', { className: `msg ${side}` }, bubble(message));
  made.dataset.id = message.id;
  if (message.state === 'deleted') {
    made.classList.add('gone');
    return made;
  }
  if (message.buttons) made.append(rows(message, act));
  if (message.list) made.append(list(message, act));
  if (side === 'person') addOwn(made.querySelector('.meta'), message, able, act, edit);
  return made;
}

export function dots() {
  const inner = element('div', { className: 'bubble dots' }, element('i'), element('i'), element('i'));
  return element('div', { className: 'msg bot', id: 'typing', ariaHidden: 'true' }, inner);
}
