// The conversation of one person with the bot: follows it, draws it, and does what the person does.
import { get, post, Refused } from './api.js';
import { draw, dots, element } from './bubbles.js';
import { openPanel } from './panel.js';
import { attachments, says } from './words.js';

const WAIT_SECONDS = 20;
const AGAIN_MILLISECONDS = 1000;
const TROUBLE_MILLISECONDS = 5000;
const HINT_MILLISECONDS = 4000;
const at = (id) => document.getElementById(id);

const state = { about: null, able: new Set(), person: '', edited: null, follower: null };
let troubleTimer = 0;
let hintTimer = 0;

function trouble(text, stays = false) {
  clearTimeout(troubleTimer);
  at('trouble').textContent = text;
  at('trouble').hidden = !text;
  if (text && !stays) troubleTimer = setTimeout(() => trouble(''), TROUBLE_MILLISECONDS);
}

function hint(text) {
  if (!text) return;
  clearTimeout(hintTimer);
  at('hint').textContent = text;
  at('hint').hidden = false;
  hintTimer = setTimeout(() => { at('hint').hidden = true; }, HINT_MILLISECONDS);
}

const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

async function act(verb, body = {}) {
  closeMenu();
  try {
    await post(`people/${encodeURIComponent(state.person)}/${verb}`, body);
    trouble('');
    return true;
  } catch (error) {
    trouble(error instanceof Refused ? error.message : says.away);
    return false;
  }
}

async function tellPeople() {
  const { people } = await get('people');
  const options = people.map(({ id, name }) => element('option', { value: id, textContent: `${name} (${id})` }));
  const before = at('people').value;
  if (at('people').options.length !== options.length) at('people').replaceChildren(...options);
  if (people.some(({ id }) => id === before)) at('people').value = before;
  const me = people.find(({ id }) => id === state.person);
  const mustStart = Boolean(me) && state.able.has('start') && !me.started;
  const blocked = Boolean(me && me.blocked);
  at('start').hidden = !mustStart || blocked;
  at('unblock').hidden = !blocked;
  at('form').hidden = mustStart || blocked;
  return people;
}

function show(conversation) {
  const log = at('log');
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  document.getElementById('typing')?.remove();
  for (const message of conversation.messages) {
    const node = draw(message, state.able, act, beginEdit);
    const old = log.querySelector(`[data-id="${CSS.escape(message.id)}"]`);
    if (old) old.replaceWith(node); else log.append(node);
  }
  log.querySelector('.empty')?.remove();
  if (!log.children.length) log.append(element('p', { className: 'empty', textContent: says.empty }));
  if (conversation.typing && state.able.has('typing')) log.append(dots());
  at('state').textContent = conversation.typing ? says.writes : state.about.title;
  at('state').classList.toggle('busy', conversation.typing);
  at('contact').textContent = conversation.contact_button;
  at('contact').hidden = !conversation.contact_button || !at('unblock').hidden;
  hint(conversation.hint);
  if (atEnd || conversation.messages.some(({ from }) => from === 'person')) log.scrollTop = log.scrollHeight;
}

async function follow(person, signal) {
  let revision = 0;
  let signs = '';
  let wait = 0;
  while (!signal.aborted) {
    try {
      const path = `people/${encodeURIComponent(person)}/messages?after=${revision}&wait=${wait}&signs=${signs}`;
      const conversation = await get(path, signal);
      await tellPeople();
      if (signal.aborted) return;
      show(conversation);
      if (at('trouble').textContent === says.away) trouble('');
      ({ revision, signs } = conversation);
      wait = WAIT_SECONDS;
    } catch (error) {
      if (signal.aborted) return;
      trouble(error instanceof Refused ? error.message : says.away, true);
      await pause(AGAIN_MILLISECONDS);
      wait = 0;
    }
  }
}

function switchTo(person) {
  state.follower?.abort();
  state.follower = new AbortController();
  state.person = person;
  at('people').value = person;
  at('hint').hidden = true;
  endEdit();
  at('log').replaceChildren();
  follow(person, state.follower.signal);
}

function beginEdit(message) {
  state.edited = message.id;
  at('text').value = message.text;
  at('editing').hidden = false;
  at('text').focus();
}

function endEdit() {
  if (state.edited) at('text').value = '';
  state.edited = null;
  at('editing').hidden = true;
}

function grow() {
  at('text').style.height = 'auto';
  at('text').style.height = `${Math.min(at('text').scrollHeight + 2, 128)}px`;
}

async function send() {
  const text = at('text').value;
  if (!text.trim()) return;
  const edited = state.edited;
  const done = await (edited ? act('edit', { message: edited, text }) : act('write', { text }));
  if (!done) return;
  endEdit();
  at('text').value = '';
  grow();
}

function closeMenu() {
  at('menu').hidden = true;
  at('attach').setAttribute('aria-expanded', 'false');
  at('commands').setAttribute('aria-expanded', 'false');
}

function openMenu(opener, items) {
  const open = opener.getAttribute('aria-expanded') === 'true';
  closeMenu();
  if (open) return;
  at('menu').replaceChildren(...items);
  at('menu').hidden = false;
  opener.setAttribute('aria-expanded', 'true');
  at('menu').querySelector('button')?.focus();
}

function openAttachments() {
  const can = attachments.filter(([verb]) => state.able.has(verb));
  openMenu(at('attach'), can.map(([verb, textContent, body]) => element('button', {
    type: 'button', textContent, onclick: () => act(verb, body()),
  })));
}

async function openCommands() {
  state.about = await get('about');
  const items = state.about.commands.map(({ command, description }) => element('button', {
    type: 'button', onclick: () => act('write', { text: `/${command}` }),
  }, element('code', { textContent: `/${command}` }), description));
  openMenu(at('commands'), items.length ? items : [element('p', { textContent: says.noCommands })]);
}

async function addPerson() {
  const name = window.prompt(says.newPerson);
  if (!name || !name.trim()) return;
  const { id } = await post('people', { name: name.trim() });
  await tellPeople();
  switchTo(id);
}

function listen() {
  at('form').onsubmit = (event) => { event.preventDefault(); send(); };
  at('text').oninput = grow;
  at('text').onkeydown = (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  at('people').onchange = () => switchTo(at('people').value);
  at('person-new').onclick = addPerson;
  at('start').onclick = () => act('start');
  at('unblock').onclick = () => act('unblock');
  at('contact').onclick = () => act('contact', { own: true });
  at('attach').onclick = openAttachments;
  at('commands').onclick = openCommands;
  at('edit-cancel').onclick = endEdit;
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') closeMenu(); });
}

async function begin() {
  state.about = await get('about');
  state.able = new Set(state.about.abilities);
  document.title = `${state.about.bot} · ${state.about.title}`;
  at('bot').textContent = state.about.bot;
  at('attach').hidden = !attachments.some(([verb]) => state.able.has(verb));
  at('commands').hidden = !state.able.has('commands');
  listen();
  openPanel(trouble);
  const people = await tellPeople();
  if (people.length) switchTo(people[0].id);
}

begin().catch(() => trouble(says.away, true));
