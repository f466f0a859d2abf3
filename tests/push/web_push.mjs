// A push service of browsers (RFC 8030, 8291, 8292), and the browsers: it makes their subscriptions,
// so it can decrypt what comes for them.
import { createECDH, randomBytes, randomUUID } from 'node:crypto';
import ece from 'http_ece';
import { Ledger } from './ledger.mjs';
import { p256Key, readToken } from './tokens.mjs';

const BODY_BYTES_MAX = 4096;
const TOKEN_LIFETIME_MAX_S = 24 * 3600;
const TTL_MAX_S = 2419200;
const URGENCIES = ['very-low', 'low', 'normal', 'high'];

class Refusal extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}
const demand = (isRight, status, reason) => {
  if (!isRight) throw new Refusal(status, reason);
};

export class WebPush {
  ledger = new Ledger();
  #browsers = new Map();
  #verified = {};

  constructor({ origin }) {
    this.origin = origin;
  }

  /** `count` subscriptions, as PushSubscription.toJSON() gives them. */
  subscribe(count, serverKey) {
    return Array.from({ length: count }, () => {
      const id = randomUUID();
      const ecdh = createECDH('prime256v1');
      ecdh.generateKeys();
      const auth = randomBytes(16);
      this.#browsers.set(id, { ecdh, auth, serverKey });
      return {
        endpoint: `${this.origin}/push/${id}`,
        expirationTime: null,
        keys: { p256dh: ecdh.getPublicKey('base64url'), auth: auth.toString('base64url') },
      };
    });
  }

  /** The browser withdraws: its subscription is gone. */
  unsubscribe(id) {
    this.ledger.device(id).isDead = true;
  }

  /** The signature of the same text by the same key is checked once. */
  #claimsOf(token, key) {
    if (this.#verified.token !== token || this.#verified.key !== key) {
      try {
        this.#verified = { token, key, claims: readToken(token, p256Key(key), 'ES256').claims };
      } catch (error) {
        throw new Refusal(403, error.message);
      }
    }
    return this.#verified.claims;
  }

  #checkVapid(header, browser) {
    const [, token, key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(header ?? '') ?? [];
    demand(token, 401, 'Authorization is no vapid t=…, k=…');
    demand(!browser.serverKey || browser.serverKey === key, 403, 'k is not the key of the subscription');
    const claims = this.#claimsOf(token, key);
    const now = Date.now() / 1000;
    demand(claims.aud === this.origin, 403, `aud is ${claims.aud}, not ${this.origin}`);
    demand(claims.exp > now, 403, 'exp is over');
    demand(claims.exp <= now + TOKEN_LIFETIME_MAX_S, 403, 'exp is too far away');
    demand(/^(mailto:.+@.+|https:\/\/.+)$/.test(claims.sub ?? ''), 403, 'sub is missing');
  }

  #check(headers, body, browser) {
    demand(/^\d+$/.test(headers.ttl ?? '') && headers.ttl <= TTL_MAX_S, 400, 'TTL is missing');
    demand(URGENCIES.includes(headers.urgency ?? 'normal'), 400, 'Urgency is wrong');
    demand(/^[\w-]{1,32}$/.test(headers.topic ?? 'x'), 400, 'Topic is wrong');
    demand(headers['content-encoding'] === 'aes128gcm', 400, 'Content-Encoding is wrong');
    demand(body.length <= BODY_BYTES_MAX, 413, 'the body is too large');
    this.#checkVapid(headers.authorization, browser);
  }

  #open(body, { ecdh, auth }) {
    try {
      return JSON.parse(
        ece.decrypt(body, { version: 'aes128gcm', privateKey: ecdh, authSecret: auth.toString('base64') }),
      );
    } catch (error) {
      throw new Refusal(400, `the browser cannot read it: ${error.message}`);
    }
  }

  send(request, id, body, mood) {
    const browser = this.#browsers.get(id);
    if (!browser) return { status: 404 };
    try {
      this.#check(request.headers, body, browser);
      const { title, body: text, data } = this.#open(body, browser);
      demand(typeof title === 'string' && typeof text === 'string', 400, 'title or body is missing');
      demand(typeof data?.type === 'string', 400, 'data.type is missing');
      if (this.ledger.isGone(id, mood.dies)) return { status: 410 };
      const message = data.notification_id ?? data.message_id ?? '?';
      this.ledger.accept(id, message, mood.delivery, request.headers.topic);
      return { status: 201, headers: { location: `${this.origin}/message/1` } };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.ledger.wrong(error.message);
      return { status: error.status, body: { reason: 'Refused' } };
    }
  }

  report() {
    return this.ledger.report();
  }
}
