// Firebase and a push service of browsers on one port of this machine, which misbehave as told.
//
//   node fake_push.mjs [--host NAME] [--cert FILE --key FILE] [--seed N]
//     [--errors P] [--quota P] [--retry-after S] [--resets P] [--delays P] [--delay-ms MS]
//     [--dying P] [--goaway-every N] [--oauth-delay-ms MS]
//
// P is a share of the requests: of them so many get a 500 (errors), a 429 with Retry-After (quota),
// no answer and a cut connection, half of them after the message was taken (resets), an answer after
// delay-ms (delays), or make their device one that is gone from then on (dying). The n-th request of
// a connection is its last (goaway-every). The same seed gives the same choices in the same order.
//
// It speaks HTTP/1.1 and HTTP/2: over TLS with --cert and --key, else in the clear (HTTP/2 by prior
// knowledge). The first line that it prints is JSON: {port, origin, account}, the last a service
// account for it. Beside the services' own addresses:
//   GET /__report                     what came, by device and message id (data.notification_id, or
//                                     data.message_id)
//   GET /__count                      how many messages were taken: {accepted}
//   POST /__subscribe {count, key}    subscriptions of that many browsers, for the server key
//   POST /__unsubscribe {id}          a browser withdraws
//   POST /__revoke                    no access token that was given is taken any more
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { parseArgs } from 'node:util';
import { Google } from './google.mjs';
import { WebPush } from './web_push.mjs';

const text = (fallback) => ({ type: 'string', default: fallback });
const { values: options } = parseArgs({
  options: {
    host: text('127.0.0.1'), cert: text(''), key: text(''), seed: text('1'),
    errors: text('0'), quota: text('0'), 'retry-after': text('1'), resets: text('0'),
    delays: text('0'), 'delay-ms': text('2000'), dying: text('0'), 'goaway-every': text('0'),
    'oauth-delay-ms': text('0'),
  },
});
const number = (name) => Number(options[name]);
const BODY_BYTES_MAX = 1 << 20;

// mulberry32: small, seeded, good enough for choices.
let state = number('seed') >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

/** How the next message is treated. */
function nextMood() {
  const is = (name) => random() < number(name);
  const mood = {
    fails: is('errors'), isOverQuota: is('quota'), isCut: is('resets'), isLate: is('delays'), dies: is('dying'),
  };
  mood.isAnswerLost = mood.isCut && random() < 0.5;
  return mood;
}

const moods = { errors: 0, quota: 0, resets: 0, delays: 0, goaways: 0 };
const versions = {};
let google;
let webPush;

async function bodyOf(request) {
  const pieces = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size <= BODY_BYTES_MAX) pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function answer(response, { status, headers = {}, body }) {
  const bytes = body === undefined ? '' : JSON.stringify(body);
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  response.writeHead(status, { ...type, ...headers });
  response.end(bytes);
}

/**
 * An answer that is older than this when its connection ends has arrived: on loopback it takes
 * milliseconds, and a busy client reads it within this.
 */
const ANSWER_ARRIVES_MS = 2000;

/** Of HTTP/2, one request alone or everything on its connection. */
function cut(request) {
  moods.resets += 1;
  if (request.httpVersionMajor === 2 && random() < 0.5) {
    request.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    return;
  }
  const connection = request.cameOn;
  connection.cutAt ??= Date.now(); // answers under way on it are lost too
  connection.destroy();
}

/**
 * After so many requests of a connection it takes no more; those under way are finished. The client
 * closes it: a server that does so itself may take the last answers with it.
 */
function sayGoAway(request, response) {
  const every = number('goaway-every');
  const connection = request.cameOn;
  connection.requests = (connection.requests ?? 0) + 1;
  if (every === 0 || connection.requests !== every) return;
  moods.goaways += 1;
  if (request.httpVersionMajor === 2) {
    connection.endsAt = connection.lastId;
    connection.cutAt ??= Date.now(); // some clients (libcurl 7.88) break off what they are reading
    connection.goaway(http2.constants.NGHTTP2_NO_ERROR, connection.endsAt);
  } else {
    response.setHeader('connection', 'close');
  }
}

