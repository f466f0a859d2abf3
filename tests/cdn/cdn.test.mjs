// The real server behind real caches. What is the same for all comes out of the cache at the second
// visit; what is one person's never does, to nobody.
import assert from 'node:assert/strict';
import test from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { ask, CACHES, isHit, isKeptPrivate, startServer } from './caches.mjs';
import { as, JSON_TYPE, post, signUp } from './people.mjs';

const ENCODINGS = ['identity', 'gzip', 'br'];
const NEVER_STALE = ['/', '/index.html', '/app.webmanifest', '/sw.js', '/icon.svg', '/settings'];
const SECRET = 'Behind the old mill';

function plain({ headers, body }) {
  if (headers['content-encoding'] === 'gzip') return gunzipSync(body);
  if (headers['content-encoding'] === 'br') return brotliDecompressSync(body);
  return body;
}

/** Every hashed file that the app can ask for: named in a page, a script or a style. */
async function assetsOf(port) {
  const found = new Set();
  const waiting = ['/', '/sw.js'];
  for (let path = waiting.pop(); path; path = waiting.pop()) {
    const reply = await ask(port, path);
    if (reply.status !== 200) continue;
    for (const [name] of reply.body.toString('latin1').matchAll(/assets\/[\w.-]+\.\w+/g)) {
      if (found.has(`/${name}`)) continue;
      found.add(`/${name}`);
      if (/\.(js|css)$/.test(name)) waiting.push(`/${name}`);
    }
  }
  return [...found].sort();
}

/** All that the API document names: {method, path} with parameters filled in. */
async function operationsOf(port, values) {
  const document = JSON.parse((await ask(port, '/api/openapi.json')).body);
  const all = [];
  for (const [template, methods] of Object.entries(document.paths)) {
    for (const method of Object.keys(methods)) {
      if (!['get', 'post', 'put', 'patch', 'delete'].includes(method)) continue;
      const path = template.replace(/\{(\w+)\}/g, (_, name) =>
        name === 'id' && /\/(users|people)\//.test(template) ? values.user
          : /user/.test(name) ? values.user : values.ruck);
      all.push({ method: method.toUpperCase(), path, template });
    }
  }
  return all;
}

