// People of the server under test.
import assert from 'node:assert/strict';
import { ask } from './caches.mjs';

export const JSON_TYPE = { 'content-type': 'application/json' };

export async function post(port, path, body, token) {
  const headers = { ...JSON_TYPE, ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const reply = await ask(port, path, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.ok(reply.status < 300, `${path}: ${reply.status} ${reply.body}`);
  return { ...reply, json: JSON.parse(reply.body) };
}

export async function signUp(port, name) {
  const reply = await post(port, '/api/auth/signup', {
    email: `${name}@example.org`, password: 'correct horse', username: name, weight_kg: 80,
    prefer_metric: true,
  });
  const cookie = (reply.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ');
  return { name, token: reply.json.token ?? reply.json.access_token, id: reply.json.user.id, cookie };
}
/** The headers of a request of theirs, or of nobody's. */
export const as = (person) => (person ? { authorization: `Bearer ${person.token}` } : {});