async function message(request, response, body, { ledger }, send) {
  const mood = nextMood();
  const connection = request.cameOn;
  mood.delivery = {
    isLost() {
      return mood.isCut || connection.cutAt < this.at + ANSWER_ARRIVES_MS;
    },
    isAbandoned: () => connection.destroyed,
  };
  if (mood.isLate) {
    moods.delays += 1;
    await new Promise((done) => setTimeout(done, number('delay-ms')));
  }
  if (mood.isCut && !mood.isAnswerLost) return cut(request);
  let reply;
  if (mood.fails) {
    moods.errors += 1;
    reply = { status: 500, body: { error: { code: 500, status: 'INTERNAL' } } };
  } else if (mood.isOverQuota) {
    moods.quota += 1;
    reply = { status: 429, headers: { 'retry-after': options['retry-after'] } };
  } else {
    reply = send(mood);
  }
  if (mood.isCut) return cut(request);
  ledger.answered(reply.status);
  answer(response, reply);
}

function report() {
  return { fcm: google.report(), web: webPush.report(), moods, versions };
}

async function control(path, request, response, body) {
  const asked = body.length > 0 ? JSON.parse(body.toString()) : {};
  if (path === '/__count') {
    const accepted = google.ledger.accepted + webPush.ledger.accepted;
    return answer(response, { status: 200, body: { accepted } });
  }
  if (path === '/__report') return answer(response, { status: 200, body: report() });
  if (path === '/__subscribe') {
    return answer(response, { status: 200, body: webPush.subscribe(asked.count ?? 1, asked.key) });
  }
  if (path === '/__unsubscribe') webPush.unsubscribe(asked.id);
  if (path === '/__revoke') google.revoke();
  answer(response, { status: 204 });
}

async function serve(request, response) {
  const body = await bodyOf(request);
  const path = request.url.split('?')[0];
  if (path.startsWith('/__')) return control(path, request, response, body);
  versions[request.httpVersion] = (versions[request.httpVersion] ?? 0) + 1;
  sayGoAway(request, response);
  if (request.method !== 'POST') return answer(response, { status: 405 });
  if (path === '/token') return answer(response, await google.token(request, body));
  if (path === `/v1/projects/${google.project}/messages:send`) {
    return message(request, response, body, google, (mood) => google.send(request, body, mood));
  }
  const [, browser] = /^\/push\/([\w-]+)$/.exec(path) ?? [];
  if (browser) {
    return message(request, response, body, webPush, (mood) => webPush.send(request, browser, body, mood));
  }
  answer(response, { status: 404 });
}

/** Whether it came behind the last that its connection takes: the client knows that it may send it again. */
function isBehindTheLast({ stream }) {
  if (!stream) return false;
  const { session } = stream;
  if (session.endsAt !== undefined && stream.id > session.endsAt) {
    stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
    return true;
  }
  session.lastId = Math.max(session.lastId ?? 0, stream.id);
  return false;
}

function handle(request, response) {
  request.on('error', () => {}); // the other side went away, or we cut it
  response.on('error', () => {});
  if (isBehindTheLast(request)) return;
  request.cameOn = request.stream?.session ?? request.socket; // later it may have lost its session
  serve(request, response).catch((error) => {
    console.error(error);
    if (!response.headersSent) answer(response, { status: 500 });
  });
}

/** In the clear: HTTP/2 begins with PRI, everything else is HTTP/1.1. */
function plainServer() {
  const one = http.createServer(handle);
  const two = http2.createServer(handle);
  return net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes) => {
      socket.pause();
      socket.unshift(bytes);
      if (bytes.toString('latin1', 0, 3) === 'PRI') {
        two.emit('connection', socket); // it reads what is there itself
      } else {
        one.emit('connection', socket);
        socket.resume();
      }
    });
  });
}

function tlsServer() {
  return http2.createSecureServer(
    { cert: readFileSync(options.cert), key: readFileSync(options.key), allowHTTP1: true },
    handle,
  );
}

const server = options.cert ? tlsServer() : plainServer();
server.on('sessionError', () => {});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const origin = `${options.cert ? 'https' : 'http'}://${options.host}:${port}`;
  google = new Google({ origin, oauthDelayMs: number('oauth-delay-ms') });
  webPush = new WebPush({ origin });
  console.log(JSON.stringify({ port, origin, account: google.account }));
});