for (const [name, startCache] of Object.entries(CACHES)) {
  test(`${name}: what is the same for all comes out of the cache at the second visit`, async (t) => {
    const server = await startServer(t);
    const cache = await startCache(t, server);
    const assets = await assetsOf(server);
    assert.ok(assets.length > 5, `only ${assets.length} files`);
    assert.ok(assets.some((path) => path.endsWith('.wasm')), 'the engine is one of them');
    let hits = 0;
    for (const visit of [1, 2]) {
      for (const encoding of ENCODINGS) {
        for (const path of assets) {
          const headers = { 'accept-encoding': encoding };
          const [cached, own] = [await ask(cache, path, { headers }), await ask(server, path, { headers })];
          assert.equal(cached.status, 200, path);
          // Varnish knows gzip alone: who takes nothing but br gets it as it is.
          const got = cached.headers['content-encoding'] ?? 'identity';
          assert.ok(got === encoding || got === 'identity', `${got} for ${encoding}: ${path}`);
          assert.ok(plain(cached).equals(plain(own)), `${encoding} ${path}`);
          assert.match(cached.headers['cache-control'], /public.*max-age=31536000.*immutable/);
          if (visit === 2) hits += isHit(cached) ? 1 : 0;
        }
      }
    }
    t.diagnostic(`${hits} of ${assets.length * ENCODINGS.length} files in three encodings were hits`);
    assert.equal(hits, assets.length * ENCODINGS.length);
  });

  test(`${name}: of a cached file a part, its head and "not modified" are right`, async (t) => {
    const server = await startServer(t);
    const cache = await startCache(t, server);
    const path = (await assetsOf(server)).find((each) => each.endsWith('.js'));
    const whole = {};
    for (const encoding of [...ENCODINGS, ...ENCODINGS]) {
      whole[encoding] = await ask(cache, path, { headers: { 'accept-encoding': encoding } });
    }
    const differ = (a, b) => !whole[a].body.equals(whole[b].body);
    assert.ok(differ('identity', 'gzip'));
    for (const encoding of ENCODINGS) {
      assert.ok(plain(whole[encoding]).equals(whole.identity.body), encoding);
      const headers = { 'accept-encoding': encoding };
      const { etag } = whole[encoding].headers;
      const part = await ask(cache, path, { headers: { ...headers, range: 'bytes=10-109' } });
      if (part.status === 206) {
        assert.ok(part.body.equals(whole[encoding].body.subarray(10, 110)), encoding);
      } else {
        assert.ok(part.body.equals(whole[encoding].body), encoding);
      }
      const head = await ask(cache, path, { method: 'HEAD', headers });
      assert.equal(head.status, 200);
      assert.equal(head.body.length, 0);
      assert.equal(head.headers['content-encoding'], whole[encoding].headers['content-encoding']);
      const same = await ask(cache, path, { headers: { ...headers, 'if-none-match': etag } });
      assert.equal(same.status, 304, encoding);
      for (const other of ENCODINGS.filter((each) => differ(each, encoding))) {
        assert.notEqual(etag, whole[other].headers.etag, 'a strong ETag names one sequence of bytes');
        const rest = { ...headers, range: 'bytes=10-109', 'if-range': whole[other].headers.etag };
        assert.equal((await ask(cache, path, { headers: rest })).status, 200, `${other} and ${encoding} mixed`);
      }
    }
  });

  test(`${name}: pages, the manifest and the service worker are never old`, async (t) => {
    const server = await startServer(t);
    const cache = await startCache(t, server);
    for (const path of NEVER_STALE) {
      for (let i = 0; i < 3; ++i) {
        const reply = await ask(cache, path);
        assert.equal(reply.status, 200, path);
        assert.ok(!isHit(reply), `${path} came out of the cache`);
      }
      const { etag } = (await ask(cache, path)).headers;
      assert.equal((await ask(cache, path, { headers: { 'if-none-match': etag } })).status, 304, path);
    }
    for (const path of ['/assets/none-12345678.js', '/none.png', '/api/none', '/metrics']) {
      for (let i = 0; i < 2; ++i) {
        const reply = await ask(cache, path);
        assert.equal(reply.status, 404, path);
        assert.ok(isKeptPrivate(reply) && !isHit(reply), `${path}: ${reply.headers['cache-control']}`);
      }
    }
  });

  test(`${name}: no answer of the API goes to somebody else`, async (t) => {
    const server = await startServer(t);
    const cache = await startCache(t, server);
    const anna = await signUp(cache, 'anna');
    const bert = await signUp(cache, 'bert');
    const ruck = (await post(cache, '/api/rucks', { ruck_weight_kg: 12, visibility: 'private' }, anna.token)).json;
    await post(cache, `/api/rucks/${ruck.id}/start`, {}, anna.token);
    await ask(cache, `/api/rucks/${ruck.id}`, {
      method: 'PATCH', headers: { ...JSON_TYPE, ...as(anna) }, body: JSON.stringify({ title: SECRET }),
    });
    const own = await ask(cache, `/api/rucks/${ruck.id}`, { headers: as(anna) });
    assert.ok(own.body.includes(SECRET), `${own.status} ${own.body}`);

    const operations = await operationsOf(server, { ruck: ruck.id, user: anna.id });
    const reads = operations.filter(({ method }) => method === 'GET');
    assert.ok(operations.length > 80 && reads.length > 30, `${operations.length} operations`);
    const marks = [SECRET, 'anna@example.org', anna.token];
    let askedFor = 0;
    const check = (what, reply, mayHold = []) => {
      askedFor += 1;
      assert.ok(isKeptPrivate(reply), `${what}: ${reply.status}, Cache-Control ${reply.headers['cache-control']}`);
      assert.ok(!isHit(reply), `${what} came out of the cache`);
      for (const mark of marks) {
        assert.ok(mayHold.includes(mark) || !reply.body.includes(mark), `${what} holds ${mark}`);
      }
    };
    for (const { path } of reads) {
      // First hers, so that it would be what a cache keeps; by header and by cookie.
      check(`anna: ${path}`, await ask(cache, path, { headers: as(anna) }), marks);
      check(`anna again: ${path}`, await ask(cache, path, { headers: as(anna) }), marks);
      check(`anna, cookie: ${path}`, await ask(cache, path, { headers: { cookie: anna.cookie } }));
      const etag = (await ask(cache, path, { headers: as(anna) })).headers.etag;
      for (const [who, person] of [['nobody', null], ['bert', bert]]) {
        const reply = await ask(cache, path, { headers: as(person) });
        const direct = await ask(server, path, { headers: as(person) });
        assert.equal(reply.status, direct.status, `${who}: ${path}`);
        check(`${who}: ${path}`, reply);
        check(`${who}, head: ${path}`, await ask(cache, path, { method: 'HEAD', headers: as(person) }));
        check(`${who}, part: ${path}`, await ask(cache, path, { headers: { ...as(person), range: 'bytes=0-20' } }));
        const encoded = { ...as(person), 'accept-encoding': 'gzip' };
        check(`${who}, gzip: ${path}`, await ask(cache, path, { headers: encoded }));
        if (etag && etag !== direct.headers.etag) {
          const asked = { headers: { ...as(person), 'if-none-match': etag } };
          assert.notEqual((await ask(cache, path, asked)).status, 304, `${who} has her ETag: ${path}`);
        }
      }
      if (etag) {
        const mine = await ask(cache, path, { headers: { ...as(anna), 'if-none-match': etag } });
        check(`anna, not modified: ${path}`, mine, marks);
      }
    }
    // What changes something is asked by somebody who has nothing to lose; all kinds of answers.
    const carl = await signUp(cache, 'carl');
    for (const { method, path } of operations.filter((each) => each.method !== 'GET')) {
      for (const [who, headers, body] of [
        ['nobody', JSON_TYPE, '{}'],
        ['carl', { ...JSON_TYPE, ...as(carl) }, '{}'],
        ['carl, no JSON', { ...JSON_TYPE, ...as(carl) }, '{"'],
        ['carl, another type', { 'content-type': 'text/plain', ...as(carl) }, 'x'],
      ]) {
        check(`${who}: ${method} ${path}`, await ask(cache, path, { method, headers, body }));
      }
    }
    for (const [what, path, options] of [
      ['a wrong token', '/api/users/profile', { headers: { authorization: 'Bearer none' } }],
      ['a wrong method', '/api/rucks', { method: 'DELETE' }],
      ['too long an address', `/api/rucks?${'x'.repeat(7000)}`, {}],
      ['no number', '/api/rucks/none', { headers: as(bert) }],
    ]) {
      check(what, await ask(cache, path, options));
    }
    t.diagnostic(`${askedFor} answers to ${operations.length} operations, none out of the cache`);
  });
}
