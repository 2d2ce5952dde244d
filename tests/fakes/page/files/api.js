// The JSON addresses behind the page; README.md beside this folder describes them.

export class Refused extends Error {}

async function call(path, options) {
  const response = await fetch(`/_control/${path}`, options);
  const body = await response.json();
  if (!response.ok) throw new Refused(body.error || String(response.status));
  return body;
}

export const get = (path, signal) => call(path, { signal });

export const post = (path, body = {}) => call(path, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});
