// The fakes against others' code: npm web-push encrypts and signs for them, node:crypto signs for
// Google. What they accept of ours is then worth something.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSign, randomBytes } from 'node:crypto';
import http2 from 'node:http2';
import { createInterface } from 'node:readline';
import test from 'node:test';
import webpush from 'web-push';

const here = new URL('.', import.meta.url).pathname;
const vapid = webpush.generateVAPIDKeys();
const vapidDetails = {
  subject: 'mailto:ops@example.org',
  publicKey: vapid.publicKey,
  privateKey: vapid.privateKey,
};

async function startFake(t, ...options) {
  const child = spawn('node', [`${here}fake_push.mjs`, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill());
  const lines = createInterface({ input: child.stdout });
  const [first] = await new Promise((done) => lines.once('line', (line) => done([line])));
  const fake = JSON.parse(first);
  fake.post = async (path, body, headers = {}) =>
    fetch(fake.origin + path, { method: 'POST', body, headers });
  fake.subscribe = async (count = 1) =>
    (await fake.post('/__subscribe', JSON.stringify({ count, key: vapid.publicKey }))).json();
  fake.report = async () => (await fetch(`${fake.origin}/__report`)).json();
  return fake;
}

const payload = (id) =>
  JSON.stringify({ title: 'Ann', body: 'started a ruck', data: { type: 'ruck_started', message_id: id } });

function webRequest(subscription, text, changes = {}) {
  const request = webpush.generateRequestDetails(subscription, text, {
    vapidDetails, TTL: 60, urgency: 'high', topic: 'ruck17', contentEncoding: 'aes128gcm', ...changes,
  });
  delete request.headers['Content-Length'];
  return request;
}
const send = async (request) =>
  (await fetch(request.endpoint, { method: 'POST', headers: request.headers, body: request.body })).status;

test('what npm web-push sends is read', async (t) => {
  const fake = await startFake(t);
  const [subscription] = await fake.subscribe();
  assert.equal(await send(webRequest(subscription, payload('m1'))), 201);
  assert.equal(await send(webRequest(subscription, payload('m1'))), 201);
  const { web } = await fake.report();
  const id = subscription.endpoint.split('/').at(-1);
  assert.deepEqual(web.devices, { [id]: { m1: 2 } });
  assert.equal(web.duplicates, 1);
  assert.deepEqual(web.problems, []);
});

test('a push service refuses what breaks a rule', async (t) => {
  const fake = await startFake(t);
  const [subscription] = await fake.subscribe();
  const other = webpush.generateVAPIDKeys();
  const cases = {
    'TTL is missing': [400, (r) => delete r.headers.TTL],
    'Urgency is wrong': [400, (r) => (r.headers.Urgency = 'now')],
    'Topic is wrong': [400, (r) => (r.headers.Topic = 'a topic')],
    'Content-Encoding is wrong': [400, (r) => (r.headers['Content-Encoding'] = 'aesgcm')],
    'the body is too large': [413, (r) => (r.body = randomBytes(4097))],
    'Authorization is no vapid t=…, k=…': [401, (r) => delete r.headers.Authorization],
    'the browser cannot read it': [400, (r) => (r.body[r.body.length - 1] ^= 1)],
    'the signature is wrong': [403, (r) =>
      (r.headers.Authorization = r.headers.Authorization.replace(/\.([\w-])([\w-]+),/, (_, a, b) =>
        `.${a === 'A' ? 'B' : 'A'}${b},`))],
    'k is not the key of the subscription': [403, (r) =>
      (r.headers.Authorization = r.headers.Authorization.replace(vapid.publicKey, other.publicKey))],
  };
  for (const [reason, [status, spoil]] of Object.entries(cases)) {
    const request = webRequest(subscription, payload('m1'));
    spoil(request);
    assert.equal(await send(request), status, reason);
    const { web } = await fake.report();
    assert.ok(web.problems.at(-1).startsWith(reason), `${web.problems.at(-1)} for ${reason}`);
    assert.equal(web.accepted, 0);
  }
});

test('a subscription that was withdrawn is gone', async (t) => {
  const fake = await startFake(t);
  const [subscription] = await fake.subscribe();
  const id = subscription.endpoint.split('/').at(-1);
  await fake.post('/__unsubscribe', JSON.stringify({ id }));
  assert.equal(await send(webRequest(subscription, payload('m1'))), 410);
  assert.equal(await send(webRequest(subscription, payload('m2'))), 410);
  const { web } = await fake.report();
  assert.deepEqual(web.dead, [id]);
  assert.equal(web.afterDeath, 1);
  assert.equal(await send({ ...webRequest(subscription, payload('m1')), endpoint: `${fake.origin}/push/none` }), 404);
});

// ---- Firebase ----------------------------------------------------------------------------------

function assertion(account, changes = {}) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: account.client_email,
    scope: 'https://www.googleapis.com/auth/firebase.messaging',
    aud: account.token_uri,
    iat: now,
    exp: now + 3600,
    ...changes,
  };
  const text = `${part({ alg: 'RS256', typ: 'JWT', kid: account.private_key_id })}.${part(claims)}`;
  const signature = createSign('sha256').update(text).sign(account.private_key, 'base64url');
  return `${text}.${signature}`;
}
const askToken = (fake, changes) =>
  fetch(fake.account.token_uri, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: assertion(fake.account, changes),
    }).toString(),
  });

