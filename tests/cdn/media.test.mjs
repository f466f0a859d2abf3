// Pictures behind real caches: what everybody may see comes out of the cache at the second visit; what
// has a signed address never does.
import assert from 'node:assert/strict';
import test from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import { ask, CACHES, isHit, isKeptPrivate, sleep, startServer } from './caches.mjs';
import { as, JSON_TYPE, post, signUp } from './people.mjs';

const ACCEPTS = { 'image/avif,image/webp,*/*': /avif|webp/, 'image/webp,*/*': /webp/, '*/*': /jpeg/ };

function crcOf(bytes) {
  if (crc32) return crc32(bytes);
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; ++i) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A picture of stripes; another number, another picture. */
function pngOf(number, size = 400) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(data.length);
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crcOf(body));
    return Buffer.concat([head, body, crc]);
  };
  const header = Buffer.from([0, 0, size >> 8, size & 255, 0, 0, size >> 8, size & 255, 8, 2, 0, 0, 0]);
  const rows = Buffer.alloc(size * (1 + 3 * size));
  for (let y = 0; y < size; ++y) {
    for (let x = 0; x < size; ++x) {
      const at = y * (1 + 3 * size) + 1 + 3 * x;
      rows.set([(x * number) & 255, (y * 3) & 255, ((x + y) * 7) & 255], at);
    }
  }
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0)),
  ]);
}

async function upload(port, path, person, name, picture, fields = {}) {
  const boundary = 'a-boundary-of-this-test';
  const parts = Object.entries(fields).map(([key, value]) =>
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`));
  parts.push(Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="a.png"\r\n` +
    'Content-Type: image/png\r\n\r\n'), picture, Buffer.from(`\r\n--${boundary}--\r\n`));
  // A machine that does much else may still be preparing the picture: an app comes again, too.
  for (let tries = 1; ; tries++) {
    const reply = await ask(port, path, {
      method: 'POST',
      headers: { ...as(person), 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: Buffer.concat(parts),
    });
    if (reply.status === 503 && tries < 10) {
      await sleep(1000 * Number(reply.headers['retry-after'] ?? 1));
      continue;
    }
    assert.ok(reply.status < 300, `${path}: ${reply.status} ${reply.body}`);
    return JSON.parse(reply.body);
  }
}

const pathOf = (url) => url.replace(/^https?:\/\/[^/]+/, '');

async function finishedRuck(port, person, visibility) {
  const reply = await post(port, '/api/rucks', {
    is_manual: true, status: 'completed', start_time: new Date(Date.now() - 86_400_000).toISOString(),
    distance_km: 5, duration_seconds: 3600, ruck_weight_kg: 10, visibility,
  }, person.token);
  return reply.json.id;
}

for (const [name, startCache] of Object.entries(CACHES)) {
  test(`${name}: public pictures come out of the cache, private ones never`, async (t) => {
    const server = await startServer(t);
    const cache = await startCache(t, server);
    const anna = await signUp(cache, 'anna');
    const bert = await signUp(cache, 'bert');

    // ---- what everybody may see
    const open = await finishedRuck(cache, anna, 'public');
    const photo = (await upload(cache, '/api/ruck-photos', anna, 'photos', pngOf(1), { ruck_id: open })).photos[0];
    const avatar = await upload(cache, '/api/users/me/avatar', anna, 'image', pngOf(2));
    const shared = [photo.url, photo.thumbnail_url, avatar.avatar_url].map(pathOf);
    for (const path of shared) {
      const first = await ask(cache, path);
      assert.equal(first.status, 200, path);
      assert.match(first.headers['cache-control'], /public, max-age=\d{5,}/, path);
      for (const headers of [{}, { cookie: anna.cookie }, { 'accept-encoding': 'gzip, br' }]) {
        const again = await ask(cache, path, { headers });
        // Varnish lets what has a cookie through.
        assert.ok(isHit(again) || (name === 'varnish' && headers.cookie), `${path} at the second visit`);
        assert.ok(again.body.equals(first.body), path);
      }
      const head = await ask(cache, path, { method: 'HEAD' });
      assert.equal(Number(head.headers['content-length']), first.body.length, path);
      const part = await ask(cache, path, { headers: { range: 'bytes=5-24' } });
      assert.equal(part.status, 206, path);
      assert.ok(part.body.equals(first.body.subarray(5, 25)), path);
      const beyond = await ask(cache, path, { headers: { range: 'bytes=99999999-' } });
      assert.equal(beyond.status, 416, path);
      assert.equal((await ask(cache, path)).status, 200, `${path} after a part that is not there`);
      const none = await ask(cache, path, { headers: { 'if-none-match': first.headers.etag } });
      assert.equal(none.status, 304, path);
      const direct = await ask(server, path, { headers: { range: 'bytes=99999999-' } });
      assert.ok(isKeptPrivate(direct), `416 of ${path} might be kept: ${direct.headers['cache-control']}`);
    }

    // ---- one address in several formats
    const negotiated = shared[0].replace(/\.\w+$/, '');
    for (const visit of [1, 2]) {
      for (const [accept, type] of Object.entries(ACCEPTS)) {
        const reply = await ask(cache, negotiated, { headers: { accept } });
        assert.equal(reply.status, 200, negotiated);
        assert.match(reply.headers['content-type'], type, `for ${accept}`);
        assert.match(reply.headers.vary ?? '', /accept/i);
        if (visit === 2) assert.ok(isHit(reply), `${negotiated} for ${accept} at the second visit`);
      }
    }

    // ---- what only some may see
    const secret = await finishedRuck(cache, anna, 'private');
    await upload(cache, '/api/ruck-photos', anna, 'photos', pngOf(3), { ruck_id: secret });
    const listed = JSON.parse((await ask(cache, `/api/ruck-photos?ruck_id=${secret}`, { headers: as(anna) })).body);
    const signed = [listed.data[0].url, listed.data[0].thumbnail_url].map(pathOf);
    for (const path of signed) {
      assert.match(path, /\?/, 'it is signed');
      const bare = path.replace(/\?.*/, '');
      for (const headers of [{}, {}, { range: 'bytes=0-9' }, as(anna), as(bert), { accept: 'image/webp' }]) {
        const reply = await ask(cache, path, { headers });
        assert.ok([200, 206].includes(reply.status), `${path}: ${reply.status}`);
        assert.ok(isKeptPrivate(reply) && !isHit(reply), `${path}: ${reply.headers['cache-control']}`);
        const without = await ask(cache, bare, { headers });
        assert.equal(without.status, 404, bare);
        assert.ok(isKeptPrivate(without) && !isHit(without), bare);
      }
    }

    // ---- what is over is over: at once where it was private
    const made = await ask(cache, `/api/rucks/${secret}`, { method: 'DELETE', headers: as(anna) });
    assert.ok(made.status < 300, `${made.status}`);
    for (const path of signed) assert.equal((await ask(cache, path)).status, 404, path);
    const hidden = await ask(cache, `/api/rucks/${open}`, {
      method: 'PATCH', headers: { ...JSON_TYPE, ...as(anna) }, body: JSON.stringify({ visibility: 'private' }),
    });
    assert.equal(hidden.status, 200);
    assert.equal((await ask(server, shared[0])).status, 404, 'the server gives it to nobody any more');
  });
}