const message = (token, changes = {}) => ({
  token,
  notification: { title: 'Ann', body: 'started a ruck' },
  data: { type: 'ruck_started', message_id: 'm1' },
  android: { priority: 'HIGH', ttl: '3600s', notification: { channel_id: 'rucking_app_notifications' } },
  apns: {
    headers: { 'apns-push-type': 'alert', 'apns-priority': '10', 'apns-expiration': '1' },
    payload: { aps: { sound: 'default' } },
  },
  ...changes,
});

async function sendFcm(fake, access, content) {
  const reply = await fake.post(
    `/v1/projects/${fake.account.project_id}/messages:send`,
    JSON.stringify({ message: content }),
    { authorization: `Bearer ${access}`, 'content-type': 'application/json' },
  );
  const { error } = JSON.parse((await reply.text()) || '{}');
  const [first, second] = error?.details ?? [];
  return [reply.status, first?.errorCode, second?.fieldViolations[0].field];
}

test('a token is given for a right assertion only', async (t) => {
  const fake = await startFake(t);
  assert.equal((await askToken(fake)).status, 200);
  for (const changes of [
    { iss: 'x' }, { aud: 'https://oauth2.googleapis.com/token' }, { scope: 'x' }, { iat: 1 }, { exp: 1 },
    { exp: Math.floor(Date.now() / 1000) + 7200 },
  ]) {
    assert.equal((await askToken(fake, changes)).status, 400, JSON.stringify(changes));
  }
  const { oauth } = (await fake.report()).fcm;
  assert.equal(oauth.granted, 1);
  assert.equal(oauth.refused, 6);
});

test('Firebase takes right messages and says what is wrong with others', async (t) => {
  const fake = await startFake(t);
  const { access_token: access } = await (await askToken(fake)).json();
  assert.deepEqual(await sendFcm(fake, 'other', message('d1')), [401, '', undefined]);
  assert.deepEqual(await sendFcm(fake, access, message('d1')), [200, undefined, undefined]);
  assert.deepEqual(await sendFcm(fake, access, message('dead-1')), [404, 'UNREGISTERED', undefined]);
  assert.deepEqual(await sendFcm(fake, access, message('other-1')), [403, 'SENDER_ID_MISMATCH', undefined]);
  assert.deepEqual(await sendFcm(fake, access, message('bad-1')), [400, 'INVALID_ARGUMENT', 'message.token']);
  const wrong = { data: { type: 'x', count: 1 } };
  assert.deepEqual(await sendFcm(fake, access, message('d1', wrong)), [400, 'INVALID_ARGUMENT', 'message.data']);
  const { fcm } = await fake.report();
  assert.deepEqual(fcm.devices.d1, { m1: 1 });
  assert.equal(fcm.problems.length, 1);
  await fake.post('/__revoke');
  assert.equal((await sendFcm(fake, access, message('d1')))[0], 401);
});

// ---- how they misbehave ------------------------------------------------------------------------

test('the same seed misbehaves in the same way', async (t) => {
  const outcomes = async () => {
    const fake = await startFake(t, '--seed', '7', '--errors', '0.2', '--quota', '0.2', '--resets', '0.1');
    const { access_token: access } = await (await askToken(fake)).json();
    const statuses = [];
    for (let i = 0; i < 60; ++i) {
      statuses.push(await sendFcm(fake, access, message(`d${i}`)).then(([status]) => status, () => 'cut'));
    }
    return { statuses, moods: (await fake.report()).moods };
  };
  const [one, two] = [await outcomes(), await outcomes()];
  assert.deepEqual(one, two);
  assert.ok(one.moods.errors > 0 && one.moods.quota > 0 && one.moods.resets > 0);
});

test('HTTP/2 in the clear is spoken, and a connection says when it ends', async (t) => {
  const fake = await startFake(t, '--goaway-every', '3');
  const session = http2.connect(fake.origin);
  const ended = new Promise((done) => session.on('goaway', done));
  for (let i = 0; i < 3; ++i) {
    const stream = session.request({ ':method': 'POST', ':path': '/push/none' });
    stream.end();
    const headers = await new Promise((done) => stream.on('response', done));
    assert.equal(headers[':status'], 404);
  }
  await ended;
  session.close();
  const { versions, moods } = await fake.report();
  assert.equal(versions['2.0'], 3);
  assert.equal(moods.goaways, 1);
});
